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
	OPERATION_AUTOML_CREATE,
	OPERATION_AUTOML_DELETE,
	OPERATION_AUTOML_DEPLOY,
	OPERATION_AUTOML_UNDEPLOY,
	OPERATION_AUTOML_EXPORT,
	OPERATION_ML_CREATE_VERSION,
	OPERATION_ML_DELETE_VERSION,
	OPERATION_ML_UPDATE_VERSION,
	OPERATION_ML_UPDATE_MODEL,
	OPERATION_ML_DELETE_MODEL,
	OPERATION_KINDS
};

/* A stored operation, as the printers of its service see it; borrowed. */
struct operation_row {
	const char *id, *api_version, *kind, *location, *model;
	int64_t project;
	const char *metadata; /* JSON object */
	int64_t create_time, update_time;
	bool done, cancelled;
};

/* What differs between the services' operations. */
struct operation_service {
	const char *id;      /* as in the database: "vertex" */
	const char *package; /* of the @types, before the API version: "google.cloud.aiplatform." */
	const char *domain;  /* "aiplatform.googleapis.com" */
	int (*print_name)(const struct operation_row *row, struct buf *out);
	/* The members of metadata behind @type. */
	void (*print_metadata)(const struct operation_row *row, struct json_writer *w);
};
extern const struct operation_service vertex_operations;
extern const struct operation_service automl_operations;
extern const struct operation_service ml_operations;

#define OPERATION_EMPTY_TYPE "google.protobuf.Empty"

struct operation_type {
	const char *name;     /* in the database: never changes */
	const char *metadata; /* below the API version's package */
	const char *response; /* the same, or OPERATION_EMPTY_TYPE */
	queue_work *work;     /* NULL: it is born done */
	const struct operation_service *service;
};
/* By enum operation_kind; api/registry/operation_kinds.c. */
extern const struct operation_type operation_kinds[OPERATION_KINDS];

struct operation_new {
	enum operation_kind kind;
	const char *api_version;
	const struct place *place;
	const char *model;     /* id without @, or NULL */
	const char *id_prefix; /* before nineteen digits: AutoML's three letters; or NULL */
	const char *work;      /* JSON for the worker, or NULL */
	const char *output;    /* what it will create, unique while the row lives; or NULL */
	const char *metadata;  /* JSON object of members beside genericMetadata, or NULL */
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
/* The members of a stored JSON object, into the object being written. */
int operation_splice(const char *object, struct json_writer *w);
/* createTime and updateTime. */
void operation_print_times(const struct operation_row *row, struct json_writer *w);
/* Insert a row that is already done and make it the answer. */
int operation_answer(struct request *rq, struct txn *t, const char *id);
/* Insert a row, make it the answer and have its work done. */
int operation_begin(struct request *rq, struct txn *t, const struct operation_new *n);

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
/* The same within a transaction, together with what the operation changed;
 * response may be NULL.  Call queue_changed() when it is committed. */
int operation_finish_txn(struct txn *t, const char *id, enum api_code code, const char *message,
			 const char *response);
/* The code for an errno, as an operation's error. */
enum api_code operation_code(int err);

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
