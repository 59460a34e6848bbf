/* SPDX-License-Identifier: MIT */
#include "fs/commit_private.h"

#include "api/log.h"
#include "api/resource.h"
#include "fs/draft.h"
#include "fs/journal.h"
#include "fs/layout.h"
#include "fs/lro.h"
#include "fs/notify.h"
#include "fs/operations.h"
#include "fs/own.h"
#include "fs/underway.h"

struct commit {
	struct underway underway; /* first */
	struct mount *m;
	struct node *dir; /* pinned: where the attribute lies */
	char *file;       /* its name */
	enum class_id cls;
	const struct service *service;
	const struct method *method;
	char *name;            /* resource that the request is sent to */
	char *model, *version; /* version: NULL unless saved in its directory */
	char *body, *mask;
	bool beta;
	uint64_t begun_ns, begun_wall_ns, deadline_ns;
	uid_t uid;
	gid_t gid;
	pid_t pid;
	struct commit_sent sent;
	struct json answer; /* what the service said in the end; borrowed by commit_end() */
	struct call *call;
	commit_done *done; /* NULL: nobody waits */
	void *ctx;
};

static struct underway *commits; /* all that are sent */

size_t commit_count(void)
{
	return underway_count(commits);
}

enum save_kind commit_kind(const struct node *n)
{
	switch (n->cls->id) {
	case CLASS_DOCUMENT:
	case CLASS_DRAFT_DOCUMENT:
	case CLASS_EXPORT:
		return SAVE_JSON_OBJECT;
	case CLASS_FIELD:
		if (!field_is_json(n->field))
			return n->field->flags & FIELD_MULTILINE ? SAVE_TEXT : SAVE_LINE;
		return n->field->flags & FIELD_REPEATED ? SAVE_JSON_ARRAY : SAVE_JSON_OBJECT;
	case CLASS_REFRESH:
		return SAVE_TEXT;
	default:
		return SAVE_LINE;
	}
}

static void commit_free(struct commit *c)
{
	struct tree *t = c->m->tree;
	struct node *dir = c->dir;

	free(c->file);
	free(c->name);
	free(c->model);
	free(c->version);
	free(c->body);
	free(c->mask);
	free(c->sent.text);
	underway_remove(&commits, &c->underway);
	free(c);
	node_unpin(t, dir);
}

void commit_drop_all(void)
{
	while (commits)
		commit_free((struct commit *)commits);
}

/* ---- what is remembered of a refusal ---- */

static void local_shown(struct mount *m, struct node *dir)
{
	dir->shown_ns = wall_ns();
	/* A refusal is answered at once: whoever lists the directory then finds
	 * the text. */
	if (dir->nlookup)
		notify_inode(m->notifier, dir->ino);
	tree_touch(m->tree, dir);
}

void commit_refused(struct mount *m, struct node *dir, const char *name, const char *text,
		    size_t len, uid_t uid, gid_t gid, const struct api_error *why)
{
	struct local *l = node_local(dir, name, true);
	_cleanup_buf_ struct buf words = BUF_INIT;
	_cleanup_buf_ struct buf path = BUF_INIT;

	if (!l)
		return;
	if (text) {
		free(l->rejected);
		l->rejected = malloc(len + 1);
		l->rejected_len = l->rejected ? len : 0;
		if (l->rejected) {
			memcpy(l->rejected, text, len);
			l->rejected[len] = '\0';
		}
	}
	api_error_text(why, &words);
	free(l->error);
	l->error = buf_take(&words);
	l->error_errno = why->err;
	l->unsettled = false;
	l->uid = uid;
	l->gid = gid;
	l->error_wall_ns = wall_ns();
	node_path(dir, &path);
	buf_printf(&path, "%s%s", path.len ? "/" : "", name);
	journal_failed(m, "save", buf_str(&path), why);
	local_shown(m, dir);
}

static void forget_refusal(struct mount *m, struct node *dir, struct local *l)
{
	if (!l->rejected && !l->error)
		return;
	free(l->rejected);
	free(l->error);
	l->rejected = l->error = NULL;
	l->rejected_len = 0;
	l->error_errno = 0;
	l->unsettled = false;
	local_shown(m, dir);
}

void commit_accepted(struct mount *m, struct node *dir, const char *name)
{
	struct local *l = node_local(dir, name, false);

	if (!l)
		return;
	l->saves++;
	free(l->before);
	l->before = NULL;
	node_local_detach(m->tree, l, 0);
	forget_refusal(m, dir, l);
}

void commit_unchanged(struct mount *m, struct node *dir, const char *name)
{
	struct local *l = node_local(dir, name, false);

	if (l)
		node_local_detach(m->tree, l, 0);
}

