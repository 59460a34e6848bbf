/* SPDX-License-Identifier: MIT */
/*
 * .modelfs/: version, configuration, figures, the last errors.  Loop's thread.
 */
#ifndef MODELFS_ABOUT_H
#define MODELFS_ABOUT_H

#include "fs/tree.h"

/* Content of a file in .modelfs/, for the tables of classes. */
int about_render(struct node *n, struct object *o, struct buf *out);
/* The daemon's status as a JSON object (control socket). */
int about_status(struct mount *m, struct buf *out);

#endif
