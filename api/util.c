/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "api/util.h"

char *str_format(const char *fmt, ...)
{
	char *out = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&out, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : out;
}

/* Exactly `width` digits at *p, which moves behind them. */
static bool take_digits(const char **p, int width, int *out)
{
	*out = 0;
	for (; width > 0; width--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

static bool take_char(const char **p, const char *any)
{
	if (!**p || !strchr(any, **p))
		return false;
	(*p)++;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* ".123" to nanoseconds; nothing there is 0. */
static bool take_fraction(const char **p, uint64_t *ns)
{
	uint64_t unit = NSEC_PER_SEC / 10;
	const char *start;

	*ns = 0;
	if (!take_char(p, "."))
		return true;
	for (start = *p; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		*ns += unit * (uint64_t)(**p - '0');
	return *p > start && *p - start <= 9;
}

/* "Z" or "+01:00" to seconds east of UTC. */
static bool take_zone(const char **p, int64_t *seconds)
{
	int hours, minutes, sign;

	*seconds = 0;
	if (take_char(p, "Zz"))
		return true;
	sign = **p == '-' ? -1 : 1;
	if (!take_char(p, "+-") || !take_digits(p, 2, &hours) || !take_char(p, ":") ||
	    !take_digits(p, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return true;
}

int time_parse(const char *text, uint64_t *ns)
{
	struct tm tm = {0};
	const char *p = text;
	int64_t seconds, zone;
	uint64_t fraction;
	int year, month;

	if (!take_digits(&p, 4, &year) || !take_char(&p, "-") || !take_digits(&p, 2, &month) ||
	    !take_char(&p, "-") || !take_digits(&p, 2, &tm.tm_mday) || !take_char(&p, "Tt") ||
	    !take_digits(&p, 2, &tm.tm_hour) || !take_char(&p, ":") ||
	    !take_digits(&p, 2, &tm.tm_min) || !take_char(&p, ":") ||
	    !take_digits(&p, 2, &tm.tm_sec) || !take_fraction(&p, &fraction) ||
	    !take_zone(&p, &zone) || *p)
		return -EINVAL;
	if (month < 1 || month > 12 || tm.tm_mday < 1 || tm.tm_mday > days_in_month(year, month) ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return -EINVAL;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	seconds = (int64_t)timegm(&tm) - zone;
	/* The epoch and 64 bits of nanoseconds (the year 2554) are the bounds. */
	if (seconds < 0 || (uint64_t)seconds >= UINT64_MAX / NSEC_PER_SEC)
		return -EINVAL;
	*ns = (uint64_t)seconds * NSEC_PER_SEC + fraction;
	return 0;
}

void time_format(uint64_t ns, int digits, char *out)
{
	time_t seconds = (time_t)(ns / NSEC_PER_SEC);
	unsigned fraction = (unsigned)(ns % NSEC_PER_SEC);
	struct tm tm;
	size_t n;
	int i;

	gmtime_r(&seconds, &tm);
	n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	if (digits > 0) {
		out[n] = '.';
		for (i = 9; i > 0; i--, fraction /= 10)
			out[n + (size_t)i] = (char)('0' + fraction % 10);
		n += 1 + (size_t)(digits < 9 ? digits : 9);
	}
	out[n++] = 'Z';
	out[n] = '\0';
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

	for (; len > 0; len--)
		h = (h ^ *p++) * UINT64_C(0x100000001b3);
	return h;
}
