/* SPDX-License-Identifier: MIT */
/* models.upload: a new model, or a new version of one. */
#include <fcntl.h>
#include <stdio.h>

#include "api/registry/export.h"
#include "api/registry/vertex.h"
#include "api/resource.h"
#include "api/vertex.h"

struct upload {
	struct request *rq;
	struct place place;
	struct json_doc *canon; /* the model in canonical form */
	struct json model;
	char *id;
	bool new_version; /* of an existing model */
	int64_t key;
	int64_t version;
	int64_t now;
	char *artifact_uri;
	struct buf formats;
	struct buf doc;
	char missing[512]; /* why the operation fails */
};

static void upload_free(struct upload *u)
{
	json_doc_free(u->canon);
	free(u->id);
	free(u->artifact_uri);
	buf_free(&u->formats);
	buf_free(&u->doc);
}

/* Fields with columns of their own; the rest is stored as it is. */
static bool has_column(const char *name)
{
	static const char *const names[] = {"name",   "displayName",    "description",
					    "labels", "versionAliases", "versionDescription",
					    "etag"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(names[i], name))
			return true;
	return false;
}

static int make_doc(struct upload *u)
{
	struct json_writer w;

	jw_init(&w, &u->doc);
	jw_object(&w, NULL);
	for (size_t i = 0; i < vertex_model.count; i++) {
		const char *name = vertex_model.fields[i].name;
		struct json v = has_column(name) ? JSON_ABSENT : json_get(u->model, name);

		if (json_present(v))
			jw_value(&w, name, v);
	}
	jw_end_object(&w);
	return u->doc.err;
}

static int check_aliases(struct upload *u)
{
	struct json list = json_get(u->model, "versionAliases");

	for (struct json c = json_first(list); json_present(c); c = json_next(c)) {
		_cleanup_free_ char *alias = json_strdup(c);

		if (!alias || !vertex_alias_valid(alias))
			return request_fail(u->rq, API_INVALID_ARGUMENT, "model.versionAliases",
					    "'%s' is no alias: it must match "
					    "[a-z][a-zA-Z0-9-]{0,126}[a-z0-9].",
					    alias ? alias : "");
	}
	return 0;
}

static int check_model(struct upload *u)
{
	_cleanup_free_ char *memory = NULL;
	struct json name = json_get(u->model, "displayName");
	const char *bucket, *object;
	int r = 0;

	if (!u->new_version || json_present(name))
		r = vertex_check_display_name(u->rq, "model.displayName", name);
	if (r == 0)
		r = vertex_check_labels(u->rq, "model.labels", json_get(u->model, "labels"));
	if (r == 0)
		r = check_aliases(u);
	if (r < 0)
		return r;
	u->artifact_uri = json_get_str(u->model, "artifactUri");
	if (u->artifact_uri && resource_gs_uri(u->artifact_uri, &memory, &bucket, &object) < 0)
		return request_fail(u->rq, API_INVALID_ARGUMENT, "model.artifactUri",
				    "'%s' is no gs://BUCKET/DIRECTORY.", u->artifact_uri);
	return 0;
}

/* The id of parentModel, which must lie in the same place. */
static int parse_parent(struct upload *u, struct txn *t, const char *parent)
{
	_cleanup_resource_ struct resource res = {0};
	int64_t project = 0;
	int r = resource_parse(parent, &res);

	if (r == -ENOMEM)
		return r;
	if (r < 0 || res.kind != RES_MODEL || !res.location)
		return request_fail(u->rq, API_INVALID_ARGUMENT, "parentModel",
				    "'%s' is no model's resource name.", parent);
	r = place_find_project(t, res.project, &project);
	if (r < 0)
		return r;
	if (r == 1 && (project != u->place.project || !streq(res.location, u->place.location)))
		return request_fail(u->rq, API_INVALID_ARGUMENT, "parentModel",
				    "'%s' lies in another project or location.", parent);
	if (r == 1)
		r = store_int(t, &u->key,
			      "SELECT key FROM vertex_models WHERE project = ?1 AND location = ?2"
			      " AND id = ?3",
			      "itt", project, res.location, res.model);
	if (r == 0)
		return request_fail(u->rq, API_NOT_FOUND, "parentModel", "Model '%s' is not found.",
				    parent);
	u->id = r < 0 ? NULL : strdup(res.model);
	return r < 0 ? r : u->id ? 0 : -ENOMEM;
}

static int choose_id(struct upload *u, struct txn *t, const char *wanted)
{
	char id[OPERATION_ID_SIZE];
	int r;

	if (wanted && !resource_vertex_model_id(wanted))
		return request_fail(u->rq, API_INVALID_ARGUMENT, "modelId",
				    "'%s' is no model id: it must match [a-z_][a-z0-9_-]{0,62}.",
				    wanted);
	if (!wanted && operation_new_id(id) < 0)
		return -EIO;
	u->id = strdup(wanted ? wanted : id);
	if (!u->id)
		return -ENOMEM;
	r = store_int(
		t, NULL,
		"SELECT 1 FROM vertex_models WHERE project = ?1 AND location = ?2 AND id = ?3",
		"itt", u->place.project, u->place.location, u->id);
	if (r == 1)
		return request_fail(u->rq, API_ALREADY_EXISTS, "modelId",
				    "Model '%s' exists already.", u->id);
	return r;
}

/* What lies at the artifactUri decides the formats; nothing there ends the
 * operation, not the call. */
