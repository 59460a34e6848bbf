/* SPDX-License-Identifier: MIT */
/* What a stored Vertex model looks like, and finding one. */
#include <stdio.h>

#include "api/registry/vertex.h"
#include "api/resource.h"
#include "api/service.h"
#include "api/vertex.h"

void model_ref_free(struct model_ref *m)
{
	free(m->id);
	free(m->tag_text);
}

static int split_tag(const char *arg, struct model_ref *m)
{
	const char *at = strchr(arg, '@');

	m->id = strndup(arg, at ? (size_t)(at - arg) : strlen(arg));
	m->tag_text = strdup(at ? at + 1 : "");
	if (!m->id || !m->tag_text)
		return -ENOMEM;
	if (!at)
		m->tag = TAG_NONE;
	else if (streq(at + 1, "-"))
		m->tag = TAG_MODEL;
	else if (at[1] && strspn(at + 1, "0123456789") == strlen(at + 1) && strlen(at) < 19)
		m->tag = TAG_ID;
	else
		m->tag = TAG_ALIAS;
	return 0;
}

static int find_version(struct txn *t, struct model_ref *m)
{
	if (m->tag == TAG_ID)
		return store_int(t, &m->version,
				 "SELECT version FROM vertex_versions WHERE model = ?1"
				 " AND version = ?2",
				 "ii", m->key, strtoll(m->tag_text, NULL, 10));
	return store_int(t, &m->version,
			 "SELECT version FROM vertex_aliases WHERE model = ?1 AND alias = ?2", "it",
			 m->key, m->tag == TAG_ALIAS ? m->tag_text : "default");
}

int vertex_find(struct request *rq, struct txn *t, struct model_ref *m)
{
	int r = place_find(rq, t, false, &m->place);

	if (r == 0)
		r = split_tag(rq->args[2], m);
	if (r == 0)
		r = store_int(t, &m->key,
			      "SELECT key FROM vertex_models WHERE project = ?1 AND location = ?2"
			      " AND id = ?3",
			      "itt", m->place.project, m->place.location, m->id);
	if (r == 1)
		r = find_version(t, m);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name",
				    "Model projects/%s/locations/%s/models/%s is not found.",
				    rq->args[0], rq->args[1], rq->args[2]);
	return r < 0 ? r : 0;
}

int vertex_name(const struct place *place, const char *id, struct buf *out)
{
	place_print(place, out);
	return buf_printf(out, "/models/%s", id);
}

int vertex_row(struct txn *t, int64_t key, int64_t version, sqlite3_stmt **row)
{
	int r = 0;
	sqlite3_stmt *s =
		store_stmt(t, VERTEX_SELECT VERTEX_FROM " WHERE m.key = ?1 AND v.version = ?2", &r);

	if (!s)
		return r;
	r = store_bind(s, "ii", key, version);
	if (r == 0)
		r = store_step(s);
	*row = s;
	return r == 1 ? 0 : r < 0 ? r : -ENOENT;
}

void vertex_row_etag(sqlite3_stmt *row, char out[ETAG_SIZE])
{
	mapping_etag(sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 6),
		     sqlite3_column_int64(row, 7), sqlite3_column_int64(row, 13), out);
}

static void write_time(struct json_writer *w, const char *key, int64_t micros)
{
	char text[32];

	mapping_time(micros, text);
	jw_str(w, key, text);
}

static void write_raw(struct json_writer *w, const char *key, const char *json, const char *empty)
{
	if (*json && !streq(json, empty))
		jw_raw(w, key, json, strlen(json));
}

void vertex_write_doc(const struct message *m, const char *text, bool beta, struct json_writer *w)
{
	_cleanup_json_ struct json_doc *doc = NULL;

	if (json_parse(text, strlen(text), &doc, NULL) < 0)
		return;
	for (struct json c = json_first(json_root(doc)); json_present(c); c = json_next(c)) {
		_cleanup_buf_ struct buf key = BUF_INIT;
		const struct field *f;

		json_key(c, &key);
		f = message_field(m, buf_str(&key));
		if (!f || field_in_version(f, beta))
			jw_value(w, buf_str(&key), c);
	}
}

