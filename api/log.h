/* SPDX-License-Identifier: MIT */
/*
 * The log: one line per event, never a secret.  A foreground program writes to
 * stderr; a daemon to syslog (journald reads it).  Any thread may call.
 */
#ifndef MODELFS_LOG_H
#define MODELFS_LOG_H

#include <syslog.h>

#include "api/util.h"

/* level: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG of syslog.h. */
void log_open(const char *ident, bool to_syslog, int max_level);
void log_line(int level, const char *fmt, ...) _printf_(2, 3);

#define log_error(...)   log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)  log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)

#endif
