/* SPDX-License-Identifier: MIT */
/* What --help says. */
#include <stdio.h>
#include <sysexits.h>

#include "fs/cli.h"
#include "fs/options.h"

static const char mount_text[] =
	"Usage: modelfs mount [SOURCE] MOUNTPOINT [-o OPTION[,OPTION]...] [-f] [-d]\n"
	"\n"
	"Mounts model registries as files.  SOURCE is a path into the whole tree (all of\n"
	"it, if none is given), such as vertex/projects/P/locations/L/models.  Returns\n"
	"when the mount answers; otherwise says why it does not.\n"
	"\n"
	"  -o OPTIONS           see below; all options of mount(8) are accepted\n"
	"  -r, --read-only      the same as -o ro\n"
	"  -f, --foreground     do not become a daemon; the log goes to stderr\n"
	"  -d, --debug          foreground, with every detail\n"
	"  -v, --verbose        say what is mounted, even if not on a terminal\n"
	"\n"
	"Options:\n";

static const char mount_end[] = "\n"
				"MODELFS_OPTIONS and MODELFS_ENDPOINT give defaults.\n";

static const char unmount_text[] =
	"Usage: modelfs unmount [--lazy] MOUNTPOINT...\n"
	"\n"
	"Lets the daemon finish the saves in flight, then unmounts.  Clears a dead mount,\n"
	"too.\n"
	"\n"
	"  -l, --lazy           out of the tree at once, whoever uses it still\n";

static const char status_text[] =
	"Usage: modelfs status [--json] [PATH]...\n"
	"\n"
	"Of a mount (without PATH: of all your mounts): where it comes from, whether it is\n"
	"healthy, figures, last errors.  Of a file in one: why its last save was refused.\n"
	"Answers within two seconds, whatever state the mount is in.\n"
	"\n"
	"  -j, --json           one JSON object a line\n"
	"\n"
	"Exit status: 0 healthy, 65 a save was refused, 69 dead or unreachable,\n"
	"77 not signed in.\n";

static const char wait_text[] =
	"Usage: modelfs wait [--timeout S] PATH...\n"
	"\n"
	"Waits until operations end.  PATH is the directory of an operation, or of a model\n"
	"or version, which means its newest operation.\n"
	"\n"
	"  -t, --timeout S      give up after so many seconds\n"
	"\n"
	"Exit status: 0 all succeeded, 1 one failed or was cancelled, 124 timed out.\n";

static const struct {
	const char *command;
	const char *text;
	bool options; /* the mount's options follow */
} texts[] = {
	{"mount", mount_text, true},
	{"unmount", unmount_text, false},
	{"status", status_text, false},
	{"wait", wait_text, false},
};

int cli_help(const char *command)
{
	_cleanup_buf_ struct buf options = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!streq(texts[i].command, command))
			continue;
		fputs(texts[i].text, stdout);
		if (texts[i].options && options_help(&options) == 0) {
			fputs(buf_str(&options), stdout);
			fputs(mount_end, stdout);
		}
	}
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
