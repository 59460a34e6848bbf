/* SPDX-License-Identifier: MIT */
/*
 * The life of calls and the meeting with the loop.  Deadlines are kept here,
 * not left to libcurl: a call may also wait in our queue, or in libcurl's own
 * while a connection is being made, where its timeout does not count.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/un.h>

#include "api/client/internal.h"

#define ANSWER_MAX_DEFAULT ((size_t)64 << 20)
#define TIMEOUT_DEFAULT_MS 10000

void call_list_add(struct call_list *l, struct call *k)
{
	k->next = NULL;
	k->prev = l->tail;
	*(l->tail ? &l->tail->next : &l->head) = k;
	l->tail = k;
	l->count++;
}

void call_list_remove(struct call_list *l, struct call *k)
{
	*(k->prev ? &k->prev->next : &l->head) = k->next;
	*(k->next ? &k->next->prev : &l->tail) = k->prev;
	k->prev = k->next = NULL;
	l->count--;
}

static struct call_list *list_of(struct call *k)
{
	switch (k->state) {
	case CALL_QUEUED:
		return &k->client->queued;
	case CALL_FLYING:
		return &k->client->flying;
	case CALL_FINISHED:
		return &k->client->finished;
	case CALL_TELLING:
		break;
	}
	return NULL;
}

static void call_move(struct call *k, enum call_state state)
{
	struct call_list *l = list_of(k);

	if (l)
		call_list_remove(l, k);
	k->state = state;
	l = list_of(k);
	if (l)
		call_list_add(l, k);
}

static void call_free(struct call *k)
{
	http_stop(k);
	json_doc_free(k->answer.json);
	api_error_reset(&k->answer.error);
	buf_free(&k->body);
	free(k->url);
	free(k->where);
	free(k->memory);
	free(k);
}

/* Tell the loop when to tick next. */
static void client_arm(struct client *c)
{
	uint64_t due = c->next_deadline_ns, now;
	long ms = -1;

	if (c->freeing)
		return;
	if (c->curl_due_ns < due)
		due = c->curl_due_ns;
	if (c->finished.head)
		due = 0;
	if (due == c->armed_ns)
		return;
	c->armed_ns = due;
	if (due != CLIENT_NEVER) {
		now = now_ns();
		ms = due <= now ? 0 : (long)((due - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
	}
	c->o.loop.timer(c->o.loop.ctx, ms);
}

void client_finish(struct call *k)
{
	http_stop(k);
	k->answer.seconds = (double)(now_ns() - k->begun_ns) / (double)NSEC_PER_SEC;
	k->answer.sent = k->starts > 0;
	k->answer.body = buf_str(&k->body);
	k->answer.len = k->body.len;
	call_move(k, CALL_FINISHED);
}

/*
 * Every attempt of every call starts here, so this is where repeating a call
 * after a pause and a limit of calls per second belong.
 */
static void client_pump(struct client *c)
{
	size_t max =
		c->o.endpoint.kind == ENDPOINT_UNIX ? CLIENT_FLYING_MAX_UNIX : CLIENT_FLYING_MAX;
	struct call *k, *next;

	for (k = c->queued.head; k && c->flying.count < max; k = next) {
		const char *token = NULL, *why = NULL;
		int r = 0;

		next = k->next;
		if (k->takes_token)
			r = auth_token(c->auth, &token, &why);
		if (r == -EINPROGRESS)
			continue;
		if (k->needs_token && !token) {
			call_fail(k, EKEYEXPIRED, API_UNAUTHENTICATED, why);
			client_finish(k);
			continue;
		}
		r = http_start(k, token);
		if (r) {
			call_fail(k, -r, API_UNKNOWN, "the request could not be made");
			client_finish(k);
			continue;
		}
		call_move(k, CALL_FLYING);
	}
}

static void expire_list(struct call_list *l, uint64_t now, uint64_t *next_deadline)
{
	struct call *k, *next;

	for (k = l->head; k; k = next) {
		next = k->next;
		if (k->deadline_ns > now) {
			if (k->deadline_ns < *next_deadline)
				*next_deadline = k->deadline_ns;
			continue;
		}
		call_fail(k, ETIMEDOUT, API_DEADLINE_EXCEEDED, "no answer by the deadline");
		client_finish(k);
	}
}

static void expire(struct client *c)
{
	uint64_t now = now_ns(), next = CLIENT_NEVER;

	if (now < c->next_deadline_ns)
		return;
	expire_list(&c->queued, now, &next);
	expire_list(&c->flying, now, &next);
	c->next_deadline_ns = next;
}

static void tell(struct client *c, struct call *k)
{
	struct answer *a = &k->answer;

	call_move(k, CALL_TELLING);
	if (k->takes_token && a->http == 401)
		auth_refused(c->auth);
	else if (k->takes_token && a->http && !a->error.err)
		auth_accepted(c->auth);
	call_metrics_count(c->metrics, k);
	if (c->observer)
		c->observer(c->observer_ctx, &k->o, a);
	k->done(k->ctx, a);
	call_free(k);
}

/* What a done starts and fails at once waits for the next tick, so that a
 * caller who tries again from there can not hold up the loop. */
static void settle(struct client *c)
{
	size_t n;

	client_pump(c);
	for (n = c->finished.count; n && c->finished.head; n--)
		tell(c, c->finished.head);
	client_pump(c);
	client_arm(c);
}

void client_ready(struct client *c, int fd, uint32_t events)
{
	int mask = 0, running;

	if (events & EPOLLIN)
		mask |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		mask |= CURL_CSELECT_ERR;
	curl_multi_socket_action(c->multi, fd, mask, &running);
	http_collect(c);
	settle(c);
}

void client_tick(struct client *c)
{
	int running;

	c->armed_ns = CLIENT_NEVER;
	if (c->curl_due_ns <= now_ns()) {
		c->curl_due_ns = CLIENT_NEVER;
		curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
		http_collect(c);
	}
	expire(c);
	settle(c);
}

/* One block for all strings of a call: first its size, then the copies. */
static const char *pack(const char *s, size_t len, char **at, size_t *need)
{
	char *copy = *at;

	if (!s)
		return NULL;
	*need += len + 1;
	if (!copy)
		return s;
	memcpy(copy, s, len);
	copy[len] = '\0';
	*at += len + 1;
	return copy;
}

static size_t pack_strings(struct call_options *o, char *at)
{
	const char **strings[] = {&o->api_version, &o->name,         &o->query,
				  &o->url_path,    &o->content_type, &o->host};
	size_t need = 1;

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		if (*strings[i])
			*strings[i] = pack(*strings[i], strlen(*strings[i]), &at, &need);
	o->body = pack(o->body, o->body_len, &at, &need);
	return need;
}

static int call_new(struct client *c, const struct call_options *o, struct call **out)
{
	struct call *k = calloc(1, sizeof(*k));
	unsigned ms = o->timeout_ms ? o->timeout_ms : c->o.timeout_ms;

	if (!k)
		return -ENOMEM;
	k->client = c;
	k->state = CALL_TELLING;
	k->o = *o;
	k->body.max = c->o.answer_max;
	k->memory = malloc(pack_strings(&k->o, NULL));
	if (!k->memory) {
		call_free(k);
		return -ENOMEM;
	}
	pack_strings(&k->o, k->memory);
	k->begun_ns = now_ns();
	k->deadline_ns = k->begun_ns + ms * NSEC_PER_MSEC;
	*out = k;
	return 0;
}

int client_call(struct client *c, const struct call_options *o, call_done *done, void *ctx,
		struct call **out)
{
	struct call *k = NULL;
	int r;

	if (!o->service || !o->method || (!o->name && !o->url_path) || !done)
		return -EINVAL;
	r = call_new(c, o, &k);
	if (r)
		return r;
	k->done = done;
	k->ctx = ctx;
	r = request_prepare(k);
	if (r && !k->answer.error.err) {
		call_free(k);
		return r;
	}
	if (r) {
		client_finish(k);
	} else {
		call_move(k, CALL_QUEUED);
		if (k->deadline_ns < c->next_deadline_ns)
			c->next_deadline_ns = k->deadline_ns;
		client_pump(c);
	}
	client_arm(c);
	if (out)
		*out = k;
	return 0;
}

void call_cancel(struct client *c, struct call *k)
{
	if (k->state == CALL_TELLING)
		return;
	http_stop(k);
	call_list_remove(list_of(k), k);
	call_free(k);
	client_pump(c);
	client_arm(c);
}

static void free_calls(struct call_list *l)
{
	while (l->head) {
		struct call *k = l->head;

		http_stop(k);
		call_list_remove(l, k);
		call_free(k);
	}
}

/* A socket's path longer than sockaddr_un's goes through its directory. */
static int set_socket(struct client *c, const char *path)
{
	_cleanup_free_ char *dir = NULL;
	const char *slash = strrchr(path, '/');

	if (strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path)) {
		c->socket = strdup(path);
		return c->socket ? 0 : -ENOMEM;
	}
	if (!slash)
		return -ENAMETOOLONG;
	dir = strndup(path, (size_t)(slash - path) + 1);
	if (!dir)
		return -ENOMEM;
	c->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->dir_fd < 0)
		return -errno;
	c->socket = str_format("/proc/self/fd/%d%s", c->dir_fd, slash);
	if (!c->socket)
		return -ENOMEM;
	return strlen(c->socket) < sizeof(((struct sockaddr_un *)0)->sun_path) ? 0 : -ENAMETOOLONG;
}

