/* SPDX-License-Identifier: MIT */
#include "fs/operations.h"

#include "api/log.h"
#include "api/resource.h"
#include "fs/notify.h"

#define FIRST_NS     (50 * NSEC_PER_MSEC)
#define LAST_NS      (5 * NSEC_PER_SEC)
#define FIRST_FAR_NS (1 * NSEC_PER_SEC)
#define LAST_FAR_NS  (30 * NSEC_PER_SEC)
#define EVENTS_MAX   10000

struct poll_watch {
	struct poll_watch *next;
	struct fuse_pollhandle *ph;
};

/* One line of `events`, and where it belongs. */
struct event {
	char *place, *model, *version; /* model and version: may be NULL */
	char *line;
};

struct operations {
	struct mount *m;
	struct op_record *records;
	uint64_t order;
	struct event *events;
	size_t event_count;
	bool stopped;
};

/* A get of one operation under way. */
struct op_poll {
	struct mount *m;
	const struct service *service;
	struct op_record *op;
	struct call *call;
	uint64_t begun_ns;
};

int operations_new(struct mount *m, struct operations **out)
{
	struct operations *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->m = m;
	o->events = calloc(EVENTS_MAX, sizeof(*o->events));
	if (!o->events) {
		free(o);
		return -ENOMEM;
	}
	*out = o;
	return 0;
}

static void event_free(struct event *e)
{
	free(e->place);
	free(e->model);
	free(e->version);
	free(e->line);
}

static void polls_fire(struct mount *m, struct op_record *op)
{
	while (op->polls) {
		struct poll_watch *w = op->polls;

		op->polls = w->next;
		if (m->notifier)
			notify_poll(m->notifier, w->ph);
		else
			fuse_pollhandle_destroy(w->ph);
		free(w);
	}
}

static void tell_end(struct op_record *op, struct object *o, bool aborted)
{
	struct op_listener *l = take_ptr(op->listeners), *next;

	/* What is told may change the cache: the text must outlive that. */
	if (o)
		object_ref(o);
	for (; l; l = next) {
		next = l->next;
		l->ended(l, o, aborted);
	}
	object_unref(o);
}

static void record_free(struct mount *m, struct op_record *op)
{
	tell_end(op, NULL, true);
	loop_timer_cancel(m->loop, &op->timer);
	if (op->poll) {
		if (m->client)
			call_cancel(m->client, op->poll->call);
		free(op->poll);
	}
	while (op->polls) {
		struct poll_watch *w = op->polls;

		op->polls = w->next;
		fuse_pollhandle_destroy(w->ph);
		free(w);
	}
	free(op->id);
	free(op->place);
	free(op->model);
	free(op->version);
	free(op->request);
	free(op);
}

void operations_free(struct operations *o)
{
	if (!o)
		return;
	while (o->records) {
		struct op_record *op = o->records;

		o->records = op->next;
		record_free(o->m, op);
	}
	for (size_t i = 0; i < o->event_count; i++)
		event_free(&o->events[i]);
	free(o->events);
	free(o);
}

/* ---- what an operation says ---- */

bool operation_done(struct object *o)
{
	return json_bool(json_get(object_json(o), "done"), false);
}

const char *operation_status(struct object *o)
{
	struct json error = json_get(object_json(o), "error");
	int64_t code = 0;

	if (!operation_done(o))
		return "RUNNING";
	if (!json_present(error))
		return "SUCCEEDED";
	json_int64(json_get(error, "code"), &code);
	return code == API_CANCELLED ? "CANCELLED" : "FAILED";
}

struct op_record *operations_find(struct mount *m, const char *place, const char *id)
{
	struct op_record *op = m->operations->records;

	while (op && !(streq(op->id, id) && streq(op->place, place)))
		op = op->next;
	return op;
}

struct op_record *operations_record(const struct node *dir)
{
	struct collection *c = dir->coll;
	_cleanup_free_ char *place = c && dir->id ? resource_place(c->parent) : NULL;

	return place ? operations_find(c->m, place, dir->id) : NULL;
}

