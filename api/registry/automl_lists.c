/* SPDX-License-Identifier: MIT */
/* AutoML's lists of models and evaluations, and its one location. */
#include <stdio.h>

#include "api/registry/automl.h"
#include "api/registry/filter.h"
#include "api/registry/paging.h"

#define ARM(name)                                                                      \
	{                                                                              \
		name, "CASE m.arm WHEN '" name "' THEN 1 END", FILTER_TEXT, FILTER_HAS \
	}

static const struct filter_field model_fields[] = {
	ARM("imageClassificationModelMetadata"),
	ARM("imageObjectDetectionModelMetadata"),
	ARM("textClassificationModelMetadata"),
	ARM("textExtractionModelMetadata"),
	ARM("textSentimentModelMetadata"),
	ARM("translationModelMetadata"),
	{"datasetId", "m.dataset", FILTER_TEXT, FILTER_EQ | FILTER_NE},
};
static const struct filter_field evaluation_fields[] = {
	{"annotationSpecId", "nullif(json_extract(e.doc, '$.annotationSpecId'), '')", FILTER_TEXT,
	 FILTER_EQ | FILTER_NE | FILTER_HAS},
};

struct list {
	struct page page;
	struct order order;
	struct filter filter;
};
#define LIST_INIT                     \
	{                             \
		.filter = FILTER_INIT \
	}

static void list_free(struct list *l)
{
	page_free(&l->page);
	filter_free(&l->filter);
}
#define _cleanup_list_ _cleanup_(list_free)

static int list_arguments(struct request *rq, const struct filter_field *fields, size_t count,
			  const char *last, struct list *l)
{
	_cleanup_buf_ struct buf why = BUF_INIT;
	const char *filter = request_param(rq, "filter");
	int r = filter_parse(filter ? filter : "", fields, count, &l->filter, &why);

	if (r == -EINVAL)
		return request_fail(rq, API_INVALID_ARGUMENT, "filter", "%s", buf_str(&why));
	order_add(&l->order, last, false, false);
	return r < 0 ? r : page_parse(rq, &l->order, &l->page);
}

/* sql ends in its WHERE; the sort key is its last column. */
static int list_prepare(struct txn *t, struct list *l, const char *sql, sqlite3_stmt **stmt)
{
	_cleanup_buf_ struct buf all = BUF_INIT;
	int r;

	buf_printf(&all, "%s AND (%s)", sql, buf_str(&l->filter.sql));
	page_sql(&l->page, &l->order, 10, &all);
	r = all.err ? all.err : store_prepare(t, buf_str(&all), stmt);
	if (r == 0)
		r = page_bind(&l->page, &l->order, 10, *stmt);
	return r < 0 ? r : filter_bind(&l->filter, *stmt);
}

static int list_answer(struct request *rq, struct list *l, sqlite3_stmt *stmt, int key_column,
		       const char *items, void (*print)(sqlite3_stmt *row, struct json_writer *w))
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
		jw_object(&w, NULL);
		print(stmt, &w);
		jw_end_object(&w);
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

int automl_models_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_list_ struct list l = LIST_INIT;
	struct place place = {0};
	int r = list_arguments(rq, model_fields, ARRAY_SIZE(model_fields), "m.key", &l);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = place_find(rq, &t, false, &place);
	if (r == 0)
		r = list_prepare(&t, &l, AUTOML_SELECT " WHERE m.project = ?1 AND m.location = ?2",
				 &stmt);
	if (r == 0)
		r = store_bind(stmt, "it", place.project, place.location);
	return r < 0 ? r : list_answer(rq, &l, stmt, AUTOML_KEY, "model", automl_print_members);
}

#define EVALUATION_SELECT                                                                  \
	"SELECT e.key, m.project, m.location, m.id, e.id, e.doc FROM automl_evaluations e" \
	" JOIN automl_models m ON m.key = e.model"

