/* SPDX-License-Identifier: MIT */
/*
 * The options of a mount: one table says which there are, what a value may be,
 * and what becomes of the generic ones of mount(8) (passed on or ignored).
 * MODELFS_OPTIONS and MODELFS_ENDPOINT give defaults, the command line wins.
 * Called before the fork, in the main thread.
 */
#ifndef MODELFS_OPTIONS_H
#define MODELFS_OPTIONS_H

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

void options_free(struct options *o);
#define _cleanup_options_ _cleanup_(options_free)

/* Defaults, then MODELFS_OPTIONS and MODELFS_ENDPOINT.  Here and below: 0,
 * -EINVAL or another -errno with *why (fresh memory, NULL when short). */
int options_begin(struct options *o, struct config *c, char **why);
/* One -o argument.  origin stands before a complaint ("" or
 * "MODELFS_OPTIONS: "). */
int options_apply(struct options *o, const char *text, const char *origin, char **why);
/* After the last: SOURCE (NULL: all) and MOUNTPOINT; fills in what follows
 * from the rest (gcloud's defaults, data directory, texts). */
int options_finish(struct options *o, const char *source, const char *mountpoint, char **why);

/* "64M", "1G", "1000", "16KiB": bytes.  0, -EINVAL, -ERANGE. */
int options_size(const char *text, size_t *out);
/* "2.5" seconds as milliseconds.  0, -EINVAL, -ERANGE. */
int options_seconds(const char *text, unsigned *ms);
/* SOURCE as the tree names it: no slash at the ends, none doubled; "/", ".",
 * "none" and "modelfs" are all of it.  Fresh memory, NULL when short or when
 * a component is "..". */
char *options_source(const char *text);

/* What --help says about options. */
int options_help(struct buf *out);

#endif
