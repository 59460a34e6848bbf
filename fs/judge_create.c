/* SPDX-License-Identifier: MIT */
#include "fs/judge_create.h"

#include "api/resource.h"

/* An id of AI Platform: REGISTRY.md, models and versions. */
static bool ml_id(const char *id)
{
	size_t n = 0;

	if (!((*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z')))
		return false;
	while ((id[n] >= 'a' && id[n] <= 'z') || (id[n] >= 'A' && id[n] <= 'Z') ||
	       (id[n] >= '0' && id[n] <= '9') || id[n] == '_')
		n++;
	return !id[n] && n <= 128;
}

#define WORDS(...)                \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static const char *const nothing[] = {NULL};

static const struct creation creations[] = {
	{
		.service = "vertex",
		.method = "models.upload",
		.id_ok = resource_vertex_model_id,
		.id_rule = "a lower-case letter or _, then up to 62 of a-z, 0-9, _ and -",
		.template = WORDS("displayName", "description", "artifactUri"),
		.required = WORDS("displayName", "artifactUri|containerSpec"),
		.wrap = "model",
		.id_member = "modelId",
	},
	{
		.service = "vertex",
		.version = true,
		.method = "models.upload",
		.template = WORDS("displayName", "versionDescription", "artifactUri"),
		.required = WORDS("displayName", "artifactUri|containerSpec"),
		.wrap = "model",
		.parent_member = "parentModel",
		.id_path = "response.modelVersionId",
	},
	{
		.service = "ml",
		.method = "models.create",
		.id_ok = ml_id,
		.id_rule = "a letter, then up to 127 letters, digits and _",
		.template = WORDS("description"),
		.required = nothing,
		.id_member = "name",
	},
	{
		.service = "ml",
		.version = true,
		.method = "models.versions.create",
		.on_model = true,
		.id_ok = ml_id,
		.id_rule = "a letter, then up to 127 letters, digits and _",
		.template = WORDS("deploymentUri", "runtimeVersion", "framework", "pythonVersion"),
		.required = WORDS("deploymentUri|container", "runtimeVersion|container"),
		.id_member = "name",
		.failed_stays = true,
	},
	{
		.service = "automl",
		.method = "models.create",
		.template = WORDS("displayName", "datasetId"),
		.required = WORDS("displayName", "datasetId"),
		.id_path = "response.name",
	},
};

const struct creation *creation_of(const struct service *s, bool version)
{
	for (size_t i = 0; s && i < ARRAY_SIZE(creations); i++)
		if (streq(creations[i].service, s->id) && creations[i].version == version)
			return &creations[i];
	return NULL;
}

int creation_template(const struct creation *k, struct json parent, struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	struct json_writer w;
	int err;

	jw_init(&w, &text);
	jw_object(&w, NULL);
	for (const char *const *name = k->template; *name; name++) {
		_cleanup_free_ char *lent =
			streq(*name, "displayName") ? json_get_str(parent, *name) : NULL;

		jw_str(&w, *name, lent ? lent : "");
	}
	jw_end_object(&w);
	err = text.err ? text.err : json_parse(buf_str(&text), text.len, &doc, NULL);
	if (err)
		return err;
	json_print(json_root(doc), JSON_PRETTY, out);
	return buf_putc(out, '\n');
}

static bool is_void(struct json v)
{
	return json_type(v) <= JSON_NULL || json_is(v, "");
}

/* What a copy of another resource's document brings along: the service sets
 * it, or it is said elsewhere in the request. */
static bool is_dropped(const struct field *f)
{
	static const char *const names[] = {"name", "etag", "versionAliases"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(f->name, names[i]))
			return true;
	return f->flags & FIELD_OUTPUT_ONLY;
}

/* One of the names in "a|b" has a value. */
static bool has_one(struct json doc, const char *names)
{
	_cleanup_free_ char *copy = strdup(names);
	char *rest = copy, *name;

	while ((name = strsep(&rest, "|")))
		if (!is_void(json_get(doc, name)))
			return true;
	return false;
}

static int check_required(const struct creation *k, struct json doc, struct judged *out)
{
	_cleanup_buf_ struct buf words = BUF_INIT;

	for (const char *const *names = k->required; *names; names++) {
		if (has_one(doc, *names))
			continue;
		for (const char *c = *names; *c; c++)
			*c == '|' ? buf_puts(&words, " or ") : buf_putc(&words, *c);
		return judged_refuse(out, -EINVAL, "%s is missing: a new %s needs it",
				     buf_str(&words), k->version ? "version" : "model");
	}
	return 0;
}

/* The members that are sent, checked as the service would. */
struct build {
	const struct judge *j;
	struct buf known;  /* an object: what the table knows */
	struct buf beside; /* ",\"key\":value" of what it does not */
	struct json_writer w;
};

static int take_member(struct build *b, struct json v, struct judged *out)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	const struct field *f;
	int err;

	if (json_key(v, &key))
		return judged_no_memory(out);
	f = message_field(b->j->message, buf_str(&key));
	if (f && streq(f->name, buf_str(&key))) {
		if (is_dropped(f) || is_void(v))
			return 0;
		err = judge_value(b->j, f, v, out);
		if (!err)
			jw_value(&b->w, f->name, v);
		return err;
	}
	if (f)
		return judged_refuse(out, -EINVAL, "unknown field %s: here it is written %s",
				     buf_str(&key), f->name);
	if (b->j->own_registry)
		return judged_refuse(out, -EINVAL, "unknown field %s", buf_str(&key));
	/* Tomorrow's service may know it. */
	buf_putc(&b->beside, ',');
	json_quote(&b->beside, buf_str(&key), key.len);
	buf_putc(&b->beside, ':');
	json_print(v, JSON_COMPACT, &b->beside);
	return 0;
}

/* The document as the service gets it: without what is output only, at every
 * depth. */
static int finish(struct build *b, struct buf *doc, struct judged *out)
{
	_cleanup_json_ struct json_doc *known = NULL;
	_cleanup_buf_ struct buf path = BUF_INIT, why = BUF_INIT;
	int err;

	if (b->known.err || b->beside.err)
		return judged_no_memory(out);
	err = json_parse(buf_str(&b->known), b->known.len, &known, NULL);
	if (!err)
		err = schema_check(b->j->message, json_root(known), b->j->beta, &path, &why);
	if (err == -EINVAL)
		return judged_refuse(out, err, "%s", buf_str(&why));
	if (!err)
		err = schema_normalize(b->j->message, json_root(known), FIELD_OUTPUT_ONLY, doc);
	if (err || !doc->len)
		return judged_no_memory(out);
	if (b->beside.len) {
		buf_truncate(doc, doc->len - 1);
		buf_puts(doc, buf_str(&b->beside) + (doc->len == 1));
		buf_putc(doc, '}');
	}
	return doc->err ? judged_no_memory(out) : 0;
}

static int make_document(const struct judge *j, const struct creation *k, struct json root,
			 struct json parent, struct buf *doc, struct judged *out)
{
	struct build b = {.j = j};
	struct json lent = k->version ? json_get(parent, "displayName") : JSON_ABSENT;
	int err = 0;

	jw_init(&b.w, &b.known);
	jw_object(&b.w, NULL);
	for (struct json v = json_first(root); !err && json_present(v); v = json_next(v))
		err = take_member(&b, v, out);
	/* A version's document need not repeat what all of them share. */
	if (!is_void(lent) && is_void(json_get(root, "displayName")))
		jw_value(&b.w, "displayName", lent);
	jw_end_object(&b.w);
	if (!err)
		err = finish(&b, doc, out);
	buf_free(&b.known);
	buf_free(&b.beside);
	return err;
}

static int make_request(const struct creation *k, const char *id, const char *model,
			const struct buf *doc, struct judged *out)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	struct json_writer w;

	jw_init(&w, &body);
	jw_object(&w, NULL);
	if (k->id_member)
		jw_str(&w, k->id_member, id);
	if (k->parent_member)
		jw_str(&w, k->parent_member, model);
	if (k->wrap) {
		jw_raw(&w, k->wrap, buf_str(doc), doc->len);
		jw_end_object(&w);
	} else {
		/* The document's own members follow. */
		if (doc->len > 2 && body.len > 1)
			buf_putc(&body, ',');
		buf_puts(&body, buf_str(doc) + 1);
	}
	out->body = buf_take(&body);
	return out->body ? 0 : judged_no_memory(out);
}

int judge_create(const struct judge *j, const struct creation *k, const char *id, const char *model,
		 struct json parent, const char *text, size_t len, struct judged *out)
{
	_cleanup_json_ struct json_doc *given = NULL, *doc = NULL;
	_cleanup_buf_ struct buf made = BUF_INIT;

	*out = (struct judged){0};
	if (judge_parse(text, len, &given, out) ||
	    make_document(j, k, json_root(given), parent, &made, out))
		return out->err;
	if (json_parse(buf_str(&made), made.len, &doc, NULL))
		return judged_no_memory(out);
	if (check_required(k, json_root(doc), out))
		return out->err;
	return make_request(k, id, model, &made, out);
}
