/* SPDX-License-Identifier: MIT */
/*
 * What a mount was asked for: command line, MODELFS_ENDPOINT, MODELFS_OPTIONS,
 * defaults.  Plain data, filled once before the fork, read-only afterwards.
 */
#ifndef MODELFS_CONFIG_H
#define MODELFS_CONFIG_H

#include <sys/types.h>

#include "api/buf.h"

struct string_list {
	char **items;
	size_t count;
};
int string_list_add(struct string_list *l, const char *s);
void string_list_free(struct string_list *l);

struct config {
	char *source;       /* path into the full tree, no leading or trailing '/', "" = all */
	char *mountpoint;   /* absolute */
	char *endpoint;     /* "local", "google", "https://…", "unix:/abs/path" */
	char *data;         /* absolute: the local registry's data directory */
	char *registry_log; /* absolute or NULL */
	struct string_list projects, locations;
	unsigned ttl_ms, stale_ms, timeout_ms;
	unsigned qps;      /* 0: no limit */
	size_t cache_size; /* bytes */
	char *api_version; /* NULL, "v1" or "v1beta1" (Vertex) */
	bool ro, foreground, debug;
	bool allow_other;
	bool has_uid, has_gid;
	uid_t uid; /* owner shown; the mounting user unless uid= */
	gid_t gid;
	mode_t umask_bits; /* umask=, 0 by default */
	unsigned retry_s;
	char *fuse_options; /* "allow_other,nosuid,…" for libfuse's -o; may be "" */
	char *option_text;  /* canonical "key=value,…" of what was given, to compare mounts */
};

void config_free(struct config *c);

#endif
