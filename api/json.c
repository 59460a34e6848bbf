/* SPDX-License-Identifier: MIT */
/* Reading a parsed document: members, strings, numbers, equality. */
#include <limits.h>

#include "api/json_private.h"

void json_doc_free(struct json_doc *doc)
{
	if (!doc)
		return;
	free(doc->text);
	free(doc->toks);
	free(doc);
}

void json_doc_freep(struct json_doc **doc)
{
	json_doc_free(*doc);
}

static const struct json_tok *tok_of(struct json v)
{
	return &v.doc->toks[v.tok];
}

struct json json_root(const struct json_doc *doc)
{
	return (struct json){doc, 0};
}

enum json_type json_type(struct json v)
{
	return v.doc ? (enum json_type)tok_of(v)->type : JSON_NONE;
}

/* A decoded string. */

static unsigned hex_unit(const char *p)
{
	unsigned unit = 0;

	for (int i = 0; i < 4; i++)
		unit = unit << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return unit;
}

static uint8_t utf8_encode(unsigned c, unsigned char *out)
{
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

void json_bytes_init(struct json_bytes *it, const struct json_doc *doc, uint32_t tok)
{
	it->p = doc->text + doc->toks[tok].off + 1;
	it->end = doc->text + doc->toks[tok].end - 1;
	it->n = it->i = 0;
}

/* The escape behind a backslash; the scanner has seen that it is one. */
static int unescape(struct json_bytes *it)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = *it->p++;
	unsigned unit;

	if (c != 'u')
		return (unsigned char)to[strchr(from, c) - from];
	unit = hex_unit(it->p);
	it->p += 4;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		unit = 0x10000 + ((unit & 0x3ff) << 10 | (hex_unit(it->p + 2) & 0x3ff));
		it->p += 6;
	}
	it->n = utf8_encode(unit, it->pending);
	it->i = 1;
	return it->pending[0];
}

int json_bytes_next(struct json_bytes *it)
{
	if (it->i < it->n)
		return it->pending[it->i++];
	if (it->p == it->end)
		return -1;
	if (*it->p != '\\')
		return (unsigned char)*it->p++;
	it->p++;
	return unescape(it);
}

static bool plain(const struct json_doc *doc, uint32_t tok)
{
	return doc->toks[tok].flags & TOK_PLAIN;
}

static size_t plain_len(const struct json_doc *doc, uint32_t tok)
{
	return doc->toks[tok].end - doc->toks[tok].off - 2;
}

static bool string_is(const struct json_doc *doc, uint32_t tok, const char *text, size_t len)
{
	struct json_bytes it;
	size_t i = 0;
	int c;

	if (plain(doc, tok))
		return plain_len(doc, tok) == len &&
		       memcmp(doc->text + doc->toks[tok].off + 1, text, len) == 0;
	json_bytes_init(&it, doc, tok);
	while ((c = json_bytes_next(&it)) >= 0)
		if (i == len || (unsigned char)text[i++] != c)
			return false;
	return i == len;
}

bool json_strings_equal(const struct json_doc *a, uint32_t x, const struct json_doc *b, uint32_t y)
{
	struct json_bytes i, j;
	int c;

	if (plain(b, y))
		return string_is(a, x, b->text + b->toks[y].off + 1, plain_len(b, y));
	if (plain(a, x))
		return string_is(b, y, a->text + a->toks[x].off + 1, plain_len(a, x));
	json_bytes_init(&i, a, x);
	json_bytes_init(&j, b, y);
	do {
		c = json_bytes_next(&i);
		if (c != json_bytes_next(&j))
			return false;
	} while (c >= 0);
	return true;
}

uint64_t json_name_hash(const struct json_doc *doc, uint32_t name)
{
	uint64_t h = 0;
	struct json_bytes it;
	int c;

	json_bytes_init(&it, doc, name);
	while ((c = json_bytes_next(&it)) >= 0)
		h = hash_bytes(&(unsigned char){(unsigned char)c}, 1, h);
	return h;
}

static int index_order(const void *a, const void *b)
{
	const struct json_index *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->tok < y->tok ? -1 : x->tok > y->tok;
}

int json_index_make(const struct json_doc *doc, uint32_t object, struct json_index **out)
{
	uint32_t count = doc->toks[object].count, i = 0;
	struct json_index *index = calloc(count, sizeof(*index));

	if (!index)
		return -ENOMEM;
	for (uint32_t t = object + 2; i < count; t = doc->toks[t].next)
		index[i++] = (struct json_index){json_name_hash(doc, t - 1), t};
	qsort(index, count, sizeof(*index), index_order);
	*out = index;
	return 0;
}

/* Members and elements. */

struct json json_first(struct json container)
{
	enum json_type type = json_type(container);

	if ((type != JSON_ARRAY && type != JSON_OBJECT) || !tok_of(container)->count)
		return JSON_ABSENT;
	return (struct json){container.doc, container.tok + (type == JSON_OBJECT ? 2 : 1)};
}

