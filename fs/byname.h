/* SPDX-License-Identifier: MIT */
/*
 * Display names as file names (contract section 2): built from a listing of
 * models, kept until that listing changes.  Loop's thread only; the index
 * belongs to its collection.
 */
#ifndef MODELFS_BYNAME_H
#define MODELFS_BYNAME_H

#include "fs/store.h"

struct byname_entry {
	char *name;   /* as in by-name/ */
	char *plain;  /* without ~ID; the same as name unless `shared` */
	char *id;     /* the model */
	uint64_t seq; /* of the model in its collection */
	bool shared;  /* several models bear the plain name */
};

struct byname {
	struct byname_entry *entries; /* in the order of seq */
	size_t count;
	size_t *table; /* by name, index + 1 */
	size_t buckets;
	uint64_t gen;
};

/* The index of a listed collection, brought up to date.  0 or -ENOMEM. */
int byname_index(struct collection *models, const struct byname **out);
/* 0, -ENOENT, -ENOTUNIQ (the plain name of several). */
int byname_find(const struct byname *b, const char *name, const struct byname_entry **out);
/* The first entry whose seq is greater; NULL: none. */
const struct byname_entry *byname_next(const struct byname *b, uint64_t seq);

#endif
