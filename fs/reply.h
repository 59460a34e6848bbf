/* SPDX-License-Identifier: MIT */
/*
 * From inode numbers to nodes and back: what path operations begin and end
 * with.  Loop's thread only.
 */
#ifndef MODELFS_REPLY_H
#define MODELFS_REPLY_H

#include "fs/tree.h"

/* The node an inode number means; NULL: the request was answered (ESTALE). */
struct node *req_node(struct req *r, fuse_ino_t ino);
/* Answer with the entry of a node; may park. */
int reply_node(struct req *r, struct node *n, double entry_timeout);

#endif
