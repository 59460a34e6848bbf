/* SPDX-License-Identifier: MIT */
/*
 * Lists in pages: pageSize, pageToken, orderBy.
 *
 * A token holds the sort key of the last item given and a hash of every other
 * argument, so the next page continues behind that item whatever was inserted
 * or removed meanwhile, and a changed argument is noticed.
 */
#ifndef MODELFS_REGISTRY_PAGING_H
#define MODELFS_REGISTRY_PAGING_H

#include "api/registry/request.h"
#include "api/registry/store.h"

#define PAGE_SIZE_DEFAULT 100
#define PAGE_SIZE_MAX     1000
#define PAGE_KEYS_MAX     4

struct order_column {
	const char *name; /* camelCase */
	const char *sql;
	bool text;
};
/* What a list is sorted by; the last column is unique. */
struct order {
	struct {
		const char *sql;
		bool text;
		bool descending;
	} by[PAGE_KEYS_MAX];
	size_t count;
};

struct page {
	int64_t size;
	uint64_t hash;
	bool resumed; /* keys hold where the page before ended */
	struct buf keys[PAGE_KEYS_MAX];
};
void page_free(struct page *p);
#define _cleanup_page_ _cleanup_(page_free)

/* "display_name, create_time desc": 0, -EINVAL with why. */
int order_parse(const char *text, const struct order_column *columns, size_t count,
		struct order *out, struct buf *why);
void order_add(struct order *o, const char *sql, bool text, bool descending);

/* Read pageSize and pageToken; refusals are answered. */
int page_parse(struct request *rq, const struct order *order, struct page *out);
/* " AND (…) ORDER BY …  LIMIT n+1": the condition behind the last page's end.
 * Parameters are ?1 and up to FILTER_FIRST_PARAM: from `first` on. */
int page_sql(const struct page *p, const struct order *order, unsigned first, struct buf *out);
int page_bind(const struct page *p, const struct order *order, unsigned first, sqlite3_stmt *stmt);
/* The token behind a row whose sort key stands in columns column…. */
int page_token(const struct page *p, const struct order *order, sqlite3_stmt *stmt, int column,
	       struct buf *out);
/* The same for a list that is sorted by one text and no rows. */
int page_token_text(const struct page *p, const char *key, struct buf *out);

#endif
