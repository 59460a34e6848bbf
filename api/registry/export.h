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

/* Append supportedExportFormats as JSON for these files (a directory's). */
int formats_print(int dir, const struct bucket_files *files, bool artifact, bool image,
		  struct buf *out);
/* Mark the files that format `id` consists of (keep holds files->count). */
int formats_select(int dir, const struct bucket_files *files, const char *id, bool *keep);

/* The queue's entry: work is {"artifactUri","format","image"}, output the
 * gs:// directory to create. */
void export_work(struct registry *reg, struct job *job);

#endif
