/* SPDX-License-Identifier: MIT */
#include "fs/commit.h"

#include "api/log.h"
#include "api/resource.h"
#include "fs/about.h"
#include "fs/judge.h"
#include "fs/layout.h"
#include "fs/operations.h"

/* How much older than our request an operation may seem: clocks differ. */
#define CLOCK_SKEW_NS (5 * NSEC_PER_SEC)

struct commit {
	struct mount *m;
	struct node *dir; /* pinned: where the attribute lies */
	char *file;       /* its name */
	enum class_id cls;
	const struct service *service;
	const struct method *method;
	char *name;            /* resource that the request is sent to */
	char *model, *version; /* version: NULL unless saved in its directory */
	char *body, *mask;
	uint64_t begun_ns, begun_wall_ns;
	uid_t uid;
	pid_t pid;
	struct call *call;
	commit_done *done; /* NULL: nobody waits */
	void *ctx;
};

static size_t under_way;

size_t commit_count(void)
{
	return under_way;
}

enum save_kind commit_kind(const struct node *n)
{
	switch (n->cls->id) {
	case CLASS_DOCUMENT:
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
	free(c);
	node_unpin(t, dir);
	under_way--;
}

void commit_orphan(struct commit *c)
{
	c->done = NULL;
}

/* ---- what is remembered of a refusal ---- */

static void local_shown(struct mount *m, struct node *dir)
{
	dir->shown_ns = wall_ns();
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
	l->uid = uid;
	l->gid = gid;
	l->error_wall_ns = wall_ns();
	node_path(dir, &path);
	buf_printf(&path, "%s%s", path.len ? "/" : "", name);
	about_failed(m, "save", buf_str(&path), why);
	local_shown(m, dir);
}

void commit_accepted(struct mount *m, struct node *dir, const char *name)
{
	struct local *l = node_local(dir, name, false);

	if (!l)
		return;
	node_local_detach(m->tree, l, 0);
	if (!l->rejected && !l->error)
		return;
	free(l->rejected);
	free(l->error);
	l->rejected = l->error = NULL;
	l->rejected_len = 0;
	l->error_errno = 0;
	local_shown(m, dir);
}

void commit_expire_model(struct mount *m, const struct service *s, const char *model)
{
	_cleanup_free_ char *place = operations_place(model);
	struct collection *models, *versions;
	struct object *o;

	if (!place || cache_collection(m, s, COLL_MODELS, place, &models) ||
	    cache_collection(m, s, COLL_VERSIONS, model, &versions))
		return;
	cache_expire_object(models, resource_id(model));
	cache_expire(versions);
	o = collection_find(models, resource_id(model));
	if (o)
		tree_watcher.changed(models, o);
}

/* The next content that is read is our own doing. */
static void mark_own(struct mount *m, const struct service *s, const char *model)
{
	_cleanup_free_ char *place = operations_place(model);
	struct collection *models, *versions;
	struct object *o;

	if (!place || cache_collection(m, s, COLL_MODELS, place, &models) ||
	    cache_collection(m, s, COLL_VERSIONS, model, &versions))
		return;
	o = collection_find(models, resource_id(model));
	if (o)
		o->own_change = true;
	for (o = collection_next(versions, 0); o; o = collection_next(versions, o->seq))
		o->own_change = true;
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
	_cleanup_free_ char *place = operations_place(c->name);
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

static void remember_unknown(struct commit *c)
{
	struct local *l = node_local(c->dir, c->file, true);

	if (!l || c->cls != CLASS_EXPORT)
		return;
	l->unknown = true;
	l->unknown_wall_ns = c->begun_wall_ns;
	free(l->unknown_body);
	l->unknown_body = strdup(c->body);
}

static void call_ended(void *ctx, struct answer *a)
{
	struct commit *c = ctx;
	struct outcome o = {.err = -a->error.err};

	if (!a->error.err) {
		if (c->cls == CLASS_EXPORT)
			export_started(c, json_root(a->json));
		else if (c->cls == CLASS_CANCEL)
			cancel_sent(c);
		else
			mark_own(c->m, c->service, c->model);
	} else {
		o.unknown = a->sent && !a->http;
		o.why = a->error; /* borrowed while done runs */
		if (o.unknown)
			remember_unknown(c);
	}
	if (c->model && c->cls != CLASS_EXPORT && c->cls != CLASS_CANCEL)
		commit_expire_model(c->m, c->service, c->model);
	about_changed(c->m, c->uid, c->pid, c->method->id, c->name, c->mask,
		      a->error.err ? (a->error.message ? a->error.message : "failed") : "ok");
	if (c->done)
		c->done(c->ctx, &o);
	commit_free(c);
}

/* ---- the request ---- */

static int commit_send(struct node *n, struct req *r, struct object *o, const char *method,
		       const char *name, struct judged *j, commit_done *done, void *ctx,
		       struct commit **out)
{
	struct node *model = layout_model_dir(n);
	struct call_options call = CALL_OPTIONS_INIT;
	_cleanup_buf_ struct buf query = BUF_INIT;
	struct commit *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	under_way++;
	c->m = r->m;
	c->dir = n->parent;
	node_pin(c->dir);
	c->cls = n->cls->id;
	c->service = n->service;
	c->method = service_method(n->service, method);
	c->file = strdup(n->name);
	c->name = strdup(name);
	c->model = model && model->res ? strdup(model->res) : NULL;
	/* A model's export is one of its default version. */
	c->version = layout_version(n)             ? strdup(layout_version(n))
		     : c->cls == CLASS_EXPORT && o ? json_get_str(object_json(o), "versionId")
						   : NULL;
	c->body = take_ptr(j->body);
	c->mask = take_ptr(j->mask);
	c->uid = r->uid;
	c->pid = r->pid;
	c->done = done;
	c->ctx = ctx;
	c->begun_ns = now_ns();
	c->begun_wall_ns = wall_ns();
	if (c->mask) {
		buf_puts(&query, "updateMask=");
		buf_percent(&query, c->mask, ",");
	}
	call.service = c->service;
	call.api_version = c->service == &service_vertex ? r->m->config->api_version : NULL;
	call.method = c->method;
	call.name = c->name;
	call.query = query.len ? buf_str(&query) : NULL;
	call.body = c->body;
	call.body_len = c->body ? strlen(c->body) : 0;
	if (!c->method)
		err = -EOPNOTSUPP;
	else if (!c->file || !c->name || query.err)
		err = -ENOMEM;
	else
		err = client_call(r->m->client, &call, call_ended, c, &c->call);
	if (err)
		commit_free(c);
	else
		*out = c;
	return err;
}

/* ---- judging ---- */

struct judging {
	struct node *n, *dir;
	const struct commit_text *t;
	struct req *r;
	struct object *o; /* of the directory */
	struct judge j;
	struct judged out;
	const char *method;
};

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

/* Words like "it is so already" or "there is no such version" are only as good
 * as what they rest on: that is asked for once more, after the save began. */
static bool older_than_request(const struct judging *g)
{
	return g->o->fetched_ns < g->r->begun_ns;
}

static int look_again(struct judging *g)
{
	struct object *o;

	cache_expire_object(g->dir->coll, g->dir->id);
	if (g->dir->coll->kind == COLL_VERSIONS)
		cache_expire(g->dir->coll);
	return layout_object(g->n, g->r, &o);
}

static int judge_patch(struct judging *g)
{
	_cleanup_json_ struct json_doc *base = NULL;
	_cleanup_free_ char *current = json_get_str(object_json(g->o), "etag");
	_cleanup_free_ char *own = NULL;
	const char *etag = g->t->etag;
	bool document = g->n->cls->id == CLASS_DOCUMENT;
	bool guarded = document || field_is_json(g->n->field);

	if (document) {
		own = judge_etag(g->t->text, g->t->len);
		etag = own; /* a text without one is not guarded: the way to force */
	} else if (!etag) {
		etag = current;
	}
	g->j.etag = guarded && etag ? current : NULL;
	if (guarded && etag && object_base(g->o, etag, &base)) {
		if (older_than_request(g))
			return look_again(g);
		return judged_refuse(&g->out, -ESTALE,
				     "the resource was changed by another since this text was read "
				     "(its etag was %s, now it is %s): compare with the file, then "
				     "save again",
				     etag, current ? current : "none");
	}
	g->method = "models.patch";
	if (document)
		return judge_document(&g->j, base ? json_root(base) : object_json(g->o), g->t->text,
				      g->t->len, &g->out);
	return judge_field(&g->j, g->n->field, object_json(g->o), g->t->text, g->t->len, &g->out);
}

static int version_ids(struct collection *versions, struct string_list *out)
{
	for (struct object *o = collection_next(versions, 0); o;
	     o = collection_next(versions, o->seq))
		if (string_list_add(out, o->id))
			return -ENOMEM;
	return 0;
}

static int judge_default_file(struct judging *g)
{
	_cleanup_free_ char *current = NULL;
	struct string_list ids = {0};
	struct collection *versions;
	struct child flag;
	int rc;

	g->method = "models.mergeVersionAliases";
	if (g->dir->cls->id == CLASS_VERSION) {
		_cleanup_buf_ struct buf now = BUF_INIT;

		rc = layout_attribute(g->dir, g->n->name, &flag);
		if (!rc)
			rc = layout_render(g->n, g->o, &now);
		return rc ? rc
			  : judge_default_flag(g->t->text, g->t->len,
					       starts_with(buf_str(&now), "true"), &g->out);
	}
	rc = cache_collection(g->r->m, g->n->service, COLL_VERSIONS, g->dir->res, &versions);
	if (!rc)
		rc = cache_list(versions, g->r);
	if (rc)
		return rc;
	current = json_get_str(object_json(g->o), "versionId");
	rc = version_ids(versions, &ids);
	if (!rc)
		rc = judge_default(g->t->text, g->t->len, &ids, current, &g->out);
	string_list_free(&ids);
	if (rc == -ENOENT && versions->listed_ns < g->r->begun_ns) {
		cache_expire(versions);
		return cache_list(versions, g->r);
	}
	return rc;
}

/* The last export's fate is not known: did it start an operation after all? */
static int settle_unknown(struct judging *g, struct local *l)
{
	struct node *model = layout_model_dir(g->n);
	struct collection *c;
	int rc = cache_collection(g->r->m, g->n->service, COLL_OPERATIONS, model->res, &c);

	if (rc)
		return rc;
	if (c->listed_ns < g->r->begun_ns) {
		if (!c->call && !c->error.err)
			cache_expire(c);
		rc = cache_list(c, g->r);
		if (rc)
			return rc;
	}
	l->unknown = false;
	for (struct object *o = collection_next(c, 0); o; o = collection_next(c, o->seq)) {
		struct op_record *op;
		_cleanup_free_ char *place = operations_place(model->res);
		_cleanup_free_ char *type =
			json_strdup(json_path(object_json(o), "metadata.@type"));
		_cleanup_free_ char *when = json_strdup(
			json_path(object_json(o), "metadata.genericMetadata.createTime"));
		uint64_t ns = 0;

		op = place ? operations_find(g->r->m, place, o->id) : NULL;
		if ((op && op->order) || !when || time_parse(when, &ns) || !type ||
		    !ends_with(type, "ExportModelOperationMetadata") ||
		    ns + CLOCK_SKEW_NS < l->unknown_wall_ns)
			continue;
		operations_started(g->r->m, g->n->service, "models.export", object_json(o),
				   model->res, layout_version(g->n), l->unknown_body,
				   o->fetched_ns);
		if (l->unknown_body && g->out.body && streq(l->unknown_body, g->out.body))
			g->out.no_change = true; /* that was this very save */
		break;
	}
	return 0;
}

static int judge_export_file(struct judging *g)
{
	struct local *l = node_local(g->dir, g->n->name, false);
	_cleanup_buf_ struct buf shown = BUF_INIT;
	int rc;

	g->method = "models.export";
	rc = judge_export(&g->j, object_json(g->o), g->t->text, g->t->len, &g->out);
	if (g->t->backup) {
		layout_render(g->n, g->o, &shown);
		if (shown.len == g->t->len && !memcmp(buf_str(&shown), g->t->text, shown.len)) {
			judged_reset(&g->out);
			g->out.no_change = true;
			return 0;
		}
	}
	if (rc && rc != -ENOMEM && older_than_request(g))
		return look_again(g);
	if (!rc && l && l->unknown)
		rc = settle_unknown(g, l);
	return rc;
}

static int judge_cancel_file(struct judging *g)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	bool in_model = strstr(g->dir->coll->parent, "/models/") != NULL;

	buf_add(&text, g->t->text, g->t->len);
	while (text.len && strchr(" \t\r\n", text.data[text.len - 1]))
		buf_truncate(&text, text.len - 1);
	if (!streq(buf_str(&text), "1"))
		return judged_refuse(&g->out, -EINVAL,
				     "write 1 to cancel the operation, not \"%s\"", buf_str(&text));
	if (operation_done(g->o))
		return judged_refuse(&g->out, -EBUSY,
				     "the operation has ended (%s): there is nothing to cancel",
				     operation_status(g->o));
	g->method = in_model ? "models.operations.cancel" : "operations.cancel";
	g->out.body = strdup("{}");
	return g->out.body ? 0 : -ENOMEM;
}

static int judge_by_class(struct judging *g)
{
	switch (g->n->cls->id) {
	case CLASS_FIELD:
	case CLASS_DOCUMENT:
		return judge_patch(g);
	case CLASS_DEFAULT:
		return judge_default_file(g);
	case CLASS_EXPORT:
		return judge_export_file(g);
	case CLASS_CANCEL:
		return judge_cancel_file(g);
	default:
		return -EPERM;
	}
}

/* The resource a request is sent to; for `default` the version that becomes it. */
static char *target_name(struct judging *g)
{
	if (g->n->cls->id == CLASS_DEFAULT && g->dir->cls->id == CLASS_MODEL)
		return str_format("%s@%s", g->dir->res, g->out.value);
	return strdup(g->dir->res);
}

static int default_body(struct judging *g)
{
	if (g->n->cls->id != CLASS_DEFAULT || g->out.body)
		return 0;
	g->out.body = strdup("{\"versionAliases\":[\"default\"]}");
	return g->out.body ? 0 : -ENOMEM;
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
		return COMMIT_NOTHING;
	}
	rc = layout_object(n, r, &g.o);
	if (rc == REQ_PARKED)
		return rc;
	if (rc) {
		const struct api_error *e = cache_error(node_owner(n)->coll, node_owner(n)->id);

		return refuse(why, rc, e && e->message ? e->message : NULL);
	}
	g.j.service = n->service;
	g.j.version_level = g.dir->cls->id == CLASS_VERSION;
	g.j.message = g.j.version_level ? n->service->version : n->service->model;
	g.j.own_registry = r->m->own_registry;
	g.j.beta = r->m->config->api_version && streq(r->m->config->api_version, "v1beta1");
	rc = judge_by_class(&g);
	if (!rc && g.out.no_change && n->cls->id != CLASS_EXPORT && older_than_request(&g)) {
		judged_reset(&g.out);
		rc = look_again(&g);
		if (!rc)
			rc = judge_by_class(&g);
	}
	if (!rc && !g.out.no_change)
		rc = default_body(&g);
	if (rc) {
		if (rc != REQ_PARKED)
			refuse(why, rc, g.out.reason);
		judged_reset(&g.out);
		return rc;
	}
	if (g.out.no_change) {
		judged_reset(&g.out);
		return COMMIT_NOTHING;
	}
	name = target_name(&g);
	rc = name ? commit_send(n, r, g.o, g.method, name, &g.out, done, ctx, out) : -ENOMEM;
	if (rc)
		refuse(why, rc, NULL);
	judged_reset(&g.out);
	return rc;
}
