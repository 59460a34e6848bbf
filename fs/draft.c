/* SPDX-License-Identifier: MIT */
#include "fs/draft.h"

#include "api/log.h"
#include "api/resource.h"
#include "fs/change.h"
#include "fs/judge_create.h"
#include "fs/notify.h"
#include "fs/scratch.h"

#define DRAFTS_MAX 256

enum draft_state {
	DRAFT_OPEN,
	DRAFT_SENT,    /* the request that creates it is under way */
	DRAFT_UNKNOWN, /* … was sent, and nobody knows what became of it */
	DRAFT_LINK,    /* it was created under another id */
};

struct draft {
	struct draft *next;
	struct node *dir; /* pinned: models/ or versions/ */
	char *name;
	char *id; /* LINK: where it leads */
	uint64_t seq;
	enum draft_state state;
};

static struct draft *draft_of(const struct node *dir, const char *name)
{
	struct draft *d = node_mount(dir)->drafts;

	while (d && !(d->dir == dir && streq(d->name, name)))
		d = d->next;
	return d;
}

static void draft_drop(struct mount *m, struct draft *d)
{
	struct draft **link = &m->drafts;
	struct node *dir = d->dir;

	while (*link && *link != d)
		link = &(*link)->next;
	if (*link)
		*link = d->next;
	free(d->name);
	free(d->id);
	free(d);
	node_unpin(m->tree, dir);
}

void drafts_free(struct mount *m)
{
	while (m->drafts)
		draft_drop(m, m->drafts);
}

static bool is_draft(const struct draft *d)
{
	return d->state != DRAFT_LINK;
}

void drafts_lost(struct mount *m)
{
	for (struct draft *d = m->drafts; d; d = d->next) {
		_cleanup_free_ char *path = change_path(d->dir, d->name);

		if (is_draft(d))
			log_warning("the draft %s ends with the mount: it was never created",
				    path ? path : d->name);
	}
}

void drafts_report(struct mount *m, struct json_writer *w)
{
	for (struct draft *d = m->drafts; d; d = d->next) {
		_cleanup_free_ char *path = change_path(d->dir, d->name);

		if (is_draft(d) && path)
			jw_str(w, NULL, path);
	}
}

static size_t count(struct mount *m)
{
	size_t n = 0;

	for (struct draft *d = m->drafts; d; d = d->next)
		n++;
	return n;
}

static const struct creation *creation_in(const struct node *dir)
{
	if (dir->cls->id != CLASS_MODELS && dir->cls->id != CLASS_VERSIONS)
		return NULL;
	return creation_of(dir->service, dir->cls->id == CLASS_VERSIONS);
}

/* ---- making and dropping ---- */

static int draft_add(struct mount *m, struct node *dir, const char *name)
{
	static uint64_t seq;
	struct draft *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->name = strdup(name);
	if (!d->name) {
		free(d);
		return -ENOMEM;
	}
	d->dir = dir;
	node_pin(dir);
	d->seq = ++seq;
	d->next = m->drafts;
	m->drafts = d;
	return 0;
}

int draft_make(struct req *r, struct node *dir, const char *name)
{
	const struct creation *k = creation_in(dir);
	struct node *old;
	struct child c;
	int rc;

	if (!k)
		return -EPERM;
	if (strlen(name) >= sizeof(c.id))
		return -ENAMETOOLONG;
	if (k->id_ok && !k->id_ok(name))
		return change_refuse(r, "mkdir", dir, name, -EINVAL, "'%s' is no id here: %s", name,
				     k->id_rule);
	rc = layout_lookup(dir, name, r, &c);
	if (rc != -ENOENT)
		return rc ? rc : -EEXIST;
	if (count(r->m) >= DRAFTS_MAX)
		return change_refuse(r, "mkdir", dir, name, -ENOSPC,
				     "there are %d drafts already: remove some", DRAFTS_MAX);
	old = tree_find(r->m->tree, dir, name);
	if (old)
		tree_detach(r->m->tree, old);
	rc = draft_add(r->m, dir, name);
	if (!rc)
		dir->shown_ns = wall_ns();
	return rc;
}

/* Refused texts and drafts below are somebody's work. */
static bool holds_work(const struct node *n)
{
	for (const struct local *l = n->locals; l; l = l->next)
		if (l->rejected)
			return true;
	for (const struct node *c = n->children; c; c = c->sib_next)
		if (S_ISDIR(c->cls->type) && holds_work(c))
			return true;
	return false;
}

