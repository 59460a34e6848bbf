/* SPDX-License-Identifier: MIT */
/*
 * The protocol: one command line from the client; "ok\n" and a body, or
 * "error ERRNO\n", from the daemon, which then closes.
 */
#include "fs/control.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "fs/mountinfo.h"

#define CONTROL_CLIENTS    16
#define CONTROL_LINE_MAX   64
#define CONTROL_ANSWER_MAX ((size_t)4 << 20)
#define CONTROL_PATIENCE   (5 * NSEC_PER_SEC) /* for a client to ask, and to take its answer */

enum client_state { CLIENT_FREE, CLIENT_ASKING, CLIENT_WAITING, CLIENT_TAKING };

struct control_client {
	struct control *control;
	enum client_state state;
	int fd;
	struct loop_timer timer;
	char line[CONTROL_LINE_MAX];
	size_t line_len;
	struct buf answer;
	size_t sent;
};

struct control {
	struct loop *loop;
	struct control_hooks hooks;
	int fd;
	struct sockaddr_un address;
	struct stat node; /* to unlink no successor's socket */
	struct control_client clients[CONTROL_CLIENTS];
};

/* ---- where the socket is ---- */

/* Directories in order of preference; root's does not end with a login. */
static char *socket_dir(unsigned choice, uid_t uid)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	switch (choice) {
	case 0:
		return uid == 0 ? strdup("/run/modelfs") : NULL;
	case 1:
		return uid == geteuid() && runtime != NULL && runtime[0] == '/'
			       ? str_format("%s/modelfs", runtime)
			       : NULL;
	case 2:
		return str_format("/run/user/%u/modelfs", (unsigned)uid);
	case 3:
		return str_format("/tmp/modelfs-%u", (unsigned)uid);
	default:
		return NULL;
	}
}
#define SOCKET_DIRS 4

static int socket_address(const char *dir, const char *mountpoint, struct sockaddr_un *out)
{
	uint64_t hash = hash_bytes(mountpoint, strlen(mountpoint), 0);

	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if ((size_t)snprintf(out->sun_path, sizeof(out->sun_path), "%s/%016llx.sock", dir,
			     (unsigned long long)hash) >= sizeof(out->sun_path))
		return -ENAMETOOLONG;
	return 0;
}

/* A directory that is ours alone: /tmp is everybody's. */
static int private_dir(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (lstat(dir, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return -EACCES;
	return 0;
}

/* ---- one client ---- */

static void client_drop(struct control_client *cl)
{
	struct control *c = cl->control;

	if (cl->state == CLIENT_FREE)
		return;
	loop_timer_cancel(c->loop, &cl->timer);
	loop_watch(c->loop, cl->fd, 0, NULL, NULL);
	close(cl->fd);
	buf_free(&cl->answer);
	*cl = (struct control_client){.control = c, .fd = -1};
}

static void client_late(void *ctx)
{
	client_drop(ctx);
}

static void client_event(void *ctx, int fd, uint32_t events);

/* Send what the socket takes; the rest when it takes more. */
static void client_send(struct control_client *cl)
{
	ssize_t n = 0;

	while (cl->sent < cl->answer.len) {
		n = send(cl->fd, cl->answer.data + cl->sent, cl->answer.len - cl->sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			break;
		cl->sent += (size_t)n;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR) &&
	    loop_watch(cl->control->loop, cl->fd, EPOLLOUT, client_event, cl) == 0)
		return;
	client_drop(cl);
}

static void client_answer(struct control_client *cl, int err)
{
	struct control *c = cl->control;

	if (err < 0) {
		buf_reset(&cl->answer);
		buf_printf(&cl->answer, "error %d\n", -err);
	}
	cl->state = CLIENT_TAKING;
	if (cl->answer.err < 0 ||
	    loop_timer_set(c->loop, &cl->timer, now_ns() + CONTROL_PATIENCE, client_late, cl) < 0)
		client_drop(cl);
	else
		client_send(cl);
}

static void command_status(struct control_client *cl)
{
	struct control *c = cl->control;
	int err = buf_puts(&cl->answer, "ok\n");

	if (err == 0)
		err = c->hooks.status(c->hooks.ctx, &cl->answer);
	if (err == 0)
		err = cl->answer.err;
	client_answer(cl, err);
}

/* Waits for control_finish(), which ends in bounded time. */
static void command_unmount(struct control_client *cl, bool lazy)
{
	struct control *c = cl->control;

	cl->state = CLIENT_WAITING;
	loop_timer_cancel(c->loop, &cl->timer);
	c->hooks.unmount(c->hooks.ctx, lazy);
}

static void command_unmount_plain(struct control_client *cl)
{
	command_unmount(cl, false);
}

static void command_unmount_lazy(struct control_client *cl)
{
	command_unmount(cl, true);
}

static const struct {
	const char *name;
	void (*run)(struct control_client *cl);
} commands[] = {
	{"status", command_status},
	{"unmount", command_unmount_plain},
	{"unmount-lazy", command_unmount_lazy},
};

static void client_command(struct control_client *cl)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(cl->line, commands[i].name)) {
			commands[i].run(cl);
			return;
		}
	client_answer(cl, -EOPNOTSUPP);
}

