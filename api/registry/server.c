/* SPDX-License-Identifier: MIT */
#include "api/registry/server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

#include "api/log.h"
#include "api/registry/metrics.h"
#include "api/registry/query.h"
#include "api/registry/routes.h"

#define UNIX_CONNECTIONS 1024
#define TCP_CONNECTIONS  256
#define TCP_IDLE_SECONDS 60
#define THREAD_STACK     ((size_t)1 << 20)
#define BODIES_MAX       ((size_t)256 << 20) /* of all requests together */
#define DISCARD_MAX      ((size_t)64 << 20)

struct connection {
	struct connection *next;
	struct server *server;
	int fd;
	bool tcp;
	atomic_bool busy;
	atomic_ullong since; /* busy or idle */
};

struct listener {
	struct server *server;
	struct listen_socket socket;
	struct MHD_Daemon *daemon;
};

struct server {
	struct registry *reg;
	struct server_tls tls;
	const char *tokens_file;
	struct tokens *tokens; /* NULL: none asked for */
	pthread_rwlock_t tokens_lock;
	struct listener listeners[SERVER_LISTENERS_MAX];
	size_t count;
	pthread_mutex_t lock;
	struct connection *connections;
	atomic_size_t body_bytes;
};

static struct connection *connection_of(struct MHD_Connection *mc)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mc, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static int fd_of(struct MHD_Connection *mc)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

static void connection_begin(struct listener *l, struct MHD_Connection *mc, void **context)
{
	struct server *s = l->server;
	struct connection *c = calloc(1, sizeof(*c));

	atomic_fetch_add(&s->reg->clients, 1);
	*context = c;
	if (!c)
		return;
	c->server = s;
	c->fd = fd_of(mc);
	c->tcp = !l->socket.is_unix;
	atomic_store(&c->since, now_ns());
	pthread_mutex_lock(&s->lock);
	c->next = s->connections;
	s->connections = c;
	pthread_mutex_unlock(&s->lock);
}

