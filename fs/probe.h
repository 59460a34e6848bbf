/* SPDX-License-Identifier: MIT */
/*
 * The one call before the mount answers: is the service there, does it accept
 * our credentials, and is SOURCE something it has?  Runs the loop until the
 * answer is there.
 */
#ifndef MODELFS_PROBE_H
#define MODELFS_PROBE_H

#include "fs/state.h"

/* 0, or a sysexits code with *text (fresh memory) saying why. */
int probe_service(struct mount *m, char **text);

#endif