struct op_record *operations_latest(struct mount *m, const char *place, const char *model,
				    const char *version)
{
	struct op_record *best = NULL;

	for (struct op_record *op = m->operations->records; op; op = op->next) {
		if (!op->order || (best && op->order < best->order) || !streq(op->place, place))
			continue;
		if (model && !(op->model && streq(op->model, model)))
			continue;
		if (version && !(op->version && streq(op->version, version)))
			continue;
		best = op;
	}
	return best;
}

bool operations_shown(struct node *dir, const struct object *o)
{
	const char *version = node_version(dir);
	struct node *model = node_model(dir);
	_cleanup_free_ char *place = NULL;
	struct op_record *op;

	/* AI Platform's are listed for the project, and picked out here. */
	if (!version && !(model && dir->service == &service_ml))
		return true;
	place = resource_place(dir->coll->parent);
	op = place ? operations_find(dir->coll->m, place, o->id) : NULL;
	if (!op || !op->model || !streq(op->model, model->res))
		return false;
	return !version || (op->version && streq(op->version, version));
}

/* ---- events ---- */

static void event_add(struct mount *m, const struct op_record *op, const char *status)
{
	struct operations *all = m->operations;
	struct event *e;
	char when[32];

	if (all->event_count == EVENTS_MAX) {
		event_free(&all->events[0]);
		memmove(all->events, all->events + 1, (EVENTS_MAX - 1) * sizeof(*all->events));
		all->event_count--;
	}
	e = &all->events[all->event_count];
	time_format(wall_ns(), 3, when);
	e->place = strdup(op->place);
	e->model = op->model ? strdup(op->model) : NULL;
	e->version = op->version ? strdup(op->version) : NULL;
	e->line = str_format("%s %s %s %s%s%s\n", when, op->id, status,
			     op->model ? op->model : op->place, op->version ? "@" : "",
			     op->version ? op->version : "");
	if (e->place && e->line)
		all->event_count++;
	else
		event_free(e);
}

int operations_events(struct node *dir, struct buf *out)
{
	struct operations *all = dir->coll->m->operations;
	struct node *model = node_model(dir);
	const char *version = node_version(dir);
	_cleanup_free_ char *place = resource_place(dir->coll->parent);

	if (!place)
		return -ENOMEM;
	for (size_t i = 0; i < all->event_count; i++) {
		const struct event *e = &all->events[i];

		if (!streq(e->place, place))
			continue;
		if (model && !(e->model && streq(e->model, model->res)))
			continue;
		if (version && !(e->version && streq(e->version, version)))
			continue;
		buf_puts(out, e->line);
	}
	return out->err;
}

/* The collections an operation is in: its place's, and its model's where the
 * service lists them by model. */
static size_t op_parents(const struct service *s, const struct op_record *op,
			 const char *parents[2])
{
	parents[0] = op->place;
	parents[1] = op->model;
	return op->model && s != &service_ml ? 2 : 1;
}

/* Directories whose listing or events changed. */
static void touch_directories(struct mount *m, const struct service *s, const struct op_record *op)
{
	const char *parents[2];
	size_t count = op_parents(s, op, parents);

	for (size_t i = 0; i < count; i++) {
		struct collection *c;

		if (cache_collection(m, s, COLL_OPERATIONS, parents[i], &c))
			continue;
		for (struct node *dir = c->dirs; dir; dir = dir->coll_next)
			if (!dir->id || streq(dir->id, op->id)) {
				dir->shown_ns = wall_ns();
				tree_touch(m->tree, dir);
			}
	}
}

/* ---- records ---- */

static struct op_record *record_make(struct mount *m, const char *place, const char *id)
{
	struct op_record *op = operations_find(m, place, id);

	if (op)
		return op;
	op = calloc(1, sizeof(*op));
	if (!op)
		return NULL;
	op->id = strdup(id);
	op->place = strdup(place);
	if (!op->id || !op->place) {
		free(op->id);
		free(op->place);
		free(op);
		return NULL;
	}
	op->next = m->operations->records;
	m->operations->records = op;
	return op;
}

static bool far_away(const struct mount *m)
{
	return m->endpoint.kind != ENDPOINT_UNIX;
}

static void poll_begin(void *ctx);