static void connection_end(struct server *s, struct connection *c)
{
	pthread_mutex_lock(&s->lock);
	for (struct connection **p = &s->connections; c && *p; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	pthread_mutex_unlock(&s->lock);
	free(c);
	atomic_store(&s->reg->last_left, now_ns());
	atomic_fetch_sub(&s->reg->clients, 1);
}

static void on_connection(void *cls, struct MHD_Connection *mc, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct listener *l = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		connection_begin(l, mc, context);
	else
		connection_end(l->server, *context);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *mc)
{
	struct listener *l = cls;
	struct connection *c = connection_of(mc);
	struct request *rq = request_new(l->server->reg, uri);

	if (c) {
		atomic_store(&c->busy, true);
		atomic_store(&c->since, now_ns());
	}
	if (rq)
		rq->socket = fd_of(mc);
	return rq;
}

static void on_completed(void *cls, struct MHD_Connection *mc, void **context,
			 enum MHD_RequestTerminationCode code _unused_)
{
	struct listener *l = cls;
	struct connection *c = connection_of(mc);
	struct request *rq = *context;

	if (rq) {
		if (rq->stream && rq->route && rq->route->stream)
			rq->route->stream(rq, NULL, 0);
		atomic_fetch_sub(&l->server->body_bytes, rq->body.len);
		request_free(rq);
	}
	*context = NULL;
	if (c) {
		atomic_store(&c->busy, false);
		atomic_store(&c->since, now_ns());
	}
}

/* Paths and parameters are decoded by request_new() alone. */
static size_t keep_escapes(void *cls _unused_, struct MHD_Connection *mc _unused_, char *s)
{
	return strlen(s);
}

static void _printf_(2, 0) on_log(void *cls _unused_, const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf b = BUF_INIT_MAX(1024);

	buf_vprintf(&b, fmt, ap);
	if (b.len && b.data[b.len - 1] == '\n')
		b.data[b.len - 1] = '\0';
	log_debug("registry: http: %s", buf_str(&b));
}

static const char *header(struct MHD_Connection *mc, const char *name)
{
	return MHD_lookup_connection_value(mc, MHD_HEADER_KIND, name);
}

static enum MHD_Result send_answer(struct request *rq, struct MHD_Connection *mc)
{
	struct registry *reg = rq->reg;
	struct answer *a = &rq->answer;
	uint64_t bytes = a->fd >= 0 ? a->fd_size : a->body.len;
	struct MHD_Response *response;
	enum MHD_Result r;

	if (a->fd >= 0)
		response = MHD_create_response_from_fd64(a->fd_size, a->fd);
	else
		response = MHD_create_response_from_buffer(
			a->body.len, (void *)(uintptr_t)buf_str(&a->body), MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	a->fd = -1; /* the response closes it */
	MHD_add_response_header(response, "Content-Type", a->content_type);
	MHD_add_response_header(response, "Cache-Control", "no-cache");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (a->http == 401)
		MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
	metrics_count(rq);
	if (reg->log)
		access_log_write(reg->log, rq, bytes);
	r = MHD_queue_response(mc, (unsigned)a->http, response);
	MHD_destroy_response(response);
	return r;
}

/* A web page in a browser on this machine must not reach a loopback listener
 * that asks for no token: it shows by Origin, or by a foreign Host. */
static bool from_a_browser(struct MHD_Connection *mc)
{
	static const char *const hosts[] = {"localhost", "127.", "[::1]"};
	const char *host = header(mc, "Host");
	size_t len;

	if (header(mc, "Origin"))
		return true;
	if (!host)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (strncasecmp(host, hosts[i], strlen(hosts[i])) == 0)
			return false;
	len = strcspn(host, ":");
	if (len > 10 && strncasecmp(host + len - 10, ".localhost", 10) == 0)
		return false;
	return len < 15 || strncasecmp(host + len - 15, ".googleapis.com", 15) != 0;
}

static int authorize_unix(struct request *rq)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(rq->socket, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0)
		rq->principal = str_format("uid:%u", (unsigned)cred.uid);
	return 0;
}

static int authorize(struct listener *l, struct request *rq, struct MHD_Connection *mc)
{
	const char *given = header(mc, "Authorization"), *name = NULL;
	struct server *s = l->server;
	bool wanted;

	if (l->socket.is_unix)
		return authorize_unix(rq);
	pthread_rwlock_rdlock(&s->tokens_lock);
	wanted = s->tokens != NULL;
	if (wanted && given && strncasecmp(given, "Bearer ", 7) == 0)
		name = tokens_find(s->tokens, given + 7 + strspn(given + 7, " "));
	if (name)
		rq->principal = strdup(name);
	pthread_rwlock_unlock(&s->tokens_lock);
	if (wanted && !name)
		return request_fail(rq, API_UNAUTHENTICATED, NULL,
				    "Request had invalid authentication credentials. Expected a "
				    "bearer token that this registry knows.");
	if (!wanted && from_a_browser(mc))
		return request_fail(rq, API_PERMISSION_DENIED, NULL,
				    "Requests from web pages are not served.");
	return 0;
}

static void too_large(struct request *rq)
{
	request_fail_http(rq, 413, API_INVALID_ARGUMENT, NULL,
			  "Request payload size exceeds the limit: %zu bytes.", REQUEST_BODY_MAX);
}

/* The headers are here.  True: the answer is known without the body. */
static bool begin(struct listener *l, struct request *rq, struct MHD_Connection *mc)
{
	const char *length = header(mc, "Content-Length");

	const char *service = header(mc, "X-Modelfs-Service"), *host = header(mc, "Host");

	rq->services = l->socket.services;
	if (!rq->services && service)
		rq->services = route_surfaces(service);
	if (!rq->services && host)
		rq->services = route_surfaces(host);
	if (authorize(l, rq, mc) < 0)
		return true;
	if (!route_find(rq))
		return !length; /* else the body is read first, the connection kept */
	if (!length || rq->route->stream)
		return false;
	/* A little too much is read to its end: many clients cannot take an
	 * answer while they send. */
	rq->too_large = strtoull(length, NULL, 10) > REQUEST_BODY_MAX;
	if (strtoull(length, NULL, 10) <= DISCARD_MAX)
		return false;
	too_large(rq);
	return true;
}

static enum MHD_Result take_body(struct server *s, struct request *rq, const char *data, size_t len)
{
	size_t before = rq->body.len;
	int r = 0;

	if (rq->answered || rq->too_large) { /* read on, keep nothing */
		rq->discarded += len;
		return rq->discarded > DISCARD_MAX && !(rq->route && rq->route->stream) ? MHD_NO
											: MHD_YES;
	}
	if (rq->route->stream) {
		r = rq->route->stream(rq, data, len);
		if (r < 0 && r != REQUEST_REFUSED)
			request_fail_errno(rq, r);
		return MHD_YES;
	}
	if (before + len > REQUEST_BODY_MAX) {
		rq->too_large = true;
		return MHD_YES;
	}
	if (atomic_load(&s->body_bytes) + len > BODIES_MAX)
		r = -ENOMEM;
	if (r == 0)
		r = buf_add(&rq->body, data, len);
	atomic_fetch_add(&s->body_bytes, rq->body.len - before);
	if (r < 0)
		request_fail_errno(rq, r);
	return MHD_YES;
}

static void run_handler(struct request *rq)
{
	int r;

	if (rq->too_large) {
		too_large(rq);
		return;
	}
	r = query_check(rq);
	if (r == 0)
		r = rq->route->handle(rq);
	if (r < 0 && r != REQUEST_REFUSED)
		request_fail_errno(rq, r);
	else if (r == 0 && !rq->answered)
		request_fail_errno(rq, -EPROTO);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mc, const char *url _unused_,
				  const char *method, const char *version _unused_,
				  const char *data, size_t *len, void **context)
{
	struct listener *l = cls;
	struct request *rq = *context;

	if (!rq)
		return MHD_NO;
	if (!rq->verb) {
		rq->verb = method;
		return begin(l, rq, mc) ? send_answer(rq, mc) : MHD_YES;
	}
	if (*len) {
		enum MHD_Result r = take_body(l->server, rq, data, *len);

		*len = 0;
		return r;
	}
	if (!rq->answered)
		run_handler(rq);
	return send_answer(rq, mc);
}

int server_start(struct registry *reg, const struct server_tls *tls, const char *tokens_file,
		 struct server **out, struct buf *why)
{
	struct server *s = calloc(1, sizeof(*s));
	int r = 0;

	if (!s)
		return -ENOMEM;
	s->reg = reg;
	s->tls = *tls;
	s->tokens_file = tokens_file;
	pthread_mutex_init(&s->lock, NULL);
	pthread_rwlock_init(&s->tokens_lock, NULL);
	if (tokens_file)
		r = tokens_load(tokens_file, &s->tokens, why);
	if (r < 0) {
		server_stop(s);
		return r;
	}
	*out = s;
	return 0;
}

int server_reload_tokens(struct server *s, struct buf *why)
{
	struct tokens *fresh, *old;
	int r = s->tokens_file ? tokens_load(s->tokens_file, &fresh, why) : -ENOENT;

	if (r < 0)
		return s->tokens_file ? r : 0;
	pthread_rwlock_wrlock(&s->tokens_lock);
	old = s->tokens;
	s->tokens = fresh;
	pthread_rwlock_unlock(&s->tokens_lock);
	tokens_free(old);
	return 0;
}

static struct MHD_Daemon *start_daemon(struct listener *l, bool tls)
{
	bool tcp = !l->socket.is_unix;
	struct MHD_OptionItem more[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, l->server->tls.cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, l->server->tls.key},
		{MHD_OPTION_END, 0, NULL},
	};

	return MHD_start_daemon(
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
			MHD_USE_ITC | MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0u),
		0, NULL, NULL, on_request, l, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, l->socket.fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, l,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, l, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, l, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)(tcp ? TCP_CONNECTIONS : UNIX_CONNECTIONS),
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(tcp ? TCP_IDLE_SECONDS : 0),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)131072, MHD_OPTION_THREAD_STACK_SIZE,
		THREAD_STACK, MHD_OPTION_ARRAY, tls ? more : more + 2, MHD_OPTION_END);
}

