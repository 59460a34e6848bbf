/* SPDX-License-Identifier: MIT */
#include "fs/mount.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "api/log.h"
#include "fs/about.h"
#include "fs/change.h"
#include "fs/commit.h"
#include "fs/draft.h"
#include "fs/guard.h"
#include "fs/journal.h"
#include "fs/keep.h"
#include "fs/layout.h"
#include "fs/notify.h"
#include "fs/operations.h"
#include "fs/ops.h"
#include "fs/probe.h"
#include "fs/remove.h"
#include "fs/scratch.h"
#include "fs/session.h"
#include "fs/watch.h"

#define REGISTRY_START_MS 10000 /* at the start, nobody waits in the mount yet */
#define REGISTRY_AGAIN_MS 500   /* later, the loop stands still meanwhile */
#define STOP_SAVES_NS     (10 * NSEC_PER_SEC)
#define STOP_POLL_NS      (20 * NSEC_PER_MSEC)
#define NOTIFIER_STOP_MS  2000

/* One run of mount_run(). */
struct running {
	struct mount m; /* first: &r->m and r are the same address */
	mount_ready *ready;
	void *ready_ctx;
	int signal_fd;
	struct loop_timer client_timer, registry_timer, stop_timer;
	bool lazy;
	bool by_control;
	uint64_t stop_since_ns;
};

static void serve_begin(void *userdata, struct fuse_conn_info *conn)
{
	struct running *r = userdata; /* its first member, the mount */

	/* Attributes are at hand: always list with them. */
	conn->want &= ~(unsigned)FUSE_CAP_READDIRPLUS_AUTO;
	conn->want |= conn->capable & FUSE_CAP_READDIRPLUS;
	conn->want &=
		~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
	if (r->ready)
		r->ready(r->ready_ctx, 0, "");
	r->ready = NULL;
}

static const struct fuse_lowlevel_ops mount_ops = {
	.init = serve_begin,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.release = op_release,
	.fsync = op_fsync,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.fsyncdir = op_fsyncdir,
	.statfs = op_statfs,
	.setxattr = op_setxattr,
	.getxattr = op_getxattr,
	.listxattr = op_listxattr,
	.removexattr = op_removexattr,
	.create = op_create,
	.poll = op_poll,
};

int mount_source_check(const char *source)
{
	return layout_source_check(source);
}

static int not_ready(struct running *r, int code, const char *text)
{
	if (r->ready)
		r->ready(r->ready_ctx, code, text ? text : "out of memory");
	r->ready = NULL;
	return code;
}

/* ---- libcurl's sockets and timer in the loop ---- */

static void client_fd(void *ctx, int fd, uint32_t events)
{
	struct running *r = ctx;

	client_ready(r->m.client, fd, events);
}

static void client_watch(void *ctx, int fd, uint32_t events)
{
	struct running *r = ctx;

	loop_watch(r->m.loop, fd, events, events ? client_fd : NULL, r);
}

static void client_time(void *ctx)
{
	struct running *r = ctx;

	client_tick(r->m.client);
}

static void client_timer(void *ctx, long ms)
{
	struct running *r = ctx;

	if (ms < 0)
		loop_timer_cancel(r->m.loop, &r->client_timer);
	else
		loop_timer_set(r->m.loop, &r->client_timer, now_ns() + (uint64_t)ms * NSEC_PER_MSEC,
			       client_time, r);
}

/* ---- the embedded registry ---- */

static void registry_again(void *ctx);

static void registry_lost(void *ctx, int fd, uint32_t events)
{
	struct running *r = ctx;
	char byte;

	/* It never says anything on this connection: readable means closed. */
	if (!(events & (EPOLLHUP | EPOLLERR)) && recv(fd, &byte, 1, MSG_DONTWAIT) > 0)
		return;
	loop_watch(r->m.loop, fd, 0, NULL, NULL);
	if (r->m.stopping)
		return;
	log_warning("the registry of %s is gone: starting it again", r->m.registry.data);
	registry_again(r);
}

