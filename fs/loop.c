/* SPDX-License-Identifier: MIT */
#include "fs/loop.h"

#include <stdint.h>
#include <sys/timerfd.h>

#define LOOP_BATCH 64

/* A watched descriptor.  The generation tells events of this watch from those
 * that epoll still holds for an earlier one of the same number. */
struct watch {
	loop_fd_cb *cb; /* NULL: not watched */
	void *ctx;
	uint32_t events;
	uint32_t generation;
};

struct deferred {
	loop_timer_cb *cb;
	void *ctx;
};

struct loop {
	int epoll_fd;
	int timer_fd;
	uint64_t armed_ns; /* what timer_fd is set to; 0: disarmed */

	struct watch *watches; /* by descriptor */
	size_t watch_cap;
	uint32_t generation;

	struct loop_timer **heap; /* earliest first; slot n holds heap[n - 1] */
	size_t heap_len, heap_cap;

	struct deferred *queue; /* a ring */
	size_t queue_head, queue_len, queue_cap;

	bool stopping;
	int result;
};

int loop_new(struct loop **out)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct epoll_event ev = {.events = EPOLLIN};
	int err;

	if (l == NULL)
		return -ENOMEM;
	l->timer_fd = -1;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd >= 0)
		l->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->timer_fd >= 0) {
		ev.data.u64 = (uint32_t)l->timer_fd; /* generation 0 is the timer's alone */
		if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->timer_fd, &ev) == 0) {
			*out = l;
			return 0;
		}
	}
	err = -errno;
	loop_free(l);
	return err;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	if (l->timer_fd >= 0)
		close(l->timer_fd);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	free(l->watches);
	free(l->heap);
	free(l->queue);
	free(l);
}

void loop_freep(struct loop **l)
{
	loop_free(*l);
}

/* ---- descriptors ---- */

static int watch_reserve(struct loop *l, size_t fd)
{
	size_t cap = l->watch_cap > 0 ? l->watch_cap : 64;
	struct watch *w;

	if (fd < l->watch_cap)
		return 0;
	while (cap <= fd)
		cap *= 2;
	w = reallocarray(l->watches, cap, sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	memset(w + l->watch_cap, 0, (cap - l->watch_cap) * sizeof(*w));
	l->watches = w;
	l->watch_cap = cap;
	return 0;
}

static int watch_forget(struct loop *l, int fd)
{
	struct watch *w;

	if ((size_t)fd >= l->watch_cap || l->watches[fd].cb == NULL)
		return 0;
	w = &l->watches[fd];
	*w = (struct watch){0};
	/* A descriptor that its owner closed too early has left epoll by itself. */
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL) < 0 && errno != ENOENT &&
	    errno != EBADF)
		return -errno;
	return 0;
}

int loop_watch(struct loop *l, int fd, uint32_t events, loop_fd_cb *cb, void *ctx)
{
	struct epoll_event ev = {.events = events};
	struct watch *w;
	uint32_t generation;
	bool known;
	int err;

	if (fd < 0)
		return -EBADF;
	if (events == 0)
		return watch_forget(l, fd);
	err = watch_reserve(l, (size_t)fd);
	if (err < 0)
		return err;
	w = &l->watches[fd];
	known = w->cb != NULL;
	/* A new generation at every call: what is dropped now comes again, because events
	 * are level triggered. */
	if (++l->generation == 0)
		l->generation = 1;
	generation = l->generation;
	ev.data.u64 = (uint64_t)generation << 32 | (uint32_t)fd;
	err = epoll_ctl(l->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev);
	if (err < 0 && errno == (known ? ENOENT : EEXIST))
		err = epoll_ctl(l->epoll_fd, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &ev);
	if (err < 0)
		return -errno;
	*w = (struct watch){cb, ctx, events, generation};
	return 0;
}

static void watch_dispatch(struct loop *l, const struct epoll_event *ev)
{
	uint32_t generation = (uint32_t)(ev->data.u64 >> 32);
	size_t fd = (uint32_t)ev->data.u64;
	uint32_t events;
	uint64_t ticks;
	struct watch w;

	if (generation == 0) {
		/* Only to make it quiet: timers_run() looks at the clock itself. */
		if (read(l->timer_fd, &ticks, sizeof(ticks)) > 0)
			l->armed_ns = 0;
		return;
	}
	if (fd >= l->watch_cap)
		return;
	w = l->watches[fd];
	if (w.cb == NULL || w.generation != generation)
		return; /* an earlier callback of this batch forgot it */
	events = ev->events & (w.events | EPOLLERR | EPOLLHUP);
	if (events != 0)
		w.cb(w.ctx, (int)fd, events);
}

/* ---- timers ---- */

static void heap_put(struct loop *l, size_t i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->slot = i + 1;
}

