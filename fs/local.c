/* SPDX-License-Identifier: MIT */
#include "fs/local.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "api/json.h"

#define LOCAL_ANSWER_MAX ((size_t)64 << 10)
/* REGISTRY.md: it ends within 2 s of its last client. */
#define LINGER_MS    3000
#define LOCAL_STARTS 4 /* one that just ends, or lost the race for the lock, may need more */
#define LOCAL_LOG    "server.log"

extern char **environ;

char *local_default_data(void)
{
	const char *data = getenv("MODELFS_DATA");
	const char *xdg = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (data != NULL && data[0] != '\0') {
		_cleanup_free_ char *cwd = data[0] == '/' ? NULL : getcwd(NULL, 0);

		return cwd != NULL ? str_format("%s/%s", cwd, data) : strdup(data);
	}
	if (xdg != NULL && xdg[0] == '/') /* a relative one is to be ignored, says its standard */
		return str_format("%s/modelfs", xdg);
	if (home != NULL && home[0] == '/')
		return str_format("%s/.local/share/modelfs", streq(home, "/") ? "" : home);
	return geteuid() == 0 ? strdup("/var/lib/modelfs")
			      : str_format("/tmp/modelfs-%u/data", (unsigned)geteuid());
}

static int fail(char **why, int err, const char *what, const char *path)
{
	if (*why == NULL)
		*why = str_format("%s %s: %s", what, path, strerror(-err));
	return err;
}

/* ---- the directory and its socket ---- */

/* Parents as usual, the last one private. */
static int make_dirs(const char *path)
{
	_cleanup_free_ char *p = strdup(path);
	int err = 0, made;

	if (p == NULL)
		return -ENOMEM;
	for (char *s = p + 1;; s++) {
		bool last = *s == '\0';

		if (!last && *s != '/')
			continue;
		*s = '\0';
		/* A parent that cannot be made may be there all the same (automount, EROFS). */
		made = mkdir(p, last ? 0700 : 0755) == 0 ? 0 : errno;
		if (access(p, F_OK) == 0)
			err = 0;
		else if (err == 0)
			err = made;
		if (last)
			return -err;
		*s = '/';
	}
}

static int open_data(struct local_registry *r, char **why)
{
	struct sockaddr_un address;
	int err = make_dirs(r->data);

	if (err < 0)
		return fail(why, err, "cannot make the data directory", r->data);
	r->dir_fd = open(r->data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0)
		return fail(why, -errno, "cannot open the data directory", r->data);
	if (faccessat(r->dir_fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0)
		return fail(why, -errno, "cannot use the data directory", r->data);
	r->socket = str_format("%s/socket", r->data);
	if (r->socket != NULL && strlen(r->socket) >= sizeof(address.sun_path)) {
		free(r->socket);
		r->socket = str_format("/proc/self/fd/%d/socket", r->dir_fd);
	}
	return r->socket != NULL ? 0 : fail(why, -ENOMEM, "data directory", r->data);
}

static int wait_for(int fd, short events, uint64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	uint64_t now = now_ns();

	if (now >= deadline)
		return -ETIMEDOUT;
	if (poll(&p, 1, (int)((deadline - now) / NSEC_PER_MSEC) + 1) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static int connect_socket(const char *path, uint64_t deadline, int *out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, path, strlen(path) + 1);
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (now_ns() >= deadline)
			return -ETIMEDOUT;
		usleep(5000);
	}
	*out = take_fd(fd);
	return 0;
}

/* ---- who is it? ---- */

static const char health_request[] = "GET /healthz HTTP/1.1\r\n"
				     "Host: localhost\r\n"
				     "Accept: application/json\r\n"
				     "\r\n";

static int send_request(int fd, uint64_t deadline)
{
	size_t sent = 0, len = sizeof(health_request) - 1;
	int err;

	while (sent < len) {
		ssize_t n = send(fd, health_request + sent, len - sent, MSG_NOSIGNAL);

		if (n >= 0) {
			sent += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = wait_for(fd, POLLOUT, deadline);
		if (err < 0)
			return err;
	}
	return 0;
}

/* The body when all of it is there: 1, 0 while it is not, or -EBADMSG. */
static int answer_whole(const struct buf *in, const char **body, size_t *body_len)
{
	const char *end = in->len > 0 ? strstr(in->data, "\r\n\r\n") : NULL;
	const char *length;
	unsigned long n;

	if (end == NULL)
		return 0;
	length = strcasestr(in->data, "\r\nContent-Length:");
	if (!starts_with(in->data, "HTTP/1.1 200") || length == NULL || length > end)
		return -EBADMSG;
	n = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
	if (n > LOCAL_ANSWER_MAX)
		return -EBADMSG;
	*body = end + 4;
	*body_len = n;
	return in->len - (size_t)(*body - in->data) >= n;
}

static int read_health(int fd, uint64_t deadline, struct json_doc **out)
{
	_cleanup_buf_ struct buf in = BUF_INIT_MAX(2 * LOCAL_ANSWER_MAX);
	const char *body = NULL;
	size_t body_len = 0;
	char chunk[4096];
	int whole, err;

	while ((whole = answer_whole(&in, &body, &body_len)) == 0) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		if (n > 0)
			err = buf_add(&in, chunk, (size_t)n);
		else if (n == 0)
			err = -ECONNRESET;
		else if (errno == EAGAIN || errno == EINTR)
			err = wait_for(fd, POLLIN, deadline);
		else
			err = -errno;
		if (err < 0)
			return err;
	}
	return whole < 0 ? whole : json_parse(body, body_len, out, NULL);
}

/* The log names a file, not a text: two paths may lead to it. */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return streq(a, b) || (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
			       x.st_ino == y.st_ino);
}

