/* SPDX-License-Identifier: MIT */
#include "fs/lifecycle.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "api/json.h"
#include "api/log.h"
#include "fs/bounded.h"
#include "fs/cli.h"
#include "fs/control.h"
#include "fs/mount.h"

#define STATUS_MS      2000
#define START_GRACE_MS 30000
#define STACK_MAX      16 /* dead mounts one above the other */
#define TEXT_MAX_BYTES ((size_t)64 << 10)

char *lifecycle_describe(const struct config *c)
{
	const char *what = c->source[0] != '\0' ? c->source : "everything";

	if (streq(c->endpoint, "local"))
		return str_format("%s from local registry at %s on %s", what, c->data,
				  c->mountpoint);
	return str_format("%s from %s on %s", what,
			  streq(c->endpoint, "google") ? "Google" : c->endpoint, c->mountpoint);
}

/* ---- what stands there already ---- */

static bool told_same(const struct config *c, const struct buf *answer)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	struct json o;

	if (json_parse(buf_str(answer), answer->len, &doc, NULL) < 0)
		return false;
	o = json_root(doc);
	return json_is(json_get(o, "source"), c->source) &&
	       json_is(json_get(o, "options"), c->option_text);
}

/* A live mount of ours: EX_OK when it is the wanted one, else why not. */
static int standing_mount(const struct config *c)
{
	_cleanup_buf_ struct buf answer = BUF_INIT;
	int err = control_ask(c->mountpoint, "status", STATUS_MS, &answer);

	if (err == 0 && told_same(c, &answer))
		return EX_OK;
	if (err == 0)
		return cli_fail(EX_CANTCREAT,
				"%s is mounted already, from another SOURCE or with other "
				"options: unmount it first",
				c->mountpoint);
	return cli_fail(EX_CANTCREAT,
			"%s is mounted already, and its daemon does not answer (%s): "
			"modelfs unmount --lazy %s",
			c->mountpoint, strerror(-err), c->mountpoint);
}

/* Clears dead mounts of ours.  -1: the place is free, else an exit code. */
static int clear_place(const struct config *c)
{
	for (int i = 0; i < STACK_MAX; i++) {
		_cleanup_mountinfo_ struct mountinfo_table table = {NULL, 0};
		_cleanup_free_ char *why = NULL;
		const struct mountinfo *m;
		int err = mountinfo_read(NULL, &table);

		if (err < 0)
			return cli_fail(EX_OSERR, "/proc/self/mountinfo: %s", strerror(-err));
		m = mountinfo_at(&table, c->mountpoint);
		if (m == NULL || !mountinfo_is_ours(m))
			return -1;
		if (bounded_statfs(c->mountpoint, STATUS_MS) != -ENOTCONN)
			return standing_mount(c);
		err = lifecycle_detach(m, true, &why);
		if (err < 0)
			return cli_fail(EX_CANTCREAT, "the dead mount on %s cannot be cleared: %s",
					c->mountpoint, why != NULL ? why : strerror(-err));
	}
	return cli_fail(EX_CANTCREAT, "too many dead mounts on %s", c->mountpoint);
}

static int run_stat(void *ctx, int out_fd)
{
	struct stat st;

	if (stat(ctx, &st) < 0)
		return -errno;
	return write(out_fd, &st, sizeof(st)) == sizeof(st) ? 0 : -EIO;
}

static int check_mountpoint(const struct config *c)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct stat st;
	int err = bounded_run(run_stat, c->mountpoint, STATUS_MS, &out);

	if (err < 0)
		return cli_fail(err == -EACCES ? EX_NOPERM : EX_NOINPUT, "%s: %s", c->mountpoint,
				strerror(-err));
	memcpy(&st, out.data, sizeof(st));
	if (!S_ISDIR(st.st_mode))
		return cli_fail(EX_NOINPUT, "%s is not a directory", c->mountpoint);
	if (geteuid() == 0)
		return EX_OK;
	/* What fusermount3 asks for. */
	if (access(c->mountpoint, W_OK) < 0 ||
	    ((st.st_mode & S_ISVTX) != 0 && st.st_uid != geteuid()))
		return cli_fail(EX_NOPERM,
				"%s must be your own, writable directory to be mounted on",
				c->mountpoint);
	return EX_OK;
}

/* allow_other of a plain user needs a line in /etc/fuse.conf; no file: no. */
static bool others_permitted(void)
{
	FILE *f = fopen("/etc/fuse.conf", "re");
	char line[256], word[64];
	bool found = false;

	if (f == NULL)
		return errno != ENOENT;
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line, " %63s", word) == 1 && streq(word, "user_allow_other");
	fclose(f);
	return found;
}

