/* SPDX-License-Identifier: MIT */
/* projects.models: create, get, patch, delete. */
#include <stdio.h>

#include "api/registry/ml.h"
#include "api/resource.h"

static int answer_model(struct request *rq, struct txn *t, int64_t key)
{
	struct json_writer w;
	sqlite3_stmt *row;
	int r = ml_model_row(t, key, &row);

	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	r = ml_print_model(t, row, rq->args[0], &w);
	return r < 0 ? r : txn_commit(t);
}

int ml_models_create(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_json_ struct json_doc *body = NULL;
	_cleanup_ml_refusal_ struct ml_refusal refusal = {0};
	_cleanup_buf_ struct buf doc = BUF_INIT;
	_cleanup_free_ char *id = NULL;
	int64_t project = 0, key = 0;
	int r = ml_read_body(rq, &ml_model, &body);

	if (r == 0)
		r = ml_refuse(rq, ml_check_model(json_root(body), &refusal), &refusal);
	if (r == 0)
		r = ml_model_doc(json_root(body), &doc);
	if (r < 0)
		return r;
	id = json_get_str(json_root(body), "name");
	if (!id)
		return -ENOMEM;
	r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = place_of_project(rq, &t, true, &project);
	if (r < 0)
		return r;
	r = store_int(&t, NULL, "SELECT 1 FROM ml_models WHERE project = ?1 AND id = ?2", "it",
		      project, id);
	if (r == 1)
		return request_fail(rq, API_ALREADY_EXISTS, "name",
				    "A model with the same name already exists: \"%s\".", id);
	if (r == 0)
		r = store_run(&t,
			      "INSERT INTO ml_models(project, id, doc, create_time)"
			      " VALUES(?1, ?2, ?3, ?4)",
			      "itti", project, id, buf_str(&doc), registry_now());
	if (r == 0)
		r = store_int(&t, &key, "SELECT last_insert_rowid()", "");
	return r < 0 ? r : answer_model(rq, &t, key);
}

int ml_models_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	struct ml_ref m = {0};
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = ml_find_model(rq, &t, &m);
	return r < 0 ? r : answer_model(rq, &t, m.model);
}

#define FIELD_DEFAULT "defaultVersion.name"

/* default_version.name: the version's id, or its whole name. */
static int patch_default(struct request *rq, struct txn *t, struct ml_ref *m, struct json body)
{
	_cleanup_free_ char *name = json_get_str(json_get(body, "defaultVersion"), "name");
	const char *id = name ? resource_id(name) : "";
	int r;

	if (!*id)
		return request_fail(rq, API_INVALID_ARGUMENT, FIELD_DEFAULT,
				    "The default version's name is required.");
	if (strchr(name, '/')) {
		_cleanup_resource_ struct resource res = {0};

		r = resource_parse(name, &res);
		if (r == -ENOMEM)
			return r;
		if (r < 0 || res.kind != RES_VERSION || !streq(res.model, rq->args[1]))
			return request_fail(rq, API_INVALID_ARGUMENT, FIELD_DEFAULT,
					    "'%s' is no version of this model.", name);
	}
	r = ml_find_version_id(t, m, id);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, FIELD_DEFAULT,
				    "The version resource: \"%s\" of model \"%s\" was not found.",
				    id, rq->args[1]);
	if (r < 0)
		return r;
	if (!streq(m->state, "READY"))
		return request_fail(rq, API_FAILED_PRECONDITION, FIELD_DEFAULT,
				    "The version \"%s\" is %s: only a version that is READY can "
				    "be the default.",
				    id, m->state);
	return store_run(t, "UPDATE ml_models SET default_version = ?2 WHERE key = ?1", "ii",
			 m->model, m->version);
}

static int check_patch(struct request *rq, struct txn *t, const struct ml_ref *m,
		       const struct mask *mask, struct json body)
{
	_cleanup_ml_refusal_ struct ml_refusal refusal = {0};
	char etag[ML_ETAG_SIZE];
	sqlite3_stmt *row;
	int r = store_int(t, NULL,
			  "SELECT 1 FROM ml_versions WHERE model = ?1"
			  " AND json_extract(doc, '$.machineType') LIKE 'mls1-%' LIMIT 1",
			  "i", m->model);

	if (r < 0)
		return r;
	r = ml_check_model_patch((const char *const *)mask->paths, mask->count, r == 1, &refusal);
	if (r < 0)
		return ml_refuse(rq, r, &refusal);
	r = ml_model_row(t, m->model, &row);
	if (r < 0)
		return r;
	ml_model_etag(row, etag);
	return ml_check_etag(rq, body, etag);
}

