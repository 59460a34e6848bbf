/* SPDX-License-Identifier: MIT */
/* projects.models.versions: create, get, patch, delete, setDefault. */
#include <stdio.h>

#include "api/registry/ml.h"

static int answer_version(struct request *rq, struct txn *t, int64_t key)
{
	struct json_writer w;
	sqlite3_stmt *row;
	int r = ml_version_row(t, key, &row);

	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	ml_print_version(row, NULL, rq->args[0], false, &w);
	return rq->answer.body.err ? rq->answer.body.err : txn_commit(t);
}

static int insert_version(struct request *rq, struct txn *t, struct ml_ref *m, const char *id,
			  const char *doc)
{
	int r = ml_find_version_id(t, m, id);

	if (r == 1)
		return request_fail(rq, API_ALREADY_EXISTS, "name",
				    "A version with the same name already exists: \"%s\".", id);
	if (r == 0)
		r = store_run(t,
			      "INSERT INTO ml_versions(model, id, doc, state, create_time)"
			      " VALUES(?1, ?2, ?3, 'CREATING', ?4)",
			      "itti", m->model, id, doc, registry_now());
	if (r == 0)
		r = store_int(t, &m->version, "SELECT last_insert_rowid()", "");
	return r < 0 ? r : 0;
}

/* Start the work on a version; its state is set already. */
static int start_work(struct request *rq, struct txn *t, const struct ml_ref *m,
		      enum operation_kind kind, const char *id, struct json labels,
		      const struct buf *work)
{
	struct ml_operation op = {.kind = kind,
				  .project = m->project,
				  .model = rq->args[1],
				  .version = id,
				  .key = m->version,
				  .labels = labels,
				  .work = buf_str(work)};

	return work->err ? work->err : ml_operation_start(rq, t, &op);
}

int ml_versions_create(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_json_ struct json_doc *body = NULL;
	_cleanup_ml_refusal_ struct ml_refusal refusal = {0};
	_cleanup_buf_ struct buf doc = BUF_INIT, work = BUF_INIT;
	_cleanup_free_ char *id = NULL;
	struct ml_ref m = {0};
	int r = ml_read_body(rq, &ml_version, &body);

	if (r == 0)
		r = ml_refuse(rq, ml_check_version(json_root(body), &refusal), &refusal);
	if (r == 0)
		r = ml_version_doc(json_root(body), rq->args[1], &doc);
	if (r < 0)
		return r;
	id = json_get_str(json_root(body), "name");
	if (!id)
		return -ENOMEM;
	r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = ml_find_model(rq, &t, &m);
	if (r == 0)
		r = insert_version(rq, &t, &m, id, buf_str(&doc));
	if (r < 0)
		return r;
	buf_printf(&work, "{\"version\":%lld}", (long long)m.version);
	return start_work(rq, &t, &m, OPERATION_ML_CREATE_VERSION, id,
			  json_get(json_root(body), "labels"), &work);
}

int ml_versions_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	struct ml_ref m = {0};
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = ml_find_version(rq, &t, &m);
	return r < 0 ? r : answer_version(rq, &t, m.version);
}

/* No patch and no delete while an operation is at work on the version. */
static int check_idle(struct request *rq, const struct ml_ref *m)
{
	static const char *const busy[] = {"CREATING", "UPDATING", "DELETING"};

	for (size_t i = 0; i < ARRAY_SIZE(busy); i++)
		if (streq(m->state, busy[i]))
			return request_fail(rq, API_FAILED_PRECONDITION, "name",
					    "The version \"%s\" is %s: it can neither be updated "
					    "nor deleted now.",
					    rq->args[2], m->state);
	return 0;
}

/* The version's stored document and etag. */
static int read_current(struct txn *t, const struct ml_ref *m, struct json_doc **doc,
			char etag[ML_ETAG_SIZE])
{
	sqlite3_stmt *row;
	int r = ml_version_row(t, m->version, &row);

	if (r < 0)
		return r;
	ml_version_etag(row, etag);
	return json_parse(store_text(row, ML_DOC_COLUMN), strlen(store_text(row, ML_DOC_COLUMN)),
			  doc, NULL);
}

static int set_state(struct txn *t, const struct ml_ref *m, const char *state)
{
	return store_run(t, "UPDATE ml_versions SET state = ?2 WHERE key = ?1", "it", m->version,
			 state);
}