static void poll_later(struct mount *m, const struct service *s, struct op_record *op)
{
	uint64_t last = far_away(m) ? LAST_FAR_NS : LAST_NS;

	op->service = s;
	op->m = m;
	if (op->done || m->operations->stopped)
		return;
	if (!op->interval_ns)
		op->interval_ns = far_away(m) ? FIRST_FAR_NS : FIRST_NS;
	loop_timer_set(m->loop, &op->timer, now_ns() + op->interval_ns, poll_begin, op);
	op->interval_ns += op->interval_ns / 2;
	if (op->interval_ns > last)
		op->interval_ns = last;
}

static void record_changed(struct mount *m, const struct service *s, struct op_record *op,
			   struct object *o, bool first)
{
	bool done = operation_done(o);

	op->gen++;
	if (done == op->done && !first)
		return;
	if (!(first && done && !op->order))
		event_add(m, op, operation_status(o));
	if (done && !op->done) {
		op->done = true;
		loop_timer_cancel(m->loop, &op->timer);
		/* What it changed is asked for again; an export changes nothing. */
		if (op->model && !first && !(op->method && streq(op->method, "models.export")))
			cache_expire_model(m, s, op->model, true);
		waitq_wake(m, &op->waiters);
	}
	if (!first)
		touch_directories(m, s, op);
	polls_fire(m, op);
	if (done)
		tell_end(op, o, false);
}

/* What an operation works on, as far as it tells: its metadata (AI Platform),
 * its own name (Vertex), or that it was listed for a model (AutoML). */
static char *target_told(const struct collection *c, struct object *o)
{
	static const char *const paths[] = {"metadata.version.name", "metadata.modelName", "name"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char *name = json_strdup(json_path(object_json(o), paths[i]));

		if (name && strstr(name, "/models/"))
			return name;
		free(name);
	}
	return strstr(c->parent, "/models/") ? strdup(c->parent) : NULL;
}

static void record_target(struct op_record *op, const char *place, const char *name)
{
	const char *model = strstr(name, "/models/"), *version;
	size_t len;

	if (!model || op->model)
		return;
	len = strlen("/models/") + strcspn(model + strlen("/models/"), "/@");
	op->model = str_format("%s%.*s", place, (int)len, model);
	version = model[len] == '@' ? model + len + 1 : NULL;
	if (starts_with(model + len, "/versions/"))
		version = model + len + strlen("/versions/");
	if (version && !op->version)
		op->version = strndup(version, strcspn(version, "/"));
}

void operations_seen(struct collection *c, struct object *o)
{
	_cleanup_free_ char *place = resource_place(c->parent);
	_cleanup_free_ char *name = target_told(c, o);
	struct op_record *op;
	bool first;

	if (!place)
		return;
	first = !operations_find(c->m, place, o->id);
	op = record_make(c->m, place, o->id);
	if (!op)
		return;
	if (name)
		record_target(op, place, name);
	record_changed(c->m, c->service, op, o, first);
	if (!op->done && !op->timer.slot && !op->poll)
		poll_later(c->m, c->service, op);
}

static void put_everywhere(struct mount *m, const struct service *s, const struct op_record *op,
			   struct json operation, uint64_t begun_ns)
{
	const char *parents[2];
	size_t count = op_parents(s, op, parents);

	for (size_t i = 0; i < count; i++) {
		struct collection *c;

		if (!cache_collection(m, s, COLL_OPERATIONS, parents[i], &c))
			cache_put(c, op->id, operation, begun_ns);
	}
}

static void drop_everywhere(struct mount *m, const struct service *s, const struct op_record *op)
{
	const char *parents[2];
	size_t count = op_parents(s, op, parents);

	for (size_t i = 0; i < count; i++) {
		struct collection *c;

		if (!cache_collection(m, s, COLL_OPERATIONS, parents[i], &c))
			cache_expire_object(c, op->id);
	}
}

static void poll_ended(void *ctx, struct answer *a)
{
	struct op_poll *p = ctx;
	struct op_record *op = p->op;

	op->poll = NULL;
	if (!a->error.err) {
		put_everywhere(p->m, p->service, op, json_root(a->json), p->begun_ns);
	} else if (a->error.err == ENOENT) {
		/* Forgotten by the service: nobody will know any more. */
		drop_everywhere(p->m, p->service, op);
		op->gone = true;
		waitq_wake(p->m, &op->waiters);
		tell_end(op, NULL, false);
		free(p);
		return;
	}
	poll_later(p->m, p->service, op);
	free(p);
}

