/* SPDX-License-Identifier: MIT */
/*
 * libcurl's multi-socket interface.  One handle per attempt, connections and
 * names are kept by the multi handle.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "api/client/internal.h"

/* A request that must not be sent twice takes no connection that a server may
 * be about to close; libcurl looks after the others itself. */
#define IDLE_MAX_ONCE_S 10L
#define IDLE_MAX_S      60L

/* An upload of files moves, or ends. */
#define STALL_S 120L

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void global_init(void)
{
	global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_global_init(void)
{
	pthread_once(&global_once, global_init);
	return global_result ? -ENOMEM : 0;
}

static int on_socket(CURL *easy _unused_, curl_socket_t fd, int what, void *ctx,
		     void *socket_ctx _unused_)
{
	struct client *c = ctx;
	uint32_t events = 0;

	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	c->o.loop.watch(c->o.loop.ctx, fd, events);
	return 0;
}

static int on_timer(CURLM *multi _unused_, long ms, void *ctx)
{
	struct client *c = ctx;

	c->curl_due_ns = ms < 0 ? CLIENT_NEVER : now_ns() + (uint64_t)ms * NSEC_PER_MSEC;
	return 0;
}

static size_t on_answer(char *data, size_t size, size_t n, void *ctx)
{
	struct call *k = ctx;

	if (!buf_add(&k->body, data, size * n))
		return size * n;
	k->too_big = k->body.err == -EFBIG;
	return 0;
}

static size_t on_upload(char *data, size_t size, size_t n, void *ctx)
{
	struct call *k = ctx;
	uint64_t left = k->o.upload_len - k->upload_off;
	size_t want = size * n;
	ssize_t got;

	if (want > left)
		want = (size_t)left;
	if (!want)
		return 0;
	do {
		got = pread(k->o.upload_fd, data, want, (off_t)k->upload_off);
	} while (got < 0 && errno == EINTR);
	if (got <= 0) {
		k->upload_err = got ? errno : ENODATA;
		return CURL_READFUNC_ABORT;
	}
	k->upload_off += (uint64_t)got;
	if (k->o.uploaded)
		*k->o.uploaded = k->upload_off;
	return (size_t)got;
}

static int on_rewind(void *ctx, curl_off_t off, int origin)
{
	struct call *k = ctx;

	if (origin != SEEK_SET || off < 0)
		return CURL_SEEKFUNC_CANTSEEK;
	k->upload_off = (uint64_t)off;
	return CURL_SEEKFUNC_OK;
}

static bool repeatable(const struct call *k)
{
	return k->o.method->idempotent && streq(k->o.method->verb, "GET");
}

/* libcurl is connected and about to send.  It repeats a request by itself when
 * a kept connection turns out to be closed; only what reads may be. */
static int on_request(void *ctx, char *ip _unused_, char *local_ip _unused_, int port _unused_,
		      int local_port _unused_)
{
	struct call *k = ctx;

	if (k->starts && !repeatable(k))
		return CURL_PREREQFUNC_ABORT;
	k->starts++;
	return CURL_PREREQFUNC_OK;
}

int http_open(struct client *c)
{
	c->multi = curl_multi_init();
	if (!c->multi)
		return -ENOMEM;
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	/* Those in use count: with fewer, busy times would open one per call. */
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)CLIENT_FLYING_MAX);
	return 0;
}

void http_close(struct client *c)
{
	if (c->multi)
		curl_multi_cleanup(take_ptr(c->multi));
}

static int add_header(struct call *k, const char *fmt, ...) _printf_(2, 3);
static int add_header(struct call *k, const char *fmt, ...)
{
	_cleanup_buf_ struct buf line = BUF_INIT_MAX(1 << 17);
	struct curl_slist *more;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	if (line.err)
		return line.err;
	more = curl_slist_append(k->headers, buf_str(&line));
	explicit_bzero(line.data, line.len);
	if (!more)
		return -ENOMEM;
	k->headers = more;
	return 0;
}

static int set_headers(struct call *k, const char *token)
{
	bool has_body = k->o.upload_fd >= 0 || k->o.body_len;
	int r = add_header(k, "Accept: application/json");

	/* Google's hosts tell the services apart; one registry serves all three. */
	if (!r && k->client->o.endpoint.kind != ENDPOINT_GOOGLE && !k->o.host)
		r = add_header(k, "X-Modelfs-Service: %s", k->o.service->id);
	if (!r && has_body)
		r = add_header(k, "Content-Type: %s",
			       k->o.content_type ? k->o.content_type : "application/json");
	else if (!r)
		r = add_header(k, "Content-Type:");
	/* A document is not worth the round trip of asking first; a file is. */
	if (!r && k->o.upload_fd < 0)
		r = add_header(k, "Expect:");
	if (!r && token)
		r = add_header(k, "Authorization: Bearer %s", token);
	if (!r)
		curl_easy_setopt(k->easy, CURLOPT_HTTPHEADER, k->headers);
	return r;
}