static int client_init(struct client *c, const struct client_options *o)
{
	int r;

	c->dir_fd = -1;
	c->o = *o;
	if (!c->o.answer_max)
		c->o.answer_max = ANSWER_MAX_DEFAULT;
	if (!c->o.timeout_ms)
		c->o.timeout_ms = TIMEOUT_DEFAULT_MS;
	c->curl_due_ns = c->next_deadline_ns = c->armed_ns = CLIENT_NEVER;
	c->user_agent = strdup(o->user_agent ? o->user_agent : "modelfs");
	if (!c->user_agent)
		return -ENOMEM;
	r = o->endpoint.kind == ENDPOINT_UNIX ? set_socket(c, o->endpoint.socket) : 0;
	if (!r)
		r = auth_new(&c->auth);
	if (!r)
		r = metrics_new(&c->metrics);
	if (!r)
		r = http_open(c);
	return r;
}

int client_new(const struct client_options *o, struct client **out)
{
	struct client *c;
	int r = http_global_init();

	if (r)
		return r;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	r = client_init(c, o);
	if (r) {
		client_free(c);
		return r;
	}
	*out = c;
	return 0;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	c->freeing = true;
	list_free_all(c);
	free_calls(&c->queued);
	free_calls(&c->flying);
	free_calls(&c->finished);
	http_close(c);
	auth_free(c->auth);
	metrics_free(c->metrics);
	if (c->armed_ns != CLIENT_NEVER)
		c->o.loop.timer(c->o.loop.ctx, -1);
	if (c->dir_fd >= 0)
		close(c->dir_fd);
	free(c->socket);
	free(c->user_agent);
	free(c);
}

void client_auth_changed(struct client *c)
{
	client_pump(c);
	client_arm(c);
}

bool client_signed_in(const struct client *c)
{
	return c->o.endpoint.kind != ENDPOINT_GOOGLE || auth_usable(c->auth);
}

void client_reload(struct client *c)
{
	auth_reload(c->auth);
	client_auth_changed(c);
}

int client_metrics(const struct client *c, struct buf *out)
{
	return metrics_print(c->metrics, out);
}

void client_observe(struct client *c, client_observer *cb, void *ctx)
{
	c->observer = cb;
	c->observer_ctx = ctx;
}
