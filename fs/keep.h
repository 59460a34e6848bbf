/* SPDX-License-Identifier: MIT */
/*
 * At the end of a mount: refused texts that nobody fetched are written to
 * $XDG_STATE_HOME/modelfs (~/.local/state/modelfs; /var/lib/modelfs/state
 * without a home), with a line in the log each.
 */
#ifndef MODELFS_KEEP_H
#define MODELFS_KEEP_H

#include "fs/tree.h"

void keep_rejected(struct mount *m);

#endif
