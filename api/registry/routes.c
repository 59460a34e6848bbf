/* SPDX-License-Identifier: MIT */
#include "api/registry/routes.h"

#include <ctype.h>

#include "api/registry/automl.h"
#include "api/registry/metrics.h"
#include "api/registry/ml.h"
#include "api/registry/operations.h"
#include "api/registry/place.h"
#include "api/registry/storage.h"
#include "api/registry/vertex.h"

#define LOCATION   "projects/{}/locations/{}"
#define MODEL      LOCATION "/models/{}"
#define EVALUATION MODEL "/evaluations/{}"
#define API_UI     (SURFACE_API | SURFACE_UI)

#define OPERATION_ROUTES(parent, prefix)                                                       \
	{"GET", parent "/operations", NULL, API_UI, prefix "operations.list", operations_list, \
	 NULL},                                                                                \
		{"GET",  parent "/operations/{}", NULL,                                        \
		 API_UI, prefix "operations.get", operations_get,                              \
		 NULL},                                                                        \
		{"DELETE", parent "/operations/{}",    NULL,                                   \
		 API_UI,   prefix "operations.delete", operations_delete,                      \
		 NULL},                                                                        \
		{"POST", parent "/operations/{}",    "cancel",                                 \
		 API_UI, prefix "operations.cancel", operations_cancel,                        \
		 NULL},                                                                        \
	{                                                                                      \
		"POST", parent "/operations/{}", "wait", API_UI, prefix "operations.wait",     \
			operations_wait, NULL                                                  \
	}

static const struct route routes[] = {
	{"GET", "projects/{}/locations", NULL, SURFACE_API, "locations.list", place_locations_list,
	 NULL},
	{"GET", LOCATION, NULL, SURFACE_API, "locations.get", place_locations_get, NULL},

	{"POST", LOCATION "/models", "upload", SURFACE_API, "models.upload", vertex_models_upload,
	 NULL},
	{"GET", LOCATION "/models", NULL, SURFACE_API, "models.list", vertex_models_list, NULL},
	{"GET", MODEL, NULL, SURFACE_API, "models.get", vertex_models_get, NULL},
	{"PATCH", MODEL, NULL, SURFACE_API, "models.patch", vertex_models_patch, NULL},
	{"DELETE", MODEL, NULL, SURFACE_API, "models.delete", vertex_models_delete, NULL},
	{"GET", MODEL, "listVersions", SURFACE_API, "models.listVersions",
	 vertex_models_list_versions, NULL},
	{"POST", MODEL, "mergeVersionAliases", SURFACE_API, "models.mergeVersionAliases",
	 vertex_models_merge_aliases, NULL},
	{"DELETE", MODEL, "deleteVersion", SURFACE_API, "models.deleteVersion",
	 vertex_models_delete_version, NULL},
	{"POST", MODEL, "export", SURFACE_API, "models.export", vertex_models_export, NULL},
	{"POST", MODEL "/evaluations", "import", SURFACE_API, "models.evaluations.import",
	 vertex_evaluations_import, NULL},
	{"GET", MODEL "/evaluations", NULL, SURFACE_API, "models.evaluations.list",
	 vertex_evaluations_list, NULL},
	{"GET", EVALUATION, NULL, SURFACE_API, "models.evaluations.get", vertex_evaluations_get,
	 NULL},

	OPERATION_ROUTES(LOCATION, ""),
	OPERATION_ROUTES(MODEL, "models."),
	OPERATION_ROUTES(EVALUATION, "models.evaluations."),

	{"GET", "projects", "search", SURFACE_CRM, "projects.search", place_projects_search, NULL},
	{"GET", "projects/{}", NULL, SURFACE_CRM, "projects.get", place_projects_get, NULL},

	{"POST", "b/{}/o", NULL, SURFACE_UPLOAD, "objects.insert", storage_upload,
	 storage_upload_piece},
	{"GET", "b/{}/o", NULL, SURFACE_STORAGE, "objects.list", storage_list, NULL},
	{"GET", "b/{}/o/{}", NULL, SURFACE_STORAGE, "objects.get", storage_get, NULL},
	{"DELETE", "b/{}/o/{}", NULL, SURFACE_STORAGE, "objects.delete", storage_delete, NULL},

	{"GET", "healthz", NULL, SURFACE_ROOT, "healthz", metrics_health, NULL},
	{"GET", "metrics", NULL, SURFACE_ROOT, "metrics", metrics_show, NULL},
};

