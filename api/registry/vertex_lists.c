/* SPDX-License-Identifier: MIT */
/* models.list, listVersions, evaluations.list: a page of rows each. */
#include <stdio.h>

#include "api/registry/filter.h"
#include "api/registry/paging.h"
#include "api/registry/vertex.h"
#include "api/vertex.h"

/* The value of a label of the pair (m, v); the version's wins. */
#define LABEL_SQL                                                         \
	"coalesce((SELECT value FROM json_each(v.labels) WHERE key = @)," \
	"(SELECT value FROM json_each(m.labels) WHERE key = @))"
/* The last segment of the Model Garden model's name. */
#define BASE_MODEL_SQL                                                                         \
	"replace(json_extract(v.doc, '$.baseModelSource.modelGardenSource.publicModelName'),"  \
	" rtrim(json_extract(v.doc, '$.baseModelSource.modelGardenSource.publicModelName'),"   \
	" replace(json_extract(v.doc, '$.baseModelSource.modelGardenSource.publicModelName')," \
	" '/', '')), '')"

static const struct filter_field model_fields[] = {
	{"model", "m.id", FILTER_TEXT, FILTER_EQ | FILTER_NE},
	{"displayName", "m.display_name", FILTER_TEXT, FILTER_EQ | FILTER_NE},
	{"labels", LABEL_SQL, FILTER_MAP, FILTER_EQ | FILTER_NE | FILTER_HAS},
	{"baseModelName", BASE_MODEL_SQL, FILTER_TEXT, FILTER_EQ},
};
static const struct filter_field version_fields[] = {
	{"labels", LABEL_SQL, FILTER_MAP, FILTER_EQ | FILTER_NE | FILTER_HAS},
};
static const struct order_column model_columns[] = {
	{"displayName", "m.display_name", true},
	{"createTime", "m.create_time", false},
	{"updateTime", "m.update_time", false},
};
static const struct order_column version_columns[] = {
	{"createTime", "v.create_time", false},
	{"updateTime", "v.update_time", false},
};

struct list {
	struct page page;
	struct order order;
	struct filter filter;
	struct mask mask;
};
#define LIST_INIT                     \
	{                             \
		.filter = FILTER_INIT \
	}

static void list_free(struct list *l)
{
	page_free(&l->page);
	filter_free(&l->filter);
	mask_free(&l->mask);
}
#define _cleanup_list_ _cleanup_(list_free)

/* Read every argument of a list; `last` is the unique sort column. */
static int list_arguments(struct request *rq, const struct message *message,
			  const struct filter_field *fields, size_t field_count,
			  const struct order_column *columns, size_t column_count, const char *last,
			  struct list *l)
{
	_cleanup_buf_ struct buf why = BUF_INIT;
	const char *filter = request_param(rq, "filter");
	const char *order = request_param_any(rq, "orderBy", "order_by");
	int r = filter_parse(filter ? filter : "", fields, field_count, &l->filter, &why);

	if (r == -EINVAL)
		return request_fail(rq, API_INVALID_ARGUMENT, "filter", "%s", buf_str(&why));
	if (r < 0)
		return r;
	if (order_parse(order ? order : "", columns, column_count, &l->order, &why) < 0)
		return request_fail(rq, API_INVALID_ARGUMENT, "orderBy", "%s", buf_str(&why));
	order_add(&l->order, last, false, false);
	r = vertex_read_mask(rq, message, &l->mask);
	return r < 0 ? r : page_parse(rq, &l->order, &l->page);
}

/* "SELECT … , <sort key> FROM … WHERE <where> AND (filter) …" */
static int list_prepare(struct txn *t, struct list *l, const char *select, const char *from,
			sqlite3_stmt **stmt)
{
	_cleanup_buf_ struct buf sql = BUF_INIT;
	int r;

	buf_puts(&sql, select);
	for (size_t i = 0; i < l->order.count; i++)
		buf_printf(&sql, ", %s", l->order.by[i].sql);
	buf_printf(&sql, "%s AND (%s)", from, buf_str(&l->filter.sql));
	page_sql(&l->page, &l->order, 10, &sql);
	if (sql.err)
		return sql.err;
	r = store_prepare(t, buf_str(&sql), stmt);
	if (r == 0)
		r = page_bind(&l->page, &l->order, 10, *stmt);
	return r < 0 ? r : filter_bind(&l->filter, *stmt);
}

