/* SPDX-License-Identifier: MIT */
#include "fs/layout_private.h"

#include <stdio.h>

#include "fs/draft.h"
#include "fs/names.h"
#include "fs/operations.h"
#include "fs/scratch.h"

#include "api/resource.h"

/* readdir's cookies: the section in the high bits, the place in the low ones.
 * Files come before directories, aliases last. */
#define SECTION_SHIFT 48
#define PLACE_MASK    ((UINT64_C(1) << SECTION_SHIFT) - 1)
enum section {
	SECTION_FILES,
	SECTION_FIELDS,
	SECTION_LOCALS,
	SECTION_SCRATCH,
	SECTION_DRAFTS,
	SECTION_ITEMS,
	SECTION_DIRS,
	SECTION_END
};

static struct mount *the_mount; /* one per process */

struct mount *node_mount(const struct node *n)
{
	(void)n;
	return the_mount;
}

/* ---- the root ---- */

/* The levels of a path; AI Platform has no locations above its models. */
struct level {
	const char *segment; /* NULL: any id */
	enum class_id cls;
	bool source; /* may be mounted alone */
};

static const struct level located[] = {
	{NULL, CLASS_SERVICE, true},  {"projects", CLASS_PROJECTS, false},
	{NULL, CLASS_PROJECT, true},  {"locations", CLASS_LOCATIONS, false},
	{NULL, CLASS_LOCATION, true}, {"models", CLASS_MODELS, true},
	{NULL, CLASS_MODEL, true},    {NULL, CLASS_ROOT, false},
};

static const struct level unlocated[] = {
	{NULL, CLASS_SERVICE, true}, {"projects", CLASS_PROJECTS, false},
	{NULL, CLASS_PROJECT, true}, {"models", CLASS_MODELS, true},
	{NULL, CLASS_MODEL, true},   {NULL, CLASS_ROOT, false},
};

/* The class of what SOURCE names; CLASS_ROOT: it is none. */
static enum class_id source_class(const char *source)
{
	_cleanup_free_ char *copy = strdup(source);
	char *rest = copy, *segment;
	const struct level *level = NULL;

	while (copy && (segment = strsep(&rest, "/"))) {
		if (!level && !service_by_id(segment))
			return CLASS_ROOT;
		level = level ? level + 1 : streq(segment, "ml") ? unlocated : located;
		if (!*segment || level->cls == CLASS_ROOT ||
		    (level->segment && !streq(level->segment, segment)))
			return CLASS_ROOT;
	}
	return level && level->source ? level->cls : CLASS_ROOT;
}

int layout_source_check(const char *source)
{
	return *source && source_class(source) == CLASS_ROOT ? -EINVAL : 0;
}

const struct class *layout_root_class(const struct mount *m)
{
	return layout_class(*m->root_path ? source_class(m->root_path) : CLASS_ROOT);
}

int layout_root(struct mount *m, struct node *root)
{
	const char *slash = strchr(m->root_path, '/');
	const char *res = slash ? slash + 1 : "";
	struct child c = {.cls = root->cls};
	_cleanup_free_ char *service = NULL;

	the_mount = m;
	if (!*m->root_path)
		return 0;
	service = slash ? strndup(m->root_path, (size_t)(slash - m->root_path))
			: strdup(m->root_path);
	if (!service)
		return -ENOMEM;
	root->service = service_by_id(service);
	root->res = strdup(res);
	if (!root->res)
		return -ENOMEM;
	if (root->cls->id == CLASS_MODELS)
		root->res[strlen(root->res) - strlen("/models")] = '\0';
	if (root->cls->id == CLASS_MODEL) {
		_cleanup_free_ char *parent =
			strndup(root->res, strlen(root->res) - strlen(resource_id(root->res)) - 8);

		root->id = strdup(resource_id(root->res));
		if (!parent || !root->id)
			return -ENOMEM;
		if (cache_collection(m, root->service, COLL_MODELS, parent, &c.coll))
			return -ENOMEM;
	}
	return layout_init(m, root, &c);
}

/* ---- places ---- */

/* Only Vertex names operations below their models. */
static char *operation_name(const struct node *dir, const char *id)
{
	_cleanup_free_ char *place = operations_place(dir->coll->parent);

	if (dir->service == &service_vertex)
		return str_format("%s/operations/%s", dir->coll->parent, id);
	return place ? str_format("%s/operations/%s", place, id) : NULL;
}

