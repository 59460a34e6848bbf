/* SPDX-License-Identifier: MIT */
/*
 * What the cache learns reaches the kernel, and the operations.  Loop's thread
 * only.
 */
#ifndef MODELFS_WATCH_H
#define MODELFS_WATCH_H

#include "fs/cache.h"

extern const struct cache_watcher watch_cache;

#endif
