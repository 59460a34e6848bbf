/* SPDX-License-Identifier: MIT */
/* The five methods on operations, below a location, a model or an evaluation. */
#include <stdio.h>
#include <sys/socket.h>

#include "api/registry/filter.h"
#include "api/registry/mapping.h"
#include "api/registry/operations.h"
#include "api/registry/paging.h"

#define WAIT_DEFAULT (30 * NSEC_PER_SEC)
#define WAIT_MAX     (300 * NSEC_PER_SEC)

/* models/M@2/operations means the model's. */
static char *bare_model(const char *model)
{
	return strndup(model, strcspn(model, "@"));
}

/* The operation that the path names, or NOT_FOUND. */
static int find(struct request *rq, struct txn *t, const char **id, bool *done)
{
	_cleanup_free_ char *model = NULL;
	struct place place = {0};
	int64_t is_done = 0;
	int r = place_find(rq, t, false, &place);

	if (r < 0)
		return r;
	*id = rq->args[rq->arg_count - 1];
	model = rq->arg_count > 3 ? bare_model(rq->args[2]) : strdup("");
	if (!model)
		return -ENOMEM;
	r = store_int(t, &is_done,
		      "SELECT done FROM operations WHERE id = ?1 AND project = ?2 AND location = ?3"
		      " AND (?4 = '' OR model = ?4) AND service = ?5",
		      "tittt", *id, place.project, place.location, model, rq->service);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name", "Operation '%s' is not found.", *id);
	if (done)
		*done = is_done;
	return r < 0 ? r : 0;
}

static int answer_now(struct request *rq, bool *done)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	const char *id = NULL;
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = find(rq, &t, &id, done);
	return r < 0 ? r : operation_print(&t, id, request_answer(rq));
}

int operations_get(struct request *rq)
{
	return answer_now(rq, NULL);
}

