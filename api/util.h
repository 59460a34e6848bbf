/* SPDX-License-Identifier: MIT */
/*
 * Small helpers every room uses: ownership by cleanup attribute, arrays,
 * strings, clocks.  No state, callable from any thread.
 *
 * Ownership: a variable marked _cleanup_free_ frees what it holds at the end
 * of its scope; take_ptr() moves the value out and leaves NULL behind.
 */
#ifndef MODELFS_UTIL_H
#define MODELFS_UTIL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define _cleanup_(fn)   __attribute__((cleanup(fn)))
#define _cleanup_free_  _cleanup_(util_free_ptr)
#define _cleanup_close_ _cleanup_(util_close_fd)
#define _printf_(a, b)  __attribute__((format(printf, a, b)))
#define _unused_        __attribute__((unused))

#define take_ptr(p)                            \
	({                                     \
		__typeof__(p) take_tmp_ = (p); \
		(p) = NULL;                    \
		take_tmp_;                     \
	})
#define take_fd(fd)                   \
	({                            \
		int take_tmp_ = (fd); \
		(fd) = -1;            \
		take_tmp_;            \
	})

#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define NSEC_PER_SEC  UINT64_C(1000000000)
#define NSEC_PER_MSEC UINT64_C(1000000)

static inline void util_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void util_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static inline bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

/* CLOCK_MONOTONIC in nanoseconds. */
static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* CLOCK_REALTIME in nanoseconds since the epoch. */
static inline uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* printf into fresh memory; NULL when there is none. */
char *str_format(const char *fmt, ...) _printf_(1, 2);

/* RFC 3339 UTC ("2026-01-02T03:04:05.678901Z", 0..9 fraction digits) to
 * nanoseconds since the epoch, and back with `digits` of 0, 3, 6 or 9.
 * time_parse: 0 or -EINVAL.  time_format: out holds at least 32 bytes. */
int time_parse(const char *text, uint64_t *ns);
void time_format(uint64_t ns, int digits, char *out);

/* 64-bit FNV-1a, for stable inode numbers and hash tables. */
uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);

#endif
