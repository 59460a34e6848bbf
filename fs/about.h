/* SPDX-License-Identifier: MIT */
/*
 * .modelfs/: version, configuration, figures, the last errors.  Loop's thread.
 */
#ifndef MODELFS_ABOUT_H
#define MODELFS_ABOUT_H

#include "fs/state.h"

/* Content of `.modelfs/NAME`. */
int about_render(struct mount *m, const char *name, struct buf *out);
/* The daemon's status as a JSON object (control socket). */
int about_status(struct mount *m, struct buf *out);

#endif
