/* SPDX-License-Identifier: MIT */
/* The tokenizer: judges a text and, for json_parse(), notes its tokens. */
#include <stdarg.h>
#include <stdio.h>

#include "api/json_private.h"

enum state {
	WANT_VALUE,
	WANT_VALUE_OR_END,
	WANT_NAME,
	WANT_NAME_OR_END,
	WANT_COLON,
	WANT_COMMA,
	DONE,
};

struct level {
	bool object;
	uint32_t tok;  /* the container's */
	uint32_t last; /* its newest child, 0: none yet */
};

struct scan {
	const unsigned char *text, *p, *end;
	struct json_doc *doc; /* NULL: only judge */
	struct level levels[JSON_DEPTH_MAX];
	unsigned depth;
	int fail;                /* -errno beyond plain bad syntax */
	const unsigned char *at; /* where it is wrong */
	char message[128];
};

static _printf_(3, 4) enum json_verdict
	bad(struct scan *s, const unsigned char *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->message, sizeof(s->message), fmt, ap);
	va_end(ap);
	s->at = at;
	return JSON_INVALID;
}

static enum json_verdict cut(struct scan *s, const char *where)
{
	snprintf(s->message, sizeof(s->message), "the text ends %s", where);
	s->at = s->end;
	return JSON_INCOMPLETE;
}

static void fill_error(const struct scan *s, struct json_error *err)
{
	const unsigned char *line = s->text;

	if (!err)
		return;
	err->line = 1;
	for (const unsigned char *p = s->text; p < s->at; p++)
		if (*p == '\n') {
			err->line++;
			line = p + 1;
		}
	err->offset = (size_t)(s->at - s->text);
	err->column = (unsigned)(s->at - line) + 1;
	memcpy(err->message, s->message, sizeof(err->message));
}

enum json_verdict json_utf8(const unsigned char *p, const unsigned char *end, unsigned *n)
{
	unsigned char low = 0x80, high = 0xbf;
	unsigned want;

	*n = 1;
	if (*p < 0x80)
		return JSON_COMPLETE;
	if (*p < 0xc2 || *p > 0xf4)
		return JSON_INVALID;
	want = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	/* No overlong forms, no surrogates, nothing above U+10FFFF. */
	if (*p == 0xe0)
		low = 0xa0;
	else if (*p == 0xed)
		high = 0x9f;
	else if (*p == 0xf0)
		low = 0x90;
	else if (*p == 0xf4)
		high = 0x8f;
	for (; *n < want; (*n)++, low = 0x80, high = 0xbf) {
		if (p + *n >= end)
			return JSON_INCOMPLETE;
		if (p[*n] < low || p[*n] > high)
			return JSON_INVALID;
	}
	return JSON_COMPLETE;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Four hex digits at p.  What is there is judged even where the text ends. */
static enum json_verdict scan_hex(struct scan *s, const unsigned char *p, unsigned *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, p++) {
		if (p == s->end)
			return cut(s, "inside a \\u escape");
		if (!is_hex(*p))
			return bad(s, p, "expected four hexadecimal digits after \\u");
		*unit = *unit << 4 | (unsigned)(is_digit(*p) ? *p - '0' : (*p | 0x20) - 'a' + 10);
	}
	return JSON_COMPLETE;
}

/* \uXXXX at s->p (which stands on the 'u'), a surrogate with its other half. */
static enum json_verdict scan_unicode(struct scan *s)
{
	const unsigned char *start = s->p - 1;
	enum json_verdict v;
	unsigned unit;

	v = scan_hex(s, s->p + 1, &unit);
	if (v != JSON_COMPLETE)
		return v;
	s->p += 5;
	if (unit < 0xd800 || unit > 0xdfff)
		return JSON_COMPLETE;
	if (unit > 0xdbff)
		return bad(s, start, "low surrogate \\u%04x without a high one before it", unit);
	for (int i = 0; i < 2; i++) {
		if (s->p + i == s->end)
			return cut(s, "between two surrogates");
		if (s->p[i] != "\\u"[i])
			return bad(s, start, "high surrogate \\u%04x without a low one behind it",
				   unit);
	}
	/* The second half is dc00 to dfff: say no as soon as it cannot be. */
	s->p += 2;
	for (int i = 0; i < 2 && s->p + i < s->end; i++)
		if (is_hex(s->p[i]) && !strchr(i ? "cdefCDEF" : "dD", s->p[i]))
			return bad(s, start, "high surrogate \\u%04x without a low one behind it",
				   unit);
	v = scan_hex(s, s->p, &unit);
	s->p += 4;
	return v;
}

