/* SPDX-License-Identifier: MIT */
/* Vertex AI: its methods and facts.  Its messages are in vertex_schema.c. */
#include "api/service.h"
#include "api/vertex.h"

/* merge, cancel and patch name the state they want, yet a patch may carry an
 * etag that its own first arrival has made stale: it is not sent twice. */
static const struct method methods[] = {
	/* id, verb, path, items, mutates, idempotent */
	{"models.upload", "POST", "{name}/models:upload", NULL, true, false},
	{"models.get", "GET", "{name}", NULL, false, true},
	{"models.list", "GET", "{name}/models", "models", false, true},
	{"models.listVersions", "GET", "{name}:listVersions", "models", false, true},
	{"models.patch", "PATCH", "{name}", NULL, true, false},
	{"models.mergeVersionAliases", "POST", "{name}:mergeVersionAliases", NULL, true, true},
	{"models.delete", "DELETE", "{name}", NULL, true, false},
	{"models.deleteVersion", "DELETE", "{name}:deleteVersion", NULL, true, false},
	{"models.export", "POST", "{name}:export", NULL, true, false},
	{"models.copy", "POST", "{name}/models:copy", NULL, true, false},
	{"models.evaluations.get", "GET", "{name}", NULL, false, true},
	{"models.evaluations.list", "GET", "{name}/evaluations", "modelEvaluations", false, true},
	{"models.operations.get", "GET", "{name}", NULL, false, true},
	{"models.operations.list", "GET", "{name}/operations", "operations", false, true},
	{"models.operations.cancel", "POST", "{name}:cancel", NULL, true, true},
	{"models.operations.delete", "DELETE", "{name}", NULL, true, false},
	{"models.operations.wait", "POST", "{name}:wait", NULL, false, true},
	{"operations.get", "GET", "{name}", NULL, false, true},
	{"operations.list", "GET", "{name}/operations", "operations", false, true},
	{"operations.cancel", "POST", "{name}:cancel", NULL, true, true},
	{"operations.delete", "DELETE", "{name}", NULL, true, false},
	{"operations.wait", "POST", "{name}:wait", NULL, false, true},
	{"locations.get", "GET", "{name}", NULL, false, true},
	{"locations.list", "GET", "{name}/locations", "locations", false, true},
};

static const char *const versions[] = {"v1", "v1beta1", NULL};

const struct service service_vertex = {
	.id = "vertex",
	.title = "Vertex AI",
	.api = "aiplatform.googleapis.com",
	.host = "{location}-aiplatform.googleapis.com",
	.override_env = "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM",
	.versions = versions,
	.model = &vertex_model,
	.version = &vertex_model,
	.evaluation = &vertex_model_evaluation,
	.model_file = "model.json",
	.version_file = "model.json",
	.methods = methods,
	.method_count = ARRAY_SIZE(methods),
};