int draft_remove(struct req *r, struct node *dir, const char *name)
{
	struct draft *d = draft_of(dir, name);
	struct node *n = tree_find(r->m->tree, dir, name);

	if (!d || !is_draft(d))
		return -ENOTDIR;
	if (d->state == DRAFT_SENT)
		return change_refuse(r, "rmdir", dir, name, -EBUSY,
				     "it is being created at the moment");
	if (n && holds_work(n))
		return change_refuse(r, "rmdir", dir, name, -ENOTEMPTY,
				     "it holds a refused text: see its .rejected file");
	while (n && n->scratch_nodes)
		scratch_unlink(r->m->tree, n->scratch_nodes);
	if (n)
		tree_detach(r->m->tree, n);
	draft_drop(r->m, d);
	dir->shown_ns = wall_ns();
	return 0;
}

bool draft_unlink(struct node *dir, const char *name)
{
	struct draft *d = draft_of(dir, name);
	struct mount *m = node_mount(dir);
	struct node *n;

	if (!d || is_draft(d))
		return false;
	n = tree_find(m->tree, dir, name);
	if (n)
		tree_detach(m->tree, n);
	draft_drop(m, d);
	dir->shown_ns = wall_ns();
	return true;
}

bool draft_below(const struct node *n)
{
	for (struct draft *d = node_mount(n)->drafts; d; d = d->next)
		for (const struct node *up = d->dir; is_draft(d); up = up->parent) {
			if (up == n)
				return true;
			if (up->parent == up)
				break;
		}
	return false;
}

/* ---- what is seen ---- */

/* A resource that got the link's name since has it. */
static bool shown(const struct draft *d)
{
	return is_draft(d) || !d->dir->coll || !collection_find(d->dir->coll, d->name);
}

static int child_of(const struct draft *d, struct child *out)
{
	memset(out, 0, sizeof(*out));
	/* A save makes a link of it: nobody is to find the directory after that. */
	out->timeout = is_draft(d) ? 0 : (double)node_mount(d->dir)->config->ttl_ms / 1000;
	return child_set(out, is_draft(d) ? CLASS_DRAFT : CLASS_NAME_LINK, d->name, NULL, d->id);
}

int draft_find(struct node *dir, const char *name, struct child *out)
{
	struct draft *d = draft_of(dir, name);

	return d && shown(d) ? child_of(d, out) : -ENOENT;
}

bool draft_next(struct node *dir, uint64_t *place, struct child *out)
{
	struct draft *best = NULL;

	for (struct draft *d = node_mount(dir)->drafts; d; d = d->next)
		if (d->dir == dir && d->seq > *place && shown(d) && (!best || d->seq < best->seq))
			best = d;
	if (!best)
		return false;
	*place = best->seq;
	return !child_of(best, out);
}

int find_in_draft(struct node *dir, const char *name, struct req *r, struct child *out)
{
	(void)dir;
	(void)name;
	(void)r;
	out->timeout = 0; /* it may be the real directory at any moment */
	return -ENOENT;
}

static const char *document_of(const struct node *draft)
{
	return draft->parent->cls->id == CLASS_VERSIONS ? draft->service->version_file
							: draft->service->model_file;
}

bool has_draft_document(struct node *dir, struct object *o, const char *key)
{
	(void)o;
	return dir->service && streq(document_of(dir), key);
}

bool draft_reserves(const struct node *dir, const char *name)
{
	const struct creation *k = dir->cls->id == CLASS_DRAFT ? creation_in(dir->parent) : NULL;
	const struct class *real;

	if (!k)
		return false;
	real = class_of(k->version ? CLASS_VERSION : CLASS_MODEL);
	for (const struct entry *e = real->files; e->name; e++)
		if (streq(e->name, name))
			return true;
	for (const struct entry *e = real->dirs; e->name; e++)
		if (streq(e->name, name))
			return true;
	return layout_has_file(k->version ? dir->service->version : dir->service->model, name);
}

int render_draft(struct node *n, struct object *o, struct buf *out)
{
	const struct node *dir = n->parent->parent;
	const struct creation *k = creation_in(dir);

	return k ? creation_template(k, o ? object_json(o) : JSON_ABSENT, out) : -ENOENT;
}

/* ---- the save that creates ---- */

/* The model that a version's draft belongs to; NULL: it is a model's. */
static const char *model_of(const struct node *dir)
{
	return dir->parent->cls->id == CLASS_VERSIONS ? dir->parent->res : NULL;
}

