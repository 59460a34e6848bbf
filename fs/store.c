/* SPDX-License-Identifier: MIT */
#include "fs/store.h"

#include "api/resource.h"

#define FIRST_BUCKETS 16

static size_t slot_of(const struct collection *c, const char *id)
{
	return hash_bytes(id, strlen(id), 0) & (c->buckets - 1);
}

uint64_t object_mtime(const struct object *o)
{
	return (o->time_ns ? o->time_ns : o->seen_ns) + o->bump;
}

struct json object_json(struct object *o)
{
	if (!o->doc && json_parse(o->text, o->len, &o->doc, NULL))
		return JSON_ABSENT;
	return json_root(o->doc);
}

static void past_free(struct past *p)
{
	free(p->etag);
	free(p->text);
	memset(p, 0, sizeof(*p));
}

static bool listed(const struct buf *fields, const char *name)
{
	size_t len = strlen(name);

	for (const char *s = buf_str(fields); *s; s = strchr(s, ',') + 1)
		if (!strncmp(s, name, len) && (s[len] == ',' || s[len] == '.'))
			return true;
	return false;
}

/* The field reads as our own saves left it. */
static bool own_value(struct object *o, const struct field *f, struct json now)
{
	const unsigned both = FIELD_MODEL_MASK | FIELD_VERSION_MASK;

	if (!listed(&o->own_fields, f->name))
		return json_same(now, json_get(object_json(o), f->name));
	return !o->own_doc || (o->own_loose && (f->flags & both) == both) ||
	       json_same(now, json_get(json_root(o->own_doc), f->name));
}

/* What replaces the object's content differs from it in nothing that somebody
 * else's save could have written. */
static bool own_content(struct object *o, struct json now)
{
	const struct message *msg = o->coll->kind == COLL_MODELS     ? o->coll->service->model
				    : o->coll->kind == COLL_VERSIONS ? o->coll->service->version
								     : NULL;

	for (size_t i = 0; msg && i < msg->count; i++) {
		const struct field *f = &msg->fields[i];

		if (f->flags & (FIELD_MODEL_MASK | FIELD_VERSION_MASK) &&
		    !own_value(o, f, json_get(now, f->name)))
			return false;
	}
	return true;
}

static void forget_bases(struct object *o)
{
	for (size_t i = 0; i < o->past_count; i++)
		o->past[i].own = false;
}

static void own_values(struct object *o, const char *text, size_t len)
{
	json_doc_free(o->own_doc);
	o->own_doc = NULL;
	if (text)
		json_parse(text, len, &o->own_doc, NULL);
}

void object_own_begin(struct object *o, const char *fields, const char *values, bool other_level)
{
	o->own_pending++;
	if (!fields)
		return;
	buf_printf(&o->own_fields, "%s,", fields);
	own_values(o, values, values ? strlen(values) : 0);
	o->own_loose = other_level;
}

static void own_settle(struct object *o)
{
	if (o->own_pending || o->own_change)
		return;
	o->own_guess = false;
	buf_free(&o->own_fields);
	own_values(o, NULL, 0);
}

/* The result of what was accepted is read. */
static void own_read(struct object *o)
{
	o->own_change = false;
	own_settle(o);
}

void object_own_end(struct object *o, bool accepted, struct json answer)
{
	size_t len;
	const char *text = json_raw(answer, &len);

	if (!o->own_pending) /* it was not known when the save began */
		return;
	o->own_pending--;
	o->own_change = o->own_change || accepted;
	if (accepted && o->own_doc && text && json_present(json_get(answer, "name")))
		own_values(o, text, len);
	/* What was read meanwhile was not our doing after all. */
	if (!accepted && o->own_guess)
		forget_bases(o);
	own_settle(o);
}

/* The content that is about to be replaced becomes the newest past. */
static void past_push(struct object *o, struct json now)
{
	char *etag = json_get_str(object_json(o), "etag");
	bool own = o->arrived || ((o->own_change || o->own_pending) && own_content(o, now));

	if (etag && json_is(json_get(now, "etag"), etag)) { /* the same, told otherwise */
		free(etag);
		return;
	}
	if (!own) /* somebody else's change: no earlier text is a base any more */
		forget_bases(o);
	else if (!o->own_change && !o->arrived)
		o->own_guess = true;
	if (!etag || o->provisional) {
		free(etag);
		return;
	}
	if (o->past_count == PAST_MAX)
		past_free(&o->past[--o->past_count]);
	memmove(o->past + 1, o->past, o->past_count * sizeof(*o->past));
	o->past[0] = (struct past){etag, o->text, o->len, own};
	o->past_count++;
	o->text = NULL;
}

