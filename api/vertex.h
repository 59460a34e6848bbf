/* SPDX-License-Identifier: MIT */
/*
 * Vertex AI's messages (api/vertex_schema.c, extracted from its discovery
 * documents).  The service itself is service_vertex in api/service.h.
 * Constant data, any thread.
 */
#ifndef MODELFS_VERTEX_H
#define MODELFS_VERTEX_H

#include "api/schema.h"

extern const struct message vertex_model;
extern const struct message vertex_upload_model_request;
extern const struct message vertex_merge_version_aliases_request;
extern const struct message vertex_export_model_request;
extern const struct message vertex_copy_model_request;
extern const struct message vertex_model_evaluation;
extern const struct message vertex_operation;

#endif