typedef void (*print_fn)(sqlite3_stmt *row, const struct place *place, const struct mask *mask,
			 struct json_writer *w);

static int list_answer(struct request *rq, struct list *l, sqlite3_stmt *stmt, int key_column,
		       const char *items, const struct place *place, print_fn print)
{
	_cleanup_buf_ struct buf token = BUF_INIT;
	struct json_writer w;
	int64_t n = 0;
	int r;

	jw_init(&w, request_answer(rq));
	jw_object(&w, NULL);
	while ((r = store_step(stmt)) == 1 && n < l->page.size) {
		if (n++ == 0)
			jw_array(&w, items);
		print(stmt, place, &l->mask, &w);
		if (n == l->page.size)
			page_token(&l->page, &l->order, stmt, key_column, &token);
	}
	if (n)
		jw_end_array(&w);
	if (r == 1)
		jw_str(&w, "nextPageToken", buf_str(&token));
	jw_end_object(&w);
	return r < 0 ? r : rq->answer.body.err;
}

static void print_model(sqlite3_stmt *row, const struct place *place, const struct mask *mask,
			struct json_writer *w)
{
	vertex_print(row, place, false, mask, w);
}

static void print_version(sqlite3_stmt *row, const struct place *place, const struct mask *mask,
			  struct json_writer *w)
{
	vertex_print(row, place, true, mask, w);
}

int vertex_models_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_list_ struct list l = LIST_INIT;
	struct place place = {0};
	int r = list_arguments(rq, &vertex_model, model_fields, ARRAY_SIZE(model_fields),
			       model_columns, ARRAY_SIZE(model_columns), "m.key", &l);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = place_find(rq, &t, false, &place);
	if (r < 0)
		return r;
	r = list_prepare(&t, &l, VERTEX_SELECT,
			 " FROM vertex_models m"
			 " JOIN vertex_aliases a ON a.model = m.key AND a.alias = 'default'"
			 " JOIN vertex_versions v ON v.model = m.key AND v.version = a.version"
			 " WHERE m.project = ?1 AND m.location = ?2",
			 &stmt);
	if (r == 0)
		r = store_bind(stmt, "it", place.project, place.location);
	return r < 0 ? r
		     : list_answer(rq, &l, stmt, VERTEX_COLUMN_COUNT, "models", &place,
				   print_model);
}

int vertex_models_list_versions(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_list_ struct list l = LIST_INIT;
	_cleanup_model_ref_ struct model_ref m = {0};
	int r = list_arguments(rq, &vertex_model, version_fields, ARRAY_SIZE(version_fields),
			       version_columns, ARRAY_SIZE(version_columns), "v.version", &l);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = vertex_find(rq, &t, &m);
	if (r < 0)
		return r;
	r = list_prepare(&t, &l, VERTEX_SELECT, VERTEX_FROM " WHERE m.key = ?1", &stmt);
	if (r == 0)
		r = store_bind(stmt, "i", m.key);
	return r < 0 ? r
		     : list_answer(rq, &l, stmt, VERTEX_COLUMN_COUNT, "models", &m.place,
				   print_version);
}

/* Columns: model id, evaluation id, document, createTime. */
static void print_evaluation(sqlite3_stmt *row, const struct place *place, const struct mask *mask,
			     struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT, whole = BUF_INIT;
	_cleanup_json_ struct json_doc *masked = NULL;
	struct json_writer inner;
	char time[32];

	vertex_name(place, store_text(row, 0), &name);
	buf_printf(&name, "/evaluations/%s", store_text(row, 1));
	mapping_time(sqlite3_column_int64(row, 3), time);
	jw_init(&inner, &whole);
	jw_object(&inner, NULL);
	jw_str(&inner, "name", buf_str(&name));
	vertex_write_doc(&vertex_model_evaluation, store_text(row, 2), place->beta, &inner);
	jw_str(&inner, "createTime", time);
	jw_end_object(&inner);
	if (!mask || mask->all || !mask->count)
		jw_raw(w, NULL, buf_str(&whole), whole.len);
	else if (json_parse(buf_str(&whole), whole.len, &masked, NULL) == 0)
		mask_print(mask, json_root(masked), w);
}

