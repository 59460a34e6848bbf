/* SPDX-License-Identifier: MIT */
#include "fs/judge.h"

/* --- results --- */

void judged_reset(struct judged *j)
{
	free(j->reason);
	free(j->body);
	free(j->mask);
	free(j->value);
	*j = (struct judged){0};
}

int judged_refuse(struct judged *j, int err, const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	judged_reset(j);
	j->reason = buf_take(&b);
	return j->err = err;
}

int judged_no_memory(struct judged *out)
{
	judged_reset(out);
	return out->err = -ENOMEM;
}

const char *judge_type_word(enum json_type t)
{
	static const char *const words[] = {
		[JSON_NONE] = "nothing",   [JSON_NULL] = "null",        [JSON_FALSE] = "false",
		[JSON_TRUE] = "true",      [JSON_NUMBER] = "a number",  [JSON_STRING] = "a string",
		[JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
	};

	return words[t];
}

static int parse(const char *text, size_t len, struct json_doc **doc, struct judged *out)
{
	struct json_error err = {0};
	int r = json_parse(text, len, doc, &err);

	if (r == -ENOMEM)
		return judged_no_memory(out);
	if (r == -E2BIG)
		return judged_refuse(out, -EINVAL, "nested deeper than %d levels", JSON_DEPTH_MAX);
	if (r)
		return judged_refuse(out, -EINVAL, "not JSON: line %u, column %u: %s", err.line,
				     err.column, err.message);
	return 0;
}

int judge_parse(const char *text, size_t len, struct json_doc **doc, struct judged *out)
{
	int r = parse(text, len, doc, out);

	if (!r && json_type(json_root(*doc)) != JSON_OBJECT)
		r = judged_refuse(out, -EINVAL, "expected a JSON object: {…}, found %s",
				  judge_type_word(json_type(json_root(*doc))));
	return r;
}

/* --- who may write a field, and where --- */

static bool writable(const struct judge *j, const struct field *f)
{
	return f->flags & (j->version_level ? FIELD_VERSION_MASK : FIELD_MODEL_MASK);
}

static bool elsewhere(const struct judge *j, const struct field *f)
{
	return !writable(j, f) && f->flags & (FIELD_VERSION_MASK | FIELD_MODEL_MASK);
}

static int refuse_elsewhere(const struct judge *j, const struct field *f, struct judged *out)
{
	if (j->version_level)
		return judged_refuse(out, -EINVAL,
				     "%s belongs to the model: save it in the model's own "
				     "directory (../../%s)",
				     f->name, j->service->model_file);
	return judged_refuse(out, -EINVAL,
			     "%s belongs to a version: save it in that version's directory "
			     "(versions/ID/%s)",
			     f->name, j->service->version_file);
}

static int refuse_read_only(const struct judge *j, const struct field *f, bool missing,
			    struct judged *out)
{
	const char *lacks = missing ? " (this text lacks it)" : "";

	if (elsewhere(j, f))
		return refuse_elsewhere(j, f, out);
	if (f->flags & FIELD_OUTPUT_ONLY)
		return judged_refuse(out, -EPERM, "%s is output only: the service sets it%s",
				     f->name, lacks);
	if (streq(f->name, "versionAliases"))
		return judged_refuse(out, -EPERM,
				     "versionAliases is not changed here: use ln -sfn "
				     "../versions/ID and rm in the model's aliases/");
	if (f->flags & FIELD_IMMUTABLE)
		return judged_refuse(out, -EPERM, "%s is immutable: it stays as it was created%s",
				     f->name, lacks);
	return judged_refuse(out, -EPERM, "%s cannot be changed by a save", f->name);
}

/* --- building a PATCH --- */

struct patch {
	struct buf body, mask;
	struct json_writer w;
};

static void patch_free(struct patch *p)
{
	buf_free(&p->body);
	buf_free(&p->mask);
}
#define _cleanup_patch_ _cleanup_(patch_free)

static void patch_begin(struct patch *p)
{
	*p = (struct patch){0};
	jw_init(&p->w, &p->body);
	jw_object(&p->w, NULL);
}

/* Absent: cleared by the mask; said in so many words where JSON has them. */
static void patch_add(struct patch *p, const struct field *f, struct json v)
{
	if (p->mask.len)
		buf_putc(&p->mask, ',');
	buf_puts(&p->mask, f->name);
	if (json_present(v) && json_type(v) != JSON_NULL)
		jw_value(&p->w, f->name, v);
	else if (f->flags & FIELD_REPEATED)
		jw_raw(&p->w, f->name, "[]", 2);
	else if (f->flags & FIELD_MAP)
		jw_raw(&p->w, f->name, "{}", 2);
	else if (f->type == FIELD_STRING)
		jw_str(&p->w, f->name, "");
}

static unsigned mask_flag(const struct judge *j)
{
	return j->version_level ? FIELD_VERSION_MASK : FIELD_MODEL_MASK;
}

/* Some messages are changed member by member (autoScaling.minNodes). */
static bool masked_below(const struct judge *j, const struct field *f)
{
	for (size_t i = 0; f->type == FIELD_MESSAGE && i < f->message->count; i++)
		if (f->message->fields[i].flags & mask_flag(j))
			return true;
	return false;
}

/* A changed field: its own path, or those of its members that differ. */
static int patch_change(const struct judge *j, struct patch *p, const struct field *f,
			struct json base, struct json v, struct judged *out)
{
	if (!masked_below(j, f)) {
		patch_add(p, f, v);
		return 0;
	}
	for (size_t i = 0; i < f->message->count; i++) {
		const struct field *m = &f->message->fields[i];

		if (json_same(json_get(v, m->name), json_get(base, m->name)))
			continue;
		if (!(m->flags & mask_flag(j)))
			return judged_refuse(out, -EPERM,
					     "%s.%s cannot be changed: it stays as it was created",
					     f->name, m->name);
		buf_printf(&p->mask, "%s%s.%s", p->mask.len ? "," : "", f->name, m->name);
	}
	if (json_type(v) != JSON_OBJECT)
		return judged_refuse(out, -EINVAL, "%s: expected an object", f->name);
	jw_value(&p->w, f->name, v);
	return 0;
}

/* Close it, check it as the service would, hand it over. */
static int patch_end(const struct judge *j, struct patch *p, struct judged *out)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf path = BUF_INIT;
	_cleanup_buf_ struct buf why = BUF_INIT;
	int r;

	if (!p->mask.len && !p->mask.err) {
		out->no_change = true;
		return 0;
	}
	if (j->etag)
		jw_str(&p->w, "etag", j->etag);
	jw_end_object(&p->w);
	if (p->body.err || p->mask.err)
		return judged_no_memory(out);
	r = parse(buf_str(&p->body), p->body.len, &doc, out);
	if (r)
		return r;
	r = schema_check(j->message, json_root(doc), j->beta, &path, &why);
	if (r == -EINVAL)
		return judged_refuse(out, r, "%s", buf_str(&why));
	out->body = buf_take(&p->body);
	out->mask = buf_take(&p->mask);
	return r || !out->body || !out->mask ? judged_no_memory(out) : 0;
}

