/* SPDX-License-Identifier: MIT */
/* AI Platform's operations: their telling names, google.cloud.ml.v1's metadata,
 * and the methods on one of them. */
#include <stdio.h>

#include "api/registry/ml.h"

#define TYPE_PREFIX "type.googleapis.com/google.cloud.ml.v1."

static const struct {
	enum operation_kind kind;
	const char *name; /* in the database */
	const char *verb; /* begins the operation's name */
	const char *type;
	const char *response;
} kinds[] = {
	{OPERATION_ML_CREATE_VERSION, "ml.createVersion", "create", "CREATE_VERSION",
	 TYPE_PREFIX "Version"},
	{OPERATION_ML_DELETE_VERSION, "ml.deleteVersion", "delete", "DELETE_VERSION",
	 "type.googleapis.com/google.protobuf.Empty"},
	{OPERATION_ML_UPDATE_VERSION, "ml.updateVersion", "update", "UPDATE_VERSION",
	 TYPE_PREFIX "Version"},
	{OPERATION_ML_UPDATE_MODEL, "ml.updateModel", "update", "UPDATE_MODEL",
	 TYPE_PREFIX "Model"},
	{OPERATION_ML_DELETE_MODEL, "ml.deleteModel", "delete", "DELETE_MODEL",
	 "type.googleapis.com/google.protobuf.Empty"},
};

const char ml_operation_type_sql[] = "CASE o.kind WHEN 'ml.createVersion' THEN 'CREATE_VERSION'"
				     " WHEN 'ml.deleteVersion' THEN 'DELETE_VERSION'"
				     " WHEN 'ml.updateVersion' THEN 'UPDATE_VERSION'"
				     " WHEN 'ml.updateModel' THEN 'UPDATE_MODEL'"
				     " WHEN 'ml.deleteModel' THEN 'DELETE_MODEL' END";

static int print_plain_name(const struct operation_row *row, struct buf *out)
{
	return buf_printf(out, "projects/%lld/operations/%s", (long long)row->project, row->id);
}

static void print_plain_metadata(const struct operation_row *row, struct json_writer *w)
{
	operation_splice(row->metadata, w);
}

/* What the service-neutral parts see of them: logs and the type names. */
const struct operation_service ml_operations = {"ml", "google.cloud.ml.", "ml.googleapis.com",
						print_plain_name, print_plain_metadata};

static size_t kind_index(enum operation_kind kind)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(kinds) - 1 && kinds[i].kind != kind)
		i++;
	return i;
}

static int make_metadata(struct txn *t, const struct ml_operation *op, struct buf *out)
{
	_cleanup_buf_ struct buf model = BUF_INIT;
	struct json_writer w;
	sqlite3_stmt *row;
	int r = 0;

	buf_printf(&model, "models/%s", op->model);
	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_str(&w, "modelName", buf_str(&model));
	if (op->key) {
		r = ml_version_row(t, op->key, &row);
		if (r == 0)
			ml_print_version(row, "version", NULL, true, &w);
	}
	if (json_type(op->labels) == JSON_OBJECT && json_count(op->labels))
		jw_value(&w, "labels", op->labels);
	jw_end_object(&w);
	return r < 0 ? r : out->err;
}

/* create_census_v1-1607934875576, the next millisecond where one is taken. */
static int set_name(struct txn *t, const struct ml_operation *op, const char *id)
{
	int64_t ms = registry_now() / 1000;

	for (;; ms++) {
		_cleanup_free_ char *name = str_format(
			"%s_%s%s%s-%lld", kinds[kind_index(op->kind)].verb, op->model,
			op->version ? "_" : "", op->version ? op->version : "", (long long)ms);
		int r;

		if (!name)
			return -ENOMEM;
		r = store_int(t, NULL, "SELECT 1 FROM operations WHERE project = ?1 AND name = ?2",
			      "it", op->project, name);
		if (r < 0)
			return r;
		if (r == 0)
			return store_run(
				t,
				"UPDATE operations SET name = ?2,"
				" start_time = CASE done WHEN 1 THEN create_time ELSE 0 END"
				" WHERE id = ?1",
				"tt", id, name);
	}
}

static int answer(struct request *rq, struct txn *t, const char *sql, const char *types,
		  int64_t project, const char *key)
{
	struct json_writer w;
	int r = 0;
	sqlite3_stmt *s = store_stmt(t, sql, &r);

	if (!s)
		return r;
	r = store_bind(s, types, project, key);
	if (r == 0)
		r = store_step(s);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name",
				    "The operation resource: \"%s\" was not found.", key);
	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	ml_print_operation(s, rq->args[0], &w);
	return rq->answer.body.err ? rq->answer.body.err : txn_commit(t);
}

