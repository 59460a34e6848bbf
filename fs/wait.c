/* SPDX-License-Identifier: MIT */
/*
 * `modelfs wait`: block until operations end.  It reads the mount like
 * everybody else: poll(2) on `status` wakes at a change; a look a second for
 * mounts that cannot poll.
 */
#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sysexits.h>

#include "api/json.h"
#include "fs/cli.h"
#include "fs/lifecycle.h"
#include "fs/options.h"

#define EXIT_FAILED   1
#define EXIT_TIMEOUT  124
#define LOOK_MS       1000
#define WAIT_PATHS    256
#define BAR_WIDTH     30
#define FILE_MAX_READ 65536

enum wait_state { STATE_RUNNING, STATE_SUCCEEDED, STATE_FAILED, STATE_LOST };

struct waiting {
	char *dir;        /* the operation's real directory */
	const char *name; /* its id, the end of dir */
	int status_fd;
	uint64_t looked_ns;
	char status[32];
	int percent; /* -1: not told */
	enum wait_state state;
	bool told;
};

struct wait_call {
	struct waiting *items;
	size_t count;
	uint64_t started_ns, deadline_ns; /* deadline 0: none */
	bool terminal;
	unsigned drawn; /* lines of the bars on the screen */
};

/* ---- reading ---- */

static ssize_t read_text(const char *dir, const char *file, char *text, size_t size)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, file);
	_cleanup_close_ int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return path != NULL ? -errno : -ENOMEM;
	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return -errno;
	text[len] = '\0';
	return (ssize_t)len;
}

static const struct {
	const char *text;
	enum wait_state state;
} states[] = {
	{"SUCCEEDED", STATE_SUCCEEDED},
	{"FAILED", STATE_FAILED},
	{"CANCELLED", STATE_FAILED},
};

static void take_status(struct waiting *w, char *text)
{
	text[strcspn(text, "\n")] = '\0';
	snprintf(w->status, sizeof(w->status), "%s", text);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (streq(w->status, states[i].text))
			w->state = states[i].state;
}

static void take_progress(struct waiting *w)
{
	char text[32], *end;
	long n;

	w->percent = -1;
	if (read_text(w->dir, "progress", text, sizeof(text)) <= 0)
		return;
	n = strtol(text, &end, 10);
	if (end != text && n >= 0 && n <= 100)
		w->percent = (int)n;
}

/* Look again; true when it changed.  fresh: through a new descriptor. */
static bool look(struct waiting *w, bool fresh)
{
	_cleanup_free_ char *path = NULL;
	char text[32], before[32];
	ssize_t n;

	w->looked_ns = now_ns();
	if (fresh || w->status_fd < 0) {
		path = str_format("%s/status", w->dir);
		if (w->status_fd >= 0)
			close(take_fd(w->status_fd));
		w->status_fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	}
	n = w->status_fd >= 0 ? pread(w->status_fd, text, sizeof(text) - 1, 0) : -1;
	if (n < 0) {
		/* An outage may pass; what is no longer there will not come back. */
		if (errno == ENOENT || errno == ENOTCONN || errno == ENOTDIR)
			w->state = STATE_LOST;
		return w->state == STATE_LOST;
	}
	memcpy(before, w->status, sizeof(before));
	text[n] = '\0';
	take_status(w, text);
	return !streq(before, w->status);
}

/* ---- which operation ---- */

static bool is_operation(const char *dir)
{
	_cleanup_free_ char *status = str_format("%s/status", dir);
	_cleanup_free_ char *document = str_format("%s/operation.json", dir);

	return status != NULL && document != NULL && access(status, F_OK) == 0 &&
	       access(document, F_OK) == 0;
}

static bool newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* The newest directory in `operations` by mtime. */
static char *newest_in(const char *operations)
{
	struct timespec best = {0, 0};
	_cleanup_free_ char *found = NULL;
	DIR *d = opendir(operations);
	struct dirent *e;
	struct stat st;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		if (found == NULL || newer(&st.st_mtim, &best)) {
			free(found);
			found = str_format("%s/%s", operations, e->d_name);
			best = st.st_mtim;
		}
	}
	if (d != NULL)
		closedir(d);
	return take_ptr(found);
}

