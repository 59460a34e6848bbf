/* SPDX-License-Identifier: MIT */
/*
 * What is mounted where, from /proc/self/mountinfo, and paths of mount points
 * found without asking the mounts themselves, which may be dead or mute.
 * Owner of a table: whoever read it.  Any thread.
 */
#ifndef MODELFS_MOUNTINFO_H
#define MODELFS_MOUNTINFO_H

#include <sys/types.h>

#include "api/util.h"

#define MOUNTINFO_TYPE "fuse.modelfs"

struct mountinfo {
	unsigned id, parent;
	unsigned major, minor; /* minor: the number below /sys/fs/fuse/connections */
	char *mountpoint;      /* unescaped, points into line */
	char *type;
	char *source;
	char *super_options; /* "rw,user_id=0,group_id=0,…" */
	char *line;          /* the memory of the strings */
};

/* One line (no newline) into *out, which then owns a copy.  0, -EINVAL,
 * -ENOMEM. */
int mountinfo_parse(const char *line, struct mountinfo *out);
void mountinfo_free(struct mountinfo *m);

struct mountinfo_table {
	struct mountinfo *rows;
	size_t count;
};

/* file NULL: /proc/self/mountinfo. */
int mountinfo_read(const char *file, struct mountinfo_table *out);
void mountinfo_table_free(struct mountinfo_table *t);
#define _cleanup_mountinfo_ _cleanup_(mountinfo_table_free)

/* The topmost mount on exactly this path, or the one that the path lies in;
 * NULL: none.  The path is absolute and is only compared. */
const struct mountinfo *mountinfo_at(const struct mountinfo_table *t, const char *path);
const struct mountinfo *mountinfo_containing(const struct mountinfo_table *t, const char *path);

bool mountinfo_is_ours(const struct mountinfo *m); /* the type is MOUNTINFO_TYPE */
/* The user who mounted it (user_id=); false: not told. */
bool mountinfo_owner(const struct mountinfo *m, uid_t *out);

/* Absolute, without empty and "." components; "..", which a symlink may bend,
 * stays.  Nothing on disk is looked at.  Fresh memory, NULL when short or when
 * there is no current directory. */
char *path_absolute(const char *path);

/* The absolute path of a mount point, symlinks resolved, but a mounted path is
 * taken as it is: its last component is never asked.  0 or -errno. */
int mountpoint_resolve(const char *path, char **out);

#endif
