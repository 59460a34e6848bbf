/* SPDX-License-Identifier: MIT */
#include "api/registry/operations.h"

#include <stdio.h>
#include <sys/random.h>

#include "api/log.h"
#include "api/registry/mapping.h"

static const struct operation_service *service_of(int kind)
{
	return operation_kinds[kind].service;
}

static int kind_of(const char *name)
{
	for (size_t i = 0; i < OPERATION_KINDS; i++)
		if (streq(operation_kinds[i].name, name))
			return (int)i;
	return -1;
}

int operation_new_id(char id[OPERATION_ID_SIZE])
{
	uint64_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return -EIO;
	/* Nineteen digits, as Google's. */
	snprintf(id, OPERATION_ID_SIZE, "%llu",
		 (unsigned long long)(UINT64_C(1000000000000000000) +
				      n % UINT64_C(8000000000000000000)));
	return 0;
}

int operation_insert(struct txn *t, const struct operation_new *n, char id[OPERATION_ID_SIZE])
{
	int64_t now = registry_now();
	char digits[OPERATION_ID_SIZE];
	int r = operation_new_id(digits);

	if (r < 0)
		return r;
	snprintf(id, OPERATION_ID_SIZE, "%.3s%.20s", n->id_prefix ? n->id_prefix : "", digits);
	return store_run(t,
			 "INSERT INTO operations(id, service, api_version, kind, project, location,"
			 " model, work, output, metadata, create_time, update_time, done,"
			 " error_code, error_message, response)"
			 " VALUES(?1, ?15, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12,"
			 " ?13, ?14)",
			 "tttitttttiiittt", id, n->api_version, operation_kinds[n->kind].name,
			 n->place->project, n->place->location, n->model, n->work ? n->work : "{}",
			 n->output, n->metadata ? n->metadata : "{}", now, (int64_t)n->done,
			 (int64_t)n->code, n->message, n->response, service_of(n->kind)->id);
}

#define OPERATION_COLUMNS                                                         \
	"id, api_version, kind, project, location, model, metadata, create_time," \
	" update_time, done, error_code, error_message, response, cancelled, seq"
enum {
	COL_ID,
	COL_API,
	COL_KIND,
	COL_PROJECT,
	COL_LOCATION,
	COL_MODEL,
	COL_METADATA,
	COL_CREATED,
	COL_UPDATED,
	COL_DONE,
	COL_CODE,
	COL_MESSAGE,
	COL_RESPONSE,
	COL_CANCELLED,
	COL_SEQ,
};

int operation_splice(const char *object, struct json_writer *w)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = json_parse(object, strlen(object), &doc, NULL);

	if (r < 0)
		return r;
	for (struct json c = json_first(json_root(doc)); json_present(c); c = json_next(c)) {
		_cleanup_buf_ struct buf key = BUF_INIT;

		json_key(c, &key);
		jw_value(w, buf_str(&key), c);
	}
	return 0;
}

static void write_type(struct json_writer *w, int kind, const char *api, const char *type)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(&b, "type.googleapis.com/");
	if (!streq(type, OPERATION_EMPTY_TYPE))
		buf_printf(&b, "%s%s.", service_of(kind)->package, api);
	buf_puts(&b, type);
	jw_str(w, "@type", buf_str(&b));
}

static void write_result(sqlite3_stmt *s, int kind, struct json_writer *w)
{
	enum api_code code = (enum api_code)sqlite3_column_int(s, COL_CODE);

	jw_bool(w, "done", true);
	if (code == API_OK) {
		jw_object(w, "response");
		write_type(w, kind, store_text(s, COL_API), operation_kinds[kind].response);
		operation_splice(*store_text(s, COL_RESPONSE) ? store_text(s, COL_RESPONSE) : "{}",
				 w);
		jw_end_object(w);
		return;
	}
	/* Without details: Google's clients throw at an @type that their protos lack, and
	 * ErrorInfo is none of theirs. */
	jw_object(w, "error");
	jw_int(w, "code", code);
	jw_str(w, "message", store_text(s, COL_MESSAGE));
	jw_end_object(w);
}