static int check_system(const struct config *c)
{
	if (access("/dev/fuse", R_OK | W_OK) < 0) {
		if (errno == ENOENT)
			return cli_fail(
				EX_UNAVAILABLE,
				"/dev/fuse is missing: the kernel has no FUSE (modprobe fuse)");
		if (errno == EACCES)
			return cli_fail(EX_NOPERM,
					"/dev/fuse: permission denied (its mode is usually "
					"0666)");
	}
	if (c->allow_other && geteuid() != 0 && !others_permitted())
		return cli_fail(EX_NOPERM,
				"option allow_other: root must first put user_allow_other "
				"into /etc/fuse.conf");
	return EX_OK;
}

/* The signals that end the wait for a daemon. */
static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};

/* ---- the daemon's side ---- */

struct starter {
	int fd;        /* to the parent; -1: already told, or foreground */
	int stderr_fd; /* what was written to stderr until then */
	bool verbose;
	const struct config *config;
	int err; /* what ready was told */
};

/* What libfuse and fusermount3 said before we were ready goes to the log. */
static void log_captured(int fd)
{
	char text[4096], *rest = text, *line;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return;
	text[n] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			log_notice("%s", line);
}

static void daemon_ready(void *ctx, int err, const char *text)
{
	struct starter *s = ctx;
	int null;

	if (s->fd < 0)
		return;
	if (write(s->fd, &err, sizeof(err)) < 0 ||
	    (text != NULL && write(s->fd, text, strlen(text)) < 0))
		log_warning("the starting process is gone");
	if (err == 0) {
		log_captured(s->stderr_fd);
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		for (int fd = 0; fd < 3 && null >= 0; fd++)
			dup2(null, fd);
		if (null > 2)
			close(null);
	}
	close(take_fd(s->stderr_fd));
	close(take_fd(s->fd)); /* the parent's answer is complete */
}

static void run_daemon(const struct config *c, int ready_fd, int stderr_fd)
	__attribute__((noreturn));
static void run_daemon(const struct config *c, int ready_fd, int stderr_fd)
{
	struct starter s = {.config = c};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setsid();
	if (chdir("/") < 0)
		_exit(EX_OSERR);
	dup2(null, 0);
	dup2(stderr_fd, 1);
	dup2(stderr_fd, 2);
	/* Whatever else was inherited is not ours to hold open. */
	s.fd = fcntl(ready_fd, F_DUPFD_CLOEXEC, 10);
	s.stderr_fd = fcntl(stderr_fd, F_DUPFD_CLOEXEC, s.fd + 1);
	if (s.fd < 0 || s.stderr_fd < 0)
		_exit(EX_OSERR);
	close_range(3, (unsigned)s.fd - 1, 0);
	close_range((unsigned)s.stderr_fd + 1, ~0U, 0);
	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++)
		signal(interrupts[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	log_open("modelfs", true, LOG_INFO);
	exit(mount_run(c, daemon_ready, &s));
}

/* ---- the parent's side ---- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	interrupted = sig;
}

/* The daemon's word: 0 and *err, *text; -ETIMEDOUT, -EINTR, or -ENODATA when
 * it died without one. */
static int read_word(int fd, unsigned timeout_ms, int *err, struct buf *text)
{
	uint64_t deadline = now_ns() + timeout_ms * NSEC_PER_MSEC;
	_cleanup_buf_ struct buf in = BUF_INIT_MAX(TEXT_MAX_BYTES);
	char chunk[1024];
	ssize_t n = 1;

	while (n != 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = now_ns();

		if (interrupted)
			return -EINTR;
		if (now >= deadline)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)((deadline - now) / NSEC_PER_MSEC) + 1) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0 && buf_add(&in, chunk, (size_t)n) < 0)
			return in.err;
	}
	if (in.len < sizeof(*err))
		return -ENODATA;
	memcpy(err, in.data, sizeof(*err));
	return buf_add(text, in.data + sizeof(*err), in.len - sizeof(*err));
}

/* Wait for the failed daemon's end, so that the next try meets nothing of it. */
static int end_daemon(pid_t pid, bool now)
{
	int status = 0;

	for (int i = 0; i < 500; i++) {
		if (now || i == 400)
			kill(pid, i < 300 ? SIGTERM : SIGKILL);
		now = false;
		if (waitpid(pid, &status, WNOHANG) != 0)
			return status;
		usleep(10000);
	}
	return status;
}

/* The last line that libfuse, fusermount3 or a dying daemon wrote. */
static void add_captured(struct buf *text, int fd)
{
	char tail[2048], *line;
	off_t size = lseek(fd, 0, SEEK_END);
	off_t from = size > (off_t)sizeof(tail) - 1 ? size - (off_t)sizeof(tail) + 1 : 0;
	ssize_t n = pread(fd, tail, sizeof(tail) - 1, from);

	while (n > 0 && tail[n - 1] == '\n')
		n--;
	if (n <= 0)
		return;
	tail[n] = '\0';
	line = strrchr(tail, '\n');
	buf_printf(text, " (%s)", line != NULL ? line + 1 : tail);
}

