/* SPDX-License-Identifier: MIT */
/*
 * JSON as text and tokens (RFC 8259, strictly: no leading zeros, no trailing
 * text, valid UTF-8, no lone surrogates, no raw control characters).
 *
 * A parsed document is immutable and keeps the text it came from, so numbers
 * of any size, member order and unknown members pass through untouched; cJSON,
 * which rounds numbers and accepts more than JSON, only reads single fields
 * where that does not matter.
 *
 * struct json is a value handle, copied freely, valid while its document
 * lives; the absent value has type JSON_NONE and every accessor takes it.
 * Documents may be read from any thread once parsed.
 */
#ifndef MODELFS_JSON_H
#define MODELFS_JSON_H

#include "api/buf.h"

enum json_type {
	JSON_NONE, /* no such value */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

enum json_verdict {
	JSON_INCOMPLETE, /* a prefix of some JSON text (blank text too) */
	JSON_COMPLETE,   /* one whole JSON value and white space around it */
	JSON_INVALID,    /* no continuation can make it JSON */
};

struct json_error {
	size_t offset;     /* bytes from the start */
	unsigned line;     /* from 1 */
	unsigned column;   /* from 1, in bytes */
	char message[128]; /* e.g. "expected ',' or '}' after a member" */
};

#define JSON_DEPTH_MAX 100

/* Judge a text.  err (may be NULL) is filled unless COMPLETE. */
enum json_verdict json_scan(const char *text, size_t len, struct json_error *err);

struct json_doc;
struct json {
	const struct json_doc *doc; /* NULL: the absent value */
	uint32_t tok;
};
#define JSON_ABSENT ((struct json){NULL, 0})

/* Parse a copy of the text.  0, -EINVAL (err says where; also for a member
 * named twice in one object), -E2BIG (nested deeper than JSON_DEPTH_MAX),
 * -ENOMEM.  *out is the caller's: json_doc_free(). */
int json_parse(const char *text, size_t len, struct json_doc **out, struct json_error *err);
void json_doc_free(struct json_doc *doc); /* NULL is fine */
void json_doc_freep(struct json_doc **doc);
#define _cleanup_json_ _cleanup_(json_doc_freep)

struct json json_root(const struct json_doc *doc);
enum json_type json_type(struct json v);
static inline bool json_present(struct json v)
{
	return v.doc != NULL;
}

/* Member by (decoded) name; a dotted path of member names. */
struct json json_get(struct json object, const char *key);
struct json json_path(struct json object, const char *path);

/* Children of an array or object in order: for (v = json_first(c);
 * json_present(v); v = json_next(v)).  json_key: the decoded member name that
 * `member` (a child of an object) bears, appended to out. */
struct json json_first(struct json container);
struct json json_next(struct json v);
size_t json_count(struct json container);
int json_key(struct json member, struct buf *out);
bool json_key_is(struct json member, const char *key);

/* The value's own text, as received, not NUL-terminated. */
const char *json_raw(struct json v, size_t *len);

/* Decoded string, appended; -EINVAL when v is not a string. */
int json_string(struct json v, struct buf *out);
/* Decoded string as fresh memory; NULL when v is no string, holds a NUL, or
 * memory is short. */
char *json_strdup(struct json v);
/* Member `key` of object as json_strdup() gives it. */
char *json_get_str(struct json object, const char *key);
bool json_is(struct json v, const char *text); /* a string equal to text */
bool json_bool(struct json v, bool fallback);
/* An integer that arrives as number (1, 1.0, 1e2) or decimal string: 0,
 * -EINVAL, -ERANGE. */
int json_int64(struct json v, int64_t *out);

/* Same value: member order and white space do not matter, strings compare
 * decoded, numbers by exact decimal value (1.0 == 1 == 10e-1). */
bool json_equal(struct json a, struct json b);
/* Absent, null, "", [] or {}: an API tells them all in the same way. */
bool json_is_empty(struct json v);
/* Equal, or both empty. */
bool json_same(struct json a, struct json b);

/* Print.  PRETTY is byte for byte what `jq .` prints (two spaces, ": ", jq's
 * escapes, member order kept) but numbers stay as received; no newline at the
 * end.  COMPACT has no white space. */
enum json_style { JSON_COMPACT, JSON_PRETTY };
int json_print(struct json v, enum json_style style, struct buf *out);

/* Append a JSON string literal for s (len bytes; invalid UTF-8 becomes
 * U+FFFD), quotes included, with jq's escapes. */
int json_quote(struct buf *out, const char *s, size_t len);

/* Writer: builds compact JSON into a buffer, commas by itself.  Errors stick
 * in the buffer. */
struct json_writer {
	struct buf *out;
	unsigned depth;
	bool comma;
};
void jw_init(struct json_writer *w, struct buf *out);
void jw_object(struct json_writer *w, const char *key); /* key NULL: in an array or at the top */
void jw_array(struct json_writer *w, const char *key);
void jw_end_object(struct json_writer *w);
void jw_end_array(struct json_writer *w);
void jw_str(struct json_writer *w, const char *key, const char *value);
void jw_strn(struct json_writer *w, const char *key, const char *value, size_t len);
void jw_int(struct json_writer *w, const char *key, int64_t value); /* as a number */
void jw_int64(struct json_writer *w, const char *key,
	      int64_t value); /* as a string: Google's int64 */
void jw_bool(struct json_writer *w, const char *key, bool value);
void jw_raw(struct json_writer *w, const char *key, const char *json, size_t len);
void jw_value(struct json_writer *w, const char *key, struct json v); /* as received */

#endif
