/* SPDX-License-Identifier: MIT */
#include "fs/remove.h"

#include "api/resource.h"
#include "fs/change.h"
#include "fs/draft.h"
#include "fs/guard.h"
#include "fs/operations.h"
#include "fs/reply.h"

/* How each service removes what. */
struct removal {
	enum class_id cls;
	unsigned services; /* FOR_…, 0: all */
	const char *method;
	bool versions;     /* a model: it must not have … */
	size_t most;       /* … more than so many of them */
	bool not_the_last; /* a version: a model has one at least */
};

static const struct removal removals[] = {
	{.cls = CLASS_MODEL,
	 .services = FOR_VERTEX,
	 .method = "models.delete",
	 .versions = true,
	 .most = 1},
	{.cls = CLASS_MODEL, .services = FOR_ML, .method = "models.delete", .versions = true},
	{.cls = CLASS_MODEL, .services = FOR_AUTOML, .method = "models.delete"},
	{.cls = CLASS_VERSION,
	 .services = FOR_VERTEX,
	 .method = "models.deleteVersion",
	 .not_the_last = true},
	{.cls = CLASS_VERSION, .services = FOR_ML, .method = "models.versions.delete"},
	{.cls = CLASS_OPERATION, .method = "operations.delete"},
};

static const struct removal *removal_of(const struct node *dir, const struct child *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(removals); i++)
		if (removals[i].cls == c->cls->id &&
		    (!removals[i].services || removals[i].services & service_bit(dir->service)))
			return &removals[i];
	return NULL;
}

/* ---- the guard ---- */

static struct guard *guard_in(struct mount *m)
{
	if (!m->guard)
		guard_new(&m->guard);
	return m->guard;
}

void remove_refused(struct req *r, struct node *dir, const char *name, bool is_dir)
{
	_cleanup_free_ char *path = change_path(dir, name);

	if (path && guard_in(r->m))
		guard_refused(r->m->guard, path, is_dir, now_ns());
}

void remove_swallowed(struct req *r, struct node *dir, const char *name)
{
	_cleanup_free_ char *path = change_path(dir, name);

	/* A draft's document is nothing upstream. */
	if (dir->cls->id != CLASS_DRAFT && path && guard_in(r->m))
		guard_swallowed(r->m->guard, path, now_ns());
}

void remove_replaced(struct mount *m, struct node *dir, const char *name)
{
	_cleanup_free_ char *path = m->guard ? change_path(dir, name) : NULL;

	if (path)
		guard_replaced(m->guard, path);
}

/* A tool that deletes a tree is refused thousands of times: one line a second
 * says why. */
static bool worth_a_line(void)
{
	static uint64_t last;
	uint64_t now = now_ns();

	if (last && now - last < NSEC_PER_SEC)
		return false;
	last = now;
	return true;
}

static int guarded(struct req *r, const char *what, struct node *dir, const char *name,
		   const char *path, int err)
{
	enum guard_reason why = GUARD_NONE;

	if (!path || !guard_in(r->m))
		return -ENOMEM;
	why = guard_check(r->m->guard, path, now_ns());
	if (why == GUARD_NONE)
		return 0;
	if (worth_a_line())
		change_refuse(r, what, dir, name, err,
			      "not removed: %s; if it is meant, wait a minute and say it of this "
			      "one alone",
			      guard_words(why));
	return err;
}

int remove_alias_check(struct req *r, struct node *dir, const char *name)
{
	struct node *model = node_model(dir);
	_cleanup_buf_ struct buf path = BUF_INIT;

	node_path(model, &path);
	return guarded(r, "unlink", dir, name, path.err ? NULL : buf_str(&path), -EBUSY);
}

/* ---- may it go? ---- */

/* Somebody's files: scratch files, refused texts, drafts. */
static const char *work_in(const struct node *n)
{
	const char *words = NULL;

	if (n->scratch_nodes)
		return "it holds files that exist in this mount alone (ls -A)";
	for (const struct local *l = n->locals; l; l = l->next)
		if (l->rejected)
			return "it holds a refused text (ls -A): save or remove that first";
	for (const struct node *c = n->children; c && !words; c = c->sib_next)
		if (S_ISDIR(c->cls->type))
			words = work_in(c);
	return words;
}

static int check_work(struct req *r, struct node *dir, struct node *n)
{
	const char *words = draft_below(n) ? "it holds a draft" : work_in(n);

	return words ? change_refuse(r, "rmdir", dir, r->name, -ENOTEMPTY, "%s", words) : 0;
}

/* The versions of a model as they are now, not as they were before the request. */
static int versions_now(struct req *r, const struct service *s, const char *model,
			struct collection **out)
{
	int rc = cache_collection(r->m, s, COLL_VERSIONS, model, out);

	if (rc)
		return rc;
	return cache_list_now(*out, r);
}

static int check_model(struct req *r, struct node *dir, struct node *n, const struct removal *k)
{
	struct collection *versions;
	int rc;

	if (!k->versions)
		return 0;
	rc = versions_now(r, n->service, n->res, &versions);
	if (rc || versions->count <= k->most)
		return rc;
	return change_refuse(r, "rmdir", dir, r->name, -ENOTEMPTY,
			     "it has %zu versions: remove them one by one first, the default one "
			     "last",
			     versions->count);
}

static bool is_default(struct req *r, struct node *version)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct object *o = collection_find(version->coll, version->id);
	struct child c;
	struct node *file;

	if (!o || layout_attribute(version, "default", &c))
		return false;
	file = tree_child(r->m->tree, version, &c);
	return file && !layout_render(file, o, &text) && starts_with(buf_str(&text), "true");
}