#define BYTES(c) (UINT64_C(0x0101010101010101) * (c))

/* Behind what needs no look in a string.  Eight bytes at once: a byte's high
 * bit comes up where it is a control, DEL or beyond, a quote or a backslash (or
 * may be, right above such a one: the loop below decides). */
static const unsigned char *skip_plain(const unsigned char *p, const unsigned char *end)
{
	uint64_t w, stop = 0;

	for (; end - p >= 8; p += 8) {
		memcpy(&w, p, 8);
		stop = w | (w + BYTES(1)) | (w - BYTES(0x20)) | ((w ^ BYTES('"')) - BYTES(1)) |
		       ((w ^ BYTES('\\')) - BYTES(1));
		if (stop & BYTES(0x80))
			break;
	}
	while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* A string; s->p stands on its opening quote and ends behind the closing one. */
static enum json_verdict scan_string(struct scan *s, bool *plain)
{
	enum json_verdict v;
	unsigned n;

	*plain = true;
	s->p++;
	for (;;) {
		s->p = skip_plain(s->p, s->end);
		if (s->p == s->end)
			return cut(s, "inside a string");
		if (*s->p == '"') {
			s->p++;
			return JSON_COMPLETE;
		}
		if (*s->p < 0x20)
			return bad(s, s->p,
				   "raw control character 0x%02x in a string, write \\u%04x", *s->p,
				   *s->p);
		if (*s->p >= 0x7f) {
			if (*s->p == 0x7f)
				*plain = false; /* printed as \u007f */
			v = json_utf8(s->p, s->end, &n);
			if (v == JSON_INCOMPLETE)
				return cut(s, "inside a UTF-8 character");
			if (v == JSON_INVALID)
				return bad(s, s->p, "invalid UTF-8 (byte 0x%02x)", *s->p);
			s->p += n;
			continue;
		}
		*plain = false;
		if (++s->p == s->end)
			return cut(s, "inside an escape");
		if (*s->p == 'u') {
			v = scan_unicode(s);
			if (v != JSON_COMPLETE)
				return v;
		} else if (*s->p && strchr("\"\\/bfnrt", *s->p)) {
			s->p++;
		} else {
			return bad(s, s->p - 1, "unknown escape in a string");
		}
	}
}

/* At least one digit at s->p. */
static enum json_verdict scan_digits(struct scan *s)
{
	if (s->p == s->end)
		return cut(s, "inside a number");
	if (!is_digit(*s->p))
		return bad(s, s->p, "expected a digit in a number");
	while (s->p < s->end && is_digit(*s->p))
		s->p++;
	return JSON_COMPLETE;
}

static enum json_verdict scan_number(struct scan *s)
{
	const unsigned char *start;
	enum json_verdict v;

	if (*s->p == '-')
		s->p++;
	start = s->p;
	v = scan_digits(s);
	if (v == JSON_COMPLETE && *start == '0' && s->p > start + 1)
		return bad(s, start, "a number must not begin with 0");
	if (v == JSON_COMPLETE && s->p < s->end && *s->p == '.') {
		s->p++;
		v = scan_digits(s);
	}
	if (v == JSON_COMPLETE && s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		v = scan_digits(s);
	}
	return v;
}

static enum json_verdict scan_word(struct scan *s, const char *word)
{
	const unsigned char *start = s->p;

	for (; *word; word++, s->p++) {
		if (s->p == s->end)
			return cut(s, "inside a word");
		if (*s->p != (unsigned char)*word)
			return bad(s, start, "expected a value");
	}
	return JSON_COMPLETE;
}

static int add_token(struct scan *s, enum json_type type, uint32_t *out)
{
	struct json_doc *doc = s->doc;

	*out = 0;
	if (!doc)
		return 0;
	if (doc->count == doc->cap) {
		size_t cap = doc->cap * 2;
		struct json_tok *toks = realloc(doc->toks, cap * sizeof(*toks));

		if (!toks)
			return s->fail = -ENOMEM;
		doc->toks = toks;
		doc->cap = cap;
	}
	*out = (uint32_t)doc->count++;
	doc->toks[*out] =
		(struct json_tok){.off = (uint32_t)(s->p - s->text), .type = (uint8_t)type};
	return 0;
}

static void end_token(struct scan *s, uint32_t tok, bool plain)
{
	if (!s->doc)
		return;
	s->doc->toks[tok].end = (uint32_t)(s->p - s->text);
	if (plain)
		s->doc->toks[tok].flags |= TOK_PLAIN;
}

/* Hang a value under the container that is open. */
static void link_token(struct scan *s, uint32_t tok)
{
	struct level *l;

	if (!s->doc || !s->depth)
		return;
	l = &s->levels[s->depth - 1];
	if (l->last)
		s->doc->toks[l->last].next = tok;
	l->last = tok;
	s->doc->toks[l->tok].count++;
	if (l->object)
		s->doc->toks[tok].flags |= TOK_MEMBER;
}

static enum json_verdict twice(struct scan *s, uint32_t name)
{
	const struct json_tok *t = &s->doc->toks[name];

	s->fail = -EINVAL;
	return bad(s, s->text + t->off, "member %.*s appears twice in one object",
		   (int)(t->end - t->off > 80 ? 80 : t->end - t->off), s->text + t->off);
}

static enum json_verdict check_twice(struct scan *s, uint32_t object)
{
	_cleanup_free_ struct json_index *index = NULL;
	const struct json_doc *doc = s->doc;
	uint32_t count = doc ? doc->toks[object].count : 0;

	if (count < 2)
		return JSON_COMPLETE;
	if (count <= JSON_INDEX_FROM) {
		for (uint32_t a = object + 2; a; a = doc->toks[a].next)
			for (uint32_t b = doc->toks[a].next; b; b = doc->toks[b].next)
				if (json_strings_equal(doc, a - 1, doc, b - 1))
					return twice(s, b - 1);
		return JSON_COMPLETE;
	}
	s->fail = json_index_make(doc, object, &index);
	if (s->fail)
		return JSON_INVALID;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = i + 1; j < count && index[j].hash == index[i].hash; j++)
			if (json_strings_equal(doc, index[i].tok - 1, doc, index[j].tok - 1))
				return twice(s, index[j].tok - 1);
	return JSON_COMPLETE;
}

