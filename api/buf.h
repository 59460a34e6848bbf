/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer with a hard maximum (curl's dynbuf is the model).
 * Owner: whoever declared it; one thread at a time.  The data is always
 * followed by a NUL that len does not count, once anything was added.
 *
 * A failed addition (-ENOMEM, or -EFBIG beyond max) is sticky in `err`, so a
 * row of additions needs one check at its end.  What was there stays.
 */
#ifndef MODELFS_BUF_H
#define MODELFS_BUF_H

#include <stdarg.h>

#include "api/util.h"

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max; /* bytes, 0: BUF_MAX_DEFAULT */
	int err;    /* 0, or the first failure as -errno */
};

#define BUF_MAX_DEFAULT ((size_t)64 << 20)
#define BUF_INIT                 \
	{                        \
		NULL, 0, 0, 0, 0 \
	}
#define BUF_INIT_MAX(m)            \
	{                          \
		NULL, 0, 0, (m), 0 \
	}
#define _cleanup_buf_ _cleanup_(buf_free)

void buf_free(struct buf *b);  /* frees the data; the buffer is empty and usable again */
void buf_reset(struct buf *b); /* keeps the memory, forgets content and error */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_puts(struct buf *b, const char *s);
int buf_putc(struct buf *b, char c);
int buf_printf(struct buf *b, const char *fmt, ...) _printf_(2, 3);
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) _printf_(2, 0);

/* These two answer for themselves: a failure changes nothing and does not stick,
 * so that a refused write to a file leaves the file usable. */
/* Write `len` bytes at `off`, growing with NULs as pwrite(2) does. */
int buf_pwrite(struct buf *b, const void *data, size_t len, size_t off);
/* Cut or grow with NULs to exactly `len`. */
int buf_truncate(struct buf *b, size_t len);

/* Percent-encode `s`: everything but unreserved characters (RFC 3986 2.3) and
 * those in `keep` (may be ""). */
int buf_percent(struct buf *b, const char *s, const char *keep);

/* The content as a malloc'ed string that the caller owns ("" when empty);
 * NULL after an error.  The buffer is empty afterwards. */
char *buf_take(struct buf *b);

/* The content as a string that the buffer owns, "" when empty. */
const char *buf_str(const struct buf *b);

#endif
