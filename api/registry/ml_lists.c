/* SPDX-License-Identifier: MIT */
/* AI Platform's lists, and its locations. */
#include <stdio.h>

#include "api/registry/filter.h"
#include "api/registry/ml.h"
#include "api/registry/paging.h"

#define ML_PAGE_DEFAULT 20
#define ML_PAGE_MAX     100

/* The grammar of these filters is not documented: what labels and names allow. */
static const struct filter_field model_fields[] = {
	{"name", "m.id", FILTER_TEXT, FILTER_EQ | FILTER_NE | FILTER_HAS},
	{"labels", "(SELECT value FROM json_each(m.doc, '$.labels') WHERE key = @)", FILTER_MAP,
	 FILTER_EQ | FILTER_NE | FILTER_HAS},
};
static const struct filter_field version_fields[] = {
	{"name", "v.id", FILTER_TEXT, FILTER_EQ | FILTER_NE | FILTER_HAS},
	{"labels", "(SELECT value FROM json_each(v.doc, '$.labels') WHERE key = @)", FILTER_MAP,
	 FILTER_EQ | FILTER_NE | FILTER_HAS},
};
static const struct filter_field operation_fields[] = {
	{"name", "o.name", FILTER_TEXT, FILTER_EQ | FILTER_NE | FILTER_HAS},
	{"done", "o.done", FILTER_BOOL, FILTER_EQ | FILTER_NE},
	{"operationType", ml_operation_type_sql, FILTER_TEXT, FILTER_EQ | FILTER_NE},
};

struct list {
	struct page page;
	struct order order;
	struct filter filter;
};

static void list_free(struct list *l)
{
	page_free(&l->page);
	filter_free(&l->filter);
}
#define _cleanup_list_ _cleanup_(list_free)

static int list_page(struct request *rq, struct list *l)
{
	const char *size = request_param_any(rq, "pageSize", "page_size");
	int r = page_parse(rq, &l->order, &l->page);

	if (!size || !*size || strtoll(size, NULL, 10) == 0)
		l->page.size = ML_PAGE_DEFAULT;
	if (l->page.size > ML_PAGE_MAX)
		l->page.size = ML_PAGE_MAX;
	return r;
}

static int list_arguments(struct request *rq, const struct filter_field *fields, size_t count,
			  const char *key, bool descending, struct list *l)
{
	_cleanup_buf_ struct buf why = BUF_INIT;
	const char *filter = request_param(rq, "filter");
	int r = filter_parse(filter ? filter : "", fields, count, &l->filter, &why);

	if (r == -EINVAL)
		return request_fail(rq, API_INVALID_ARGUMENT, "filter", "%s", buf_str(&why));
	if (r < 0)
		return r;
	order_add(&l->order, key, false, descending);
	return list_page(rq, l);
}

/* "SELECT …, <key>FROM … WHERE <parent> = ?1 AND (filter) …" */
static int list_prepare(struct txn *t, struct list *l, const char *select, const char *from,
			int64_t parent, sqlite3_stmt **stmt)
{
	_cleanup_buf_ struct buf sql = BUF_INIT;
	int r;

	buf_printf(&sql, "%s, %s%s AND (%s)", select, l->order.by[0].sql, from,
		   buf_str(&l->filter.sql));
	page_sql(&l->page, &l->order, 10, &sql);
	if (sql.err)
		return sql.err;
	r = store_prepare(t, buf_str(&sql), stmt);
	if (r == 0)
		r = store_bind(*stmt, "i", parent);
	if (r == 0)
		r = page_bind(&l->page, &l->order, 10, *stmt);
	return r < 0 ? r : filter_bind(&l->filter, *stmt);
}

typedef int (*print_fn)(struct txn *t, sqlite3_stmt *row, const char *project,
			struct json_writer *w);

static int list_answer(struct request *rq, struct txn *t, struct list *l, sqlite3_stmt *stmt,
		       int key_column, const char *items, print_fn print)
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
		r = print(t, stmt, rq->args[0], &w);
		if (r < 0)
			return r;
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

static int print_version(struct txn *t _unused_, sqlite3_stmt *row, const char *project,
			 struct json_writer *w)
{
	ml_print_version(row, NULL, project, false, w);
	return w->out->err;
}

static int print_operation(struct txn *t _unused_, sqlite3_stmt *row, const char *project,
			   struct json_writer *w)
{
	ml_print_operation(row, project, w);
	return w->out->err;
}

