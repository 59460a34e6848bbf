/* SPDX-License-Identifier: MIT */
/*
 * A save or a removal whose method answered with a long-running operation: it
 * waits for that operation, to the deadline (contract section 3, "Waiting").
 * The operation is registered first, so that its directory is there whatever
 * becomes of the wait.  Loop's thread only.
 *
 * A struct lro listens to the record of its operation and is gone after its
 * last callback.
 */
#ifndef MODELFS_LRO_H
#define MODELFS_LRO_H

#include "fs/operations.h"

/* The wait ends that much before the deadline of the FUSE request, so that it can
 * still say why. */
#define LRO_BEFORE_DEADLINE_NS (150 * NSEC_PER_MSEC)

struct lro_end {
	bool running;          /* the deadline passed: it is called again at the end */
	bool aborted;          /* the mount ends: nobody will ever know */
	int err;               /* 0, or a negative errno */
	struct api_error why;  /* err: borrowed during the callback */
	struct json operation; /* as it ended; absent unless it did */
};

/* Called at the deadline if the operation runs on, and once at its end; both
 * from the loop, or the latter from inside lro_begin(). */
typedef void lro_done(void *ctx, const struct lro_end *e);

struct lro_options {
	struct mount *m;
	const struct service *service;
	const char *method;   /* that answered; static */
	const char *place;    /* projects/P/locations/L or projects/P */
	const char *model;    /* what it works on, NULL: not known yet */
	const char *version;  /* its id; may be NULL */
	const char *request;  /* what was sent, for request.json; may be NULL */
	uint64_t begun_ns;    /* the request */
	uint64_t deadline_ns; /* of the waiting */
	lro_done *done;
	void *ctx;
};

/* The answer of a method is an operation. */
bool lro_answered(struct json answer);
/* Register it and wait.  0 or -ENOMEM (then done is not called). */
int lro_begin(const struct lro_options *o, struct json answer);

#endif