static enum json_verdict open_level(struct scan *s, enum state *state)
{
	bool object = *s->p == '{';
	uint32_t tok;

	if (s->depth == JSON_DEPTH_MAX) {
		s->fail = -E2BIG;
		return bad(s, s->p, "nested deeper than %d levels", JSON_DEPTH_MAX);
	}
	if (add_token(s, object ? JSON_OBJECT : JSON_ARRAY, &tok))
		return JSON_INVALID;
	link_token(s, tok);
	s->levels[s->depth++] = (struct level){.object = object, .tok = tok};
	s->p++;
	*state = object ? WANT_NAME_OR_END : WANT_VALUE_OR_END;
	return JSON_COMPLETE;
}

static enum json_verdict close_level(struct scan *s, enum state *state)
{
	const struct level *l = &s->levels[--s->depth];

	s->p++;
	end_token(s, l->tok, false);
	*state = s->depth ? WANT_COMMA : DONE;
	return l->object ? check_twice(s, l->tok) : JSON_COMPLETE;
}

static enum json_verdict scan_value(struct scan *s, enum state *state)
{
	static const struct {
		char first;
		enum json_type type;
		const char *word;
	} words[] = {
		{'n', JSON_NULL, "null"},
		{'t', JSON_TRUE, "true"},
		{'f', JSON_FALSE, "false"},
	};
	enum json_type type = JSON_NONE;
	enum json_verdict v;
	const char *word = NULL;
	bool plain = false;
	uint32_t tok;

	if (*s->p == '{' || *s->p == '[')
		return open_level(s, state);
	if (*s->p == '"')
		type = JSON_STRING;
	else if (*s->p == '-' || is_digit(*s->p))
		type = JSON_NUMBER;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (*s->p == (unsigned char)words[i].first) {
			type = words[i].type;
			word = words[i].word;
		}
	if (type == JSON_NONE)
		return bad(s, s->p, "expected a value");
	if (add_token(s, type, &tok))
		return JSON_INVALID;
	link_token(s, tok);
	v = word                  ? scan_word(s, word)
	    : type == JSON_STRING ? scan_string(s, &plain)
				  : scan_number(s);
	end_token(s, tok, plain);
	*state = s->depth ? WANT_COMMA : DONE;
	return v;
}

