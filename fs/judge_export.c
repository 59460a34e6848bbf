/* SPDX-License-Identifier: MIT */
/* export.json: what may be exported where (API.md 3.4). */
#include "api/resource.h"
#include "api/vertex.h"
#include "fs/judge.h"

static int judge_vertex_export(const struct judge *j, struct json model, const char *text,
			       size_t len, struct judged *out);
static int judge_vertex_template(struct json model, struct buf *out);

static bool has_content(struct json format, const char *content)
{
	struct json v = json_first(json_get(format, "exportableContents"));

	for (; json_present(v); v = json_next(v)) {
		if (json_is(v, content))
			return true;
	}
	return false;
}

static struct json formats_of(struct json model)
{
	return json_get(model, "supportedExportFormats");
}

static struct json find_format(struct json model, const char *id)
{
	struct json v = json_first(formats_of(model));

	while (json_present(v) && !json_is(json_get(v, "id"), id))
		v = json_next(v);
	return v;
}

/* "tflite, core-ml" */
static void list_formats(struct json model, struct buf *out)
{
	for (struct json v = json_first(formats_of(model)); json_present(v); v = json_next(v)) {
		if (out->len)
			buf_puts(out, ", ");
		json_string(json_get(v, "id"), out);
	}
}

/* --- the shape of the text --- */

/* Names, types and nesting by the method's own message; path is where v is. */
static int check_shape(const struct message *m, struct json v, const char *path, struct judged *out)
{
	if (json_type(v) != JSON_OBJECT)
		return judged_refuse(out, -EINVAL, "%s: expected an object, found %s", path,
				     judge_type_word(json_type(v)));
	for (struct json i = json_first(v); json_present(i); i = json_next(i)) {
		_cleanup_buf_ struct buf name = BUF_INIT;
		_cleanup_free_ char *below = NULL;
		const struct field *f;

		if (json_key(i, &name))
			return judged_no_memory(out);
		f = message_field(m, buf_str(&name));
		below = str_format("%s%s%s", path, *path ? "." : "", f ? f->name : buf_str(&name));
		if (!below)
			return judged_no_memory(out);
		if (!f) {
			_cleanup_buf_ struct buf known = BUF_INIT;

			for (size_t k = 0; k < m->count; k++)
				buf_printf(&known, "%s%s", k ? ", " : "", m->fields[k].name);
			return judged_refuse(out, -EINVAL, "unknown field %s; known here: %s",
					     below, buf_str(&known));
		}
		/* Maps and lists are the schema check's. */
		if (json_type(i) == JSON_NULL || f->flags & (FIELD_MAP | FIELD_REPEATED))
			continue;
		if (f->type == FIELD_MESSAGE) {
			if (check_shape(f->message, i, below, out))
				return out->err;
		} else if (f->type == FIELD_STRING && json_type(i) != JSON_STRING) {
			return judged_refuse(out, -EINVAL, "%s: expected a string, found %s", below,
					     judge_type_word(json_type(i)));
		}
	}
	return 0;
}

int judge_request(const struct judge *j, const struct message *m, const char *text, size_t len,
		  struct json_doc **request, struct judged *out)
{
	_cleanup_json_ struct json_doc *given = NULL;
	_cleanup_json_ struct json_doc *wrapped = NULL;
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_buf_ struct buf path = BUF_INIT;
	_cleanup_buf_ struct buf why = BUF_INIT;
	struct json root, v;
	bool bare = true;

	if (judge_parse(text, len, &given, out))
		return out->err;
	root = json_root(given);
	for (v = json_first(root); json_present(v); v = json_next(v))
		bare = bare && !json_key_is(v, "outputConfig") && !json_key_is(v, "output_config");
	if (bare)
		buf_puts(&b, "{\"outputConfig\":");
	json_print(root, JSON_COMPACT, &b);
	if (bare)
		buf_putc(&b, '}');
	if (b.err || json_parse(buf_str(&b), b.len, &wrapped, NULL))
		return judged_no_memory(out);
	root = json_root(wrapped);
	if (check_shape(m, root, "", out))
		return out->err;
	if (schema_check(m, root, j->beta, &path, &why))
		return judged_refuse(out, -EINVAL, "%s", buf_str(&why));
	buf_reset(&b);
	if (schema_normalize(m, root, 0, &b) || json_parse(buf_str(&b), b.len, request, NULL))
		return judged_no_memory(out);
	return 0;
}

