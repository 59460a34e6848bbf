/* SPDX-License-Identifier: MIT */
/*
 * What a directory holds and what a file says: the tree of contract section 2,
 * after the tables of classes (fs/class.h).  Loop's thread only.
 */
#ifndef MODELFS_LAYOUT_H
#define MODELFS_LAYOUT_H

#include "fs/tree.h"

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
/* A field of the message is shown in a file of this name, where it is there. */
bool layout_has_file(const struct message *m, const char *file);
/* The attribute that bears this name in dir, whether moved away or not: 0 or
 * -ENOENT; the object must be at hand. */
int layout_attribute(struct node *dir, const char *name, struct child *out);

/* FOR_… of a service. */
unsigned service_bit(const struct service *s);
/* A writable file: 0644. */
bool layout_writable(const struct node *n);

#endif
