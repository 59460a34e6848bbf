/* SPDX-License-Identifier: MIT */
/*
 * The last failures, and the line in the log that every failed and every
 * changing request leaves.  Loop's thread only.
 */
#ifndef MODELFS_JOURNAL_H
#define MODELFS_JOURNAL_H

#include "fs/state.h"

struct failure {
	uint64_t when_ns;
	char *what, *resource, *message, *request_id;
	int err, http;
	enum api_code code;
};

/* From here on it hears of every call of the mount's client. */
int journal_new(struct mount *m, struct journal **out);
void journal_free(struct journal *j);

/* Remember and log one failure: what was done to what, and why it failed. */
void journal_failed(struct mount *m, const char *what, const char *resource,
		    const struct api_error *e);
/* Log a request that changes something. */
void journal_changed(struct mount *m, uid_t uid, pid_t pid, const char *method,
		     const char *resource, const char *mask, const char *outcome);

/* The failure before the last `back` ones; NULL: none is remembered. */
const struct failure *journal_at(const struct mount *m, size_t back);
/* How many there were. */
uint64_t journal_total(const struct mount *m);

#endif
