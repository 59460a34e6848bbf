/* SPDX-License-Identifier: MIT */
/* The event loop: order, and callbacks that pull the rug from under others. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "fs/loop.h"

struct probe {
	struct loop *loop;
	int pipes[2][2];
	int calls;
	int order[64];
	int count;
	struct loop_timer timers[8];
	struct probe *self;
};

static void probe_open(struct probe *p)
{
	memset(p, 0, sizeof(*p));
	assert_int_equal(loop_new(&p->loop), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pipe2(p->pipes[i], O_CLOEXEC | O_NONBLOCK), 0);
}

static void probe_close(struct probe *p)
{
	for (int i = 0; i < 4; i++)
		close(p->pipes[i / 2][i % 2]);
	loop_free(p->loop);
}

static void on_stop(void *ctx)
{
	struct probe *p = ctx;

	loop_stop(p->loop, 7);
}

static void in_ms(struct probe *p, struct loop_timer *t, unsigned ms, loop_timer_cb *cb, void *ctx)
{
	assert_int_equal(loop_timer_set(p->loop, t, now_ns() + ms * NSEC_PER_MSEC, cb, ctx), 0);
}

static void on_readable(void *ctx, int fd, uint32_t events)
{
	struct probe *p = ctx;
	char c;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(fd, &c, 1), 1);
	p->calls++;
	loop_stop(p->loop, c);
}

static void a_readable_descriptor_calls_back(void **state _unused_)
{
	struct probe p;

	probe_open(&p);
	assert_int_equal(loop_watch(p.loop, p.pipes[0][0], EPOLLIN, on_readable, &p), 0);
	assert_int_equal(write(p.pipes[0][1], "A", 1), 1);
	assert_int_equal(loop_run(p.loop), 'A');
	assert_int_equal(p.calls, 1);
	/* it can run again, and forgets what it was told to */
	assert_int_equal(write(p.pipes[0][1], "B", 1), 1);
	assert_int_equal(loop_watch(p.loop, p.pipes[0][0], 0, NULL, NULL), 0);
	assert_int_equal(loop_watch(p.loop, p.pipes[0][0], 0, NULL, NULL), 0);
	in_ms(&p, &p.timers[0], 5, on_stop, &p);
	assert_int_equal(loop_run(p.loop), 7);
	assert_int_equal(p.calls, 1);
	probe_close(&p);
}

static void on_forget_both(void *ctx, int fd _unused_, uint32_t events _unused_)
{
	struct probe *p = ctx;

	p->calls++;
	for (int i = 0; i < 2; i++)
		assert_int_equal(loop_watch(p->loop, p->pipes[i][0], 0, NULL, NULL), 0);
}

static void a_callback_may_forget_others_and_itself(void **state _unused_)
{
	struct probe p;

	probe_open(&p);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(loop_watch(p.loop, p.pipes[i][0], EPOLLIN, on_forget_both, &p), 0);
		assert_int_equal(write(p.pipes[i][1], "x", 1), 1);
	}
	in_ms(&p, &p.timers[0], 5, on_stop, &p);
	assert_int_equal(loop_run(p.loop), 7);
	assert_int_equal(p.calls, 1);
	probe_close(&p);
}

static void on_never(void *ctx _unused_, int fd _unused_, uint32_t events _unused_)
{
	fail_msg("an event of a closed descriptor reached its successor");
}

/* Closes the other descriptor and watches a new, silent one of the same number. */
static void on_swap(void *ctx, int fd, uint32_t events _unused_)
{
	struct probe *p = ctx;
	int other = fd == p->pipes[0][0] ? 1 : 0;
	int old = p->pipes[other][0];
	int fresh[2];

	p->calls++;
	assert_int_equal(loop_watch(p->loop, fd, 0, NULL, NULL), 0);
	assert_int_equal(loop_watch(p->loop, old, 0, NULL, NULL), 0);
	assert_int_equal(pipe2(fresh, O_CLOEXEC), 0);
	assert_int_equal(dup2(fresh[0], old), old);
	close(fresh[0]);
	close(p->pipes[other][1]);
	p->pipes[other][1] = fresh[1];
	assert_int_equal(loop_watch(p->loop, old, EPOLLIN, on_never, p), 0);
}

static void an_old_event_never_reaches_a_new_descriptor_of_that_number(void **state _unused_)
{
	struct probe p;

	probe_open(&p);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(loop_watch(p.loop, p.pipes[i][0], EPOLLIN, on_swap, &p), 0);
		assert_int_equal(write(p.pipes[i][1], "x", 1), 1);
	}
	in_ms(&p, &p.timers[0], 5, on_stop, &p);
	assert_int_equal(loop_run(p.loop), 7);
	assert_int_equal(p.calls, 1);
	probe_close(&p);
}

static void a_descriptor_closed_behind_our_back_can_be_watched_again(void **state _unused_)
{
	struct probe p;
	int fd, fresh[2];

	probe_open(&p);
	fd = p.pipes[0][0];
	assert_int_equal(loop_watch(p.loop, fd, EPOLLIN, on_never, &p), 0);
	close(fd);
	assert_int_equal(pipe2(fresh, O_CLOEXEC), 0);
	if (fresh[0] != fd) {
		assert_int_equal(dup2(fresh[0], fd), fd);
		close(fresh[0]);
	}
	assert_int_equal(loop_watch(p.loop, fd, EPOLLIN, on_readable, &p), 0);
	assert_int_equal(write(fresh[1], "C", 1), 1);
	assert_int_equal(loop_run(p.loop), 'C');
	close(fresh[1]);
	probe_close(&p);
}

