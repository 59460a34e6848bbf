/* SPDX-License-Identifier: MIT */
/*
 * A save on its way from text to request: shared by fs/commit.c, which sends,
 * and fs/commit_judge.c, which decides what.  Loop's thread only.
 */
#ifndef MODELFS_COMMIT_PRIVATE_H
#define MODELFS_COMMIT_PRIVATE_H

#include "fs/commit.h"
#include "fs/judge.h"

struct judging {
	struct node *n, *dir;
	const struct commit_text *t;
	struct req *r;
	struct object *o; /* of the directory */
	struct judge j;
	struct judged out;
	const char *method;
};

/* What is to be sent, in g->method and g->out.  0, REQ_PARKED (news are asked
 * for: judge again), or a negative errno with g->out.reason. */
int commit_judge(struct judging *g);
/* The resource that the request is sent to; fresh memory. */
char *commit_target(const struct judging *g);

#endif
