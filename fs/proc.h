/* SPDX-License-Identifier: MIT */
/*
 * Looking at the processes that call us, through /proc.  Any thread; never
 * looks into the mount.
 */
#ifndef MODELFS_PROC_H
#define MODELFS_PROC_H

#include <sys/types.h>

#include "api/util.h"

/* Process id of a thread (FUSE tells thread ids). */
pid_t proc_tgid(pid_t tid);
/* Whether the process has a file with this inode number open, under whatever
 * name by now; true where that cannot be known but the process lives. */
bool proc_holds(pid_t tgid, uint64_t ino);
/* The kernel asks for interruption at any signal.  True if one is pending that
 * means "stop" (or the thread is gone), false for a child's end, a resized
 * window and the like, which the call outlives on a disk. */
bool proc_interrupted(pid_t tid);

#endif