static enum json_verdict scan_name(struct scan *s, enum state *state)
{
	enum json_verdict v;
	bool plain;
	uint32_t tok;

	if (*s->p != '"')
		return bad(s, s->p,
			   *state == WANT_NAME
				   ? "expected a member's name in double quotes"
				   : "expected a member's name in double quotes or '}'");
	if (add_token(s, JSON_STRING, &tok))
		return JSON_INVALID;
	v = scan_string(s, &plain);
	end_token(s, tok, plain);
	*state = WANT_COLON;
	return v;
}

static enum json_verdict scan_comma(struct scan *s, enum state *state)
{
	bool object = s->levels[s->depth - 1].object;

	if (*s->p == (object ? '}' : ']'))
		return close_level(s, state);
	if (*s->p != ',')
		return bad(s, s->p,
			   object ? "expected ',' or '}' after a member"
				  : "expected ',' or ']' after an element");
	s->p++;
	*state = object ? WANT_NAME : WANT_VALUE;
	return JSON_COMPLETE;
}

static enum json_verdict step(struct scan *s, enum state *state)
{
	switch (*state) {
	case WANT_VALUE_OR_END:
		return *s->p == ']' ? close_level(s, state) : scan_value(s, state);
	case WANT_VALUE:
		return scan_value(s, state);
	case WANT_NAME_OR_END:
		return *s->p == '}' ? close_level(s, state) : scan_name(s, state);
	case WANT_NAME:
		return scan_name(s, state);
	case WANT_COLON:
		if (*s->p != ':')
			return bad(s, s->p, "expected ':' after a member's name");
		s->p++;
		*state = WANT_VALUE;
		return JSON_COMPLETE;
	case WANT_COMMA:
		return scan_comma(s, state);
	case DONE:
		break;
	}
	return bad(s, s->p, "text after the value");
}

static enum json_verdict scan(struct scan *s)
{
	static const char *const ends[] = {
		[WANT_VALUE] = "where a value should be",
		[WANT_VALUE_OR_END] = "inside an array",
		[WANT_NAME] = "where a member's name should be",
		[WANT_NAME_OR_END] = "inside an object",
		[WANT_COLON] = "before the ':' of a member",
		[WANT_COMMA] = "inside an object or array",
	};
	enum state state = WANT_VALUE;
	enum json_verdict v;

	for (;;) {
		while (s->p < s->end &&
		       (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
			s->p++;
		if (s->p == s->end)
			return state == DONE ? JSON_COMPLETE : cut(s, ends[state]);
		v = step(s, &state);
		if (v != JSON_COMPLETE)
			return v;
	}
}

static void scan_init(struct scan *s, const char *text, size_t len, struct json_doc *doc)
{
	s->text = s->p = s->at = (const unsigned char *)text;
	s->end = s->text + len;
	s->doc = doc;
	s->depth = 0;
	s->fail = 0;
	s->message[0] = '\0';
}

enum json_verdict json_scan(const char *text, size_t len, struct json_error *err)
{
	enum json_verdict v;
	struct scan s;

	scan_init(&s, len ? text : "", len, NULL);
	v = scan(&s);
	if (v != JSON_COMPLETE)
		fill_error(&s, err);
	return v;
}

int json_parse(const char *text, size_t len, struct json_doc **out, struct json_error *err)
{
	_cleanup_json_ struct json_doc *doc = calloc(1, sizeof(*doc));
	struct json_tok *fit;
	struct scan s;

	*out = NULL;
	if (err)
		*err = (struct json_error){.line = 1, .column = 1};
	if (!doc)
		return -ENOMEM;
	if (len >= UINT32_MAX / 2)
		return -E2BIG;
	doc->text = malloc(len + 1);
	doc->cap = len / 16 + 8;
	doc->toks = malloc(doc->cap * sizeof(*doc->toks));
	if (!doc->text || !doc->toks)
		return -ENOMEM;
	if (len)
		memcpy(doc->text, text, len);
	doc->text[len] = '\0';
	doc->len = len;
	scan_init(&s, doc->text, len, doc);
	if (scan(&s) != JSON_COMPLETE) {
		fill_error(&s, err);
		return s.fail ? s.fail : -EINVAL;
	}
	fit = realloc(doc->toks, doc->count * sizeof(*fit));
	if (fit)
		doc->toks = fit;
	*out = take_ptr(doc);
	return 0;
}
