/* SPDX-License-Identifier: MIT */
/*
 * A tiny HTTP server in threads for the client's tests: it reads requests and
 * lets the test's handler write whatever bytes it likes, right or wrong.
 * Include once per test program.
 */
#ifndef MODELFS_FAKE_SERVER_H
#define MODELFS_FAKE_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "api/client/client.h"
#include "fs/loop.h"

#define FAKE_CONNECTIONS_MAX 64

struct fake_request {
	int fd;
	unsigned number;     /* of the server, from 1 */
	unsigned connection; /* from 1 */
	char verb[16];
	char *target;
	char *head; /* the header lines */
	char *body;
	size_t body_len;
};

/* Answers on r->fd; true keeps the connection. */
typedef bool fake_handler(void *ctx, struct fake_request *r);

struct fake_server {
	int listen_fd;
	char dir[64];
	char address[128]; /* for endpoint_parse() */
	unsigned port;
	fake_handler *handler;
	void *ctx;
	pthread_t thread;
	pthread_mutex_t lock;
	unsigned requests, connections;
	int fds[FAKE_CONNECTIONS_MAX];
	pthread_t workers[FAKE_CONNECTIONS_MAX];
	volatile bool ends;
};

struct fake_worker {
	struct fake_server *s;
	int fd;
	unsigned number;
};

static inline void fake_write(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

/* A whole answer; extra: further header lines or "". */
static inline void fake_answer(int fd, int status, const char *extra, const char *body)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\n%s\r\n",
			 status, strlen(body), extra);

	fake_write(fd, head, (size_t)n);
	fake_write(fd, body, strlen(body));
}

/* Until the peer hangs up or fake_stop(). */
static inline void fake_wait(int fd)
{
	char c;

	while (recv(fd, &c, 1, 0) > 0)
		;
}

static inline size_t fake_length(const char *head)
{
	const char *at = strcasestr(head, "\r\nContent-Length:");

	return at ? strtoul(at + 17, NULL, 10) : 0;
}

/* Reads head and body; false at the connection's end. */
static inline bool fake_read(int fd, struct fake_request *r)
{
	size_t cap = 1 << 16, len = 0, head_len = 0, need = SIZE_MAX;
	char *text = malloc(cap + 1);
	bool continued = false;

	while (len < need) {
		ssize_t n;
		char *end;

		if (len == cap)
			text = realloc(text, (cap *= 2) + 1);
		n = recv(fd, text + len, cap - len, 0);
		if (n <= 0) {
			free(text);
			return false;
		}
		len += (size_t)n;
		text[len] = '\0';
		end = need == SIZE_MAX ? strstr(text, "\r\n\r\n") : NULL;
		if (end) {
			head_len = (size_t)(end - text) + 4;
			need = head_len + fake_length(text);
		}
		if (end && !continued && strcasestr(text, "\r\nExpect: 100-continue")) {
			fake_write(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
			continued = true;
		}
	}
	r->head = text;
	r->body_len = need - head_len;
	r->body = malloc(r->body_len + 1);
	memcpy(r->body, text + head_len, r->body_len);
	r->body[r->body_len] = '\0';
	text[head_len] = '\0';
	r->target = malloc(head_len);
	return sscanf(text, "%15s %s", r->verb, r->target) == 2;
}

static inline void *fake_work(void *arg)
{
	struct fake_worker *w = arg;
	struct fake_server *s = w->s;
	bool on = true;

	while (on) {
		struct fake_request r = {.fd = w->fd, .connection = w->number};

		if (!fake_read(w->fd, &r))
			break;
		pthread_mutex_lock(&s->lock);
		r.number = ++s->requests;
		pthread_mutex_unlock(&s->lock);
		on = s->handler(s->ctx, &r);
		free(r.head);
		free(r.body);
		free(r.target);
	}
	shutdown(w->fd, SHUT_RDWR);
	free(w);
	return NULL;
}

static inline void *fake_accept(void *arg)
{
	struct fake_server *s = arg;

	while (!s->ends) {
		struct pollfd p = {.fd = s->listen_fd, .events = POLLIN};
		struct fake_worker *w;
		int fd;

		if (poll(&p, 1, 20) <= 0)
			continue;
		fd = accept(s->listen_fd, NULL, NULL);
		if (fd < 0 || s->connections == FAKE_CONNECTIONS_MAX)
			continue;
		w = malloc(sizeof(*w));
		*w = (struct fake_worker){s, fd, s->connections + 1};
		s->fds[s->connections] = fd;
		pthread_create(&s->workers[s->connections], NULL, fake_work, w);
		s->connections++;
	}
	return NULL;
}

static inline void fake_start(struct fake_server *s, bool tcp, fake_handler *handler, void *ctx)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof(in);

	memset(s, 0, sizeof(*s));
	signal(SIGPIPE, SIG_IGN);
	s->handler = handler;
	s->ctx = ctx;
	pthread_mutex_init(&s->lock, NULL);
	s->listen_fd = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (tcp) {
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		bind(s->listen_fd, (struct sockaddr *)&in, sizeof(in));
		getsockname(s->listen_fd, (struct sockaddr *)&in, &len);
		s->port = ntohs(in.sin_port);
		snprintf(s->address, sizeof(s->address), "http://127.0.0.1:%u", s->port);
	} else {
		strcpy(s->dir, "/tmp/modelfs-test-XXXXXX");
		if (!mkdtemp(s->dir))
			abort();
		snprintf(un.sun_path, sizeof(un.sun_path), "%s/socket", s->dir);
		snprintf(s->address, sizeof(s->address), "unix:%s", un.sun_path);
		bind(s->listen_fd, (struct sockaddr *)&un, sizeof(un));
	}
	listen(s->listen_fd, 64);
	pthread_create(&s->thread, NULL, fake_accept, s);
}

