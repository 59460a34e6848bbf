/* SPDX-License-Identifier: MIT */
/*
 * Work that a dead or mute file system could hold for ever, done in a child
 * with a deadline.  A child that cannot even be killed is left behind, holding
 * no descriptor of ours, and ends with the mount it hangs in.
 * Single-threaded callers only (the command line).
 */
#ifndef MODELFS_BOUNDED_H
#define MODELFS_BOUNDED_H

#include "api/buf.h"

/* Run fn in a child; what it writes to out_fd is appended to out (may be
 * NULL).  Returns what fn returned (0 or -errno), -ETIMEDOUT, or -errno. */
typedef int bounded_fn(void *ctx, int out_fd);
int bounded_run(bounded_fn *fn, void *ctx, unsigned timeout_ms, struct buf *out);

/* Run a program, found in PATH; its stderr is appended to out.  Its exit
 * status (0 … 255), or -errno. */
int bounded_exec(char *const argv[], unsigned timeout_ms, struct buf *out);

/* statfs(2) with a deadline: 0 alive, -ENOTCONN dead, -ETIMEDOUT mute. */
int bounded_statfs(const char *path, unsigned timeout_ms);

#endif