int object_base(struct object *o, const char *etag, struct json_doc **out)
{
	if (json_is(json_get(object_json(o), "etag"), etag))
		return json_parse(o->text, o->len, out, NULL);
	for (size_t i = 0; i < o->past_count; i++)
		if (o->past[i].own && streq(o->past[i].etag, etag))
			return json_parse(o->past[i].text, o->past[i].len, out, NULL);
	return -ESTALE;
}

void object_await(struct object *o, const char *body)
{
	free(o->awaited);
	o->awaited = body ? strdup(body) : NULL;
	if (body)
		o->arrived = false;
}

/* The service's own: every change alters them. */
static bool changes_always(const char *key)
{
	return streq(key, "etag") || ends_with(key, "Time");
}

/* Every member of `of` is in b as in a, less those of `except` and the
 * service's own. */
static bool members_same(struct json of, struct json a, struct json b, struct json except)
{
	for (struct json m = json_first(of); json_present(m); m = json_next(m)) {
		_cleanup_buf_ struct buf key = BUF_INIT;

		if (json_key(m, &key))
			return false;
		if (changes_always(buf_str(&key)) || json_present(json_get(except, buf_str(&key))))
			continue;
		if (!json_same(json_get(a, buf_str(&key)), json_get(b, buf_str(&key))))
			return false;
	}
	return true;
}

/* What was sent is there, and nothing else changed: it was our own doing. */
static bool is_awaited(struct object *o, struct json now)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	struct json sent, before = object_json(o);

	if (!o->awaited || json_parse(o->awaited, strlen(o->awaited), &doc, NULL))
		return false;
	sent = json_root(doc);
	return members_same(sent, sent, now, JSON_ABSENT) &&
	       members_same(before, before, now, sent) && members_same(now, before, now, sent);
}

struct object *object_ref(struct object *o)
{
	o->refs++;
	return o;
}

void object_unref(struct object *o)
{
	if (!o || --o->refs)
		return;
	for (size_t i = 0; i < o->past_count; i++)
		past_free(&o->past[i]);
	buf_free(&o->own_fields);
	json_doc_free(o->own_doc);
	json_doc_free(o->doc);
	free(o->id);
	free(o->awaited);
	free(o->text);
	free(o);
}

void object_unrefp(struct object **o)
{
	object_unref(*o);
}

int collection_new(struct mount *m, const struct service *s, enum coll_kind kind,
		   const char *parent, struct collection **out)
{
	struct collection *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->m = m;
	c->service = s;
	c->kind = kind;
	c->parent = strdup(parent);
	c->buckets = FIRST_BUCKETS;
	c->table = calloc(c->buckets, sizeof(*c->table));
	c->changed_ns = m->started_ns;
	c->next_seq = 1;
	if (!c->parent || !c->table) {
		collection_free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

void collection_free(struct collection *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->order_len; i++)
		if (c->order[i])
			collection_remove(c, c->order[i]);
	if (c->names_free)
		c->names_free(c->names);
	api_error_reset(&c->error);
	free(c->order);
	free(c->table);
	free(c->parent);
	free(c);
}

struct object *collection_find(const struct collection *c, const char *id)
{
	struct object *o = c->table[slot_of(c, id)];

	while (o && !streq(o->id, id))
		o = o->hash_next;
	return o;
}

/* order is ascending by seq; holes keep their place until the next packing. */
static size_t order_search(const struct collection *c, uint64_t after)
{
	size_t lo = 0, hi = c->order_len;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2, probe = mid;

		while (probe < hi && !c->order[probe])
			probe++;
		if (probe < hi && c->order[probe]->seq <= after)
			lo = probe + 1;
		else
			hi = mid;
	}
	return lo;
}

struct object *collection_next(const struct collection *c, uint64_t after)
{
	for (size_t i = order_search(c, after); i < c->order_len; i++)
		if (c->order[i])
			return c->order[i];
	return NULL;
}

static int table_grow(struct collection *c)
{
	size_t buckets = c->buckets * 2;
	struct object **table = calloc(buckets, sizeof(*table));
	struct object **old = c->table;
	size_t old_buckets = c->buckets;

	if (!table)
		return -ENOMEM;
	c->table = table;
	c->buckets = buckets;
	for (size_t i = 0; i < old_buckets; i++) {
		while (old[i]) {
			struct object *o = old[i];
			size_t slot = slot_of(c, o->id);

			old[i] = o->hash_next;
			o->hash_next = table[slot];
			table[slot] = o;
		}
	}
	free(old);
	return 0;
}

static int order_append(struct collection *c, struct object *o)
{
	if (c->order_len == c->order_cap) {
		size_t live = 0, cap;
		struct object **order;

		for (size_t i = 0; i < c->order_len; i++)
			if (c->order[i])
				c->order[live++] = c->order[i];
		c->order_len = live;
		cap = live < 8 ? 16 : live * 2;
		order = realloc(c->order, cap * sizeof(*order));
		if (!order)
			return -ENOMEM;
		c->order = order;
		c->order_cap = cap;
	}
	o->seq = c->next_seq++;
	c->order[c->order_len++] = o;
	return 0;
}

