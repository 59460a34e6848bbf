/* SPDX-License-Identifier: MIT */
/*
 * The FUSE connection: mount, receive from the loop, unmount.  Replies are
 * written by libfuse; ours is only the reading side and one flag in the INIT
 * reply.  Loop's thread only.
 */
#ifndef MODELFS_SESSION_H
#define MODELFS_SESSION_H

#include "fs/state.h"

struct session;

/* Mount at config->mountpoint and watch /dev/fuse in the loop.  0 or -errno
 * (libfuse has printed why on stderr). */
int session_new(struct mount *m, const struct fuse_lowlevel_ops *ops, struct session **out);
struct fuse_session *session_fuse(struct session *s);

/* Unmount in a child process (umount(2) may need answers from us), lazily or
 * not; done(ctx, err) is called from the loop: 0, -EBUSY, …  The end of the
 * connection itself stops the loop with result 0. */
void session_unmount(struct session *s, bool lazy, void (*done)(void *ctx, int err), void *ctx);
/* A child ended (SIGCHLD). */
void session_child_ended(struct session *s);

/* After the loop: detach whatever still stands, close, free. */
void session_free(struct session *s);

#endif
