/* SPDX-License-Identifier: MIT */
/*
 * aliases/: a symbolic link made, removed or renamed there is one
 * mergeVersionAliases (contract section 3 and 4).  The functions are steps of a
 * FUSE request and are run again from their start when it was parked.  Loop's
 * thread only.
 */
#ifndef MODELFS_ALIAS_H
#define MODELFS_ALIAS_H

#include "fs/layout.h"

/* In `dir`, a link of this name means an alias; false: it is a tool's temporary
 * or lock link, a scratch file. */
bool alias_meant(const struct node *dir, const char *name);

/* SYMLINK of r->name to r->name2: replies, or parks. */
int alias_symlink(struct req *r, struct node *dir);
/* UNLINK of r->name, an alias: replies, or parks. */
int alias_unlink(struct req *r, struct node *dir);
/* RENAME onto r->name2 in dir, an alias, there already or not.  from is an alias
 * of the same directory, or a scratch link: replies, or parks. */
int alias_rename(struct req *r, struct node *from, struct node *dir);

/* The part of an absolute path that lies below the mount point, "" for the
 * mount point itself; NULL: it lies elsewhere. */
const char *alias_below(const char *mountpoint, const char *path);

#endif
