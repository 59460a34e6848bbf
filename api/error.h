/* SPDX-License-Identifier: MIT */
/*
 * One place for what can go wrong: canonical code (google/rpc/code.proto),
 * HTTP status, errno, and the error envelope {"error":{code,message,status,
 * details}}.  The HTTP to code direction is ambiguous (400, 409, 500), so the
 * envelope's `status` is always read first.
 */
#ifndef MODELFS_ERROR_H
#define MODELFS_ERROR_H

#include "api/json.h"

enum api_code {
	API_OK = 0,
	API_CANCELLED = 1,
	API_UNKNOWN = 2,
	API_INVALID_ARGUMENT = 3,
	API_DEADLINE_EXCEEDED = 4,
	API_NOT_FOUND = 5,
	API_ALREADY_EXISTS = 6,
	API_PERMISSION_DENIED = 7,
	API_RESOURCE_EXHAUSTED = 8,
	API_FAILED_PRECONDITION = 9,
	API_ABORTED = 10,
	API_OUT_OF_RANGE = 11,
	API_UNIMPLEMENTED = 12,
	API_INTERNAL = 13,
	API_UNAVAILABLE = 14,
	API_DATA_LOSS = 15,
	API_UNAUTHENTICATED = 16,
};

const char *api_code_name(enum api_code code); /* "NOT_FOUND" */
int api_code_http(enum api_code code);         /* 404 */
int api_code_errno(enum api_code code);        /* ENOENT (contract section 6); 0 for OK */
bool api_code_parse(const char *name, enum api_code *out);
enum api_code api_code_from_http(int status); /* best guess without a body */

/* A failure, wherever it came from.  Strings are owned by the struct and may
 * be NULL.  err is positive. */
struct api_error {
	int err;            /* errno for the caller; 0: no failure */
	int http;           /* 0: there was no answer */
	enum api_code code; /* API_UNKNOWN where only err is known */
	char *message;      /* the service's words, or ours */
	char *details;      /* JSON array text of error.details */
	char *request_id;   /* x-request-id / x-goog-request-id … when sent */
};

void api_error_reset(struct api_error *e); /* frees and zeroes */
#define _cleanup_api_error_ _cleanup_(api_error_reset)
int api_error_copy(struct api_error *dst, const struct api_error *src);
/* Replaces *e. */
void api_error_set(struct api_error *e, int err, enum api_code code, const char *fmt, ...)
	_printf_(4, 5);

/* Fill *e from an HTTP answer that is no success: the envelope if the body is
 * one, else what the status tells.  A 4xx page in another form (a proxy's, a
 * wrong endpoint's) is EIO, but for 401, 403, 408 and 429.  request_id is empty
 * afterwards: the caller sets it from the headers. */
void api_error_from_answer(struct api_error *e, int http, const char *body, size_t len);
/* Fill *e from a google.rpc.Status object (an operation's `error`: here `code`
 * is the canonical number and there is no `status`). */
void api_error_from_status(struct api_error *e, struct json status);

/* Render as text for `.name.error`: message, code, details, request id, one
 * "key: value" line each, details as pretty JSON. */
int api_error_text(const struct api_error *e, struct buf *out);

#endif
