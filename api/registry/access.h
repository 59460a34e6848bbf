/* SPDX-License-Identifier: MIT */
/*
 * The access log (one JSON line per request, one write(2), before the answer's
 * last byte) and the bearer tokens of TCP listeners.  Any thread may call.
 */
#ifndef MODELFS_REGISTRY_ACCESS_H
#define MODELFS_REGISTRY_ACCESS_H

#include "api/registry/request.h"

#define ACCESS_BODIES  0x1u /* what was sent */
#define ACCESS_ANSWERS 0x2u /* what was answered, where it is JSON */

struct access_log;
int access_log_open(const char *path, unsigned with, struct access_log **out);
void access_log_close(struct access_log *log);
int access_log_reopen(struct access_log *log); /* after rotation */
const char *access_log_path(const struct access_log *log);
void access_log_write(struct access_log *log, const struct request *rq, uint64_t bytes);

/* --tokens FILE: lines "NAME SHA256", the hexadecimal digest of the token;
 * '#' begins a comment.  A token is compared in constant time. */
struct tokens;
int tokens_load(const char *path, struct tokens **out, struct buf *why);
void tokens_free(struct tokens *t);
/* The name of the token's owner, or NULL. */
const char *tokens_find(const struct tokens *t, const char *token);

#endif
