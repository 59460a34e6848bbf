/* SPDX-License-Identifier: MIT */
#include "fs/byname.h"

#include "fs/names.h"

static void entries_free(struct byname *b)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->entries[i].plain != b->entries[i].name)
			free(b->entries[i].plain);
		free(b->entries[i].name);
		free(b->entries[i].id);
	}
	free(b->entries);
	free(b->table);
	b->entries = NULL;
	b->table = NULL;
	b->count = b->buckets = 0;
}

static void byname_free(struct byname *b)
{
	entries_free(b);
	free(b);
}

/* The place of a plain name in the table: its first bearer, or free. */
static size_t table_slot(const struct byname *b, const char *plain)
{
	size_t i = hash_bytes(plain, strlen(plain), 0) & (b->buckets - 1);

	while (b->table[i] && !streq(b->entries[b->table[i] - 1].plain, plain))
		i = (i + 1) & (b->buckets - 1);
	return i;
}

static int entry_fill(struct byname *b, struct object *o)
{
	struct byname_entry *e = &b->entries[b->count];
	_cleanup_free_ char *display = json_get_str(object_json(o), "displayName");

	if (!display || !*display)
		return 0; /* nothing to be called by */
	e->id = strdup(o->id);
	e->plain = e->name = name_encode(display, o->id, false);
	if (!e->id || !e->name) {
		free(e->id);
		free(e->name);
		return -ENOMEM;
	}
	e->seq = o->seq;
	e->shared = false;
	b->count++;
	return 0;
}

static int mark_shared(struct byname *b, struct collection *models)
{
	for (b->buckets = 16; b->buckets < b->count * 2; b->buckets *= 2)
		;
	b->table = calloc(b->buckets, sizeof(*b->table));
	if (!b->table)
		return -ENOMEM;
	for (size_t i = 0; i < b->count; i++) {
		size_t slot = table_slot(b, b->entries[i].plain);

		if (b->table[slot])
			b->entries[i].shared = b->entries[b->table[slot] - 1].shared = true;
		else
			b->table[slot] = i + 1;
	}
	for (size_t i = 0; i < b->count; i++) {
		struct byname_entry *e = &b->entries[i];
		struct object *o = collection_find(models, e->id);
		_cleanup_free_ char *display = NULL;

		if (!e->shared || !o)
			continue;
		display = json_get_str(object_json(o), "displayName");
		e->name = display ? name_encode(display, e->id, true) : NULL;
		if (!e->name) {
			e->name = e->plain;
			return -ENOMEM;
		}
	}
	return 0;
}

int byname_index(struct collection *models, const struct byname **out)
{
	struct byname *b = models->names;
	int err = 0;

	if (!b) {
		b = models->names = calloc(1, sizeof(*b));
		if (!b)
			return -ENOMEM;
		models->names_free = byname_free;
	}
	if (b->entries && b->gen == models->gen) {
		*out = b;
		return 0;
	}
	entries_free(b);
	b->entries = calloc(models->count ? models->count : 1, sizeof(*b->entries));
	if (!b->entries)
		return -ENOMEM;
	for (struct object *o = collection_next(models, 0); o && !err;
	     o = collection_next(models, o->seq))
		err = entry_fill(b, o);
	if (!err)
		err = mark_shared(b, models);
	if (err) {
		entries_free(b);
		return err;
	}
	b->gen = models->gen;
	*out = b;
	return 0;
}

int byname_find(const struct byname *b, const char *name, const struct byname_entry **out)
{
	size_t slot = table_slot(b, name);
	const struct byname_entry *e;

	if (b->table[slot]) {
		e = &b->entries[b->table[slot] - 1];
		*out = e;
		return e->shared ? -ENOTUNIQ : 0;
	}
	for (size_t i = 0; i < b->count; i++) {
		if (b->entries[i].shared && streq(b->entries[i].name, name)) {
			*out = &b->entries[i];
			return 0;
		}
	}
	return -ENOENT;
}

const struct byname_entry *byname_next(const struct byname *b, uint64_t seq)
{
	size_t lo = 0, hi = b->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->entries[mid].seq <= seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < b->count ? &b->entries[lo] : NULL;
}