void commit_arrived(struct collection *c, struct object *o)
{
	o->arrived = false;
	for (struct node *dir = c->dirs; dir; dir = dir->coll_next) {
		if (!dir->id || !streq(dir->id, o->id))
			continue;
		for (struct local *l = dir->locals; l; l = l->next) {
			if (!l->unsettled)
				continue;
			log_info("save %s: it was accepted after all", l->name);
			forget_refusal(c->m, dir, l);
		}
	}
}

/* ---- the answer ---- */

static void export_started(struct commit *c, struct json operation)
{
	struct local *l = node_local(c->dir, c->file, true);
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf pretty = BUF_INIT;

	if (!json_parse(c->body, strlen(c->body), &doc, NULL)) {
		json_print(json_root(doc), JSON_PRETTY, &pretty);
		buf_putc(&pretty, '\n');
	}
	operations_started(c->m, c->service, "models.export", operation, c->model, c->version,
			   buf_str(&pretty), c->begun_ns);
	if (!l)
		return;
	free(l->last_export);
	free(l->operation);
	l->last_export = buf_take(&pretty);
	l->operation = json_get_str(operation, "name");
	l->unknown = false;
	l->changed_wall_ns = wall_ns();
	local_shown(c->m, c->dir);
}

static void cancel_sent(struct commit *c)
{
	_cleanup_free_ char *place = resource_place(c->name);
	char *tail = place ? strstr(place, "/operations/") : NULL;
	struct op_record *op;

	if (tail)
		*tail = '\0';
	op = place ? operations_find(c->m, place, resource_id(c->name)) : NULL;
	if (!op)
		return;
	op->cancelling = true;
	operations_poll_now(c->m, op);
}

/* What the service is asked before that is saved again, or shown. */
static void remember_unknown(struct commit *c)
{
	struct local *l = node_local(c->dir, c->file, true);
	struct object *o =
		c->dir->coll && c->dir->id ? collection_find(c->dir->coll, c->dir->id) : NULL;

	if (o && c->body && (c->cls == CLASS_FIELD || c->cls == CLASS_DOCUMENT))
		object_await(o, c->body);
	if (!l || c->cls != CLASS_EXPORT)
		return;
	l->unknown = true;
	l->unknown_wall_ns = c->begun_wall_ns;
	free(l->unknown_body);
	l->unknown_body = strdup(c->body);
}

/* A draft is a resource now, or still a draft. */
static void draft_ended(struct commit *c, const struct outcome *o)
{
	if (o->err)
		draft_failed(c->dir, o->unknown, c->answer);
	else
		draft_created(c->dir, c->answer);
}

/* Nobody waits any more: the reason that was left behind is another now. */
static void told_late(struct commit *c, const struct outcome *o)
{
	if (o->err)
		commit_refused(c->m, c->dir, c->file, NULL, 0, c->uid, c->gid, &o->why);
	else
		commit_accepted(c->m, c->dir, c->file);
}

static bool changes_model(const struct commit *c)
{
	return c->model && c->cls != CLASS_EXPORT && c->cls != CLASS_CANCEL;
}

static struct own_change own_change(const struct commit *c)
{
	struct own_change w = {.m = c->m, .service = c->service, .model = c->model};

	if (c->cls == CLASS_DEFAULT) {
		w.fields = OWN_DEFAULT;
	} else {
		w.version = c->version;
		w.fields = c->mask;
		w.values = c->body;
	}
	return w;
}

/* What a save's answer, or its operation, says the resource is now. */
static struct json saved(struct json answer)
{
	struct json response = json_get(answer, "response");

	return json_present(response) ? response : answer;
}

/* What is kept as refused may have been accepted; of several, the last is
 * found out. */
static void refusal_unsettled(struct commit *c)
{
	for (struct local *l = c->dir->locals; l; l = l->next)
		l->unsettled = l->error && streq(l->name, c->file);
}

/* The resource as the service answered: what is read while it cannot be asked. */
static void show_answer(struct commit *c)
{
	struct collection *coll = c->dir->coll;
	struct object *o = coll && c->dir->id ? collection_find(coll, c->dir->id) : NULL;
	_cleanup_free_ char *was = o ? json_get_str(object_json(o), "name") : NULL;

	if (was && json_is(json_get(c->answer, "name"), was) &&
	    json_equal(json_get(c->answer, "versionId"), json_get(object_json(o), "versionId")))
		cache_put_answer(coll, c->dir->id, c->answer, c->begun_ns);
}

void commit_place(const struct commit *c, struct node **dir, const char **file)
{
	*dir = c->dir;
	*file = c->file;
}

/* The commit's last word: what it changed is asked for again, whoever waits is
 * told. */