static int check_health(const struct local_registry *r, const struct json_doc *doc,
			const char *registry_log, int64_t *holder, char **why)
{
	struct json health = json_root(doc);
	_cleanup_free_ char *log = json_get_str(health, "accessLog");
	int64_t pid = 0;

	if (registry_log == NULL || (log != NULL && same_file(log, registry_log)))
		return 0;
	json_int64(json_get(health, "pid"), &pid);
	*holder = pid;
	free(*why);
	*why = str_format("the registry of %s runs already (pid %lld) and its access log is %s, "
			  "not %s",
			  r->data, (long long)pid, log != NULL && log[0] != '\0' ? log : "off",
			  registry_log);
	return -EBUSY;
}

/* Connect and ask; the connection is then held. */
static int say_hello(struct local_registry *r, const char *registry_log, uint64_t deadline,
		     int64_t *holder, char **why)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_close_ int fd = -1;
	int err = connect_socket(r->socket, deadline, &fd);

	if (err == 0)
		err = send_request(fd, deadline);
	if (err == 0)
		err = read_health(fd, deadline, &doc);
	if (err == 0)
		err = check_health(r, doc, registry_log, holder, why);
	if (err == 0)
		r->hold_fd = take_fd(fd);
	return err;
}

/* ---- starting it ---- */

/* After fork: system calls only, other threads may have held any lock. */
static void exec_server(char *const argv[], int log_fd, int report_fd) __attribute__((noreturn));
static void exec_server(char *const argv[], int log_fd, int report_fd)
{
	struct sigaction plain = {.sa_handler = SIG_DFL};
	sigset_t none;
	int null, err;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR);
	/* Above the three first, whatever was free. */
	report_fd = fcntl(report_fd, F_DUPFD_CLOEXEC, 10);
	if (report_fd < 0)
		_exit(126);
	dup2(null, 0);
	dup2(null, 1);
	dup2(log_fd >= 0 ? log_fd : null, 2);
	syscall(SYS_close_range, 3U, (unsigned)report_fd - 1, 0);
	syscall(SYS_close_range, (unsigned)report_fd + 1, ~0U, 0);
	if (chdir("/") == 0)
		execve("/proc/self/exe", argv, environ);
	err = errno;
	if (write(report_fd, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* The grandchild is nobody's child; its pid comes through the pipe first. */
static void fork_twice(char *const argv[], int log_fd, int report_fd) __attribute__((noreturn));
static void fork_twice(char *const argv[], int log_fd, int report_fd)
{
	pid_t self;

	setsid();
	switch (fork()) {
	case -1:
		_exit(1);
	case 0:
		self = getpid();
		if (write(report_fd, &self, sizeof(self)) < 0)
			_exit(1);
		exec_server(argv, log_fd, report_fd);
	default:
		_exit(0);
	}
}

/* A pidfd of the started server in *out, or -errno. */
static int start_server(const struct local_registry *r, const char *registry_log, int *out)
{
	char *argv[] = {(char *)"modelfs",
			(char *)"serve",
			(char *)"--data",
			r->data,
			(char *)"--embedded",
			NULL,
			NULL,
			NULL};
	_cleanup_free_ char *log_path = str_format("%s/" LOCAL_LOG, r->data);
	_cleanup_close_ int log_fd = -1, reader = -1, writer = -1;
	int fds[2], err = 0;
	pid_t pid, server;

	if (log_path == NULL)
		return -ENOMEM;
	if (registry_log != NULL) {
		argv[5] = (char *)"--access-log";
		argv[6] = (char *)registry_log;
	}
	log_fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		      0600);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	reader = fds[0];
	writer = fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		fork_twice(argv, log_fd, writer);
	close(take_fd(writer));
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (read(reader, &server, sizeof(server)) != sizeof(server))
		return -EAGAIN;
	*out = (int)syscall(SYS_pidfd_open, server, 0);
	if (read(reader, &err, sizeof(err)) == sizeof(err)) {
		if (*out >= 0)
			close(take_fd(*out));
		return -err;
	}
	return *out >= 0 ? 0 : -errno;
}

/* The last line that the server wrote before it gave up. */
static char *last_words(const struct local_registry *r)
{
	_cleanup_free_ char *path = str_format("%s/" LOCAL_LOG, r->data);
	_cleanup_close_ int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[1024], *line;
	off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
	ssize_t n = 0;

	if (size > 0)
		n = pread(fd, text, sizeof(text) - 1,
			  size > (off_t)sizeof(text) - 1 ? size - (off_t)sizeof(text) + 1 : 0);
	while (n > 0 && text[n - 1] == '\n')
		n--;
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	line = strrchr(text, '\n');
	return strdup(line != NULL ? line + 1 : text);
}

static bool has_ended(int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static int explain(const struct local_registry *r, int err, const char *what, char **why)
{
	_cleanup_free_ char *words = last_words(r);

	if (*why == NULL)
		*why = str_format("the registry of %s %s%s%s", r->data, what,
				  words != NULL ? ": " : "", words != NULL ? words : "");
	return err;
}

/* A server without clients ends by itself: the one that an import a moment ago
 * has left behind shall not keep a mount with a log of its own away.  Nobody
 * connects meanwhile: that would be a client. */
static bool wait_for_end(int64_t pid)
{
	_cleanup_close_ int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, (pid_t)pid, 0) : -1;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&p, 1, LINGER_MS) > 0;
}

