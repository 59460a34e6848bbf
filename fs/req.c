/* SPDX-License-Identifier: MIT */
#include "fs/req.h"

#include <limits.h>

#include "fs/proc.h"

/* The call that a request waits for has the same deadline; it gets this much
 * longer so that its own words arrive first. */
#define GRACE_NS (250 * NSEC_PER_MSEC)
/* How often those are looked at whose signal did not mean "stop": the kernel
 * asks for interruption once only. */
#define WATCH_NS (100 * NSEC_PER_MSEC)

static void all_add(struct req *r)
{
	r->all_next = r->m->requests;
	if (r->all_next)
		r->all_next->all_prev = r;
	r->m->requests = r;
}

static void all_remove(struct req *r)
{
	if (r->all_prev)
		r->all_prev->all_next = r->all_next;
	else
		r->m->requests = r->all_next;
	if (r->all_next)
		r->all_next->all_prev = r->all_prev;
}

static void queue_add(struct req *r, struct waitq *q)
{
	r->queue = q;
	r->prev = q->tail;
	r->next = NULL;
	if (q->tail)
		q->tail->next = r;
	else
		q->head = r;
	q->tail = r;
}

static void queue_remove(struct req *r)
{
	struct waitq *q = r->queue;

	if (!q)
		return;
	if (r->prev)
		r->prev->next = r->next;
	else
		q->head = r->next;
	if (r->next)
		r->next->prev = r->prev;
	else
		q->tail = r->prev;
	r->queue = NULL;
	r->prev = r->next = NULL;
}

static void req_free(struct req *r)
{
	queue_remove(r);
	loop_timer_cancel(r->m->loop, &r->timer);
	all_remove(r);
	free(r->name);
	free(r->name2);
	free(r->data);
	free(r);
}

struct req *req_new(struct mount *m, fuse_req_t fr, int (*run)(struct req *))
{
	const struct fuse_ctx *ctx = fuse_req_ctx(fr);
	struct req *r = calloc(1, sizeof(*r));

	if (!r) {
		fuse_reply_err(fr, ENOMEM);
		return NULL;
	}
	r->m = m;
	r->fr = fr;
	r->run = run;
	r->uid = ctx->uid;
	r->gid = ctx->gid;
	r->pid = ctx->pid;
	r->begun_ns = now_ns();
	r->deadline_ns = r->begun_ns + m->config->timeout_ms * NSEC_PER_MSEC + GRACE_NS;
	all_add(r);
	return r;
}

bool req_names(struct req *r, const char *name, const char *name2)
{
	r->name = name ? strdup(name) : NULL;
	r->name2 = name2 ? strdup(name2) : NULL;
	/* The kernel lets up to 1024 bytes through. */
	if (name && strlen(name) > NAME_MAX) {
		reply_err(r, -ENAMETOOLONG);
		req_free(r);
		return false;
	}
	if ((name && !r->name) || (name2 && !r->name2)) {
		reply_err(r, -ENOMEM);
		req_free(r);
		return false;
	}
	return true;
}

static void req_leave(struct req *r, int err)
{
	queue_remove(r);
	if (r->abandon)
		r->abandon(r, err);
	reply_err(r, err);
	req_free(r);
}

static void req_late(void *ctx)
{
	req_leave(ctx, -ETIMEDOUT);
}

/* Called by libfuse while it processes INTERRUPT; only flags, see
 * req_interrupts(). */
static void req_interrupted(fuse_req_t fr, void *data)
{
	struct req *r = data;

	(void)fr;
	r->interrupted = true;
	r->m->interrupts = true;
}

static void req_run(struct req *r)
{
	if (r->run(r) == REQ_DONE) {
		req_free(r);
		return;
	}
	if (!r->interruptible) {
		r->interruptible = true;
		if (r->deadline_ns != UINT64_MAX)
			loop_timer_set(r->m->loop, &r->timer, r->deadline_ns, req_late, r);
		fuse_req_interrupt_func(r->fr, req_interrupted, r);
	}
}

void req_start(struct req *r)
{
	req_run(r);
}

int req_park(struct req *r, struct waitq *q)
{
	queue_add(r, q);
	return REQ_PARKED;
}

static void run_woken(void *ctx)
{
	struct mount *m = ctx;
	struct waitq batch = m->runq;

	m->run_armed = false;
	m->runq = (struct waitq){NULL, NULL};
	for (struct req *r = batch.head; r; r = r->next)
		r->queue = &batch;
	while (batch.head) {
		struct req *r = batch.head;

		queue_remove(r);
		req_run(r);
	}
}

void waitq_wake(struct mount *m, struct waitq *q)
{
	while (q->head) {
		struct req *r = q->head;

		queue_remove(r);
		queue_add(r, &m->runq);
	}
	if (m->runq.head && !m->run_armed) {
		m->run_armed = true;
		loop_defer(m->loop, run_woken, m);
	}
}

static void watch_again(void *ctx)
{
	struct mount *m = ctx;

	m->interrupts = true;
	req_interrupts(m);
}

void req_interrupts(struct mount *m)
{
	bool watch = false;

	if (!m->interrupts)
		return;
	m->interrupts = false;
	for (struct req *r = m->requests, *next; r; r = next) {
		next = r->all_next;
		if (!r->interrupted)
			continue;
		/* What is accepted already only waits to be told so. */
		if (!r->settled && proc_interrupted(r->pid))
			req_leave(r, -EINTR);
		else
			watch = true;
	}
	if (watch)
		loop_timer_set(m->loop, &m->watch, now_ns() + WATCH_NS, watch_again, m);
}

void req_abort_all(struct mount *m, int err)
{
	while (m->requests)
		req_leave(m->requests, -err);
}

int reply_err(struct req *r, int err)
{
	fuse_reply_err(r->fr, -err);
	return REQ_DONE;
}

int req_no_memory(struct req *r)
{
	return reply_err(r, -ENOMEM);
}
