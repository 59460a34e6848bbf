/* SPDX-License-Identifier: MIT */
/*
 * What the files of the client share.  A call goes from the queue (waiting for
 * a free place or a token) into the air (a handle of libcurl works on it) to
 * the finished ones (its answer is made, done still to be called); it is on
 * exactly one of the three lists, which own it.  The loop's thread only.
 */
#ifndef MODELFS_CLIENT_INTERNAL_H
#define MODELFS_CLIENT_INTERNAL_H

#include <curl/curl.h>

#include "api/client/client.h"

enum call_state {
	CALL_QUEUED,
	CALL_FLYING,
	CALL_FINISHED,
	CALL_TELLING, /* on no list: its done runs */
};

struct call {
	struct client *client;
	struct call *prev, *next;
	enum call_state state;
	struct call_options o; /* its strings lie in memory */
	char *memory;
	call_done *done;
	void *ctx;

	char *url;
	char *where;       /* host or socket, for messages */
	bool takes_token;  /* a place that may see the credentials */
	bool needs_token;  /* … and refuses calls without */
	uint64_t begun_ns; /* client_call() */
	uint64_t deadline_ns;

	CURL *easy;
	struct curl_slist *headers;
	struct buf body;      /* of the answer */
	bool too_big;         /* the answer broke its limit */
	unsigned starts;      /* requests begun on a connection: 2 = libcurl repeated it */
	uint64_t upload_off;  /* next byte of upload_fd */
	int upload_err;       /* why reading upload_fd failed, positive */
	struct answer answer; /* filled when finished */
	char curl_words[CURL_ERROR_SIZE];
};

struct call_list {
	struct call *head, *tail;
	size_t count;
};
void call_list_add(struct call_list *l, struct call *k);
void call_list_remove(struct call_list *l, struct call *k);

struct auth;
struct metrics;
struct client {
	struct client_options o;
	char *user_agent;
	char *socket; /* UNIX: a path that fits sockaddr_un */
	int dir_fd;   /* keeps a long one valid */
	CURLM *multi;
	struct auth *auth;
	struct metrics *metrics;
	struct call_list queued, flying, finished;
	struct list_call *lists;   /* under way, list.c */
	uint64_t curl_due_ns;      /* when libcurl wants to be called; NEVER: not at all */
	uint64_t next_deadline_ns; /* not later than the first deadline of all calls */
	uint64_t armed_ns;         /* what the loop's timer is set to */
	client_observer *observer;
	void *observer_ctx;
	bool freeing;
};
#define CLIENT_NEVER UINT64_MAX

/* Calls in the air: below a usual HTTP/2 limit of 100 streams; a local server
 * gains nothing from more than a few connections. */
#define CLIENT_FLYING_MAX      64
#define CLIENT_FLYING_MAX_UNIX 32

/* client.c: the call's answer is made; its done runs from the next tick. */
void client_finish(struct call *k);

/* http.c: libcurl.  http_start: 0 or -errno (nothing is under way then). */
int http_global_init(void);
int http_open(struct client *c);
void http_close(struct client *c);
int http_start(struct call *k, const char *token);
void http_stop(struct call *k); /* takes the handle back, if there is one */
void http_collect(struct client *c);

/* request.c: what is asked, and what an answer means. */
int request_prepare(struct call *k); /* 0, or -errno with answer.error filled or memory short */
void call_answered(struct call *k, int http);
void call_fail(struct call *k, int err, enum api_code code, const char *words);

/* endpoint.c */
bool endpoint_loopback(const char *url); /* plain http is fine there */
/* The base for a whole path of another Google service, e.g. storage. */
int endpoint_host_base(const struct endpoint *e, const char *host, struct buf *out);

/* auth.c: where the bearer token comes from.  auth_token: 0 with *token
 * (borrowed until the next call here; NULL: there is none); -EINPROGRESS: it is
 * being fetched, ask again after client_auth_changed() (for sources that need
 * the network); -errno: *why is static text. */
int auth_new(struct auth **out);
void auth_free(struct auth *a);
int auth_token(struct auth *a, const char **token, const char **why);
void auth_refused(struct auth *a); /* a 401 came */
void auth_accepted(struct auth *a);
bool auth_usable(struct auth *a);
void auth_reload(struct auth *a);
void client_auth_changed(struct client *c);

/* list.c */
void list_free_all(struct client *c);

/* metrics.c */
int metrics_new(struct metrics **out);
void metrics_free(struct metrics *m);
void call_metrics_count(struct metrics *m, const struct call *k);
int metrics_print(const struct metrics *m, struct buf *out);

#endif
