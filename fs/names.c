/* SPDX-License-Identifier: MIT */
#include "fs/names.h"
#include "fs/utf8.h"

#define NAME_BYTES 255

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}

/* One character of text as it stands in a name; returns the bytes consumed. */
static size_t encode_char(const char *text, size_t len, char out[16])
{
	static const char hex[] = "0123456789ABCDEF";
	uint32_t cp = 0;
	int n = utf8_step(text, len, &cp);
	bool plain = n > 0 && !is_control(cp) && cp != '/' && cp != '%';
	size_t o = 0;

	if (n <= 0)
		n = 1;
	for (int i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (plain) {
			out[o++] = (char)c;
			continue;
		}
		out[o++] = '%';
		out[o++] = hex[c >> 4];
		out[o++] = hex[c & 15];
	}
	out[o] = '\0';
	return (size_t)n;
}

/* Encode as much of text as fits in max bytes; returns whether all did. */
static bool encode_into(struct buf *b, const char *text, size_t max)
{
	size_t len = strlen(text), used;
	char piece[16];

	for (size_t i = 0; i < len; i += used) {
		used = encode_char(text + i, len - i, piece);
		if (b->len + strlen(piece) > max)
			return false;
		if (buf_puts(b, piece) < 0)
			return false;
	}
	return true;
}

char *name_encode(const char *text, const char *id, bool with_id)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_buf_ struct buf tail = BUF_INIT;
	bool whole;

	if (id) {
		buf_putc(&tail, '~');
		encode_into(&tail, id, NAME_BYTES);
	}
	if (streq(text, ".") || streq(text, "..")) {
		buf_puts(&b, text[1] ? "%2E%2E" : "%2E");
		whole = true;
	} else {
		whole = encode_into(&b, text, NAME_BYTES);
	}
	if (b.err || tail.err)
		return NULL;
	/* A name cannot be empty: then the id alone must do. */
	if (!with_id && whole && b.len)
		return buf_take(&b);
	if (b.len + tail.len > NAME_BYTES) {
		buf_reset(&b);
		encode_into(&b, text, NAME_BYTES - tail.len);
	}
	buf_add(&b, buf_str(&tail), tail.len);
	return buf_take(&b);
}

/*
 * What is asked for without anybody having typed it: version control (git,
 * emacs' vc, prompts), desktops and their file managers, indexers, other
 * systems through a share, editors' and build tools' settings.
 */
static const char *const probe_names[] = {
	/* version control */
	".git",
	".gitignore",
	".gitattributes",
	".gitmodules",
	".git-rewrite",
	"HEAD",
	".hg",
	".hgignore",
	".hgsub",
	".svn",
	".bzr",
	".bzrignore",
	"CVS",
	".cvsignore",
	"RCS",
	"SCCS",
	".src",
	"_MTN",
	"_darcs",
	".darcs",
	".fslckout",
	"_FOSSIL_",
	".fossil",
	".jj",
	".pijul",
	".sl",
	".repo",
	"{arch}",
	".arch-ids",
	".p4config",
	".p4ignore",
	/* desktops, file managers, removable media */
	".Trash",
	".hidden",
	".directory",
	".thumbnails",
	".sh_thumbnails",
	".nomedia",
	".comments",
	".xdg-volume-info",
	".autorun",
	"autorun",
	"autorun.sh",
	".autoopen",
	"autoopen",
	"autorun.inf",
	"Autorun.inf",
	"AUTORUN.INF",
	"desktop.ini",
	"Desktop.ini",
	"Thumbs.db",
	"thumbs.db",
	"ehthumbs.db",
	"$RECYCLE.BIN",
	"RECYCLER",
	"Recycled",
	"System Volume Information",
	".DS_Store",
	".localized",
	".apdisk",
	".AppleDouble",
	".AppleDesktop",
	".AppleDB",
	".VolumeIcon.icns",
	".DocumentRevisions-V100",
	".TemporaryItems",
	".Spotlight-V100",
	".fseventsd",
	".metadata_never_index",
	".metadata_never_index_unless_rootfs",
	".com.apple.timemachine.donotpresent",
	".com.apple.timemachine.supported",
	".PKInstallSandboxManager",
	"VIDEO_TS",
	"video_ts",
	"BDMV",
	"bdmv",
	"VCD",
	"vcd",
	"SVCD",
	"svcd",
	"DCIM",
	"dcim",
	"lost+found",
	".snapshot",
	".snapshots",
	".zfs",
	".zfsctl",
	/* indexers, backups, search tools */
	".trackerignore",
	".noindex",
	".nobackup",
	".backupignore",
	".ignore",
	".rgignore",
	".fdignore",
	".agignore",
	".ackrc",
	".rsync-filter",
	".stignore",
	".stfolder",
	".nextcloudsync.log",
	".dropbox",
	".dropbox.cache",
	".plxignore",
	".nojekyll",
	".htaccess",
	/* editors and their projects */
	".dir-locals.el",
	".dir-locals-2.el",
	".emacs.desktop",
	".emacs.desktop.lock",
	".projectile",
	".editorconfig",
	".exrc",
	".vimrc",
	".nvimrc",
	".nvim.lua",
	".lvimrc",
	".local.vimrc",
	".vscode",
	".idea",
	".project",
	".classpath",
	".settings",
	".helix",
	".nanorc",
	".kak",
	".kakrc",
	".joerc",
	".clang-format",
	".clangd",
	".ccls",
	"compile_commands.json",
	"compile_flags.txt",
	"tags",
	"TAGS",
	"GTAGS",
	/* shells, prompts, version managers, build tools */
	".env",
	".envrc",
	".autoenv",
	".autoenv.zsh",
	".in",
	".out",
	".nvmrc",
	".node-version",
	".python-version",
	".ruby-version",
	".ruby-gemset",
	".rvmrc",
	".java-version",
	".sdkmanrc",
	".go-version",
	".perl-version",
	".php-version",
	".terraform",
	".terraform-version",
	".tool-versions",
	".mise.toml",
	"mise.toml",
	".rtx.toml",
	".devcontainer",
	".devcontainer.json",
	".pulumi",
	".venv",
	"__pycache__",
	"pyvenv.cfg",
	"pyproject.toml",
	"setup.py",
	"setup.cfg",
	"Pipfile",
	"node_modules",
	"package.json",
	"deno.json",
	"bun.lockb",
	"tsconfig.json",
	"Cargo.toml",
	"go.mod",
	"go.work",
	"Gemfile",
	"composer.json",
	"pom.xml",
	"build.gradle",
	"CMakeLists.txt",
	"Makefile",
	"makefile",
	"GNUmakefile",
	"Dockerfile",
	"docker-compose.yml",
	"flake.nix",
	"shell.nix",
	".npmrc",
	".yarnrc",
	".yarnrc.yml",
	".prettierrc",
	".eslintrc",
	".eslintrc.json",
	".pylintrc",
	".pypirc",
	".netrc",
	".inputrc",
	".bashrc",
	".profile",
	".zshrc",
	".zshenv",
	".hushlogin",
};