static int check_version(struct req *r, struct node *dir, struct node *n, const struct removal *k)
{
	struct node *model = node_model(n);
	struct collection *versions;
	int rc = versions_now(r, n->service, model->res, &versions);

	if (rc)
		return rc;
	if (!collection_find(versions, n->id))
		return -ENOENT;
	if (versions->count > 1 && is_default(r, n))
		return change_refuse(r, "rmdir", dir, r->name, -EBUSY,
				     "it is the default version: make another one the default "
				     "first (echo ID > ../default)");
	if (versions->count == 1 && k->not_the_last)
		return change_refuse(r, "rmdir", dir, r->name, -EBUSY,
				     "it is the model's only version: rmdir the model's directory "
				     "to delete both");
	return 0;
}

static int check_operation(struct req *r, struct node *dir, struct node *n, const struct removal *k)
{
	struct object *o;
	int rc = cache_get(n->coll, n->id, r, &o);

	(void)k;
	if (!rc && !operation_done(o))
		rc = change_refuse(r, "rmdir", dir, r->name, -EBUSY,
				   "the operation is still running: cancel it first (echo 1 > "
				   "cancel)");
	return rc;
}

static int check(struct req *r, struct node *dir, struct node *n, const struct removal *k)
{
	_cleanup_free_ char *path = change_path(dir, r->name);
	int rc = guarded(r, "rmdir", dir, r->name, path, -ENOTEMPTY);

	if (!rc)
		rc = check_work(r, dir, n);
	if (rc)
		return rc;
	switch (k->cls) {
	case CLASS_MODEL:
		return check_model(r, dir, n, k);
	case CLASS_VERSION:
		return check_version(r, dir, n, k);
	default:
		return check_operation(r, dir, n, k);
	}
}

/* ---- the request ---- */

static void model_removed(const struct change *c, const struct api_error *e)
{
	_cleanup_free_ char *place = resource_place(c->model);
	struct collection *models;

	cache_expire_model(c->m, c->service, c->model, !e->err);
	if (!place || cache_collection(c->m, c->service, COLL_MODELS, place, &models))
		return;
	if (!e->err || e->err == ENOENT)
		cache_remove(models, resource_id(c->model));
	else
		cache_doubt_list(models);
}

static void version_removed(const struct change *c, const struct api_error *e)
{
	struct collection *versions;

	/* Also after a failure: a service may have removed it before it failed. */
	cache_expire_model(c->m, c->service, c->model, !e->err);
	if ((!e->err || e->err == ENOENT) &&
	    !cache_collection(c->m, c->service, COLL_VERSIONS, c->model, &versions))
		cache_remove(versions, c->version);
}

static void operation_removed(const struct change *c, const struct api_error *e)
{
	const char *tail = strstr(c->name, "/operations/");
	_cleanup_free_ char *place = resource_place(c->name);
	char *cut = place ? strstr(place, "/operations/") : NULL;
	struct op_record *op;

	if (cut)
		*cut = '\0';
	op = place && tail ? operations_find(c->m, place, resource_id(c->name)) : NULL;
	if (op && (!e->err || e->err == ENOENT))
		operations_forget(c->m, c->service, op);
}

static int begin(struct req *r, struct node *dir, struct node *n, const struct removal *k)
{
	struct node *model = node_model(n);
	_cleanup_free_ char *path = change_path(dir, r->name);
	struct change_options o = {
		.service = n->service, .method = k->method, .name = n->res, .path = path};

	if (!path)
		return -ENOMEM;
	if (k->cls == CLASS_OPERATION) {
		if (strstr(n->res, "/models/"))
			o.method = "models.operations.delete";
		o.after = operation_removed;
		if (!service_method(n->service, o.method))
			return change_refuse(r, "rmdir", dir, r->name, -EPERM,
					     "%s cannot forget an operation", n->service->title);
	} else {
		o.model = model->res;
		o.version = k->cls == CLASS_VERSION ? n->id : NULL;
		o.after = k->cls == CLASS_VERSION ? version_removed : model_removed;
	}
	return change_begin(r, &o);
}

static int look(struct req *r, struct node *dir)
{
	const struct removal *k;
	struct child c;
	struct node *n;
	int rc = layout_lookup(dir, r->name, r, &c);

	if (rc)
		return rc;
	if (c.node || !S_ISDIR(c.cls->type))
		return -ENOTDIR;
	if (c.cls->id == CLASS_DRAFT)
		return draft_remove(r, dir, r->name);
	k = removal_of(dir, &c);
	if (!k)
		return -EPERM;
	n = tree_child(r->m->tree, dir, &c);
	if (!n)
		return -ENOMEM;
	node_pin(n);
	rc = check(r, dir, n, k);
	if (!rc)
		rc = begin(r, dir, n, k);
	node_unpin(r->m->tree, n);
	return rc;
}

int remove_dir(struct req *r)
{
	struct node *dir = req_node(r, r->ino), *n;
	int rc;

	if (!dir)
		return REQ_DONE;
	if (r->stage == CHANGE_SENT)
		return change_wait(r);
	if (r->stage == CHANGE_ENDED) {
		rc = change_result(r);
		n = tree_find(r->m->tree, dir, r->name);
		if (!rc && n) /* what gets this name next is another thing */
			tree_detach(r->m->tree, n);
		if (!rc)
			dir->shown_ns = wall_ns();
	} else {
		rc = look(r, dir);
	}
	if (rc == REQ_PARKED)
		return rc;
	if (rc && rc != -ENOENT && rc != -ENOTDIR)
		remove_refused(r, dir, r->name, true);
	return reply_err(r, rc);
}