static int look_at_artifacts(struct upload *u)
{
	_cleanup_bucket_files_ struct bucket_files files = {0};
	_cleanup_close_ int dir = -1;
	int r = 0;

	if (u->artifact_uri) {
		r = bucket_artifacts(u->rq->reg, u->artifact_uri, &dir, &files);
		if (r == -ENOENT || r == -EACCES) {
			snprintf(u->missing, sizeof(u->missing), "No file lies at %s.",
				 u->artifact_uri);
			return 0;
		}
	}
	if (r < 0)
		return r;
	return formats_print(dir, &files, u->artifact_uri != NULL,
			     json_present(json_get(u->model, "containerSpec")), &u->formats);
}

static int insert_model(struct upload *u, struct txn *t)
{
	_cleanup_free_ char *name = json_get_str(u->model, "displayName");
	_cleanup_free_ char *description = json_get_str(u->model, "description");
	int r = store_run(t,
			  "INSERT INTO vertex_models(project, location, id, display_name,"
			  " description, create_time, update_time)"
			  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6)",
			  "itttti", u->place.project, u->place.location, u->id, name ? name : "",
			  description ? description : "", u->now);

	return r < 0 ? r : store_int(t, &u->key, "SELECT last_insert_rowid()", "") == 1 ? 0 : -EIO;
}

static int insert_version(struct upload *u, struct txn *t)
{
	_cleanup_free_ char *description = json_get_str(u->model, "versionDescription");
	_cleanup_buf_ struct buf labels = BUF_INIT;
	struct json v = json_get(u->model, "labels"),
		    aliases = json_get(u->model, "versionAliases");
	int r;

	if (json_present(v))
		json_print(v, JSON_COMPACT, &labels);
	r = store_int(t, &u->version, "SELECT next_version FROM vertex_models WHERE key = ?1", "i",
		      u->key);
	if (r == 1)
		r = store_run(
			t,
			"UPDATE vertex_models SET next_version = next_version + 1 WHERE key = ?1",
			"i", u->key);
	if (r == 0)
		r = store_run(
			t,
			"INSERT INTO vertex_versions(model, version, description, labels, doc,"
			" formats, create_time, update_time)"
			" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
			"iitttti", u->key, u->version, description ? description : "",
			labels.len ? buf_str(&labels) : "{}", buf_str(&u->doc),
			buf_str(&u->formats), u->now);
	if (r == 0 && !u->new_version)
		r = vertex_set_alias(t, u->key, "default", u->version);
	for (struct json c = json_first(aliases); r == 0 && json_present(c); c = json_next(c)) {
		_cleanup_free_ char *alias = json_strdup(c);

		r = alias ? vertex_set_alias(t, u->key, alias, u->version) : -ENOMEM;
	}
	if (r == 0) /* taking its aliases is part of its making */
		r = store_run(t,
			      "UPDATE vertex_versions SET update_time = create_time, change = 1"
			      " WHERE model = ?1 AND version = ?2",
			      "ii", u->key, u->version);
	if (r == 0 && u->new_version)
		r = vertex_touch_model(t, u->key);
	return r;
}

static int carry_out(struct upload *u, struct txn *t)
{
	_cleanup_buf_ struct buf name = BUF_INIT, response = BUF_INIT;
	struct operation_new op = {.kind = OPERATION_UPLOAD,
				   .place = &u->place,
				   .model = u->id,
				   .api_version = u->rq->api_version,
				   .done = true};
	char id[OPERATION_ID_SIZE];
	struct json_writer w;
	int r = 0;

	if (*u->missing) {
		op.code = API_NOT_FOUND;
		op.message = u->missing;
	} else {
		if (!u->new_version)
			r = insert_model(u, t);
		if (r == 0)
			r = insert_version(u, t);
		vertex_name(&u->place, u->id, &name);
		jw_init(&w, &response);
		jw_object(&w, NULL);
		jw_str(&w, "model", buf_str(&name));
		jw_int64(&w, "modelVersionId", u->version);
		jw_end_object(&w);
		op.response = buf_str(&response);
	}
	if (r == 0)
		r = operation_insert(t, &op, id);
	return r < 0 ? r : operation_answer(u->rq, t, id);
}

static int canonical_model(struct upload *u, struct json model)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = mapping_canonical(&vertex_model, model, &text);

	if (r == 0)
		r = json_parse(buf_str(&text), text.len, &u->canon, NULL);
	if (r == 0)
		u->model = json_root(u->canon);
	return r;
}

int vertex_models_upload(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_(upload_free) struct upload u = {.rq = rq, .now = registry_now()};
	_cleanup_free_ char *parent = NULL, *wanted = NULL;
	struct json body, model;
	int r = request_json(rq, &body);

	if (r == 0)
		r = vertex_check_body(rq, &vertex_upload_model_request, body);
	if (r < 0)
		return r;
	parent = json_strdup(mapping_get(body, "parentModel"));
	wanted = json_strdup(mapping_get(body, "modelId"));
	model = mapping_get(body, "model");
	if (!json_present(model))
		return request_fail(rq, API_INVALID_ARGUMENT, "model", "The model is required.");
	u.new_version = parent && *parent;
	if (u.new_version && wanted && *wanted)
		return request_fail(rq, API_INVALID_ARGUMENT, "modelId",
				    "A model id cannot be given together with parentModel.");
	r = canonical_model(&u, model);
	if (r == 0)
		r = check_model(&u);
	if (r == 0)
		r = make_doc(&u);
	if (r == 0)
		r = look_at_artifacts(&u);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = place_find(rq, &t, true, &u.place);
	if (r == 0)
		r = u.new_version ? parse_parent(&u, &t, parent)
				  : choose_id(&u, &t, wanted && *wanted ? wanted : NULL);
	return r < 0 ? r : carry_out(&u, &t);
}
