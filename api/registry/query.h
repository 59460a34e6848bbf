/* SPDX-License-Identifier: MIT */
/*
 * The query parameters that each method takes, a table of the documents' facts.
 * Any thread.
 */
#ifndef MODELFS_REGISTRY_QUERY_H
#define MODELFS_REGISTRY_QUERY_H

#include "api/registry/request.h"

/* 0, or REQUEST_REFUSED: a parameter that the request's method does not have.
 * System parameters, and whatever begins with `$`, pass. */
int query_check(struct request *rq);

#endif