static void what_cannot_be_watched_says_so(void **state _unused_)
{
	struct probe p;
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	probe_open(&p);
	assert_int_equal(loop_watch(p.loop, fd, EPOLLIN, on_never, &p), -EPERM);
	assert_int_equal(loop_watch(p.loop, -1, EPOLLIN, on_never, &p), -EBADF);
	close(fd);
	probe_close(&p);
}

struct mark {
	struct probe *p;
	int n;
};

static void on_mark(void *ctx)
{
	struct mark *m = ctx;

	m->p->order[m->p->count++] = m->n;
}

static void timers_fire_in_order_of_time(void **state _unused_)
{
	static const unsigned when[] = {9, 3, 7, 1, 5};
	struct mark m[5];
	struct probe p;

	probe_open(&p);
	for (int i = 0; i < 5; i++) {
		m[i] = (struct mark){&p, (int)when[i]};
		in_ms(&p, &p.timers[i], when[i], on_mark, &m[i]);
	}
	loop_timer_cancel(p.loop, &p.timers[2]);
	loop_timer_cancel(p.loop, &p.timers[2]);
	in_ms(&p, &p.timers[1], 11, on_mark, &m[1]); /* moved */
	in_ms(&p, &p.timers[5], 15, on_stop, &p);
	assert_int_equal(loop_run(p.loop), 7);
	assert_int_equal(p.count, 4);
	assert_int_equal(p.order[0], 1);
	assert_int_equal(p.order[1], 5);
	assert_int_equal(p.order[2], 9);
	assert_int_equal(p.order[3], 3);
	for (int i = 0; i < 6; i++)
		assert_int_equal(p.timers[i].slot, 0);
	probe_close(&p);
}

static void on_cancel_other(void *ctx)
{
	struct probe *p = ctx;

	p->calls++;
	loop_timer_cancel(p->loop, &p->timers[0]);
	loop_timer_cancel(p->loop, &p->timers[1]);
}

static void a_timer_may_cancel_one_that_is_due(void **state _unused_)
{
	struct probe p;

	probe_open(&p);
	for (int i = 0; i < 2; i++)
		assert_int_equal(loop_timer_set(p.loop, &p.timers[i], 1, on_cancel_other, &p), 0);
	in_ms(&p, &p.timers[2], 3, on_stop, &p);
	assert_int_equal(loop_run(p.loop), 7);
	assert_int_equal(p.calls, 1);
	probe_close(&p);
}

static void on_again(void *ctx)
{
	struct probe *p = ctx;

	p->calls++;
	assert_int_equal(loop_timer_set(p->loop, &p->timers[0], 0, on_again, p), 0);
}

static void a_timer_that_is_always_due_starves_nobody(void **state _unused_)
{
	struct probe p;

	probe_open(&p);
	assert_int_equal(loop_timer_set(p.loop, &p.timers[0], 0, on_again, &p), 0);
	assert_int_equal(loop_watch(p.loop, p.pipes[0][0], EPOLLIN, on_readable, &p), 0);
	assert_int_equal(write(p.pipes[0][1], "D", 1), 1);
	assert_int_equal(loop_run(p.loop), 'D');
	probe_close(&p);
}

static void a_thousand_timers_keep_their_order(void **state _unused_)
{
	enum { N = 1000 };
	struct loop_timer *t = calloc(N, sizeof(*t));
	struct probe p;
	unsigned seed = 1;

	probe_open(&p);
	assert_non_null(t);
	for (int i = 0; i < N; i++)
		assert_int_equal(
			loop_timer_set(p.loop, &t[i],
				       now_ns() + NSEC_PER_SEC + (uint64_t)(rand_r(&seed) % 100000),
				       on_stop, &p),
			0);
	for (int i = 0; i < N; i += 3)
		loop_timer_cancel(p.loop, &t[i]);
	for (int i = 0; i < N; i++)
		assert_true((t[i].slot == 0) == (i % 3 == 0));
	in_ms(&p, &p.timers[0], 2, on_stop, &p); /* earlier than them all */
	assert_int_equal(loop_run(p.loop), 7);
	assert_true(now_ns() < t[1].when_ns);
	probe_close(&p);
	free(t);
}

static void on_defer_again(void *ctx)
{
	struct probe *p = ctx;

	if (++p->calls < 100)
		assert_int_equal(loop_defer(p->loop, on_defer_again, p), 0);
	else
		loop_stop(p->loop, 9);
}

static void deferred_calls_run_later_and_in_order(void **state _unused_)
{
	struct mark m[50];
	struct probe p;

	probe_open(&p);
	for (int i = 0; i < 50; i++) {
		m[i] = (struct mark){&p, i};
		assert_int_equal(loop_defer(p.loop, on_mark, &m[i]), 0);
	}
	assert_int_equal(p.count, 0);
	assert_int_equal(loop_defer(p.loop, on_defer_again, &p), 0);
	assert_int_equal(loop_run(p.loop), 9);
	assert_int_equal(p.count, 50);
	for (int i = 0; i < 50; i++)
		assert_int_equal(p.order[i], i);
	assert_int_equal(p.calls, 100);
	probe_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_readable_descriptor_calls_back),
		cmocka_unit_test(a_callback_may_forget_others_and_itself),
		cmocka_unit_test(an_old_event_never_reaches_a_new_descriptor_of_that_number),
		cmocka_unit_test(a_descriptor_closed_behind_our_back_can_be_watched_again),
		cmocka_unit_test(what_cannot_be_watched_says_so),
		cmocka_unit_test(timers_fire_in_order_of_time),
		cmocka_unit_test(a_timer_may_cancel_one_that_is_due),
		cmocka_unit_test(a_timer_that_is_always_due_starves_nobody),
		cmocka_unit_test(a_thousand_timers_keep_their_order),
		cmocka_unit_test(deferred_calls_run_later_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
