/* SPDX-License-Identifier: MIT */
/* models.patch, mergeVersionAliases, delete, deleteVersion. */
#include <stdio.h>

#include "api/registry/vertex.h"
#include "api/resource.h"
#include "api/vertex.h"

static int parse_update_mask(struct request *rq, struct mask *mask)
{
	const char *text = request_param_any(rq, "updateMask", "update_mask");
	const char *unknown;

	if (!text || !*text)
		return request_fail(rq, API_INVALID_ARGUMENT, "updateMask",
				    "The update mask is required.");
	if (mask_parse(text, mask) < 0 || mask->all)
		return request_fail(rq, API_INVALID_ARGUMENT, "updateMask",
				    "The update mask '%s' must name fields.", text);
	unknown = mask_unknown(mask, &vertex_model);
	for (size_t i = 0; !unknown && i < mask->count; i++) {
		const struct field *f = message_field(&vertex_model, mask->paths[i]);

		if (!f || !(f->flags & (FIELD_MODEL_MASK | FIELD_VERSION_MASK)))
			unknown = mask->paths[i];
	}
	if (unknown)
		return request_fail(rq, API_INVALID_ARGUMENT, "updateMask",
				    "'%s' cannot be updated.", unknown);
	return 0;
}

/* models/M and models/M@- take the model's fields, models/M@ID the version's. */
static int check_level(struct request *rq, const struct mask *mask, bool version)
{
	for (size_t i = 0; i < mask->count; i++) {
		const struct field *f = message_field(&vertex_model, mask->paths[i]);

		if (f->flags & (version ? FIELD_VERSION_MASK : FIELD_MODEL_MASK))
			continue;
		return request_fail(rq, API_FAILED_PRECONDITION, "updateMask",
				    version ? "'%s' belongs to the model: update models/MODEL."
					    : "'%s' belongs to the version: update "
					      "models/MODEL@VERSION.",
				    mask->paths[i]);
	}
	return 0;
}

static int check_etag(struct request *rq, struct txn *t, const struct model_ref *m,
		      struct json model)
{
	_cleanup_free_ char *given = json_strdup(mapping_get(model, "etag"));
	char current[ETAG_SIZE];
	sqlite3_stmt *row;
	int r;

	if (!given || !*given)
		return 0;
	r = vertex_row(t, m->key, m->version, &row);
	if (r < 0)
		return r;
	vertex_row_etag(row, current);
	if (streq(given, current))
		return 0;
	return request_fail(rq, API_ABORTED, "etag",
			    "Specified Model `etag`: `%s` does not match server `etag`: `%s`.",
			    given, current);
}

static int set_labels(struct txn *t, const struct model_ref *m, bool version, struct json labels)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (json_present(labels))
		json_print(labels, JSON_COMPACT, &text);
	if (text.err)
		return text.err;
	if (version)
		return store_run(t,
				 "UPDATE vertex_versions SET labels = ?1 WHERE model = ?2"
				 " AND version = ?3",
				 "tii", text.len ? buf_str(&text) : "{}", m->key, m->version);
	return store_run(t, "UPDATE vertex_models SET labels = ?1 WHERE key = ?2", "ti",
			 text.len ? buf_str(&text) : "{}", m->key);
}

static int set_text(struct txn *t, const struct model_ref *m, const char *path, struct json v)
{
	static const struct {
		const char *path, *sql;
	} set[] = {
		{"displayName", "UPDATE vertex_models SET display_name = ?1 WHERE key = ?2 AND ?3"},
		{"description", "UPDATE vertex_models SET description = ?1 WHERE key = ?2 AND ?3"},
		{"versionDescription", "UPDATE vertex_versions SET description = ?1"
				       " WHERE model = ?2 AND version = ?3"},
	};
	_cleanup_free_ char *text = json_strdup(v);

	for (size_t i = 0; i < ARRAY_SIZE(set); i++)
		if (streq(set[i].path, path))
			return store_run(t, set[i].sql, "tii", text ? text : "", m->key,
					 m->version);
	return -EINVAL;
}

