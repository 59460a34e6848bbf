/* SPDX-License-Identifier: MIT */
/* modelfs serve: options, the data directory's lock, start and end. */
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "api/log.h"
#include "api/registry/automl.h"
#include "api/registry/bucket.h"
#include "api/registry/listen.h"
#include "api/registry/operations.h"
#include "api/registry/registry.h"
#include "api/registry/server.h"
#include "api/registry/store.h"

#define LOCK_WAIT_NS      (5 * NSEC_PER_SEC)    /* for one that is coming down … */
#define LOCK_SERVED_NS    (500 * NSEC_PER_MSEC) /* … which does not answer that long */
#define FIRST_CLIENT_NS   (10 * NSEC_PER_SEC)
#define LAST_CLIENT_NS    (800 * NSEC_PER_MSEC)
#define READY_TIMEOUT_SEC 20
#define REGISTRIES_MAX    32

struct options {
	char *data;
	char *access_log;
	unsigned log_with; /* ACCESS_… */
	char *tokens;      /* absolute: read again on SIGHUP */
	const char *tls_cert, *tls_key;
	const char *listen[SERVER_LISTENERS_MAX];
	size_t listen_count;
	const char *registries[REGISTRIES_MAX]; /* "HOST=URL" */
	size_t registry_count;
	bool embedded;
	uint64_t export_rate;
};

struct run {
	struct options o;
	struct registry reg;
	struct server *server;
	struct server_tls tls;
	int lock_fd;
};

static const char help[] =
	"Usage: modelfs serve [OPTION]...\n"
	"Serve the registry of a data directory over its socket (DATA/socket) and,\n"
	"if asked, over further addresses.  Ends on SIGTERM; SIGHUP reopens the\n"
	"access log and reads the tokens again.\n\n"
	"  --data DIR             data directory (default: $MODELFS_DATA, else\n"
	"                         $XDG_DATA_HOME/modelfs or ~/.local/share/modelfs;\n"
	"                         root without HOME: /var/lib/modelfs)\n"
	"  --listen ADDRESS       unix:PATH or HOST:PORT; may be repeated; SERVICE=ADDRESS\n"
	"                         answers for vertex, automl or ml alone\n"
	"  --access-log FILE      one JSON line per request\n"
	"  --access-log-bodies    with the requests' bodies\n"
	"  --access-log-answers   and what was answered\n"
	"  --tokens FILE          lines \"NAME SHA256-OF-TOKEN\": who may use TCP\n"
	"  --tls-cert FILE        certificate chain, PEM\n"
	"  --tls-key FILE         its key, PEM\n"
	"  --export-rate BYTES    copy exports at most this fast, per second\n"
	"  --registry HOST=URL    images of HOST are in the container registry at URL;\n"
	"                         may be repeated (skopeo transfers them)\n"
	"  --embedded             run in the background, end with the last client\n"
	"  --help                 this text\n";

static int complain(int code, const char *fmt, ...) _printf_(2, 3);
static int complain(int code, const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	fprintf(stderr, "modelfs serve: %s\n", buf_str(&b));
	return code;
}

static char *absolute(const char *path)
{
	_cleanup_free_ char *cwd = NULL;

	if (path[0] == '/')
		return strdup(path);
	cwd = getcwd(NULL, 0);
	return cwd ? str_format("%s/%s", cwd, path) : NULL;
}

static char *default_data(void)
{
	const char *data = getenv("MODELFS_DATA"), *xdg = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	if (data && *data)
		return absolute(data);
	if (xdg && *xdg)
		return str_format("%s/modelfs", xdg);
	if (home && *home)
		return str_format("%s/.local/share/modelfs", home);
	return strdup("/var/lib/modelfs");
}

static bool parse_rate(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *out > 0;
}

static bool is_registry(const char *text)
{
	const char *url = strchr(text, '=');

	return url && url != text && !memchr(text, '/', (size_t)(url - text)) &&
	       (starts_with(url + 1, "http://") || starts_with(url + 1, "https://"));
}

