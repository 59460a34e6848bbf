/* SPDX-License-Identifier: MIT */
/*
 * The table of the mount's options, what their values may be and what they set;
 * fs/options.h reads arguments by it.
 */
#ifndef MODELFS_OPTION_TABLE_H
#define MODELFS_OPTION_TABLE_H

#include "fs/config.h"

#define OPTION_GROUPS 8

struct options {
	struct config *config;            /* being filled; borrowed */
	bool sloppy;                      /* mount.modelfs -s: unknown options are ignored */
	bool fake;                        /* mount.modelfs -f: everything but the mount */
	bool verbose;                     /* say what is mounted, terminal or not */
	bool command_line;                /* options_apply() is at the command line now */
	uint64_t given;                   /* by the command line: bits of the table's rows */
	uint64_t layer;                   /* by this source of options so far */
	const char *flags[OPTION_GROUPS]; /* last of nosuid, suid …: for libfuse */
	struct string_list extra;         /* options with values, for libfuse */
};

/* A setter stores a value or returns static text that says what is wrong with
 * it; option_no_memory is told apart by its address. */
typedef const char *option_set(struct options *o, const char *value);
extern const char option_no_memory[];

enum option_kind {
	OPT_FLAG,     /* ours, without a value */
	OPT_VALUE,    /* ours, with one */
	OPT_MAYBE,    /* generic, with or without a value, ignored */
	OPT_IGNORED,  /* generic, without a value, ignored */
	OPT_PASSED,   /* generic, for libfuse: the last of its group counts */
	OPT_PASSED_V, /* … with a value */
	OPT_REFUSED,  /* known, but cannot be had; help says why */
};

struct option_row {
	const char *name; /* "x-*": whatever begins so */
	enum option_kind kind;
	unsigned group; /* PASSED */
	option_set *set;
	const char *help;
};

enum { GROUP_SUID, GROUP_DEV, GROUP_EXEC, GROUP_SYNC, GROUP_DIRSYNC, GROUP_ATIME, GROUP_UNMOUNT };

/* Rows in order; NULL beyond the last.  The first OPTION_OURS are ours alone
 * and have bits in options.given. */
#define OPTION_OURS 18
const struct option_row *option_row(size_t index);
const struct option_row *option_find(const char *name, size_t *index);

/* "64M", "1G", "1000", "16KiB": bytes.  0, -EINVAL, -ERANGE. */
int options_size(const char *text, size_t *out);
/* "2.5" seconds as milliseconds.  0, -EINVAL, -ERANGE. */
int options_seconds(const char *text, unsigned *ms);

/* What --help says about options. */
int options_help(struct buf *out);

option_set option_set_endpoint, option_set_data, option_set_registry_log;
option_set option_set_project, option_set_location;

#endif