static void poll_begin(void *ctx)
{
	struct op_record *op = ctx;
	struct call_options o = CALL_OPTIONS_INIT;
	struct op_poll *p;
	_cleanup_free_ char *name = NULL;
	bool in_model;

	if (op->poll || op->done)
		return;
	p = calloc(1, sizeof(*p));
	in_model = op->model && op->service == &service_vertex;
	name = str_format("%s/operations/%s", in_model ? op->model : op->place, op->id);
	if (!p || !name) {
		free(p);
		poll_later(op->m, op->service, op);
		return;
	}
	*p = (struct op_poll){.m = op->m, .service = op->service, .op = op, .begun_ns = now_ns()};
	o.service = op->service;
	o.api_version = op->service == &service_vertex ? op->m->config->api_version : NULL;
	o.method =
		service_method(op->service, in_model ? "models.operations.get" : "operations.get");
	o.name = name;
	if (!o.method || client_call(op->m->client, &o, poll_ended, p, &p->call)) {
		free(p);
		poll_later(op->m, op->service, op);
		return;
	}
	op->poll = p;
}

struct op_record *operations_started_in(struct mount *m, const struct service *s,
					const char *method, struct json operation,
					const char *place, const char *model, const char *version,
					const char *request, uint64_t begun_ns)
{
	_cleanup_free_ char *name = json_get_str(operation, "name");
	struct op_record *op;

	if (!name)
		return NULL;
	op = record_make(m, place, resource_id(name));
	if (!op)
		return NULL;
	op->method = method;
	op->order = ++m->operations->order;
	op->started_wall_ns = wall_ns();
	if (!op->model && model)
		op->model = strdup(model);
	if (!op->version && version)
		op->version = strdup(version);
	if (!op->request && request)
		op->request = strdup(request);
	event_add(m, op, "RUNNING");
	put_everywhere(m, s, op, operation, begun_ns);
	touch_directories(m, s, op);
	if (!op->done)
		poll_later(m, s, op);
	return op;
}

struct op_record *operations_started(struct mount *m, const struct service *s, const char *method,
				     struct json operation, const char *model, const char *version,
				     const char *request, uint64_t begun_ns)
{
	_cleanup_free_ char *place = model ? resource_place(model) : NULL;

	return place ? operations_started_in(m, s, method, operation, place, model, version,
					     request, begun_ns)
		     : NULL;
}

void operations_forget(struct mount *m, const struct service *s, struct op_record *op)
{
	const char *parents[2];
	size_t count = op_parents(s, op, parents);

	op->order = 0; /* `latest` is another one now */
	for (size_t i = 0; i < count; i++) {
		struct collection *c;

		if (!cache_collection(m, s, COLL_OPERATIONS, parents[i], &c))
			cache_remove(c, op->id);
	}
	touch_directories(m, s, op);
}

void operations_poll_now(struct mount *m, struct op_record *op)
{
	if (op->done || op->poll || !op->service || m->operations->stopped)
		return;
	op->interval_ns = far_away(m) ? FIRST_FAR_NS : FIRST_NS;
	poll_begin(op);
}

int operations_await(struct req *r, struct op_record *op)
{
	if (op->done || op->gone || r->m->operations->stopped)
		return REQ_DONE;
	operations_poll_now(r->m, op);
	return req_park(r, &op->waiters);
}

void operations_watch(struct op_record *op, struct fuse_pollhandle *ph)
{
	struct poll_watch *w = malloc(sizeof(*w));

	if (!w) {
		fuse_pollhandle_destroy(ph);
		return;
	}
	w->ph = ph;
	w->next = op->polls;
	op->polls = w;
}

size_t operations_running(struct mount *m)
{
	size_t n = 0;

	for (struct op_record *op = m->operations->records; op; op = op->next)
		n += !op->done && !op->gone;
	return n;
}

void operations_stop(struct mount *m)
{
	m->operations->stopped = true;
	for (struct op_record *op = m->operations->records; op; op = op->next) {
		loop_timer_cancel(m->loop, &op->timer);
		waitq_wake(m, &op->waiters);
	}
}