/* Resolved once: `latest` may move while we wait. */
static int find_operation(const char *path, char **out)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	_cleanup_free_ char *operations = NULL, *latest = NULL, *newest = NULL;

	if (real == NULL)
		return cli_fail(EX_NOINPUT, "%s: %s", path, strerror(errno));
	if (is_operation(real)) {
		*out = take_ptr(real);
		return EX_OK;
	}
	operations =
		ends_with(real, "/operations") ? strdup(real) : str_format("%s/operations", real);
	latest = operations != NULL ? str_format("%s/latest", operations) : NULL;
	if (latest == NULL)
		return cli_fail(EX_OSERR, "out of memory");
	*out = realpath(latest, NULL);
	if (*out == NULL) {
		newest = newest_in(operations);
		*out = newest != NULL ? realpath(newest, NULL) : NULL;
	}
	if (*out != NULL && is_operation(*out))
		return EX_OK;
	free(take_ptr(*out));
	return cli_fail(EX_NOINPUT, "%s: there is no operation to wait for", path);
}

/* ---- telling ---- */

/* "message (CODE number)" of error.json. */
static void tell_failure(const struct waiting *w)
{
	_cleanup_free_ char *text = malloc(FILE_MAX_READ);
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_free_ char *message = NULL;
	ssize_t n = text != NULL ? read_text(w->dir, "error.json", text, FILE_MAX_READ) : -1;

	if (n > 0 && json_parse(text, (size_t)n, &doc, NULL) == 0)
		message = json_get_str(json_root(doc), "message");
	printf("%s: %s%s%s\n", w->name, w->status, message != NULL ? ": " : "",
	       message != NULL ? message : "");
}

static void tell(struct waiting *w)
{
	if (w->state == STATE_FAILED)
		tell_failure(w);
	else if (w->state == STATE_LOST)
		printf("%s: it is not there any more\n", w->name);
	else if (w->percent >= 0 && w->state == STATE_RUNNING)
		printf("%s: %s %d%%\n", w->name, w->status, w->percent);
	else
		printf("%s: %s\n", w->name, w->status);
	w->told = w->state != STATE_RUNNING;
}

static void draw_bar(const struct waiting *w, unsigned seconds)
{
	char bar[BAR_WIDTH + 1];
	int full = w->percent * BAR_WIDTH / 100;

	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < full ? '#' : '.';
	/* Where the service tells no percentage a mark wanders. */
	if (w->percent < 0)
		bar[seconds % BAR_WIDTH] = '#';
	bar[BAR_WIDTH] = '\0';
	printf("\r\033[K%.40s [%s] ", w->name, bar);
	if (w->percent >= 0)
		printf("%3d%% ", w->percent);
	printf("%s %u:%02u\n", w->status, seconds / 60, seconds % 60);
}

/* Ended ones scroll up as plain lines, bars of the others stay below them. */
static void draw(struct wait_call *call)
{
	unsigned seconds = (unsigned)((now_ns() - call->started_ns) / NSEC_PER_SEC);

	if (call->drawn > 0)
		printf("\033[%uA\r\033[J", call->drawn);
	call->drawn = 0;
	for (size_t i = 0; i < call->count; i++)
		if (call->items[i].state != STATE_RUNNING && !call->items[i].told)
			tell(&call->items[i]);
	for (size_t i = 0; i < call->count; i++) {
		if (call->items[i].state != STATE_RUNNING)
			continue;
		draw_bar(&call->items[i], seconds);
		call->drawn++;
	}
	fflush(stdout);
}

/* Bars only where they fit. */
static bool bars_fit(size_t count)
{
	struct winsize ws;

	return isatty(1) && ioctl(1, TIOCGWINSZ, &ws) == 0 && ws.ws_row > count + 1 &&
	       ws.ws_col >= 80;
}

/* ---- waiting ---- */

static bool any_running(const struct wait_call *call)
{
	for (size_t i = 0; i < call->count; i++)
		if (call->items[i].state == STATE_RUNNING)
			return true;
	return false;
}

static void show(struct wait_call *call, struct waiting *w, bool changed)
{
	if (changed && !call->terminal && !w->told) {
		tell(w);
		fflush(stdout);
	}
}

