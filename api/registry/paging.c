/* SPDX-License-Identifier: MIT */
#include "api/registry/paging.h"

#include <ctype.h>
#include <stdio.h>

#include "api/registry/mapping.h"

void page_free(struct page *p)
{
	for (size_t i = 0; i < PAGE_KEYS_MAX; i++)
		buf_free(&p->keys[i]);
}

void order_add(struct order *o, const char *sql, bool text, bool descending)
{
	if (o->count == PAGE_KEYS_MAX)
		return;
	o->by[o->count].sql = sql;
	o->by[o->count].text = text;
	o->by[o->count++].descending = descending;
}

/* camelCase `name` equals `given`, which may be in snake_case. */
static bool same_name(const char *name, const char *given, size_t len)
{
	const char *end = given + len;

	for (; *name && given < end; name++, given++) {
		if (isupper((unsigned char)*name) && *given == '_' && given + 1 < end &&
		    given[1] == tolower((unsigned char)*name))
			given++;
		else if (*given != *name)
			return false;
	}
	return !*name && given == end;
}

static const struct order_column *order_find(const struct order_column *columns, size_t count,
					     const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (same_name(columns[i].name, name, len))
			return &columns[i];
	return NULL;
}

int order_parse(const char *text, const struct order_column *columns, size_t count,
		struct order *out, struct buf *why)
{
	while (*text) {
		size_t len = strcspn(text, ","), n;
		const char *s = text + strspn(text, " \t"), *end = text + len;
		const struct order_column *c;
		bool descending = false;

		text += len + (text[len] == ',');
		n = strcspn(s, " \t,");
		c = order_find(columns, count, s, n);
		if (!c) {
			buf_printf(why, "orderBy: '%.*s' cannot be sorted by", (int)n, s);
			return -EINVAL;
		}
		s += n;
		s += strspn(s, " \t");
		n = (size_t)(end - s);
		while (n && isspace((unsigned char)s[n - 1]))
			n--;
		if (n == 4 && strncmp(s, "desc", 4) == 0) {
			descending = true;
		} else if (n && !(n == 3 && strncmp(s, "asc", 3) == 0)) {
			buf_printf(why, "orderBy: '%.*s' is neither asc nor desc", (int)n, s);
			return -EINVAL;
		}
		if (out->count == PAGE_KEYS_MAX - 1) {
			buf_printf(why, "orderBy: at most %d fields", PAGE_KEYS_MAX - 1);
			return -EINVAL;
		}
		order_add(out, c->sql, c->text, descending);
	}
	return 0;
}

/* Everything that must stay the same from page to page. */
static uint64_t arguments_hash(const struct request *rq)
{
	static const char *const names[][2] = {
		{"filter", "filter"}, {"orderBy", "order_by"}, {"readMask", "read_mask"},
		{"prefix", "prefix"}, {"query", "query"},      {"delimiter", "delimiter"},
	};
	uint64_t h = hash_bytes(rq->path, strlen(rq->path), 1);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *v = request_param_any(rq, names[i][0], names[i][1]);

		if (v && *v)
			h = hash_bytes(v, strlen(v), h + i + 1);
	}
	return h;
}

static int bad_token(struct request *rq)
{
	return request_fail(rq, API_INVALID_ARGUMENT, "pageToken",
			    "This page token does not belong to a list with these arguments.");
}

/* A token is base64url of {"h":"<hash>","k":[…]}. */
static int token_parse(struct request *rq, const char *token, const struct order *order,
		       struct page *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT_MAX(1 << 16);
	_cleanup_json_ struct json_doc *doc = NULL;
	char hash[24];
	size_t i = 0;
	struct json keys;

	if (mapping_unbase64(token, &text) < 0 ||
	    json_parse(buf_str(&text), text.len, &doc, NULL) < 0)
		return bad_token(rq);
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)p->hash);
	keys = json_get(json_root(doc), "k");
	if (!json_is(json_get(json_root(doc), "h"), hash) || json_count(keys) != order->count)
		return bad_token(rq);
	for (struct json v = json_first(keys); json_present(v); v = json_next(v))
		if (json_string(v, &p->keys[i++]) < 0)
			return bad_token(rq);
	p->resumed = true;
	return 0;
}

int page_parse(struct request *rq, const struct order *order, struct page *out)
{
	const char *size = request_param_any(rq, "pageSize", "page_size");
	const char *token = request_param_any(rq, "pageToken", "page_token");
	char *end;

	if (!size)
		size = request_param(rq, "maxResults"); /* storage */
	out->size = PAGE_SIZE_DEFAULT;
	if (size && *size) {
		errno = 0;
		out->size = strtoll(size, &end, 10);
		if (*end || errno || out->size < 0 || out->size > INT32_MAX)
			return request_fail(rq, API_INVALID_ARGUMENT, "pageSize",
					    "The page size '%s' is no number from 0 on.", size);
		if (out->size == 0)
			out->size = PAGE_SIZE_DEFAULT;
		if (out->size > PAGE_SIZE_MAX)
			out->size = PAGE_SIZE_MAX;
	}
	out->hash = arguments_hash(rq);
	return token && *token ? token_parse(rq, token, order, out) : 0;
}

int page_sql(const struct page *p, const struct order *order, unsigned first, struct buf *out)
{
	if (p->resumed) {
		buf_puts(out, " AND (");
		for (size_t i = 0; i < order->count; i++) {
			buf_puts(out, i ? " OR (" : "(");
			for (size_t j = 0; j < i; j++)
				buf_printf(out, "%s = ?%zu AND ", order->by[j].sql, first + j);
			buf_printf(out, "%s %c ?%zu)", order->by[i].sql,
				   order->by[i].descending ? '<' : '>', first + i);
		}
		buf_puts(out, ")");
	}
	for (size_t i = 0; i < order->count; i++)
		buf_printf(out, "%s %s%s", i ? "," : " ORDER BY", order->by[i].sql,
			   order->by[i].descending ? " DESC" : "");
	return buf_printf(out, " LIMIT %lld", (long long)p->size + 1);
}

int page_bind(const struct page *p, const struct order *order, unsigned first, sqlite3_stmt *stmt)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; p->resumed && i < order->count && rc == SQLITE_OK; i++) {
		int at = (int)(first + i);

		if (order->by[i].text)
			rc = sqlite3_bind_text(stmt, at, buf_str(&p->keys[i]), (int)p->keys[i].len,
					       SQLITE_STATIC);
		else
			rc = sqlite3_bind_int64(stmt, at, strtoll(buf_str(&p->keys[i]), NULL, 10));
	}
	return rc == SQLITE_OK ? 0 : -ENOMEM;
}

static void token_begin(const struct page *p, struct buf *text, struct json_writer *w)
{
	char hash[24];

	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)p->hash);
	jw_init(w, text);
	jw_object(w, NULL);
	jw_str(w, "h", hash);
	jw_array(w, "k");
}

static int token_end(struct buf *text, struct json_writer *w, struct buf *out)
{
	jw_end_array(w);
	jw_end_object(w);
	return text->err ? text->err : mapping_base64(text->data, text->len, out);
}

int page_token(const struct page *p, const struct order *order, sqlite3_stmt *stmt, int column,
	       struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct json_writer w;

	token_begin(p, &text, &w);
	for (size_t i = 0; i < order->count; i++)
		jw_str(&w, NULL, store_text(stmt, column + (int)i));
	return token_end(&text, &w, out);
}

int page_token_text(const struct page *p, const char *key, struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct json_writer w;

	token_begin(p, &text, &w);
	jw_str(&w, NULL, key);
	return token_end(&text, &w, out);
}