int ml_models_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_list_ struct list l = {.filter = FILTER_INIT};
	int64_t project = 0;
	int r = list_arguments(rq, model_fields, ARRAY_SIZE(model_fields), "m.key", false, &l);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = place_of_project(rq, &t, false, &project);
	if (r >= 0)
		r = list_prepare(&t, &l, ML_MODEL_SELECT, ML_MODEL_FROM " WHERE m.project = ?1",
				 project, &stmt);
	return r < 0 ? r : list_answer(rq, &t, &l, stmt, ML_MODEL_COUNT, "models", ml_print_model);
}

int ml_versions_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_list_ struct list l = {.filter = FILTER_INIT};
	struct ml_ref m = {0};
	int r = list_arguments(rq, version_fields, ARRAY_SIZE(version_fields), "v.key", false, &l);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = ml_find_model(rq, &t, &m);
	if (r == 0)
		r = list_prepare(&t, &l, ML_VERSION_SELECT, ML_VERSION_FROM " WHERE v.model = ?1",
				 m.model, &stmt);
	return r < 0 ? r
		     : list_answer(rq, &t, &l, stmt, ML_VERSION_COUNT, "versions", print_version);
}

int ml_operations_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_list_ struct list l = {.filter = FILTER_INIT};
	const char *partial =
		request_param_any(rq, "returnPartialSuccess", "return_partial_success");
	int64_t project = 0;
	int r;

	if (partial && streq(partial, "true"))
		return request_fail(rq, API_UNIMPLEMENTED, "returnPartialSuccess",
				    "returnPartialSuccess is not supported.");
	/* The newest first. */
	r = list_arguments(rq, operation_fields, ARRAY_SIZE(operation_fields), "o.seq", true, &l);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = place_of_project(rq, &t, false, &project);
	if (r >= 0)
		r = list_prepare(&t, &l, ML_OPERATION_SELECT,
				 " FROM operations o WHERE o.project = ?1 AND o.service = 'ml'",
				 project, &stmt);
	return r < 0 ? r
		     : list_answer(rq, &t, &l, stmt, ML_OPERATION_COUNT, "operations",
				   print_operation);
}

/* A location is a region that a model of the project is in, and the one that
 * models are in by default.  What it can do is what its versions can ask for. */
#define LOCATIONS_SQL                                                       \
	"SELECT id FROM (SELECT '" ML_REGION_DEFAULT "' AS id UNION"        \
	" SELECT r.value FROM ml_models m, json_each(m.doc, '$.regions') r" \
	" WHERE m.project = ?1)"

static const struct field *accelerators(void)
{
	const struct field *f = message_field(&ml_version, "acceleratorConfig");

	return message_field(f->message, "type");
}

static void write_location(const char *project, const char *id, struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	const char *const *types = accelerators()->enumerators;

	buf_printf(&name, "projects/%s/locations/%s", project, id);
	jw_object(w, NULL);
	jw_str(w, "name", buf_str(&name));
	jw_array(w, "capabilities");
	jw_object(w, NULL);
	jw_str(w, "type", "ONLINE_PREDICTION");
	jw_array(w, "availableAccelerators");
	for (size_t i = 1; types[i]; i++) /* 0: unspecified */
		if (starts_with(types[i], "NVIDIA_"))
			jw_str(w, NULL, types[i]);
	jw_end_array(w);
	jw_end_object(w);
	jw_end_array(w);
	jw_end_object(w);
}

static int print_location(struct txn *t _unused_, sqlite3_stmt *row, const char *project,
			  struct json_writer *w)
{
	write_location(project, store_text(row, 0), w);
	return w->out->err;
}

int ml_locations_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_list_ struct list l = {.filter = FILTER_INIT};
	_cleanup_buf_ struct buf sql = BUF_INIT;
	int64_t project = 0;
	int r;

	order_add(&l.order, "id", true, false);
	r = list_page(rq, &l);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = place_of_project(rq, &t, false, &project);
	if (r <= 0)
		return r < 0 ? r : request_empty(rq);
	buf_puts(&sql, LOCATIONS_SQL " WHERE 1");
	page_sql(&l.page, &l.order, 10, &sql);
	r = store_prepare(&t, buf_str(&sql), &stmt);
	if (r == 0)
		r = store_bind(stmt, "i", project);
	if (r == 0)
		r = page_bind(&l.page, &l.order, 10, stmt);
	return r < 0 ? r : list_answer(rq, &t, &l, stmt, 0, "locations", print_location);
}

int ml_locations_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	struct json_writer w;
	int64_t project = 0;
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = place_of_project(rq, &t, false, &project);
	if (r == 1)
		r = store_int(&t, NULL, LOCATIONS_SQL " WHERE id = ?2", "it", project, rq->args[1]);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name",
				    "The location resource: \"%s\" was not found.", rq->args[1]);
	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	write_location(rq->args[0], rq->args[1], &w);
	return rq->answer.body.err;
}
