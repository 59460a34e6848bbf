/* SPDX-License-Identifier: MIT */
/* Services, projects, locations, models, operations: how they are found. */
#include "fs/layout_private.h"
#include "fs/names.h"
#include "fs/operations.h"

/* Entries that the configuration names come before those that were listed. */
#define LISTED UINT64_C(100000)

/* No service gives other ids; what editors and crawlers ask for is none. */
static bool plausible_id(const char *name, const char *more)
{
	for (const char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
			    *c) &&
		    !strchr(more, *c))
			return false;
	return !name_is_probe(name);
}

/* ---- the root ---- */

int find_service(struct node *dir, const char *name, struct req *r, struct child *out)
{
	(void)dir;
	(void)r;
	return service_by_id(name) ? child_set(out, CLASS_SERVICE, name, NULL, NULL) : -ENOENT;
}

int list_services(struct node *dir, struct req *r)
{
	(void)dir;
	(void)r;
	return 0;
}

bool next_service(struct node *dir, uint64_t cookie, struct child *out)
{
	(void)dir;
	for (uint64_t i = 0; services[i]; i++) {
		if (i < cookie)
			continue;
		out->cookie = i + 1;
		return !child_set(out, CLASS_SERVICE, services[i]->id, NULL, NULL);
	}
	return false;
}

/* ---- projects and locations: those of the configuration, then those listed ---- */

static bool listed_in(const struct string_list *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (streq(l->items[i], name))
			return true;
	return false;
}

static bool has_resource_manager(const struct mount *m)
{
	return m->endpoint.kind != ENDPOINT_GOOGLE;
}

/* A server without Resource Manager tells no projects: that is no failure. */
static bool no_such_method(int rc)
{
	return rc == -ENOENT || rc == -EOPNOTSUPP || rc == -EACCES;
}

int list_projects(struct node *dir, struct req *r)
{
	struct mount *m = node_mount(dir);
	int rc;

	if (!has_resource_manager(m))
		return 0;
	rc = cache_list(dir->coll, r);
	return no_such_method(rc) ? 0 : rc;
}

bool next_project(struct node *dir, uint64_t cookie, struct child *out)
{
	const struct string_list *given = &node_mount(dir)->config->projects;
	struct object *o;

	if (cookie < given->count) {
		out->cookie = cookie + 1;
		return !child_set(out, CLASS_PROJECT, given->items[cookie], NULL, NULL);
	}
	for (o = collection_next(dir->coll, cookie > LISTED ? cookie - LISTED : 0); o;
	     o = collection_next(dir->coll, o->seq)) {
		_cleanup_free_ char *id = json_get_str(object_json(o), "projectId");

		/* Asked for by number: it is there under its id. */
		if (!id || !streq(id, o->id) || listed_in(given, o->id))
			continue;
		out->cookie = LISTED + o->seq;
		return !child_set(out, CLASS_PROJECT, o->id, NULL, NULL);
	}
	return false;
}

/* Google tells nothing of a project without a method of its own: ask for what
 * every project has. */
static int ask_by_locations(struct node *dir, const char *name, struct req *r, struct child *out)
{
	_cleanup_free_ char *parent = str_format("projects/%s", name);
	struct collection *locations;
	int rc;

	if (!parent)
		return -ENOMEM;
	rc = cache_collection(node_mount(dir), dir->service, COLL_LOCATIONS, parent, &locations);
	if (!rc)
		rc = cache_list(locations, r);
	return rc ? rc : child_set(out, CLASS_PROJECT, name, NULL, NULL);
}

int find_project(struct node *dir, const char *name, struct req *r, struct child *out)
{
	struct mount *m = node_mount(dir);
	_cleanup_free_ char *id = NULL;
	struct object *o;
	int rc;

	if (listed_in(&m->config->projects, name))
		return child_set(out, CLASS_PROJECT, name, NULL, NULL);
	if (!plausible_id(name, ".:") || name[0] == '.')
		return -ENOENT;
	if (!has_resource_manager(m))
		return ask_by_locations(dir, name, r, out);
	rc = cache_get(dir->coll, name, r, &o);
	if (no_such_method(rc)) /* Resource Manager's word decides about itself alone */
		return ask_by_locations(dir, name, r, out);
	if (rc)
		return rc;
	id = json_get_str(object_json(o), "projectId");
	if (id && !streq(id, name))
		return child_set(out, CLASS_NAME_LINK, name, NULL, id);
	return child_set(out, CLASS_PROJECT, name, NULL, NULL);
}

int list_locations(struct node *dir, struct req *r)
{
	return cache_list(dir->coll, r);
}

/* AI Platform's locations hold capabilities, not models. */
static int location_child(struct node *dir, const char *name, struct child *out)
{
	if (dir->service == &service_ml)
		return child_set(out, CLASS_REGION, name, dir->coll, name);
	return child_set(out, CLASS_LOCATION, name, NULL, NULL);
}