/* --- destinations --- */

static int check_prefix(const struct judge *j, const char *uri, struct judged *out)
{
	static const char where[] = "outputConfig.artifactDestination.outputUriPrefix";
	_cleanup_free_ char *memory = NULL;
	const char *bucket, *object;
	int r = resource_gs_uri(uri, &memory, &bucket, &object);

	if (r == -ENOMEM)
		return judged_no_memory(out);
	if (r)
		return judged_refuse(out, -EINVAL,
				     "%s: expected gs://BUCKET/DIRECTORY, found \"%.200s\"", where,
				     uri);
	/* On other services the bucket's root is theirs to refuse. */
	if (j->own_registry && !object[strspn(object, "/")])
		return judged_refuse(out, -EINVAL,
				     "%s: \"%.200s\" is a whole bucket; name a directory in it, as "
				     "in gs://%s/exports",
				     where, uri, bucket);
	return 0;
}

static bool is_path_segment(const char *s, size_t len)
{
	if (!len || strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._:-") < len)
		return false;
	return s[0] != '.' && s[0] != '-' && s[0] != '_' && s[0] != ':';
}

/* Segments separated by '/', up to a tag; 0: not well-formed. */
static size_t count_segments(const char *path, size_t len)
{
	size_t n = 0;

	for (const char *end = path + len;; path++) {
		const char *slash = memchr(path, '/', (size_t)(end - path));

		if (!is_path_segment(path, (size_t)((slash ? slash : end) - path)))
			return 0;
		n++;
		if (!slash)
			return n;
		path = slash;
	}
}

static bool is_tag(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n && n <= 128 && !s[n] && *s != '.' && *s != '-';
}

/* [REGION.]gcr.io/PROJECT/IMAGE[:TAG], LOCATION-docker.pkg.dev/PROJECT/REPO/IMAGE[:TAG];
 * a project may have a domain before it ("example.com:p" or "example.com/p"). */
static bool is_image(const char *uri)
{
	const char *slash = strchr(uri, '/'), *last, *tag;
	size_t host = slash ? (size_t)(slash - uri) : 0, least;
	_cleanup_free_ char *name = strndup(uri, host);

	if (!host || !name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-")])
		return false;
	if (streq(name, "gcr.io") || (ends_with(name, ".gcr.io") && host > 7))
		least = 2;
	else if (ends_with(name, "-docker.pkg.dev") && host > 15)
		least = 3;
	else
		return false;
	last = strrchr(slash, '/');
	tag = strchr(last, ':');
	if (tag && !is_tag(tag + 1))
		return false;
	slash++;
	return count_segments(slash, tag ? (size_t)(tag - slash) : strlen(slash)) >= least;
}

static int check_image(const struct judge *j, const char *uri, struct judged *out)
{
	(void)j;
	if (is_image(uri))
		return 0;
	return judged_refuse(
		out, -EINVAL,
		"outputConfig.imageDestination.outputUri: expected a Container Registry "
		"or Artifact Registry path, as in gcr.io/PROJECT/IMAGE:TAG or "
		"us-central1-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE:TAG, found "
		"\"%.200s\"",
		uri);
}

static const struct destination {
	const char *content; /* in exportableContents */
	const char *field, *member;
	int (*check)(const struct judge *j, const char *uri, struct judged *out);
} destinations[] = {
	{"ARTIFACT", "artifactDestination", "outputUriPrefix", check_prefix},
	{"IMAGE", "imageDestination", "outputUri", check_image},
};

/* What this format takes, for a reason's end. */
static const char *wanted_destination(struct json format)
{
	for (size_t i = 0; i < ARRAY_SIZE(destinations); i++) {
		if (has_content(format, destinations[i].content))
			return i ? "outputConfig.imageDestination.outputUri"
				 : "outputConfig.artifactDestination.outputUriPrefix (gs://…)";
	}
	return "a destination that this program does not know";
}

static int add_destinations(const struct judge *j, struct json config, struct json format,
			    const char *id, struct json_writer *w, struct judged *out)
{
	size_t added = 0;

	for (size_t i = 0; i < ARRAY_SIZE(destinations); i++) {
		const struct destination *d = &destinations[i];
		_cleanup_free_ char *uri = json_get_str(json_get(config, d->field), d->member);

		if (!uri || !*uri)
			continue;
		if (!has_content(format, d->content))
			return judged_refuse(out, -EINVAL,
					     "outputConfig.%s: the format \"%s\" has no %s to "
					     "export; it takes %s",
					     d->field, id, d->content, wanted_destination(format));
		if (d->check(j, uri, out))
			return out->err;
		jw_object(w, d->field);
		jw_str(w, d->member, uri);
		jw_end_object(w);
		added++;
	}
	if (!added)
		return judged_refuse(out, -EINVAL, "no destination: set %s",
				     wanted_destination(format));
	return 0;
}

int judge_export(const struct judge *j, struct json model, const char *text, size_t len,
		 struct judged *out)
{
	return j->service == &service_automl ? judge_automl_export(j, model, text, len, out)
					     : judge_vertex_export(j, model, text, len, out);
}

int judge_export_template(const struct service *s, struct json model, struct buf *out)
{
	return s == &service_automl ? judge_automl_template(model, out)
				    : judge_vertex_template(model, out);
}

static int judge_vertex_export(const struct judge *j, struct json model, const char *text,
			       size_t len, struct judged *out)
{
	_cleanup_json_ struct json_doc *request = NULL;
	_cleanup_buf_ struct buf body = BUF_INIT;
	_cleanup_buf_ struct buf known = BUF_INIT;
	_cleanup_free_ char *id = NULL;
	struct json config, format;
	struct json_writer w;

	*out = (struct judged){0};
	if (judge_request(j, &vertex_export_model_request, text, len, &request, out))
		return out->err;
	list_formats(model, &known);
	if (!known.len)
		return judged_refuse(out, -EBUSY,
				     "this model is not exportable: its supportedExportFormats is "
				     "empty");
	config = json_get(json_root(request), "outputConfig");
	id = json_get_str(config, "exportFormatId");
	if (!id || !*id) {
		free(id);
		id = json_get_str(json_first(formats_of(model)), "id");
	}
	if (!id)
		return judged_no_memory(out);
	format = find_format(model, id);
	if (!json_present(format))
		return judged_refuse(out, -EINVAL,
				     "outputConfig.exportFormatId: this model has no format "
				     "\"%.80s\"; it has %s",
				     id, buf_str(&known));
	jw_init(&w, &body);
	jw_object(&w, NULL);
	jw_object(&w, "outputConfig");
	jw_str(&w, "exportFormatId", id);
	if (add_destinations(j, config, format, id, &w, out))
		return out->err;
	jw_end_object(&w);
	jw_end_object(&w);
	out->body = buf_take(&body);
	if (!out->body)
		return judged_no_memory(out);
	return 0;
}

static int judge_vertex_template(struct json model, struct buf *out)
{
	struct json format = json_first(formats_of(model));
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct json_writer w;
	int r;

	if (!json_present(format))
		return -ENODATA;
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_object(&w, "outputConfig");
	jw_value(&w, "exportFormatId", json_get(format, "id"));
	for (size_t i = 0; i < ARRAY_SIZE(destinations); i++) {
		if (!has_content(format, destinations[i].content))
			continue;
		jw_object(&w, destinations[i].field);
		jw_str(&w, destinations[i].member, "");
		jw_end_object(&w);
	}
	jw_end_object(&w);
	jw_end_object(&w);
	if (b.err)
		return b.err;
	r = json_parse(buf_str(&b), b.len, &doc, NULL);
	if (r)
		return r;
	json_print(json_root(doc), JSON_PRETTY, out);
	return buf_putc(out, '\n');
}
