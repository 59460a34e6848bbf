/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "api/buf.h"

#define BUF_MIN ((size_t)64)

static size_t buf_limit(const struct buf *b)
{
	return b->max ? b->max : BUF_MAX_DEFAULT;
}

/* Room for `len` bytes of content and the NUL behind them. */
static int buf_reserve(struct buf *b, size_t len)
{
	size_t cap = b->cap ? b->cap : BUF_MIN;
	char *data;

	if (len > buf_limit(b))
		return -EFBIG;
	if (b->data && len < b->cap)
		return 0;
	while (cap <= len)
		cap = cap > SIZE_MAX / 2 ? len + 1 : cap * 2;
	if (cap > buf_limit(b) + 1)
		cap = buf_limit(b) + 1;
	data = realloc(b->data, cap);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

static void buf_set_len(struct buf *b, size_t len)
{
	b->len = len;
	b->data[len] = '\0';
}

void buf_free(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
	b->err = 0;
}

void buf_reset(struct buf *b)
{
	b->err = 0;
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	if (b->err)
		return b->err;
	if (len > SIZE_MAX - b->len)
		return b->err = -EFBIG;
	b->err = buf_reserve(b, b->len + len);
	if (b->err)
		return b->err;
	if (len)
		memcpy(b->data + b->len, data, len);
	buf_set_len(b, b->len + len);
	return 0;
}

int buf_puts(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_putc(struct buf *b, char c)
{
	if (!b->err && b->data && b->len + 1 < b->cap) {
		b->data[b->len] = c;
		buf_set_len(b, b->len + 1);
		return 0;
	}
	return buf_add(b, &c, 1);
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	if (b->err)
		return b->err;
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return b->err = -EINVAL;
	b->err = buf_reserve(b, b->len + (size_t)n);
	if (b->err)
		return b->err;
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	buf_set_len(b, b->len + (size_t)n);
	return 0;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return r;
}

int buf_pwrite(struct buf *b, const void *data, size_t len, size_t off)
{
	size_t end;
	int r;

	if (!len)
		return 0;
	if (__builtin_add_overflow(off, len, &end))
		return -EFBIG;
	r = buf_reserve(b, end);
	if (r)
		return r;
	if (off > b->len)
		memset(b->data + b->len, 0, off - b->len);
	memcpy(b->data + off, data, len);
	if (end > b->len)
		buf_set_len(b, end);
	return 0;
}

int buf_truncate(struct buf *b, size_t len)
{
	int r = buf_reserve(b, len);

	if (r)
		return r;
	if (len > b->len)
		memset(b->data + b->len, 0, len - b->len);
	buf_set_len(b, len);
	return 0;
}

static bool unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

int buf_percent(struct buf *b, const char *s, const char *keep)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		char code[3] = {'%', hex[c >> 4], hex[c & 15]};

		if (unreserved(c) || strchr(keep, c))
			buf_putc(b, *s);
		else
			buf_add(b, code, sizeof(code));
	}
	return b->err;
}

char *buf_take(struct buf *b)
{
	char *data = NULL;

	if (!b->err)
		data = b->data ? take_ptr(b->data) : calloc(1, 1);
	buf_free(b);
	return data;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}