int ml_operation_start(struct request *rq, struct txn *t, const struct ml_operation *op)
{
	_cleanup_buf_ struct buf metadata = BUF_INIT;
	struct place place = {.project = op->project, .location = ""};
	struct operation_new n = {.kind = op->kind,
				  .api_version = rq->api_version,
				  .place = &place,
				  .model = op->model,
				  .work = op->work,
				  .done = op->done,
				  .response = op->response};
	char id[OPERATION_ID_SIZE];
	int r = make_metadata(t, op, &metadata);

	n.metadata = buf_str(&metadata);
	if (r == 0)
		r = operation_insert(t, &n, id);
	if (r == 0)
		r = set_name(t, op, id);
	if (r == 0)
		r = answer(rq, t,
			   ML_OPERATION_SELECT " FROM operations o WHERE o.project = ?1"
					       " AND o.id = ?2",
			   "it", op->project, id);
	return r < 0 || op->done ? r : queue_add(rq->reg->queue, id);
}

static void write_time(struct json_writer *w, const char *key, int64_t micros)
{
	char text[32];

	if (!micros)
		return;
	mapping_time(micros, text);
	jw_str(w, key, text);
}

static size_t row_kind(sqlite3_stmt *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(store_text(row, 1), kinds[i].name))
			return i;
	return 0;
}

static void write_metadata(sqlite3_stmt *row, const char *project, struct json_writer *w)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf name = BUF_INIT;
	_cleanup_free_ char *model = NULL;
	struct json root = JSON_ABSENT;

	if (json_parse(store_text(row, 2), strlen(store_text(row, 2)), &doc, NULL) == 0)
		root = json_root(doc);
	model = json_get_str(root, "modelName");
	buf_printf(&name, "projects/%s/%s", project, model ? model : "");
	jw_object(w, "metadata");
	jw_str(w, "@type", TYPE_PREFIX "OperationMetadata");
	write_time(w, "createTime", sqlite3_column_int64(row, 3));
	write_time(w, "startTime", sqlite3_column_int64(row, 4));
	if (sqlite3_column_int(row, 7))
		write_time(w, "endTime", sqlite3_column_int64(row, 5));
	if (sqlite3_column_int(row, 6))
		jw_bool(w, "isCancellationRequested", true);
	jw_str(w, "operationType", kinds[row_kind(row)].type);
	jw_str(w, "modelName", buf_str(&name));
	if (json_present(json_get(root, "version")))
		ml_print_stored(json_get(root, "version"), "version", project, w);
	jw_int64(w, "projectNumber", sqlite3_column_int64(row, 11));
	if (json_present(json_get(root, "labels")))
		jw_value(w, "labels", json_get(root, "labels"));
	jw_end_object(w);
}

static void write_result(sqlite3_stmt *row, const char *project, struct json_writer *w)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	int64_t code = sqlite3_column_int64(row, 8);
	const char *response = store_text(row, 10);

	jw_bool(w, "done", true);
	if (code) {
		jw_object(w, "error");
		jw_int(w, "code", code);
		jw_str(w, "message", store_text(row, 9));
		jw_end_object(w);
		return;
	}
	jw_object(w, "response");
	jw_str(w, "@type", kinds[row_kind(row)].response);
	if (*response && json_parse(response, strlen(response), &doc, NULL) == 0)
		ml_print_stored(json_root(doc), NULL, project, w);
	jw_end_object(w);
}

void ml_print_operation(sqlite3_stmt *row, const char *project, struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT;

	buf_printf(&name, "projects/%s/operations/%s", project, store_text(row, 0));
	jw_object(w, NULL);
	jw_str(w, "name", buf_str(&name));
	write_metadata(row, project, w);
	if (sqlite3_column_int(row, 7))
		write_result(row, project, w);
	jw_end_object(w);
}

int ml_operations_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	int64_t project = 0;
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = place_of_project(rq, &t, false, &project);
	return r < 0 ? r
		     : answer(rq, &t,
			      ML_OPERATION_SELECT " FROM operations o WHERE o.project = ?1"
						  " AND o.name = ?2",
			      "it", project, rq->args[1]);
}

/* The queue's id of the operation that the path names; NULL: refused. */
static int find_id(struct request *rq, struct txn *t, char id[OPERATION_ID_SIZE])
{
	int64_t project = 0;
	sqlite3_stmt *s;
	int r = place_of_project(rq, t, false, &project);

	if (r < 0)
		return r;
	s = store_stmt(t, "SELECT id FROM operations WHERE project = ?1 AND name = ?2", &r);
	if (!s)
		return r;
	r = store_bind(s, "it", project, rq->args[1]);
	if (r == 0)
		r = store_step(s);
	if (r == 1)
		snprintf(id, OPERATION_ID_SIZE, "%s", store_text(s, 0));
	sqlite3_reset(s);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name",
				    "The operation resource: \"%s\" was not found.", rq->args[1]);
	return r < 0 ? r : 0;
}

int ml_operations_cancel(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	char id[OPERATION_ID_SIZE];
	struct json body;
	int r = request_json(rq, &body);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = find_id(rq, &t, id);
	/* Stored first: a crash right after the answer must not forget it. */
	if (r == 0)
		r = store_run(&t, "UPDATE operations SET cancelled = 1 WHERE id = ?1 AND done = 0",
			      "t", id);
	if (r == 0)
		r = txn_commit(&t);
	if (r < 0)
		return r;
	queue_cancel(rq->reg->queue, id);
	return request_empty(rq);
}
