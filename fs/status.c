/* SPDX-License-Identifier: MIT */
/*
 * `modelfs status`: of a mount, by asking its daemon; of a file in one, why
 * its last save was refused.  Whatever could hang is asked in a child.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <sysexits.h>

#include "api/json.h"
#include "fs/bounded.h"
#include "fs/cli.h"
#include "fs/control.h"
#include "fs/lifecycle.h"

#define ASK_MS   1900 /* all of it within two seconds */
#define PROBE_MS 500

struct status_call {
	bool json;
	struct mountinfo_table table;
};

/* The first bad news counts, an unreachable mount most. */
static int worse(int a, int b)
{
	static const int order[] = {EX_OK, EX_DATAERR, EX_NOINPUT, EX_NOPERM, EX_UNAVAILABLE};
	size_t x = 0, y = 0;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (order[i] == a)
			x = i;
		if (order[i] == b)
			y = i;
	}
	return x > y ? a : b;
}

/* ---- printing a daemon's answer ---- */

static void put_value(struct buf *out, struct json v)
{
	size_t len = 0;
	const char *raw;

	if (json_type(v) == JSON_STRING) {
		if (json_string(v, out) < 0)
			buf_puts(out, "?");
		return;
	}
	raw = json_raw(v, &len);
	buf_add(out, raw, len);
}

/* "key value, key value" of an object, one item a line of an array. */
static void put_member(struct buf *out, const char *label, struct json v)
{
	const char *gap = "";

	switch (json_type(v)) {
	case JSON_NONE:
	case JSON_NULL:
		return;
	case JSON_OBJECT:
		if (json_count(v) == 0)
			return;
		buf_printf(out, "  %-10s ", label);
		for (struct json m = json_first(v); json_present(m); m = json_next(m), gap = ", ") {
			buf_puts(out, gap);
			json_key(m, out);
			buf_putc(out, ' ');
			put_value(out, m);
		}
		break;
	case JSON_ARRAY:
		if (json_count(v) == 0)
			return;
		buf_printf(out, "  %s", label);
		for (struct json m = json_first(v); json_present(m); m = json_next(m)) {
			buf_puts(out, "\n    ");
			put_value(out, m);
		}
		break;
	case JSON_STRING:
		if (json_is(v, ""))
			return;
		/* fall through */
	default:
		buf_printf(out, "  %-10s ", label);
		put_value(out, v);
	}
	buf_putc(out, '\n');
}

/* What is told in words of its own; the rest follows as it came. */
static const char *const headline[] = {"mountpoint", "healthy", "signed_in", "message", "source"};

static bool in_headline(struct json member)
{
	for (size_t i = 0; i < ARRAY_SIZE(headline); i++)
		if (json_key_is(member, headline[i]))
			return true;
	return false;
}

static void put_answer(struct buf *out, const char *mountpoint, struct json o, int code)
{
	_cleanup_free_ char *message = json_get_str(o, "message");
	_cleanup_free_ char *source = json_get_str(o, "source");

	buf_printf(out, "%s: %s", mountpoint,
		   code == EX_OK       ? "healthy"
		   : code == EX_NOPERM ? "not signed in"
				       : "not healthy");
	if (message != NULL && message[0] != '\0')
		buf_printf(out, " (%s)", message);
	buf_printf(out, "\n  %-10s %s\n", "source",
		   source == NULL || source[0] == '\0' ? "everything" : source);
	for (struct json m = json_first(o); json_present(m); m = json_next(m)) {
		_cleanup_buf_ struct buf label = BUF_INIT;

		if (!in_headline(m) && json_key(m, &label) == 0)
			put_member(out, buf_str(&label), m);
	}
}

/* No control character of a service's message reaches the terminal. */
static int put_text(const struct buf *text)
{
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->data[i];

		putchar((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ? '?' : c);
	}
	return ferror(stdout) ? EX_IOERR : EX_OK;
}

/* ---- mounts ---- */

static int unreachable(const struct status_call *call, const struct mountinfo *m, int err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct json_writer w;
	const char *message = "its daemon cannot be reached";

	if (err == -EACCES || err == -EPERM)
		message = "it is another user's mount";
	else if (err == -ETIMEDOUT)
		message = "its daemon does not answer";
	else if (bounded_statfs(m->mountpoint, PROBE_MS) == -ENOTCONN)
		message = "dead: its daemon has gone; modelfs unmount or mount clears it";
	if (call->json) {
		jw_init(&w, &out);
		jw_object(&w, NULL);
		jw_str(&w, "mountpoint", m->mountpoint);
		jw_bool(&w, "healthy", false);
		jw_str(&w, "message", message);
		jw_end_object(&w);
		buf_putc(&out, '\n');
	} else {
		buf_printf(&out, "%s: %s\n", m->mountpoint, message);
	}
	put_text(&out);
	return EX_UNAVAILABLE;
}

static int mount_status(const struct status_call *call, const struct mountinfo *m)
{
	_cleanup_buf_ struct buf answer = BUF_INIT, out = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	int err = control_ask(m->mountpoint, "status", ASK_MS - PROBE_MS, &answer);
	int code = EX_OK;
	struct json o;

	if (err == 0)
		err = json_parse(buf_str(&answer), answer.len, &doc, NULL);
	if (err < 0)
		return unreachable(call, m, err);
	o = json_root(doc);
	if (!json_bool(json_get(o, "healthy"), false))
		code = EX_UNAVAILABLE;
	if (!json_bool(json_get(o, "signed_in"), true))
		code = EX_NOPERM;
	if (call->json) {
		json_print(o, JSON_COMPACT, &out);
		buf_putc(&out, '\n');
	} else {
		put_answer(&out, m->mountpoint, o, code);
	}
	if (out.err < 0)
		return cli_fail(EX_OSERR, "%s: %s", m->mountpoint, strerror(-out.err));
	return worse(code, put_text(&out));
}

