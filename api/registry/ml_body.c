/* SPDX-License-Identifier: MIT */
/* From a request's body to what is stored: checked, normal, defaults filled in. */
#include "api/registry/ml.h"
#include "api/registry/vertex.h"

int ml_read_body(struct request *rq, const struct message *m, struct json_doc **doc)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct json body;
	int r = request_json(rq, &body);

	if (r == 0)
		r = vertex_check_body(rq, m, body);
	if (r == 0)
		r = schema_normalize(m, body, 0, &text);
	return r < 0 ? r : json_parse(buf_str(&text), text.len, doc, NULL);
}

int ml_read_mask(struct request *rq, struct mask *mask)
{
	const char *text = request_param_any(rq, "updateMask", "update_mask");

	if (!text || !*text)
		return request_fail(rq, API_INVALID_ARGUMENT, "updateMask",
				    "The update mask is required.");
	if (mask_parse(text, mask) < 0 || mask->all || mask->count == 0)
		return request_fail(rq, API_INVALID_ARGUMENT, "updateMask",
				    "The update mask '%s' must name fields.", text);
	return 0;
}

int ml_refuse(struct request *rq, int r, const struct ml_refusal *refusal)
{
	if (r != -EINVAL)
		return r;
	return request_fail(rq, refusal->code, refusal->field, "%s", buf_str(&refusal->why));
}

/* What proto3 leaves out. */
static bool is_default(const struct field *f, struct json v)
{
	int64_t n;

	switch (json_type(v)) {
	case JSON_NONE:
	case JSON_NULL:
	case JSON_FALSE:
		return true;
	case JSON_STRING:
		if (f->type == FIELD_ENUM)
			return json_is(v, f->enumerators[0]);
		return json_is(v, "") || (f->type == FIELD_INT64 && json_is(v, "0"));
	case JSON_NUMBER:
		return json_int64(v, &n) == 0 && n == 0;
	case JSON_ARRAY:
		return json_count(v) == 0;
	case JSON_OBJECT:
		return f->flags & FIELD_MAP && json_count(v) == 0;
	default:
		return false;
	}
}

static void write_one(const struct field *f, const char *key, struct json v, struct json_writer *w)
{
	if (f->type != FIELD_MESSAGE) {
		jw_value(w, key, v);
		return;
	}
	jw_object(w, key);
	for (size_t i = 0; i < f->message->count; i++)
		ml_write_field(&f->message->fields[i], json_get(v, f->message->fields[i].name), w);
	jw_end_object(w);
}

void ml_write_field(const struct field *f, struct json v, struct json_writer *w)
{
	if (is_default(f, v))
		return;
	if (!(f->flags & FIELD_REPEATED)) {
		/* A map's values are strings here: as they came. */
		if (f->flags & FIELD_MAP)
			jw_value(w, f->name, v);
		else
			write_one(f, f->name, v, w);
		return;
	}
	jw_array(w, f->name);
	for (struct json c = json_first(v); json_present(c); c = json_next(c))
		write_one(f, NULL, c, w);
	jw_end_array(w);
}

/* autoScaling: the least that serves is none on MLS1, one node on N1. */
static void write_auto_scaling(const struct field *f, struct json v, bool mls1,
			       struct json_writer *w)
{
	jw_object(w, f->name);
	if (!json_present(json_get(v, "minNodes")) && !mls1)
		jw_int(w, "minNodes", 1);
	for (size_t i = 0; i < f->message->count; i++)
		ml_write_field(&f->message->fields[i], json_get(v, f->message->fields[i].name), w);
	jw_end_object(w);
}

static void write_container(const struct field *f, struct json v, struct json_writer *w)
{
	jw_object(w, f->name);
	for (size_t i = 0; i < f->message->count; i++)
		ml_write_field(&f->message->fields[i], json_get(v, f->message->fields[i].name), w);
	if (json_count(json_get(v, "ports")) == 0) {
		jw_array(w, "ports");
		jw_object(w, NULL);
		jw_int(w, "containerPort", 8080);
		jw_end_object(w);
		jw_end_array(w);
	}
	jw_end_object(w);
}

static void write_route(struct json routes, const char *key, const char *model, const char *version,
			const char *verb, struct json_writer *w)
{
	_cleanup_free_ char *given = json_get_str(routes, key);
	_cleanup_free_ char *path = str_format("/v1/models/%s/versions/%s%s", model, version, verb);

	jw_str(w, key, given && *given ? given : path ? path : "");
}

