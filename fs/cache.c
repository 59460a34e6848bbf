/* SPDX-License-Identifier: MIT */
#include "fs/cache.h"

#include "fs/ask.h"

#define BUCKETS        4096
#define FAILURE_MIN_NS (1 * NSEC_PER_SEC)
#define FAILURE_MAX_NS (10 * NSEC_PER_SEC)
#define SWEEP_NS       (30 * NSEC_PER_SEC)
#define FETCH_KEEP_NS  (60 * NSEC_PER_SEC)

/* A get of one resource: under way, or failed a moment ago. */
struct fetch {
	struct fetch *next;
	struct collection *coll;
	char *id;
	struct call *call;
	uint64_t begun_ns;
	struct api_error error;
	uint64_t retry_ns;
	unsigned failures;
	struct waitq waiters;
};

struct cache {
	struct mount *m;
	struct collection *table[BUCKETS];
	const struct cache_watcher *watcher;
	struct loop_timer sweep;
	uint64_t hits, misses;
};

int cache_new(struct mount *m, struct cache **out)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->m = m;
	*out = c;
	return 0;
}

static void fetch_free(struct fetch *f)
{
	if (f->call && f->coll->m->client)
		call_cancel(f->coll->m->client, f->call);
	api_error_reset(&f->error);
	free(f->id);
	free(f);
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	loop_timer_cancel(c->m->loop, &c->sweep);
	for (size_t i = 0; i < BUCKETS; i++) {
		while (c->table[i]) {
			struct collection *coll = c->table[i];

			c->table[i] = coll->hash_next;
			if (coll->call && c->m->client) /* else it went with the client */
				list_cancel(c->m->client, coll->call);
			while (coll->fetches) {
				struct fetch *f = coll->fetches;

				coll->fetches = f->next;
				fetch_free(f);
			}
			collection_free(coll);
		}
	}
	free(c);
}

static size_t bucket_of(const struct service *s, enum coll_kind kind, const char *parent)
{
	return hash_bytes(parent, strlen(parent), (uintptr_t)s + (uint64_t)kind * 0x9e37u) %
	       BUCKETS;
}

/* What nobody used for longer than stale answers may be given is let go. */
static void sweep_collection(struct collection *c, void *ctx)
{
	uint64_t now = *(uint64_t *)ctx;
	struct fetch **link = &c->fetches;

	while (*link) {
		struct fetch *f = *link;

		if (f->call || f->waiters.head || now < f->retry_ns + FETCH_KEEP_NS) {
			link = &f->next;
			continue;
		}
		*link = f->next;
		fetch_free(f);
	}
	if (c->call || c->kind == COLL_OPERATIONS ||
	    now < c->used_ns + stale_ns(c->m) + ttl_ns(c->m))
		return;
	for (struct object *o = collection_next(c, 0), *next; o; o = next) {
		next = collection_next(c, o->seq);
		collection_remove(c, o);
	}
	c->complete = false;
}

static void sweep(void *ctx)
{
	struct cache *c = ctx;
	uint64_t now = now_ns();

	cache_each(c->m, sweep_collection, &now);
	loop_timer_set(c->m->loop, &c->sweep, now + SWEEP_NS, sweep, c);
}

int cache_collection(struct mount *m, const struct service *s, enum coll_kind kind,
		     const char *parent, struct collection **out)
{
	struct collection **slot = &m->cache->table[bucket_of(s, kind, parent)];
	struct collection *c = *slot;
	int err;

	while (c && !(c->service == s && c->kind == kind && streq(c->parent, parent)))
		c = c->hash_next;
	if (!c) {
		err = collection_new(m, s, kind, parent, &c);
		if (err)
			return err;
		c->hash_next = *slot;
		*slot = c;
		if (!m->cache->sweep.slot)
			loop_timer_set(m->loop, &m->cache->sweep, now_ns() + SWEEP_NS, sweep,
				       m->cache);
	}
	*out = c;
	return 0;
}

void cache_each(struct mount *m, void (*fn)(struct collection *c, void *ctx), void *ctx)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct collection *c = m->cache->table[i], *next; c; c = next) {
			next = c->hash_next;
			fn(c, ctx);
		}
}

void cache_watch(struct mount *m, const struct cache_watcher *w)
{
	m->cache->watcher = w;
}

