/* SPDX-License-Identifier: MIT */
/*
 * What is known: objects (one resource as the service sent it) in collections
 * (what one list method lists).  A plain data structure: no requests, no
 * clocks of its own; fs/cache.h decides what is fresh.  Loop's thread only.
 *
 * A collection lives as long as the mount; objects are counted, so that an
 * open file may keep the one it was rendered from.
 */
#ifndef MODELFS_STORE_H
#define MODELFS_STORE_H

#include "fs/state.h"

enum coll_kind {
	COLL_PROJECTS,    /* parent "": what Resource Manager lists */
	COLL_LOCATIONS,   /* parent projects/P */
	COLL_MODELS,      /* parent projects/P/locations/L (ml: projects/P) */
	COLL_VERSIONS,    /* parent a model */
	COLL_EVALUATIONS, /* parent a model */
	COLL_OPERATIONS,  /* parent a location or a model */
	COLL_KINDS
};

struct collection;

/* A content that an object had before, so that a save based on it can be
 * judged: contract section 3, "What is sent". */
#define PAST_MAX 8
struct past {
	char *etag;
	char *text;
	size_t len;
	bool own; /* nobody but this mount changed anything since */
};

struct object {
	unsigned refs;
	struct collection *coll; /* NULL once it is gone from there */
	struct object *hash_next;
	char *id;   /* last segment of its name; a version's id */
	char *text; /* the resource as received */
	size_t len;
	struct json_doc *doc; /* parsed on demand: object_json() */
	uint64_t time_ns;     /* the resource's own time, 0: it tells none */
	uint64_t seen_ns;     /* wall clock: when this content was first seen */
	uint32_t bump;        /* changes that the resource's time did not show */
	uint64_t seq;         /* place in the collection: readdir's cookie */
	uint64_t fetched_ns;  /* monotonic: the request that last confirmed it; 0: expired */
	uint64_t floor_ns;    /* requests begun before this do not count */
	uint64_t replaced_ns; /* … and what they told is known to be outdated */
	unsigned list_gen;
	/* saves of this mount (fs/own.h) */
	unsigned own_pending;     /* under way */
	bool own_change;          /* one was accepted; its result is yet to be read */
	bool own_guess;           /* what was read while one was under way passed for its result */
	bool own_loose;           /* it was another level's: what both have reads merged here */
	struct buf own_fields;    /* what they wrote, each followed by a comma */
	struct json_doc *own_doc; /* with what values; NULL: any */
	bool provisional;         /* a save's own answer: its etag is not the one that counts */
	char *awaited;            /* body of a PATCH whose outcome nobody told */
	bool arrived;             /* this content is what that PATCH makes of the one before */
	struct past past[PAST_MAX]; /* newest first */
	size_t past_count;
};

struct byname;
struct fetch;
struct node;

struct collection {
	struct collection *hash_next;
	struct mount *m;
	const struct service *service;
	enum coll_kind kind;
	char *parent;
	struct object **table; /* by id */
	size_t buckets, count;
	struct object **order; /* by seq, holes are NULL */
	size_t order_len, order_cap;
	uint64_t next_seq;
	bool complete;        /* a listing ended well once */
	bool stale;           /* what was given last was older than the TTL */
	uint64_t listed_ns;   /* monotonic: when that listing began; 0: expired */
	uint64_t floor_ns;    /* listings begun before this do not count */
	uint64_t replaced_ns; /* … and what they told is known to be outdated */
	uint64_t changed_ns;  /* wall clock: when the set was last seen to change */
	uint64_t gen;         /* counts every change of the set or of an object */
	uint64_t used_ns;
	/* the listing under way */
	struct list_call *call;
	uint64_t call_ns;
	unsigned list_gen;
	struct waitq waiters;
	/* its last failure */
	struct api_error error;
	uint64_t retry_ns; /* monotonic: not before */
	unsigned failures;
	struct fetch *fetches;                    /* single gets, under way or failed */
	struct node *dirs;                        /* the tree's directories that show it */
	struct byname *names;                     /* models: fs/byname.h, which frees it … */
	void (*names_free)(struct byname *names); /* … so; NULL: there is none */
};

uint64_t object_mtime(const struct object *o); /* ns since the epoch */
/* The parsed resource; JSON_ABSENT without memory. */
struct json object_json(struct object *o);
/* The content that bore this etag, if it still counts as current (it is, or
 * only this mount's own saves replaced it): 0 with a parsed copy that the
 * caller frees, -ESTALE, -ENOMEM. */
int object_base(struct object *o, const char *etag, struct json_doc **out);
/* A save of this mount was sent that writes these fields (comma separated;
 * NULL: none); values: its body, NULL: it does not tell how they will read.
 * other_level: it went to the model whose version this is, or the reverse. */
void object_own_begin(struct object *o, const char *fields, const char *values, bool other_level);
/* Its fate; answer: the resource after it, if the service told. */
void object_own_end(struct object *o, bool accepted, struct json answer);
/* A PATCH with this body was sent, and nobody knows its outcome: the next other
 * content tells (o->arrived). */
void object_await(struct object *o, const char *body);
struct object *object_ref(struct object *o);
void object_unref(struct object *o); /* NULL is fine */
void object_unrefp(struct object **o);

int collection_new(struct mount *m, const struct service *s, enum coll_kind kind,
		   const char *parent, struct collection **out);
void collection_free(struct collection *c);
struct object *collection_find(const struct collection *c, const char *id);
/* The first object whose seq is > after; NULL: none. */
struct object *collection_next(const struct collection *c, uint64_t after);

/* What putting an object did. */
enum put_result { PUT_SAME, PUT_NEW, PUT_CHANGED };
/* Insert or replace by id, from a request that began at begun_ns.  Older news
 * than what is there is ignored (PUT_SAME).  <0: -errno. */
int collection_put(struct collection *c, const char *id, struct json resource, uint64_t begun_ns);
void collection_remove(struct collection *c, struct object *o);

/* The id under which a listed resource is kept; NULL: it has none.  Fresh
 * memory. */
char *collection_item_id(const struct collection *c, struct json resource);

#endif
