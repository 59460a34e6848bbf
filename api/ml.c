/* SPDX-License-Identifier: MIT */
/* AI Platform: its methods and facts.  Its messages are in ml_schema.c. */
#include "api/ml.h"
#include "api/service.h"

/* models.create and setDefault answer with the resource, all other changes
 * with an operation.  setDefault and cancel name the state they want. */
static const struct method methods[] = {
	/* id, verb, path, items, mutates, idempotent */
	{"models.create", "POST", "{name}/models", NULL, true, false},
	{"models.get", "GET", "{name}", NULL, false, true},
	{"models.list", "GET", "{name}/models", "models", false, true},
	{"models.patch", "PATCH", "{name}", NULL, true, false},
	{"models.delete", "DELETE", "{name}", NULL, true, false},
	{"models.versions.create", "POST", "{name}/versions", NULL, true, false},
	{"models.versions.get", "GET", "{name}", NULL, false, true},
	{"models.versions.list", "GET", "{name}/versions", "versions", false, true},
	{"models.versions.patch", "PATCH", "{name}", NULL, true, false},
	{"models.versions.delete", "DELETE", "{name}", NULL, true, false},
	{"models.versions.setDefault", "POST", "{name}:setDefault", NULL, true, true},
	{"operations.get", "GET", "{name}", NULL, false, true},
	{"operations.list", "GET", "{name}/operations", "operations", false, true},
	{"operations.cancel", "POST", "{name}:cancel", NULL, true, true},
	{"locations.get", "GET", "{name}", NULL, false, true},
	{"locations.list", "GET", "{name}/locations", "locations", false, true},
};

static const char *const versions[] = {"v1", NULL};

const struct service service_ml = {
	.id = "ml",
	.title = "AI Platform",
	.api = "ml.googleapis.com",
	.host = "{location}-ml.googleapis.com",
	.override_env = "CLOUDSDK_API_ENDPOINT_OVERRIDES_ML",
	.versions = versions,
	.model = &ml_model,
	.version = &ml_version,
	.model_file = "model.json",
	.version_file = "version.json",
	.methods = methods,
	.method_count = ARRAY_SIZE(methods),
};
