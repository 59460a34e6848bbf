/* SPDX-License-Identifier: MIT */
/*
 * Resource names: projects/P/locations/L/models/M[@V]/… and what they mean.
 * A parsed name points into one allocation that the struct owns.
 */
#ifndef MODELFS_RESOURCE_H
#define MODELFS_RESOURCE_H

#include "api/buf.h"

enum resource_kind {
	RES_PROJECT,    /* projects/P */
	RES_LOCATION,   /* projects/P/locations/L */
	RES_MODEL,      /* …/models/M   (Vertex: also M@V, then version is set) */
	RES_VERSION,    /* projects/P/models/M/versions/V (ml) */
	RES_EVALUATION, /* …/models/M/evaluations/E or modelEvaluations/E */
	RES_OPERATION,  /* …/operations/O, below a location, a project or a model */
};

struct resource {
	enum resource_kind kind;
	char *project;  /* id or number, never NULL */
	char *location; /* NULL for ml */
	char *model;    /* without @…; NULL where the name has none */
	char *version;  /* id or alias; NULL where the name has none */
	char *evaluation;
	char *operation;
	char *memory; /* what the pointers point into */
};

/* Parse a relative resource name.  0, -EINVAL (not such a name), -ENOMEM.
 * "a/b:verb" is no resource name: cut the verb off first. */
int resource_parse(const char *name, struct resource *out);
void resource_free(struct resource *r);
#define _cleanup_resource_ _cleanup_(resource_free)

/* The last segment, e.g. the operation's id; points into name. */
const char *resource_id(const char *name);
/* The place of a model, or of what is below one: projects/P/locations/L or
 * projects/P; other names are their own.  Fresh memory. */
char *resource_place(const char *name);

/* `[a-z_][a-z0-9_-]{0,62}`: an id a user may give a Vertex model. */
bool resource_vertex_model_id(const char *id);
/* A version alias (API.md 3.2: the union of the documented forms). */
bool resource_vertex_alias(const char *alias);
/* A gs:// URI: "gs://bucket/object…".  bucket and object point into fresh
 * memory in *memory.  0, -EINVAL, -ENOMEM.  object may be "". */
int resource_gs_uri(const char *uri, char **memory, const char **bucket, const char **object);

#endif
