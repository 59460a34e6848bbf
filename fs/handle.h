/* SPDX-License-Identifier: MIT */
/*
 * What is open: a snapshot for readers, a save for writers.  Lives from OPEN
 * to RELEASE, and on while a commit of its text is under way.  Loop's thread.
 */
#ifndef MODELFS_HANDLE_H
#define MODELFS_HANDLE_H

#include "fs/commit.h"
#include "fs/proc.h"
#include "fs/req.h"
#include "fs/scratch.h"
#include "fs/tree.h"

struct handle {
	struct mount *mount;
	struct node *node;       /* pinned */
	struct scratch *scratch; /* counted; NULL: an attribute */
	struct buf snapshot;     /* what readers read */
	struct save *save;       /* writable attributes */
	char *etag;              /* of the content that stood at open */
	pid_t opener;            /* process id */
	uid_t uid;
	gid_t gid;
	bool append, nonblock;
	bool followed; /* see handle_follow(); the kernel caches it as it was at open */
	bool read;     /* at least once: what it shows stays that version */
	bool released;
	bool saved;            /* a text of it was accepted */
	struct waitq waiters;  /* events that wait for the commit */
	struct commit *commit; /* under way */
	struct req *owner;     /* the event that asked for it */
	uint64_t time_ns;      /* of the content in the snapshot */
	uint64_t seen_gen;     /* poll: what the reader has seen */
};

struct handle *handle_new(struct node *n, const struct req *r);
/* Closed: freed now, or when its commit ended. */
void handle_release(struct handle *h);

/* Before a write, truncation, fsync or flush: the file under the handle may be
 * another kind of file by now, for an attribute that is moved away is a
 * scratch file and a scratch file renamed onto an attribute is that.  What is
 * written next belongs there.  0 or -errno. */
int handle_follow(struct req *r, struct handle *h, bool writes);

static inline struct handle *handle_of(const struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh;
}

/* One event of the handle's save, from its beginning to the reply: REQ_DONE or
 * REQ_PARKED.  Committing goes through fs/commit.h. */
int handle_event(struct req *r, struct handle *h, const struct save_event *e);

#endif
