/* SPDX-License-Identifier: MIT */
#include "api/registry/filter.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

enum token {
	TOK_END,
	TOK_TEXT,   /* bare word */
	TOK_QUOTED, /* "…" or '…' */
	TOK_OP,
	TOK_OPEN,
	TOK_CLOSE,
	TOK_DOT,
	TOK_MINUS,
	TOK_BAD,
};

struct parser {
	const char *text;
	const char *at;   /* start of the current token */
	const char *next; /* behind it */
	enum token token;
	bool spaced;     /* white space stood before the token */
	bool value;      /* a value is wanted: dots, colons and dashes are part of words */
	struct buf word; /* decoded TEXT or QUOTED, spelling of OP */
	unsigned depth;
	const struct filter_field *fields;
	size_t count;
	struct filter *out;
	struct buf *why;
};

static int refuse(struct parser *p, const char *fmt, const char *what)
{
	if (p->why->len == 0) {
		buf_printf(p->why, "filter, at character %zu: ", (size_t)(p->at - p->text) + 1);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		buf_printf(p->why, fmt, what);
#pragma GCC diagnostic pop
	}
	return -EINVAL;
}

static bool word_char(const struct parser *p, char c)
{
	if ((unsigned char)c >= 0x80 || isalnum((unsigned char)c) || strchr("_/*+@$#%~", c))
		return c != '\0';
	return c && (strchr("-", c) || (p->value && strchr(".:{}[];&?", c)));
}

static void lex_quoted(struct parser *p)
{
	char quote = *p->at;
	const char *s = p->at + 1;

	p->token = TOK_QUOTED;
	for (; *s && *s != quote; s++) {
		if (*s == '\\' && s[1])
			s++;
		buf_putc(&p->word, *s);
	}
	if (*s != quote) {
		p->token = TOK_BAD;
		p->next = s;
		return;
	}
	p->next = s + 1;
}

static void lex(struct parser *p)
{
	static const char *const ops[] = {"!=", "<=", ">=", "=", "<", ">", ":"};

	p->spaced = isspace((unsigned char)*p->next);
	while (isspace((unsigned char)*p->next))
		p->next++;
	p->at = p->next;
	buf_reset(&p->word);
	if (!*p->at) {
		p->token = TOK_END;
		return;
	}
	if (*p->at == '"' || *p->at == '\'') {
		lex_quoted(p);
		return;
	}
	for (size_t i = 0; !p->value && i < ARRAY_SIZE(ops); i++)
		if (starts_with(p->at, ops[i])) {
			p->token = TOK_OP;
			buf_puts(&p->word, ops[i]);
			p->next = p->at + strlen(ops[i]);
			return;
		}
	p->next = p->at + 1;
	if (*p->at == '(' || *p->at == ')') {
		p->token = *p->at == '(' ? TOK_OPEN : TOK_CLOSE;
	} else if (!p->value && (*p->at == '.' || *p->at == '-')) {
		p->token = *p->at == '.' ? TOK_DOT : TOK_MINUS;
	} else if (word_char(p, *p->at)) {
		p->token = TOK_TEXT;
		while (word_char(p, *p->next))
			p->next++;
		buf_add(&p->word, p->at, (size_t)(p->next - p->at));
	} else {
		p->token = TOK_BAD;
	}
}

static bool keyword(const struct parser *p, const char *word)
{
	return p->token == TOK_TEXT && streq(buf_str(&p->word), word);
}

static bool same_name(const char *camel, const char *given)
{
	for (; *camel; camel++) {
		if (*given == '_' && isupper((unsigned char)*camel) &&
		    tolower((unsigned char)*camel) == given[1]) {
			given += 2;
			continue;
		}
		if (*given++ != *camel)
			return false;
	}
	return !*given;
}

static int add_value(struct parser *p, const char *value, unsigned *param)
{
	if (p->out->count == FILTER_VALUES_MAX)
		return refuse(p, "%s", "too many values");
	p->out->values[p->out->count] = strdup(value);
	if (!p->out->values[p->out->count])
		return -ENOMEM;
	*param = FILTER_FIRST_PARAM + (unsigned)p->out->count++;
	return 0;
}