static int vertex_operation_name(const struct operation_row *row, struct buf *out)
{
	buf_printf(out, "projects/%lld/locations/%s", (long long)row->project, row->location);
	if (*row->model)
		buf_printf(out, "/models/%s", row->model);
	return buf_printf(out, "/operations/%s", row->id);
}

void operation_print_times(const struct operation_row *row, struct json_writer *w)
{
	char time[32];

	mapping_time(row->create_time, time);
	jw_str(w, "createTime", time);
	mapping_time(row->update_time, time);
	jw_str(w, "updateTime", time);
}

static void vertex_operation_metadata(const struct operation_row *row, struct json_writer *w)
{
	jw_object(w, "genericMetadata");
	operation_print_times(row, w);
	jw_end_object(w);
	operation_splice(row->metadata, w);
}

const struct operation_service vertex_operations = {
	"vertex", "google.cloud.aiplatform.", "aiplatform.googleapis.com", vertex_operation_name,
	vertex_operation_metadata};

/* The row, and its kind. */
static int read_row(sqlite3_stmt *s, struct operation_row *row)
{
	int kind = kind_of(store_text(s, COL_KIND));

	*row = (struct operation_row){
		.id = store_text(s, COL_ID),
		.api_version = store_text(s, COL_API),
		.kind = store_text(s, COL_KIND),
		.project = sqlite3_column_int64(s, COL_PROJECT),
		.location = store_text(s, COL_LOCATION),
		.model = store_text(s, COL_MODEL),
		.metadata = store_text(s, COL_METADATA),
		.create_time = sqlite3_column_int64(s, COL_CREATED),
		.update_time = sqlite3_column_int64(s, COL_UPDATED),
		.done = sqlite3_column_int(s, COL_DONE),
		.cancelled = sqlite3_column_int(s, COL_CANCELLED),
	};
	return kind < 0 ? OPERATION_DELETE : kind;
}

static void print_row(sqlite3_stmt *s, struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct operation_row row;
	int kind = read_row(s, &row);

	service_of(kind)->print_name(&row, &name);
	jw_object(w, NULL);
	jw_str(w, "name", buf_str(&name));
	jw_object(w, "metadata");
	write_type(w, kind, row.api_version, operation_kinds[kind].metadata);
	service_of(kind)->print_metadata(&row, w);
	jw_end_object(w);
	if (row.done)
		write_result(s, kind, w);
	jw_end_object(w);
}

int operation_print(struct txn *t, const char *id, struct buf *out)
{
	struct json_writer w;
	int r = 0;
	sqlite3_stmt *s =
		store_stmt(t, "SELECT " OPERATION_COLUMNS " FROM operations WHERE id = ?1", &r);

	if (!s)
		return r;
	r = store_bind(s, "t", id);
	if (r == 0)
		r = store_step(s);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	jw_init(&w, out);
	print_row(s, &w);
	return out->err;
}

int operation_answer(struct request *rq, struct txn *t, const char *id)
{
	int r = operation_print(t, id, request_answer(rq));

	return r < 0 ? r : txn_commit(t);
}

int operation_begin(struct request *rq, struct txn *t, const struct operation_new *n)
{
	char id[OPERATION_ID_SIZE];
	int r = operation_insert(t, n, id);

	if (r == 0)
		r = operation_answer(rq, t, id);
	return r < 0 ? r : queue_add(rq->reg->queue, id);
}

void operation_work_free(struct operation_work *w)
{
	free(w->work);
	free(w->output);
	free(w->name);
}

