/* SPDX-License-Identifier: MIT */
/*
 * What a resource is: messages and their fields, as plain constant tables
 * (facts of Google's discovery documents).  One table drives file names and
 * modes in the mount, updateMask, and the registry's checks.
 */
#ifndef MODELFS_SCHEMA_H
#define MODELFS_SCHEMA_H

#include "api/json.h"

enum field_type {
	FIELD_STRING,
	FIELD_BOOL,
	FIELD_INT32,
	FIELD_INT64, /* a string in JSON */
	FIELD_FLOAT, /* float and double */
	FIELD_ENUM,
	FIELD_TIMESTAMP,
	FIELD_DURATION,
	FIELD_BYTES,
	FIELD_MASK,
	FIELD_MESSAGE, /* .message says which */
	FIELD_ANY,     /* any JSON value (google.protobuf.Value, Any, Struct) */
};

/* Flags of a field. */
#define FIELD_REPEATED      0x0001u /* an array of .type */
#define FIELD_MAP           0x0002u /* an object whose values are .type */
#define FIELD_REQUIRED      0x0004u
#define FIELD_OUTPUT_ONLY   0x0008u
#define FIELD_IMMUTABLE     0x0010u
#define FIELD_MODEL_MASK    0x0020u /* may stand in the updateMask of a model */
#define FIELD_VERSION_MASK  0x0040u /* may stand in the updateMask of a version */
#define FIELD_MULTILINE     0x0080u /* free text: may hold newlines */
#define FIELD_NOT_IN_BETA   0x0100u /* v1 has it, v1beta1 lacks it */
#define FIELD_VERSION_LEVEL 0x0200u /* belongs to the version, not to the model (Vertex) */
#define FIELD_ONLY_IN_BETA  0x0400u /* v1beta1 has it, v1 lacks it */
#define FIELD_UNION_ARM     0x0800u /* writable, but of a union: shown only while in use */

struct message;
struct field {
	const char *name; /* camelCase, as in JSON */
	enum field_type type;
	unsigned flags;
	const struct message *message;  /* FIELD_MESSAGE */
	const char *const *enumerators; /* FIELD_ENUM: NULL-terminated */
};
struct message {
	const char *name; /* "Model" */
	const struct field *fields;
	size_t count;
};

/* By camelCase or snake_case name; NULL: unknown. */
const struct field *message_field(const struct message *m, const char *name);

/* True if the field is shown as `<name>.json` (object or array), false if it
 * is a scalar shown as plain text. */
bool field_is_json(const struct field *f);
/* The same for a value whose field no table knows. */
bool json_is_container(struct json v);

/* True if the API version at hand has the field. */
bool field_in_version(const struct field *f, bool beta);

/* The enumerator that v (a name, or the integer that some clients send) means;
 * NULL: none of this field's. */
const char *field_enumerator(const struct field *f, struct json v);

/* Check a request body against a message, as Google's JSON mapping reads it:
 * unknown names, wrong types, bad enums (names or integers), int64 as string
 * or number, base64, RFC 3339.  0, or -EINVAL with `path` (the field's path,
 * e.g. "model.labels") and `why` filled. */
int schema_check(const struct message *m, struct json v, bool beta, struct buf *path,
		 struct buf *why);

/* Append v, which schema_check() has passed, as the service would hold it:
 * camelCase names, enumerators by name, int64 as strings, nulls dropped, fields
 * in the table's order.  Fields with any of the flags `drop` (FIELD_OUTPUT_ONLY
 * in a request) are left out, at every depth. */
int schema_normalize(const struct message *m, struct json v, unsigned drop, struct buf *out);

#endif
