/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "api/schema.h"

/* snake_case `a` or camelCase `a` against the table's camelCase `b`. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char c = *a;

		if (c == '_' && a[1] >= 'a' && a[1] <= 'z')
			c = (char)(*++a - 'a' + 'A');
		if (c != *b)
			return false;
	}
	return !*a && !*b;
}

const struct field *message_field(const struct message *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (same_name(name, m->fields[i].name))
			return &m->fields[i];
	return NULL;
}

bool field_is_json(const struct field *f)
{
	return f->flags & (FIELD_REPEATED | FIELD_MAP) || f->type == FIELD_MESSAGE ||
	       f->type == FIELD_ANY;
}

bool json_is_container(struct json v)
{
	return json_type(v) == JSON_OBJECT || json_type(v) == JSON_ARRAY;
}

bool field_in_version(const struct field *f, bool beta)
{
	return !(f->flags & (beta ? FIELD_NOT_IN_BETA : FIELD_ONLY_IN_BETA));
}

const char *field_enumerator(const struct field *f, struct json v)
{
	int64_t n = -1;

	if (f->type != FIELD_ENUM)
		return NULL;
	if (json_type(v) == JSON_NUMBER && json_int64(v, &n))
		return NULL;
	for (int64_t i = 0; f->enumerators[i]; i++)
		if (i == n || json_is(v, f->enumerators[i]))
			return f->enumerators[i];
	return NULL;
}

/* Where the check stands, and what it found. */
struct check {
	bool beta;
	struct buf *path;
	struct buf *why;
};

static int refuse(struct check *c, const char *expected, struct json v)
{
	size_t len;
	const char *raw = json_raw(v, &len);

	buf_printf(c->why, "Invalid value at '%s' (%s), %.*s", buf_str(c->path), expected,
		   (int)(len > 200 ? 200 : len), raw);
	return c->why->err ? c->why->err : -EINVAL;
}

/* The path is a stack: a step pushes, and cuts back when all was well. */
static int push(struct check *c, const char *fmt, ...) _printf_(2, 3);
static int push(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(c->path, fmt, ap);
	va_end(ap);
	return c->path->err;
}

static bool string_matches(struct json v, bool (*ok)(const char *))
{
	_cleanup_free_ char *s = json_strdup(v);

	return s && ok(s);
}

static bool is_timestamp(const char *s)
{
	uint64_t ns;

	return time_parse(s, &ns) == 0;
}

static bool is_duration(const char *s)
{
	const char *p = s + (*s == '-'), *dot;
	size_t n = strspn(p, "0123456789");

	if (n < 1 || n > 12)
		return false;
	p += n;
	dot = p;
	if (*p == '.') {
		n = strspn(p + 1, "0123456789");
		p += n + 1;
		if (p - dot < 2 || p - dot > 10)
			return false;
	}
	return streq(p, "s");
}

/* Both alphabets, padding or none. */
static bool is_base64(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_");
	size_t pad = strspn(s + n, "=");

	return !s[n + pad] && n % 4 != 1 && (!pad || (pad <= 2 && (n + pad) % 4 == 0));
}

static bool is_float(const char *s)
{
	char *end;

	if (streq(s, "NaN") || streq(s, "Infinity") || streq(s, "-Infinity"))
		return true;
	if (!*s || s[strspn(s, "+-.0123456789eE")])
		return false;
	(void)strtod(s, &end);
	return !*end;
}

static bool is_int(struct json v, int64_t low, int64_t high)
{
	int64_t n;

	return json_int64(v, &n) == 0 && n >= low && n <= high;
}

static int check_message(struct check *c, const struct message *m, struct json v);

