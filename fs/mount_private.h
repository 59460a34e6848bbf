/* SPDX-License-Identifier: MIT */
/* What fs/mount.c tells its neighbours. */
#ifndef MODELFS_MOUNT_PRIVATE_H
#define MODELFS_MOUNT_PRIVATE_H

#include "fs/state.h"

/* The kernel's INIT was answered: the mount answers. */
void mount_is_ready(struct mount *m);

#endif