/* Both parts must fit; NULL: any. */
static const struct {
	const char *prefix;
	const char *suffix;
} probe_rules[] = {
	{".Trash-", NULL},
	{"._", NULL},
	{".#", NULL},
	{".goutputstream-", NULL},
	{".fuse_hidden", NULL},
	{".nfs", NULL},
	{".~lock.", "#"},
	{".", ".swp"},
	{".", ".swo"},
	{".", ".swx"},
	{".", ".swn"},
	{".", ".un~"},
	{"#", "#"},
	{NULL, "~"},
	{".xvpics", NULL},
	{".syncthing.", NULL},
	{".dropbox.", NULL},
	{".smbdelete", NULL},
	{".afpDeleted", NULL},
	{".kate-swp", NULL},
	{".", ".kate-swp"},
};

bool name_is_probe(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(probe_names); i++) {
		if (streq(name, probe_names[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(probe_rules); i++) {
		const char *prefix = probe_rules[i].prefix, *suffix = probe_rules[i].suffix;
		size_t need = (prefix ? strlen(prefix) : 0) + (suffix ? strlen(suffix) : 0);

		/* Longer than the pattern: "#" or "~" alone is nobody's file. */
		if (strlen(name) <= need)
			continue;
		if ((!prefix || starts_with(name, prefix)) && (!suffix || ends_with(name, suffix)))
			return true;
	}
	return false;
}

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Optimal string alignment distance without regard to case, or `limit` + 1
 * as soon as it is known to be more. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m, unsigned limit)
{
	unsigned rows[3][NAME_BYTES + 2];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	if (n > NAME_BYTES || m > NAME_BYTES || (n > m ? n - m : m - n) > limit)
		return limit + 1;
	for (size_t j = 0; j <= m; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned best = row[0] = (unsigned)i;
		unsigned *old;

		for (size_t j = 1; j <= m; j++) {
			bool same = fold(a[i - 1]) == fold(b[j - 1]);
			unsigned d = last[j - 1] + !same;

			if (last[j] + 1 < d)
				d = last[j] + 1;
			if (row[j - 1] + 1 < d)
				d = row[j - 1] + 1;
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]) && before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			row[j] = d;
			if (d < best)
				best = d;
		}
		/* A swap looks two rows back, so one row above the limit is no proof. */
		if (best > limit + 1)
			return limit + 1;
		old = before;
		before = last;
		last = row;
		row = old;
	}
	return last[m];
}

bool name_is_near_miss(const char *name, const char *attribute)
{
	size_t n = strlen(name), m = strlen(attribute);
	/* With two letters changed, nothing of a short name would be left. */
	unsigned limit = m <= 3 ? 1 : 2;

	if (!n || !m || streq(name, attribute))
		return false;
	if (name[0] == '.' || name[0] == '#' || name[n - 1] == '~')
		return false;
	if (strstr(name, attribute))
		return false;
	return distance(name, n, attribute, m, limit) <= limit;
}