/* Of a head that the socket does not take at once, libcurl 7.88.1 sends one
 * more buffer and forgets the rest. */
static void set_send_buffer(struct call *k)
{
	if (strlen(k->url) > 32 << 10)
		curl_easy_setopt(k->easy, CURLOPT_UPLOAD_BUFFERSIZE, 1L << 20);
	else if (k->o.upload_fd >= 0)
		curl_easy_setopt(k->easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10);
}

static void set_body(struct call *k)
{
	CURL *e = k->easy;
	const char *verb = k->o.method->verb;

	if (k->o.upload_fd >= 0) {
		curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(e, CURLOPT_READFUNCTION, on_upload);
		curl_easy_setopt(e, CURLOPT_READDATA, k);
		curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_rewind);
		curl_easy_setopt(e, CURLOPT_SEEKDATA, k);
		curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)k->o.upload_len);
		curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, STALL_S);
	} else if (k->o.body || streq(verb, "POST")) {
		curl_easy_setopt(e, CURLOPT_POST, 1L);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, k->o.body ? k->o.body : "");
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)k->o.body_len);
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, verb);
}

/* The trust anchors of a site: as gcloud and curl(1) take them.  libcurl keeps
 * them between connections (they take 20 ms to read) only without a directory
 * of more of them. */
static void set_tls(CURL *e)
{
	static const char *const env[] = {"CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "CURL_CA_BUNDLE",
					  "SSL_CERT_FILE"};
	const char *file = NULL;

	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	for (size_t i = 0; i < ARRAY_SIZE(env) && (!file || !*file); i++)
		file = getenv(env[i]);
	if (file && *file)
		curl_easy_setopt(e, CURLOPT_CAINFO, file);
	else if (curl_easy_getinfo(e, CURLINFO_CAINFO, (char **)&file) || !file ||
		 access(file, R_OK))
		return;
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
}

/* HTTP/2 by ALPN only: without TLS libcurl 7.88.1 breaks on the second request
 * of a connection. */
