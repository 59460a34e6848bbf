/* SPDX-License-Identifier: MIT */
/*
 * What was tried to be removed a moment ago, so that a tool that deletes a tree
 * is told from somebody who means one directory (contract section 3,
 * "Destroying is explicit").  Paths are below the mount's root, without a
 * slash at either end.  A plain data structure: no requests, no clock of its
 * own; times are monotonic nanoseconds.  Loop's thread only.
 */
#ifndef MODELFS_GUARD_H
#define MODELFS_GUARD_H

#include "api/util.h"

#define GUARD_NS (60 * NSEC_PER_SEC)
/* Paths that are remembered; beyond that everything is guarded for a while. */
#define GUARD_MAX ((size_t)16384)

struct guard;

int guard_new(struct guard **out);
void guard_free(struct guard *g); /* NULL is fine */

/* The removal of path was refused; dir: it is a directory. */
void guard_refused(struct guard *g, const char *path, bool dir, uint64_t now);
/* The attribute at path was unlinked, which changed nothing upstream … */
void guard_swallowed(struct guard *g, const char *path, uint64_t now);
/* … and was written anew. */
void guard_replaced(struct guard *g, const char *path);

enum guard_reason {
	GUARD_NONE,      /* nothing speaks against removing it */
	GUARD_ABOVE,     /* a directory above it was to be removed, and was not */
	GUARD_BELOW,     /* something below it was */
	GUARD_SWALLOWED, /* an attribute below it was unlinked and not replaced */
};
enum guard_reason guard_check(const struct guard *g, const char *path, uint64_t now);
/* For a log line; GUARD_NONE has none. */
const char *guard_words(enum guard_reason why);

#endif
