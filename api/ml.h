/* SPDX-License-Identifier: MIT */
/*
 * AI Platform's messages (api/ml_schema.c, extracted from the document of v1).
 * The service itself is service_ml in api/service.h.  Where a masked message
 * has masked fields of its own (autoScaling.minNodes, manualScaling.nodes), an
 * updateMask names those.  Constant data, any thread.
 */
#ifndef MODELFS_ML_H
#define MODELFS_ML_H

#include "api/schema.h"

extern const struct message ml_model;
extern const struct message ml_version;
extern const struct message ml_set_default_version_request;
extern const struct message ml_operation;
extern const struct message ml_operation_metadata;
extern const struct message ml_location;

#endif