/* --- one field --- */

static int refuse_scalar(const struct field *f, const char *value, const char *wanted,
			 struct judged *out)
{
	return judged_refuse(out, -EINVAL, "%s: expected %s, found \"%.80s\"", f->name, wanted,
			     value);
}

static int enum_literal(const struct judge *j, const struct field *f, const char *value,
			struct buf *json, struct judged *out)
{
	_cleanup_buf_ struct buf known = BUF_INIT;

	json_quote(json, value, strlen(value));
	for (size_t i = 0; f->enumerators && f->enumerators[i]; i++) {
		if (streq(f->enumerators[i], value))
			return 0;
		buf_printf(&known, "%s%s", i ? ", " : "one of ", f->enumerators[i]);
	}
	/* Tomorrow's service may know more of them than our table. */
	if (!j->own_registry && *value &&
	    !value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")])
		return 0;
	return refuse_scalar(f, value, buf_str(&known), out);
}

/* The JSON of a scalar's text. */
static int scalar_literal(const struct judge *j, const struct field *f, const char *value,
			  struct buf *json, struct judged *out)
{
	const char *digits = value + (*value == '-');
	size_t n = strlen(value);

	switch (f->type) {
	case FIELD_BOOL:
		if (!streq(value, "true") && !streq(value, "false"))
			return refuse_scalar(f, value, "true or false", out);
		buf_puts(json, value);
		break;
	case FIELD_INT32:
	case FIELD_INT64:
		if (!*digits || digits[strspn(digits, "0123456789")])
			return refuse_scalar(f, value, "a whole number", out);
		if (f->type == FIELD_INT64)
			json_quote(json, value, n);
		else
			buf_puts(json, value);
		break;
	case FIELD_FLOAT:
		if (json_scan(value, n, NULL) != JSON_COMPLETE ||
		    !strchr("-0123456789", value[strspn(value, " \t")]))
			return refuse_scalar(f, value, "a number", out);
		buf_puts(json, value);
		break;
	case FIELD_ENUM:
		return enum_literal(j, f, value, json, out);
	default:
		json_quote(json, value, n);
		break;
	}
	return 0;
}

/* A scalar's text without the newline that ends it. */
static char *scalar_value(const struct field *f, const char *text, size_t len)
{
	const char *end;

	if (f->flags & FIELD_MULTILINE) {
		len -= len && text[len - 1] == '\n';
	} else {
		end = memchr(text, '\n', len);
		len = end ? (size_t)(end - text) : len;
	}
	len -= len && text[len - 1] == '\r';
	return strndup(text, len);
}

static int field_json(const struct judge *j, const struct field *f, const char *text, size_t len,
		      struct buf *json, struct judged *out)
{
	_cleanup_free_ char *value = NULL;

