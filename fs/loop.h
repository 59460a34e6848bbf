/* SPDX-License-Identifier: MIT */
/*
 * The one event loop: epoll over /dev/fuse, libcurl's sockets, the control
 * socket, a timerfd and a signalfd.  One thread owns a loop and calls every
 * function here; callbacks run in it.  No callback may block.
 */
#ifndef MODELFS_LOOP_H
#define MODELFS_LOOP_H

#include <sys/epoll.h>

#include "api/util.h"

struct loop;

int loop_new(struct loop **out);
void loop_free(struct loop *l);
void loop_freep(struct loop **l);

/* Watch a descriptor for EPOLLIN/EPOLLOUT (level triggered).  A second call for
 * the same fd replaces events and callback; events 0 forgets it (do so before
 * closing the fd).  0 or -errno. */
typedef void loop_fd_cb(void *ctx, int fd, uint32_t events);
int loop_watch(struct loop *l, int fd, uint32_t events, loop_fd_cb *cb, void *ctx);

/* One-shot timers, embedded in their owner; zero-initialised means idle.
 * when_ns is CLOCK_MONOTONIC; setting an armed timer moves it. */
typedef void loop_timer_cb(void *ctx);
struct loop_timer {
	uint64_t when_ns;
	size_t slot; /* place in the heap, plus 1; 0: idle */
	loop_timer_cb *cb;
	void *ctx;
};
int loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t when_ns, loop_timer_cb *cb,
		   void *ctx);
void loop_timer_cancel(struct loop *l, struct loop_timer *t);

/* Run cb once, soon, from the loop itself (never from inside this call). */
int loop_defer(struct loop *l, loop_timer_cb *cb, void *ctx);

/* Run until loop_stop(); returns what loop_stop() was given, or -errno. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l, int result);

#endif