void cache_tell_changed(struct collection *c, struct object *o)
{
	if (c->m->cache->watcher)
		c->m->cache->watcher->changed(c, o);
}

/* Network trouble and 5xx: what is known may be given for a while.  Never
 * after 401 or 403. */
static bool is_outage(const struct api_error *e)
{
	switch (e->err) {
	case EHOSTUNREACH:
	case ETIMEDOUT:
	case EIO:
		return true;
	default:
		return e->http >= 500;
	}
}

static uint64_t failure_pause(unsigned failures)
{
	uint64_t pause = FAILURE_MIN_NS << (failures > 4 ? 4 : failures);

	return pause > FAILURE_MAX_NS ? FAILURE_MAX_NS : pause;
}

static void record_failure(struct api_error *dst, const struct api_error *src, uint64_t *retry_ns,
			   unsigned *failures)
{
	api_error_copy(dst, src);
	*retry_ns = now_ns() + failure_pause((*failures)++);
}

static void record_success(struct api_error *e, uint64_t *retry_ns, unsigned *failures)
{
	api_error_reset(e);
	*retry_ns = 0;
	*failures = 0;
}

int cache_put(struct collection *c, const char *id, struct json resource, uint64_t begun_ns)
{
	const struct cache_watcher *w = c->m->cache->watcher;
	int rc = collection_put(c, id, resource, begun_ns);
	struct object *o = collection_find(c, id);

	if (rc == PUT_NEW) {
		if (c->complete)
			c->changed_ns = wall_ns();
		if (w && o)
			w->added(c, o);
	} else if (rc == PUT_CHANGED && w && o) {
		w->changed(c, o);
	}
	return rc < 0 ? rc : 0;
}

static void drop(struct collection *c, struct object *o)
{
	const struct cache_watcher *w = c->m->cache->watcher;
	_cleanup_free_ char *id = strdup(o->id);

	c->changed_ns = wall_ns();
	collection_remove(c, o);
	if (w && id)
		w->removed(c, id);
}

/* ---- listings ---- */

static int list_one(void *ctx, struct json item)
{
	struct collection *c = ctx;
	_cleanup_free_ char *id = collection_item_id(c, item);
	struct object *o;

	if (!id)
		return 0; /* nothing it could be called by */
	cache_put(c, id, item, c->call_ns);
	o = collection_find(c, id);
	if (o)
		o->list_gen = c->list_gen;
	return 0;
}

static void list_ended(void *ctx, struct answer *a)
{
	struct collection *c = ctx;

	c->call = NULL;
	if (a->error.err) {
		record_failure(&c->error, &a->error, &c->retry_ns, &c->failures);
	} else {
		record_success(&c->error, &c->retry_ns, &c->failures);
		for (struct object *o = collection_next(c, 0), *next; o; o = next) {
			next = collection_next(c, o->seq);
			if (o->list_gen != c->list_gen && o->fetched_ns < c->call_ns)
				drop(c, o);
		}
		c->complete = true;
		c->stale = false;
		c->listed_ns = c->call_ns;
	}
	waitq_wake(c->m, &c->waiters);
}

static int list_begin(struct collection *c)
{
	int err;

	c->list_gen++;
	c->call_ns = now_ns();
	err = ask_list(c, list_one, list_ended, c, &c->call);
	c->m->cache->misses += !err;
	return err;
}

/* What was asked for since a request came serves that request, however short
 * the TTL is. */
static bool young(const struct collection *c, uint64_t fetched_ns, const struct req *r,
		  uint64_t now)
{
	return now - fetched_ns < ttl_ns(c->m) || (r && fetched_ns >= r->begun_ns);
}

static bool list_fresh(const struct collection *c, const struct req *r, uint64_t now)
{
	return c->complete && c->listed_ns >= c->floor_ns && young(c, c->listed_ns, r, now);
}

static bool list_usable(const struct collection *c, uint64_t now)
{
	return c->complete && c->listed_ns >= c->replaced_ns && is_outage(&c->error) &&
	       now - c->listed_ns < stale_ns(c->m);
}