static int apply_patch(struct txn *t, const struct ml_ref *m, const struct mask *mask,
		       struct json body)
{
	_cleanup_buf_ struct buf paths = BUF_INIT, doc = BUF_INIT;
	_cleanup_json_ struct json_doc *current = NULL, *list = NULL;
	struct json_writer w;
	sqlite3_stmt *row;
	int r = ml_model_row(t, m->model, &row);

	if (r < 0)
		return r;
	jw_init(&w, &paths);
	jw_array(&w, NULL);
	for (size_t i = 0; i < mask->count; i++)
		jw_str(&w, NULL, mask->paths[i]);
	jw_end_array(&w);
	r = json_parse(store_text(row, 2), strlen(store_text(row, 2)), &current, NULL);
	if (r == 0)
		r = json_parse(buf_str(&paths), paths.len, &list, NULL);
	if (r == 0)
		r = ml_patched_doc(&ml_model, json_root(current), json_root(list), body, &doc);
	if (r == 0)
		r = store_run(t,
			      "UPDATE ml_models SET doc = ?2, change = change + 1 WHERE key = ?1",
			      "it", m->model, buf_str(&doc));
	return r;
}

static int start_done(struct request *rq, struct txn *t, const struct ml_ref *m,
		      enum operation_kind kind, struct json labels, const char *response)
{
	struct ml_operation op = {.kind = kind,
				  .project = m->project,
				  .model = rq->args[1],
				  .labels = labels,
				  .response = response,
				  .done = true};

	return ml_operation_start(rq, t, &op);
}

int ml_models_patch(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_json_ struct json_doc *body = NULL, *doc = NULL;
	_cleanup_mask_ struct mask mask = {0};
	_cleanup_buf_ struct buf response = BUF_INIT;
	struct ml_ref m = {0};
	int r = ml_read_body(rq, &ml_model, &body);

	if (r == 0)
		r = ml_read_mask(rq, &mask);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = ml_find_model(rq, &t, &m);
	if (r == 0)
		r = check_patch(rq, &t, &m, &mask, json_root(body));
	if (r == 0 && mask_has(&mask, FIELD_DEFAULT))
		r = patch_default(rq, &t, &m, json_root(body));
	if (r == 0)
		r = apply_patch(&t, &m, &mask, json_root(body));
	if (r == 0)
		r = ml_model_json(&t, m.model, &response);
	if (r == 0)
		r = json_parse(buf_str(&response), response.len, &doc, NULL);
	return r < 0 ? r
		     : start_done(rq, &t, &m, OPERATION_ML_UPDATE_MODEL,
				  json_get(json_root(doc), "labels"), buf_str(&response));
}

int ml_models_delete(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	struct ml_ref m = {0};
	sqlite3_stmt *row;
	int r = txn_begin(&t, rq->reg->store, true);

	if (r == 0)
		r = ml_find_model(rq, &t, &m);
	if (r < 0)
		return r;
	r = store_int(&t, NULL, "SELECT 1 FROM ml_versions WHERE model = ?1 LIMIT 1", "i", m.model);
	if (r == 1)
		return request_fail(rq, API_FAILED_PRECONDITION, "name",
				    "A model with versions cannot be deleted: delete the versions "
				    "of \"%s\" first.",
				    rq->args[1]);
	if (r == 0)
		r = ml_model_row(&t, m.model, &row);
	if (r == 0)
		r = json_parse(store_text(row, 2), strlen(store_text(row, 2)), &doc, NULL);
	if (r == 0)
		r = store_run(&t, "DELETE FROM ml_models WHERE key = ?1", "i", m.model);
	if (r < 0)
		return r;
	ml_artifacts_forget(rq->reg, &t, m.project, rq->args[1]);
	return start_done(rq, &t, &m, OPERATION_ML_DELETE_MODEL, json_get(json_root(doc), "labels"),
			  NULL);
}