/* Resource name of a new directory. */
static char *place_of(const struct node *n)
{
	const char *up = n->parent->res ? n->parent->res : "";

	switch (n->cls->id) {
	case CLASS_SERVICE:
	case CLASS_PROJECTS:
		return strdup("");
	case CLASS_PROJECT:
		return str_format("projects/%s", n->name);
	case CLASS_LOCATION:
	case CLASS_REGION:
		return str_format("%s/locations/%s", up, n->name);
	case CLASS_MODEL:
		return str_format("%s/models/%s", up, n->id);
	case CLASS_VERSION:
		return str_format(n->service == &service_vertex ? "%s@%s" : "%s/versions/%s", up,
				  n->id);
	case CLASS_EVALUATION:
		return str_format("%s/%s/%s", up, n->parent->name, n->name);
	case CLASS_OPERATION:
		return operation_name(n->parent, n->name);
	default:
		return strdup(up);
	}
}

/* The collection that a directory of this class lists; COLL_KINDS: none. */
static enum coll_kind listed_kind(enum class_id id)
{
	switch (id) {
	case CLASS_PROJECTS:
		return COLL_PROJECTS;
	case CLASS_LOCATIONS:
		return COLL_LOCATIONS;
	case CLASS_MODELS:
	case CLASS_BY_NAME:
		return COLL_MODELS;
	case CLASS_VERSIONS:
	case CLASS_ALIASES:
		return COLL_VERSIONS;
	case CLASS_EVALUATIONS:
		return COLL_EVALUATIONS;
	case CLASS_OPERATIONS:
		return COLL_OPERATIONS;
	default:
		return COLL_KINDS;
	}
}

int layout_init(struct mount *m, struct node *n, const struct child *c)
{
	struct collection *coll = c->coll;
	enum coll_kind kind = listed_kind(n->cls->id);
	_cleanup_free_ char *parent = NULL;
	struct node *dir;
	int err;

	if (!S_ISDIR(n->cls->type))
		return 0;
	if (n->cls->id == CLASS_SERVICE && !n->service)
		n->service = service_by_id(n->name);
	if (!n->res && !(n->res = place_of(n)))
		return -ENOMEM;
	if (kind != COLL_KINDS) {
		parent = strdup(n->res);
		if (!parent)
			return -ENOMEM;
		if (kind == COLL_OPERATIONS && (dir = layout_model_dir(n))) {
			/* A version's operations are among its model's; AI Platform
			 * lists those of the project alone. */
			free(parent);
			parent = n->service == &service_ml ? operations_place(dir->res)
							   : strdup(dir->res);
			if (!parent)
				return -ENOMEM;
		}
		err = cache_collection(m, n->service, kind, parent, &coll);
		if (err)
			return err;
	}
	if (coll)
		node_attach(n, coll);
	return 0;
}

const char *layout_version(const struct node *n)
{
	for (;; n = n->parent) {
		if (n->cls->id == CLASS_VERSION)
			return n->id;
		if (n->parent == n)
			return NULL;
	}
}

struct node *layout_model_dir(struct node *n)
{
	while (n->cls->id != CLASS_MODEL && n->parent != n)
		n = n->parent;
	return n->cls->id == CLASS_MODEL ? n : NULL;
}

int layout_object(struct node *n, struct req *r, struct object **out)
{
	struct node *owner = node_owner(n);

	*out = NULL;
	if (!owner->id || !owner->coll)
		return 0;
	if (!r) {
		*out = collection_find(owner->coll, owner->id);
		return *out ? 0 : -EAGAIN;
	}
	return cache_get(owner->coll, owner->id, r, out);
}

/* ---- lookup ---- */

unsigned service_bit(const struct service *s)
{
	return s == &service_vertex   ? FOR_VERTEX
	       : s == &service_automl ? FOR_AUTOML
	       : s == &service_ml     ? FOR_ML
				      : 0;
}

static bool entry_present(struct node *dir, struct object *o, const struct entry *e)
{
	if (e->services && !(e->services & service_bit(dir->service)))
		return false;
	if ((e->cls->flags & CLASS_NOT_RO) && the_mount->config->ro)
		return false;
	return !e->present || e->present(dir, o, e->key);
}

static int entry_child(const struct entry *e, struct child *out)
{
	out->cls = e->cls;
	snprintf(out->name, sizeof(out->name), "%s", e->name);
	snprintf(out->key, sizeof(out->key), "%s", e->key ? e->key : "");
	return 0;
}