static void commit_end(struct commit *c, const struct outcome *o)
{
	if (changes_model(c)) {
		struct own_change w = own_change(c);

		own_end(&w, !o->err, saved(c->answer));
		cache_expire_model(c->m, c->service, c->model, !o->err);
	}
	if (!o->err && (c->cls == CLASS_FIELD || c->cls == CLASS_DOCUMENT))
		show_answer(c);
	if (c->cls == CLASS_DRAFT_DOCUMENT)
		draft_ended(c, o);
	if (c->underway.late)
		told_late(c, o);
	journal_changed(c->m, c->uid, c->pid, c->method->id, c->name, c->mask,
			o->err ? (o->why.message ? o->why.message : strerror(-o->err)) : "ok");
	if (!o->err)
		commit_sent_accepted(&c->sent, c->dir, c->file);
	if (c->done)
		c->done(c->ctx, o);
	if (!o->err && c->mask)
		commit_labels(&(struct commit_saved){.m = c->m,
						     .dir = c->dir,
						     .service = c->service,
						     .version = c->version,
						     .body = c->body,
						     .uid = c->uid,
						     .gid = c->gid},
			      c->answer);
	if (o->unknown)
		refusal_unsettled(c);
	commit_free(c);
}

/* It was sent, and what came back does not tell whether it was done: nothing,
 * half an answer, or a gateway's or server's failure in the middle of it. */
static bool fate_unknown(const struct answer *a)
{
	return a->sent && (!a->http || (a->http >= 200 && a->http < 300) ||
			   (a->http >= 500 && a->http != 501));
}

/* A method that answers with an operation is waited for (contract section 3). */
static void operation_ended(void *ctx, const struct lro_end *e)
{
	struct commit *c = ctx;
	struct outcome o = {.err = e->err, .unknown = e->running || e->aborted, .why = e->why};

	c->answer = e->operation;
	if (e->aborted && c->underway.late) {
		commit_free(c);
		return;
	}
	if (!e->running) {
		commit_end(c, &o);
		return;
	}
	c->underway.late = true;
	if (c->done)
		c->done(c->ctx, &o);
	c->done = NULL; /* told; the end is awaited all the same */
}

static int operation_wait(struct commit *c, struct json operation)
{
	_cleanup_free_ char *place = resource_place(c->model ? c->model : c->name);
	struct lro_options o = {
		.m = c->m,
		.service = c->service,
		.method = c->method->id,
		.place = place,
		.model = c->model,
		.version = c->version,
		.request = c->body,
		.begun_ns = c->begun_ns,
		.deadline_ns = c->deadline_ns,
		.done = operation_ended,
		.ctx = c,
	};

	return place ? lro_begin(&o, operation) : -ENOMEM;
}

static void call_ended(void *ctx, struct answer *a)
{
	struct commit *c = ctx;
	struct outcome o = {.err = -a->error.err};
	_cleanup_free_ char *words = NULL;

	c->call = NULL;
	c->answer = json_root(a->json);
	if (!a->error.err && c->cls != CLASS_EXPORT && c->cls != CLASS_CANCEL &&
	    lro_answered(json_root(a->json)) && !operation_wait(c, json_root(a->json)))
		return;

	if (!a->error.err) {
		if (c->cls == CLASS_EXPORT)
			export_started(c, json_root(a->json));
		else if (c->cls == CLASS_CANCEL)
			cancel_sent(c);
	} else {
		o.why = a->error; /* borrowed while done runs */
		o.unknown = fate_unknown(a);
		if (o.unknown) {
			words = str_format("the request was sent, its outcome is not known: %s",
					   a->error.message ? a->error.message
							    : strerror(a->error.err));
			if (words)
				o.why.message = words;
			remember_unknown(c);
		}
	}
	commit_end(c, &o);
}

/* ---- the request ---- */

/* What a save is, before it is sent. */
static struct commit *commit_new(struct node *n, struct req *r, struct object *o, struct judged *j)
{
	struct node *model = node_model(n);
	struct commit *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	underway_add(&commits, &c->underway);
	c->m = r->m;
	c->dir = n->parent;
	node_pin(c->dir);
	c->cls = n->cls->id;
	c->service = n->service;
	c->file = strdup(n->name);
	c->model = model && model->res              ? strdup(model->res)
		   : c->cls == CLASS_DRAFT_DOCUMENT ? draft_resource(c->dir)
						    : NULL;
	/* A model's export is one of its default version. */
	c->version = node_version(n)               ? strdup(node_version(n))
		     : c->cls == CLASS_EXPORT && o ? json_get_str(object_json(o), "versionId")
						   : NULL;
	c->body = take_ptr(j->body);
	c->mask = take_ptr(j->mask);
	c->beta = j->beta;
	c->uid = r->uid;
	c->gid = r->gid;
	c->pid = r->pid;
	c->deadline_ns = r->deadline_ns - LRO_BEFORE_DEADLINE_NS;
	return c;
}

