/* SPDX-License-Identifier: MIT */
/*
 * Which changes of a resource are this mount's own (contract section 3, "What
 * is sent"): a text made before one still counts as current, a text made before
 * somebody else's does not.  An answer that is read after a save, or while it
 * is under way, is the save's doing only if no field differs that the save did
 * not write.  Loop's thread only.
 */
#ifndef MODELFS_OWN_H
#define MODELFS_OWN_H

#include "fs/state.h"

struct own_change {
	struct mount *m;
	const struct service *service;
	const char *model;
	const char *version; /* its id; NULL: the model itself */
	const char *fields;  /* those written, comma separated; NULL: none of a document's */
	const char *values;  /* the request's body; NULL: they are not known */
};
/* What reads otherwise in a model when another version becomes its default. */
#define OWN_DEFAULT "labels,versionDescription"

/* It was sent; its fate.  answer: the resource after it, or JSON_ABSENT. */
void own_begin(const struct own_change *w);
void own_end(const struct own_change *w, bool accepted, struct json answer);

#endif