struct json json_next(struct json v)
{
	uint32_t next = v.doc ? tok_of(v)->next : 0;

	return next ? (struct json){v.doc, next} : JSON_ABSENT;
}

size_t json_count(struct json container)
{
	return container.doc ? tok_of(container)->count : 0;
}

static struct json find_member(struct json object, const char *key, size_t len)
{
	struct json v;

	if (json_type(object) != JSON_OBJECT)
		return JSON_ABSENT;
	for (v = json_first(object); json_present(v); v = json_next(v))
		if (string_is(v.doc, v.tok - 1, key, len))
			return v;
	return JSON_ABSENT;
}

struct json json_get(struct json object, const char *key)
{
	return find_member(object, key, strlen(key));
}

struct json json_path(struct json object, const char *path)
{
	for (;;) {
		size_t n = strcspn(path, ".");

		object = find_member(object, path, n);
		if (!path[n] || !json_present(object))
			return object;
		path += n + 1;
	}
}

static bool is_member(struct json v)
{
	return v.doc && tok_of(v)->flags & TOK_MEMBER;
}

static int decode(const struct json_doc *doc, uint32_t tok, struct buf *out)
{
	struct json_bytes it;
	int c;

	if (plain(doc, tok))
		return buf_add(out, doc->text + doc->toks[tok].off + 1, plain_len(doc, tok));
	json_bytes_init(&it, doc, tok);
	buf_add(out, "", 0); /* "" has data too */
	while ((c = json_bytes_next(&it)) >= 0)
		buf_putc(out, (char)c);
	return out->err;
}

int json_key(struct json member, struct buf *out)
{
	return is_member(member) ? decode(member.doc, member.tok - 1, out) : -EINVAL;
}

bool json_key_is(struct json member, const char *key)
{
	return is_member(member) && string_is(member.doc, member.tok - 1, key, strlen(key));
}

const char *json_raw(struct json v, size_t *len)
{
	*len = v.doc ? tok_of(v)->end - tok_of(v)->off : 0;
	return v.doc ? v.doc->text + tok_of(v)->off : "";
}

/* Single values. */

int json_string(struct json v, struct buf *out)
{
	return json_type(v) == JSON_STRING ? decode(v.doc, v.tok, out) : -EINVAL;
}

char *json_strdup(struct json v)
{
	_cleanup_buf_ struct buf b = BUF_INIT_MAX(UINT32_MAX);

	if (json_string(v, &b) || memchr(buf_str(&b), '\0', b.len))
		return NULL;
	return buf_take(&b);
}

char *json_get_str(struct json object, const char *key)
{
	return json_strdup(json_get(object, key));
}

bool json_is(struct json v, const char *text)
{
	return json_type(v) == JSON_STRING && string_is(v.doc, v.tok, text, strlen(text));
}

bool json_bool(struct json v, bool fallback)
{
	enum json_type type = json_type(v);

	return type == JSON_TRUE || (type != JSON_FALSE && fallback);
}

/*
 * A decimal number taken apart without rounding: 0.DIGITS * 10^exponent, with
 * neither leading nor trailing zeros.  The digits stay in the text, where a
 * point may stand among them.
 */
struct decimal {
	const char *first, *last; /* significant digits, last is one behind */
	int64_t exponent;
	bool negative;
	bool zero;
	bool huge; /* an exponent beyond 17 digits: compared as text only */
};

static int64_t decimal_exponent(const char *p, const char *end, bool *huge)
{
	bool minus = p < end && *p == '-';
	int64_t e = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	while (p < end && *p == '0')
		p++;
	*huge = end - p > 17;
	for (; p < end && !*huge; p++)
		e = e * 10 + (*p - '0');
	return minus ? -e : e;
}

static void decimal_read(const char *text, size_t len, struct decimal *d)
{
	const char *end = text + len, *exp = text, *point, *p = text;

	*d = (struct decimal){.negative = *text == '-'};
	while (exp < end && *exp != 'e' && *exp != 'E')
		exp++;
	if (exp < end)
		d->exponent = decimal_exponent(exp + 1, end, &d->huge);
	point = memchr(text, '.', (size_t)(exp - text));
	if (!point)
		point = exp;
	while (p < exp && (*p < '1' || *p > '9'))
		p++;
	d->first = p;
	d->last = exp;
	while (d->last > p && (d->last[-1] < '1' || d->last[-1] > '9'))
		d->last--;
	d->zero = p == exp;
	if (!d->zero)
		d->exponent += p < point ? point - p : point - p + 1;
}

static int decimal_digit(const char **p, const char *end)
{
	if (*p < end && **p == '.')
		(*p)++;
	return *p < end ? *(*p)++ : -1;
}

