/* SPDX-License-Identifier: MIT */
/*
 * Lists, page by page.  Only an absent or empty nextPageToken ends one: a page
 * may be empty and have a token.
 */
#include <stdio.h>

#include "api/client/internal.h"

#define PAGE_SIZE_DEFAULT "pageSize=1000"
#define PAGES_MAX         10000

struct list_call {
	struct client *client;
	struct list_call *prev, *next;
	struct call_options o; /* its strings lie in strings */
	char *strings[5];
	list_item *item;
	call_done *done;
	void *ctx;
	struct call *call;
	uint64_t begun_ns;
	uint64_t *tokens; /* hashes of the tokens there were */
	size_t pages;
	bool telling;   /* a callback of the caller runs */
	bool cancelled; /* … and has cancelled the list */
};

static void list_free(struct list_call *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->strings); i++)
		free(l->strings[i]);
	free(l->tokens);
	free(l);
}

static void list_unlink(struct list_call *l)
{
	*(l->prev ? &l->prev->next : &l->client->lists) = l->next;
	if (l->next)
		l->next->prev = l->prev;
	l->prev = l->next = NULL;
}

static int copy_strings(struct list_call *l)
{
	const char **from[] = {&l->o.api_version, &l->o.name, &l->o.query, &l->o.url_path,
			       &l->o.host};

	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		if (!*from[i])
			continue;
		l->strings[i] = strdup(*from[i]);
		if (!l->strings[i])
			return -ENOMEM;
		*from[i] = l->strings[i];
	}
	return 0;
}

static bool query_names(const char *query, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = query; at && *at; at = strchr(at, '&')) {
		at += *at == '&';
		if (!strncmp(at, key, n) && at[n] == '=')
			return true;
	}
	return false;
}

static int page_query(const struct list_call *l, const char *token, struct buf *out)
{
	const char *query = l->o.query ? l->o.query : "";

	buf_puts(out, query);
	if (!query_names(query, "pageSize"))
		buf_printf(out, "%s" PAGE_SIZE_DEFAULT, *query ? "&" : "");
	if (token) {
		buf_puts(out, "&pageToken=");
		buf_percent(out, token, "");
	}
	return out->err;
}

static void page_done(void *ctx, struct answer *a);

static int page_start(struct list_call *l, const char *token)
{
	_cleanup_buf_ struct buf query = BUF_INIT;
	struct call_options o = l->o;
	int r = page_query(l, token, &query);

	if (r)
		return r;
	o.query = buf_str(&query);
	return client_call(l->client, &o, page_done, l, &l->call);
}

static void list_end(struct list_call *l, struct answer *a)
{
	list_unlink(l);
	a->seconds = (double)(now_ns() - l->begun_ns) / (double)NSEC_PER_SEC;
	l->telling = true;
	l->done(l->ctx, a);
	list_free(l);
}

static void list_fail(struct list_call *l, struct answer *a, int err, const char *words)
{
	api_error_set(&a->error, err, API_UNKNOWN, "%s: %s", l->o.method->id, words);
	list_end(l, a);
}

/* 0, or what item said; -ECANCELED: the list is gone. */
static int page_items(struct list_call *l, struct json items)
{
	int r = 0;

	l->telling = true;
	for (struct json v = json_first(items); json_present(v) && !r; v = json_next(v)) {
		r = l->item(l->ctx, v);
		if (l->cancelled)
			r = -ECANCELED;
	}
	l->telling = false;
	return r;
}

/* A token seen before would go round for ever. */
static int token_check(struct list_call *l, const char *token)
{
	uint64_t h = hash_bytes(token, strlen(token), 0);
	uint64_t *more;

	for (size_t i = 0; i < l->pages; i++)
		if (l->tokens[i] == h)
			return -EIO;
	if (l->pages >= PAGES_MAX)
		return -EIO;
	more = reallocarray(l->tokens, l->pages + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->tokens = more;
	l->tokens[l->pages++] = h;
	return 0;
}

static void page_next(struct list_call *l, struct answer *a, const char *token)
{
	int r = token_check(l, token);

	if (r == -EIO) {
		list_fail(l, a, EIO, "the service's pages do not end");
		return;
	}
	if (!r)
		r = page_start(l, token);
	if (r)
		list_fail(l, a, -r, strerror(-r));
}

static void page_done(void *ctx, struct answer *a)
{
	struct list_call *l = ctx;
	_cleanup_free_ char *token = NULL;
	struct json root, items, next;
	int r;

	l->call = NULL;
	if (a->error.err) {
		list_end(l, a);
		return;
	}
	root = json_root(a->json);
	items = json_get(root, l->o.method->items);
	next = json_get(root, "nextPageToken");
	if (json_present(items) && json_type(items) != JSON_ARRAY) {
		list_fail(l, a, EIO, "the answer's list is no array");
		return;
	}
	r = page_items(l, items);
	if (r == -ECANCELED) {
		list_free(l);
		return;
	}
	if (r) {
		list_fail(l, a, abs(r), strerror(abs(r)));
		return;
	}
	token = json_strdup(next);
	if (!token && json_type(next) == JSON_STRING)
		list_fail(l, a, EIO, "the page token can not be used");
	else if (token && *token)
		page_next(l, a, token);
	else
		list_end(l, a);
}

int client_list(struct client *c, const struct call_options *o, list_item *item, call_done *done,
		void *ctx, struct list_call **out)
{
	struct list_call *l;
	int r;

	if (!o->method || !o->method->items || !item || !done)
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->client = c;
	l->o = *o;
	l->item = item;
	l->done = done;
	l->ctx = ctx;
	l->begun_ns = now_ns();
	r = copy_strings(l);
	if (!r)
		r = page_start(l, NULL);
	if (r) {
		list_free(l);
		return r;
	}
	l->next = c->lists;
	if (l->next)
		l->next->prev = l;
	c->lists = l;
	if (out)
		*out = l;
	return 0;
}

void list_cancel(struct client *c, struct list_call *l)
{
	if (l->telling) {
		/* From item: page_done() still holds it.  From done: over anyway. */
		if (!l->cancelled && (l->prev || l->next || c->lists == l))
			list_unlink(l);
		l->cancelled = true;
		return;
	}
	if (l->call)
		call_cancel(c, l->call);
	list_unlink(l);
	list_free(l);
}

void list_free_all(struct client *c)
{
	while (c->lists)
		list_cancel(c, c->lists);
}
