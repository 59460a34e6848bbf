/* SPDX-License-Identifier: MIT */
/*
 * From the command line to a daemon that serves a mount, and back: the start
 * in two phases (the parent waits until the mount answers and tells why if it
 * does not), and the ways a mount ends.  The command line's process, one
 * thread; each command returns a sysexits code.
 */
#ifndef MODELFS_LIFECYCLE_H
#define MODELFS_LIFECYCLE_H

#include "fs/mountinfo.h"
#include "fs/options.h"

/* argv[0] stands before complaints ("modelfs mount"). */
int mount_command(int argc, char **argv);
int unmount_command(int argc, char **argv);
int status_command(int argc, char **argv);
int wait_command(int argc, char **argv);
/* `mount.modelfs`, as mount(8) calls it; returns its exit codes. */
int mount_helper(int argc, char **argv);

/* Check, start and wait until the mount answers.  o->config is complete. */
int lifecycle_mount(const struct options *o);

/* Take a mount out of the tree without its daemon: dead ones, and lazily
 * (then the connection is aborted, so that nobody hangs in it).  0, -EBUSY,
 * -EPERM … with *why (fresh memory or NULL). */
int lifecycle_detach(const struct mountinfo *m, bool lazy, char **why);

/* "vertex/… from local registry at DIR on MOUNTPOINT": fresh memory. */
char *lifecycle_describe(const struct config *c);

#endif