static bool numbers_equal(struct json a, struct json b)
{
	struct decimal x, y;
	size_t m, n;
	const char *s = json_raw(a, &m), *t = json_raw(b, &n);
	int c;

	if (m == n && memcmp(s, t, n) == 0)
		return true;
	decimal_read(s, m, &x);
	decimal_read(t, n, &y);
	if (x.zero || y.zero)
		return x.zero && y.zero;
	if (x.huge || y.huge || x.negative != y.negative || x.exponent != y.exponent)
		return false;
	do {
		c = decimal_digit(&x.first, x.last);
		if (c != decimal_digit(&y.first, y.last))
			return false;
	} while (c >= 0);
	return true;
}

static int number_int64(const char *text, size_t len, int64_t *out)
{
	uint64_t limit, n = 0;
	struct decimal d;

	decimal_read(text, len, &d);
	*out = 0;
	if (d.zero)
		return 0;
	if (d.huge)
		return memrchr(text, '-', len) > (const void *)text ? -EINVAL : -ERANGE;
	if (d.exponent > 19)
		return -ERANGE;
	limit = (uint64_t)INT64_MAX + d.negative;
	for (; d.exponent > 0; d.exponent--) {
		int c = decimal_digit(&d.first, d.last);
		unsigned digit = c < 0 ? 0 : (unsigned)(c - '0');

		if (n > (limit - digit) / 10)
			return -ERANGE;
		n = n * 10 + digit;
	}
	if (decimal_digit(&d.first, d.last) >= 0)
		return -EINVAL; /* a fraction */
	*out = d.negative ? (int64_t)-n : (int64_t)n;
	return 0;
}

int json_int64(struct json v, int64_t *out)
{
	_cleanup_free_ char *text = NULL;
	struct json_error ignored;
	size_t len;

	if (json_type(v) == JSON_NUMBER) {
		const char *raw = json_raw(v, &len);

		return number_int64(raw, len, out);
	}
	/* A string is an integer if its content is a JSON number, no more. */
	text = json_strdup(v);
	if (!text || !*text || !strchr("-0123456789", *text) ||
	    !strchr("0123456789", text[strlen(text) - 1]) ||
	    json_scan(text, strlen(text), &ignored) != JSON_COMPLETE)
		return -EINVAL;
	return number_int64(text, strlen(text), out);
}

/* Equality.  Recursion is as deep as the parser lets documents be. */

static bool objects_equal(struct json a, struct json b)
{
	_cleanup_free_ struct json_index *x = NULL, *y = NULL;
	uint32_t count = tok_of(a)->count;
	struct json v, w;

	if (count > JSON_INDEX_FROM && (json_index_make(a.doc, a.tok, &x) == 0) &&
	    json_index_make(b.doc, b.tok, &y) == 0) {
		/* Equal names have equal hashes, so they stand at one place of the
		 * order but for a collision, which the slow way below settles. */
		uint32_t i = 0;

		while (i < count && x[i].hash == y[i].hash &&
		       json_strings_equal(a.doc, x[i].tok - 1, b.doc, y[i].tok - 1))
			i++;
		if (i < count && x[i].hash != y[i].hash)
			return false;
		for (uint32_t k = 0; i == count && k < count; k++)
			if (!json_equal((struct json){a.doc, x[k].tok},
					(struct json){b.doc, y[k].tok}))
				return false;
		if (i == count)
			return true;
	}
	for (v = json_first(a); json_present(v); v = json_next(v)) {
		for (w = json_first(b); json_present(w); w = json_next(w))
			if (json_strings_equal(v.doc, v.tok - 1, w.doc, w.tok - 1))
				break;
		if (!json_present(w) || !json_equal(v, w))
			return false;
	}
	return true;
}

bool json_equal(struct json a, struct json b)
{
	struct json v, w;

	if (json_type(a) != json_type(b))
		return false;
	switch (json_type(a)) {
	case JSON_NUMBER:
		return numbers_equal(a, b);
	case JSON_STRING:
		return json_strings_equal(a.doc, a.tok, b.doc, b.tok);
	case JSON_ARRAY:
	case JSON_OBJECT:
		if (tok_of(a)->count != tok_of(b)->count)
			return false;
		if (json_type(a) == JSON_OBJECT)
			return objects_equal(a, b);
		for (v = json_first(a), w = json_first(b); json_present(v);
		     v = json_next(v), w = json_next(w))
			if (!json_equal(v, w))
				return false;
		return true;
	default:
		return true;
	}
}

bool json_is_empty(struct json v)
{
	switch (json_type(v)) {
	case JSON_NONE:
	case JSON_NULL:
		return true;
	case JSON_STRING:
		return json_is(v, "");
	case JSON_ARRAY:
	case JSON_OBJECT:
		return json_count(v) == 0;
	default:
		return false;
	}
}

bool json_same(struct json a, struct json b)
{
	return (json_is_empty(a) && json_is_empty(b)) || json_equal(a, b);
}