static const struct entry *entry_find(const struct entry *e, const char *name)
{
	for (; e && e->name; e++)
		if (streq(e->name, name))
			return e;
	return NULL;
}

/* .NAME.rejected and .NAME.error */
static bool local_child(struct node *dir, const char *name, struct child *out)
{
	for (struct local *l = dir->locals; l; l = l->next) {
		size_t len = strlen(l->name);

		if (name[0] != '.' || strncmp(name + 1, l->name, len) != 0)
			continue;
		if (streq(name + 1 + len, ".rejected") && l->rejected)
			out->cls = layout_class(CLASS_REJECTED);
		else if (streq(name + 1 + len, ".error") && l->error)
			out->cls = layout_class(CLASS_ERROR);
		else
			continue;
		snprintf(out->name, sizeof(out->name), "%s", name);
		snprintf(out->key, sizeof(out->key), "%s", l->name);
		return true;
	}
	return false;
}

/* Only memory knows them: nobody needs to be asked, and nothing to be kept. */
static bool is_local_name(const char *name)
{
	return name[0] == '.' && (ends_with(name, ".rejected") || ends_with(name, ".error"));
}

static bool detached(struct node *dir, const char *name)
{
	struct local *l = node_local(dir, name, false);

	return l && now_ns() < l->detached_ns;
}

int layout_attribute(struct node *dir, const char *name, struct child *out)
{
	struct object *o = dir->id && dir->coll ? collection_find(dir->coll, dir->id) : NULL;
	const struct entry *e = entry_find(dir->cls->files, name);

	memset(out, 0, sizeof(*out));
	if (!e)
		e = entry_find(dir->cls->dirs, name);
	if (e)
		return entry_present(dir, o, e) ? entry_child(e, out) : -ENOENT;
	return dir->cls->fields && o ? field_by_file(dir, o, name, out) : -ENOENT;
}

/* About the mount: only the root has it. */
static bool is_about(const struct node *dir, const char *name)
{
	return dir->parent == dir && streq(name, ".modelfs");
}

int layout_lookup(struct node *dir, const char *name, struct req *r, struct child *out)
{
	struct object *o = NULL;
	int rc;

	memset(out, 0, sizeof(*out));
	if (local_child(dir, name, out))
		return 0; /* timeout 0: they come and go with saves */
	out->timeout = (double)the_mount->config->ttl_ms / 1000;
	out->node = scratch_find(dir, name);
	if (out->node || !draft_find(dir, name, out))
		return 0;
	if (is_local_name(name)) {
		out->timeout = 0;
		return -ENOENT;
	}
	if (is_about(dir, name))
		return child_set(out, CLASS_ABOUT, name, NULL, NULL);
	if (detached(dir, name)) {
		out->timeout = 0;
		return -ENOENT;
	}
	if (dir->id && dir->coll) {
		rc = layout_object(dir, r, &o);
		if (rc)
			return rc;
		out->timeout = cache_object_timeout(dir->coll, o);
	}
	if (!layout_attribute(dir, name, out)) {
		out->timeout = o ? cache_object_timeout(dir->coll, o)
				 : (double)the_mount->config->ttl_ms / 1000;
		return 0;
	}
	out->timeout =
		o ? cache_object_timeout(dir->coll, o) : (double)the_mount->config->ttl_ms / 1000;
	if (dir->cls->id == CLASS_OPERATIONS)
		out->timeout = 0; /* they come at any moment: nothing is absent for long */
	if (dir->cls->find)
		return dir->cls->find(dir, name, r, out);
	if (!dir->cls->item || name_is_probe(name))
		return -ENOENT;
	rc = cache_get(dir->coll, name, r, &o);
	if (rc) {
		out->timeout = cache_list_timeout(dir->coll);
		return rc;
	}
	out->timeout = cache_object_timeout(dir->coll, o);
	return child_set(out, dir->cls->item->id, name, dir->coll, name);
}

/* ---- listing ---- */

int layout_list(struct node *dir, struct req *r)
{
	struct object *o;
	int rc = dir->id ? layout_object(dir, r, &o) : 0;

	if (rc)
		return rc;
	if (dir->cls->list)
		return dir->cls->list(dir, r);
	return dir->cls->item ? cache_list(dir->coll, r) : 0;
}