static void write_patch_work(const struct ml_ref *m, const struct mask *mask, struct json body,
			     struct buf *work)
{
	struct json_writer w;

	jw_init(&w, work);
	jw_object(&w, NULL);
	jw_int(&w, "version", m->version);
	jw_str(&w, "state", m->state);
	jw_array(&w, "paths");
	for (size_t i = 0; i < mask->count; i++)
		jw_str(&w, NULL, mask->paths[i]);
	jw_end_array(&w);
	jw_value(&w, "body", body);
	jw_end_object(&w);
}

int ml_versions_patch(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_json_ struct json_doc *body = NULL, *current = NULL;
	_cleanup_mask_ struct mask mask = {0};
	_cleanup_ml_refusal_ struct ml_refusal refusal = {0};
	_cleanup_buf_ struct buf work = BUF_INIT;
	struct ml_ref m = {0};
	char etag[ML_ETAG_SIZE];
	int r = ml_read_body(rq, &ml_version, &body);

	if (r == 0)
		r = ml_read_mask(rq, &mask);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = ml_find_version(rq, &t, &m);
	if (r == 0)
		r = check_idle(rq, &m);
	if (r == 0)
		r = read_current(&t, &m, &current, etag);
	if (r < 0)
		return r;
	r = ml_check_version_patch(json_root(current), (const char *const *)mask.paths, mask.count,
				   json_root(body), &refusal);
	if (r < 0)
		return ml_refuse(rq, r, &refusal);
	r = ml_check_etag(rq, json_root(body), etag);
	if (r == 0)
		r = set_state(&t, &m, "UPDATING");
	if (r < 0)
		return r;
	write_patch_work(&m, &mask, json_root(body), &work);
	return start_work(rq, &t, &m, OPERATION_ML_UPDATE_VERSION, rq->args[2],
			  json_get(json_root(current), "labels"), &work);
}

static int check_deletable(struct request *rq, struct txn *t, const struct ml_ref *m)
{
	int r = check_idle(rq, m);

	if (r == 0)
		r = store_int(
			t, NULL,
			"SELECT 1 FROM ml_models m WHERE m.key = ?1 AND m.default_version = ?2"
			" AND EXISTS(SELECT 1 FROM ml_versions v WHERE v.model = m.key"
			"  AND v.key <> ?2)",
			"ii", m->model, m->version);
	if (r == 1)
		return request_fail(rq, API_FAILED_PRECONDITION, "name",
				    "The version \"%s\" is the default version: it can be deleted "
				    "only when it is the only version of its model.",
				    rq->args[2]);
	return r;
}

int ml_versions_delete(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_json_ struct json_doc *current = NULL;
	_cleanup_buf_ struct buf work = BUF_INIT;
	struct ml_ref m = {0};
	char etag[ML_ETAG_SIZE];
	int r = txn_begin(&t, rq->reg->store, true);

	if (r == 0)
		r = ml_find_version(rq, &t, &m);
	if (r == 0)
		r = check_deletable(rq, &t, &m);
	if (r == 0)
		r = read_current(&t, &m, &current, etag);
	if (r == 0)
		r = set_state(&t, &m, "DELETING");
	if (r < 0)
		return r;
	buf_printf(&work, "{\"version\":%lld,\"state\":\"%s\"}", (long long)m.version, m.state);
	return start_work(rq, &t, &m, OPERATION_ML_DELETE_VERSION, rq->args[2],
			  json_get(json_root(current), "labels"), &work);
}

int ml_versions_set_default(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_json_ struct json_doc *body = NULL;
	struct ml_ref m = {0};
	int r = ml_read_body(rq, &ml_set_default_version_request, &body);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = ml_find_version(rq, &t, &m);
	if (r < 0)
		return r;
	if (!streq(m.state, "READY"))
		return request_fail(rq, API_FAILED_PRECONDITION, "name",
				    "The version \"%s\" is %s: only a version that is READY can "
				    "be the default.",
				    rq->args[2], m.state);
	r = store_run(&t,
		      "UPDATE ml_models SET default_version = ?2, change = change + 1"
		      " WHERE key = ?1 AND default_version IS NOT ?2",
		      "ii", m.model, m.version);
	return r < 0 ? r : answer_version(rq, &t, m.version);
}