static void set_connection(struct call *k)
{
	struct client *c = k->client;
	CURL *e = k->easy;
	bool tls = starts_with(k->url, "https://");
	bool here = c->o.endpoint.kind == ENDPOINT_UNIX || endpoint_loopback(k->url);

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	/* Else ending a transfer waits for its name look-up. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	if (c->socket)
		curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	if (here)
		curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
			 (long)(tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	if (tls) {
		curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
		set_tls(e);
	}
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, repeatable(k) ? IDLE_MAX_S : IDLE_MAX_ONCE_S);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
}

static void set_answer(struct call *k)
{
	CURL *e = k->easy;
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, k);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, k->curl_words);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 64L * 1024);
	if (!k->client->socket && (v->features & CURL_VERSION_LIBZ))
		curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static long timeout_left_ms(const struct call *k)
{
	uint64_t now = now_ns();

	return k->deadline_ns > now ? (long)((k->deadline_ns - now) / NSEC_PER_MSEC) + 1 : 1;
}

int http_start(struct call *k, const char *token)
{
	int r;

	k->easy = curl_easy_init();
	if (!k->easy)
		return -ENOMEM;
	if (curl_easy_setopt(k->easy, CURLOPT_URL, k->url)) {
		http_stop(k);
		return -E2BIG;
	}
	curl_easy_setopt(k->easy, CURLOPT_PRIVATE, k);
	curl_easy_setopt(k->easy, CURLOPT_USERAGENT, k->client->user_agent);
	curl_easy_setopt(k->easy, CURLOPT_TIMEOUT_MS, timeout_left_ms(k));
	curl_easy_setopt(k->easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(k->easy, CURLOPT_PREREQDATA, k);
	set_connection(k);
	set_body(k);
	set_send_buffer(k);
	set_answer(k);
	r = set_headers(k, token);
	if (!r && curl_multi_add_handle(k->client->multi, k->easy))
		r = -ENOMEM;
	if (r)
		http_stop(k);
	return r;
}

static void wipe_headers(struct curl_slist *l)
{
	for (struct curl_slist *h = l; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(l);
}

void http_stop(struct call *k)
{
	if (k->easy) {
		curl_multi_remove_handle(k->client->multi, k->easy);
		curl_easy_cleanup(take_ptr(k->easy));
	}
	if (k->headers)
		wipe_headers(take_ptr(k->headers));
}

/* What stops an exchange before a whole answer came. */
static const struct failure {
	CURLcode result;
	int err;
	enum api_code code;
	const char *words; /* NULL: libcurl's */
} failures[] = {
	{CURLE_COULDNT_RESOLVE_HOST, EHOSTUNREACH, API_UNAVAILABLE, NULL},
	{CURLE_COULDNT_RESOLVE_PROXY, EHOSTUNREACH, API_UNAVAILABLE, NULL},
	{CURLE_COULDNT_CONNECT, EHOSTUNREACH, API_UNAVAILABLE, NULL},
	{CURLE_PROXY, EHOSTUNREACH, API_UNAVAILABLE, NULL},
	{CURLE_SSL_CONNECT_ERROR, EHOSTUNREACH, API_UNAVAILABLE, NULL},
	{CURLE_PEER_FAILED_VERIFICATION, EHOSTUNREACH, API_UNAVAILABLE, NULL},
	{CURLE_SSL_CERTPROBLEM, EHOSTUNREACH, API_UNAVAILABLE, NULL},
	{CURLE_SSL_CIPHER, EHOSTUNREACH, API_UNAVAILABLE, NULL},
	{CURLE_SSL_CACERT_BADFILE, EHOSTUNREACH, API_UNAVAILABLE, NULL},
	{CURLE_GOT_NOTHING, EHOSTUNREACH, API_UNAVAILABLE,
	 "the connection was closed before an answer came"},
	{CURLE_ABORTED_BY_CALLBACK, EHOSTUNREACH, API_UNAVAILABLE,
	 "the connection was closed before an answer came; the request is not sent twice"},
	{CURLE_OPERATION_TIMEDOUT, ETIMEDOUT, API_DEADLINE_EXCEEDED, "no answer by the deadline"},
	{CURLE_PARTIAL_FILE, EIO, API_UNAVAILABLE, "the answer was cut off"},
	{CURLE_OUT_OF_MEMORY, ENOMEM, API_UNKNOWN, NULL},
	{CURLE_URL_MALFORMAT, EINVAL, API_UNKNOWN, NULL},
	{CURLE_UNSUPPORTED_PROTOCOL, EIO, API_UNKNOWN, NULL}, /* "HTTP/0.9" is garbage, too */
	{CURLE_WEIRD_SERVER_REPLY, EIO, API_UNKNOWN, NULL},
	{CURLE_BAD_CONTENT_ENCODING, EIO, API_UNKNOWN, NULL},
};

/* libcurl would speak of a host and a port that a Unix socket has not. */
static const char *connect_words(struct call *k)
{
	long os_errno = 0;

	curl_easy_getinfo(k->easy, CURLINFO_OS_ERRNO, &os_errno);
	snprintf(k->curl_words, sizeof(k->curl_words), "no server answers there: %s",
		 strerror(os_errno ? (int)os_errno : ECONNREFUSED));
	return k->curl_words;
}

static void fail_by_result(struct call *k, CURLcode result, int http)
{
	const char *words = *k->curl_words ? k->curl_words : curl_easy_strerror(result);

	if (k->upload_err) {
		call_fail(k, EIO, API_UNKNOWN,
			  k->upload_err == ENODATA ? "the file became shorter while it was read"
						   : strerror(k->upload_err));
		return;
	}
	if (k->too_big) {
		call_fail(k, EIO, API_UNKNOWN, "the answer is larger than allowed");
		return;
	}
	if (result == CURLE_COULDNT_CONNECT && k->client->socket)
		words = connect_words(k);
	if (k->body.err == -ENOMEM)
		result = CURLE_OUT_OF_MEMORY;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		const struct failure *f = &failures[i];

		if (f->result != result)
			continue;
		call_fail(k, f->err, f->code, f->words ? f->words : words);
		return;
	}
	/* Reset connections and broken frames: an answer had begun or not. */
	call_fail(k, http ? EIO : EHOSTUNREACH, API_UNAVAILABLE, words);
}

static void take_request_id(struct call *k)
{
	static const char *const names[] = {"x-request-id", "x-goog-request-id",
					    "x-guploader-uploadid", "x-cloud-trace-context"};
	struct curl_header *h;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (curl_easy_header(k->easy, names[i], 0, CURLH_HEADER, -1, &h))
			continue;
		free(k->answer.error.request_id);
		k->answer.error.request_id = strdup(h->value);
		return;
	}
}

static void collect_one(struct call *k, CURLcode result)
{
	long http = 0;

	curl_easy_getinfo(k->easy, CURLINFO_RESPONSE_CODE, &http);
	k->answer.http = (int)http;
	/* A server that refuses a large body may hang up while we still send: its
	 * answer counts, not how the sending ended. */
	if (result == CURLE_OK || (result == CURLE_SEND_ERROR && http >= 400))
		call_answered(k, (int)http);
	else
		fail_by_result(k, result, (int)http);
	take_request_id(k);
	client_finish(k);
}

void http_collect(struct client *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		CURLcode result = m->data.result;
		struct call *k = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&k);
		collect_one(k, result);
	}
}