#define EVALUATION_SELECT "SELECT ?2, e.id, e.doc, e.create_time"

int vertex_evaluations_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_list_ struct list l = LIST_INIT;
	_cleanup_model_ref_ struct model_ref m = {0};
	static const struct filter_field fields[] = {
		{"displayName", "json_extract(e.doc, '$.displayName')", FILTER_TEXT,
		 FILTER_EQ | FILTER_NE},
		{"metricsSchemaUri", "json_extract(e.doc, '$.metricsSchemaUri')", FILTER_TEXT,
		 FILTER_EQ | FILTER_NE},
		{"createTime", "e.create_time", FILTER_TIME, FILTER_ORDER | FILTER_EQ},
	};
	int r = list_arguments(rq, &vertex_model_evaluation, fields, ARRAY_SIZE(fields), NULL, 0,
			       "e.key", &l);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = vertex_find(rq, &t, &m);
	if (r < 0)
		return r;
	/* models/M: of all versions; models/M@2: of that one. */
	r = list_prepare(&t, &l, EVALUATION_SELECT,
			 " FROM vertex_evaluations e WHERE e.model = ?1"
			 " AND (?3 = 0 OR e.version = ?3)",
			 &stmt);
	if (r == 0)
		r = store_bind(stmt, "iti", m.key, m.id,
			       m.tag == TAG_ID || m.tag == TAG_ALIAS ? m.version : INT64_C(0));
	return r < 0 ? r
		     : list_answer(rq, &l, stmt, 4, "modelEvaluations", &m.place, print_evaluation);
}

static int answer_evaluation(struct request *rq, struct txn *t, const struct model_ref *m,
			     const char *id)
{
	struct json_writer w;
	int r = 0;
	sqlite3_stmt *row = store_stmt(t,
				       EVALUATION_SELECT " FROM vertex_evaluations e"
							 " WHERE e.model = ?1 AND e.id = ?3",
				       &r);

	if (!row)
		return r;
	r = store_bind(row, "itt", m->key, m->id, id);
	if (r == 0)
		r = store_step(row);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name", "Evaluation '%s' is not found.", id);
	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	print_evaluation(row, &m->place, NULL, &w);
	return rq->answer.body.err ? rq->answer.body.err : txn_commit(t);
}

int vertex_evaluations_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_model_ref_ struct model_ref m = {0};
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = vertex_find(rq, &t, &m);
	return r < 0 ? r : answer_evaluation(rq, &t, &m, rq->args[3]);
}

int vertex_evaluations_import(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_model_ref_ struct model_ref m = {0};
	_cleanup_buf_ struct buf doc = BUF_INIT;
	struct json body, evaluation;
	char id[24];
	int r = request_json(rq, &body);

	if (r < 0)
		return r;
	evaluation = mapping_get(body, "modelEvaluation");
	if (!json_present(evaluation))
		return request_fail(rq, API_INVALID_ARGUMENT, "modelEvaluation",
				    "The evaluation is required.");
	r = vertex_check_body(rq, &vertex_model_evaluation, evaluation);
	if (r == 0)
		r = mapping_canonical(&vertex_model_evaluation, evaluation, &doc);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = vertex_find(rq, &t, &m);
	if (r == 0)
		r = operation_new_id(id);
	if (r == 0)
		r = store_run(&t,
			      "INSERT INTO vertex_evaluations(model, version, id, doc, create_time)"
			      " VALUES(?1, ?2, ?3, ?4, ?5)",
			      "iitti", m.key, m.version, id, buf_str(&doc), registry_now());
	return r < 0 ? r : answer_evaluation(rq, &t, &m, id);
}