static int check_single(struct check *c, const struct field *f, struct json v)
{
	bool ok = false;
	const char *expected = "";

	switch (f->type) {
	case FIELD_MESSAGE:
		return check_message(c, f->message, v);
	case FIELD_ANY:
		return 0;
	case FIELD_STRING:
	case FIELD_MASK:
		expected = "TYPE_STRING";
		ok = json_type(v) == JSON_STRING;
		break;
	case FIELD_BOOL:
		expected = "TYPE_BOOL";
		ok = json_type(v) == JSON_TRUE || json_type(v) == JSON_FALSE;
		break;
	case FIELD_INT32:
		expected = "TYPE_INT32";
		ok = is_int(v, INT32_MIN, INT32_MAX);
		break;
	case FIELD_INT64:
		expected = "TYPE_INT64";
		ok = is_int(v, INT64_MIN, INT64_MAX);
		break;
	case FIELD_FLOAT:
		expected = "TYPE_DOUBLE";
		ok = json_type(v) == JSON_NUMBER || string_matches(v, is_float);
		break;
	case FIELD_ENUM:
		expected = "TYPE_ENUM";
		ok = field_enumerator(f, v) != NULL;
		break;
	case FIELD_TIMESTAMP:
		expected = "Timestamp, RFC 3339";
		ok = string_matches(v, is_timestamp);
		break;
	case FIELD_DURATION:
		expected = "Duration, seconds and 's'";
		ok = string_matches(v, is_duration);
		break;
	case FIELD_BYTES:
		expected = "TYPE_BYTES, base64";
		ok = string_matches(v, is_base64);
		break;
	}
	return ok ? 0 : refuse(c, expected, v);
}

static int check_repeated(struct check *c, const struct field *f, struct json v)
{
	size_t at = c->path->len, i = 0;
	struct json item;
	int r = 0;

	if (json_type(v) != JSON_ARRAY)
		return refuse(c, "an array", v);
	for (item = json_first(v); json_present(item) && !r; item = json_next(item)) {
		buf_truncate(c->path, at);
		r = push(c, "[%zu]", i++);
		if (!r && json_type(item) == JSON_NULL && f->type != FIELD_ANY)
			r = refuse(c, "no null in an array", item);
		if (!r)
			r = check_single(c, f, item);
	}
	if (!r)
		buf_truncate(c->path, at);
	return r;
}

static int check_map(struct check *c, const struct field *f, struct json v)
{
	size_t at = c->path->len;
	struct json item;
	int r = 0;

	if (json_type(v) != JSON_OBJECT)
		return refuse(c, "an object", v);
	for (item = json_first(v); json_present(item) && !r; item = json_next(item)) {
		buf_truncate(c->path, at);
		buf_putc(c->path, '.');
		r = json_key(item, c->path);
		if (!r && json_type(item) == JSON_NULL && f->type != FIELD_ANY)
			r = refuse(c, "no null in a map", item);
		if (!r)
			r = check_single(c, f, item);
	}
	if (!r)
		buf_truncate(c->path, at);
	return r;
}

static int check_field(struct check *c, const struct field *f, struct json v)
{
	if (json_type(v) == JSON_NULL)
		return 0; /* as if it were not there */
	if (f->flags & FIELD_REPEATED)
		return check_repeated(c, f, v);
	if (f->flags & FIELD_MAP)
		return check_map(c, f, v);
	return check_single(c, f, v);
}

static int unknown_name(struct check *c, size_t at, const char *name)
{
	if (at)
		buf_printf(c->why,
			   "Invalid JSON payload received. Unknown name \"%s\" at '%.*s': "
			   "Cannot find field.",
			   name, (int)at, buf_str(c->path));
	else
		buf_printf(c->why,
			   "Invalid JSON payload received. Unknown name \"%s\": Cannot find field.",
			   name);
	return c->why->err ? c->why->err : -EINVAL;
}