static int check_values(struct request *rq, const struct mask *mask, struct json model)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < mask->count; i++) {
		struct json v = mapping_get(model, mask->paths[i]);
		_cleanup_free_ char *text = json_strdup(v);

		if (streq(mask->paths[i], "displayName"))
			r = vertex_check_display_name(rq, "displayName", v);
		else if (streq(mask->paths[i], "labels"))
			r = vertex_check_labels(rq, "labels", v);
		else if (json_present(v) && !text)
			r = request_fail(rq, API_INVALID_ARGUMENT, mask->paths[i],
					 "The text holds a NUL.");
	}
	return r;
}

int vertex_models_patch(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_model_ref_ struct model_ref m = {0};
	_cleanup_mask_ struct mask mask = {0};
	struct json model;
	bool version;
	int r = request_json(rq, &model);

	if (r == 0)
		r = vertex_check_body(rq, &vertex_model, model);
	if (r == 0)
		r = parse_update_mask(rq, &mask);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = vertex_find(rq, &t, &m);
	if (r < 0)
		return r;
	version = m.tag == TAG_ID || m.tag == TAG_ALIAS;
	r = check_level(rq, &mask, version);
	if (r == 0)
		r = check_values(rq, &mask, model);
	if (r == 0)
		r = check_etag(rq, &t, &m, model);
	for (size_t i = 0; r == 0 && i < mask.count; i++) {
		struct json v = mapping_get(model, mask.paths[i]);

		r = streq(mask.paths[i], "labels") ? set_labels(&t, &m, version, v)
						   : set_text(&t, &m, mask.paths[i], v);
	}
	if (r == 0)
		r = version ? vertex_touch_version(&t, m.key, m.version)
			    : vertex_touch_model(&t, m.key);
	return r < 0 ? r : vertex_answer(rq, &t, &m);
}

/* Adding and removing one alias in a call cancel out. */
static bool cancelled_out(struct json list, const char *alias)
{
	bool remove = alias[0] == '-';

	for (struct json c = json_first(list); json_present(c); c = json_next(c)) {
		_cleanup_free_ char *other = json_strdup(c);

		if (other &&
		    (remove ? streq(other, alias + 1) : other[0] == '-' && streq(other + 1, alias)))
			return true;
	}
	return false;
}

static int merge_one(struct request *rq, struct txn *t, const struct model_ref *m,
		     const char *alias, bool *changed)
{
	int64_t holder = 0;
	int r;

	if (!vertex_alias_valid(alias + (alias[0] == '-')))
		return request_fail(rq, API_INVALID_ARGUMENT, "versionAliases",
				    "'%s' is no alias: it must match "
				    "[a-z][a-zA-Z0-9-]{0,126}[a-z0-9].",
				    alias);
	r = store_int(t, &holder,
		      "SELECT version FROM vertex_aliases WHERE model = ?1 AND alias = ?2", "it",
		      m->key, alias + (alias[0] == '-'));
	if (r < 0)
		return r;
	if (alias[0] != '-') {
		*changed |= r == 0 || holder != m->version;
		return vertex_set_alias(t, m->key, alias, m->version);
	}
	if (r == 0 || holder != m->version)
		return 0; /* not this version's: nothing to remove */
	if (streq(alias, "-default"))
		return request_fail(rq, API_FAILED_PRECONDITION, "versionAliases",
				    "A model always has a default version: give 'default' to "
				    "another version instead.");
	*changed = true;
	r = store_run(t, "DELETE FROM vertex_aliases WHERE model = ?1 AND alias = ?2", "it", m->key,
		      alias + 1);
	return r < 0 ? r : vertex_touch_version(t, m->key, m->version);
}

