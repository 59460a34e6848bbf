/* SPDX-License-Identifier: MIT */
/*
 * Google's JSON mapping, both ways: requests with snake_case names, integer
 * enums and numbers for int64 become the one form that is stored and answered;
 * field masks in either case; etags; resource timestamps.
 */
#ifndef MODELFS_REGISTRY_MAPPING_H
#define MODELFS_REGISTRY_MAPPING_H

#include "api/schema.h"

/* Member by camelCase name, or by the same name in snake_case. */
struct json mapping_get(struct json object, const char *camel);

/* Append v, a checked value of message m, in canonical form: known fields
 * under their camelCase names, no output-only ones, no nulls, no empty
 * strings, arrays or maps. */
int mapping_canonical(const struct message *m, struct json v, struct buf *out);

/* A field mask: paths in camelCase. */
#define MASK_MAX 64
struct mask {
	char *paths[MASK_MAX];
	size_t count;
	bool all; /* "*" */
};
int mask_parse(const char *text, struct mask *out); /* 0, -EINVAL, -ENOMEM */
void mask_free(struct mask *m);
#define _cleanup_mask_ _cleanup_(mask_free)
bool mask_has(const struct mask *m, const char *path);
/* The first path whose root `message` does not know, or NULL. */
const char *mask_unknown(const struct mask *m, const struct message *message);
/* Print the members of v that the mask names. */
void mask_print(const struct mask *m, struct json v, struct json_writer *w);

/* RFC 3339 with microseconds; out holds 32 bytes. */
void mapping_time(int64_t micros, char *out);
/* "12.5s" to nanoseconds: 0, -EINVAL. */
int mapping_duration(const char *text, uint64_t *ns);

#define ETAG_SIZE 23
void mapping_etag(int64_t a, int64_t b, int64_t c, int64_t d, char out[ETAG_SIZE]);

/* base64url without padding. */
int mapping_base64(const void *data, size_t len, struct buf *out);
int mapping_unbase64(const char *text, struct buf *out); /* -EINVAL */

#endif
