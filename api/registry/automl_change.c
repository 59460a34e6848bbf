/* SPDX-License-Identifier: MIT */
/* AutoML's models.patch, delete, deploy and undeploy. */
#include <fcntl.h>
#include <stdio.h>

#include "api/automl.h"
#include "api/registry/automl.h"
#include "api/registry/vertex.h"
#include "api/registry/bucket.h"

static int parse_mask(struct request *rq, struct mask *mask)
{
	const char *text = request_param_any(rq, "updateMask", "update_mask");

	if (!text || !*text)
		return request_fail(rq, API_INVALID_ARGUMENT, "updateMask",
				    "The update mask is required.");
	if (mask_parse(text, mask) < 0 || mask->all)
		return request_fail(rq, API_INVALID_ARGUMENT, "updateMask",
				    "The update mask '%s' must name fields.", text);
	for (size_t i = 0; i < mask->count; i++) {
		const struct field *f = message_field(&automl_model, mask->paths[i]);

		if (!f || !(f->flags & FIELD_MODEL_MASK))
			return request_fail(rq, API_INVALID_ARGUMENT, "updateMask",
					    "'%s' cannot be updated.", mask->paths[i]);
	}
	return 0;
}

static int check_etag(struct request *rq, struct txn *t, int64_t key, struct json model)
{
	_cleanup_free_ char *given = json_strdup(mapping_get(model, "etag"));
	char current[ETAG_SIZE];
	sqlite3_stmt *row;
	int r;

	if (!given || !*given)
		return 0;
	r = automl_row(t, key, &row);
	if (r < 0)
		return r;
	automl_row_etag(row, current);
	if (streq(given, current))
		return 0;
	return request_fail(rq, API_ABORTED, "etag",
			    "Specified Model `etag`: `%s` does not match server `etag`: `%s`.",
			    given, current);
}

static int touch(struct txn *t, int64_t key)
{
	return store_run(t,
			 "UPDATE automl_models SET change = change + 1,"
			 " update_time = max(?2, update_time + 1) WHERE key = ?1",
			 "ii", key, registry_now());
}

static int set_field(struct request *rq, struct txn *t, int64_t key, const char *path,
		     struct json model)
{
	struct json v = mapping_get(model, path);
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_free_ char *name = NULL;
	int r;

	if (streq(path, "displayName")) {
		r = automl_check_display_name(rq, "displayName", v);
		name = json_strdup(v);
		return r < 0 ? r
			     : store_run(
				       t,
				       "UPDATE automl_models SET display_name = ?1 WHERE key = ?2",
				       "ti", name, key);
	}
	r = automl_check_labels(rq, "labels", v);
	if (r == 0 && json_present(v))
		r = json_print(v, JSON_COMPACT, &text);
	return r < 0 ? r
		     : store_run(t, "UPDATE automl_models SET labels = ?1 WHERE key = ?2", "ti",
				 text.len ? buf_str(&text) : "{}", key);
}

int automl_models_patch(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_mask_ struct mask mask = {0};
	struct automl_ref m = {0};
	struct json model;
	int r = request_json(rq, &model);

	if (r == 0)
		r = vertex_check_body(rq, &automl_model, model);
	if (r == 0)
		r = parse_mask(rq, &mask);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = automl_find(rq, &t, &m);
	if (r == 0)
		r = check_etag(rq, &t, m.key, model);
	for (size_t i = 0; r == 0 && i < mask.count; i++)
		r = set_field(rq, &t, m.key, mask.paths[i], model);
	if (r == 0)
		r = touch(&t, m.key);
	return r < 0 ? r : automl_answer(rq, &t, m.key);
}

static int answer_done(struct request *rq, struct txn *t, const struct automl_ref *m,
		       enum operation_kind kind, const char *metadata)
{
	char prefix[4] = "", id[OPERATION_ID_SIZE];
	struct operation_new op = {.kind = kind,
				   .place = &m->place,
				   .model = m->id,
				   .id_prefix = prefix,
				   .api_version = rq->api_version,
				   .metadata = metadata,
				   .done = true};
	int r;

	snprintf(prefix, sizeof(prefix), "%.3s", m->id);
	r = operation_insert(t, &op, id);
	return r < 0 ? r : operation_answer(rq, t, id);
}