/* Sleep until something may have changed. */
static void sleep_on(struct wait_call *call)
{
	struct pollfd fds[WAIT_PATHS];
	size_t which[WAIT_PATHS] = {0};
	nfds_t n = 0;
	uint64_t now = now_ns();
	int ms = LOOK_MS, ready;
	bool woken = false;

	if (call->deadline_ns != 0 && call->deadline_ns < now + LOOK_MS * NSEC_PER_MSEC)
		ms = call->deadline_ns > now ? (int)((call->deadline_ns - now) / NSEC_PER_MSEC) + 1
					     : 0;
	for (size_t i = 0; i < call->count; i++)
		if (call->items[i].state == STATE_RUNNING) {
			fds[n] = (struct pollfd){.fd = call->items[i].status_fd, .events = POLLPRI};
			which[n++] = i;
		}
	ready = poll(fds, n, ms);
	for (nfds_t i = 0; i < n; i++) {
		struct waiting *w = &call->items[which[i]];
		bool hit = ready > 0 && (fds[i].revents & (POLLPRI | POLLERR)) != 0;
		int percent = w->percent;
		bool changed;

		if (!hit && now_ns() < w->looked_ns + LOOK_MS * NSEC_PER_MSEC)
			continue;
		changed = look(w, !hit);
		if (w->state == STATE_RUNNING)
			take_progress(w);
		woken |= hit && changed;
		show(call, w, changed || (w->percent != percent && w->percent >= 0));
	}
	if (ready > 0 && !woken)
		usleep(100 * 1000); /* always "changed", never different: no busy loop */
}

static int outcome(const struct wait_call *call)
{
	int code = EX_OK;

	for (size_t i = 0; i < call->count; i++) {
		if (call->items[i].state == STATE_RUNNING && code == EX_OK)
			code = EXIT_TIMEOUT;
		if (call->items[i].state == STATE_FAILED || call->items[i].state == STATE_LOST)
			code = EXIT_FAILED;
	}
	return code;
}

static int wait_all(struct wait_call *call)
{
	call->terminal = bars_fit(call->count);
	for (size_t i = 0; i < call->count; i++) {
		look(&call->items[i], true);
		if (call->items[i].state == STATE_RUNNING)
			take_progress(&call->items[i]);
		show(call, &call->items[i], true);
	}
	for (;;) {
		if (call->terminal)
			draw(call);
		if (!any_running(call) || (call->deadline_ns != 0 && now_ns() >= call->deadline_ns))
			break;
		sleep_on(call);
	}
	return outcome(call);
}

static void call_free(struct wait_call *call)
{
	for (size_t i = 0; i < call->count; i++) {
		free(call->items[i].dir);
		if (call->items[i].status_fd >= 0)
			close(call->items[i].status_fd);
	}
	free(call->items);
}

static int add_path(struct wait_call *call, const char *path)
{
	struct waiting *w = &call->items[call->count];
	int code;

	*w = (struct waiting){.status_fd = -1, .percent = -1};
	code = find_operation(path, &w->dir);
	if (code != EX_OK)
		return code;
	w->name = strrchr(w->dir, '/') + 1;
	call->count++;
	return EX_OK;
}

/* A mount that is mute in spite of its own deadlines does not hold us. */
static void on_alarm(int sig _unused_)
{
	_exit(EXIT_TIMEOUT);
}

static void set_deadline(struct wait_call *call, unsigned ms)
{
	struct sigaction act = {.sa_handler = on_alarm};
	struct itimerval late = {.it_value = {.tv_sec = ms / 1000 + 1, .tv_usec = 500000}};

	call->deadline_ns = call->started_ns + ms * NSEC_PER_MSEC;
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &late, NULL);
}

int wait_command(int argc, char **argv)
{
	static const struct option longs[] = {
		{"timeout", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	_cleanup_(call_free) struct wait_call call = {.started_ns = now_ns()};
	int letter, code;
	unsigned ms;

	optind = 0;
	while ((letter = getopt_long(argc, argv, "t:h", longs, NULL)) != -1) {
		if (letter == 'h')
			return cli_help("wait");
		if (letter == '?')
			return cli_usage("wait");
		if (options_seconds(optarg, &ms) < 0)
			return cli_fail(EX_USAGE, "--timeout %s: not a number of seconds", optarg);
		set_deadline(&call, ms);
	}
	if (optind == argc) {
		cli_fail(EX_USAGE, "a PATH is missing");
		return cli_usage("wait");
	}
	if (argc - optind > WAIT_PATHS)
		return cli_fail(EX_USAGE, "more than %d paths", WAIT_PATHS);
	call.items = calloc((size_t)(argc - optind), sizeof(*call.items));
	if (call.items == NULL)
		return cli_fail(EX_OSERR, "out of memory");
	for (int i = optind; i < argc; i++) {
		code = add_path(&call, argv[i]);
		if (code != EX_OK)
			return code;
	}
	return wait_all(&call);
}
