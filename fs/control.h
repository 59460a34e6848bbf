/* SPDX-License-Identifier: MIT */
/*
 * The control socket of a mount: how `modelfs status` and `modelfs unmount`
 * reach its daemon without touching the mount.  One Unix socket per mount
 * point below $XDG_RUNTIME_DIR/modelfs, /run/modelfs (root) or
 * /tmp/modelfs-UID, 0600, named after the mount point's hash.
 * Server side: called by the loop's thread.  Client side: blocking, bounded.
 */
#ifndef MODELFS_CONTROL_H
#define MODELFS_CONTROL_H

#include "api/buf.h"
#include "fs/loop.h"

struct control_hooks {
	/* A JSON object about the mount. */
	int (*status)(void *ctx, struct buf *out);
	/* Finish saves in flight, then unmount; the answer goes out when the
	 * mount is gone or cannot go (busy): call control_finish(). */
	void (*unmount)(void *ctx, bool lazy);
	void *ctx;
};

struct control;
int control_listen(struct loop *l, const char *mountpoint, const struct control_hooks *hooks,
		   struct control **out);
/* Answer those who asked for unmount: err 0 or -errno. */
void control_finish(struct control *c, int err);
void control_free(struct control *c); /* unlinks the socket */

/* Ask the daemon of a mount: "status" or "unmount" or "unmount-lazy".  0,
 * -ENOENT (no daemon), -ETIMEDOUT, or the daemon's own -errno. */
int control_ask(const char *mountpoint, const char *command, unsigned timeout_ms,
		struct buf *answer);

#endif
