/* SPDX-License-Identifier: MIT */
/*
 * Which handler a request goes to: one table of verb, path pattern and custom
 * verb.  Fills the request's route, arguments and API version.
 */
#ifndef MODELFS_REGISTRY_ROUTES_H
#define MODELFS_REGISTRY_ROUTES_H

#include "api/registry/request.h"

/* False: no such method; the envelope (404 or 501) is the answer then. */
bool route_find(struct request *rq);
/* The surfaces that a service's id or a request's Host stand for; 0: none. */
unsigned route_surfaces(const char *name);

#endif
