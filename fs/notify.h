/* SPDX-License-Identifier: MIT */
/*
 * Telling the kernel what changed: names and pages from a thread of its own,
 * for such a notification may wait for an answer that only the loop can give;
 * attributes at once.  Everything but the thread itself is called by the
 * loop's thread, after the new state can be seen.
 */
#ifndef MODELFS_NOTIFY_H
#define MODELFS_NOTIFY_H

#include "fs/state.h"

struct notifier;

int notifier_new(struct mount *m, struct notifier **out);
/* No more notifications; waits at most wait_ms for those queued.  False: the
 * thread is stuck in the kernel (abort the connection, then free). */
bool notifier_stop(struct notifier *n, unsigned wait_ms);
void notifier_free(struct notifier *n);

/* The inode's attributes are outdated, and so its pages once an mtime differs.
 * Told before this returns (it takes no page's and no directory's lock): told
 * later, the kernel would drop what a GETATTR of the new state just answered,
 * and a reader would find the end of the file where it was before. */
void notify_inode(struct notifier *n, fuse_ino_t ino);
/* As notify_inode(), with its pages: they came from a handle with an older
 * content.  From the thread. */
void notify_pages(struct notifier *n, fuse_ino_t ino);
void notify_entry(struct notifier *n, fuse_ino_t parent, const char *name);
void notify_poll(struct notifier *n, struct fuse_pollhandle *ph); /* takes ph over */

/* What was queued so far, as a number; and waiting until that was delivered:
 * REQ_DONE when it was (or when waiting took too long: the kernel's timeouts
 * do the rest), else REQ_PARKED.  Only for requests that hold no directory:
 * the notifier may be waiting for just that. */
uint64_t notify_ticket(struct notifier *n);
int notify_wait(struct notifier *n, struct req *r); /* r->ticket */

#endif
