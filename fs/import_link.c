/* SPDX-License-Identifier: MIT */
/* A client in a loop of its own, one exchange after the other. */
#include <signal.h>
#include <sys/signalfd.h>

#include "fs/import_private.h"

#ifndef MODELFS_VERSION
#define MODELFS_VERSION "0"
#endif

static void on_fd(void *ctx, int fd, uint32_t events)
{
	struct import_link *l = ctx;

	client_ready(l->client, fd, events);
}

static void on_watch(void *ctx, int fd, uint32_t events)
{
	struct import_link *l = ctx;

	loop_watch(l->loop, fd, events, on_fd, l);
}

static void on_tick(void *ctx)
{
	struct import_link *l = ctx;

	client_tick(l->client);
}

static void on_timer(void *ctx, long ms)
{
	struct import_link *l = ctx;

	if (ms < 0)
		loop_timer_cancel(l->loop, &l->client_timer);
	else
		loop_timer_set(l->loop, &l->client_timer, now_ns() + (uint64_t)ms * NSEC_PER_MSEC,
			       on_tick, l);
}

static void on_signal(void *ctx, int fd, uint32_t events _unused_)
{
	struct import_link *l = ctx;
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	l->signal = (int)info.ssi_signo;
	loop_stop(l->loop, -EINTR);
}

static int watch_signals(struct import_link *l)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l->signal_fd < 0)
		return -errno;
	return loop_watch(l->loop, l->signal_fd, EPOLLIN, on_signal, l);
}

int import_link_open(struct import_link *l, const struct endpoint *e, unsigned timeout_ms)
{
	struct client_options o = {
		.endpoint = *e,
		.timeout_ms = timeout_ms,
		.user_agent = "modelfs/" MODELFS_VERSION,
		.loop = {on_watch, on_timer, l},
	};
	int r = loop_new(&l->loop);

	if (!r)
		r = watch_signals(l);
	if (!r)
		r = client_new(&o, &l->client);
	return r;
}

void import_link_close(struct import_link *l)
{
	client_free(take_ptr(l->client));
	if (l->loop)
		loop_free(take_ptr(l->loop));
	if (l->signal_fd >= 0)
		close(take_fd(l->signal_fd));
}

void import_link_rearm(struct import_link *l)
{
	l->signal = 0;
}

void import_reply_free(struct import_reply *r)
{
	json_doc_free(r->json);
	api_error_reset(&r->error);
	memset(r, 0, sizeof(*r));
}

static void on_reply(void *ctx, struct answer *a)
{
	struct import_reply *r = ctx;

	r->over = true;
	r->http = a->http;
	r->sent = a->sent;
	r->json = take_ptr(a->json);
	api_error_copy(&r->error, &a->error);
	loop_stop(r->loop, 0);
}

int import_exchange(struct import_link *l, const struct call_options *o, struct import_reply *out)
{
	struct call *call = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	if (l->signal)
		return -EINTR;
	out->loop = l->loop;
	r = client_call(l->client, o, on_reply, out, &call);
	if (r)
		return r;
	r = loop_run(l->loop);
	if (out->over)
		return out->error.err ? -out->error.err : 0;
	call_cancel(l->client, call);
	out->sent = true;
	return r ? r : -EINTR;
}

static void on_wake(void *ctx)
{
	loop_stop(ctx, 0);
}

int import_sleep(struct import_link *l, unsigned ms)
{
	int r;

	if (l->signal)
		return -EINTR;
	r = loop_timer_set(l->loop, &l->sleep_timer, now_ns() + ms * NSEC_PER_MSEC, on_wake,
			   l->loop);
	if (!r)
		r = loop_run(l->loop);
	loop_timer_cancel(l->loop, &l->sleep_timer);
	return r;
}
