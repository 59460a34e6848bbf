/* SPDX-License-Identifier: MIT */
#include "fs/ask.h"

/* How a collection is listed and one of it got. */
struct coll_methods {
	const char *list, *get;
};

static struct coll_methods methods_of(const struct collection *c)
{
	bool vertex = c->service == &service_vertex;

	switch (c->kind) {
	case COLL_LOCATIONS:
		return (struct coll_methods){"locations.list", "locations.get"};
	case COLL_MODELS:
		return (struct coll_methods){"models.list", "models.get"};
	case COLL_VERSIONS:
		return (struct coll_methods){
			vertex ? "models.listVersions" : "models.versions.list", NULL};
	case COLL_EVALUATIONS:
		return vertex ? (struct coll_methods){"models.evaluations.list",
						      "models.evaluations.get"}
			      : (struct coll_methods){"models.modelEvaluations.list",
						      "models.modelEvaluations.get"};
	case COLL_OPERATIONS:
		if (vertex && strstr(c->parent, "/models/"))
			return (struct coll_methods){"models.operations.list",
						     "models.operations.get"};
		return (struct coll_methods){"operations.list", "operations.get"};
	default:
		return (struct coll_methods){NULL, NULL};
	}
}

/* Resource Manager is none of the three services, yet tells the projects. */
static const struct method projects_search = {.id = "projects.search",
					      .verb = "GET",
					      .path = "",
					      .items = "projects",
					      .idempotent = true};
static const struct method projects_get = {
	.id = "projects.get", .verb = "GET", .path = "", .idempotent = true};

/* The resource that a collection's methods are called on: AutoML lists a
 * model's operations by a filter on the location's. */
static char *called_on(const struct collection *c)
{
	const char *model = strstr(c->parent, "/models/");

	if (c->kind == COLL_OPERATIONS && model && c->service != &service_vertex)
		return strndup(c->parent, (size_t)(model - c->parent));
	return strdup(c->parent);
}

/* What follows the parent in the name of a resource of this collection. */
static const char *segment_of(const struct collection *c)
{
	static const char *const segments[COLL_KINDS] = {
		[COLL_PROJECTS] = "projects",       [COLL_LOCATIONS] = "locations",
		[COLL_MODELS] = "models",           [COLL_VERSIONS] = "versions",
		[COLL_EVALUATIONS] = "evaluations", [COLL_OPERATIONS] = "operations",
	};

	if (c->kind == COLL_EVALUATIONS && c->service == &service_automl)
		return "modelEvaluations";
	return segments[c->kind];
}

static const char *api_version(const struct collection *c)
{
	return c->service == &service_vertex ? c->m->config->api_version : NULL;
}

int ask_list(struct collection *c, list_item *item, call_done *done, void *ctx,
	     struct list_call **out)
{
	struct call_options o = CALL_OPTIONS_INIT;
	struct coll_methods methods = methods_of(c);
	_cleanup_free_ char *name = called_on(c);
	_cleanup_buf_ struct buf query = BUF_INIT;

	if (!name)
		return -ENOMEM;
	o.service = c->service;
	o.api_version = api_version(c);
	o.name = name;
	if (!streq(name, c->parent)) {
		buf_puts(&query, "filter=worksOn%3D");
		buf_percent(&query, c->parent, "");
		o.query = buf_str(&query);
	}
	if (c->kind == COLL_PROJECTS) {
		o.method = &projects_search;
		o.url_path = "/v3/projects:search";
	} else {
		o.method = methods.list ? service_method(c->service, methods.list) : NULL;
	}
	if (!o.method)
		return -EOPNOTSUPP;
	return client_list(c->m->client, &o, item, done, ctx, out);
}

int ask_one(struct collection *c, const char *id, call_done *done, void *ctx, struct call **out)
{
	struct call_options o = CALL_OPTIONS_INIT;
	struct coll_methods methods = methods_of(c);
	_cleanup_free_ char *name = NULL, *on = called_on(c);
	_cleanup_buf_ struct buf path = BUF_INIT;

	o.service = c->service;
	o.api_version = api_version(c);
	if (c->kind == COLL_PROJECTS) {
		buf_puts(&path, "/v3/projects/");
		buf_percent(&path, id, "");
		if (path.err)
			return path.err;
		o.method = &projects_get;
		o.name = id;
		o.url_path = buf_str(&path);
	} else {
		name = on ? str_format("%s/%s/%s", on, segment_of(c), id) : NULL;
		if (!name)
			return -ENOMEM;
		o.name = name;
		o.method = methods.get ? service_method(c->service, methods.get) : NULL;
	}
	if (!o.method)
		return -EOPNOTSUPP;
	return client_call(c->m->client, &o, done, ctx, out);
}
