/* SPDX-License-Identifier: MIT */
/*
 * AutoML's methods on models and their evaluations (REGISTRY.md, the automl
 * table; API.md 2).  Handlers of automl_routes; each runs in its connection's
 * thread and does its work in one transaction, but for models.create, whose
 * worker copies the model's files.
 */
#ifndef MODELFS_REGISTRY_AUTOML_H
#define MODELFS_REGISTRY_AUTOML_H

#include "api/registry/mapping.h"
#include "api/registry/operations.h"

#define AUTOML_LOCATION  "us-central1" /* the only one */
#define AUTOML_ARTIFACTS "automl"      /* below <data>/artifacts */

extern const struct route automl_routes[];
extern const size_t automl_route_count;

struct automl_ref {
	struct place place;
	int64_t key;
	const char *id; /* the request's */
};
/* The request's third argument; NOT_FOUND is answered. */
int automl_find(struct request *rq, struct txn *t, struct automl_ref *out);
/* For models.create: INVALID_ARGUMENT outside the one location. */
int automl_place(struct request *rq, struct txn *t, struct place *out);

#define AUTOML_SELECT                                                                 \
	"SELECT m.key, m.id, m.display_name, m.dataset, m.labels, m.arm, m.metadata," \
	" m.model_type, m.deployed, m.nodes, m.create_time, m.update_time, m.change," \
	" m.project, m.location FROM automl_models m"
enum {
	AUTOML_KEY,
	AUTOML_ID,
	AUTOML_DISPLAY_NAME,
	AUTOML_DATASET,
	AUTOML_LABELS,
	AUTOML_ARM,
	AUTOML_METADATA,
	AUTOML_MODEL_TYPE,
	AUTOML_DEPLOYED,
	AUTOML_NODES,
	AUTOML_CREATED,
	AUTOML_UPDATED,
	AUTOML_CHANGE,
	AUTOML_PROJECT,
	AUTOML_LOCATION_ID,
	AUTOML_COLUMNS,
};
int automl_row(struct txn *t, int64_t key, sqlite3_stmt **row);
/* The members of a Model, into the object being written. */
void automl_print_members(sqlite3_stmt *row, struct json_writer *w);
void automl_row_etag(sqlite3_stmt *row, char out[ETAG_SIZE]);
/* The model as answer of a get, and the transaction's end. */
int automl_answer(struct request *rq, struct txn *t, int64_t key);
/* The three letters that ids of this kind of model begin with. */
const char *automl_prefix(const char *arm);

/* Rules; each refusal is answered and names `field`. */
int automl_check_display_name(struct request *rq, const char *field, struct json v);
int automl_check_labels(struct request *rq, const char *field, struct json labels);
/* One arm at most, its modelType and budget; *arm may become NULL. */
int automl_check_metadata(struct request *rq, struct json model, const char **arm);
/* What a model of this arm and type is exported as: NULL-terminated, the
 * default first unless *required; NULL: not exportable. */
const char *const *automl_formats(const char *arm, const char *type, bool *required);

int automl_models_create(struct request *rq);
int automl_models_get(struct request *rq);
int automl_models_list(struct request *rq);
int automl_models_patch(struct request *rq);
int automl_models_delete(struct request *rq);
int automl_models_deploy(struct request *rq);
int automl_models_undeploy(struct request *rq);
int automl_models_export(struct request *rq);
int automl_evaluations_get(struct request *rq);
int automl_evaluations_list(struct request *rq);
int automl_locations_get(struct request *rq);
int automl_locations_list(struct request *rq);

/* The queue's entry of models.create. */
void automl_create_work(struct registry *reg, struct job *job);
/* The evaluations that lie with the files, for a model just inserted. */
int automl_take_evaluations(struct txn *t, int dir, int64_t key);
/* At the start: remove files that no model has. */
void automl_sweep(struct registry *reg);

#endif
