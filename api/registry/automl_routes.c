/* SPDX-License-Identifier: MIT */
#include "api/registry/automl.h"

#define LOCATION   "projects/{}/locations/{}"
#define MODEL      LOCATION "/models/{}"
#define OPERATION  LOCATION "/operations/{}"
#define EVALUATION MODEL "/modelEvaluations/{}"
#define ROUTE(verb, pattern, custom, id, handle)                        \
	{                                                               \
		verb, pattern, custom, SURFACE_AUTOML, id, handle, NULL \
	}

const struct route automl_routes[] = {
	ROUTE("GET", "projects/{}/locations", NULL, "locations.list", automl_locations_list),
	ROUTE("GET", LOCATION, NULL, "locations.get", automl_locations_get),

	ROUTE("POST", LOCATION "/models", NULL, "models.create", automl_models_create),
	ROUTE("GET", LOCATION "/models", NULL, "models.list", automl_models_list),
	ROUTE("GET", MODEL, NULL, "models.get", automl_models_get),
	ROUTE("PATCH", MODEL, NULL, "models.patch", automl_models_patch),
	ROUTE("DELETE", MODEL, NULL, "models.delete", automl_models_delete),
	ROUTE("POST", MODEL, "deploy", "models.deploy", automl_models_deploy),
	ROUTE("POST", MODEL, "undeploy", "models.undeploy", automl_models_undeploy),
	ROUTE("POST", MODEL, "export", "models.export", automl_models_export),
	ROUTE("GET", MODEL "/modelEvaluations", NULL, "models.modelEvaluations.list",
	      automl_evaluations_list),
	ROUTE("GET", EVALUATION, NULL, "models.modelEvaluations.get", automl_evaluations_get),

	ROUTE("GET", LOCATION "/operations", NULL, "operations.list", operations_list),
	ROUTE("GET", OPERATION, NULL, "operations.get", operations_get),
	ROUTE("DELETE", OPERATION, NULL, "operations.delete", operations_delete),
	ROUTE("POST", OPERATION, "cancel", "operations.cancel", operations_cancel),
	ROUTE("POST", OPERATION, "wait", "operations.wait", operations_wait),
};
const size_t automl_route_count = ARRAY_SIZE(automl_routes);
