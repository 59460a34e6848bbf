/* SPDX-License-Identifier: MIT */
#include "fs/session.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "api/log.h"
#include "fs/req.h"

/* Requests taken from the kernel before the loop's other work gets a turn. */
#define BATCH 64

struct session {
	struct mount *m;
	struct fuse_session *se;
	struct fuse_buf buf;
	int fd;
	bool ended;           /* the kernel closed the connection */
	uint32_t offered;     /* flags of the kernel's INIT */
	uint64_t init_unique; /* 0: answered */
	pid_t unmounter;
	int words_fd; /* what it says; -1: none runs */
	void (*unmounted)(void *ctx, int err);
	void *unmounted_ctx;
};

/* libfuse 3.14 never asks for FUSE_PARALLEL_DIROPS, so that one waiting lookup
 * would block its whole directory.  The INIT reply is completed here. */
static ssize_t patch_read(int fd, void *mem, size_t len, void *userdata)
{
	struct mount *m = userdata;
	struct session *s = m->session;
	ssize_t n = read(fd, mem, len);
	const struct fuse_in_header *in = mem;

	if (s && !s->offered && n >= (ssize_t)(sizeof(*in) + 16) && in->opcode == FUSE_INIT) {
		const struct fuse_init_in *init = (const void *)(in + 1);

		s->offered = init->flags;
		s->init_unique = in->unique;
	}
	return n;
}

static ssize_t patch_writev(int fd, struct iovec *iov, int count, void *userdata)
{
	struct mount *m = userdata;
	struct session *s = m->session;
	const struct fuse_out_header *out = iov[0].iov_base;

	if (s && s->init_unique && out->unique == s->init_unique && count == 2 && !out->error &&
	    iov[1].iov_len >= 24) {
		struct fuse_init_out *init = iov[1].iov_base;

		init->flags |= s->offered & FUSE_PARALLEL_DIROPS;
		s->init_unique = 0;
	}
	return writev(fd, iov, count);
}

static void session_readable(void *ctx, int fd, uint32_t events)
{
	struct session *s = ctx;

	(void)fd;
	(void)events;
	for (int i = 0; i < BATCH; i++) {
		int n = fuse_session_receive_buf(s->se, &s->buf);

		if (n == -EAGAIN || n == -EINTR)
			break;
		if (n <= 0) {
			s->ended = true;
			break;
		}
		fuse_session_process_buf(s->se, &s->buf);
		req_interrupts(s->m);
		if (fuse_session_exited(s->se)) {
			s->ended = true;
			break;
		}
	}
	if (s->ended) {
		loop_watch(s->m->loop, s->fd, 0, NULL, NULL);
		loop_stop(s->m->loop, 0);
	}
}

static int session_options(const struct mount *m, struct fuse_args *args)
{
	_cleanup_free_ char *fsname = str_format("-ofsname=%s,subtype=modelfs,default_permissions",
						 *m->root_path ? m->root_path : "modelfs");
	_cleanup_free_ char *more = NULL;

	if (!fsname || fuse_opt_add_arg(args, "modelfs") || fuse_opt_add_arg(args, fsname))
		return -ENOMEM;
	if (m->config->ro && fuse_opt_add_arg(args, "-oro"))
		return -ENOMEM;
	if (m->config->allow_other && fuse_opt_add_arg(args, "-oallow_other"))
		return -ENOMEM;
	if (m->config->fuse_options && *m->config->fuse_options) {
		more = str_format("-o%s", m->config->fuse_options);
		if (!more || fuse_opt_add_arg(args, more))
			return -ENOMEM;
	}
	return 0;
}

int session_new(struct mount *m, const struct fuse_lowlevel_ops *ops, struct session **out)
{
	static const struct fuse_custom_io io = {.read = patch_read, .writev = patch_writev};
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct session *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->m = m;
	s->fd = s->words_fd = -1;
	err = session_options(m, &args);
	if (!err) {
		s->se = fuse_session_new(&args, ops, sizeof(*ops), m);
		if (!s->se)
			err = -EINVAL;
	}
	fuse_opt_free_args(&args);
	if (err) {
		free(s);
		return err;
	}
	if (fuse_session_mount(s->se, m->config->mountpoint)) {
		fuse_session_destroy(s->se);
		free(s);
		return -EIO;
	}
	s->fd = fuse_session_fd(s->se);
	fcntl(s->fd, F_SETFD, FD_CLOEXEC);
	fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK);
	*out = m->session = s;
	err = fuse_session_custom_io(s->se, &io, s->fd);
	if (!err)
		err = loop_watch(m->loop, s->fd, EPOLLIN, session_readable, s);
	if (err) {
		session_free(s);
		*out = m->session = NULL;
	}
	return err;
}

struct fuse_session *session_fuse(struct session *s)
{
	return s->se;
}

static void unmount_child(const char *mountpoint, bool lazy)
{
	if (geteuid() == 0) {
		int rc = umount2(mountpoint, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0));

		_exit(rc ? errno : 0);
	}
	setenv("LC_ALL", "C", 1);
	if (lazy)
		execlp("fusermount3", "fusermount3", "-u", "-z", "--", mountpoint, (char *)NULL);
	else
		execlp("fusermount3", "fusermount3", "-u", "--", mountpoint, (char *)NULL);
	_exit(ENOSYS);
}

void session_unmount(struct session *s, bool lazy, void (*done)(void *ctx, int err), void *ctx)
{
	int words[2];

	if (s->unmounter > 0) {
		done(ctx, -EALREADY);
		return;
	}
	s->unmounted = done;
	s->unmounted_ctx = ctx;
	if (pipe2(words, O_CLOEXEC | O_NONBLOCK)) {
		done(ctx, -errno);
		return;
	}
	s->words_fd = words[0];
	s->unmounter = fork();
	if (s->unmounter == 0) {
		sigset_t none;

		dup2(words[1], STDERR_FILENO);

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		unmount_child(s->m->config->mountpoint, lazy);
	}
	close(words[1]);
	if (s->unmounter < 0) {
		close(take_fd(s->words_fd));
		done(ctx, -errno);
	}
}

/* fusermount3 exits 1 whatever it was: its words tell. */
static int unmounter_error(struct session *s)
{
	char words[256];
	ssize_t n = read(s->words_fd, words, sizeof(words) - 1);

	words[n > 0 ? n : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
	if (strstr(words, "busy"))
		return -EBUSY;
	log_error("%s", *words ? words : "fusermount3 failed");
	return -EIO;
}

void session_child_ended(struct session *s)
{
	int status, err;

	if (s->unmounter <= 0 || waitpid(s->unmounter, &status, WNOHANG) != s->unmounter)
		return;
	s->unmounter = 0;
	if (!WIFEXITED(status))
		err = -EIO;
	else if (WEXITSTATUS(status) && geteuid() != 0)
		err = unmounter_error(s);
	else
		err = -WEXITSTATUS(status);
	close(take_fd(s->words_fd));
	s->unmounted(s->unmounted_ctx, err);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	loop_watch(s->m->loop, s->fd, 0, NULL, NULL);
	/* libfuse closes the descriptor first, so nothing can hang on us. */
	fuse_session_unmount(s->se);
	fuse_session_destroy(s->se);
	free(s->buf.mem);
	free(s);
}
