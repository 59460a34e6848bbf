/* SPDX-License-Identifier: MIT */
#include "fs/lro.h"

#include "api/resource.h"

struct lro {
	struct op_listener listener; /* first: it is the lro */
	struct mount *m;
	struct loop_timer deadline;
	lro_done *done;
	void *ctx;
};

bool lro_answered(struct json answer)
{
	_cleanup_free_ char *name = json_get_str(answer, "name");

	return name && strstr(name, "/operations/");
}

static void fail(struct lro_end *e, int err, enum api_code code, const char *words)
{
	api_error_set(&e->why, err, code, "%s", words);
	e->err = -err;
}

static void read_end(struct json operation, struct lro_end *e)
{
	struct json error = json_get(operation, "error");

	e->operation = operation;
	if (!json_present(error))
		return;
	api_error_from_status(&e->why, error);
	if (!e->why.err)
		e->why.err = EIO;
	e->err = -e->why.err;
}

static void tell(struct lro *l, struct lro_end *e)
{
	lro_done *done = l->done;
	void *ctx = l->ctx;

	if (!e->running) {
		loop_timer_cancel(l->m->loop, &l->deadline);
		free(l);
	}
	done(ctx, e);
	api_error_reset(&e->why);
}

static void late(void *ctx)
{
	struct lro *l = ctx;
	struct lro_end e = {.running = true};

	fail(&e, EINPROGRESS, API_DEADLINE_EXCEEDED,
	     "still running: see the operation in operations/");
	tell(l, &e);
}

static void ended(struct op_listener *listener, struct object *o, bool aborted)
{
	struct json operation = o ? object_json(o) : JSON_ABSENT;
	struct lro_end e = {.aborted = aborted};

	if (json_present(operation))
		read_end(operation, &e);
	else
		fail(&e, EIO, API_UNKNOWN, "the service has forgotten the operation");
	tell((struct lro *)listener, &e);
}

int lro_begin(const struct lro_options *o, struct json answer)
{
	struct lro *l = calloc(1, sizeof(*l));
	struct op_record *op;

	if (!l)
		return -ENOMEM;
	op = operations_started_in(o->m, o->service, o->method, answer, o->place, o->model,
				   o->version, o->request, o->begun_ns);
	if (!op) {
		free(l);
		return -ENOMEM;
	}
	*l = (struct lro){.m = o->m, .done = o->done, .ctx = o->ctx};
	if (json_bool(json_get(answer, "done"), false)) {
		struct lro_end e = {0};

		read_end(answer, &e);
		tell(l, &e);
		return 0;
	}
	l->listener = (struct op_listener){op->listeners, ended};
	op->listeners = &l->listener;
	loop_timer_set(o->m->loop, &l->deadline, o->deadline_ns, late, l);
	return 0;
}
