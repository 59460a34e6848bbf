/* SPDX-License-Identifier: MIT */
/*
 * The client of the three REST services: libcurl's multi interface driven by
 * the caller's event loop, connection reuse, a total deadline per call, size
 * limits, bearer tokens, and one place where a failure becomes {errno, code,
 * message, details, request id}.
 *
 * One thread owns a client and calls everything here; callbacks run in it,
 * from client_ready() and client_tick(), never from inside client_call().
 * Create a client after the daemonising fork (libcurl and TLS do not survive
 * one).
 */
#ifndef MODELFS_CLIENT_H
#define MODELFS_CLIENT_H

#include "api/error.h"
#include "api/service.h"

/* Where requests go: `endpoint=` of contract section 1. */
enum endpoint_kind { ENDPOINT_UNIX, ENDPOINT_URL, ENDPOINT_GOOGLE };
struct endpoint {
	enum endpoint_kind kind;
	char *socket; /* UNIX: the socket's path */
	char *url;    /* URL: "https://host[:port]", no trailing slash */
};
/* Parse "unix:PATH", "https://…", "http://…" (loopback hosts only) or
 * "google".  "local" is the caller's business (it names a data directory).
 * 0, -EINVAL with *why (static text). */
int endpoint_parse(const char *text, struct endpoint *out, const char **why);
void endpoint_free(struct endpoint *e);
/* The base URL for a service and location: override variables, "{location}-"
 * hosts, or the fixed URL.  location may be NULL. */
int endpoint_base(const struct endpoint *e, const struct service *s, const char *location,
		  struct buf *out);

/* What the client needs of an event loop. */
struct client_loop {
	/* events: EPOLLIN|EPOLLOUT; 0 forgets fd */
	void (*watch)(void *ctx, int fd, uint32_t events);
	/* call client_tick() in ms; -1: not at all */
	void (*timer)(void *ctx, long ms);
	void *ctx;
};

struct client_options {
	struct endpoint endpoint; /* borrowed while the client lives */
	unsigned timeout_ms;      /* total deadline of a call that names none */
	size_t answer_max;        /* bytes of one answer; 0: 64 MiB */
	const char *user_agent;   /* "modelfs/0.1.0" */
	struct client_loop loop;
};

struct client;
int client_new(const struct client_options *o, struct client **out);
/* Aborts what is under way (lists too), calls no done; not from a callback. */
void client_free(struct client *c);

/* To be called by the loop. */
void client_ready(struct client *c, int fd, uint32_t events);
void client_tick(struct client *c);

/* One HTTP exchange.  Strings are copied by client_call(). */
struct call_options {
	const struct service *service;
	const struct method *method;
	const char *api_version; /* NULL: the service's first */
	const char *name;        /* resource name the method's path is made from */
	const char *query;       /* "pageSize=5&…", already encoded; may be NULL */
	const char *body;        /* JSON; NULL: none */
	size_t body_len;
	unsigned timeout_ms;      /* 0: the client's */
	const char *url_path;     /* overrides method->path: a whole encoded URL path (resource
				   * manager, storage); method still names it in figures */
	const char *host;         /* with url_path and endpoint=google: whose it is, e.g.
				   * "storage.googleapis.com"; other endpoints serve all themselves */
	const char *content_type; /* NULL: application/json */
	int upload_fd;            /* >= 0: send this file's bytes as body (borrowed until done) */
	uint64_t upload_len;
	uint64_t *uploaded; /* may be NULL: counts the bytes taken from upload_fd (borrowed) */
};
#define CALL_OPTIONS_INIT       \
	{                       \
		.upload_fd = -1 \
	}

struct answer {
	int http;         /* 0: none came */
	const char *body; /* NUL-terminated; valid during the callback */
	size_t len;
	struct json_doc *json;  /* parsed body of a success (take_ptr() it to keep it); NULL only
				 * after a failure or a 204 */
	struct api_error error; /* error.err != 0: failed (copy it to keep it) */
	bool sent;              /* the server may have seen it (failed: its fate is unknown
				 * unless http != 0) */
	double seconds;
};

typedef void call_done(void *ctx, struct answer *a);

struct call;
/* Start an exchange.  0 or -errno; *out (may be NULL) is valid until done ran.
 * The credentials' token is added by the client. */
int client_call(struct client *c, const struct call_options *o, call_done *done, void *ctx,
		struct call **out);
/* Abort: done is not called any more.  Also from another call's done; a call
 * whose own done runs is over, to cancel it does nothing. */
void call_cancel(struct client *c, struct call *call);

/* A list, every page to its end.  item is called for each item in order (the
 * value handle is valid during the call); done once, with the last page's
 * answer.  query: extra parameters without pageToken; without a pageSize the
 * pages are of 1000.  The deadline is each page's own: a long list is no
 * failure, and a server that repeats a token or never ends is cut off.
 * Returning non-zero from item stops the list with that errno (positive); item
 * may call list_cancel(). */
typedef int list_item(void *ctx, struct json item);
struct list_call;
int client_list(struct client *c, const struct call_options *o, list_item *item, call_done *done,
		void *ctx, struct list_call **out);
void list_cancel(struct client *c, struct list_call *l);

/* Who we are: false while no usable token is there (endpoint=google only). */
bool client_signed_in(const struct client *c);
/* Credentials are read again (SIGHUP, or after a 401). */
void client_reload(struct client *c);

/* Figures for `.modelfs/metrics`: appends Prometheus text
 * (modelfs_requests_total{service,method,code}, modelfs_request_seconds,
 * modelfs_retries_total). */
int client_metrics(const struct client *c, struct buf *out);

/* Every finished exchange, for the log and `.modelfs/errors`. */
typedef void client_observer(void *ctx, const struct call_options *o, const struct answer *a);
void client_observe(struct client *c, client_observer *cb, void *ctx);

#endif