static void registry_again(void *ctx)
{
	struct running *r = ctx;
	_cleanup_free_ char *why = NULL;
	int err = local_registry_reopen(&r->m.registry, r->m.config->registry_log,
					REGISTRY_AGAIN_MS, &why);

	if (!err) {
		loop_watch(r->m.loop, r->m.registry.hold_fd, EPOLLIN, registry_lost, r);
		return;
	}
	log_error("the registry of %s: %s", r->m.registry.data, why ? why : strerror(-err));
	loop_timer_set(r->m.loop, &r->registry_timer, now_ns() + NSEC_PER_SEC, registry_again, r);
}

static int endpoint_begin(struct running *r, char **text)
{
	struct mount *m = &r->m;
	const char *why = NULL;
	int err;

	if (!streq(m->config->endpoint, "local")) {
		err = endpoint_parse(m->config->endpoint, &m->endpoint, &why);
		if (err)
			*text = str_format("endpoint=%s: %s", m->config->endpoint,
					   why ? why : strerror(-err));
		return err ? EX_USAGE : 0;
	}
	err = local_registry_open(m->config->data, m->config->registry_log, REGISTRY_START_MS,
				  &m->registry, text);
	if (err) {
		if (!*text)
			*text = str_format("%s: %s", m->config->data, strerror(-err));
		return EX_UNAVAILABLE;
	}
	m->own_registry = true;
	m->endpoint.kind = ENDPOINT_UNIX;
	m->endpoint.socket = strdup(m->registry.socket);
	if (!m->endpoint.socket)
		return EX_OSERR;
	loop_watch(m->loop, m->registry.hold_fd, EPOLLIN, registry_lost, r);
	return 0;
}

/* ---- the end ---- */

static void unmounted(void *ctx, int err)
{
	struct running *r = ctx;

	if (r->by_control && err)
		control_finish(r->m.control, err);
	if (!err) {
		/* Gone from here.  What still holds it (an open file after --lazy,
		 * another mount namespace) is not waited for. */
		loop_stop(r->m.loop, 0);
	} else if (!r->by_control) {
		log_warning("unmounting %s: %s", r->m.config->mountpoint, strerror(-err));
		loop_stop(r->m.loop, 0);
	} else {
		r->m.stopping = false; /* busy: go on serving */
		r->by_control = false;
	}
}

/* Saves in flight end first, for as long as their deadline lasts. */
static void stop_now(void *ctx)
{
	struct running *r = ctx;
	uint64_t now = now_ns();

	if (commit_count() + change_count() && now - r->stop_since_ns < STOP_SAVES_NS) {
		loop_timer_set(r->m.loop, &r->stop_timer, now + STOP_POLL_NS, stop_now, r);
		return;
	}
	if (r->lazy || !r->by_control)
		operations_stop(&r->m);
	session_unmount(r->m.session, r->lazy, unmounted, r);
}

static void stop_begin(struct running *r, bool lazy, bool by_control)
{
	r->lazy = r->lazy || lazy;
	r->by_control = by_control;
	if (r->m.stopping && !lazy)
		return;
	r->m.stopping = true;
	r->stop_since_ns = now_ns();
	stop_now(r);
}

static void control_unmount(void *ctx, bool lazy)
{
	stop_begin(ctx, lazy, true);
}

static int control_status(void *ctx, struct buf *out)
{
	struct running *r = ctx;

	return about_status(&r->m, out);
}

static void signals_arrived(void *ctx, int fd, uint32_t events)
{
	struct running *r = ctx;
	struct signalfd_siginfo si;

	(void)events;
	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		switch (si.ssi_signo) {
		case SIGHUP:
			client_reload(r->m.client);
			if (r->m.cache)
				cache_forget(&r->m);
			break;
		case SIGCHLD:
			if (r->m.session)
				session_child_ended(r->m.session);
			break;
		default:
			if (r->m.session)
				stop_begin(r, true, false);
			else
				loop_stop(r->m.loop, -EINTR);
		}
	}
}

static int signals_begin(struct running *r)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->signal_fd < 0)
		return -errno;
	return loop_watch(r->m.loop, r->signal_fd, EPOLLIN, signals_arrived, r);
}

/* ---- everything together ---- */

static const struct tree_hooks tree_hooks = {layout_init, scratch_free, remove_replaced};