char *draft_resource(const struct node *dir)
{
	const struct creation *k = creation_in(dir->parent);

	if (!k || !k->id_ok || k->version)
		return NULL;
	return str_format("%s/models/%s", dir->parent->res, dir->name);
}

static int judge_state(const struct draft *d, struct judged *out)
{
	if (!d)
		return judged_refuse(out, -ENOENT, "the draft was removed");
	if (d->state == DRAFT_SENT)
		return judged_refuse(out, -EBUSY,
				     "it is being created at the moment: see operations/");
	if (d->state == DRAFT_UNKNOWN)
		return judged_refuse(out, -EBUSY,
				     "an earlier save was sent, and its outcome is not known: look "
				     "whether it is there already, then rmdir the draft");
	return 0;
}

int draft_judge(struct node *n, struct object *parent, struct judge *j, const char *text,
		size_t len, struct judged *out, const char **method)
{
	struct node *dir = n->parent;
	const struct creation *k = creation_in(dir->parent);
	const char *model = model_of(dir);
	int rc;

	if (!k)
		return -EPERM;
	j->message = k->version ? n->service->version : n->service->model;
	j->version_level = k->version;
	rc = judge_state(draft_of(dir->parent, dir->name), out);
	if (!rc)
		rc = judge_create(j, k, dir->name, model,
				  model && parent ? object_json(parent) : JSON_ABSENT, text, len,
				  out);
	*method = k->method;
	return rc;
}

char *draft_target(const struct node *dir)
{
	const char *model = model_of(dir);

	return model && !creation_in(dir->parent)->on_model ? resource_place(model)
							    : strdup(dir->parent->res);
}

void draft_sent(struct node *dir)
{
	struct draft *d = draft_of(dir->parent, dir->name);

	if (d)
		d->state = DRAFT_SENT;
}

/* The draft's directory shows the resource from now on, for those who are in
 * it and for open files. */
static void become_real(struct mount *m, struct node *dir, const char *id)
{
	struct node *set = dir->parent;
	struct child like = {
		.cls = class_of(set->cls->id == CLASS_VERSIONS ? CLASS_VERSION : CLASS_MODEL)};
	struct child document = {.cls = class_of(CLASS_DOCUMENT)};

	if (child_set(&like, like.cls->id, dir->name, set->coll, id))
		return;
	free(dir->res);
	dir->res = NULL;
	if (tree_become(m->tree, dir, &like))
		return;
	for (struct node *n = dir->children; n; n = n->sib_next)
		if (n->cls->id == CLASS_DRAFT_DOCUMENT)
			tree_become(m->tree, n, &document);
	dir->shown_ns = wall_ns();
	tree_touch(m->tree, dir);
}

/* The id that the service gave; NULL: it did not tell. */
static char *id_told(const struct creation *k, struct json answer)
{
	_cleanup_free_ char *told = json_strdup(json_path(answer, k->id_path));
	const char *id = told ? resource_id(told) : "";
	int64_t number;

	if (!told && !json_int64(json_path(answer, k->id_path), &number))
		return str_format("%lld", (long long)number);
	return *id ? strdup(id) : NULL;
}

void draft_created(struct node *dir, struct json answer)
{
	struct mount *m = node_mount(dir);
	struct node *set = dir->parent;
	struct draft *d = draft_of(set, dir->name);
	const struct creation *k = creation_in(set);
	_cleanup_free_ char *id = k->id_ok ? strdup(dir->name) : id_told(k, answer);
	bool same = id && streq(id, dir->name);

	if (set->coll)
		cache_expire_list(set->coll);
	if (set->coll && id)
		cache_expire_object(set->coll, id);
	if (id && dir->cls->id == CLASS_DRAFT)
		become_real(m, dir, id);
	if (!same) { /* the name leads elsewhere now */
		tree_detach(m->tree, dir);
		notify_entry(m->notifier, set->ino, dir->name);
	}
	if (d && (same || !id)) {
		draft_drop(m, d);
	} else if (d) {
		d->state = DRAFT_LINK;
		d->id = take_ptr(id);
	}
	node_shown(m, set);
}

void draft_failed(struct node *dir, bool unknown, struct json answer)
{
	struct draft *d = draft_of(dir->parent, dir->name);
	const struct creation *k = creation_in(dir->parent);

	/* The operation failed, and left the resource behind to say so. */
	if (k->failed_stays && !unknown && json_present(answer))
		draft_created(dir, answer);
	else if (d) /* an id of one's own cannot be made twice */
		d->state = unknown && !k->id_ok ? DRAFT_UNKNOWN : DRAFT_OPEN;
}