int operation_load_work(struct registry *reg, const char *id, struct operation_work *out)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct operation_row row;
	int kind, r = txn_begin(&t, reg->store, false);
	sqlite3_stmt *s = r < 0 ? NULL
				: store_stmt(&t,
					     "SELECT " OPERATION_COLUMNS ", work, output, cancelled"
					     " FROM operations WHERE id = ?1 AND done = 0",
					     &r);

	if (!s)
		return r;
	store_bind(s, "t", id);
	r = store_step(s);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	kind = read_row(s, &row);
	service_of(kind)->print_name(&row, &name);
	out->name = buf_take(&name);
	out->work = strdup(store_text(s, COL_SEQ + 1));
	if (sqlite3_column_type(s, COL_SEQ + 2) != SQLITE_NULL)
		out->output = strdup(store_text(s, COL_SEQ + 2));
	out->cancelled = sqlite3_column_int(s, COL_SEQ + 3);
	return out->name && out->work ? 0 : -ENOMEM;
}

int operation_finish_txn(struct txn *t, const char *id, enum api_code code, const char *message,
			 const char *response)
{
	return store_run(t,
			 "UPDATE operations SET done = 1, error_code = ?2, error_message = ?3,"
			 " update_time = ?4, response = coalesce(?5, response)"
			 " WHERE id = ?1 AND done = 0",
			 "titit", id, (int64_t)code, code ? message : NULL, registry_now(),
			 response);
}

static int try_finish(struct registry *reg, const char *id, enum api_code code, const char *message)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	int r = txn_begin(&t, reg->store, true);

	if (r == 0)
		r = operation_finish_txn(&t, id, code, message, NULL);
	return r < 0 ? r : txn_commit(&t);
}

enum api_code operation_code(int err)
{
	static const struct {
		int err;
		enum api_code code;
	} map[] = {
		{0, API_OK},
		{ECANCELED, API_CANCELLED},
		{ENOENT, API_NOT_FOUND},
		{ENOSPC, API_RESOURCE_EXHAUSTED},
		{EDQUOT, API_RESOURCE_EXHAUSTED},
		{ENOTDIR, API_FAILED_PRECONDITION},
		{ELOOP, API_FAILED_PRECONDITION},
		{EEXIST, API_ALREADY_EXISTS},
		{ENAMETOOLONG, API_INVALID_ARGUMENT},
		{EINVAL, API_INVALID_ARGUMENT},
		{ETIMEDOUT, API_DEADLINE_EXCEEDED},
		{EHOSTUNREACH, API_UNAVAILABLE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].err == -err)
			return map[i].code;
	return API_INTERNAL;
}

void operation_finish(struct registry *reg, const char *id, enum api_code code, const char *message)
{
	int r;

	while ((r = try_finish(reg, id, code, message)) < 0 && !atomic_load(&reg->stopping)) {
		log_error("registry: operation %s: its end cannot be stored: %s", id, strerror(-r));
		usleep(500000);
	}
	queue_changed(reg->queue);
}

int operations_resume(struct registry *reg)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	int r = txn_begin(&t, reg->store, false), added;
	sqlite3_stmt *s =
		r < 0 ? NULL
		      : store_stmt(&t, "SELECT id FROM operations WHERE done = 0 ORDER BY seq", &r);

	if (!s)
		return r;
	while ((r = store_step(s)) == 1) {
		added = queue_add(reg->queue, store_text(s, 0));
		if (added < 0)
			return added;
		log_notice("registry: taking up operation %s again", store_text(s, 0));
	}
	return r;
}

void operation_work(struct registry *reg, struct job *job)
{
	queue_work *work = NULL;
	int kind = -1;

	{
		_cleanup_txn_ struct txn t = TXN_INIT;
		sqlite3_stmt *s;

		if (txn_begin(&t, reg->store, false) == 0) {
			s = store_stmt(&t, "SELECT kind FROM operations WHERE id = ?1", NULL);
			if (s && store_bind(s, "t", job_id(job)) == 0 && store_step(s) == 1)
				kind = kind_of(store_text(s, 0));
		}
	}
	if (kind >= 0)
		work = operation_kinds[kind].work;
	if (work)
		work(reg, job);
	else
		operation_finish(reg, job_id(job), API_ABORTED,
				 "The registry was stopped and cannot take this up again.");
}