	if (field_is_json(f))
		return buf_add(json, text, len) ? judged_no_memory(out) : 0;
	if (memchr(text, '\0', len))
		return judged_refuse(out, -EINVAL, "%s: a NUL byte: this is text", f->name);
	value = scalar_value(f, text, len);
	if (!value)
		return judged_no_memory(out);
	if (f->flags & FIELD_REQUIRED && !*value)
		return judged_refuse(out, -EINVAL, "%s cannot be empty", f->name);
	return scalar_literal(j, f, value, json, out);
}

int judge_field(const struct judge *j, const struct field *f, struct json current, const char *text,
		size_t len, struct judged *out)
{
	_cleanup_buf_ struct buf json = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_patch_ struct patch p;
	struct json value;

	*out = (struct judged){0};
	patch_begin(&p);
	if (!writable(j, f))
		return refuse_read_only(j, f, false, out);
	if (field_json(j, f, text, len, &json, out))
		return out->err;
	if (json.err)
		return judged_no_memory(out);
	if (parse(buf_str(&json), json.len, &doc, out))
		return out->err;
	value = json_root(doc);
	if (judge_value(j, f, value, out))
		return out->err;
	if (!json_same(value, json_get(current, f->name)) &&
	    patch_change(j, &p, f, json_get(current, f->name), value, out))
		return out->err;
	return patch_end(j, &p, out);
}

/* --- a whole document --- */

/* By its exact name: a document is camelCase, as it was shown. */
static const struct field *known_field(const struct message *m, const char *name)
{
	const struct field *f = message_field(m, name);

	return f && streq(f->name, name) ? f : NULL;
}

/* A member that the table lacks passes if it is what it was. */
static int check_unknown(const struct judge *j, struct json member, struct json other, bool added,
			 struct judged *out)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	const struct field *near;
	struct json peer;

	if (json_key(member, &name))
		return judged_no_memory(out);
	if (memchr(buf_str(&name), '\0', name.len))
		return judged_refuse(out, -EINVAL, "a field's name holds a NUL character");
	if (known_field(j->message, buf_str(&name)))
		return 0;
	peer = json_get(other, buf_str(&name));
	if (json_present(peer) && json_equal(member, peer))
		return 0;
	near = message_field(j->message, buf_str(&name));
	if (near)
		return judged_refuse(out, -EINVAL, "unknown field %s: here it is written %s",
				     buf_str(&name), near->name);
	if (added && !json_present(peer))
		return judged_refuse(out, -EINVAL, "unknown field %s", buf_str(&name));
	return judged_refuse(out, -EPERM,
			     "%s is a field that this program does not know, so it is read-only",
			     buf_str(&name));
}

