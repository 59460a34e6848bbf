/* SPDX-License-Identifier: MIT */
/* What stored models and versions of AI Platform look like, and finding them. */
#include <stdio.h>

#include "api/registry/ml.h"

int ml_find_model(struct request *rq, struct txn *t, struct ml_ref *out)
{
	int r = place_of_project(rq, t, false, &out->project);

	if (r == 1)
		r = store_int(t, &out->model,
			      "SELECT key FROM ml_models WHERE project = ?1 AND id = ?2", "it",
			      out->project, rq->args[1]);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name",
				    "The model resource: \"%s\" was not found. Please create the "
				    "model resource first by using 'gcloud ai-platform models "
				    "create %s'.",
				    rq->args[1], rq->args[1]);
	return r < 0 ? r : 0;
}

int ml_find_version_id(struct txn *t, struct ml_ref *ref, const char *id)
{
	int r = 0;
	sqlite3_stmt *s = store_stmt(
		t, "SELECT key, state FROM ml_versions WHERE model = ?1 AND id = ?2", &r);

	if (!s)
		return r;
	r = store_bind(s, "it", ref->model, id);
	if (r == 0)
		r = store_step(s);
	if (r == 1) {
		ref->version = sqlite3_column_int64(s, 0);
		snprintf(ref->state, sizeof(ref->state), "%s", store_text(s, 1));
	}
	sqlite3_reset(s);
	return r;
}

int ml_find_version(struct request *rq, struct txn *t, struct ml_ref *out)
{
	int r = ml_find_model(rq, t, out);

	if (r == 0)
		r = ml_find_version_id(t, out, rq->args[2]);
	else
		return r;
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name",
				    "The version resource: \"%s\" of model \"%s\" was not found.",
				    rq->args[2], rq->args[1]);
	return r < 0 ? r : 0;
}

static int row_of(struct txn *t, const char *sql, int64_t key, sqlite3_stmt **row)
{
	int r = 0;
	sqlite3_stmt *s = store_stmt(t, sql, &r);

	if (!s)
		return r;
	r = store_bind(s, "i", key);
	if (r == 0)
		r = store_step(s);
	*row = s;
	return r == 1 ? 0 : r < 0 ? r : -ENOENT;
}

int ml_version_row(struct txn *t, int64_t key, sqlite3_stmt **row)
{
	return row_of(t, ML_VERSION_SELECT ML_VERSION_FROM " WHERE v.key = ?1", key, row);
}

int ml_model_row(struct txn *t, int64_t key, sqlite3_stmt **row)
{
	return row_of(t, ML_MODEL_SELECT ML_MODEL_FROM " WHERE m.key = ?1", key, row);
}

static void make_etag(int64_t kind, int64_t key, int64_t change, char out[ML_ETAG_SIZE])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	int64_t in[3] = {kind, key, change};
	uint64_t h = hash_bytes(in, sizeof(in), 0x6d6c);
	unsigned char b[9] = {0};

	for (int i = 0; i < 8; i++)
		b[i] = (unsigned char)(h >> (56 - 8 * i));
	for (int i = 0; i < 3; i++) {
		uint32_t n = (uint32_t)b[3 * i] << 16 | (uint32_t)b[3 * i + 1] << 8 | b[3 * i + 2];

		for (int j = 0; j < 4; j++)
			out[4 * i + j] = digits[n >> (18 - 6 * j) & 63];
	}
	out[11] = '='; /* eight bytes, not nine */
	out[12] = '\0';
}

void ml_version_etag(sqlite3_stmt *row, char out[ML_ETAG_SIZE])
{
	make_etag(2, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 7), out);
}

void ml_model_etag(sqlite3_stmt *row, char out[ML_ETAG_SIZE])
{
	make_etag(1, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 3), out);
}

/* base64 comes with either alphabet, with padding or none. */
static bool same_etag(const char *a, const char *b)
{
	for (; *a && *a != '='; a++, b++) {
		char c = *a == '-' ? '+' : *a == '_' ? '/' : *a;

		if (c != *b)
			return false;
	}
	return *b == '=' || !*b;
}

int ml_check_etag(struct request *rq, struct json body, const char *current)
{
	_cleanup_free_ char *given = json_get_str(body, "etag");

	if (!given || !*given || same_etag(given, current))
		return 0;
	return request_fail(rq, API_ABORTED, "etag",
			    "The etag '%s' does not match the current etag '%s': it was changed "
			    "meanwhile.",
			    given, current);
}

static void write_name(struct json_writer *w, const char *project, const char *relative)
{
	_cleanup_buf_ struct buf name = BUF_INIT;

	if (project)
		buf_printf(&name, "projects/%s/", project);
	buf_puts(&name, relative);
	jw_str(w, "name", buf_str(&name));
}

