/* SPDX-License-Identifier: MIT */
/*
 * What is fresh, and asking for what is not: one request under way per listing
 * and per resource, any number of requests waiting for it.  Nothing older than
 * the TTL is given as current; while the service is away what is at most
 * `stale` old is given, marked.  Loop's thread only.
 *
 * The functions with a request `r` return 0 (it is there), REQ_PARKED (r waits
 * and will be run again) or a negative errno.
 */
#ifndef MODELFS_CACHE_H
#define MODELFS_CACHE_H

#include "fs/req.h"
#include "fs/store.h"

int cache_new(struct mount *m, struct cache **out);
void cache_free(struct cache *c);

/* The collection, made on first use.  0 or -ENOMEM. */
int cache_collection(struct mount *m, const struct service *s, enum coll_kind kind,
		     const char *parent, struct collection **out);
/* Where a model, by its name, and its versions are kept.  0 or -ENOMEM. */
int cache_model(struct mount *m, const struct service *s, const char *model,
		struct collection **models, struct collection **versions);
/* Each collection there is, in no order. */
void cache_each(struct mount *m, void (*fn)(struct collection *c, void *ctx), void *ctx);

/* The whole listing. */
int cache_list(struct collection *c, struct req *r);
/* As it is now, not as it was before the request; never a stale one. */
int cache_list_now(struct collection *c, struct req *r);
/* One resource by id; *out is borrowed until control returns to the loop. */
int cache_get(struct collection *c, const char *id, struct req *r, struct object **out);

/* How long a kernel may keep what was just given, in seconds. */
double cache_list_timeout(const struct collection *c);
double cache_object_timeout(const struct collection *c, const struct object *o);

/* The outcome of a call of our own: insert or replace. */
int cache_put(struct collection *c, const char *id, struct json resource, uint64_t begun_ns);
/* An own change was accepted: nothing that was asked before now is current. */
void cache_expire_object(struct collection *c, const char *id);
void cache_expire(struct collection *c);
/* What a save was answered with, after cache_expire_object(): it is asked for
 * again, but while the service is away this is given. */
void cache_put_answer(struct collection *c, const char *id, struct json resource,
		      uint64_t begun_ns);
/* The set changed, what it holds did not. */
void cache_expire_list(struct collection *c);
/* A model, and its versions, changed; not changed: may have, or not. */
void cache_expire_model(struct mount *m, const struct service *s, const char *model, bool changed);
/* The same where it may have changed, or not: it is asked for again, but what
 * is there still serves, as stale, while the service is away. */
void cache_doubt_object(struct collection *c, const char *id);
void cache_doubt(struct collection *c);
void cache_doubt_list(struct collection *c);
/* A name that the listing lacks which cache_list() gave: -ENOENT, or why nobody
 * can say while it is stale. */
int cache_absent(const struct collection *c);
/* This one is gone. */
void cache_remove(struct collection *c, const char *id);
/* Everything (refresh, SIGHUP). */
void cache_forget(struct mount *m);

/* The failure that made the last cache_list() or cache_get() of this id fail;
 * NULL: none known. */
const struct api_error *cache_error(const struct collection *c, const char *id);

void cache_metrics(struct mount *m, struct buf *out);

/* Told by the cache after something changed; see fs/tree.h. */
struct cache_watcher {
	void (*changed)(struct collection *c, struct object *o); /* its content */
	void (*added)(struct collection *c, struct object *o);
	void (*removed)(struct collection *c, const char *id);
};
void cache_watch(struct mount *m, const struct cache_watcher *w);
/* Tell it (o NULL: all of the collection). */
void cache_tell_changed(struct collection *c, struct object *o);

#endif