static inline void fake_stop(struct fake_server *s)
{
	s->ends = true;
	pthread_join(s->thread, NULL);
	for (unsigned i = 0; i < s->connections; i++) {
		shutdown(s->fds[i], SHUT_RDWR);
		pthread_join(s->workers[i], NULL);
		close(s->fds[i]);
	}
	close(s->listen_fd);
	if (*s->dir) {
		unlink(s->address + strlen("unix:"));
		rmdir(s->dir);
	}
	pthread_mutex_destroy(&s->lock);
}

/* ---- a client in a loop ---- */

struct fake_client {
	struct loop *loop;
	struct client *client;
	struct endpoint endpoint;
	struct loop_timer timer, watchdog;
};

static inline void fc_ready(void *ctx, int fd, uint32_t events)
{
	client_ready(((struct fake_client *)ctx)->client, fd, events);
}

static inline void fc_watch(void *ctx, int fd, uint32_t events)
{
	loop_watch(((struct fake_client *)ctx)->loop, fd, events, fc_ready, ctx);
}

static inline void fc_tick(void *ctx)
{
	client_tick(((struct fake_client *)ctx)->client);
}

static inline void fc_timer(void *ctx, long ms)
{
	struct fake_client *c = ctx;

	if (ms < 0)
		loop_timer_cancel(c->loop, &c->timer);
	else
		loop_timer_set(c->loop, &c->timer, now_ns() + (uint64_t)ms * NSEC_PER_MSEC, fc_tick,
			       c);
}

static inline int fc_open(struct fake_client *c, const char *address, unsigned timeout_ms,
			  size_t answer_max)
{
	struct client_options o = {.timeout_ms = timeout_ms,
				   .answer_max = answer_max,
				   .user_agent = "modelfs/test",
				   .loop = {fc_watch, fc_timer, c}};
	const char *why;
	int r;

	memset(c, 0, sizeof(*c));
	r = endpoint_parse(address, &c->endpoint, &why);
	o.endpoint = c->endpoint;
	if (!r)
		r = loop_new(&c->loop);
	return r ? r : client_new(&o, &c->client);
}

static inline void fc_close(struct fake_client *c)
{
	client_free(c->client);
	loop_free(c->loop);
	endpoint_free(&c->endpoint);
}

static inline void fc_bark(void *ctx)
{
	loop_stop(ctx, -ETIME);
}

/* Until a callback stops the loop; -ETIME: none did. */
static inline int fc_run(struct fake_client *c, unsigned ms)
{
	int r;

	loop_timer_set(c->loop, &c->watchdog, now_ns() + ms * NSEC_PER_MSEC, fc_bark, c->loop);
	r = loop_run(c->loop);
	loop_timer_cancel(c->loop, &c->watchdog);
	return r;
}

/* What done was told. */
struct told {
	struct fake_client *c;
	unsigned waits; /* answers until the loop is stopped */
	unsigned count;
	int http, err;
	enum api_code code;
	bool sent;
	double seconds;
	size_t len;
	char message[512];
	char request_id[64];
	char json[512];
};

static inline void told_done(void *ctx, struct answer *a)
{
	struct told *t = ctx;
	size_t n;

	t->count++;
	t->http = a->http;
	t->err = a->error.err;
	t->code = a->error.code;
	t->sent = a->sent;
	t->seconds = a->seconds;
	t->len = a->len;
	snprintf(t->message, sizeof(t->message), "%s", a->error.message ? a->error.message : "");
	snprintf(t->request_id, sizeof(t->request_id), "%s",
		 a->error.request_id ? a->error.request_id : "");
	t->json[0] = '\0';
	if (a->json) {
		const char *raw = json_raw(json_root(a->json), &n);

		snprintf(t->json, sizeof(t->json), "%.*s", (int)n, raw);
	}
	if (t->count >= t->waits)
		loop_stop(t->c->loop, 0);
}

static inline struct call_options fc_options(const char *method, const char *name)
{
	struct call_options o = CALL_OPTIONS_INIT;

	o.service = &service_vertex;
	o.method = service_method(&service_vertex, method);
	o.name = name;
	return o;
}

/* One call to its end. */
static inline struct told fc_call(struct fake_client *c, const struct call_options *o)
{
	struct told t = {.c = c, .waits = 1};

	if (client_call(c->client, o, told_done, &t, NULL) || t.count || fc_run(c, 20000))
		t.err = -1;
	return t;
}

#endif
