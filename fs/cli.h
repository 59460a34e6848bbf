/* SPDX-License-Identifier: MIT */
/*
 * How every command of modelfs complains.  Main thread of the command line.
 */
#ifndef MODELFS_CLI_H
#define MODELFS_CLI_H

#include "api/util.h"

/* What stands before messages: "modelfs" until told otherwise.  Borrowed. */
void cli_set_program(const char *name);

/* "modelfs: …\n" on stderr; returns code, for `return cli_fail(EX_…, …)`. */
int cli_fail(int code, const char *fmt, ...) _printf_(2, 3);

/* After getopt_long() complained: where to look.  Returns EX_USAGE. */
int cli_usage(const char *command);

/* Print the help text of a command (fs/help.c); EX_OK, or EX_IOERR when stdout
 * broke. */
int cli_help(const char *command);

#endif