/* One option, as getopt_long() told it.  -1: go on; else the exit code. */
static int take(int c, char **argv, struct options *o)
{
	switch (c) {
	case 'd':
		free(o->data);
		o->data = absolute(optarg);
		break;
	case 'l':
		if (o->listen_count == SERVER_LISTENERS_MAX - 1)
			return complain(EX_USAGE, "too many --listen options");
		o->listen[o->listen_count++] = optarg;
		break;
	case 'a':
		free(o->access_log);
		o->access_log = absolute(optarg);
		break;
	case 'b':
		o->log_with |= ACCESS_BODIES;
		break;
	case 'A':
		o->log_with |= ACCESS_ANSWERS;
		break;
	case 't':
		free(o->tokens);
		o->tokens = absolute(optarg);
		break;
	case 'c':
		o->tls_cert = optarg;
		break;
	case 'k':
		o->tls_key = optarg;
		break;
	case 'r':
		if (!parse_rate(optarg, &o->export_rate))
			return complain(EX_USAGE,
					"--export-rate needs bytes per second, "
					"not '%s'",
					optarg);
		break;
	case 'R':
		if (!is_registry(optarg) || o->registry_count == REGISTRIES_MAX)
			return complain(EX_USAGE,
					"--registry needs HOST=http://… or https://…, "
					"not '%s'",
					optarg);
		o->registries[o->registry_count++] = optarg;
		break;
	case 'e':
		o->embedded = true;
		break;
	case 'h':
		fputs(help, stdout);
		return fflush(stdout) ? EX_IOERR : EX_OK;
	case ':':
		return complain(EX_USAGE, "option '%s' needs an argument", argv[optind - 1]);
	default:
		return complain(EX_USAGE, "unknown option '%s'; see --help", argv[optind - 1]);
	}
	return -1;
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"data", required_argument, NULL, 'd'},
		{"listen", required_argument, NULL, 'l'},
		{"access-log", required_argument, NULL, 'a'},
		{"access-log-bodies", no_argument, NULL, 'b'},
		{"access-log-answers", no_argument, NULL, 'A'},
		{"tokens", required_argument, NULL, 't'},
		{"tls-cert", required_argument, NULL, 'c'},
		{"tls-key", required_argument, NULL, 'k'},
		{"export-rate", required_argument, NULL, 'r'},
		{"registry", required_argument, NULL, 'R'},
		{"embedded", no_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c, code;

	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		code = take(c, argv, o);
		if (code != -1)
			return code;
	}
	if (optind < argc)
		return complain(EX_USAGE, "unexpected argument '%s'", argv[optind]);
	if (!o->tls_cert != !o->tls_key)
		return complain(EX_USAGE, "--tls-cert and --tls-key go together");
	if (!o->data)
		o->data = default_data();
	return o->data ? -1 : complain(EX_OSERR, "out of memory");
}

static int make_path(char *path)
{
	for (char *p = path + 1;; p++) {
		char c = *p;

		if (c != '/' && c)
			continue;
		*p = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST) {
			int r = -errno;

			*p = c;
			return r;
		}
		*p = c;
		if (!c)
			return 0;
	}
}

