/* SPDX-License-Identifier: MIT */
/*
 * The worker threads that carry out long-running operations.  The database is
 * the queue's memory: what is not done there is taken up at the next start.
 *
 * A job is in one of three states: running, cancelled, or committing, that is
 * past the point where a cancellation still counts.
 */
#ifndef MODELFS_REGISTRY_QUEUE_H
#define MODELFS_REGISTRY_QUEUE_H

#include "api/registry/state.h"

#define QUEUE_THREADS     8
#define OPERATION_ID_SIZE 24

struct job;
struct queue;

/* Carries a job out, in a thread of the queue's. */
typedef void queue_work(struct registry *reg, struct job *job);
int queue_start(struct registry *reg, queue_work *carry_out, struct queue **out);
/* Interrupts running jobs (they stay to be resumed) and joins the threads. */
void queue_stop(struct queue *q);
void queue_free(struct queue *q);

int queue_add(struct queue *q, const char *id);
void queue_cancel(struct queue *q, const char *id);
unsigned queue_running(struct queue *q);

/* Waiting for changes: take a ticket, look, wait until something changed
 * since (true) or until the monotonic deadline or shutdown (false). */
uint64_t queue_ticket(struct queue *q);
bool queue_wait(struct queue *q, uint64_t ticket, uint64_t deadline_ns);
void queue_changed(struct queue *q);

/* For workers. */
const char *job_id(const struct job *job);
/* 0, -ECANCELED (cancelled) or -EINTR (the server stops). */
int job_check(const struct job *job);
/* Pass the point of no return: 0, or as job_check(). */
int job_commit(struct job *job);

#endif