static bool client_gone(const struct request *rq)
{
	char c;

	return rq->socket >= 0 && recv(rq->socket, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

int operations_wait(struct request *rq)
{
	_cleanup_free_ char *from_body = NULL;
	const char *timeout = request_param(rq, "timeout");
	uint64_t limit = WAIT_DEFAULT, deadline;
	struct json body;
	int r = request_json(rq, &body);

	if (r < 0)
		return r;
	from_body = json_get_str(body, "timeout");
	if (!timeout)
		timeout = from_body;
	if (timeout && mapping_duration(timeout, &limit) < 0)
		return request_fail(rq, API_INVALID_ARGUMENT, "timeout",
				    "'%s' is no duration such as \"10s\".", timeout);
	if (limit > WAIT_MAX)
		limit = WAIT_MAX;
	deadline = now_ns() + limit;
	for (;;) {
		uint64_t ticket = queue_ticket(rq->reg->queue), now, until;
		bool done = false;

		r = answer_now(rq, &done);
		now = now_ns();
		if (r < 0 || done || now >= deadline || atomic_load(&rq->reg->stopping))
			return r;
		until = now + NSEC_PER_SEC / 2;
		queue_wait(rq->reg->queue, ticket, until < deadline ? until : deadline);
		if (client_gone(rq))
			return r;
	}
}

int operations_cancel(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	const char *id;
	int r = txn_begin(&t, rq->reg->store, true);

	if (r == 0)
		r = find(rq, &t, &id, NULL);
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

int operations_delete(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	const char *id;
	bool done = false;
	int r = txn_begin(&t, rq->reg->store, true);

	if (r == 0)
		r = find(rq, &t, &id, &done);
	if (r == 0 && !done)
		return request_fail(rq, API_FAILED_PRECONDITION, "name",
				    "Operation '%s' is still running: cancel it first.", id);
	if (r == 0)
		r = store_run(&t, "DELETE FROM operations WHERE id = ?1", "t", id);
	if (r == 0)
		r = txn_commit(&t);
	return r < 0 ? r : request_empty(rq);
}

static const struct filter_field list_fields[] = {
	{"done", "o.done", FILTER_BOOL, FILTER_EQ | FILTER_NE},
	{"operationId", "o.id", FILTER_TEXT, FILTER_EQ | FILTER_NE},
	{"name", "o.id", FILTER_TEXT, FILTER_EQ | FILTER_NE},
	{"model", "o.model", FILTER_TEXT, FILTER_EQ | FILTER_NE},
	{"createTime", "o.create_time", FILTER_TIME, FILTER_ORDER | FILTER_EQ},
};

/* AutoML's documented ones. */
static const struct filter_field automl_fields[] = {
	{"operationId", "o.id", FILTER_TEXT, FILTER_EQ | FILTER_NE},
	{"done", "o.done", FILTER_BOOL, FILTER_EQ | FILTER_NE},
	{"worksOn",
	 "('projects/' || o.project || '/locations/' || o.location || '/models/' || o.model)",
	 FILTER_TEXT, FILTER_EQ | FILTER_NE},
};

static int parse_list_filter(struct request *rq, struct filter *filter, struct buf *why)
{
	const char *text = request_param(rq, "filter");
	bool automl = streq(rq->service, "automl");

	return filter_parse(text ? text : "", automl ? automl_fields : list_fields,
			    automl ? ARRAY_SIZE(automl_fields) : ARRAY_SIZE(list_fields), filter,
			    why);
}

/* A model's name in a filter may bear the project's id: the column has its number. */
static int name_projects_by_number(struct txn *t, struct filter *filter)
{
	static const char head[] = "projects/";

	for (size_t i = 0; i < filter->count; i++) {
		const char *id = filter->values[i] + sizeof(head) - 1, *rest;
		_cleanup_free_ char *project = NULL;
		int64_t number = 0;
		char *name;
		int r;

		if (!starts_with(filter->values[i], head) || !(rest = strchr(id, '/')))
			continue;
		project = strndup(id, (size_t)(rest - id));
		r = project ? place_find_project(t, project, &number) : -ENOMEM;
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		name = str_format("%s%lld%s", head, (long long)number, rest);
		if (!name)
			return -ENOMEM;
		free(filter->values[i]);
		filter->values[i] = name;
	}
	return 0;
}

static int list_query(struct request *rq, struct txn *t, const struct filter *filter,
		      const struct page *page, const struct order *order, sqlite3_stmt **stmt)
{
	_cleanup_buf_ struct buf sql = BUF_INIT;
	_cleanup_free_ char *model = NULL;
	struct place place = {0};
	int r = place_find(rq, t, false, &place);

	if (r < 0)
		return r;
	model = rq->arg_count > 2 ? bare_model(rq->args[2]) : strdup("");
	if (!model)
		return -ENOMEM;
	buf_printf(&sql,
		   "SELECT o.id, o.seq FROM operations o WHERE o.project = ?1 AND o.location = ?2"
		   " AND o.service = '%s' AND %s AND (%s)",
		   rq->service, *model ? "o.model = ?3" : "?3 = ''", buf_str(&filter->sql));
	page_sql(page, order, 4, &sql);
	r = store_prepare(t, buf_str(&sql), stmt);
	if (r == 0)
		r = store_bind(*stmt, "itt", place.project, place.location, model);
	if (r == 0)
		r = page_bind(page, order, 4, *stmt);
	return r < 0 ? r : filter_bind(filter, *stmt);
}

int operations_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_page_ struct page page = {0};
	_cleanup_filter_ struct filter filter = FILTER_INIT;
	_cleanup_buf_ struct buf why = BUF_INIT, token = BUF_INIT;
	const char *partial =
		request_param_any(rq, "returnPartialSuccess", "return_partial_success");
	struct order order = {0};
	struct buf *out;
	int64_t n = 0;
	int r;

	if (partial && streq(partial, "true"))
		return request_fail(rq, API_UNIMPLEMENTED, "returnPartialSuccess",
				    "returnPartialSuccess is not supported.");
	order_add(&order, "o.seq", false, true); /* the newest first */
	r = parse_list_filter(rq, &filter, &why);
	if (r == -EINVAL)
		return request_fail(rq, API_INVALID_ARGUMENT, "filter", "%s", buf_str(&why));
	if (r == 0)
		r = page_parse(rq, &order, &page);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r == 0)
		r = name_projects_by_number(&t, &filter);
	if (r == 0)
		r = list_query(rq, &t, &filter, &page, &order, &stmt);
	if (r < 0)
		return r;
	out = request_answer(rq);
	buf_putc(out, '{');
	while ((r = store_step(stmt)) == 1 && n < page.size) {
		buf_puts(out, n++ ? "," : "\"operations\":[");
		r = operation_print(&t, store_text(stmt, 0), out);
		if (r < 0)
			return r;
		if (n == page.size)
			page_token(&page, &order, stmt, 1, &token);
	}
	buf_puts(out, n ? "]" : "");
	if (r == 1)
		buf_printf(out, "%s\"nextPageToken\":\"%s\"", n ? "," : "", buf_str(&token));
	buf_putc(out, '}');
	return r < 0 ? r : out->err;
}
