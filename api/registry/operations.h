/* SPDX-License-Identifier: MIT */
/*
 * Long-running operations: their rows, their JSON, their methods, and the one
 * table that says for each kind what its metadata, its response and its work
 * are.  Short work is done in the request that starts it (the operation is
 * born done, in the same transaction); long work goes to the queue.
 */
#ifndef MODELFS_REGISTRY_OPERATIONS_H
#define MODELFS_REGISTRY_OPERATIONS_H

#include "api/registry/place.h"
#include "api/registry/queue.h"

enum operation_kind {
	OPERATION_UPLOAD,
	OPERATION_DELETE,
	OPERATION_DELETE_VERSION,
	OPERATION_EXPORT,
};

struct operation_new {
	enum operation_kind kind;
	const char *api_version;
	const struct place *place;
	const char *model;    /* id without @, or NULL */
	const char *work;     /* JSON for the worker, or NULL */
	const char *output;   /* what it will create, unique while the row lives; or NULL */
	const char *metadata; /* JSON object of members beside genericMetadata, or NULL */
	bool done;
	enum api_code code;   /* done: API_OK or the failure */
	const char *message;  /* of the failure */
	const char *response; /* JSON object without @type, or NULL */
};

/* Nineteen random digits, as Google's ids have. */
int operation_new_id(char id[OPERATION_ID_SIZE]);
/* Insert, and give its id. */
int operation_insert(struct txn *t, const struct operation_new *n, char id[OPERATION_ID_SIZE]);
/* Append its JSON. */
int operation_print(struct txn *t, const char *id, struct buf *out);
/* Insert a row that is already done and make it the answer. */
int operation_answer(struct request *rq, struct txn *t, const char *id);

/* A worker's view of a row. */
struct operation_work {
	char *work;   /* JSON */
	char *output; /* or NULL */
	char *name;   /* full resource name */
	bool cancelled;
};
void operation_work_free(struct operation_work *w);
int operation_load_work(struct registry *reg, const char *id, struct operation_work *out);
/* Write the end; tries again while the disk refuses, until shutdown. */
void operation_finish(struct registry *reg, const char *id, enum api_code code,
		      const char *message);

/* Queue every operation that is not done. */
int operations_resume(struct registry *reg);
/* Called by the queue's threads. */
void operation_work(struct registry *reg, struct job *job);

int operations_get(struct request *rq);
int operations_list(struct request *rq);
int operations_cancel(struct request *rq);
int operations_delete(struct request *rq);
int operations_wait(struct request *rq);

#endif
