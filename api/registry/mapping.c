/* SPDX-License-Identifier: MIT */
#include "api/registry/mapping.h"

#include <ctype.h>
#include <stdio.h>

static int to_snake(const char *camel, struct buf *out)
{
	for (; *camel; camel++) {
		if (isupper((unsigned char)*camel))
			buf_putc(out, '_');
		buf_putc(out, (char)tolower((unsigned char)*camel));
	}
	return out->err;
}

static int to_camel(const char *s, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '_' && i + 1 < len && islower((unsigned char)s[i + 1]))
			buf_putc(out, (char)toupper((unsigned char)s[++i]));
		else
			buf_putc(out, s[i]);
	}
	return out->err;
}

struct json mapping_get(struct json object, const char *camel)
{
	_cleanup_buf_ struct buf snake = BUF_INIT;
	struct json v = json_get(object, camel);

	if (!json_present(v) && to_snake(camel, &snake) == 0)
		v = json_get(object, buf_str(&snake));
	return json_type(v) == JSON_NULL ? JSON_ABSENT : v;
}

static void canonical_message(const struct message *m, struct json v, const char *key,
			      struct json_writer *w);

static void canonical_enum(const struct field *f, struct json v, const char *key,
			   struct json_writer *w)
{
	const char *name = field_enumerator(f, v);

	if (name)
		jw_str(w, key, name);
	else
		jw_value(w, key, v);
}

static void canonical_one(const struct field *f, struct json v, const char *key,
			  struct json_writer *w)
{
	int64_t n;

	if (f->type == FIELD_MESSAGE && f->message && json_type(v) == JSON_OBJECT)
		canonical_message(f->message, v, key, w);
	else if (f->type == FIELD_ENUM)
		canonical_enum(f, v, key, w);
	else if (f->type == FIELD_INT64 && json_int64(v, &n) == 0)
		jw_int64(w, key, n);
	else if (f->type == FIELD_INT32 && json_int64(v, &n) == 0)
		jw_int(w, key, n);
	else
		jw_value(w, key, v);
}

static bool is_empty(struct json v)
{
	enum json_type t = json_type(v);

	return t == JSON_NONE || t == JSON_NULL || (t == JSON_STRING && json_is(v, "")) ||
	       (t == JSON_ARRAY && json_count(v) == 0);
}

static void canonical_field(const struct field *f, struct json v, struct json_writer *w)
{
	bool map = f->flags & FIELD_MAP;

	if (f->type != FIELD_ANY && is_empty(v))
		return;
	if (map && json_count(v) == 0)
		return;
	if (map && json_type(v) == JSON_OBJECT) {
		jw_object(w, f->name);
		for (struct json c = json_first(v); json_present(c); c = json_next(c)) {
			_cleanup_buf_ struct buf key = BUF_INIT;

			json_key(c, &key);
			canonical_one(f, c, buf_str(&key), w);
		}
		jw_end_object(w);
	} else if (f->flags & FIELD_REPEATED && json_type(v) == JSON_ARRAY) {
		jw_array(w, f->name);
		for (struct json c = json_first(v); json_present(c); c = json_next(c))
			canonical_one(f, c, NULL, w);
		jw_end_array(w);
	} else {
		canonical_one(f, v, f->name, w);
	}
}

static void canonical_message(const struct message *m, struct json v, const char *key,
			      struct json_writer *w)
{
	jw_object(w, key);
	for (struct json c = json_first(v); json_present(c); c = json_next(c)) {
		_cleanup_buf_ struct buf name = BUF_INIT;
		const struct field *f;

		json_key(c, &name);
		f = message_field(m, buf_str(&name));
		if (f && !(f->flags & FIELD_OUTPUT_ONLY))
			canonical_field(f, c, w);
	}
	jw_end_object(w);
}

int mapping_canonical(const struct message *m, struct json v, struct buf *out)
{
	struct json_writer w;

	jw_init(&w, out);
	canonical_message(m, v, NULL, &w);
	return out->err;
}

int mask_parse(const char *text, struct mask *out)
{
	while (*text) {
		size_t len = strcspn(text, ","), end = len;
		const char *s = text;
		_cleanup_buf_ struct buf b = BUF_INIT;

		text += len + (text[len] == ',');
		while (end && isspace((unsigned char)*s))
			s++, end--;
		while (end && isspace((unsigned char)s[end - 1]))
			end--;
		if (!end || out->count == MASK_MAX)
			return -EINVAL;
		if (end == 1 && *s == '*') {
			out->all = true;
			continue;
		}
		if (to_camel(s, end, &b) < 0)
			return -ENOMEM;
		out->paths[out->count] = buf_take(&b);
		if (!out->paths[out->count])
			return -ENOMEM;
		out->count++;
	}
	return 0;
}