static const struct {
	const char *prefix[2];
	size_t count;
	unsigned surface;
	const char *api_version;
} surfaces[] = {
	{{"v1", NULL}, 1, SURFACE_API, "v1"},
	{{"v1beta1", NULL}, 1, SURFACE_API, "v1beta1"},
	{{"ui", NULL}, 1, SURFACE_UI, "v1"},
	{{"v3", NULL}, 1, SURFACE_CRM, "v1"},
	{{"storage", "v1"}, 2, SURFACE_STORAGE, "v1"},
	{{"healthz", NULL}, 0, SURFACE_ROOT, "v1"},
	{{"metrics", NULL}, 0, SURFACE_ROOT, "v1"},
};

#define SERVICE_SURFACES (SURFACE_API | SURFACE_AUTOML | SURFACE_ML)
static const unsigned service_surfaces[] = {SURFACE_API, SURFACE_AUTOML, SURFACE_ML};

/* By the name of a service, or by a host's first label such as
 * "us-central1-aiplatform". */
unsigned route_surfaces(const char *name)
{
	static const struct {
		const char *name;
		unsigned surface;
	} names[] = {
		{"vertex", SURFACE_API},
		{"aiplatform", SURFACE_API},
		{"automl", SURFACE_AUTOML},
		{"ml", SURFACE_ML},
	};
	size_t len = strcspn(name, ".:");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t n = strlen(names[i].name);

		if (len >= n && strncmp(name + len - n, names[i].name, n) == 0 &&
		    (len == n || name[len - n - 1] == '-'))
			return names[i].surface;
	}
	return 0;
}

/* Which surface, and how many segments it takes. */
static unsigned find_surface(struct request *rq, size_t *skip)
{
	if (rq->count > 2 && streq(rq->segments[0], "upload") &&
	    streq(rq->segments[1], "storage") && streq(rq->segments[2], "v1")) {
		*skip = 3;
		return SURFACE_UPLOAD;
	}
	for (size_t i = 0; i < ARRAY_SIZE(surfaces); i++) {
		size_t n = surfaces[i].count ? surfaces[i].count : 1;

		if (rq->count < n || !streq(rq->segments[0], surfaces[i].prefix[0]) ||
		    (n == 2 && !streq(rq->segments[1], surfaces[i].prefix[1])))
			continue;
		*skip = surfaces[i].count;
		rq->api_version = surfaces[i].api_version;
		return surfaces[i].surface;
	}
	return 0;
}

/* Match the segments from `skip` on; `last` stands for the last one. */
static bool match(struct request *rq, const struct route *r, size_t skip, const char *last)
{
	const char *p = r->pattern;
	size_t i = skip;

	rq->arg_count = 0;
	for (; *p && i < rq->count; i++) {
		size_t n = strcspn(p, "/");
		const char *s = i == rq->count - 1 ? last : rq->segments[i];

		if (n == 2 && p[0] == '{') {
			if (!*s || rq->arg_count == REQUEST_ARGS_MAX)
				return false;
			rq->args[rq->arg_count++] = s;
		} else if (strlen(s) != n || strncmp(s, p, n) != 0) {
			return false;
		}
		p += n + (p[n] == '/');
	}
	return !*p && i == rq->count;
}

/* "m%402:export": the verb is cut from the text as received, since an encoded
 * colon belongs to the segment. */
static char *cut_verb(struct request *rq, const char **verb)
{
	const char *raw = rq->raw[rq->count - 1], *colon = strrchr(raw, ':');

	if (!colon || !colon[1])
		return NULL;
	for (const char *p = colon + 1; *p; p++)
		if (!isalpha((unsigned char)*p))
			return NULL;
	*verb = colon + 1;
	return request_unescape(raw, (size_t)(colon - raw), false);
}

/* A table of one service's routes. */
static bool search_table(struct request *rq, const struct route *table, size_t count,
			 unsigned surface, size_t skip, const char *last, const char *custom)
{
	const char *verb = streq(rq->verb, "HEAD") ? "GET" : rq->verb;

	for (size_t i = 0; i < count; i++) {
		const struct route *r = &table[i];

		if (!(r->surfaces & surface) || !streq(r->verb, verb) ||
		    (r->custom == NULL) != (custom == NULL) ||
		    (custom && !streq(r->custom, custom)))
			continue;
		if (match(rq, r, skip, last)) {
			rq->route = r;
			rq->service = route_service(r);
			return true;
		}
	}
	return false;
}

