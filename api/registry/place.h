/* SPDX-License-Identifier: MIT */
/*
 * Projects and locations: they come into being by first use.  A project's
 * number is a stable hash of its id, so it is the same in every registry.
 */
#ifndef MODELFS_REGISTRY_PLACE_H
#define MODELFS_REGISTRY_PLACE_H

#include "api/registry/request.h"
#include "api/registry/store.h"

struct place {
	int64_t project; /* number */
	const char *location;
	bool known; /* both are there */
	bool beta;  /* asked for through v1beta1, which lacks some fields */
};

/* The number a project of this id has or would have. */
int64_t place_project_number(const char *id);
/* From the request's first two arguments; create makes what is missing. */
int place_find(struct request *rq, struct txn *t, bool create, struct place *out);
int place_find_project(struct txn *t, const char *id_or_number, int64_t *number); /* 1: found */
/* The project of the request's first argument, for services whose names have no
 * location; create makes a missing one.  1: it is there, 0: not (number is what
 * it would have). */
int place_of_project(struct request *rq, struct txn *t, bool create, int64_t *number);
/* "projects/NUMBER/locations/L" */
int place_print(const struct place *p, struct buf *out);

int place_locations_list(struct request *rq);
int place_locations_get(struct request *rq);
int place_projects_search(struct request *rq);
int place_projects_get(struct request *rq);

#endif