void mask_free(struct mask *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->paths[i]);
	m->count = 0;
}

bool mask_has(const struct mask *m, const char *path)
{
	for (size_t i = 0; i < m->count; i++)
		if (streq(m->paths[i], path))
			return true;
	return false;
}

const char *mask_unknown(const struct mask *m, const struct message *message)
{
	for (size_t i = 0; i < m->count; i++) {
		_cleanup_free_ char *root = strndup(m->paths[i], strcspn(m->paths[i], "."));

		if (!root || !message_field(message, root))
			return m->paths[i];
	}
	return NULL;
}

/* 0: not named, 1: named or below a named one, 2: above a named one. */
static int mask_match(const struct mask *m, const char *path)
{
	size_t len = strlen(path);
	int found = 0;

	for (size_t i = 0; i < m->count; i++) {
		size_t n = strlen(m->paths[i]);

		if (n <= len && strncmp(path, m->paths[i], n) == 0 &&
		    (path[n] == '\0' || path[n] == '.'))
			return 1;
		if (n > len && strncmp(path, m->paths[i], len) == 0 && m->paths[i][len] == '.')
			found = 2;
	}
	return found;
}

static void mask_members(const struct mask *m, struct json v, const char *prefix,
			 struct json_writer *w)
{
	for (struct json c = json_first(v); json_present(c); c = json_next(c)) {
		_cleanup_buf_ struct buf key = BUF_INIT, path = BUF_INIT;
		int match;

		json_key(c, &key);
		buf_printf(&path, "%s%s%s", prefix, *prefix ? "." : "", buf_str(&key));
		match = mask_match(m, buf_str(&path));
		if (match == 1) {
			jw_value(w, buf_str(&key), c);
		} else if (match == 2 && json_type(c) == JSON_OBJECT) {
			jw_object(w, buf_str(&key));
			mask_members(m, c, buf_str(&path), w);
			jw_end_object(w);
		}
	}
}

void mask_print(const struct mask *m, struct json v, struct json_writer *w)
{
	jw_object(w, NULL);
	mask_members(m, v, "", w);
	jw_end_object(w);
}

void mapping_time(int64_t micros, char *out)
{
	time_format((uint64_t)micros * 1000, 6, out);
}

int mapping_duration(const char *text, uint64_t *ns)
{
	uint64_t sec = 0, frac = 0, unit = NSEC_PER_SEC;
	const char *p = text;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		sec = sec * 10 + (uint64_t)(*p - '0');
		if (sec > UINT64_C(315576000000))
			return -EINVAL;
	}
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++) {
			unit /= 10;
			frac += unit * (uint64_t)(*p - '0');
		}
	if (!streq(p, "s"))
		return -EINVAL;
	if (sec > 1000000000)
		sec = 1000000000; /* thirty years: no wait is that long */
	*ns = sec * NSEC_PER_SEC + frac;
	return 0;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int mapping_base64(const void *data, size_t len, struct buf *out)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t n = (uint32_t)p[i] << 16;

		n |= i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0;
		n |= i + 2 < len ? p[i + 2] : 0;
		buf_putc(out, base64_digits[n >> 18]);
		buf_putc(out, base64_digits[n >> 12 & 63]);
		if (i + 1 < len)
			buf_putc(out, base64_digits[n >> 6 & 63]);
		if (i + 2 < len)
			buf_putc(out, base64_digits[n & 63]);
	}
	return out->err;
}

int mapping_unbase64(const char *text, struct buf *out)
{
	uint32_t n = 0;
	unsigned bits = 0;

	for (; *text; text++) {
		const char *d = strchr(base64_digits, *text);

		if (!d)
			return -EINVAL;
		n = n << 6 | (uint32_t)(d - base64_digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_putc(out, (char)(n >> bits & 0xff));
		}
	}
	return out->err;
}

void mapping_etag(int64_t a, int64_t b, int64_t c, int64_t d, char out[ETAG_SIZE])
{
	int64_t in[4] = {a, b, c, d};
	uint64_t h[2] = {hash_bytes(in, sizeof(in), 0x6d6f64656c6673), 0};
	_cleanup_buf_ struct buf text = BUF_INIT;

	h[1] = hash_bytes(in, sizeof(in), h[0]);
	mapping_base64(h, sizeof(h), &text);
	snprintf(out, ETAG_SIZE, "%s", buf_str(&text));
}
