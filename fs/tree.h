/* SPDX-License-Identifier: MIT */
/*
 * Inodes, names and lookup counts.  A node is what the kernel knows (or what
 * lives in memory only: scratch files); what it shows is told by its class
 * (fs/class.h).  Loop's thread only.
 *
 * A node lives while the kernel counts a lookup, while it has children, or
 * while it is pinned (open handles, scratch files, refused texts below it).
 */
#ifndef MODELFS_TREE_H
#define MODELFS_TREE_H

#include "fs/cache.h"
#include "fs/class.h"

struct scratch;

/* What a directory remembers about one of its attributes: never upstream. */
struct local {
	struct local *next;
	struct node *dir;
	char *name;     /* the attribute's file name */
	char *rejected; /* refused text, NULL: none */
	size_t rejected_len;
	char *error; /* why: the content of .NAME.error */
	int error_errno;
	uid_t uid; /* whose text it is */
	gid_t gid;
	uint64_t error_wall_ns;
	uint64_t detached_ns;     /* monotonic: moved away or unlinked until then; 0: not */
	struct loop_timer back;   /* when it comes back */
	char *last_export;        /* export.json: the last configuration sent, as shown */
	char *operation;          /* export.json: what the last one started */
	bool unsettled;           /* the refused text was sent, its outcome is not known */
	bool unknown;             /* export.json: a POST whose fate nobody knows … */
	uint64_t unknown_wall_ns; /* … sent then */
	char *unknown_body;
	uint64_t changed_wall_ns; /* last_export or template came or went */
	char *before;             /* what was shown when the last text was judged … */
	size_t before_len;
	uint64_t before_ns, before_wall_ns;
	pid_t writer; /* … and the process that brought it; JSON files only */
	char *sent;   /* a document: the text that was accepted last … */
	size_t sent_len;
	pid_t sender;   /* … and the process that brought it */
	unsigned saves; /* accepted so far: tells the return of a backup from a save */
};

struct node {
	fuse_ino_t ino;
	uint64_t nlookup;
	unsigned pins;
	const struct class *cls;
	struct node *parent; /* the root's is itself */
	char *name;
	struct node *ino_next, *name_next;
	struct node *children, *sib_prev, *sib_next;
	bool unlinked; /* its name is gone or another's */

	const struct service *service;
	char *res;               /* directories: the resource's name, or its collection's parent */
	struct collection *coll; /* directories of or in a collection */
	char *id;                /* the object in coll that it shows, or that a link leads to */
	struct node *coll_prev, *coll_next; /* other directories of coll */
	const struct field *field;          /* field files the table knows */
	char *key;                  /* field files: the JSON member; alias links: the alias */
	struct local *locals;       /* directories */
	struct node *scratch_nodes; /* directories: scratch files in it, by scratch_next */
	struct node *scratch_next;
	struct scratch *scratch; /* scratch files */
	bool stale_pages;        /* the kernel's are of another file: dropped at the next open */
	uint64_t shown_ns;       /* directories: mtime bump of what is only here */
};

/* Names that the kernel was told are absent, the last so many: a change must
 * reach them too. */
#define NEGATIVES_MAX 512
struct negative {
	fuse_ino_t dir;
	char *name;
};

/* What modules above the tree have to do with its nodes. */
struct tree_hooks {
	/* A node was made, or became another, as c says: the rest of it. */
	int (*init)(struct mount *m, struct node *n, const struct child *c);
	void (*drop)(struct scratch *s); /* its node went */
	/* The attribute that was out of the way is there again. */
	void (*back)(struct mount *m, struct node *dir, const char *name);
};

struct tree {
	struct mount *m;
	const struct tree_hooks *hooks;
	struct node *root;
	struct node **by_ino, **by_name;
	size_t buckets, count;
	struct negative negatives[NEGATIVES_MAX]; /* a ring */
	size_t next_negative;
};

/* What a directory holds under one name. */
struct child {
	const struct class *cls;
	char name[256];
	const struct field *field;
	char key[256];
	struct collection *coll;
	char id[256];
	uint64_t cookie;   /* of this entry, for readdir */
	double timeout;    /* seconds the name may be kept */
	struct node *node; /* set: this very node (scratch files) */
};

/* An entry of class id under `name`, about object `id` of coll: 0 or
 * -ENAMETOOLONG. */
int child_set(struct child *out, enum class_id cls, const char *name, struct collection *coll,
	      const char *id);

/* The tree of m, of which there is one per process; the root's place is yet to
 * be filled in. */
int tree_new(struct mount *m, const struct class *root, const struct tree_hooks *hooks,
	     struct tree **out);
void tree_free(struct tree *t);

struct node *tree_node(struct tree *t, fuse_ino_t ino); /* NULL: unknown */
/* The child as a node, made if the kernel does not know it yet.  NULL: no memory. */
struct node *tree_child(struct tree *t, struct node *dir, const struct child *c);
/* The child that is known by this name; NULL: none. */
struct node *tree_find(struct tree *t, struct node *dir, const char *name);
/* A node without a place among the attributes (scratch). */
struct node *tree_add(struct tree *t, struct node *dir, const char *name, const struct class *cls);

void node_pin(struct node *n);
void node_unpin(struct tree *t, struct node *n);
void tree_forget(struct tree *t, struct node *n, uint64_t nlookup);

/* The name no longer leads to this node (unlink, rename over it). */
void tree_detach(struct tree *t, struct node *n);
/* Give a node another name, and another place. */
int tree_move(struct tree *t, struct node *n, struct node *dir, const char *name);
/* The node becomes what `like` shows (a scratch file renamed onto an attribute). */
int tree_become(struct tree *t, struct node *n, const struct child *like);

/* Attach a directory to the collection it shows. */
void node_attach(struct node *n, struct collection *c);

/* n is another kind of file from now on, or was written to as one: the kernel
 * forgets its size at once, and its pages when it is opened. */
void tree_other_file(struct tree *t, struct node *n);
/* dir changed without the kernel's doing. */
void node_shown(struct mount *m, struct node *dir);
/* The kernel is told that n and everything below it may have changed. */
void tree_touch(struct tree *t, struct node *n);
/* The kernel was told that dir holds no such name; and that it may now (dir 0:
 * any directory). */
void tree_absent(struct tree *t, fuse_ino_t dir, const char *name);
void tree_appeared(struct tree *t, fuse_ino_t dir);

/* The memory of dir about the attribute `name`; made if asked for. */
struct local *node_local(struct node *dir, const char *name, bool make);
/* The attribute is out of the way until when_ns (0: it is back now). */
void node_local_detach(struct tree *t, struct local *l, uint64_t when_ns);

/* The mount a node belongs to. */
struct mount *node_mount(const struct node *n);
/* The nearest directory, n included, that shows one object. */
struct node *node_owner(struct node *n);
/* The directory of the model that n is or is below; NULL: none. */
struct node *node_model(struct node *n);
/* The version's id a node below versions/V belongs to; NULL: none. */
const char *node_version(const struct node *n);
/* Path below the mount's root, "" for the root; appended. */
void node_path(const struct node *n, struct buf *out);

#endif