static int client_begin(struct running *r)
{
	struct client_options o = {
		.endpoint = r->m.endpoint,
		.timeout_ms = r->m.config->timeout_ms,
		.user_agent = "modelfs/" MODELFS_VERSION,
		.loop = {client_watch, client_timer, r},
	};

	return client_new(&o, &r->m.client);
}

static int parts_begin(struct running *r)
{
	struct mount *m = &r->m;
	struct control_hooks hooks = {control_status, control_unmount, r};
	int err = cache_new(m, &m->cache);

	if (!err)
		err = tree_new(m, layout_root_class(m), &tree_hooks, &m->tree);
	if (!err)
		err = layout_root(m, m->tree->root);
	if (!err)
		err = operations_new(m, &m->operations);
	if (!err)
		err = journal_new(m, &m->journal);
	if (!err)
		err = notifier_new(m, &m->notifier);
	if (!err)
		cache_watch(m, &watch_cache);
	if (!err)
		err = control_listen(m->loop, m->config->mountpoint, &hooks, &m->control);
	return err;
}

static void abort_connection(const struct mount *m)
{
	char path[64];
	struct stat st;
	int fd;

	if (stat(m->config->mountpoint, &st))
		return;
	snprintf(path, sizeof(path), "/sys/fs/fuse/connections/%u/abort", (unsigned)st.st_dev);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "1", 1) != 1)
			log_warning("%s: %s", path, strerror(errno));
		close(fd);
	}
}

static void parts_end(struct running *r)
{
	struct mount *m = &r->m;

	m->stopping = true;
	req_abort_all(m, ENODEV);
	if (m->tree)
		keep_rejected(m);
	drafts_lost(m);
	if (m->notifier && !notifier_stop(m->notifier, NOTIFIER_STOP_MS))
		abort_connection(m);
	notifier_free(take_ptr(m->notifier));
	client_free(take_ptr(m->client));
	session_free(take_ptr(m->session));
	operations_free(take_ptr(m->operations)); /* ends those that wait for one */
	commit_drop_all();
	change_drop_all();
	if (m->control) {
		control_finish(m->control, 0);
		control_free(m->control);
	}
	drafts_free(m);
	guard_free(m->guard);
	tree_free(m->tree);
	cache_free(m->cache);
	journal_free(m->journal);
	endpoint_free(&m->endpoint);
	local_registry_close(&m->registry);
	if (r->signal_fd >= 0) {
		loop_watch(m->loop, r->signal_fd, 0, NULL, NULL);
		close(r->signal_fd);
	}
	loop_free(m->loop);
}

static int mount_serve(struct running *r)
{
	_cleanup_free_ char *text = NULL;
	int err, code;

	err = loop_new(&r->m.loop);
	if (!err)
		err = signals_begin(r);
	if (err)
		return not_ready(r, EX_OSERR, strerror(-err));
	code = endpoint_begin(r, &text);
	if (code)
		return not_ready(r, code, text);
	err = client_begin(r);
	if (err)
		return not_ready(r, EX_OSERR, strerror(-err));
	code = probe_service(&r->m, &text);
	if (code)
		return not_ready(r, code, text);
	err = parts_begin(r);
	if (!err)
		err = session_new(&r->m, &mount_ops, &r->m.session);
	if (err)
		return not_ready(r, EX_OSERR, "the FUSE mount failed");
	err = loop_run(r->m.loop);
	if (err < 0)
		log_error("the event loop ended: %s", strerror(-err));
	return err < 0 ? not_ready(r, EX_SOFTWARE, strerror(-err)) : EX_OK;
}

int mount_run(const struct config *c, mount_ready *ready, void *ctx)
{
	struct running *r = calloc(1, sizeof(*r));
	int code;

	if (!r) {
		ready(ctx, EX_OSERR, "out of memory");
		return EX_OSERR;
	}
	r->ready = ready;
	r->ready_ctx = ctx;
	r->signal_fd = -1;
	r->m.config = c;
	r->m.root_path = c->source;
	r->m.registry = (struct local_registry)LOCAL_REGISTRY_INIT;
	r->m.started_ns = wall_ns();
	r->m.uid = c->has_uid ? c->uid : getuid();
	r->m.gid = c->has_gid ? c->gid : getgid();
	code = mount_serve(r);
	parts_end(r);
	free(r);
	return code;
}
