/* SPDX-License-Identifier: MIT */
/*
 * .modelfs/: version, configuration, figures, the last errors; and the line in
 * the log that every failed and every changing request leaves.  Loop's thread.
 */
#ifndef MODELFS_ABOUT_H
#define MODELFS_ABOUT_H

#include "fs/state.h"

int about_new(struct mount *m, struct about **out);
void about_free(struct about *a);

/* Content of `.modelfs/NAME`. */
int about_render(struct mount *m, const char *name, struct buf *out);
/* The daemon's status as a JSON object (control socket). */
int about_status(struct mount *m, struct buf *out);

/* Remember and log one failure: what was done to what, and why it failed. */
void about_failed(struct mount *m, const char *what, const char *resource,
		  const struct api_error *e);
/* Log a request that changes something. */
void about_changed(struct mount *m, uid_t uid, pid_t pid, const char *method, const char *resource,
		   const char *mask, const char *outcome);

#endif
