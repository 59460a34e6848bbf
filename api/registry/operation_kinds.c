/* SPDX-License-Identifier: MIT */
/* The kinds of operations, and who does their work: above all that it names. */
#include "api/registry/automl.h"
#include "api/registry/export.h"
#include "api/registry/ml.h"
#include "api/registry/operations.h"

const struct operation_type operation_kinds[OPERATION_KINDS] = {
	[OPERATION_UPLOAD] = {"upload", "UploadModelOperationMetadata", "UploadModelResponse", NULL,
			      &vertex_operations},
	[OPERATION_DELETE] = {"delete", "DeleteOperationMetadata", OPERATION_EMPTY_TYPE, NULL,
			      &vertex_operations},
	[OPERATION_DELETE_VERSION] = {"deleteVersion", "DeleteOperationMetadata",
				      OPERATION_EMPTY_TYPE, NULL, &vertex_operations},
	[OPERATION_EXPORT] = {"export", "ExportModelOperationMetadata", "ExportModelResponse",
			      export_work, &vertex_operations},
	[OPERATION_AUTOML_CREATE] = {"automl.create", "OperationMetadata", "Model",
				     automl_create_work, &automl_operations},
	[OPERATION_AUTOML_DELETE] = {"automl.delete", "OperationMetadata", OPERATION_EMPTY_TYPE,
				     NULL, &automl_operations},
	[OPERATION_AUTOML_DEPLOY] = {"automl.deploy", "OperationMetadata", OPERATION_EMPTY_TYPE,
				     NULL, &automl_operations},
	[OPERATION_AUTOML_UNDEPLOY] = {"automl.undeploy", "OperationMetadata", OPERATION_EMPTY_TYPE,
				       NULL, &automl_operations},
	[OPERATION_AUTOML_EXPORT] = {"automl.export", "OperationMetadata", OPERATION_EMPTY_TYPE,
				     export_work, &automl_operations},
	[OPERATION_ML_CREATE_VERSION] = {"ml.createVersion", "OperationMetadata", "Version",
					 ml_create_work, &ml_operations},
	[OPERATION_ML_DELETE_VERSION] = {"ml.deleteVersion", "OperationMetadata",
					 OPERATION_EMPTY_TYPE, ml_delete_work, &ml_operations},
	[OPERATION_ML_UPDATE_VERSION] = {"ml.updateVersion", "OperationMetadata", "Version",
					 ml_update_work, &ml_operations},
	[OPERATION_ML_UPDATE_MODEL] = {"ml.updateModel", "OperationMetadata", "Model", NULL,
				       &ml_operations},
	[OPERATION_ML_DELETE_MODEL] = {"ml.deleteModel", "OperationMetadata", OPERATION_EMPTY_TYPE,
				       NULL, &ml_operations},
};