static void client_event(void *ctx, int fd, uint32_t events)
{
	struct control_client *cl = ctx;
	char scrap[CONTROL_LINE_MAX];
	char *end;
	ssize_t n;

	if (cl->state == CLIENT_TAKING) {
		if (events & EPOLLOUT)
			client_send(cl);
		else
			client_drop(cl);
		return;
	}
	if (cl->state == CLIENT_WAITING) {
		/* Nothing more is expected but its end. */
		n = recv(fd, scrap, sizeof(scrap), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			client_drop(cl);
		return;
	}
	n = recv(fd, cl->line + cl->line_len, sizeof(cl->line) - 1 - cl->line_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_drop(cl);
		return;
	}
	cl->line_len += (size_t)n;
	cl->line[cl->line_len] = '\0';
	end = strchr(cl->line, '\n');
	if (end != NULL) {
		*end = '\0';
		client_command(cl);
	} else if (cl->line_len == sizeof(cl->line) - 1) {
		client_answer(cl, -EOPNOTSUPP);
	}
}

/* ---- the server ---- */

static bool peer_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void control_event(void *ctx, int fd, uint32_t events _unused_)
{
	struct control *c = ctx;
	struct control_client *cl = NULL;
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (peer < 0)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS && cl == NULL; i++)
		if (c->clients[i].state == CLIENT_FREE)
			cl = &c->clients[i];
	if (cl == NULL || !peer_allowed(peer)) {
		close(peer);
		return;
	}
	*cl = (struct control_client){.control = c, .fd = peer, .state = CLIENT_ASKING};
	cl->answer.max = CONTROL_ANSWER_MAX;
	if (loop_watch(c->loop, peer, EPOLLIN, client_event, cl) < 0 ||
	    loop_timer_set(c->loop, &cl->timer, now_ns() + CONTROL_PATIENCE, client_late, cl) < 0)
		client_drop(cl);
}

/* Bind beside the final name and rename over it: what a dead daemon left goes,
 * and the name always answers. */
static int control_bind(struct control *c, const char *dir, const char *mountpoint)
{
	struct sockaddr_un fresh;
	int err = private_dir(dir);

	if (err == 0)
		err = socket_address(dir, mountpoint, &c->address);
	if (err < 0)
		return err;
	fresh = c->address;
	if ((size_t)snprintf(fresh.sun_path, sizeof(fresh.sun_path), "%s/%d.new", dir, getpid()) >=
	    sizeof(fresh.sun_path))
		return -ENAMETOOLONG;
	unlink(fresh.sun_path);
	if (bind(c->fd, (struct sockaddr *)&fresh, sizeof(fresh)) < 0)
		return -errno;
	if (chmod(fresh.sun_path, 0600) < 0 || listen(c->fd, CONTROL_CLIENTS) < 0 ||
	    stat(fresh.sun_path, &c->node) < 0 || rename(fresh.sun_path, c->address.sun_path) < 0) {
		err = -errno;
		unlink(fresh.sun_path);
		return err;
	}
	return 0;
}

static int control_open(struct control *c, const char *mountpoint)
{
	int err = -ENOENT;

	for (unsigned i = 0; i < SOCKET_DIRS; i++) {
		_cleanup_free_ char *dir = socket_dir(i, geteuid());

		if (dir == NULL)
			continue;
		/* A socket that bound somewhere cannot bind again. */
		if (c->fd >= 0)
			close(c->fd);
		c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (c->fd < 0)
			return -errno;
		err = control_bind(c, dir, mountpoint);
		if (err == 0)
			return 0;
	}
	return err;
}

int control_listen(struct loop *l, const char *mountpoint, const struct control_hooks *hooks,
		   struct control **out)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->loop = l;
	c->hooks = *hooks;
	c->fd = -1;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		c->clients[i] = (struct control_client){.control = c, .fd = -1};
	err = control_open(c, mountpoint);
	if (err == 0)
		err = loop_watch(l, c->fd, EPOLLIN, control_event, c);
	if (err < 0) {
		control_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void control_finish(struct control *c, int err)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *cl = &c->clients[i];

		if (cl->state != CLIENT_WAITING)
			continue;
		buf_puts(&cl->answer, "ok\n");
		client_answer(cl, err);
	}
}