static void heap_up(struct loop *l, size_t i)
{
	struct loop_timer *t = l->heap[i];

	while (i > 0 && l->heap[(i - 1) / 2]->when_ns > t->when_ns) {
		heap_put(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(l, i, t);
}

static void heap_down(struct loop *l, size_t i)
{
	struct loop_timer *t = l->heap[i];
	size_t child;

	while ((child = 2 * i + 1) < l->heap_len) {
		if (child + 1 < l->heap_len &&
		    l->heap[child + 1]->when_ns < l->heap[child]->when_ns)
			child++;
		if (l->heap[child]->when_ns >= t->when_ns)
			break;
		heap_put(l, i, l->heap[child]);
		i = child;
	}
	heap_put(l, i, t);
}

static void heap_fix(struct loop *l, size_t i)
{
	heap_up(l, i);
	heap_down(l, l->heap[i]->slot - 1);
}

static int heap_reserve(struct loop *l)
{
	size_t cap = l->heap_cap > 0 ? 2 * l->heap_cap : 64;
	struct loop_timer **heap;

	if (l->heap_len < l->heap_cap)
		return 0;
	heap = reallocarray(l->heap, cap, sizeof(*heap));
	if (heap == NULL)
		return -ENOMEM;
	l->heap = heap;
	l->heap_cap = cap;
	return 0;
}

int loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t when_ns, loop_timer_cb *cb,
		   void *ctx)
{
	int err;

	if (t->slot == 0) {
		err = heap_reserve(l);
		if (err < 0)
			return err;
		t->slot = ++l->heap_len;
		l->heap[t->slot - 1] = t;
	}
	t->when_ns = when_ns;
	t->cb = cb;
	t->ctx = ctx;
	heap_fix(l, t->slot - 1);
	return 0;
}

void loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
	size_t i = t->slot - 1;
	struct loop_timer *last;

	if (t->slot == 0)
		return;
	t->slot = 0;
	last = l->heap[--l->heap_len];
	if (last == t)
		return;
	heap_put(l, i, last);
	heap_fix(l, i);
}

/* The kernel is asked only when the earliest time changed. */
static void timers_arm(struct loop *l)
{
	uint64_t when = 0;
	struct itimerspec its = {0};

	if (l->heap_len > 0)
		when = l->heap[0]->when_ns > 0 ? l->heap[0]->when_ns : 1;
	if (when == l->armed_ns)
		return;
	its.it_value.tv_sec = (time_t)(when / NSEC_PER_SEC);
	its.it_value.tv_nsec = (long)(when % NSEC_PER_SEC);
	if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &its, NULL) == 0)
		l->armed_ns = when;
}

static void timers_run(struct loop *l)
{
	/* No more than are there now: one that arms itself for the past must not hold the
	 * loop. */
	size_t left = l->heap_len;
	uint64_t now;

	if (left == 0)
		return;
	now = now_ns();
	while (left-- > 0 && l->heap_len > 0 && l->heap[0]->when_ns <= now && !l->stopping) {
		struct loop_timer *t = l->heap[0];
		loop_timer_cb *cb = t->cb;
		void *ctx = t->ctx;

		loop_timer_cancel(l, t);
		cb(ctx); /* may free or arm t again */
	}
}

/* ---- deferred calls ---- */

int loop_defer(struct loop *l, loop_timer_cb *cb, void *ctx)
{
	if (l->queue_len == l->queue_cap) {
		size_t cap = l->queue_cap > 0 ? 2 * l->queue_cap : 32;
		struct deferred *q = calloc(cap, sizeof(*q));

		if (q == NULL)
			return -ENOMEM;
		for (size_t i = 0; i < l->queue_len; i++)
			q[i] = l->queue[(l->queue_head + i) % l->queue_cap];
		free(l->queue);
		l->queue = q;
		l->queue_cap = cap;
		l->queue_head = 0;
	}
	l->queue[(l->queue_head + l->queue_len++) % l->queue_cap] = (struct deferred){cb, ctx};
	return 0;
}

static void deferred_run(struct loop *l)
{
	size_t left = l->queue_len; /* what these add waits for the next round */

	while (left-- > 0 && !l->stopping) {
		struct deferred d = l->queue[l->queue_head];

		l->queue_head = (l->queue_head + 1) % l->queue_cap;
		l->queue_len--;
		d.cb(d.ctx);
	}
}

/* ---- running ---- */

int loop_run(struct loop *l)
{
	struct epoll_event events[LOOP_BATCH];
	int n;

	while (!l->stopping) {
		timers_arm(l);
		n = epoll_wait(l->epoll_fd, events, LOOP_BATCH, l->queue_len > 0 ? 0 : -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n && !l->stopping; i++)
			watch_dispatch(l, &events[i]);
		timers_run(l);
		deferred_run(l);
	}
	l->stopping = false; /* so that it can run again, to tidy up */
	return l->result;
}

void loop_stop(struct loop *l, int result)
{
	l->stopping = true;
	l->result = result;
}