static int commit_call(struct commit *c)
{
	struct call_options call = CALL_OPTIONS_INIT;
	_cleanup_buf_ struct buf query = BUF_INIT;

	c->begun_ns = now_ns();
	c->begun_wall_ns = wall_ns();
	if (c->mask) {
		buf_puts(&query, "updateMask=");
		buf_percent(&query, c->mask, ",");
	}
	call.service = c->service;
	call.api_version = c->service == &service_vertex ? c->m->config->api_version : NULL;
	if (c->beta)
		call.api_version = "v1beta1";
	call.method = c->method;
	call.name = c->name;
	call.query = query.len ? buf_str(&query) : NULL;
	call.body = c->body;
	call.body_len = c->body ? strlen(c->body) : 0;
	if (!c->method)
		return -EOPNOTSUPP;
	if (!c->file || !c->name || query.err)
		return -ENOMEM;
	return client_call(c->m->client, &call, call_ended, c, &c->call);
}

static int commit_send(struct node *n, struct req *r, struct object *o, const char *method,
		       const char *name, struct judged *j, commit_done *done, void *ctx,
		       struct commit **out)
{
	struct commit *c = commit_new(n, r, o, j);
	int err;

	if (!c)
		return -ENOMEM;
	c->method = service_method(n->service, method);
	c->name = strdup(name);
	c->done = done;
	c->ctx = ctx;
	err = commit_call(c);
	if (err) {
		commit_free(c);
		return err;
	}
	if (c->cls == CLASS_DRAFT_DOCUMENT)
		draft_sent(c->dir);
	if (changes_model(c)) {
		struct own_change w = own_change(c);

		own_begin(&w);
	}
	*out = c;
	return 0;
}

/* ---- judging ---- */

static int refuse(struct api_error *why, int err, const char *reason)
{
	enum api_code code = err == -ENOENT   ? API_NOT_FOUND
			     : err == -EPERM  ? API_PERMISSION_DENIED
			     : err == -EBUSY  ? API_FAILED_PRECONDITION
			     : err == -ESTALE ? API_ABORTED
			     : err == -EINVAL ? API_INVALID_ARGUMENT
					      : API_UNKNOWN;

	api_error_set(why, -err, code, "%s", reason ? reason : strerror(-err));
	return err;
}

/* The text that is kept as refused is what the service has, or the export that
 * it asked for was started: it is no longer refused. */
static void commit_is_there(const struct node *n, const struct commit_text *t, struct mount *m)
{
	struct local *l = node_local(n->parent, n->name, false);
	bool export = n->cls->id == CLASS_EXPORT && !t->backup;

	if (l && l->rejected &&
	    ((export && l->unsettled) ||
	     (l->rejected_len == t->len && !memcmp(l->rejected, t->text, t->len))))
		forget_refusal(m, n->parent, l);
}

int commit_begin(struct node *n, const struct commit_text *t, struct req *r, commit_done *done,
		 void *ctx, struct commit **out, struct api_error *why)
{
	struct judging g = {.n = n, .dir = n->parent, .t = t, .r = r};
	_cleanup_free_ char *name = NULL;
	int rc;

	if (n->cls->id == CLASS_REFRESH) {
		cache_forget(r->m);
		tree_touch(r->m->tree, r->m->tree->root);
		tree_appeared(r->m->tree, 0);
		return COMMIT_NOTHING;
	}
	rc = layout_object(n, r, &g.o);
	if (rc == REQ_PARKED)
		return rc;
	if (rc) {
		const struct api_error *e = cache_error(node_owner(n)->coll, node_owner(n)->id);

		return refuse(why, rc, e && e->message ? e->message : NULL);
	}
	if (commit_puts_back(n, t))
		return COMMIT_NOTHING;
	commit_remember_before(n, g.o, t, r);
	g.j.service = n->service;
	g.j.version_level = g.dir->cls->id == CLASS_VERSION;
	g.j.message = g.j.version_level ? n->service->version : n->service->model;
	g.j.own_registry = r->m->own_registry;
	g.j.beta = r->m->config->api_version && streq(r->m->config->api_version, "v1beta1");
	rc = commit_judge(&g);
	if (rc) {
		if (rc != REQ_PARKED)
			refuse(why, rc, g.out.reason);
		judged_reset(&g.out);
		return rc;
	}
	if (g.out.no_change) {
		judged_reset(&g.out);
		commit_is_there(n, t, r->m);
		return COMMIT_NOTHING;
	}
	name = commit_target(&g);
	rc = name ? commit_send(n, r, g.o, g.method, name, &g.out, done, ctx, out) : -ENOMEM;
	if (rc)
		refuse(why, rc, NULL);
	else
		commit_sent_new(n, t, r, &(*out)->sent);
	judged_reset(&g.out);
	return rc;
}