/* One try.  text: why not. */
static int start_daemon(const struct config *c, struct buf *text)
{
	_cleanup_close_ int captured = memfd_create("modelfs-stderr", MFD_CLOEXEC);
	_cleanup_close_ int reader = -1;
	int fds[2], err, code = EX_SOFTWARE, status;
	pid_t pid;

	if (captured < 0 || pipe2(fds, O_CLOEXEC) < 0) {
		buf_printf(text, "cannot start: %s", strerror(errno));
		return EX_OSERR;
	}
	reader = fds[0];
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		run_daemon(c, fds[1], captured);
	close(fds[1]);
	if (pid < 0) {
		buf_printf(text, "cannot start: %s", strerror(errno));
		return EX_OSERR;
	}
	err = read_word(reader, c->timeout_ms + START_GRACE_MS, &code, text);
	if (err == 0 && code == 0)
		return EX_OK;
	status = end_daemon(pid, err == -ETIMEDOUT || err == -EINTR);
	if (err == -EINTR) {
		buf_puts(text, "interrupted");
		return 128 + interrupted;
	}
	if (err == -ETIMEDOUT) {
		buf_printf(text, "no answer in %u seconds",
			   (c->timeout_ms + START_GRACE_MS) / 1000);
		code = EX_TEMPFAIL;
	} else if (err < 0 && WIFSIGNALED(status)) {
		buf_printf(text, "the daemon died of signal %d", WTERMSIG(status));
	} else if (err < 0) {
		buf_printf(text, "the daemon ended with status %d", WEXITSTATUS(status));
	}
	add_captured(text, captured);
	return code != 0 ? code : EX_SOFTWARE;
}

static void foreground_ready(void *ctx, int err, const char *text)
{
	struct starter *s = ctx;

	s->err = err;
	if (err != 0) {
		cli_fail(err, "%s", text != NULL ? text : "cannot mount");
		return;
	}
	if (s->verbose || isatty(2)) {
		_cleanup_free_ char *what = lifecycle_describe(s->config);

		cli_fail(0, "mounted %s", what != NULL ? what : s->config->mountpoint);
	}
}

static int run_foreground(const struct options *o, bool *was_ready)
{
	struct starter s = {.fd = -1, .verbose = o->verbose, .config = o->config, .err = -1};
	int code;

	log_open("modelfs", false, o->config->debug ? LOG_DEBUG : LOG_INFO);
	code = mount_run(o->config, foreground_ready, &s);
	*was_ready = s.err == 0;
	return s.err > 0 ? s.err : code;
}

/* What may pass: no network yet, a server that still starts. */
static bool may_pass(int code)
{
	return code == EX_TEMPFAIL || code == EX_UNAVAILABLE || code == EX_NOHOST;
}

static int start_once(const struct options *o, struct buf *text, bool *was_ready)
{
	if (o->config->foreground)
		return run_foreground(o, was_ready);
	return start_daemon(o->config, text);
}

static int start_with_retries(const struct options *o)
{
	uint64_t deadline = now_ns() + o->config->retry_s * NSEC_PER_SEC;
	_cleanup_buf_ struct buf text = BUF_INIT_MAX(TEXT_MAX_BYTES);
	unsigned pause_s = 1;
	bool was_ready = false;
	int code;

	for (;;) {
		code = start_once(o, &text, &was_ready);
		if (code == EX_OK || was_ready || interrupted || !may_pass(code) ||
		    now_ns() + pause_s * NSEC_PER_SEC > deadline)
			break;
		buf_reset(&text);
		sleep(pause_s);
		pause_s = pause_s < 8 ? pause_s * 2 : 10;
	}
	if (code != EX_OK && !o->config->foreground)
		return cli_fail(code, "%s", buf_str(&text));
	return code;
}

static void catch_interrupts(void)
{
	struct sigaction act = {.sa_handler = on_interrupt};

	for (size_t i = 0; i < ARRAY_SIZE(interrupts); i++)
		sigaction(interrupts[i], &act, NULL);
}

int lifecycle_mount(const struct options *o)
{
	const struct config *c = o->config;
	_cleanup_free_ char *what = lifecycle_describe(c);
	bool tell = o->verbose || isatty(1);
	int code = clear_place(c);

	if (code >= 0) {
		if (code == EX_OK && tell)
			printf("mounted already: %s\n", what != NULL ? what : c->mountpoint);
		return code;
	}
	code = check_mountpoint(c);
	if (code == EX_OK)
		code = check_system(c);
	if (code != EX_OK || o->fake)
		return code;
	if (!c->foreground)
		catch_interrupts();
	code = start_with_retries(o);
	if (code == EX_OK && tell && !c->foreground)
		printf("mounted %s\n", what != NULL ? what : c->mountpoint);
	return code;
}