int cache_list(struct collection *c, struct req *r)
{
	uint64_t now = now_ns();
	int err;

	c->used_ns = now;
	if (list_fresh(c, r, now)) {
		c->m->cache->hits++;
		c->stale = false;
		/* In use: be there before it ends. */
		if (!c->call && now >= c->retry_ns && now - c->listed_ns > ttl_ns(c->m) * 3 / 4)
			list_begin(c);
		return 0;
	}
	if (list_usable(c, now)) {
		if (!c->call && now >= c->retry_ns)
			list_begin(c);
		c->stale = true;
		return 0;
	}
	if (!c->call) {
		if (c->error.err && now < c->retry_ns)
			return -c->error.err;
		err = list_begin(c);
		if (err)
			return err;
	}
	return req_park(r, &c->waiters);
}

/* ---- single resources ---- */

static struct fetch *fetch_find(const struct collection *c, const char *id)
{
	struct fetch *f = c->fetches;

	while (f && !streq(f->id, id))
		f = f->next;
	return f;
}

static struct fetch *fetch_new(struct collection *c, const char *id)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->coll = c;
	f->id = strdup(id);
	if (!f->id) {
		free(f);
		return NULL;
	}
	f->next = c->fetches;
	c->fetches = f;
	return f;
}

static void fetch_ended(void *ctx, struct answer *a)
{
	struct fetch *f = ctx;
	struct collection *c = f->coll;
	struct object *o = collection_find(c, f->id);

	f->call = NULL;
	if (a->error.err) {
		record_failure(&f->error, &a->error, &f->retry_ns, &f->failures);
		if (a->error.err == ENOENT && o && o->fetched_ns <= f->begun_ns)
			drop(c, o);
	} else {
		record_success(&f->error, &f->retry_ns, &f->failures);
		cache_put(c, f->id, json_root(a->json), f->begun_ns);
	}
	waitq_wake(c->m, &f->waiters);
}

static int fetch_begin(struct fetch *f)
{
	int err;

	f->begun_ns = now_ns();
	err = ask_one(f->coll, f->id, fetch_ended, f, &f->call);
	f->coll->m->cache->misses += !err;
	return err;
}

static bool object_fresh(const struct collection *c, const struct object *o, const struct req *r,
			 uint64_t now)
{
	return o->fetched_ns && o->fetched_ns >= o->floor_ns && young(c, o->fetched_ns, r, now);
}

static bool object_usable(const struct collection *c, const struct object *o,
			  const struct api_error *e, uint64_t now)
{
	return o->fetched_ns && o->fetched_ns >= o->replaced_ns && is_outage(e) &&
	       now - o->fetched_ns < stale_ns(c->m);
}

/* No get of one: the listing has it or nobody has. */
static int get_by_list(struct collection *c, const char *id, struct req *r, struct object **out)
{
	int rc = cache_list(c, r);

	if (rc)
		return rc;
	*out = collection_find(c, id);
	if (*out)
		return 0;
	return cache_absent(c);
}

int cache_get(struct collection *c, const char *id, struct req *r, struct object **out)
{
	uint64_t now = now_ns();
	struct object *o = collection_find(c, id);
	struct fetch *f;
	int err;

	c->used_ns = now;
	if (c->kind == COLL_VERSIONS)
		return get_by_list(c, id, r, out);
	if (o && object_fresh(c, o, r, now)) {
		c->m->cache->hits++;
		*out = o;
		return 0;
	}
	if (!o && c->kind != COLL_PROJECTS && list_fresh(c, r, now))
		return -ENOENT;
	if (!o && c->call)
		return req_park(r, &c->waiters);
	if (!o && list_usable(c, now))
		return -c->error.err;
	f = fetch_find(c, id);
	if (o && f && object_usable(c, o, &f->error, now)) {
		if (!f->call && now >= f->retry_ns)
			fetch_begin(f);
		c->stale = true;
		*out = o;
		return 0;
	}
	if (f && !f->call && f->error.err && now < f->retry_ns)
		return -f->error.err;
	if (!f)
		f = fetch_new(c, id);
	if (!f)
		return -ENOMEM;
	if (!f->call) {
		err = fetch_begin(f);
		if (err)
			return err;
	}
	return req_park(r, &f->waiters);
}

/* ---- freshness ---- */

static double seconds_left(const struct mount *m, uint64_t since)
{
	uint64_t age = now_ns() - since;

	return age >= ttl_ns(m) ? 0 : (double)(ttl_ns(m) - age) / (double)NSEC_PER_SEC;
}

double cache_list_timeout(const struct collection *c)
{
	return c->complete && c->listed_ns >= c->floor_ns ? seconds_left(c->m, c->listed_ns) : 0;
}