/* The time a resource bears, by what its kind calls it. */
static uint64_t resource_time(enum coll_kind kind, struct json v)
{
	static const char *const version[] = {"versionUpdateTime", "versionCreateTime",
					      "updateTime", "createTime", NULL};
	static const char *const other[] = {"updateTime", "createTime", NULL};
	static const char *const operation[] = {"metadata.genericMetadata.updateTime",
						"metadata.updateTime",
						"metadata.endTime",
						"metadata.startTime",
						"metadata.genericMetadata.createTime",
						"metadata.createTime",
						NULL};
	const char *const *paths = kind == COLL_VERSIONS     ? version
				   : kind == COLL_OPERATIONS ? operation
							     : other;
	uint64_t ns;

	for (; *paths; paths++) {
		_cleanup_free_ char *text = json_strdup(json_path(v, *paths));

		if (text && !time_parse(text, &ns))
			return ns;
	}
	return 0;
}

static int object_fill(struct collection *c, struct object *o, struct json resource)
{
	size_t len;
	const char *raw = json_raw(resource, &len);
	char *text = malloc(len + 1);
	uint64_t before = o->text ? object_mtime(o) : 0;

	if (!text)
		return -ENOMEM;
	memcpy(text, raw, len);
	text[len] = '\0';
	o->arrived = o->text && is_awaited(o, resource);
	object_await(o, NULL);
	if (o->text)
		past_push(o, resource);
	own_read(o);
	o->provisional = false;
	free(o->text);
	json_doc_free(o->doc);
	o->doc = NULL;
	o->text = text;
	o->len = len;
	o->time_ns = resource_time(c->kind, resource);
	o->seen_ns = wall_ns();
	/* The kernel drops its pages when the mtime differs: make sure it does. */
	o->bump = 0;
	if (before && object_mtime(o) <= before && before - object_mtime(o) < NSEC_PER_SEC)
		o->bump = (uint32_t)(before - object_mtime(o) + 1);
	return 0;
}

int collection_put(struct collection *c, const char *id, struct json resource, uint64_t begun_ns)
{
	struct object *o = collection_find(c, id);
	size_t len;
	const char *raw = json_raw(resource, &len);
	int err;

	if (!raw)
		return -EINVAL;
	if (o && (begun_ns < o->floor_ns || begun_ns < o->fetched_ns))
		return PUT_SAME;
	if (o && o->len == len && !memcmp(o->text, raw, len)) {
		o->fetched_ns = begun_ns;
		own_read(o);
		o->provisional = false;
		return PUT_SAME;
	}
	if (o) {
		err = object_fill(c, o, resource);
		if (err)
			return err;
		o->fetched_ns = begun_ns;
		c->gen++;
		return PUT_CHANGED;
	}
	if (c->count >= c->buckets * 2 && table_grow(c))
		return -ENOMEM;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->refs = 1;
	o->coll = c;
	o->id = strdup(id);
	err = o->id ? object_fill(c, o, resource) : -ENOMEM;
	if (!err)
		err = order_append(c, o);
	if (err) {
		object_unref(o);
		return err;
	}
	o->fetched_ns = begun_ns;
	o->hash_next = c->table[slot_of(c, id)];
	c->table[slot_of(c, id)] = o;
	c->count++;
	c->gen++;
	return PUT_NEW;
}

void collection_remove(struct collection *c, struct object *o)
{
	struct object **link = &c->table[slot_of(c, o->id)];
	size_t i = order_search(c, o->seq - 1);

	while (*link && *link != o)
		link = &(*link)->hash_next;
	if (*link)
		*link = o->hash_next;
	while (i < c->order_len && c->order[i] != o)
		i++;
	if (i < c->order_len)
		c->order[i] = NULL;
	c->count--;
	c->gen++;
	o->coll = NULL;
	object_unref(o);
}

char *collection_item_id(const struct collection *c, struct json resource)
{
	_cleanup_free_ char *name = NULL;
	char *id = NULL, *at;

	if (c->kind == COLL_PROJECTS)
		return json_get_str(resource, "projectId");
	if (c->kind == COLL_LOCATIONS)
		id = json_get_str(resource, "locationId");
	else if (c->kind == COLL_VERSIONS)
		id = json_get_str(resource, "versionId");
	if (id && *id)
		return id;
	free(id);
	name = json_get_str(resource, "name");
	if (!name)
		return NULL;
	id = strdup(resource_id(name));
	at = id ? strchr(id, '@') : NULL;
	if (at)
		*at = '\0';
	if (id && !*id) {
		free(id);
		return NULL;
	}
	return id;
}