int automl_models_delete(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_close_ int all = -1;
	struct automl_ref m = {0};
	int r = txn_begin(&t, rq->reg->store, true);

	if (r == 0)
		r = automl_find(rq, &t, &m);
	if (r == 0)
		r = store_run(&t, "DELETE FROM automl_models WHERE key = ?1", "i", m.key);
	if (r == 0)
		r = answer_done(rq, &t, &m, OPERATION_AUTOML_DELETE, "{\"deleteDetails\":{}}");
	/* Its files after it: what a crash leaves of them is swept at the next start. */
	if (r == 0 && bucket_open_at(rq->reg->artifacts_fd, AUTOML_ARTIFACTS,
				     O_RDONLY | O_DIRECTORY, &all) == 0)
		bucket_remove_tree(all, m.id);
	return r;
}

#define DETECTION_ARM "imageObjectDetectionModelMetadata"
#define DETECTION_HOW "imageObjectDetectionModelDeploymentMetadata"
#define IMAGE_HOW     "imageClassificationModelDeploymentMetadata"
#define NODES_MIN     1
#define NODES_MAX     100

/* The nodes asked for; 0: this kind of model has none. */
static int read_nodes(struct request *rq, const char *arm, struct json body, int64_t *nodes)
{
	struct json how = mapping_get(body, DETECTION_HOW), other = mapping_get(body, IMAGE_HOW);
	struct json count = mapping_get(how, "nodeCount");
	bool detection = streq(arm, DETECTION_ARM);

	if (json_present(other) || (json_present(how) && !detection))
		return request_fail(rq, API_INVALID_ARGUMENT,
				    json_present(other) ? IMAGE_HOW : DETECTION_HOW,
				    "This is not how a model with %s is deployed.", arm);
	*nodes = detection ? NODES_MIN : 0;
	if (json_present(count) &&
	    (json_int64(count, nodes) < 0 || *nodes < NODES_MIN || *nodes > NODES_MAX))
		return request_fail(rq, API_INVALID_ARGUMENT, DETECTION_HOW ".nodeCount",
				    "A model is deployed on %d to %d nodes.", NODES_MIN, NODES_MAX);
	return 0;
}

static int set_deployed(struct request *rq, struct txn *t, const struct automl_ref *m,
			bool deployed, struct json body)
{
	int64_t nodes = 0;
	sqlite3_stmt *row;
	const char *arm;
	int r = automl_row(t, m->key, &row);

	if (r < 0)
		return r;
	arm = store_text(row, AUTOML_ARM);
	if (!streq(arm, DETECTION_ARM) && !streq(arm, "textClassificationModelMetadata"))
		return request_fail(rq, API_FAILED_PRECONDITION, "name",
				    "Only text classification and image object detection models "
				    "are deployed.");
	if (deployed)
		r = read_nodes(rq, arm, body, &nodes);
	if (r < 0)
		return r;
	if (sqlite3_column_int(row, AUTOML_DEPLOYED) == (int)deployed &&
	    sqlite3_column_int64(row, AUTOML_NODES) == nodes)
		return 0; /* as it is already */
	r = store_run(t, "UPDATE automl_models SET deployed = ?1, nodes = ?2 WHERE key = ?3", "iii",
		      (int64_t)deployed, nodes, m->key);
	return r < 0 ? r : touch(t, m->key);
}

static int deploy(struct request *rq, bool deployed)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	struct automl_ref m = {0};
	struct json body;
	int r = request_json(rq, &body);

	if (r == 0)
		r = vertex_check_body(rq,
				      deployed ? &automl_deploy_model_request
					       : &automl_undeploy_model_request,
				      body);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = automl_find(rq, &t, &m);
	if (r == 0)
		r = set_deployed(rq, &t, &m, deployed, body);
	if (r < 0)
		return r;
	return deployed ? answer_done(rq, &t, &m, OPERATION_AUTOML_DEPLOY,
				      "{\"deployModelDetails\":{}}")
			: answer_done(rq, &t, &m, OPERATION_AUTOML_UNDEPLOY,
				      "{\"undeployModelDetails\":{}}");
}

int automl_models_deploy(struct request *rq)
{
	return deploy(rq, true);
}

int automl_models_undeploy(struct request *rq)
{
	return deploy(rq, false);
}