static int open_below(int dir, const char *name)
{
	if (mkdirat(dir, name, 0777) < 0 && errno != EEXIST)
		return -1;
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_data(struct run *run)
{
	struct registry *reg = &run->reg;
	int r = make_path(run->o.data);

	reg->data = run->o.data;
	if (r == 0) {
		reg->data_fd = open(reg->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = reg->data_fd < 0 ? -errno : 0;
	}
	if (r < 0)
		return complain(EX_CANTCREAT, "cannot use the data directory %s: %s", reg->data,
				strerror(-r));
	return EX_OK;
}

/* One server per data directory: whoever holds the lock.  Its pid is in it. */
static int take_lock(struct run *run)
{
	uint64_t begun = now_ns(), mute = begun;
	char pid[32] = "";
	ssize_t n;

	run->lock_fd = openat(run->reg.data_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (run->lock_fd < 0)
		return complain(EX_CANTCREAT, "cannot open %s/lock: %s", run->reg.data,
				strerror(errno));
	while (flock(run->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return complain(EX_OSERR, "cannot lock %s/lock: %s", run->reg.data,
					strerror(errno));
		if (!listen_answers(run->reg.data_fd, "socket"))
			mute = now_ns();
		if (now_ns() - mute < LOCK_SERVED_NS && now_ns() - begun < LOCK_WAIT_NS) {
			usleep(20000);
			continue;
		}
		n = pread(run->lock_fd, pid, sizeof(pid) - 1, 0);
		pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
		return complain(EX_TEMPFAIL, "%s is served already, by process %s", run->reg.data,
				*pid ? pid : "unknown");
	}
	n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(run->lock_fd, 0) < 0 || pwrite(run->lock_fd, pid, (size_t)n, 0) != n)
		return complain(EX_IOERR, "cannot write %s/lock: %s", run->reg.data,
				strerror(errno));
	return EX_OK;
}

static int open_state(struct run *run)
{
	struct registry *reg = &run->reg;
	_cleanup_buf_ struct buf why = BUF_INIT;
	int r;

	reg->buckets_fd = open_below(reg->data_fd, "buckets");
	reg->exports_fd = open_below(reg->data_fd, "exports");
	reg->artifacts_fd = open_below(reg->data_fd, "artifacts");
	reg->images_fd = open_below(reg->data_fd, "images");
	if (reg->buckets_fd < 0 || reg->exports_fd < 0 || reg->artifacts_fd < 0 ||
	    reg->images_fd < 0)
		return complain(EX_CANTCREAT, "cannot use %s: %s", reg->data, strerror(errno));
	if (run->o.access_log) {
		r = access_log_open(run->o.access_log, run->o.log_with, &reg->log);
		if (r < 0)
			return complain(EX_CANTCREAT, "cannot open the access log %s: %s",
					run->o.access_log, strerror(-r));
	}
	r = store_open(reg->data, &reg->store, &why);
	if (r < 0)
		return complain(r == -EPROTO ? EX_CONFIG : EX_IOERR, "%s",
				why.len ? buf_str(&why) : strerror(-r));
	bucket_sweep(reg);
	automl_sweep(reg);
	r = queue_start(reg, operation_work, &reg->queue);
	if (r == 0)
		r = operations_resume(reg);
	return r < 0 ? complain(EX_OSERR, "cannot take up operations: %s", strerror(-r)) : EX_OK;
}

static char *read_pem(const char *path)
{
	_cleanup_buf_ struct buf b = BUF_INIT_MAX(1 << 20);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[4096];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, piece, sizeof(piece))) > 0)
		buf_add(&b, piece, (size_t)n);
	return n == 0 ? buf_take(&b) : NULL;
}

static int open_server(struct run *run)
{
	_cleanup_buf_ struct buf why = BUF_INIT;
	_cleanup_free_ char *own = str_format("unix:%s/socket", run->reg.data);
	int r;

	if (run->o.tls_cert) {
		run->tls.cert = read_pem(run->o.tls_cert);
		run->tls.key = read_pem(run->o.tls_key);
		if (!run->tls.cert || !run->tls.key)
			return complain(EX_NOINPUT, "cannot read %s",
					run->tls.cert ? run->o.tls_key : run->o.tls_cert);
	}
	r = own ? server_start(&run->reg, &run->tls, run->o.tokens, &run->server, &why) : -ENOMEM;
	if (r < 0)
		return complain(EX_CONFIG, "%s", why.len ? buf_str(&why) : strerror(-r));
	for (size_t i = 0; i <= run->o.listen_count; i++) {
		const char *spec = i ? run->o.listen[i - 1] : own;
		struct listen_socket socket = LISTEN_SOCKET_INIT;

		r = listen_open(spec, &socket, &why);
		if (r == 0) {
			r = server_add(run->server, &socket, &why);
			listen_close(&socket);
		}
		if (r < 0)
			return complain(r == -EPERM        ? EX_CONFIG
					: r == -EINVAL     ? EX_USAGE
					: r == -EADDRINUSE ? EX_UNAVAILABLE
							   : EX_OSERR,
					"%s", why.len ? buf_str(&why) : strerror(-r));
	}
	return EX_OK;
}

/* Embedded: nobody there, nothing running, for a second. */
static bool idle(struct run *run, uint64_t started)
{
	uint64_t now = now_ns(), left = atomic_load(&run->reg.last_left);

	if (atomic_load(&run->reg.clients) || queue_running(run->reg.queue))
		return false;
	return left ? now > left + LAST_CLIENT_NS : now > started + FIRST_CLIENT_NS;
}

/* The socket's name goes first; who connected just before is still served. */
static bool may_end(struct run *run)
{
	server_hide(run->server, true);
	usleep(50000);
	if (!atomic_load(&run->reg.clients) && !queue_running(run->reg.queue))
		return true;
	server_hide(run->server, false);
	return false;
}

