/* SPDX-License-Identifier: MIT */
/* /healthz and /metrics, and what is counted for them.  Any thread. */
#ifndef MODELFS_REGISTRY_METRICS_H
#define MODELFS_REGISTRY_METRICS_H

#include "api/registry/request.h"

int metrics_health(struct request *rq);
int metrics_show(struct request *rq);
/* A request was answered. */
void metrics_count(const struct request *rq);

#endif