static bool entry_next(struct node *dir, struct object *o, const struct entry *entries,
		       uint64_t *place, struct child *out)
{
	for (uint64_t i = 0; entries && entries[i].name; i++) {
		const struct entry *e = &entries[i];

		if (i < *place || (e->cls->flags & CLASS_HIDDEN) || !entry_present(dir, o, e) ||
		    detached(dir, e->name) || scratch_find(dir, e->name))
			continue;
		*place = i + 1;
		return !entry_child(e, out);
	}
	return false;
}

static bool fields_next(struct node *dir, struct object *o, uint64_t *place, struct child *out)
{
	while (dir->cls->fields && o && field_next(dir, o, place, out))
		if (!detached(dir, out->name) && !scratch_find(dir, out->name))
			return true;
	return false;
}

static bool locals_next(struct node *dir, uint64_t *place, struct child *out)
{
	uint64_t i = 0;

	for (struct local *l = dir->locals; l; l = l->next) {
		for (int kind = 0; kind < 2; kind++, i++) {
			char name[300];

			snprintf(name, sizeof(name), ".%s.%s", l->name,
				 kind ? "error" : "rejected");
			if (i < *place || strlen(name) >= sizeof(out->name) ||
			    !local_child(dir, name, out))
				continue;
			*place = i + 1;
			return true;
		}
	}
	if (dir->parent == dir && *place <= i) {
		*place = i + 1;
		return !child_set(out, CLASS_ABOUT, ".modelfs", NULL, NULL);
	}
	return false;
}

static bool scratch_next_child(struct node *dir, uint64_t *place, struct child *out)
{
	/* By inode number: the order of the list changes, numbers do not. */
	struct node *best = NULL;

	for (struct node *n = dir->scratch_nodes; n; n = n->scratch_next)
		if ((n->ino & PLACE_MASK) > *place &&
		    (!best || (n->ino & PLACE_MASK) < (best->ino & PLACE_MASK)))
			best = n;
	if (!best)
		return false;
	*place = best->ino & PLACE_MASK;
	out->node = best;
	snprintf(out->name, sizeof(out->name), "%s", best->name);
	return true;
}

/* A draft of the same name hides what it is about to be. */
static bool is_shadowed(struct node *dir, const char *name)
{
	struct child draft;

	return !draft_find(dir, name, &draft);
}

static bool items_next(struct node *dir, uint64_t *place, struct child *out)
{
	struct object *o;

	do {
		memset(out, 0, sizeof(*out));
		if (dir->cls->next) {
			if (!dir->cls->next(dir, *place, out))
				return false;
			*place = out->cookie;
			if (out->cls->id == CLASS_ALIAS)
				out->id[0] = '\0';
			continue;
		}
		if (!dir->cls->item || !(o = collection_next(dir->coll, *place)))
			return false;
		*place = o->seq;
		if (child_set(out, dir->cls->item->id, o->id, dir->coll, o->id))
			return false;
	} while (scratch_find(dir, out->name) || is_shadowed(dir, out->name));
	return true;
}

bool layout_next(struct node *dir, uint64_t cookie, struct child *out)
{
	struct object *o = dir->id && dir->coll ? collection_find(dir->coll, dir->id) : NULL;
	uint64_t place = cookie & PLACE_MASK;

	for (unsigned section = (unsigned)(cookie >> SECTION_SHIFT); section < SECTION_END;
	     section++, place = 0) {
		bool found = false;

		memset(out, 0, sizeof(*out));
		if (section == SECTION_FILES)
			found = entry_next(dir, o, dir->cls->files, &place, out);
		else if (section == SECTION_FIELDS)
			found = fields_next(dir, o, &place, out);
		else if (section == SECTION_LOCALS)
			found = locals_next(dir, &place, out);
		else if (section == SECTION_SCRATCH)
			found = scratch_next_child(dir, &place, out);
		else if (section == SECTION_DRAFTS)
			found = draft_next(dir, &place, out);
		else if (section == SECTION_ITEMS)
			found = items_next(dir, &place, out);
		else
			found = entry_next(dir, o, dir->cls->dirs, &place, out);
		if (found) {
			out->cookie = (uint64_t)section << SECTION_SHIFT | place;
			return true;
		}
	}
	return false;
}

/* ---- contents and attributes ---- */

int layout_render(struct node *n, struct object *o, struct buf *out)
{
	int rc = n->cls->render ? n->cls->render(n, o, out) : -EISDIR;

	return rc < 0 ? rc : out->err;
}

