/* SPDX-License-Identifier: MIT */
/*
 * One HTTP request and its answer, as the handlers see them: decoded path
 * segments, parameters without their `$`, the body, and the answer being
 * built.  Owned by server.c, used by one connection's thread.
 *
 * A handler returns 0 with the answer filled, a negative errno for a failure
 * of ours (it becomes INTERNAL), or what request_fail() returned: then the
 * error envelope is the answer.
 */
#ifndef MODELFS_REGISTRY_REQUEST_H
#define MODELFS_REGISTRY_REQUEST_H

#include "api/error.h"
#include "api/registry/state.h"

#define REQUEST_ARGS_MAX 6
#define REQUEST_BODY_MAX ((size_t)10 << 20)
#define REQUEST_REFUSED  (-ECANCELED)

struct param {
	char *name; /* without a leading `$` */
	char *value;
};

struct answer {
	int http;
	struct buf body;
	int fd; /* >= 0: the bytes of this file instead of body */
	uint64_t fd_size;
	const char *content_type;
};

struct route;
struct request {
	struct registry *reg;
	const char *verb;
	char *path;  /* percent-decoded, for the log */
	char *query; /* as received, "" without */
	char **raw;  /* path segments as received */
	char **segments;
	size_t count;
	struct param *params;
	size_t param_count;
	bool malformed; /* the target does not decode */

	const struct route *route; /* NULL: unknown method */
	unsigned services;         /* surfaces that listener or Host leave open; 0: all */
	const char *service;       /* "vertex", "automl", "ml": whose method it is */
	const char *api_version;   /* "v1", "v1beta1"; "v1" for other surfaces */
	const char *args[REQUEST_ARGS_MAX];
	size_t arg_count;
	char *last; /* memory of a last segment without its verb */

	struct buf body;
	bool too_large;   /* the body; it is read and dropped */
	size_t discarded; /* bytes of it */
	void *stream;     /* of a route that takes its body as it comes */
	struct json_doc *json;

	char *principal;
	int socket; /* the connection's, to see a client go; -1 unknown */
	uint64_t start;
	bool answered;
	struct answer answer;
};

struct route {
	const char *verb;
	const char *pattern; /* segments behind the surface's prefix, {} captures one */
	const char *custom;  /* the verb behind ':', or NULL */
	unsigned surfaces;
	const char *id; /* "models.get": metrics */
	int (*handle)(struct request *rq);
	/* Streaming bodies: called for each piece; data NULL: the client went. */
	int (*stream)(struct request *rq, const void *data, size_t len);
};
#define SURFACE_API     0x01u /* /v1/, /v1beta1/ of Vertex */
#define SURFACE_UI      0x02u /* /ui/ */
#define SURFACE_CRM     0x04u /* /v3/ */
#define SURFACE_STORAGE 0x08u /* /storage/v1/ */
#define SURFACE_UPLOAD  0x10u /* /upload/storage/v1/ */
#define SURFACE_ROOT    0x20u
#define SURFACE_AUTOML  0x40u /* /v1/, /v1beta1/ of AutoML */
#define SURFACE_ML      0x80u /* /v1/ of AI Platform */
/* The service it belongs to; NULL: "unknown". */
const char *route_service(const struct route *r);

struct request *request_new(struct registry *reg, const char *target);
void request_free(struct request *rq);

const char *request_param(const struct request *rq, const char *name); /* NULL: not given */
/* By camelCase name, accepting snake_case. */
const char *request_param_any(const struct request *rq, const char *camel, const char *snake);

/* The body as a JSON object; an empty body is {}. */
int request_json(struct request *rq, struct json *out);

/* Answer with the envelope; field may be NULL.  Returns REQUEST_REFUSED. */
int request_fail(struct request *rq, enum api_code code, const char *field, const char *fmt, ...)
	_printf_(4, 5);
/* The same with an HTTP status that is not the code's (412, 413). */
int request_fail_http(struct request *rq, int http, enum api_code code, const char *field,
		      const char *fmt, ...) _printf_(5, 6);
/* The same for one of our own failures. */
int request_fail_errno(struct request *rq, int err);
/* Details array and envelope, also used for operations' errors. */
int request_error_details(struct buf *out, enum api_code code, const char *field,
			  const char *description, const char *domain);
/* Start a JSON answer with status 200. */
struct buf *request_answer(struct request *rq);
/* An empty message: {}. */
int request_empty(struct request *rq);

/* Decode %XX of len bytes; NULL (errno EINVAL) for broken ones and NUL. */
char *request_unescape(const char *s, size_t len, bool plus);

#endif
