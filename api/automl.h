/* SPDX-License-Identifier: MIT */
/*
 * AutoML's messages (api/automl_schema.c, extracted from the document of v1;
 * v1beta1's export is v1's plus gcrDestination).  The service itself is
 * service_automl in api/service.h.  Constant data, any thread.
 */
#ifndef MODELFS_AUTOML_H
#define MODELFS_AUTOML_H

#include "api/schema.h"

extern const struct message automl_model;
extern const struct message automl_deploy_model_request;
extern const struct message automl_undeploy_model_request;
extern const struct message automl_export_model_request;
extern const struct message automl_model_evaluation;
extern const struct message automl_operation;
extern const struct message automl_wait_operation_request;

#endif
