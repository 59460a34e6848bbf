/* SPDX-License-Identifier: MIT */
#include "fs/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

static const char *program = "modelfs";

void cli_set_program(const char *name)
{
	program = name;
}

int cli_fail(int code, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	flockfile(stderr);
	fprintf(stderr, "%s: ", program);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	funlockfile(stderr);
	return code;
}

int cli_usage(const char *command)
{
	fprintf(stderr, "Try 'modelfs %s --help'.\n", command);
	return EX_USAGE;
}
