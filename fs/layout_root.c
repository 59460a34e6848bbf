/* SPDX-License-Identifier: MIT */
/* Where the tree begins (SOURCE), and which resource each directory is. */
#include "fs/layout_private.h"

#include "api/resource.h"

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
	return class_of(*m->root_path ? source_class(m->root_path) : CLASS_ROOT);
}

int layout_root(struct mount *m, struct node *root)
{
	const char *slash = strchr(m->root_path, '/');
	const char *res = slash ? slash + 1 : "";
	struct child c = {.cls = root->cls};
	_cleanup_free_ char *service = NULL;

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
	_cleanup_free_ char *place = resource_place(dir->coll->parent);

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
		if (kind == COLL_OPERATIONS && (dir = node_model(n))) {
			/* A version's operations are among its model's; AI Platform
			 * lists those of the project alone. */
			free(parent);
			parent = n->service == &service_ml ? resource_place(dir->res)
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