static int check_unknowns(const struct judge *j, struct json base, struct json text,
			  struct judged *out)
{
	struct json m;

	for (m = json_first(text); json_present(m); m = json_next(m)) {
		if (check_unknown(j, m, base, true, out))
			return out->err;
	}
	for (m = json_first(base); json_present(m); m = json_next(m)) {
		if (check_unknown(j, m, text, false, out))
			return out->err;
	}
	return 0;
}

static int refuse_mixed(const struct judge *j, const char *ours, const char *theirs,
			struct judged *out)
{
	bool v = j->version_level;

	return judged_refuse(out, -EINVAL,
			     "this mixes two levels: %s belongs to the model (%s in the model's "
			     "directory), %s to the version (%s in versions/ID); save each there",
			     v ? theirs : ours, j->service->model_file, v ? ours : theirs,
			     j->service->version_file);
}

/* A text without an etag forces, and may be older than what it replaces: when
 * that was changed last is then not as it stands in the text. */
static bool is_older_time(const struct field *f, struct json value, struct json now)
{
	_cleanup_free_ char *was = json_strdup(value);
	_cleanup_free_ char *is = json_strdup(now);
	uint64_t a, b;

	return f->type == FIELD_TIMESTAMP && ends_with(f->name, "pdateTime") && was && is &&
	       !time_parse(was, &a) && !time_parse(is, &b) && a < b;
}

int judge_document(const struct judge *j, struct json base, const char *text, size_t len,
		   struct judged *out)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_patch_ struct patch p;
	const struct field *theirs = NULL;
	struct json root;
	bool forces;

	*out = (struct judged){0};
	patch_begin(&p);
	if (judge_parse(text, len, &doc, out))
		return out->err;
	root = json_root(doc);
	forces = json_is_empty(json_get(root, "etag"));
	if (!forces && json_type(json_get(root, "etag")) != JSON_STRING)
		return judged_refuse(out, -EINVAL, "etag: expected a string, found %s",
				     judge_type_word(json_type(json_get(root, "etag"))));
	if (check_unknowns(j, base, root, out))
		return out->err;
	for (size_t i = 0; i < j->message->count; i++) {
		const struct field *f = &j->message->fields[i];
		struct json value = json_get(root, f->name);

		/* The etag names the base and is no change of its own. */
		if (streq(f->name, "etag") || json_same(value, json_get(base, f->name)))
			continue;
		if (json_present(j->current) && json_same(value, json_get(j->current, f->name)))
			continue;
		if (forces && is_older_time(f, value, json_get(base, f->name)))
			continue;
		if (elsewhere(j, f)) {
			theirs = theirs ? theirs : f;
			continue;
		}
		if (!writable(j, f))
			return refuse_read_only(j, f, !json_present(value), out);
		if (judge_value(j, f, value, out))
			return out->err;
		if (patch_change(j, &p, f, json_get(base, f->name), value, out))
			return out->err;
	}
	if (theirs && p.mask.len)
		return refuse_mixed(j, buf_str(&p.mask), theirs->name, out);
	if (theirs)
		return refuse_elsewhere(j, theirs, out);
	return patch_end(j, &p, out);
}

bool judge_same(const struct judge *j, struct json a, struct json b)
{
	for (size_t i = 0; i < j->message->count; i++) {
		const struct field *f = &j->message->fields[i];

		if (writable(j, f) && !json_same(json_get(a, f->name), json_get(b, f->name)))
			return false;
	}
	return true;
}

char *judge_etag(const char *text, size_t len)
{
	_cleanup_json_ struct json_doc *doc = NULL;

	if (json_parse(text, len, &doc, NULL))
		return NULL;
	return json_get_str(json_root(doc), "etag");
}