static void write_routes(struct json version, const char *model, struct json_writer *w)
{
	_cleanup_free_ char *name = json_get_str(version, "name");
	struct json routes = json_get(version, "routes");

	jw_object(w, "routes");
	write_route(routes, "health", model, name ? name : "", "", w);
	write_route(routes, "predict", model, name ? name : "", ":predict", w);
	jw_end_object(w);
}

static bool given(struct json v)
{
	return json_present(v) && json_type(v) != JSON_NULL;
}

int ml_version_doc(struct json version, const char *model, struct buf *out)
{
	_cleanup_free_ char *asked = json_get_str(version, "machineType");
	const char *machine = asked && *asked ? asked : ML_MACHINE_DEFAULT;
	bool manual = given(json_get(version, "manualScaling"));
	bool container = given(json_get(version, "container"));
	struct json_writer w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	for (size_t i = 0; i < ml_version.count; i++) {
		const struct field *f = &ml_version.fields[i];
		struct json v = json_get(version, f->name);

		/* In create requestLoggingConfig has no effect. */
		if (f->flags & FIELD_OUTPUT_ONLY || streq(f->name, "name") ||
		    streq(f->name, "etag") || streq(f->name, "requestLoggingConfig"))
			continue;
		if (streq(f->name, "machineType"))
			jw_str(&w, f->name, machine);
		else if (streq(f->name, "autoScaling") && !manual)
			write_auto_scaling(f, v, ml_machine_is_mls1(machine), &w);
		else if (streq(f->name, "container") && container)
			write_container(f, v, &w);
		else if (streq(f->name, "routes") && container)
			write_routes(version, model, &w);
		else
			ml_write_field(f, v, &w);
	}
	jw_end_object(&w);
	return out->err;
}

int ml_model_doc(struct json model, struct buf *out)
{
	struct json_writer w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	for (size_t i = 0; i < ml_model.count; i++) {
		const struct field *f = &ml_model.fields[i];
		struct json v = json_get(model, f->name);

		if (f->flags & FIELD_OUTPUT_ONLY || streq(f->name, "name") ||
		    streq(f->name, "etag"))
			continue;
		if (streq(f->name, "regions") && json_count(v) == 0) {
			jw_array(&w, f->name);
			jw_str(&w, NULL, ML_REGION_DEFAULT);
			jw_end_array(&w);
			continue;
		}
		ml_write_field(f, v, &w);
	}
	jw_end_object(&w);
	return out->err;
}

static bool named(struct json paths, const char *path)
{
	for (struct json c = json_first(paths); json_present(c); c = json_next(c))
		if (json_is(c, path))
			return true;
	return false;
}

/* autoScaling or manualScaling with its number of nodes from the body. */
static void patch_scaling(const struct field *f, struct json current, struct json body,
			  const char *nodes, bool mls1, struct json_writer *w)
{
	struct json v = json_get(json_get(body, f->name), nodes);
	int64_t n = 0;

	if (given(v))
		json_int64(v, &n);
	else
		n = mls1 ? 0 : 1;
	jw_object(w, f->name);
	if (n)
		jw_int(w, nodes, n);
	for (size_t i = 0; i < f->message->count; i++)
		if (!streq(f->message->fields[i].name, nodes))
			ml_write_field(&f->message->fields[i],
				       json_get(current, f->message->fields[i].name), w);
	jw_end_object(w);
}

int ml_patched_doc(const struct message *m, struct json current, struct json paths,
		   struct json body, struct buf *out)
{
	_cleanup_free_ char *machine = json_get_str(current, "machineType");
	bool mls1 = machine && ml_machine_is_mls1(machine);
	struct json_writer w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	for (size_t i = 0; i < m->count; i++) {
		const struct field *f = &m->fields[i];
		struct json v = json_get(current, f->name);

		if (named(paths, f->name))
			ml_write_field(f, json_get(body, f->name), &w);
		else if (streq(f->name, "autoScaling") && named(paths, "autoScaling.minNodes"))
			patch_scaling(f, v, body, "minNodes", mls1, &w);
		else if (streq(f->name, "manualScaling") && named(paths, "manualScaling.nodes"))
			patch_scaling(f, v, body, "nodes", mls1, &w);
		else if (json_present(v))
			jw_value(&w, f->name, v);
	}
	jw_end_object(&w);
	return out->err;
}
