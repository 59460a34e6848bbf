/* SPDX-License-Identifier: MIT */
/*
 * A FUSE request that can wait.  A handler works from memory; one that needs
 * the network parks its request on a queue and is run again from its start
 * when the queue is woken.  The request is a copy: libfuse's buffer is reused.
 * Loop's thread only.
 */
#ifndef MODELFS_REQ_H
#define MODELFS_REQ_H

#include "fs/save.h"
#include "fs/state.h"

/* What a handler returns. */
#define REQ_DONE   0 /* it replied */
#define REQ_PARKED 1 /* it is on a queue */

struct handle;

struct req {
	struct mount *m;
	fuse_req_t fr;
	int (*run)(struct req *r);
	/* The request leaves without being run again (deadline, interrupt): err
	 * is what it will be answered with. */
	void (*abandon)(struct req *r, int err);
	fuse_ino_t ino, ino2, to_ino;
	char *name, *name2;
	char *data;
	size_t size;
	off_t off;
	unsigned flags;
	mode_t mode;
	struct stat attr;
	int to_set;
	struct fuse_file_info fi;
	bool has_fi;
	bool plus;
	uid_t uid;
	gid_t gid;
	pid_t pid; /* a thread id: see proc_tgid() */
	uint64_t begun_ns;
	uint64_t deadline_ns; /* UINT64_MAX: none */
	int stage;            /* progress of a handler that does more than one thing */
	struct save_step step;
	struct handle *h;           /* commits: whose text */
	void *context;              /* the handler's own */
	uint64_t ticket, ticket_ns; /* see notify_wait() */

	struct waitq *queue;
	struct req *prev, *next;         /* on queue */
	struct req *all_prev, *all_next; /* of the mount */
	struct loop_timer timer;
	bool interruptible, interrupted;
	bool settled; /* the outcome is known: no interruption any more */
};

/* A new request of `run`; -ENOMEM is answered at once and gives NULL. */
struct req *req_new(struct mount *m, fuse_req_t fr, int (*run)(struct req *));
/* Copy a name into the request: false (and ENOMEM answered) without memory. */
bool req_names(struct req *r, const char *name, const char *name2);
/* Run it for the first time. */
void req_start(struct req *r);

/* Park on q until waitq_wake(); returns REQ_PARKED. */
int req_park(struct req *r, struct waitq *q);
/* Every request on q is run again, soon. */
void waitq_wake(struct mount *m, struct waitq *q);

/* Answer those that were interrupted: to be called after process_buf, never
 * from inside libfuse's callback. */
void req_interrupts(struct mount *m);
/* Answer everything that waits with err (positive), at the end. */
void req_abort_all(struct mount *m, int err);

/* Replies; each returns REQ_DONE.  err is 0 or a negative errno. */
int reply_err(struct req *r, int err);
/* A `run` for a request whose copy found no memory. */
int req_no_memory(struct req *r);

#endif
