/* SPDX-License-Identifier: MIT */
/*
 * Files from one directory into another, for exports and for models that take
 * their files over: reflinked where the file system can, fsynced, summed, at
 * the pace that `serve --export-rate` sets, until the job is cancelled or the
 * server stops.  One worker thread each.
 */
#ifndef MODELFS_REGISTRY_COPY_H
#define MODELFS_REGISTRY_COPY_H

#include "api/json.h"
#include "api/registry/bucket.h"
#include "api/registry/queue.h"

struct copy {
	struct registry *reg;
	struct job *job;
	uint64_t copied, began;
	char why[256]; /* what failed, for the operation's message */
};
#define COPY_INIT(registry, the_job)                                   \
	{                                                              \
		.reg = (registry), .job = (the_job), .began = now_ns() \
	}

/* Name `what` as the reason unless there is one; returns err. */
int copy_fail(struct copy *c, int err, const char *what);
/* The files that keep says (NULL: all) from src to below dest, which holds
 * none of them; each becomes {"name","size","sha256"} in w (NULL: no list). */
int copy_files(struct copy *c, int src, const struct bucket_files *files, const bool *keep,
	       int dest, struct json_writer *w);
/* n bytes more were moved: waits as --export-rate wants it; 0, or as job_check(). */
int copy_pace(struct copy *c, size_t n);
/* SHA-256 of a file's content, in hex; size may be NULL. */
int copy_digest(struct copy *c, int fd, char hex[65], uint64_t *size);
/* Write a whole file and rename it into place: dir/name, through dir/temp. */
int copy_write(int dir, const char *temp, const char *name, const void *data, size_t len);

#endif