static int all_mounts(const struct status_call *call)
{
	int code = EX_OK, count = 0;
	uid_t owner;

	for (size_t i = 0; i < call->table.count; i++) {
		const struct mountinfo *m = &call->table.rows[i];

		if (!mountinfo_is_ours(m) || mountinfo_at(&call->table, m->mountpoint) != m)
			continue;
		if (geteuid() != 0 && mountinfo_owner(m, &owner) && owner != geteuid())
			continue;
		count++;
		code = worse(mount_status(call, m), code);
	}
	return count > 0 ? code : cli_fail(EX_UNAVAILABLE, "nothing is mounted");
}

/* ---- files ---- */

/* In the child: what the file and its companion say. */
static int read_reason(void *ctx, int out_fd)
{
	const char *path = ctx;
	const char *name = strrchr(path, '/') + 1;
	char text[16384];
	struct stat st;
	ssize_t n;
	int fd;

	if ((size_t)snprintf(text, sizeof(text), "%.*s.%s.error", (int)(name - path), path, name) >=
	    sizeof(text))
		return -ENAMETOOLONG;
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		while ((n = read(fd, text, sizeof(text))) > 0)
			if (write(out_fd, text, (size_t)n) != n)
				return -EIO;
		close(fd);
		return 0;
	}
	n = getxattr(path, "user.modelfs.error", text, sizeof(text));
	if (n > 0)
		return write(out_fd, text, (size_t)n) == n ? 0 : -EIO;
	return lstat(path, &st) == 0 ? 0 : -errno;
}

static int file_status(const struct status_call *call, char *path)
{
	_cleanup_buf_ struct buf reason = BUF_INIT, out = BUF_INIT;
	struct json_writer w;
	int err = bounded_run(read_reason, path, ASK_MS, &reason);
	/* What was saved can leave a remark too; only a refusal has an errno. */
	bool refused = reason.len > 0 && strstr(buf_str(&reason), "\nerrno: ");

	if (err < 0)
		return cli_fail(err == -ENOENT || err == -ENOTDIR ? EX_NOINPUT : EX_UNAVAILABLE,
				"%s: %s", path, strerror(-err));
	while (reason.len > 0 && reason.data[reason.len - 1] == '\n')
		buf_truncate(&reason, reason.len - 1);
	if (call->json) {
		jw_init(&w, &out);
		jw_object(&w, NULL);
		jw_str(&w, "path", path);
		jw_bool(&w, "refused", refused);
		jw_str(&w, "error", buf_str(&reason));
		jw_end_object(&w);
	} else if (reason.len > 0) {
		buf_printf(&out, "%s: the last save was %s\n%s", path,
			   refused ? "refused" : "accepted, but", buf_str(&reason));
	} else {
		buf_printf(&out, "%s: no refused save", path);
	}
	buf_putc(&out, '\n');
	put_text(&out);
	return refused ? EX_DATAERR : EX_OK;
}

/* ---- the command ---- */

static int run_realpath(void *ctx, int out_fd)
{
	_cleanup_free_ char *real = realpath(ctx, NULL);

	if (real == NULL)
		return -errno;
	return write(out_fd, real, strlen(real)) > 0 ? 0 : -EIO;
}

/* A path of a mount may be written through symlinks outside of it. */
static int path_status(const struct status_call *call, const char *given)
{
	_cleanup_free_ char *path = path_absolute(given);
	_cleanup_buf_ struct buf real = BUF_INIT;
	const struct mountinfo *m;

	if (path == NULL)
		return cli_fail(EX_OSERR, "%s: %s", given, strerror(errno != 0 ? errno : ENOMEM));
	m = mountinfo_containing(&call->table, path);
	if ((m == NULL || !mountinfo_is_ours(m)) &&
	    bounded_run(run_realpath, path, PROBE_MS, &real) == 0) {
		free(path);
		path = buf_take(&real);
		m = path != NULL ? mountinfo_containing(&call->table, path) : NULL;
	}
	if (m == NULL || !mountinfo_is_ours(m))
		return cli_fail(EX_UNAVAILABLE, "%s is neither a modelfs mount nor in one", given);
	return streq(m->mountpoint, path) ? mount_status(call, m) : file_status(call, path);
}

static void call_free(struct status_call *call)
{
	mountinfo_table_free(&call->table);
}

int status_command(int argc, char **argv)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	_cleanup_(call_free) struct status_call call = {0};
	int letter, err, code = EX_OK;

	optind = 0;
	while ((letter = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
		if (letter == 'h')
			return cli_help("status");
		if (letter == '?')
			return cli_usage("status");
		call.json = true;
	}
	err = mountinfo_read(NULL, &call.table);
	if (err < 0)
		return cli_fail(EX_OSERR, "/proc/self/mountinfo: %s", strerror(-err));
	if (optind == argc)
		return all_mounts(&call);
	for (int i = optind; i < argc; i++)
		code = worse(path_status(&call, argv[i]), code);
	return code;
}