/* `location=` names places with models. */
static const struct string_list *given_locations(const struct node *dir)
{
	static const struct string_list none;

	return dir->service == &service_ml ? &none : &node_mount(dir)->config->locations;
}

bool next_location(struct node *dir, uint64_t cookie, struct child *out)
{
	const struct string_list *given = given_locations(dir);
	struct object *o;

	if (cookie < given->count) {
		out->cookie = cookie + 1;
		return !child_set(out, CLASS_LOCATION, given->items[cookie], NULL, NULL);
	}
	for (o = collection_next(dir->coll, cookie > LISTED ? cookie - LISTED : 0); o;
	     o = collection_next(dir->coll, o->seq)) {
		if (listed_in(given, o->id))
			continue;
		out->cookie = LISTED + o->seq;
		return !location_child(dir, o->id, out);
	}
	return false;
}

/* europe-west4, us-central1 … */
static bool looks_like_region(const char *name)
{
	size_t len = strlen(name);

	return strchr(name, '-') && name[len - 1] >= '0' && name[len - 1] <= '9';
}

/* A location that is not listed may be served all the same. */
static int ask_by_models(struct node *dir, const char *name, struct req *r)
{
	_cleanup_free_ char *parent = str_format("%s/locations/%s", dir->coll->parent, name);
	struct collection *models;
	int rc;

	if (!parent)
		return -ENOMEM;
	rc = cache_collection(node_mount(dir), dir->service, COLL_MODELS, parent, &models);
	return rc ? rc : cache_list(models, r);
}

int find_location(struct node *dir, const char *name, struct req *r, struct child *out)
{
	struct object *o;
	int rc;

	if (listed_in(given_locations(dir), name))
		return child_set(out, CLASS_LOCATION, name, NULL, NULL);
	if (!plausible_id(name, ""))
		return -ENOENT;
	rc = cache_get(dir->coll, name, r, &o);
	if (rc == -ENOENT && dir->service != &service_ml && looks_like_region(name))
		rc = ask_by_models(dir, name, r);
	return rc ? rc : location_child(dir, name, out);
}

/* ---- models ---- */

/* models/M@3 and models/M@alias lead to the version. */
static int find_version_link(struct node *dir, const char *name, struct req *r, struct child *out)
{
	const char *at = strchr(name, '@');
	_cleanup_free_ char *model =
		str_format("%s/models/%.*s", dir->coll->parent, (int)(at - name), name);
	_cleanup_free_ char *target = NULL;
	struct collection *versions;
	struct child alias = {0};
	int rc;

	if (!model)
		return -ENOMEM;
	if (at == name || !at[1])
		return -ENOENT;
	rc = cache_collection(node_mount(dir), dir->service, COLL_VERSIONS, model, &versions);
	if (!rc)
		rc = cache_list(versions, r);
	if (rc)
		return rc;
	if (collection_find(versions, at + 1)) {
		strcpy(alias.id, at + 1);
	} else {
		struct node view = {.coll = versions};

		for (uint64_t cookie = 0; next_alias(&view, cookie, &alias); cookie = alias.cookie)
			if (streq(alias.name, at + 1))
				break;
		if (!streq(alias.name, at + 1))
			return -ENOENT;
	}
	target = str_format("%.*s/versions/%s", (int)(at - name), name, alias.id);
	return target ? child_set(out, CLASS_NAME_LINK, name, NULL, target) : -ENOMEM;
}

int find_model(struct node *dir, const char *name, struct req *r, struct child *out)
{
	struct object *o;
	int rc;

	if (strchr(name, '@') && dir->service == &service_vertex)
		return find_version_link(dir, name, r, out);
	if (!plausible_id(name, ""))
		return -ENOENT;
	rc = cache_get(dir->coll, name, r, &o);
	if (rc)
		return rc;
	out->timeout = cache_object_timeout(dir->coll, o);
	return child_set(out, CLASS_MODEL, name, dir->coll, name);
}

/* ---- operations ---- */

bool next_operation(struct node *dir, uint64_t cookie, struct child *out)
{
	for (struct object *o = collection_next(dir->coll, cookie); o;
	     o = collection_next(dir->coll, o->seq)) {
		if (!operations_shown(dir, o))
			continue;
		out->cookie = o->seq;
		return !child_set(out, CLASS_OPERATION, o->id, dir->coll, o->id);
	}
	return false;
}

int find_operation(struct node *dir, const char *name, struct req *r, struct child *out)
{
	struct object *o;
	int rc;

	if (!plausible_id(name, ""))
		return -ENOENT;
	rc = cache_get(dir->coll, name, r, &o);
	if (rc)
		return rc;
	if (!operations_shown(dir, o))
		return -ENOENT;
	return child_set(out, CLASS_OPERATION, name, dir->coll, name);
}