double cache_object_timeout(const struct collection *c, const struct object *o)
{
	return o->fetched_ns && o->fetched_ns >= o->floor_ns ? seconds_left(c->m, o->fetched_ns)
							     : 0;
}

void cache_doubt_object(struct collection *c, const char *id)
{
	struct object *o = collection_find(c, id);
	struct fetch *f = fetch_find(c, id);

	if (o)
		o->floor_ns = now_ns();
	if (f && !f->call)
		record_success(&f->error, &f->retry_ns, &f->failures);
}

void cache_doubt_list(struct collection *c)
{
	c->floor_ns = now_ns();
	if (!c->call)
		record_success(&c->error, &c->retry_ns, &c->failures);
}

void cache_doubt(struct collection *c)
{
	cache_doubt_list(c);
	for (struct object *o = collection_next(c, 0); o; o = collection_next(c, o->seq))
		o->floor_ns = c->floor_ns;
}

void cache_expire_object(struct collection *c, const char *id)
{
	struct object *o = collection_find(c, id);

	cache_doubt_object(c, id);
	if (o)
		o->replaced_ns = o->floor_ns;
}

void cache_expire(struct collection *c)
{
	cache_doubt(c);
	c->replaced_ns = c->floor_ns;
	for (struct object *o = collection_next(c, 0); o; o = collection_next(c, o->seq))
		o->replaced_ns = c->floor_ns;
}

void cache_expire_list(struct collection *c)
{
	cache_doubt_list(c);
	c->replaced_ns = c->floor_ns;
}

void cache_put_answer(struct collection *c, const char *id, struct json resource, uint64_t begun_ns)
{
	struct object *o = collection_find(c, id);
	uint64_t floor = o ? o->floor_ns : 0;

	if (!o || begun_ns < o->fetched_ns)
		return;
	o->floor_ns = 0;
	if (!cache_put(c, id, resource, begun_ns)) {
		o->provisional = o->own_change = true;
		o->replaced_ns = 0;
	}
	o->floor_ns = floor;
}

int cache_list_now(struct collection *c, struct req *r)
{
	int rc;

	if (c->listed_ns < r->begun_ns && !c->call && c->floor_ns < r->begun_ns)
		cache_doubt_list(c);
	rc = cache_list(c, r);
	return rc || c->listed_ns >= r->begun_ns ? rc : c->error.err ? -c->error.err : -EIO;
}

int cache_absent(const struct collection *c)
{
	return c->stale && c->error.err ? -c->error.err : -ENOENT;
}

void cache_remove(struct collection *c, const char *id)
{
	struct object *o = collection_find(c, id);

	cache_expire_list(c); /* a listing under way may still hold it */
	if (o)
		drop(c, o);
}

static void forget_one(struct collection *c, void *ctx)
{
	(void)ctx;
	cache_expire(c);
	for (struct fetch *f = c->fetches; f; f = f->next)
		if (!f->call)
			record_success(&f->error, &f->retry_ns, &f->failures);
	cache_tell_changed(c, NULL);
}

void cache_forget(struct mount *m)
{
	cache_each(m, forget_one, NULL);
}

const struct api_error *cache_error(const struct collection *c, const char *id)
{
	const struct fetch *f = id ? fetch_find(c, id) : NULL;

	if (f && f->error.err)
		return &f->error;
	return c->error.err ? &c->error : NULL;
}

static void count_objects(struct collection *c, void *ctx)
{
	size_t *n = ctx;

	n[0]++;
	n[1] += c->count;
}

void cache_metrics(struct mount *m, struct buf *out)
{
	size_t n[2] = {0, 0};

	cache_each(m, count_objects, n);
	buf_printf(out, "# TYPE modelfs_cache_hits_total counter\nmodelfs_cache_hits_total %llu\n",
		   (unsigned long long)m->cache->hits);
	buf_printf(out,
		   "# TYPE modelfs_cache_misses_total counter\nmodelfs_cache_misses_total %llu\n",
		   (unsigned long long)m->cache->misses);
	buf_printf(out, "# TYPE modelfs_cache_collections gauge\nmodelfs_cache_collections %zu\n",
		   n[0]);
	buf_printf(out, "# TYPE modelfs_cache_objects gauge\nmodelfs_cache_objects %zu\n", n[1]);
}
