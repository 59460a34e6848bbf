/* SPDX-License-Identifier: MIT */
/*
 * What the parts of one running registry share.  Made by command.c before any
 * thread starts and ended by it after all are joined; the pointers never
 * change in between.
 */
#ifndef MODELFS_REGISTRY_STATE_H
#define MODELFS_REGISTRY_STATE_H

#include <stdatomic.h>

#include "api/util.h"

struct store;
struct queue;
struct access_log;

struct registry {
	const char *data; /* absolute */
	int data_fd;
	int buckets_fd;                 /* <data>/buckets */
	int exports_fd;                 /* <data>/exports */
	int artifacts_fd;               /* <data>/artifacts: files of models that took them over */
	int images_fd;                  /* <data>/images: OCI layouts */
	const char *const *image_hosts; /* "HOST=URL" of --registry */
	size_t image_host_count;
	uint64_t export_rate; /* bytes per second, 0: as fast as it goes */
	struct store *store;
	struct queue *queue;
	struct access_log *log; /* NULL: none */
	atomic_bool stopping;
	atomic_uint clients;     /* open connections */
	atomic_ullong last_left; /* now_ns() when the last of them went */
};

/* Microseconds since the epoch, as the database keeps times. */
static inline int64_t registry_now(void)
{
	return (int64_t)(wall_ns() / 1000);
}

#endif
