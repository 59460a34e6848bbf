/* SPDX-License-Identifier: MIT */
/*
 * What the parts of json share: the token array and string decoding.  Only
 * json_scan.c, json.c and json_print.c include this.
 *
 * Tokens stand in the order of the text.  A member is two tokens, its name and
 * right behind it its value, so the name of a member value t is t - 1.
 */
#ifndef MODELFS_JSON_PRIVATE_H
#define MODELFS_JSON_PRIVATE_H

#include "api/json.h"

#define TOK_PLAIN  0x01 /* a string whose text is its own decoded and printed form */
#define TOK_MEMBER 0x02 /* a value with a name before it */

struct json_tok {
	uint32_t off;   /* of the value's text, quotes included */
	uint32_t end;   /* one behind it */
	uint32_t next;  /* sibling, 0: none */
	uint32_t count; /* children of a container */
	uint8_t type;   /* enum json_type */
	uint8_t flags;
};

struct json_doc {
	char *text;
	size_t len;
	struct json_tok *toks;
	size_t count;
	size_t cap;
};

/* The bytes of a decoded string, one at a time. */
struct json_bytes {
	const char *p, *end;
	unsigned char pending[4];
	uint8_t n, i;
};
void json_bytes_init(struct json_bytes *it, const struct json_doc *doc, uint32_t tok);
int json_bytes_next(struct json_bytes *it); /* -1: the end */

bool json_strings_equal(const struct json_doc *a, uint32_t x, const struct json_doc *b, uint32_t y);

/* The members of an object ordered by the hash of their names, for objects too
 * large to compare every name with every other. */
struct json_index {
	uint64_t hash;
	uint32_t tok; /* the value's */
};
#define JSON_INDEX_FROM 16
int json_index_make(const struct json_doc *doc, uint32_t object, struct json_index **out);
uint64_t json_name_hash(const struct json_doc *doc, uint32_t name);

/* One UTF-8 character at p: COMPLETE with its length in *n, INCOMPLETE where
 * the text ends within it, INVALID with the length of the bad part in *n. */
enum json_verdict json_utf8(const unsigned char *p, const unsigned char *end, unsigned *n);

#endif