void control_free(struct control *c)
{
	struct stat st;

	if (c == NULL)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		client_drop(&c->clients[i]);
	if (c->fd >= 0) {
		loop_watch(c->loop, c->fd, 0, NULL, NULL);
		close(c->fd);
	}
	if (c->node.st_ino != 0 && lstat(c->address.sun_path, &st) == 0 &&
	    st.st_ino == c->node.st_ino && st.st_dev == c->node.st_dev)
		unlink(c->address.sun_path);
	free(c);
}

/* ---- asking ---- */

static int wait_for(int fd, short events, uint64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	uint64_t now = now_ns();
	int n;

	if (now >= deadline)
		return -ETIMEDOUT;
	n = poll(&p, 1, (int)((deadline - now) / NSEC_PER_MSEC) + 1);
	return n < 0 && errno != EINTR ? -errno : 0;
}

/* Only the owner of the mount, root or we ourselves are believed. */
static bool server_trusted(int fd, uid_t owner)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid() || peer.uid == owner);
}

static int control_connect(const char *mountpoint, uid_t owner, uint64_t deadline, int *out)
{
	bool denied = false;

	for (unsigned i = 0; i < SOCKET_DIRS; i++) {
		_cleanup_free_ char *dir = socket_dir(i, owner);
		_cleanup_close_ int fd = -1;
		struct sockaddr_un address;

		if (dir == NULL || socket_address(dir, mountpoint, &address) < 0)
			continue;
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			return -errno;
		while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
			if (errno == EACCES || errno == EPERM)
				denied = true;
			if (errno != EAGAIN && errno != EINTR) {
				close(take_fd(fd));
				break;
			}
			if (now_ns() >= deadline) /* its backlog is full */
				return -ETIMEDOUT;
			usleep(10000);
		}
		if (fd >= 0 && server_trusted(fd, owner)) {
			*out = take_fd(fd);
			return 0;
		}
	}
	return denied ? -EACCES : -ENOENT;
}

static uid_t mount_owner(const char *mountpoint)
{
	_cleanup_mountinfo_ struct mountinfo_table table = {NULL, 0};
	const struct mountinfo *m = NULL;
	uid_t owner;

	if (mountinfo_read(NULL, &table) == 0)
		m = mountinfo_at(&table, mountpoint);
	return m != NULL && mountinfo_owner(m, &owner) ? owner : geteuid();
}

static int send_command(int fd, const char *command, uint64_t deadline)
{
	char line[CONTROL_LINE_MAX];
	int len = snprintf(line, sizeof(line), "%s\n", command);
	int err;

	if (len < 0 || (size_t)len >= sizeof(line))
		return -EINVAL;
	while (send(fd, line, (size_t)len, MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return errno == EPIPE ? -ECONNRESET : -errno;
		err = wait_for(fd, POLLOUT, deadline);
		if (err < 0)
			return err;
	}
	return 0;
}

static int read_answer(int fd, uint64_t deadline, struct buf *text)
{
	char chunk[8192];
	ssize_t n;
	int err;

	while ((n = recv(fd, chunk, sizeof(chunk), 0)) != 0) {
		if (n > 0)
			err = buf_add(text, chunk, (size_t)n);
		else if (errno == EAGAIN || errno == EINTR)
			err = wait_for(fd, POLLIN, deadline);
		else
			err = -errno;
		if (err < 0)
			return err;
	}
	return 0;
}

int control_ask(const char *mountpoint, const char *command, unsigned timeout_ms,
		struct buf *answer)
{
	uint64_t deadline = now_ns() + timeout_ms * NSEC_PER_MSEC;
	_cleanup_buf_ struct buf text = BUF_INIT_MAX(CONTROL_ANSWER_MAX + 64);
	_cleanup_close_ int fd = -1;
	int err, number;

	err = control_connect(mountpoint, mount_owner(mountpoint), deadline, &fd);
	if (err == 0)
		err = send_command(fd, command, deadline);
	if (err == 0)
		err = read_answer(fd, deadline, &text);
	if (err < 0)
		return err;
	if (starts_with(buf_str(&text), "ok\n"))
		return text.len > 3 ? buf_add(answer, text.data + 3, text.len - 3) : 0;
	if (sscanf(buf_str(&text), "error %d", &number) == 1 && number > 0 && number < 4096)
		return -number;
	return -ECONNRESET; /* it ended without a word */
}
