/* SPDX-License-Identifier: MIT */
/*
 * Destroying is explicit (contract section 3): rmdir of a model, a version or
 * an ended operation is a request, where it is plainly meant.  fs/guard.h
 * remembers what speaks against it.  Loop's thread only.
 */
#ifndef MODELFS_REMOVE_H
#define MODELFS_REMOVE_H

#include "fs/layout.h"

/* RMDIR of r->name in directory r->ino: replies, or parks. */
int remove_dir(struct req *r);

/* A removal was refused, or (an attribute's) swallowed; what was swallowed was
 * written anew. */
void remove_refused(struct req *r, struct node *dir, const char *name, bool is_dir);
void remove_swallowed(struct req *r, struct node *dir, const char *name);
void remove_replaced(struct mount *m, struct node *dir, const char *name);

/* May an alias of this directory go?  0, or -EBUSY, which was told. */
int remove_alias_check(struct req *r, struct node *dir, const char *name);

#endif
