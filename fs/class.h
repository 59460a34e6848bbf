/* SPDX-License-Identifier: MIT */
/*
 * The kinds of nodes.  A class tells the type of a node, its fixed entries, how
 * its other entries are found and listed, and how its content or target is
 * made.  The tables are in fs/classes.c, above all that they name: whoever has
 * a node calls through its class.  Loop's thread only.
 */
#ifndef MODELFS_CLASS_H
#define MODELFS_CLASS_H

#include "fs/store.h"

struct child;
struct node;

enum class_id {
	CLASS_ROOT,
	CLASS_SERVICE,
	CLASS_PROJECTS,
	CLASS_PROJECT,
	CLASS_LOCATIONS,
	CLASS_LOCATION,
	CLASS_REGION, /* a location of AI Platform: no resources, capabilities */
	CLASS_MODELS,
	CLASS_MODEL,
	CLASS_VERSIONS,
	CLASS_VERSION,
	CLASS_ALIASES,
	CLASS_EVALUATIONS,
	CLASS_EVALUATION,
	CLASS_OPERATIONS,
	CLASS_OPERATION,
	CLASS_BY_NAME,
	CLASS_ABOUT,
	CLASS_DOCUMENT, /* model.json … */
	CLASS_MEMBER,   /* one member of the object, as <key>.json */
	CLASS_FIELD,
	CLASS_DEFAULT,
	CLASS_DEPLOYMENT, /* AutoML's deploymentState */
	CLASS_EXPORT,
	CLASS_OPERATION_FILE,
	CLASS_EVENTS,
	CLASS_WAIT,
	CLASS_CANCEL,
	CLASS_ABOUT_FILE,
	CLASS_REFRESH,
	CLASS_REJECTED,
	CLASS_ERROR,
	CLASS_ALIAS,
	CLASS_NAME_LINK, /* by-name/N, models/M@V, projects/NUMBER */
	CLASS_LATEST,
	CLASS_TARGET,
	CLASS_ARTIFACTS, /* artifacts and operations/OP/files */
	CLASS_DRAFT,     /* to become a model or a version: fs/draft.h */
	CLASS_DRAFT_DOCUMENT,
	CLASS_SCRATCH,
};

/* Flags of a class or entry. */
#define CLASS_VOLATILE  0x01u /* direct_io, short timeouts: changes without our knowing */
#define CLASS_WRITABLE  0x02u /* 0644 */
#define CLASS_HIDDEN    0x04u /* looked up, not listed */
#define CLASS_NOT_RO    0x08u /* absent on `ro` mounts */
#define CLASS_ATTRIBUTE 0x10u /* its name is an attribute's: near misses are refused */

#define FOR_VERTEX 1u
#define FOR_AUTOML 2u
#define FOR_ML     4u

struct entry {
	const char *name;
	const struct class *cls;
	const char *key;
	unsigned services; /* FOR_…, 0: all */
	/* NULL: always there.  o is the object of the directory, NULL: it has none. */
	bool (*present)(struct node *dir, struct object *o, const char *key);
};

struct class
{
	enum class_id id;
	mode_t type; /* S_IFDIR, S_IFREG, S_IFLNK */
	unsigned flags;
	/* directories */
	const struct entry *files; /* listed first, name NULL ends */
	const struct entry *dirs;  /* listed last */
	enum coll_kind items;      /* with item: the collection's objects are entries */
	const struct class *item;
	bool fields; /* one file per field of its object */
	/* what this mount alone has there (drafts), before all else: 0 or -ENOENT;
	 * the entry after *place, false: no more */
	int (*find_own)(struct node *dir, const char *name, struct child *out);
	bool (*next_own)(struct node *dir, uint64_t *place, struct child *out);
	int (*find)(struct node *dir, const char *name, struct req *r, struct child *out);
	int (*list)(struct node *dir, struct req *r);                       /* make `next` work */
	bool (*next)(struct node *dir, uint64_t cookie, struct child *out); /* instead of items */
	/* files and links: content or target; o is the owner's object */
	int (*render)(struct node *n, struct object *o, struct buf *out);
};

extern const struct class class_tables[]; /* by id */

static inline const struct class *class_of(enum class_id id)
{
	return &class_tables[id];
}

#endif
