/* SPDX-License-Identifier: MIT */
/*
 * Exports: which formats the files of a model amount to, and the worker that
 * copies them.  A reader never sees half an export: files go to a hidden
 * directory beside the destination, which is renamed when all is on disk.
 */
#ifndef MODELFS_REGISTRY_EXPORT_H
#define MODELFS_REGISTRY_EXPORT_H

#include "api/json.h"
#include "api/registry/bucket.h"
#include "api/registry/queue.h"
#include "api/registry/request.h"
#include "api/registry/store.h"

/* Append supportedExportFormats as JSON for these files (a directory's). */
int formats_print(int dir, const struct bucket_files *files, bool artifact, bool image,
		  struct buf *out);
/* Mark the files that format `id` consists of (keep holds files->count). */
int formats_select(int dir, const struct bucket_files *files, const char *id, bool *keep);
/* The same with the supporting files: all that no other format claims. */
int formats_select_supporting(int dir, const struct bucket_files *files, const char *id,
			      bool *keep);

/* outputUriPrefix: *out is gs://bucket/directory without a trailing '/'; a
 * refusal is answered and names `field`. */
int export_check_prefix(struct request *rq, const char *field, struct json v, char **out);
/* PREFIX/model-export-<model-display-name>-<timestamp of the call>, free so far. */
int export_reserve(struct registry *reg, struct txn *t, const char *prefix,
		   const char *display_name, int64_t now, struct buf *output);

/* The queue's entry; output is the gs:// directory to create, or absent.  Its
 * work: {"format", "supporting": true, "artifactUri" or "artifacts" (below
 * <data>/artifacts), "image" (to write), "imageSource" (to copy; without: the
 * image is built from the files, by "params")}. */
void export_work(struct registry *reg, struct job *job);

#endif
