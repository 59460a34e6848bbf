/* SPDX-License-Identifier: MIT */
/*
 * List filters (AIP-160's grammar as far as the methods document it), turned
 * into an SQL condition with bound parameters.
 *
 *   expression = sequence { "AND" sequence }
 *   sequence   = factor { factor }              adjacent terms: AND
 *   factor     = term { "OR" term }             OR binds tighter than AND
 *   term       = [ "NOT" | "-" ] simple
 *   simple     = "(" expression ")" | restriction
 *   restriction = field [ comparator value ]
 *   field      = name { "." ( name | quoted ) }
 *   comparator = "=" | "!=" | "<" | ">" | "<=" | ">=" | ":"
 *
 * In a string equality `*` stands for any text.  Values never enter the SQL.
 */
#ifndef MODELFS_REGISTRY_FILTER_H
#define MODELFS_REGISTRY_FILTER_H

#include "api/registry/store.h"

enum filter_type {
	FILTER_TEXT,
	FILTER_BOOL,
	FILTER_TIME, /* the column holds microseconds */
	FILTER_MAP,  /* sql is the value at a key; `@` in it is the key */
};
#define FILTER_EQ    0x1u
#define FILTER_NE    0x2u
#define FILTER_ORDER 0x4u
#define FILTER_HAS   0x8u
#define FILTER_ALL   0xfu

struct filter_field {
	const char *name; /* camelCase; snake_case is accepted too */
	const char *sql;
	enum filter_type type;
	unsigned ops;
};

#define FILTER_VALUES_MAX 64
#define FILTER_DEPTH_MAX  32
/* The first parameter number a filter uses; what stands around it uses less. */
#define FILTER_FIRST_PARAM 40

struct filter {
	struct buf sql; /* "1" for an empty filter */
	char *values[FILTER_VALUES_MAX];
	size_t count;
};
#define FILTER_INIT                         \
	{                                   \
		BUF_INIT_MAX(65536), {0}, 0 \
	}

/* 0, -EINVAL with `why`, -ENOMEM. */
int filter_parse(const char *text, const struct filter_field *fields, size_t count,
		 struct filter *out, struct buf *why);
int filter_bind(const struct filter *f, sqlite3_stmt *stmt);
void filter_free(struct filter *f);
#define _cleanup_filter_ _cleanup_(filter_free)

#endif
