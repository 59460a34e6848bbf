/* SPDX-License-Identifier: MIT */
/*
 * What a directory holds and what a file says: the tree of contract section 2
 * as tables.  A class tells the type of a node, its fixed entries, how its
 * other entries are found and listed, and how its content or target is made.
 * Loop's thread only.
 */
#ifndef MODELFS_LAYOUT_H
#define MODELFS_LAYOUT_H

#include "fs/tree.h"

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
	int (*find)(struct node *dir, const char *name, struct req *r, struct child *out);
	int (*list)(struct node *dir, struct req *r);                       /* make `next` work */
	bool (*next)(struct node *dir, uint64_t cookie, struct child *out); /* instead of items */
	/* files and links: content or target; o is the owner's object */
	int (*render)(struct node *n, struct object *o, struct buf *out);
};

/* The mount a node belongs to. */
struct mount *node_mount(const struct node *n);
/* The root: class and place by SOURCE. */
const struct class *layout_root_class(const struct mount *m);
int layout_root(struct mount *m, struct node *root);
/* 0, or -EINVAL: not a SOURCE. */
int layout_source_check(const char *source);

/* Fill what depends on class and parent: resource name, collection. */
int layout_init(struct mount *m, struct node *n, const struct child *c);

/* The object a node is about (its owner's), fresh.  0 and *out == NULL: it is
 * about none.  r as in fs/cache.h; NULL: what is there, however old, or
 * -EAGAIN. */
int layout_object(struct node *n, struct req *r, struct object **out);

/* One entry by name: 0, REQ_PARKED, -ENOENT (timeout in out->timeout), -errno. */
int layout_lookup(struct node *dir, const char *name, struct req *r, struct child *out);
/* Fetch what listing `dir` needs; then the entries after a cookie, one by one. */
int layout_list(struct node *dir, struct req *r);
bool layout_next(struct node *dir, uint64_t cookie, struct child *out);

/* Content of a file or target of a link; the object must be at hand. */
int layout_render(struct node *n, struct object *o, struct buf *out);

/* Attributes; parks when they need news (r NULL: see layout_object()).
 * timeout: seconds they hold. */
int layout_attr(struct node *n, struct req *r, struct stat *st, double *timeout);

/* No name for somebody's own file: too near to an attribute's of this
 * directory, or that of one which its resource lacks. */
bool layout_near_miss(struct node *dir, const char *name);
/* The attribute that bears this name in dir, whether moved away or not: 0 or
 * -ENOENT; the object must be at hand. */
int layout_attribute(struct node *dir, const char *name, struct child *out);

/* The version's id a node below versions/V belongs to; NULL: none. */
const char *layout_version(const struct node *n);
/* FOR_… of a service. */
unsigned service_bit(const struct service *s);
/* The directory of the model that n is or is below; NULL: none. */
struct node *layout_model_dir(struct node *n);
/* A writable file: 0644. */
bool layout_writable(const struct node *n);

/* fs/layout_links.c, fs/layout_files.c */
extern const struct class class_tables[];
const struct class *layout_class(enum class_id id);

#endif
