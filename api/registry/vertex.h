/* SPDX-License-Identifier: MIT */
/*
 * Vertex AI's methods on models, versions and evaluations (REGISTRY.md, the
 * vertex table; API.md 3).  Handlers of the route table; each runs in its
 * connection's thread and does its work in one transaction.
 */
#ifndef MODELFS_REGISTRY_VERTEX_H
#define MODELFS_REGISTRY_VERTEX_H

#include "api/registry/mapping.h"
#include "api/registry/operations.h"

enum model_tag {
	TAG_NONE,  /* models/M: the default version */
	TAG_MODEL, /* models/M@-: the model itself */
	TAG_ID,    /* models/M@2 */
	TAG_ALIAS, /* models/M@golden */
};
struct model_ref {
	struct place place;
	char *id;
	enum model_tag tag;
	char *tag_text; /* "" without */
	int64_t key;
	int64_t version; /* the one it means */
};
void model_ref_free(struct model_ref *m);
#define _cleanup_model_ref_ _cleanup_(model_ref_free)

/* Resolve the request's third argument; NOT_FOUND is answered. */
int vertex_find(struct request *rq, struct txn *t, struct model_ref *out);
/* "projects/N/locations/L/models/ID" */
int vertex_name(const struct place *place, const char *id, struct buf *out);

/* Select list and tables of a model's version as vertex_print() wants it; rows
 * are narrowed by a WHERE behind it. */
#define VERTEX_SELECT                                                                      \
	"SELECT m.key, m.id, m.display_name, m.description, m.create_time, m.update_time," \
	" m.change, v.version, v.description, v.doc, v.formats, v.create_time,"            \
	" v.update_time, v.change, json_patch(m.labels, v.labels),"                        \
	" (SELECT json_group_array(alias) FROM (SELECT alias FROM vertex_aliases x"        \
	"   WHERE x.model = v.model AND x.version = v.version ORDER BY alias))"
#define VERTEX_FROM         " FROM vertex_models m JOIN vertex_versions v ON v.model = m.key"
#define VERTEX_COLUMN_COUNT 16
/* The members of a stored message that this version of the API has. */
void vertex_write_doc(const struct message *m, const char *text, bool beta, struct json_writer *w);
/* Print the row; versioned: its name bears @ID; mask may be NULL. */
void vertex_print(sqlite3_stmt *row, const struct place *place, bool versioned,
		  const struct mask *mask, struct json_writer *w);
/* Select one version (cached statement, stepped onto it). */
int vertex_row(struct txn *t, int64_t key, int64_t version, sqlite3_stmt **row);
void vertex_row_etag(sqlite3_stmt *row, char out[ETAG_SIZE]);
/* The model as answer of a get, and the transaction's end. */
int vertex_answer(struct request *rq, struct txn *t, const struct model_ref *m);
/* readMask: refusals are answered; *mask stays empty without one. */
int vertex_read_mask(struct request *rq, const struct message *message, struct mask *mask);

/* Rules; each refusal is answered and names `field`. */
int vertex_check_display_name(struct request *rq, const char *field, struct json v);
int vertex_check_labels(struct request *rq, const char *field, struct json labels);
/* The table's form; resource_vertex_alias() also takes a dash at the end, which
 * one of the documents allows. */
bool vertex_alias_valid(const char *alias);
int vertex_check_body(struct request *rq, const struct message *m, struct json body);
/* The body of an export, checked: its outputConfig, which is there. */
int vertex_export_config(struct request *rq, const struct message *m, struct json *config);
/* Aliases: set or move; the version that loses one changes too. */
int vertex_set_alias(struct txn *t, int64_t key, const char *alias, int64_t version);
/* Count a change: of the model (every version's etag) or of one version. */
int vertex_touch_model(struct txn *t, int64_t key);
int vertex_touch_version(struct txn *t, int64_t key, int64_t version);

int vertex_models_upload(struct request *rq);
int vertex_models_get(struct request *rq);
int vertex_models_list(struct request *rq);
int vertex_models_list_versions(struct request *rq);
int vertex_models_patch(struct request *rq);
int vertex_models_merge_aliases(struct request *rq);
int vertex_models_delete(struct request *rq);
int vertex_models_delete_version(struct request *rq);
int vertex_models_export(struct request *rq);
int vertex_evaluations_import(struct request *rq);
int vertex_evaluations_get(struct request *rq);
int vertex_evaluations_list(struct request *rq);

#endif
