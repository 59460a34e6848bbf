/* SPDX-License-Identifier: MIT */
/*
 * Buckets: gs://BUCKET/OBJECT is the file <data>/buckets/BUCKET/OBJECT.
 *
 * Every path is opened with openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), so
 * the kernel keeps it inside its bucket whatever it is called.  Names that
 * begin with BUCKET_HIDDEN are ours (unfinished uploads and exports), never
 * objects.  Any thread may call; file descriptors belong to the caller.
 */
#ifndef MODELFS_REGISTRY_BUCKET_H
#define MODELFS_REGISTRY_BUCKET_H

#include "api/buf.h"
#include "api/registry/state.h"

#define BUCKET_HIDDEN    ".modelfs-"
#define BUCKET_DEPTH_MAX 64

bool bucket_name_valid(const char *name);
/* An object name that a path can bear: 0, -EINVAL, -ENAMETOOLONG. */
int bucket_object_check(const char *name);

/* The bucket's directory; create makes it.  0, -ENOENT, -EINVAL (name) … */
int bucket_open(struct registry *reg, const char *bucket, bool create, int *fd);
/* Open below a directory (of a bucket); "" is the directory itself. */
int bucket_open_at(int dir, const char *path, int flags, int *fd);
/* Make every directory of `path` and open the last.  -ENOTDIR: one is a file. */
int bucket_make_dirs(int dir, const char *path, int *fd);

struct bucket_file {
	char *path; /* relative to where the walk began */
	uint64_t size;
	struct timespec mtime;
};
struct bucket_files {
	struct bucket_file *files; /* sorted by path, as bytes */
	size_t count;
	size_t cap;
};
/* All regular files below dir (hidden ones and symlinks left out). */
int bucket_walk(int dir, struct bucket_files *out);
void bucket_files_free(struct bucket_files *f);
#define _cleanup_bucket_files_ _cleanup_(bucket_files_free)

/* What lies at an artifact URI: files relative to a directory that *fd is, or
 * one file.  -EINVAL: no such URI form, -ENOENT: nothing there. */
int bucket_artifacts(struct registry *reg, const char *uri, int *fd, struct bucket_files *out);

/* rm -r dir/name; a missing one is fine. */
int bucket_remove_tree(int dir, const char *name);
/* Remove what a crash left of unfinished uploads, in every bucket. */
void bucket_sweep(struct registry *reg);

/* Create bucket/object's hidden temporary file. */
int bucket_temp_open(int bucket, char name[40], int *fd);

#endif
