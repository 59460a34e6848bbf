/* SPDX-License-Identifier: MIT */
/*
 * Scratch files: what editors and shells put beside attributes.  They live in
 * memory, 1 MiB each and 64 MiB in all, and never cause a request.  A scratch
 * is counted: its name and every open handle hold it.  Loop's thread only.
 */
#ifndef MODELFS_SCRATCH_H
#define MODELFS_SCRATCH_H

#include "fs/tree.h"

#define SCRATCH_FILE_MAX ((size_t)1 << 20)
#define SCRATCH_ALL_MAX  ((size_t)64 << 20)

struct scratch {
	unsigned refs;
	mode_t mode; /* type and permission bits */
	uid_t uid;
	gid_t gid;
	struct timespec atime, mtime, ctime;
	struct buf data;       /* content, or a symlink's target */
	size_t charged;        /* bytes counted against SCRATCH_ALL_MAX */
	char *backup_of;       /* the attribute whose content this is, unchanged; NULL: none */
	unsigned backup_saves; /* its local's saves at that time */
};

struct scratch *scratch_new(mode_t mode, uid_t uid, gid_t gid);
struct scratch *scratch_ref(struct scratch *s);
void scratch_free(struct scratch *s); /* drops one reference; NULL is fine */
int scratch_write(struct scratch *s, const char *data, size_t len, uint64_t off);
int scratch_truncate(struct scratch *s, uint64_t len);
void scratch_touch(struct scratch *s);
/* It holds the content of dir's attribute `name` as it stands. */
void scratch_backup(struct scratch *s, struct node *dir, const char *name);
void scratch_stat(const struct scratch *s, struct stat *st);

/* A new scratch file `name` in dir: -EINVAL name, -ENOMEM. */
int scratch_create(struct tree *t, struct node *dir, const char *name, struct scratch *s,
		   struct node **out);
/* The scratch file of this name; NULL: none. */
struct node *scratch_find(struct node *dir, const char *name);
/* The node's name goes; the scratch stays while handles are open. */
void scratch_unlink(struct tree *t, struct node *n);
/* Put a node among, or take it from, its directory's scratch files. */
void scratch_enter(struct node *dir, struct node *n);
void scratch_leave(struct tree *t, struct node *n);

size_t scratch_bytes(void);
/* Append a JSON array of the paths of all scratch files below n. */
void scratch_report(struct node *n, struct json_writer *w);

#endif