static bool search(struct request *rq, unsigned surface, size_t skip, const char *last,
		   const char *custom)
{
	return search_table(rq, routes, ARRAY_SIZE(routes), surface, skip, last, custom) ||
	       search_table(rq, automl_routes, automl_route_count, surface, skip, last, custom) ||
	       search_table(rq, ml_routes, ml_route_count, surface, skip, last, custom);
}

/* Three letters and digits, as AutoML makes ids and nobody else. */
static bool automl_id(const char *s)
{
	size_t upper = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	size_t digits = strspn(s + upper, "0123456789");

	return upper == 3 && digits > 8 && strchr("@:/", s[upper + digits]);
}

/* The three services share their paths.  Without a listener or a Host that
 * tells which one is meant, the form of the ids does, else Vertex is first. */
static bool search_services(struct request *rq, size_t skip, const char *last, const char *custom)
{
	unsigned open = rq->services ? rq->services : SERVICE_SURFACES;
	unsigned first = SURFACE_API;

	for (size_t i = skip; i < rq->count; i++)
		if (automl_id(rq->segments[i]))
			first = SURFACE_AUTOML;
	if ((open & first) && search(rq, first, skip, last, custom))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(service_surfaces); i++)
		if ((open & service_surfaces[i]) &&
		    search(rq, service_surfaces[i], skip, last, custom))
			return true;
	return false;
}

static bool search_surface(struct request *rq, unsigned surface, size_t skip, const char *last,
			   const char *custom)
{
	return surface == SURFACE_API ? search_services(rq, skip, last, custom)
				      : search(rq, surface, skip, last, custom);
}

static bool among(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (streq(*names, name))
			return true;
	return false;
}

/* A method that the hosted services have and this registry has not: 501 tells
 * a client so.  What nobody has is 404. */
static bool method_elsewhere(const struct request *rq, const char *custom)
{
	static const char *const verbs[] = {"copy",
					    "predict",
					    "rawPredict",
					    "batchPredict",
					    "explain",
					    "recommendSpec",
					    "updateExplanationDataset",
					    "listCheckpoints",
					    "getIamPolicy",
					    "setIamPolicy",
					    "testIamPermissions",
					    "importData",
					    "exportData",
					    "batchImport",
					    NULL};
	static const char *const collections[] = {"datasets",
						  "endpoints",
						  "jobs",
						  "studies",
						  "customJobs",
						  "trainingPipelines",
						  "pipelineJobs",
						  "batchPredictionJobs",
						  "slices",
						  "annotationSpecs",
						  "indexes",
						  "indexEndpoints",
						  "featurestores",
						  "deploymentResourcePools",
						  NULL};

	if (custom)
		return among(verbs, custom);
	for (size_t i = 3; i < rq->count; i++)
		if (among(collections, rq->segments[i]))
			return !streq(rq->verb, "PUT");
	return false;
}

static void refuse(struct request *rq, unsigned surface, const char *custom)
{
	if ((surface & (API_UI)) && method_elsewhere(rq, custom)) {
		request_fail(rq, API_UNIMPLEMENTED, NULL,
			     "Method not found: %s %s is not served by this registry.", rq->verb,
			     rq->path);
		return;
	}
	request_fail(rq, API_NOT_FOUND, NULL, "The requested URL %s was not found on this server.",
		     rq->path);
}

bool route_find(struct request *rq)
{
	const char *custom = NULL;
	unsigned surface;
	size_t skip = 0;

	if (rq->malformed || rq->count == 0) {
		request_fail(rq, API_INVALID_ARGUMENT, NULL,
			     "The request's target is malformed: bad percent-encoding, NUL, or "
			     "too many parts.");
		return false;
	}
	surface = find_surface(rq, &skip);
	if (surface & (API_UI | SURFACE_CRM))
		rq->last = cut_verb(rq, &custom);
	if (rq->last && search_surface(rq, surface, skip, rq->last, custom))
		return true;
	if (surface && search_surface(rq, surface, skip, rq->segments[rq->count - 1], NULL))
		return true;
	refuse(rq, surface, rq->last ? custom : NULL);
	return false;
}