/* Ask, start, ask again.  Of two who start one at once, one server gets the
 * lock of the directory, and both find it. */
static int find_or_start(struct local_registry *r, const char *registry_log, uint64_t deadline,
			 char **why)
{
	_cleanup_close_ int server = -1;
	unsigned starts = 0, pause_ms = 5;
	int err, last = -ETIMEDOUT;
	bool waited = false;
	int64_t holder = 0;

	for (;;) {
		err = say_hello(r, registry_log, deadline, &holder, why);
		if (err == -EBUSY && !waited && wait_for_end(holder)) {
			waited = true;
			free(take_ptr(*why));
			continue;
		}
		if (err == 0 || err == -EBUSY)
			return err;
		if (err == -EBADMSG || err == -EINVAL) {
			*why = str_format("%s is not the socket of a modelfs registry", r->socket);
			return -EPROTO;
		}
		/* A mute one is not ours to replace; a lost connection was one that ended. */
		if (err == -ETIMEDOUT || err == -EACCES)
			return fail(why, err, "the registry does not answer at", r->socket);
		last = err;
		if (now_ns() >= deadline)
			return explain(r, -ETIMEDOUT, "does not answer in time", why);
		if (server >= 0 && has_ended(server)) {
			/* It became a daemon, or failed: ask once more before another. */
			close(take_fd(server));
			continue;
		}
		if (server < 0) {
			if (starts++ == LOCAL_STARTS)
				return explain(r, last, "does not start", why);
			err = start_server(r, registry_log, &server);
			if (err < 0)
				return fail(why, err, "cannot start the registry of", r->data);
		}
		usleep(pause_ms * 1000);
		pause_ms = pause_ms < 40 ? pause_ms * 2 : 50;
	}
}

int local_registry_open(const char *data, const char *registry_log, unsigned timeout_ms,
			struct local_registry *out, char **why)
{
	uint64_t deadline = now_ns() + timeout_ms * NSEC_PER_MSEC;
	struct local_registry r = LOCAL_REGISTRY_INIT;
	int err;

	*why = NULL;
	r.data = strdup(data);
	err = r.data == NULL ? -ENOMEM : open_data(&r, why);
	if (err == 0)
		err = find_or_start(&r, registry_log, deadline, why);
	if (err < 0) {
		local_registry_close(&r);
		return err;
	}
	*out = r;
	return 0;
}

int local_registry_reopen(struct local_registry *r, const char *registry_log, unsigned timeout_ms,
			  char **why)
{
	*why = NULL;
	if (r->hold_fd >= 0)
		close(take_fd(r->hold_fd));
	return find_or_start(r, registry_log, now_ns() + timeout_ms * NSEC_PER_MSEC, why);
}

void local_registry_close(struct local_registry *r)
{
	if (r->hold_fd >= 0)
		close(r->hold_fd);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	free(r->data);
	free(r->socket);
	*r = (struct local_registry)LOCAL_REGISTRY_INIT;
}
