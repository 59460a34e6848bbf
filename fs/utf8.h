/* SPDX-License-Identifier: MIT */
/*
 * One step through UTF-8 text (RFC 3629: no overlong forms, no surrogates,
 * nothing beyond U+10FFFF).  Pure, any thread.
 */
#ifndef MODELFS_UTF8_H
#define MODELFS_UTF8_H

#include "api/util.h"

#define UTF8_BAD 0  /* no character begins like this */
#define UTF8_CUT -1 /* the text ends inside a character that may be good */

/* Length in bytes (1..4) of the character at s, UTF8_BAD or UTF8_CUT; *cp (may
 * be NULL) is its code point.  len > 0. */
static inline int utf8_step(const char *s, size_t len, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned char low = 0x80, high = 0xbf;
	uint32_t value;
	int n;

	if (p[0] < 0x80) {
		if (cp)
			*cp = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return UTF8_BAD;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	value = p[0] & (0x7f >> n);
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	for (int i = 1; i < n; i++) {
		if ((size_t)i >= len)
			return UTF8_CUT;
		if (p[i] < low || p[i] > high)
			return UTF8_BAD;
		value = value << 6 | (p[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	if (cp)
		*cp = value;
	return n;
}

#endif
