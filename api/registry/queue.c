/* SPDX-License-Identifier: MIT */
#include "api/registry/queue.h"

#include <pthread.h>
#include <stdio.h>

#include "api/log.h"

enum job_state {
	JOB_RUNNING,
	JOB_CANCELLED,
	JOB_COMMITTING,
};

struct job {
	struct job *next;
	struct registry *reg;
	atomic_int state;
	bool taken;
	char id[OPERATION_ID_SIZE];
};

struct queue {
	struct registry *reg;
	queue_work *carry_out;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t change;
	struct job *jobs; /* queued and running, oldest first */
	unsigned count;
	uint64_t ticket;
	pthread_t threads[QUEUE_THREADS];
	unsigned started;
};

const char *job_id(const struct job *job)
{
	return job->id;
}

int job_check(const struct job *job)
{
	if (atomic_load(&job->state) == JOB_CANCELLED)
		return -ECANCELED;
	return atomic_load(&job->reg->stopping) ? -EINTR : 0;
}

int job_commit(struct job *job)
{
	int expected = JOB_RUNNING;

	if (atomic_load(&job->reg->stopping))
		return -EINTR;
	return atomic_compare_exchange_strong(&job->state, &expected, JOB_COMMITTING) ? 0
										      : -ECANCELED;
}

static struct job *take_job(struct queue *q)
{
	struct job *job = NULL;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		if (atomic_load(&q->reg->stopping)) {
			job = NULL;
			break;
		}
		for (job = q->jobs; job && job->taken; job = job->next)
			;
		if (job)
			break;
		pthread_cond_wait(&q->work, &q->lock);
	}
	if (job)
		job->taken = true;
	pthread_mutex_unlock(&q->lock);
	return job;
}

static void drop_job(struct queue *q, struct job *job)
{
	pthread_mutex_lock(&q->lock);
	for (struct job **p = &q->jobs; *p; p = &(*p)->next)
		if (*p == job) {
			*p = job->next;
			break;
		}
	q->count--;
	pthread_mutex_unlock(&q->lock);
	free(job);
	queue_changed(q);
}

static void *worker(void *arg)
{
	struct queue *q = arg;
	struct job *job;

	while ((job = take_job(q))) {
		q->carry_out(q->reg, job);
		drop_job(q, job);
	}
	return NULL;
}

int queue_start(struct registry *reg, queue_work *carry_out, struct queue **out)
{
	struct queue *q = calloc(1, sizeof(*q));
	pthread_condattr_t attr;

	if (!q)
		return -ENOMEM;
	q->reg = reg;
	q->carry_out = carry_out;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->work, &attr);
	pthread_cond_init(&q->change, &attr);
	pthread_condattr_destroy(&attr);
	for (; q->started < QUEUE_THREADS; q->started++)
		if (pthread_create(&q->threads[q->started], NULL, worker, q) != 0)
			break;
	if (q->started == 0) {
		queue_free(q);
		return -EAGAIN;
	}
	*out = q;
	return 0;
}

void queue_stop(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	pthread_cond_broadcast(&q->work);
	pthread_cond_broadcast(&q->change);
	pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < q->started; i++)
		pthread_join(q->threads[i], NULL);
	q->started = 0;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	while (q->jobs) {
		struct job *next = q->jobs->next;

		free(q->jobs);
		q->jobs = next;
	}
	pthread_cond_destroy(&q->work);
	pthread_cond_destroy(&q->change);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

int queue_add(struct queue *q, const char *id)
{
	struct job *job = calloc(1, sizeof(*job)), **p;

	if (!job)
		return -ENOMEM;
	job->reg = q->reg;
	snprintf(job->id, sizeof(job->id), "%s", id);
	pthread_mutex_lock(&q->lock);
	for (p = &q->jobs; *p; p = &(*p)->next)
		;
	*p = job;
	q->count++;
	pthread_cond_signal(&q->work);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

void queue_cancel(struct queue *q, const char *id)
{
	pthread_mutex_lock(&q->lock);
	for (struct job *job = q->jobs; job; job = job->next)
		if (streq(job->id, id)) {
			int expected = JOB_RUNNING;

			atomic_compare_exchange_strong(&job->state, &expected, JOB_CANCELLED);
		}
	pthread_mutex_unlock(&q->lock);
}

unsigned queue_running(struct queue *q)
{
	unsigned n;

	pthread_mutex_lock(&q->lock);
	n = q->count;
	pthread_mutex_unlock(&q->lock);
	return n;
}

uint64_t queue_ticket(struct queue *q)
{
	uint64_t ticket;

	pthread_mutex_lock(&q->lock);
	ticket = q->ticket;
	pthread_mutex_unlock(&q->lock);
	return ticket;
}

bool queue_wait(struct queue *q, uint64_t ticket, uint64_t deadline)
{
	struct timespec ts = {.tv_sec = (time_t)(deadline / NSEC_PER_SEC),
			      .tv_nsec = (long)(deadline % NSEC_PER_SEC)};
	bool changed;

	pthread_mutex_lock(&q->lock);
	while (q->ticket == ticket && !atomic_load(&q->reg->stopping))
		if (pthread_cond_timedwait(&q->change, &q->lock, &ts) != 0)
			break;
	changed = q->ticket != ticket;
	pthread_mutex_unlock(&q->lock);
	return changed;
}

void queue_changed(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->ticket++;
	pthread_cond_broadcast(&q->change);
	pthread_mutex_unlock(&q->lock);
}
