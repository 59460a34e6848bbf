/* SPDX-License-Identifier: MIT */
/*
 * AI Platform's methods on models, versions, operations and locations
 * (REGISTRY.md, the ml table; API.md 1).  Handlers of a route table of their
 * own; each runs in its connection's thread and does its work in one
 * transaction.  Versions are created, updated and deleted by the queue's
 * threads (ml_work.c), which end the operation and move the version's state in
 * one transaction.
 *
 * Names are answered with the project as it was sent, so what is stored has
 * names from `models/` on, and printing puts the project before them.
 */
#ifndef MODELFS_REGISTRY_ML_H
#define MODELFS_REGISTRY_ML_H

#include "api/ml.h"
#include "api/ml_rules.h"
#include "api/registry/mapping.h"
#include "api/registry/operations.h"
#include "api/registry/request.h"

extern const struct route ml_routes[];
extern const size_t ml_route_count;

struct ml_ref {
	int64_t project; /* number */
	int64_t model, version;
	char state[16]; /* the version's */
};
/* The model, or the version, that the request names; NOT_FOUND is answered. */
int ml_find_model(struct request *rq, struct txn *t, struct ml_ref *out);
int ml_find_version(struct request *rq, struct txn *t, struct ml_ref *out);
/* The same for a version by its id; 1: found. */
int ml_find_version_id(struct txn *t, struct ml_ref *ref, const char *id);

/* Columns of a version and of a model, as their printers want them; rows are
 * narrowed by a WHERE behind. */
#define ML_VERSION_SELECT                                                           \
	"SELECT v.key, m.id, v.id, v.doc, v.state, v.error_message, v.create_time," \
	" v.change, m.default_version IS v.key"
#define ML_VERSION_FROM  " FROM ml_versions v JOIN ml_models m ON m.key = v.model"
#define ML_VERSION_COUNT 9
#define ML_MODEL_SELECT  "SELECT m.key, m.id, m.doc, m.change, m.default_version"
#define ML_MODEL_FROM    " FROM ml_models m"
#define ML_MODEL_COUNT   5
#define ML_DOC_COLUMN    3 /* of a version */

/* project NULL: with relative names, as stored; bare: without its state. */
void ml_print_version(sqlite3_stmt *row, const char *key, const char *project, bool bare,
		      struct json_writer *w);
int ml_print_model(struct txn *t, sqlite3_stmt *row, const char *project, struct json_writer *w);
/* A stored resource: its members, or (key not NULL) an object of them. */
void ml_print_stored(struct json object, const char *key, const char *project,
		     struct json_writer *w);
/* One row (cached statement, stepped onto it). */
int ml_version_row(struct txn *t, int64_t key, sqlite3_stmt **row);
int ml_model_row(struct txn *t, int64_t key, sqlite3_stmt **row);
/* The version's or the model's JSON with relative names. */
int ml_version_json(struct txn *t, int64_t key, struct buf *out);
int ml_model_json(struct txn *t, int64_t key, struct buf *out);

/* Eight bytes in base64, with padding. */
#define ML_ETAG_SIZE 13
void ml_version_etag(sqlite3_stmt *row, char out[ML_ETAG_SIZE]);
void ml_model_etag(sqlite3_stmt *row, char out[ML_ETAG_SIZE]);
/* An etag in the body that is another than this one is refused. */
int ml_check_etag(struct request *rq, struct json body, const char *current);

/* Read and check the body; *doc (the caller's) is its normal form without
 * output-only fields. */
int ml_read_body(struct request *rq, const struct message *m, struct json_doc **doc);
/* updateMask: refusals are answered. */
int ml_read_mask(struct request *rq, struct mask *mask);
/* Answer with a rule's refusal. */
int ml_refuse(struct request *rq, int r, const struct ml_refusal *refusal);
/* Write a field without what is a default in proto3 (0, false, "", []). */
void ml_write_field(const struct field *f, struct json v, struct json_writer *w);
/* The stored form of a new version, of a new model, and of a patched version. */
int ml_version_doc(struct json version, const char *model, struct buf *out);
int ml_model_doc(struct json model, struct buf *out);
int ml_patched_doc(const struct message *m, struct json current, struct json paths,
		   struct json body, struct buf *out);

struct ml_operation {
	enum operation_kind kind;
	int64_t project;
	const char *model;
	const char *version; /* id, or NULL */
	int64_t key;         /* of a version whose picture goes into the metadata, or 0 */
	struct json labels;
	const char *work;     /* of an operation for the queue */
	const char *response; /* of one that is done: relative names */
	bool done;
};
/* Insert it, commit, answer with it, and queue it. */
int ml_operation_start(struct request *rq, struct txn *t, const struct ml_operation *op);
/* The same columns everywhere. */
#define ML_OPERATION_SELECT                                                              \
	"SELECT o.name, o.kind, o.metadata, o.create_time, o.start_time, o.update_time," \
	" o.cancelled, o.done, o.error_code, o.error_message, o.response, o.project"
#define ML_OPERATION_COUNT 12
void ml_print_operation(sqlite3_stmt *row, const char *project, struct json_writer *w);
/* What filters call an operation's type, as SQL. */
extern const char ml_operation_type_sql[];

/* <data>/artifacts/ml/projects/ID/models/M/versions: made (with a link by the
 * project's number) or only opened. */
int ml_artifacts_open(struct registry *reg, struct txn *t, int64_t project, const char *model,
		      bool create, int *fd);
/* Forget a model's directories, which are empty. */
void ml_artifacts_forget(struct registry *reg, struct txn *t, int64_t project, const char *model);

/* The queue's entries. */
void ml_create_work(struct registry *reg, struct job *job);
void ml_update_work(struct registry *reg, struct job *job);
void ml_delete_work(struct registry *reg, struct job *job);

int ml_models_create(struct request *rq);
int ml_models_get(struct request *rq);
int ml_models_list(struct request *rq);
int ml_models_patch(struct request *rq);
int ml_models_delete(struct request *rq);
int ml_versions_create(struct request *rq);
int ml_versions_get(struct request *rq);
int ml_versions_list(struct request *rq);
int ml_versions_patch(struct request *rq);
int ml_versions_delete(struct request *rq);
int ml_versions_set_default(struct request *rq);
int ml_operations_get(struct request *rq);
int ml_operations_list(struct request *rq);
int ml_operations_cancel(struct request *rq);
int ml_locations_get(struct request *rq);
int ml_locations_list(struct request *rq);

#endif