static void print_evaluation(sqlite3_stmt *row, struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	const char *text = store_text(row, 5);

	buf_printf(&name, "projects/%lld/locations/%s/models/%s/modelEvaluations/%s",
		   (long long)sqlite3_column_int64(row, 1), store_text(row, 2), store_text(row, 3),
		   store_text(row, 4));
	jw_str(w, "name", buf_str(&name));
	if (json_parse(text, strlen(text), &doc, NULL) < 0)
		return;
	for (struct json c = json_first(json_root(doc)); json_present(c); c = json_next(c)) {
		_cleanup_buf_ struct buf key = BUF_INIT;

		json_key(c, &key);
		if (!streq(buf_str(&key), "name"))
			jw_value(w, buf_str(&key), c);
	}
}

int automl_evaluations_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_list_ struct list l = LIST_INIT;
	struct automl_ref m = {0};
	bool all = streq(rq->args[2], "-"); /* of every model */
	int r = list_arguments(rq, evaluation_fields, ARRAY_SIZE(evaluation_fields), "e.key", &l);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = all ? place_find(rq, &t, false, &m.place) : automl_find(rq, &t, &m);
	if (r == 0)
		r = list_prepare(&t, &l,
				 EVALUATION_SELECT " WHERE m.project = ?1 AND m.location = ?2"
						   " AND (?3 = 0 OR m.key = ?3)",
				 &stmt);
	if (r == 0)
		r = store_bind(stmt, "iti", m.place.project, m.place.location, m.key);
	return r < 0 ? r : list_answer(rq, &l, stmt, 0, "modelEvaluation", print_evaluation);
}

int automl_evaluations_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	struct automl_ref m = {0};
	struct json_writer w;
	sqlite3_stmt *row = NULL;
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = automl_find(rq, &t, &m);
	if (r < 0)
		return r;
	row = store_stmt(&t, EVALUATION_SELECT " WHERE e.model = ?1 AND e.id = ?2", &r);
	if (row)
		r = store_bind(row, "it", m.key, rq->args[3]);
	if (r == 0)
		r = store_step(row);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name", "Evaluation '%s' is not found.",
				    rq->args[3]);
	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	jw_object(&w, NULL);
	print_evaluation(row, &w);
	jw_end_object(&w);
	return rq->answer.body.err;
}

static void print_location(int64_t project, struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT;

	buf_printf(&name, "projects/%lld/locations/" AUTOML_LOCATION, (long long)project);
	jw_object(w, NULL);
	jw_str(w, "name", buf_str(&name));
	jw_str(w, "locationId", AUTOML_LOCATION);
	jw_object(w, "labels");
	jw_str(w, "cloud.googleapis.com/region", AUTOML_LOCATION);
	jw_end_object(w);
	jw_end_object(w);
}

int automl_locations_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_page_ struct page page = {0};
	struct order order = {0};
	struct json_writer w;
	int64_t project = 0;
	int r;

	order_add(&order, "id", true, false);
	r = page_parse(rq, &order, &page);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r < 0)
		return r;
	r = place_find_project(&t, rq->args[0], &project);
	if (r <= 0 || page.resumed)
		return r < 0 ? r : request_empty(rq);
	jw_init(&w, request_answer(rq));
	jw_object(&w, NULL);
	jw_array(&w, "locations");
	print_location(project, &w);
	jw_end_array(&w);
	jw_end_object(&w);
	return rq->answer.body.err;
}

int automl_locations_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	struct json_writer w;
	int64_t project = 0;
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = place_find_project(&t, rq->args[0], &project);
	if (r < 0)
		return r;
	if (r == 0 || !streq(rq->args[1], AUTOML_LOCATION))
		return request_fail(rq, API_NOT_FOUND, "name",
				    "Location projects/%s/locations/%s is not found.", rq->args[0],
				    rq->args[1]);
	jw_init(&w, request_answer(rq));
	print_location(project, &w);
	return rq->answer.body.err;
}