int vertex_models_merge_aliases(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_model_ref_ struct model_ref m = {0};
	struct json body, list;
	bool changed = false;
	int r = request_json(rq, &body);

	if (r == 0)
		r = vertex_check_body(rq, &vertex_merge_version_aliases_request, body);
	if (r < 0)
		return r;
	list = mapping_get(body, "versionAliases");
	if (json_count(list) == 0)
		return request_fail(rq, API_INVALID_ARGUMENT, "versionAliases",
				    "At least one alias is required.");
	r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = vertex_find(rq, &t, &m);
	if (r == 0 && m.tag != TAG_ID)
		return request_fail(rq, API_INVALID_ARGUMENT, "name",
				    "The name must bear a version id: models/MODEL@VERSION.");
	for (struct json c = json_first(list); r == 0 && json_present(c); c = json_next(c)) {
		_cleanup_free_ char *alias = json_strdup(c);

		if (!alias)
			return request_fail(rq, API_INVALID_ARGUMENT, "versionAliases",
					    "An alias holds a NUL.");
		if (!cancelled_out(list, alias))
			r = merge_one(rq, &t, &m, alias, &changed);
	}
	if (r == 0 && changed)
		r = vertex_touch_model(&t, m.key);
	return r < 0 ? r : vertex_answer(rq, &t, &m);
}

static int answer_done(struct request *rq, struct txn *t, const struct model_ref *m,
		       enum operation_kind kind)
{
	struct operation_new op = {.kind = kind,
				   .place = &m->place,
				   .model = m->id,
				   .api_version = rq->api_version,
				   .done = true};
	char id[OPERATION_ID_SIZE];
	int r = operation_insert(t, &op, id);

	return r < 0 ? r : operation_answer(rq, t, id);
}

int vertex_models_delete(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_model_ref_ struct model_ref m = {0};
	int r = txn_begin(&t, rq->reg->store, true);

	if (r == 0)
		r = vertex_find(rq, &t, &m);
	if (r == 0 && m.tag != TAG_NONE)
		return request_fail(
			rq, API_INVALID_ARGUMENT, "name",
			"models.delete takes a model; use deleteVersion for a version.");
	if (r == 0)
		r = store_run(&t, "DELETE FROM vertex_models WHERE key = ?1", "i", m.key);
	return r < 0 ? r : answer_done(rq, &t, &m, OPERATION_DELETE);
}

/* The default goes to the newest version left. */
static int move_default(struct txn *t, const struct model_ref *m)
{
	int64_t newest = 0;
	int r = store_int(t, NULL,
			  "SELECT 1 FROM vertex_aliases WHERE model = ?1 AND alias = 'default'"
			  " AND version = ?2",
			  "ii", m->key, m->version);

	if (r == 1)
		r = store_int(t, &newest,
			      "SELECT version FROM vertex_versions WHERE model = ?1"
			      " AND version <> ?2 ORDER BY version DESC LIMIT 1",
			      "ii", m->key, m->version);
	return r <= 0 ? r : vertex_set_alias(t, m->key, "default", newest);
}

int vertex_models_delete_version(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_model_ref_ struct model_ref m = {0};
	int64_t count = 0;
	int r = txn_begin(&t, rq->reg->store, true);

	if (r == 0)
		r = vertex_find(rq, &t, &m);
	if (r == 0 && m.tag != TAG_ID)
		return request_fail(rq, API_INVALID_ARGUMENT, "name",
				    "The name must bear a version id: models/MODEL@VERSION.");
	if (r == 0)
		r = store_int(&t, &count, "SELECT count(*) FROM vertex_versions WHERE model = ?1",
			      "i", m.key);
	if (r < 0)
		return r;
	if (count == 1)
		return request_fail(rq, API_FAILED_PRECONDITION, "name",
				    "The only version of a model cannot be deleted: delete the "
				    "model.");
	r = move_default(&t, &m);
	if (r == 0)
		r = store_run(&t, "DELETE FROM vertex_versions WHERE model = ?1 AND version = ?2",
			      "ii", m.key, m.version);
	if (r == 0)
		r = vertex_touch_model(&t, m.key);
	return r < 0 ? r : answer_done(rq, &t, &m, OPERATION_DELETE_VERSION);
}
