/* SPDX-License-Identifier: MIT */
/*
 * One mount, from first request to unmount.  Called in the daemon after the
 * fork; everything runs in the calling thread, but for the notifier.
 */
#ifndef MODELFS_MOUNT_H
#define MODELFS_MOUNT_H

#include "fs/config.h"

/* Told once: the mount answers (err 0), or why it cannot be (err: sysexits
 * code, text: one clear line). */
typedef void mount_ready(void *ctx, int err, const char *text);

/* Mount and serve until unmounted or SIGTERM/SIGINT.  Returns a sysexits code
 * (0: a clean end). */
int mount_run(const struct config *c, mount_ready *ready, void *ctx);

/* Check a SOURCE: 0, or -EINVAL for one that is neither the root, a service, a
 * project, a location, `models` nor one model. */
int mount_source_check(const char *source);

#endif
