/* SPDX-License-Identifier: MIT */
/*
 * The options of a mount: one table says which there are, what a value may be,
 * and what becomes of the generic ones of mount(8) (passed on or ignored).
 * MODELFS_OPTIONS and MODELFS_ENDPOINT give defaults, the command line wins.
 * Called before the fork, in the main thread.
 */
#ifndef MODELFS_OPTIONS_H
#define MODELFS_OPTIONS_H

#include "fs/option_table.h"

void options_free(struct options *o);
#define _cleanup_options_ _cleanup_(options_free)

/* Defaults, then MODELFS_OPTIONS and MODELFS_ENDPOINT.  Here and below: 0,
 * -EINVAL or another -errno with *why (fresh memory, NULL when short). */
int options_begin(struct options *o, struct config *c, char **why);
/* One -o argument.  origin stands before a complaint ("" or
 * "MODELFS_OPTIONS: "). */
int options_apply(struct options *o, const char *text, const char *origin, char **why);
/* After the last: SOURCE (NULL: all) and MOUNTPOINT; fills in what follows
 * from the rest (gcloud's defaults, data directory, texts). */
int options_finish(struct options *o, const char *source, const char *mountpoint, char **why);

/* SOURCE as the tree names it: no slash at the ends, none doubled; "/", ".",
 * "none" and "modelfs" are all of it.  Fresh memory, NULL when short or when
 * a component is "..". */
char *options_source(const char *text);

#endif