static void print_whole(sqlite3_stmt *row, const struct place *place, bool versioned,
			struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	char etag[ETAG_SIZE];

	vertex_name(place, store_text(row, 1), &name);
	if (versioned)
		buf_printf(&name, "@%lld", (long long)sqlite3_column_int64(row, 7));
	vertex_row_etag(row, etag);
	jw_object(w, NULL);
	jw_str(w, "name", buf_str(&name));
	jw_str(w, "displayName", store_text(row, 2));
	if (*store_text(row, 3))
		jw_str(w, "description", store_text(row, 3));
	vertex_write_doc(&vertex_model, store_text(row, 9), place->beta, w);
	write_time(w, "createTime", sqlite3_column_int64(row, 4));
	write_time(w, "updateTime", sqlite3_column_int64(row, 5));
	jw_str(w, "etag", etag);
	write_raw(w, "labels", store_text(row, 14), "{}");
	write_raw(w, "supportedExportFormats", store_text(row, 10), "[]");
	jw_object(w, "modelSourceInfo");
	jw_str(w, "sourceType", "CUSTOM");
	jw_end_object(w);
	jw_int64(w, "versionId", sqlite3_column_int64(row, 7));
	write_raw(w, "versionAliases", store_text(row, 15), "[]");
	if (*store_text(row, 8))
		jw_str(w, "versionDescription", store_text(row, 8));
	write_time(w, "versionCreateTime", sqlite3_column_int64(row, 11));
	write_time(w, "versionUpdateTime", sqlite3_column_int64(row, 12));
	jw_end_object(w);
}

void vertex_print(sqlite3_stmt *row, const struct place *place, bool versioned,
		  const struct mask *mask, struct json_writer *w)
{
	_cleanup_buf_ struct buf whole = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	struct json_writer inner;

	if (!mask || mask->all || mask->count == 0) {
		print_whole(row, place, versioned, w);
		return;
	}
	jw_init(&inner, &whole);
	print_whole(row, place, versioned, &inner);
	if (json_parse(buf_str(&whole), whole.len, &doc, NULL) == 0)
		mask_print(mask, json_root(doc), w);
}

int vertex_answer(struct request *rq, struct txn *t, const struct model_ref *m)
{
	struct json_writer w;
	sqlite3_stmt *row;
	int r = vertex_row(t, m->key, m->version, &row);

	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	vertex_print(row, &m->place, false, NULL, &w);
	return rq->answer.body.err ? rq->answer.body.err : txn_commit(t);
}

int vertex_read_mask(struct request *rq, const struct message *message, struct mask *mask)
{
	const char *text = request_param_any(rq, "readMask", "read_mask"), *unknown;

	if (!text)
		return 0;
	if (mask_parse(text, mask) < 0)
		return request_fail(rq, API_INVALID_ARGUMENT, "readMask",
				    "The read mask '%s' is not well formed.", text);
	unknown = mask_unknown(mask, message);
	if (unknown)
		return request_fail(rq, API_INVALID_ARGUMENT, "readMask",
				    "The read mask names '%s', which is no field.", unknown);
	return 0;
}

int vertex_models_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_model_ref_ struct model_ref m = {0};
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = vertex_find(rq, &t, &m);
	return r < 0 ? r : vertex_answer(rq, &t, &m);
}

int vertex_touch_model(struct txn *t, int64_t key)
{
	return store_run(t,
			 "UPDATE vertex_models SET change = change + 1,"
			 " update_time = max(?2, update_time + 1) WHERE key = ?1",
			 "ii", key, registry_now());
}

int vertex_touch_version(struct txn *t, int64_t key, int64_t version)
{
	return store_run(t,
			 "UPDATE vertex_versions SET change = change + 1,"
			 " update_time = max(?3, update_time + 1)"
			 " WHERE model = ?1 AND version = ?2",
			 "iii", key, version, registry_now());
}

int vertex_set_alias(struct txn *t, int64_t key, const char *alias, int64_t version)
{
	int64_t holder = 0;
	int r = store_int(t, &holder,
			  "SELECT version FROM vertex_aliases WHERE model = ?1 AND alias = ?2",
			  "it", key, alias);

	if (r == 1 && holder == version)
		return 0;
	if (r == 1)
		r = vertex_touch_version(t, key, holder);
	if (r == 0)
		r = store_run(t,
			      "INSERT INTO vertex_aliases(model, alias, version)"
			      " VALUES(?1, ?2, ?3)"
			      " ON CONFLICT(model, alias) DO UPDATE SET version = excluded.version",
			      "iti", key, alias, version);
	return r < 0 ? r : vertex_touch_version(t, key, version);
}