static int check_member(struct check *c, const struct message *m, struct json v, uint64_t *seen)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	size_t at = c->path->len;
	const struct field *f;
	int r = json_key(v, &name);

	if (r)
		return r;
	f = memchr(buf_str(&name), '\0', name.len) ? NULL : message_field(m, buf_str(&name));
	if (f && !field_in_version(f, c->beta))
		f = NULL;
	r = push(c, "%s%s", at ? "." : "", f ? f->name : buf_str(&name));
	if (r)
		return r;
	if (!f)
		return unknown_name(c, at, buf_str(&name));
	if (*seen & UINT64_C(1) << (f - m->fields)) {
		buf_printf(c->why,
			   "Invalid value at '%s', given twice (in camelCase and snake_case)",
			   buf_str(c->path));
		return c->why->err ? c->why->err : -EINVAL;
	}
	*seen |= UINT64_C(1) << (f - m->fields);
	r = check_field(c, f, v);
	if (!r)
		buf_truncate(c->path, at);
	return r;
}

static int check_message(struct check *c, const struct message *m, struct json v)
{
	uint64_t seen = 0;
	struct json member;
	int r = 0;

	if (json_type(v) != JSON_OBJECT)
		return refuse(c, "an object", v);
	for (member = json_first(v); json_present(member) && !r; member = json_next(member))
		r = check_member(c, m, member, &seen);
	return r;
}

int schema_check(const struct message *m, struct json v, bool beta, struct buf *path,
		 struct buf *why)
{
	struct check c = {beta, path, why};

	return check_message(&c, m, v);
}

static void normalize_message(struct json_writer *w, const char *key, const struct message *m,
			      struct json v, unsigned drop);

static void normalize_single(struct json_writer *w, const char *key, const struct field *f,
			     struct json v, unsigned drop)
{
	const char *name;
	int64_t n;

	if (f->type == FIELD_MESSAGE) {
		normalize_message(w, key, f->message, v, drop);
		return;
	}
	name = field_enumerator(f, v);
	if (name)
		jw_str(w, key, name);
	else if (f->type == FIELD_INT64 && json_int64(v, &n) == 0)
		jw_int64(w, key, n);
	else if (f->type == FIELD_INT32 && json_int64(v, &n) == 0)
		jw_int(w, key, n);
	else
		jw_value(w, key, v);
}

static void normalize_field(struct json_writer *w, const struct field *f, struct json v,
			    unsigned drop)
{
	struct json item;

	if (f->flags & FIELD_REPEATED) {
		jw_array(w, f->name);
		for (item = json_first(v); json_present(item); item = json_next(item))
			normalize_single(w, NULL, f, item, drop);
		jw_end_array(w);
	} else if (f->flags & FIELD_MAP) {
		jw_object(w, f->name);
		for (item = json_first(v); json_present(item); item = json_next(item)) {
			_cleanup_buf_ struct buf key = BUF_INIT;

			if (json_key(item, &key))
				w->out->err = w->out->err ? w->out->err : -ENOMEM;
			else
				normalize_single(w, buf_str(&key), f, item, drop);
		}
		jw_end_object(w);
	} else {
		normalize_single(w, f->name, f, v, drop);
	}
}

static struct json find_field(struct json object, const struct field *f)
{
	struct json v = json_get(object, f->name);

	for (struct json i = json_first(object); !json_present(v) && json_present(i);
	     i = json_next(i)) {
		_cleanup_buf_ struct buf name = BUF_INIT;

		if (json_key(i, &name) == 0 && same_name(buf_str(&name), f->name))
			v = i;
	}
	return v;
}

static void normalize_message(struct json_writer *w, const char *key, const struct message *m,
			      struct json v, unsigned drop)
{
	jw_object(w, key);
	for (size_t i = 0; i < m->count; i++) {
		struct json field;

		if (m->fields[i].flags & drop)
			continue;
		field = find_field(v, &m->fields[i]);
		if (json_present(field) && json_type(field) != JSON_NULL)
			normalize_field(w, &m->fields[i], field, drop);
	}
	jw_end_object(w);
}

int schema_normalize(const struct message *m, struct json v, unsigned drop, struct buf *out)
{
	struct json_writer w;

	jw_init(&w, out);
	normalize_message(&w, NULL, m, v, drop);
	return out->err;
}
