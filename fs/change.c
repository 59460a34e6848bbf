/* SPDX-License-Identifier: MIT */
#include "fs/change.h"

#include "api/resource.h"
#include "fs/journal.h"
#include "fs/lro.h"
#include "fs/own.h"

static struct underway *changes; /* all that are sent */

size_t change_count(void)
{
	return underway_count(changes);
}

static void change_free(struct change *c)
{
	free(c->name);
	free(c->model);
	free(c->version);
	free(c->path);
	free(c->body);
	underway_remove(&changes, &c->underway);
	free(c);
}

void change_drop_all(void)
{
	while (changes)
		change_free((struct change *)changes);
}

/* What a path operation can answer: the kernel repeats it on ESTALE, and stops
 * asking on ENOSYS. */
static int path_errno(int err)
{
	return err == -ESTALE ? -EAGAIN : err == -ENOSYS ? -EOPNOTSUPP : err;
}

static void tell_owner(struct change *c, int err)
{
	if (!c->owner)
		return;
	c->owner->step.reply = path_errno(err);
	c->owner->stage = CHANGE_ENDED;
	waitq_wake(c->m, &c->waiters);
}

static void log_outcome(const struct change *c, const char *words)
{
	_cleanup_free_ char *with_body = c->body ? str_format("%s: %s", c->body, words) : NULL;

	journal_changed(c->m, c->uid, c->pid, c->method->id, c->name, NULL,
			with_body ? with_body : words);
}

/* Known for good. */
static void ended(struct change *c, const struct api_error *e)
{
	log_outcome(c, e->err ? (e->message ? e->message : "failed") : "ok");
	if (c->model)
		own_end(&(struct own_change){.m = c->m, .service = c->service, .model = c->model},
			!e->err, JSON_ABSENT);
	c->after(c, e);
	if (c->owner)
		tell_owner(c, -e->err);
	else
		change_free(c);
}

/* The owner was told EINPROGRESS: nobody waits from here on. */
static void leave_owner(struct change *c)
{
	if (!c->owner)
		return;
	tell_owner(c, -EINPROGRESS);
	c->owner->context = NULL;
	c->owner = NULL;
}

static void operation_ended(void *ctx, const struct lro_end *e)
{
	struct change *c = ctx;

	if (e->running) {
		c->underway.late = true;
		leave_owner(c);
	} else if (e->aborted) {
		change_free(c);
	} else {
		ended(c, &e->why);
	}
}

static void call_ended(void *ctx, struct answer *a)
{
	struct change *c = ctx;
	_cleanup_free_ char *place = resource_place(c->name);
	struct lro_options o = {
		.m = c->m,
		.service = c->service,
		.method = c->method->id,
		.place = place,
		.model = c->model,
		.request = c->body,
		.begun_ns = c->begun_ns,
		.deadline_ns = c->deadline_ns,
		.done = operation_ended,
		.ctx = c,
	};

	c->call = NULL;
	if (a->error.err || !lro_answered(json_root(a->json))) {
		ended(c, &a->error);
		return;
	}
	if (!place || lro_begin(&o, json_root(a->json))) {
		_cleanup_api_error_ struct api_error why = {0};

		api_error_set(&why, ENOMEM, API_UNKNOWN, "no memory to wait for the operation");
		ended(c, &why);
	}
}

/* The request leaves: deadline, interrupt.  What was sent goes on. */
static void abandoned(struct req *r, int err)
{
	struct change *c = r->context;
	_cleanup_api_error_ struct api_error why = {0};

	if (!c)
		return;
	r->context = NULL;
	c->owner = NULL;
	if (r->stage == CHANGE_ENDED) {
		change_free(c);
		return;
	}
	api_error_set(&why, -err, err == -EINTR ? API_CANCELLED : API_DEADLINE_EXCEEDED,
		      "the request was sent, its outcome is not known yet");
	journal_failed(c->m, c->method->id, c->path, &why);
}

static int send(struct change *c)
{
	struct call_options o = CALL_OPTIONS_INIT;

	if (!c->method)
		return -EPERM;
	o.service = c->service;
	o.api_version = c->service == &service_vertex ? c->m->config->api_version : NULL;
	o.method = c->method;
	o.name = c->name;
	o.body = c->body;
	o.body_len = c->body ? strlen(c->body) : 0;
	return client_call(c->m->client, &o, call_ended, c, &c->call);
}

static char *copy(const char *s, bool *failed)
{
	char *out = s ? strdup(s) : NULL;

	*failed = *failed || (s && !out);
	return out;
}

int change_begin(struct req *r, const struct change_options *o)
{
	struct change *c = calloc(1, sizeof(*c));
	bool failed = false;
	int err;

	if (!c)
		return -ENOMEM;
	underway_add(&changes, &c->underway);
	c->m = r->m;
	c->service = o->service;
	c->method = service_method(o->service, o->method);
	c->name = copy(o->name, &failed);
	c->body = copy(o->body, &failed);
	c->model = copy(o->model, &failed);
	c->version = copy(o->version, &failed);
	c->path = copy(o->path, &failed);
	c->after = o->after;
	c->uid = r->uid;
	c->pid = r->pid;
	c->begun_ns = now_ns();
	c->deadline_ns = r->deadline_ns - LRO_BEFORE_DEADLINE_NS;
	err = failed ? -ENOMEM : send(c);
	if (err) {
		change_free(c);
		return err;
	}
	if (c->model)
		own_begin(&(struct own_change){
			.m = c->m, .service = c->service, .model = c->model, .fields = o->fields});
	c->owner = r;
	r->context = c;
	r->abandon = abandoned;
	r->stage = CHANGE_SENT;
	return req_park(r, &c->waiters);
}

int change_wait(struct req *r)
{
	struct change *c = r->context;

	return req_park(r, &c->waiters);
}

int change_result(struct req *r)
{
	struct change *c = r->context;

	r->context = NULL;
	if (c)
		change_free(c);
	return r->step.reply;
}

char *change_path(const struct node *dir, const char *name)
{
	struct buf path = BUF_INIT;

	node_path(dir, &path);
	buf_printf(&path, "%s%s", path.len ? "/" : "", name);
	return buf_take(&path);
}

int change_refuse(struct req *r, const char *what, const struct node *dir, const char *name,
		  int err, const char *fmt, ...)
{
	_cleanup_free_ char *path = change_path(dir, name);
	_cleanup_api_error_ struct api_error why = {0};
	_cleanup_buf_ struct buf words = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&words, fmt, ap);
	va_end(ap);
	api_error_set(&why, -err,
		      err == -ENOENT   ? API_NOT_FOUND
		      : err == -EINVAL ? API_INVALID_ARGUMENT
				       : API_FAILED_PRECONDITION,
		      "%s", buf_str(&words));
	journal_failed(r->m, what, path ? path : name, &why);
	return err;
}