/* The column, or for a map the value at `key`. */
static int add_operand(struct parser *p, const struct filter_field *f, const char *key)
{
	unsigned param = 0;
	int r;

	if (f->type != FILTER_MAP)
		return buf_puts(&p->out->sql, f->sql);
	r = add_value(p, key, &param);
	for (const char *s = f->sql; r == 0 && *s; s++) {
		if (*s == '@')
			buf_printf(&p->out->sql, "?%u", param);
		else
			buf_putc(&p->out->sql, *s);
	}
	return r;
}

/* SQLite's GLOB is case sensitive and `*` is the only wildcard wanted. */
static char *glob_pattern(const char *value)
{
	struct buf b = BUF_INIT;

	for (; *value; value++) {
		if (*value == '?' || *value == '[')
			buf_printf(&b, "[%c]", *value);
		else
			buf_putc(&b, *value);
	}
	return buf_take(&b);
}

static int compare_text(struct parser *p, const char *op, const char *value)
{
	_cleanup_free_ char *pattern = NULL;
	unsigned param;
	int r;

	if (strchr(value, '*') && (streq(op, "=") || streq(op, "!=") || streq(op, ":"))) {
		pattern = glob_pattern(value);
		if (!pattern)
			return -ENOMEM;
		r = add_value(p, pattern, &param);
		if (r == 0)
			buf_printf(&p->out->sql, " %s ?%u", streq(op, "!=") ? "NOT GLOB" : "GLOB",
				   param);
		return r;
	}
	r = add_value(p, value, &param);
	if (r == 0)
		buf_printf(&p->out->sql, " %s ?%u", streq(op, ":") ? "=" : op, param);
	return r;
}

static int compare_other(struct parser *p, const struct filter_field *f, const char *op,
			 const char *value)
{
	uint64_t ns = 0;

	if (f->type == FILTER_BOOL) {
		if (!streq(value, "true") && !streq(value, "false"))
			return refuse(p, "'%s' is neither true nor false", value);
		buf_printf(&p->out->sql, " %s %d", op, streq(value, "true"));
		return 0;
	}
	if (time_parse(value, &ns) < 0)
		return refuse(p, "'%s' is no RFC 3339 time", value);
	buf_printf(&p->out->sql, " %s %llu", op, (unsigned long long)(ns / 1000));
	return 0;
}

static unsigned op_class(const char *op)
{
	if (streq(op, "="))
		return FILTER_EQ;
	if (streq(op, "!="))
		return FILTER_NE;
	return streq(op, ":") ? FILTER_HAS : FILTER_ORDER;
}

static int comparison(struct parser *p, const struct filter_field *f, const char *key)
{
	char op[3];
	int r = 0;

	snprintf(op, sizeof(op), "%s", buf_str(&p->word));
	if (!(f->ops & op_class(op)))
		return refuse(p, "this field does not support '%s'", op);
	p->value = true;
	lex(p);
	p->value = false;
	if (p->token != TOK_TEXT && p->token != TOK_QUOTED)
		return refuse(p, "a value must follow '%s'", op);
	buf_puts(&p->out->sql, "coalesce(");
	if (f->type == FILTER_MAP && !key) { /* labels:key */
		if (!streq(op, ":"))
			return refuse(p, "'%s' needs a key: name.key", f->name);
		r = add_operand(p, f, buf_str(&p->word));
		buf_puts(&p->out->sql, " IS NOT NULL");
	} else {
		bool any = streq(buf_str(&p->word), "*") && p->token == TOK_TEXT;

		r = add_operand(p, f, key);
		if (r == 0 && any && streq(op, ":"))
			buf_puts(&p->out->sql, " IS NOT NULL");
		else if (r == 0 && (f->type == FILTER_TEXT || f->type == FILTER_MAP))
			r = compare_text(p, op, buf_str(&p->word));
		else if (r == 0)
			r = compare_other(p, f, op, buf_str(&p->word));
	}
	buf_puts(&p->out->sql, ",0)");
	if (r == 0)
		lex(p);
	return r;
}

