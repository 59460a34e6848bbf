/* SPDX-License-Identifier: MIT */
/* AI Platform's methods by verb and path. */
#include "api/registry/ml.h"

#define PROJECT   "projects/{}"
#define MODEL     PROJECT "/models/{}"
#define VERSION   MODEL "/versions/{}"
#define OPERATION PROJECT "/operations/{}"
#define LOCATION  PROJECT "/locations/{}"

const struct route ml_routes[] = {
	{"POST", PROJECT "/models", NULL, SURFACE_ML, "models.create", ml_models_create, NULL},
	{"GET", PROJECT "/models", NULL, SURFACE_ML, "models.list", ml_models_list, NULL},
	{"GET", MODEL, NULL, SURFACE_ML, "models.get", ml_models_get, NULL},
	{"PATCH", MODEL, NULL, SURFACE_ML, "models.patch", ml_models_patch, NULL},
	{"DELETE", MODEL, NULL, SURFACE_ML, "models.delete", ml_models_delete, NULL},
	{"POST", MODEL "/versions", NULL, SURFACE_ML, "models.versions.create", ml_versions_create,
	 NULL},
	{"GET", MODEL "/versions", NULL, SURFACE_ML, "models.versions.list", ml_versions_list,
	 NULL},
	{"GET", VERSION, NULL, SURFACE_ML, "models.versions.get", ml_versions_get, NULL},
	{"PATCH", VERSION, NULL, SURFACE_ML, "models.versions.patch", ml_versions_patch, NULL},
	{"DELETE", VERSION, NULL, SURFACE_ML, "models.versions.delete", ml_versions_delete, NULL},
	{"POST", VERSION, "setDefault", SURFACE_ML, "models.versions.setDefault",
	 ml_versions_set_default, NULL},
	{"GET", PROJECT "/operations", NULL, SURFACE_ML, "operations.list", ml_operations_list,
	 NULL},
	{"GET", OPERATION, NULL, SURFACE_ML, "operations.get", ml_operations_get, NULL},
	{"POST", OPERATION, "cancel", SURFACE_ML, "operations.cancel", ml_operations_cancel, NULL},
	{"GET", PROJECT "/locations", NULL, SURFACE_ML, "locations.list", ml_locations_list, NULL},
	{"GET", LOCATION, NULL, SURFACE_ML, "locations.get", ml_locations_get, NULL},
};
const size_t ml_route_count = ARRAY_SIZE(ml_routes);
