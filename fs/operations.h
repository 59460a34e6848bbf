/* SPDX-License-Identifier: MIT */
/*
 * Long-running operations: what this mount started, which are running, when
 * they end; polling with growing intervals, the event lines, and those who
 * wait.  Loop's thread only.
 */
#ifndef MODELFS_OPERATIONS_H
#define MODELFS_OPERATIONS_H

#include "fs/tree.h"

int operations_new(struct mount *m, struct operations **out);
void operations_free(struct operations *o);

struct op_poll;
struct poll_watch;

/* Somebody who wants to hear of an operation's end, once: o is the operation
 * then (NULL: the service forgot it), aborted: the record goes before.  It is
 * off the record's list already. */
struct op_listener {
	struct op_listener *next;
	void (*ended)(struct op_listener *l, struct object *o, bool aborted);
};

/* What the mount remembers of an operation that it saw. */
struct op_record {
	struct op_record *next;
	char *id;      /* last segment of its name */
	char *place;   /* the location's (or project's) resource name */
	char *model;   /* the model's resource name, NULL: unknown */
	char *version; /* the version's id, NULL: unknown */
	char *request; /* what this mount sent, pretty JSON and a newline; NULL: not ours */
	const char *method;
	uint64_t started_wall_ns; /* ours: when */
	uint64_t order;           /* ours: 1, 2, …; 0: another's */
	bool done;
	bool cancelling;
	uint64_t interval_ns;
	bool gone; /* the service forgot it before it was seen to end */
	struct mount *m;
	const struct service *service;
	struct loop_timer timer;
	struct op_poll *poll;
	struct waitq waiters; /* reads of `wait` */
	struct poll_watch *polls;
	struct op_listener *listeners;
	uint64_t gen; /* counts what was seen to change */
};

/* An operation that a method of ours answered with.  model and version may be
 * NULL.  Its directories exist when this returns.  Returns the record. */
struct op_record *operations_started(struct mount *m, const struct service *s, const char *method,
				     struct json operation, const char *model, const char *version,
				     const char *request, uint64_t begun_ns);
/* The same where the place is known and the model need not be. */
struct op_record *operations_started_in(struct mount *m, const struct service *s,
					const char *method, struct json operation,
					const char *place, const char *model, const char *version,
					const char *request, uint64_t begun_ns);
/* It was deleted: its directories go, the record stays for its events. */
void operations_forget(struct mount *m, const struct service *s, struct op_record *op);
/* An operation as a listing or a get told it. */
void operations_seen(struct collection *c, struct object *o);

struct op_record *operations_find(struct mount *m, const char *place, const char *id);
/* Of the directory of an operation; NULL: it is none, or never seen. */
struct op_record *operations_record(const struct node *dir);
/* The newest that this mount started on the model (and version, if not NULL)
 * or, with model NULL, in the place; NULL: none. */
struct op_record *operations_latest(struct mount *m, const char *place, const char *model,
				    const char *version);

/* The directory `dir` of class CLASS_OPERATIONS shows this operation. */
bool operations_shown(struct node *dir, const struct object *o);

bool operation_done(struct object *o);
/* RUNNING, SUCCEEDED, FAILED, CANCELLED. */
const char *operation_status(struct object *o);

/* Ask soon: a cancel was sent, or somebody waits. */
void operations_poll_now(struct mount *m, struct op_record *op);
/* Wait for the end: REQ_DONE when there, else REQ_PARKED. */
int operations_await(struct req *r, struct op_record *op);
/* POLLPRI: keep ph (it is taken over) until the record changes. */
void operations_watch(struct op_record *op, struct fuse_pollhandle *ph);

/* Lines of the events file of an operations directory. */
int operations_events(struct node *dir, struct buf *out);
/* Number of operations that run. */
size_t operations_running(struct mount *m);
/* No more waits: everybody is answered with err. */
void operations_stop(struct mount *m);

#endif