static int restriction(struct parser *p)
{
	const struct filter_field *f = NULL;
	_cleanup_free_ char *key = NULL;

	if (p->token != TOK_TEXT)
		return refuse(p, "%s",
			      p->token == TOK_BAD ? "not understood" : "a field name is expected");
	for (size_t i = 0; i < p->count; i++)
		if (same_name(p->fields[i].name, buf_str(&p->word)))
			f = &p->fields[i];
	if (!f)
		return refuse(p, "'%s' cannot be filtered on", buf_str(&p->word));
	lex(p);
	if (p->token == TOK_DOT) {
		if (f->type != FILTER_MAP)
			return refuse(p, "'%s' has no members", f->name);
		lex(p);
		if (p->token != TOK_TEXT && p->token != TOK_QUOTED)
			return refuse(p, "%s", "a key must follow '.'");
		key = strdup(buf_str(&p->word));
		if (!key)
			return -ENOMEM;
		lex(p);
	}
	if (p->token != TOK_OP)
		return refuse(p, "'%s' must be followed by a comparison", f->name);
	return comparison(p, f, key);
}

static int expression(struct parser *p);

static int term(struct parser *p)
{
	bool negate = keyword(p, "NOT") || p->token == TOK_MINUS;
	int r;

	if (negate) {
		lex(p);
		buf_puts(&p->out->sql, "NOT ");
	}
	if (p->token != TOK_OPEN)
		return restriction(p);
	if (++p->depth > FILTER_DEPTH_MAX)
		return refuse(p, "%s", "nested too deeply");
	lex(p);
	buf_putc(&p->out->sql, '(');
	r = expression(p);
	if (r < 0)
		return r;
	if (p->token != TOK_CLOSE)
		return refuse(p, "%s", "')' is missing");
	buf_putc(&p->out->sql, ')');
	p->depth--;
	lex(p);
	return 0;
}

static int factor(struct parser *p)
{
	int r;

	buf_putc(&p->out->sql, '(');
	r = term(p);
	while (r == 0 && keyword(p, "OR")) {
		buf_puts(&p->out->sql, " OR ");
		lex(p);
		r = term(p);
	}
	buf_putc(&p->out->sql, ')');
	return r;
}

/* AND and plain adjacency mean the same. */
static int expression(struct parser *p)
{
	int r = factor(p);

	while (r == 0 && p->token != TOK_END && p->token != TOK_CLOSE) {
		if (keyword(p, "AND"))
			lex(p);
		buf_puts(&p->out->sql, " AND ");
		r = factor(p);
	}
	return r;
}

int filter_parse(const char *text, const struct filter_field *fields, size_t count,
		 struct filter *out, struct buf *why)
{
	struct parser p = {.text = text,
			   .next = text,
			   .fields = fields,
			   .count = count,
			   .out = out,
			   .why = why};
	int r = 0;

	lex(&p);
	if (p.token == TOK_END)
		buf_puts(&out->sql, "1");
	else
		r = expression(&p);
	if (r == 0 && p.token != TOK_END)
		r = refuse(&p, "%s", "')' without '('");
	if (r == 0)
		r = p.word.err ? p.word.err : out->sql.err;
	buf_free(&p.word);
	return r == -EFBIG ? -EINVAL : r;
}

int filter_bind(const struct filter *f, sqlite3_stmt *stmt)
{
	for (size_t i = 0; i < f->count; i++)
		if (sqlite3_bind_text(stmt, FILTER_FIRST_PARAM + (int)i, f->values[i], -1,
				      SQLITE_STATIC) != SQLITE_OK)
			return -ENOMEM;
	return 0;
}

void filter_free(struct filter *f)
{
	buf_free(&f->sql);
	for (size_t i = 0; i < f->count; i++)
		free(f->values[i]);
	f->count = 0;
}
