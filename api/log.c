/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "api/log.h"

#define LOG_LINE_MAX 4096

/* Set once at the start, before there are threads. */
static char log_ident[64] = "modelfs";
static bool log_syslog;
static int log_max = LOG_INFO;

void log_open(const char *ident, bool to_syslog, int max_level)
{
	snprintf(log_ident, sizeof(log_ident), "%s", ident);
	if (log_syslog)
		closelog();
	log_syslog = to_syslog;
	log_max = max_level;
	if (to_syslog)
		openlog(log_ident, LOG_PID, LOG_DAEMON);
}

/* One event is one line, whatever a service or a file name holds. */
static size_t log_clean(char *line, size_t len)
{
	while (len > 0 && line[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[len] = '\0';
	return len;
}

void log_line(int level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	int saved = errno, head, n;
	size_t len;
	va_list ap;

	if (level > log_max)
		return;
	head = log_syslog ? 0 : snprintf(line, sizeof(line), "%s: ", log_ident);
	len = (size_t)head;
	va_start(ap, fmt);
	n = vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	va_end(ap);
	if (n > 0)
		len += (size_t)n < sizeof(line) - len - 1 ? (size_t)n : sizeof(line) - len - 2;
	len = log_clean(line, len);
	if (log_syslog) {
		syslog(level, "%s", line);
	} else {
		line[len++] = '\n';
		n = (int)write(STDERR_FILENO, line, len);
		(void)n; /* nowhere to complain to */
	}
	errno = saved;
}
