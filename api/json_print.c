/* SPDX-License-Identifier: MIT */
/* Writing JSON: printing a parsed value, quoting, the writer. */
#include "api/json_private.h"

static void newline(struct buf *out, unsigned depth)
{
	static const char spaces[] = "                                ";

	buf_putc(out, '\n');
	for (depth *= 2; depth > 0;) {
		unsigned n = depth < sizeof(spaces) - 1 ? depth : (unsigned)sizeof(spaces) - 1;

		buf_add(out, spaces, n);
		depth -= n;
	}
}

/* What jq escapes, and how: the two specials, controls and DEL. */
static void escape(struct buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *hit = c ? strchr(from, c) : NULL;
	char text[] = {'\\', 'u', '0', '0', "01234567"[c >> 4], "0123456789abcdef"[c & 15]};

	if (hit)
		text[1] = to[hit - from];
	buf_add(out, text, hit ? 2 : sizeof(text));
}

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == 0x7f || c == '"' || c == '\\';
}

int json_quote(struct buf *out, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + len;

	buf_putc(out, '"');
	while (p < end) {
		const unsigned char *run = p;
		unsigned n = 1;

		while (p < end && *p < 0x80 && !needs_escape(*p))
			p++;
		buf_add(out, run, (size_t)(p - run));
		if (p == end)
			break;
		if (*p < 0x80)
			escape(out, *p);
		else if (json_utf8(p, end, &n) == JSON_COMPLETE)
			buf_add(out, p, n);
		else
			buf_add(out, "\xef\xbf\xbd", 3);
		p += n;
	}
	return buf_putc(out, '"');
}

static void print_string(const struct json_doc *doc, uint32_t tok, struct buf *out)
{
	const struct json_tok *t = &doc->toks[tok];
	struct json_bytes it;
	int c;

	if (t->flags & TOK_PLAIN) {
		buf_add(out, doc->text + t->off, t->end - t->off);
		return;
	}
	buf_putc(out, '"');
	json_bytes_init(&it, doc, tok);
	while ((c = json_bytes_next(&it)) >= 0)
		if (needs_escape((unsigned char)c))
			escape(out, (unsigned char)c);
		else
			buf_putc(out, (char)c);
	buf_putc(out, '"');
}

/* Recursion is as deep as the parser lets documents be. */
static void print_value(struct json v, enum json_style style, unsigned depth, struct buf *out)
{
	bool object = json_type(v) == JSON_OBJECT, first = true;
	struct json child;
	size_t len;

	if (!object && json_type(v) != JSON_ARRAY) {
		const char *raw = json_raw(v, &len);

		if (json_type(v) == JSON_STRING)
			print_string(v.doc, v.tok, out);
		else
			buf_add(out, raw, len);
		return;
	}
	buf_putc(out, object ? '{' : '[');
	for (child = json_first(v); json_present(child); child = json_next(child)) {
		if (!first)
			buf_putc(out, ',');
		first = false;
		if (style == JSON_PRETTY)
			newline(out, depth + 1);
		if (object) {
			print_string(child.doc, child.tok - 1, out);
			buf_puts(out, style == JSON_PRETTY ? ": " : ":");
		}
		print_value(child, style, depth + 1, out);
	}
	if (style == JSON_PRETTY && !first)
		newline(out, depth);
	buf_putc(out, object ? '}' : ']');
}

int json_print(struct json v, enum json_style style, struct buf *out)
{
	if (!json_present(v))
		return -EINVAL;
	print_value(v, style, 0, out);
	return out->err;
}

void jw_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){.out = out};
}

/* The comma and the name that stand before a value. */
static void jw_begin(struct json_writer *w, const char *key)
{
	if (w->comma)
		buf_putc(w->out, ',');
	w->comma = true;
	if (key) {
		json_quote(w->out, key, strlen(key));
		buf_putc(w->out, ':');
	}
}

static void jw_open(struct json_writer *w, const char *key, char bracket)
{
	jw_begin(w, key);
	buf_putc(w->out, bracket);
	w->comma = false;
	w->depth++;
}

static void jw_close(struct json_writer *w, char bracket)
{
	buf_putc(w->out, bracket);
	w->comma = true;
	w->depth--;
}

void jw_object(struct json_writer *w, const char *key)
{
	jw_open(w, key, '{');
}

void jw_array(struct json_writer *w, const char *key)
{
	jw_open(w, key, '[');
}

void jw_end_object(struct json_writer *w)
{
	jw_close(w, '}');
}

void jw_end_array(struct json_writer *w)
{
	jw_close(w, ']');
}

void jw_str(struct json_writer *w, const char *key, const char *value)
{
	jw_strn(w, key, value, strlen(value));
}

void jw_strn(struct json_writer *w, const char *key, const char *value, size_t len)
{
	jw_begin(w, key);
	json_quote(w->out, value, len);
}

void jw_int(struct json_writer *w, const char *key, int64_t value)
{
	jw_begin(w, key);
	buf_printf(w->out, "%lld", (long long)value);
}

void jw_int64(struct json_writer *w, const char *key, int64_t value)
{
	jw_begin(w, key);
	buf_printf(w->out, "\"%lld\"", (long long)value);
}

void jw_bool(struct json_writer *w, const char *key, bool value)
{
	jw_begin(w, key);
	buf_puts(w->out, value ? "true" : "false");
}

void jw_raw(struct json_writer *w, const char *key, const char *json, size_t len)
{
	jw_begin(w, key);
	buf_add(w->out, json, len);
}

void jw_value(struct json_writer *w, const char *key, struct json v)
{
	jw_begin(w, key);
	if (json_present(v))
		json_print(v, JSON_COMPACT, w->out);
	else
		buf_puts(w->out, "null");
}
