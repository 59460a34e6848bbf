/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sysexits.h>

#include "api/registry/registry.h"
#include "fs/cli.h"
#include "fs/import.h"
#include "fs/lifecycle.h"
#include "fs/mount.h"

#ifndef MODELFS_VERSION
#define MODELFS_VERSION "unknown"
#endif

static int help_command(int argc, char **argv);
static int version_command(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *program; /* what stands before its complaints */
	const char *arguments;
	const char *summary; /* NULL: another spelling, not listed */
} commands[] = {
	{"mount", mount_command, "modelfs mount", "[SOURCE] MOUNTPOINT [-o OPTIONS]",
	 "mount model registries as files"},
	{"unmount", unmount_command, "modelfs unmount", "[--lazy] MOUNTPOINT",
	 "finish what is being saved, then unmount"},
	{"serve", registry_command, "modelfs serve", "[--data DIR] [--listen ADDRESS]",
	 "run the registry server alone"},
	{"import", import_command, "modelfs import", "[OPTIONS] FILE|DIR|gs://URI",
	 "put a model into a registry"},
	{"wait", wait_command, "modelfs wait", "[--timeout S] PATH...",
	 "wait until operations end"},
	{"status", status_command, "modelfs status", "[PATH]...",
	 "how a mount is, or why a save was refused"},
	{"help", help_command, "modelfs help", "[COMMAND]", "this text, or a command's"},
	{"umount", unmount_command, "modelfs unmount", NULL, NULL},
	{"version", version_command, "modelfs", NULL, NULL},
	{"--help", help_command, "modelfs", NULL, NULL},
	{"-h", help_command, "modelfs", NULL, NULL},
	{"--version", version_command, "modelfs", NULL, NULL},
	{"-V", version_command, "modelfs", NULL, NULL},
};

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int command_run(const struct command *c, int argc, char **argv)
{
	argv[0] = (char *)c->program;
	cli_set_program(c->program);
	return c->run(argc, argv);
}

static int overview(FILE *to)
{
	fputs("Usage: modelfs COMMAND ...\n\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].summary != NULL)
			fprintf(to, "  %-8s %-34s %s\n", commands[i].name, commands[i].arguments,
				commands[i].summary);
	fputs("\n'modelfs SOURCE MOUNTPOINT -o OPTIONS' is the same as 'modelfs mount'.\n"
	      "'modelfs COMMAND --help' tells more, modelfs(1) all.\n",
	      to);
	return fflush(to) == 0 ? EX_OK : EX_IOERR;
}

static int help_command(int argc, char **argv)
{
	char *ask[] = {NULL, (char *)"--help", NULL};
	const struct command *c;

	if (argc < 2)
		return overview(stdout);
	c = command_find(argv[1]);
	if (c == NULL || c->summary == NULL)
		return cli_fail(EX_USAGE, "there is no command '%s'", argv[1]);
	return c->run == help_command ? overview(stdout) : command_run(c, 2, ask);
}

static int version_command(int argc _unused_, char **argv _unused_)
{
	puts("modelfs " MODELFS_VERSION);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* As mount(8) calls it, under either type. */
static bool called_as_helper(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	return streq(name, "mount.modelfs") || streq(name, "mount.fuse.modelfs");
}

/* `modelfs SOURCE MOUNTPOINT`, as mount.fuse3 calls it, and options first. */
static bool looks_like_mount(const char *word)
{
	_cleanup_free_ char *source = options_source(word);

	return word[0] == '-' || strchr(word, '/') != NULL ||
	       (source != NULL && mount_source_check(source) == 0);
}

int main(int argc, char **argv)
{
	const struct command *c;

	if (argc > 0 && called_as_helper(argv[0])) {
		cli_set_program("mount.modelfs");
		return mount_helper(argc, argv);
	}
	if (argc < 2) {
		overview(stderr);
		return EX_USAGE;
	}
	c = command_find(argv[1]);
	if (c != NULL)
		return command_run(c, argc - 1, argv + 1);
	if (looks_like_mount(argv[1]))
		return command_run(command_find("mount"), argc, argv);
	return cli_fail(EX_USAGE, "'%s' is no command (modelfs help lists them)", argv[1]);
}
