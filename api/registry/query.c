/* SPDX-License-Identifier: MIT */
#include "api/registry/query.h"

#include <ctype.h>

#include "api/registry/routes.h"

#define PAGES "pageSize", "pageToken"

/* What every method takes. */
static const char *const system_names[] = {
	"access_token", "alt",       "callback",   "fields",          "key",   "oauth_token",
	"prettyPrint",  "quotaUser", "uploadType", "upload_protocol", "xgafv", NULL,
};

static const char *const none[] = {NULL};
static const char *const mask[] = {"updateMask", NULL};
static const char *const list[] = {"filter", PAGES, NULL};
static const char *const masked_list[] = {"filter", "readMask", PAGES, NULL};
static const char *const ordered_list[] = {"filter", "readMask", "orderBy", PAGES, NULL};
static const char *const operations[] = {"filter", "returnPartialSuccess", PAGES, NULL};
static const char *const pages[] = {PAGES, NULL};
static const char *const places[] = {"filter", "extraLocationTypes", PAGES, NULL};
static const char *const projects[] = {"query", PAGES, NULL};
static const char *const timeout[] = {"timeout", NULL};

static const struct {
	const char *service, *method; /* the method's last words */
	const char *const *names;
} methods[] = {
	{"vertex", "models.list", ordered_list},
	{"vertex", "models.listVersions", ordered_list},
	{"vertex", "models.patch", mask},
	{"vertex", "models.evaluations.list", masked_list},
	{"vertex", "operations.list", operations},
	{"vertex", "operations.wait", timeout},
	{"vertex", "locations.list", places},
	{"automl", "models.list", list},
	{"automl", "models.patch", mask},
	{"automl", "models.modelEvaluations.list", list},
	{"automl", "operations.list", operations},
	{"automl", "locations.list", list},
	{"ml", "models.list", list},
	{"ml", "models.patch", mask},
	{"ml", "models.versions.list", list},
	{"ml", "models.versions.patch", mask},
	{"ml", "operations.list", operations},
	{"ml", "locations.list", pages},
	{"cloudresourcemanager", "projects.search", projects},
};

/* "models.operations.list" is "operations.list" for this purpose. */
static bool ends_as(const char *id, const char *method)
{
	size_t n = strlen(id), m = strlen(method);

	return n >= m && streq(id + n - m, method) && (n == m || id[n - m - 1] == '.');
}

static const char *const *names_of(const struct request *rq)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (streq(rq->service, methods[i].service) &&
		    ends_as(rq->route->id, methods[i].method))
			return methods[i].names;
	return none;
}

/* Names come in camelCase or snake_case. */
static bool same_name(const char *camel, const char *name)
{
	for (; *camel && *name; camel++, name++) {
		if (*camel == *name)
			continue;
		if (!isupper((unsigned char)*camel) || *name++ != '_' ||
		    tolower((unsigned char)*camel) != *name)
			return false;
	}
	return !*camel && !*name;
}

static bool listed(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (same_name(*names, name))
			return true;
	return false;
}

static bool known(const struct request *rq, const char *name)
{
	/* v1beta1's list has no order; listVersions has. */
	if (streq(rq->api_version, "v1beta1") && streq(rq->route->id, "models.list") &&
	    same_name("orderBy", name))
		return false;
	return listed(system_names, name) || listed(names_of(rq), name);
}

int query_check(struct request *rq)
{
	/* Storage judges its own, and ours for people take any. */
	if (rq->route->surfaces & (SURFACE_STORAGE | SURFACE_UPLOAD | SURFACE_ROOT))
		return 0;
	for (const char *p = rq->query; *p;) {
		size_t len = strcspn(p, "&"), n = strcspn(p, "=&");
		_cleanup_free_ char *name = request_unescape(p, n, true);

		if (!name)
			return -ENOMEM;
		if (*name && *name != '$' && !known(rq, name))
			return request_fail(rq, API_INVALID_ARGUMENT, name,
					    "Invalid query parameter: %s has no parameter "
					    "'%.64s'.",
					    rq->route->id, name);
		p += len + (p[len] == '&');
	}
	return 0;
}
