/* SPDX-License-Identifier: MIT */
/*
 * A path operation that is one request: rmdir, and what is done in aliases/.
 * The request is sent once; the FUSE request waits for its outcome, and for
 * the operation it may have answered with, up to its deadline.  What the
 * outcome means is told to `after` in any case, also when nobody waits any
 * more.  Loop's thread only.
 */
#ifndef MODELFS_CHANGE_H
#define MODELFS_CHANGE_H

#include "fs/req.h"
#include "fs/tree.h"
#include "fs/underway.h"

struct change {
	struct underway underway; /* first */
	struct mount *m;
	const struct service *service;
	const struct method *method;
	char *name;    /* the resource the request is sent to */
	char *model;   /* what it changes; may be NULL … */
	char *version; /* … and this, a version's id */
	char *path;    /* what the user did it to */
	void (*after)(const struct change *c, const struct api_error *e); /* e->err 0: done */
	/* the rest is the module's own */
	char *body;
	uid_t uid;
	pid_t pid;
	uint64_t begun_ns, deadline_ns;
	struct call *call;
	struct req *owner; /* NULL: it left */
	struct waitq waiters;
};

struct change_options {
	const struct service *service;
	const char *method, *name, *body; /* body may be NULL */
	const char *model, *version;      /* may be NULL */
	const char *fields;               /* of documents that read otherwise then; see fs/own.h */
	const char *path;
	void (*after)(const struct change *c, const struct api_error *e);
};

/* Stages of the FUSE request (r->stage) once the change was begun. */
enum { CHANGE_SENT = 100, CHANGE_ENDED };

/* Send it: REQ_PARKED, or a negative errno.  At CHANGE_SENT the request parks
 * again with change_wait(); at CHANGE_ENDED change_result() gives the outcome,
 * 0 or a negative errno that a path operation can answer. */
int change_begin(struct req *r, const struct change_options *o);
int change_wait(struct req *r);
int change_result(struct req *r);

/* Changes that an unmount waits for; at the end of the mount, the rest. */
size_t change_count(void);
void change_drop_all(void);

/* A path operation that is refused here: one line in the log and the list of
 * errors; returns err. */
int change_refuse(struct req *r, const char *what, const struct node *dir, const char *name,
		  int err, const char *fmt, ...) _printf_(6, 7);
/* Path of a name in dir, below the mount's root; fresh memory or NULL. */
char *change_path(const struct node *dir, const char *name);

#endif