static void write_time(struct json_writer *w, const char *key, int64_t micros)
{
	char text[32];

	mapping_time(micros, text);
	jw_str(w, key, text);
}

/* The fields that are no part of the stored document. */
static void write_own(sqlite3_stmt *row, const char *field, const char *project, bool bare,
		      struct json_writer *w)
{
	if (streq(field, "name")) {
		_cleanup_buf_ struct buf name = BUF_INIT;

		buf_printf(&name, "models/%s/versions/%s", store_text(row, 1), store_text(row, 2));
		write_name(w, project, buf_str(&name));
	} else if (streq(field, "createTime")) {
		write_time(w, field, sqlite3_column_int64(row, 6));
	} else if (streq(field, "etag")) {
		char etag[ML_ETAG_SIZE];

		ml_version_etag(row, etag);
		jw_str(w, field, etag);
	} else if (streq(field, "isDefault") && !bare && sqlite3_column_int(row, 8)) {
		jw_bool(w, field, true);
	} else if (streq(field, "state") && !bare) {
		jw_str(w, field, store_text(row, 4));
	} else if (streq(field, "errorMessage") && !bare && *store_text(row, 5)) {
		jw_str(w, field, store_text(row, 5));
	}
}

void ml_print_version(sqlite3_stmt *row, const char *key, const char *project, bool bare,
		      struct json_writer *w)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	const char *text = store_text(row, ML_DOC_COLUMN);
	struct json root = JSON_ABSENT;

	if (json_parse(text, strlen(text), &doc, NULL) == 0)
		root = json_root(doc);
	jw_object(w, key);
	for (size_t i = 0; i < ml_version.count; i++) {
		const char *name = ml_version.fields[i].name;
		struct json v = json_get(root, name);

		if (json_present(v))
			jw_value(w, name, v);
		else
			write_own(row, name, project, bare, w);
	}
	jw_end_object(w);
}

static int write_default(struct txn *t, sqlite3_stmt *row, const char *project,
			 struct json_writer *w)
{
	sqlite3_stmt *version;
	int r;

	if (sqlite3_column_type(row, 4) == SQLITE_NULL)
		return 0;
	r = ml_version_row(t, sqlite3_column_int64(row, 4), &version);
	if (r == 0)
		ml_print_version(version, "defaultVersion", project, false, w);
	return r;
}

int ml_print_model(struct txn *t, sqlite3_stmt *row, const char *project, struct json_writer *w)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf relative = BUF_INIT;
	char etag[ML_ETAG_SIZE];
	int r = json_parse(store_text(row, 2), strlen(store_text(row, 2)), &doc, NULL);

	if (r < 0)
		return r;
	buf_printf(&relative, "models/%s", store_text(row, 1));
	ml_model_etag(row, etag);
	jw_object(w, NULL);
	for (size_t i = 0; r == 0 && i < ml_model.count; i++) {
		const char *name = ml_model.fields[i].name;
		struct json v = json_get(json_root(doc), name);

		if (json_present(v))
			jw_value(w, name, v);
		else if (streq(name, "name"))
			write_name(w, project, buf_str(&relative));
		else if (streq(name, "defaultVersion"))
			r = write_default(t, row, project, w);
		else if (streq(name, "etag"))
			jw_str(w, name, etag);
	}
	jw_end_object(w);
	return r < 0 ? r : w->out->err;
}

void ml_print_stored(struct json object, const char *key, const char *project,
		     struct json_writer *w)
{
	if (key)
		jw_object(w, key);
	for (struct json c = json_first(object); json_present(c); c = json_next(c)) {
		_cleanup_buf_ struct buf member = BUF_INIT;
		_cleanup_free_ char *text = NULL;

		json_key(c, &member);
		if (streq(buf_str(&member), "name") && (text = json_strdup(c)))
			write_name(w, project, text);
		else if (streq(buf_str(&member), "defaultVersion"))
			ml_print_stored(c, "defaultVersion", project, w);
		else
			jw_value(w, buf_str(&member), c);
	}
	if (key)
		jw_end_object(w);
}

int ml_version_json(struct txn *t, int64_t key, struct buf *out)
{
	struct json_writer w;
	sqlite3_stmt *row;
	int r = ml_version_row(t, key, &row);

	if (r < 0)
		return r;
	jw_init(&w, out);
	ml_print_version(row, NULL, NULL, false, &w);
	return out->err;
}

int ml_model_json(struct txn *t, int64_t key, struct buf *out)
{
	struct json_writer w;
	sqlite3_stmt *row;
	int r = ml_model_row(t, key, &row);

	if (r < 0)
		return r;
	jw_init(&w, out);
	return ml_print_model(t, row, NULL, &w);
}