static void reload(struct run *run)
{
	_cleanup_buf_ struct buf why = BUF_INIT;
	int r = run->reg.log ? access_log_reopen(run->reg.log) : 0;

	if (r < 0)
		log_error("registry: the access log cannot be reopened: %s", strerror(-r));
	if (server_reload_tokens(run->server, &why) < 0)
		log_error("registry: tokens stay as they were: %s", buf_str(&why));
}

static void serve(struct run *run, const sigset_t *signals)
{
	uint64_t started = now_ns(), reaped = started;
	struct timespec tick = {.tv_nsec = run->o.embedded ? 100 * (long)NSEC_PER_MSEC
							   : 1000 * (long)NSEC_PER_MSEC - 1};

	for (;;) {
		int sig = sigtimedwait(signals, NULL, &tick);

		if (sig == SIGTERM || sig == SIGINT)
			return;
		if (sig == SIGHUP)
			reload(run);
		if (now_ns() > reaped + NSEC_PER_SEC) {
			server_reap(run->server);
			reaped = now_ns();
		}
		if (run->o.embedded && idle(run, started) && may_end(run))
			return;
	}
}

static void tear_down(struct run *run)
{
	struct registry *reg = &run->reg;

	atomic_store(&reg->stopping, true);
	if (reg->queue)
		queue_stop(reg->queue); /* wakes who waits for operations, too */
	if (run->server)
		server_stop(run->server);
	queue_free(reg->queue);
	store_close(reg->store);
	access_log_close(reg->log);
	free(run->tls.cert);
	free(run->tls.key);
	for (size_t i = 0; i < 6; i++) {
		int fd = (int[]){reg->buckets_fd, reg->exports_fd, reg->artifacts_fd,
				 reg->images_fd,  reg->data_fd,    run->lock_fd}[i];

		if (fd >= 0)
			close(fd); /* the lock last */
	}
}

/* In the child: a session of its own; the parent waits for the verdict. */
static int detach(int *verdict)
{
	int fds[2], status = EX_UNAVAILABLE;
	pid_t pid;

	/* A pipe of the starter's must not stay open through us. */
	close_range(3, ~0U, 0);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return complain(EX_OSERR, "cannot start: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return complain(EX_OSERR, "cannot start: %s", strerror(errno));
	if (pid == 0) {
		close(fds[0]);
		setsid();
		*verdict = fds[1];
		return -1;
	}
	close(fds[1]);
	if (read(fds[0], &status, sizeof(status)) != sizeof(status))
		status = EX_SOFTWARE;
	close(fds[0]);
	return status;
}

static void report(int *verdict, int code)
{
	int null;

	if (*verdict < 0)
		return;
	if (write(*verdict, &code, sizeof(code)) != sizeof(code))
		log_debug("registry: nobody waited for the start");
	close(*verdict);
	*verdict = -1;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	if (chdir("/") < 0) /* else the directory it was started in stays busy */
		log_debug("registry: cannot leave the working directory");
	log_open("modelfs", true, LOG_INFO);
}

/* A thread per connection would leave an arena each with the largest body it
 * ever held in it: large blocks go back to the system when they are freed. */
static void bound_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_TRIM_THRESHOLD, 256 << 10);
	mallopt(M_ARENA_MAX, 4);
#endif
}

static int run_registry(struct run *run, int *verdict)
{
	sigset_t signals;
	int code;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	bound_memory();
	code = open_data(run);
	if (code == EX_OK)
		code = take_lock(run);
	if (code == EX_OK)
		code = open_state(run);
	if (code == EX_OK)
		code = open_server(run);
	report(verdict, code);
	if (code == EX_OK)
		serve(run, &signals);
	tear_down(run);
	return code;
}

int registry_command(int argc, char **argv)
{
	struct run run = {.lock_fd = -1,
			  .reg = {.data_fd = -1,
				  .buckets_fd = -1,
				  .exports_fd = -1,
				  .artifacts_fd = -1,
				  .images_fd = -1}};
	int verdict = -1;
	int code = parse(argc, argv, &run.o);

	if (code < 0 && run.o.embedded)
		code = detach(&verdict);
	if (code < 0) {
		run.reg.export_rate = run.o.export_rate;
		run.reg.image_hosts = run.o.registries;
		run.reg.image_host_count = run.o.registry_count;
		code = run_registry(&run, &verdict);
	}
	free(run.o.data);
	free(run.o.access_log);
	free(run.o.tokens);
	return code;
}