int server_add(struct server *s, struct listen_socket *socket, struct buf *why)
{
	struct listener *l = &s->listeners[s->count];
	bool tls = !socket->is_unix && s->tls.cert;

	if (s->count == SERVER_LISTENERS_MAX) {
		buf_printf(why, "at most %d listeners", SERVER_LISTENERS_MAX);
		return -E2BIG;
	}
	if (!socket->is_unix && !socket->loopback && (!s->tls.cert || !s->tokens)) {
		buf_printf(why, "%s is not loopback: --tls-cert, --tls-key and --tokens are needed",
			   socket->text);
		return -EPERM;
	}
	l->server = s;
	l->socket = *socket;
	*socket = (struct listen_socket)LISTEN_SOCKET_INIT;
	l->daemon = start_daemon(l, tls);
	if (!l->daemon) {
		buf_printf(why, "cannot serve %s: the HTTP server does not start", l->socket.text);
		listen_close(&l->socket);
		return -EINVAL;
	}
	s->count++;
	return 0;
}

void server_hide(struct server *s, bool hide)
{
	for (size_t i = 0; i < s->count; i++)
		listen_hide(&s->listeners[i].socket, hide);
}

void server_reap(struct server *s)
{
	uint64_t limit = TCP_IDLE_SECONDS * NSEC_PER_SEC, now = now_ns();

	pthread_mutex_lock(&s->lock);
	for (struct connection *c = s->connections; c; c = c->next)
		if (c->tcp && !atomic_load(&c->busy) && now > atomic_load(&c->since) + limit)
			shutdown(c->fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
}

void server_stop(struct server *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct listener *l = &s->listeners[i];

		MHD_stop_daemon(l->daemon);
		l->socket.fd = -1; /* closed by it */
		listen_close(&l->socket);
	}
	tokens_free(s->tokens);
	pthread_rwlock_destroy(&s->tokens_lock);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
