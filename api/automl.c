/* SPDX-License-Identifier: MIT */
/* AutoML: its methods and facts.  Its messages are in automl_schema.c. */
#include "api/automl.h"
#include "api/service.h"

/* deploy and undeploy name the state they want; the server takes a repetition
 * for what it is. */
static const struct method methods[] = {
	/* id, verb, path, items, mutates, idempotent */
	{"models.create", "POST", "{name}/models", NULL, true, false},
	{"models.get", "GET", "{name}", NULL, false, true},
	{"models.list", "GET", "{name}/models", "model", false, true},
	{"models.patch", "PATCH", "{name}", NULL, true, false},
	{"models.delete", "DELETE", "{name}", NULL, true, false},
	{"models.deploy", "POST", "{name}:deploy", NULL, true, true},
	{"models.undeploy", "POST", "{name}:undeploy", NULL, true, true},
	{"models.export", "POST", "{name}:export", NULL, true, false},
	{"models.modelEvaluations.get", "GET", "{name}", NULL, false, true},
	{"models.modelEvaluations.list", "GET", "{name}/modelEvaluations", "modelEvaluation", false,
	 true},
	{"operations.get", "GET", "{name}", NULL, false, true},
	{"operations.list", "GET", "{name}/operations", "operations", false, true},
	{"operations.cancel", "POST", "{name}:cancel", NULL, true, true},
	{"operations.delete", "DELETE", "{name}", NULL, true, false},
	{"operations.wait", "POST", "{name}:wait", NULL, false, true},
	{"locations.get", "GET", "{name}", NULL, false, true},
	{"locations.list", "GET", "{name}/locations", "locations", false, true},
};

static const char *const versions[] = {"v1", "v1beta1", NULL};

const struct service service_automl = {
	.id = "automl",
	.title = "AutoML",
	.api = "automl.googleapis.com",
	.host = "automl.googleapis.com",
	.override_env = "CLOUDSDK_API_ENDPOINT_OVERRIDES_AUTOML",
	.versions = versions,
	.model = &automl_model,
	.evaluation = &automl_model_evaluation,
	.model_file = "model.json",
	.methods = methods,
	.method_count = ARRAY_SIZE(methods),
};