static mode_t permissions(const struct node *n)
{
	mode_t mode;

	switch (n->cls->type) {
	case S_IFDIR:
		mode = 0755;
		break;
	case S_IFLNK:
		return 0777;
	default:
		mode = layout_writable(n) ? 0644 : 0444;
		if (n->cls->id == CLASS_REJECTED || n->cls->id == CLASS_ERROR)
			mode = 0600;
	}
	if (the_mount->config->ro)
		mode &= (mode_t)~0222;
	return mode & ~the_mount->config->umask_bits;
}

static void set_times(struct stat *st, uint64_t ns)
{
	st->st_mtim.tv_sec = (time_t)(ns / NSEC_PER_SEC);
	st->st_mtim.tv_nsec = (long)(ns % NSEC_PER_SEC);
	st->st_ctim = st->st_atim = st->st_mtim;
}

/* A listing that the kernel may hold must be checked before its directory's
 * mtime is told again. */
static int directory_time(struct node *n, struct req *r, struct object *o, uint64_t *ns,
			  double *timeout)
{
	struct collection *c = n->coll;
	int rc;

	*ns = the_mount->started_ns;
	if (o) {
		*ns = object_mtime(o);
	} else if (c && !n->id) {
		if (c->complete) {
			rc = r ? cache_list(c, r) : 0;
			if (rc && !(n->cls->id == CLASS_PROJECTS))
				return rc;
			*timeout = cache_list_timeout(c);
		}
		*ns = c->changed_ns;
	}
	return 0;
}

int layout_attr(struct node *n, struct req *r, struct stat *st, double *timeout)
{
	uint64_t ns = the_mount->started_ns;
	struct object *o = NULL;
	struct local *l;
	int rc;

	memset(st, 0, sizeof(*st));
	st->st_ino = n->ino;
	st->st_nlink = 1;
	st->st_uid = the_mount->uid;
	st->st_gid = the_mount->gid;
	st->st_blksize = 4096;
	*timeout = (double)the_mount->config->ttl_ms / 1000;
	if (n->scratch) {
		scratch_stat(n->scratch, st);
		st->st_nlink = n->unlinked ? 0 : 1;
		*timeout = 3600;
		return 0;
	}
	st->st_mode = n->cls->type | permissions(n);
	if (n->id || !S_ISDIR(n->cls->type)) {
		rc = layout_object(n, r, &o);
		if (rc)
			return rc;
		if (o) {
			ns = object_mtime(o);
			*timeout = cache_object_timeout(node_owner(n)->coll, o);
		}
	}
	if (S_ISDIR(n->cls->type)) {
		rc = directory_time(n, r, o, &ns, timeout);
		if (rc)
			return rc;
		set_times(st, n->shown_ns > ns ? n->shown_ns : ns);
		return 0;
	}
	if (S_ISLNK(n->cls->type) && n->parent->cls->id == CLASS_ALIASES) {
		rc = r ? cache_list(n->parent->coll, r) : 0;
		if (rc)
			return rc;
		*timeout = cache_list_timeout(n->parent->coll);
	}
	{
		_cleanup_buf_ struct buf text = BUF_INIT;

		rc = layout_render(n, o, &text);
		if (rc)
			return rc;
		st->st_size = (off_t)text.len;
	}
	st->st_blocks = (st->st_size + 511) / 512;
	l = node_local(n->parent,
		       n->key && (n->cls->id == CLASS_REJECTED || n->cls->id == CLASS_ERROR)
			       ? n->key
			       : n->name,
		       false);
	if (l && (n->cls->id == CLASS_REJECTED || n->cls->id == CLASS_ERROR)) {
		ns = l->error_wall_ns;
		st->st_uid = l->uid;
		st->st_gid = l->gid;
	} else if (l && l->changed_wall_ns > ns) {
		ns = l->changed_wall_ns;
	}
	if (n->cls->flags & CLASS_VOLATILE)
		*timeout = 0;
	set_times(st, ns);
	return 0;
}

const char *layout_near_miss(struct node *dir, const char *name)
{
	struct object *o = dir->id && dir->coll ? collection_find(dir->coll, dir->id) : NULL;
	struct child c;
	uint64_t place = 0;

	for (const struct entry *e = dir->cls->files; e && e->name; e++)
		if ((e->cls->flags & CLASS_ATTRIBUTE) && name_is_near_miss(name, e->name))
			return e->name;
	while (dir->cls->fields && o && field_next(dir, o, &place, &c)) {
		static char near[256];

		if (!name_is_near_miss(name, c.name))
			continue;
		snprintf(near, sizeof(near), "%s", c.name);
		return near;
	}
	return NULL;
}
