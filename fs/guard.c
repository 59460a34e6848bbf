/* SPDX-License-Identifier: MIT */
#include "fs/guard.h"

#define BUCKETS 4096

/* Times of the last event; 0: never. */
struct mark {
	struct mark *next;
	uint64_t self_ns;      /* the removal of this directory was refused */
	uint64_t below_ns;     /* that of something below it was */
	uint64_t swallowed_ns; /* this attribute was unlinked, and is not replaced */
	char path[];
};

struct guard {
	struct mark *table[BUCKETS];
	size_t count;
	uint64_t full_ns; /* when there was no room for another path; 0: never */
};

int guard_new(struct guard **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (g->table[i]) {
			struct mark *k = g->table[i];

			g->table[i] = k->next;
			free(k);
		}
	}
	free(g);
}

static bool recent(uint64_t when, uint64_t now)
{
	return when && now - when < GUARD_NS;
}

static size_t slot_of(const char *path, size_t len)
{
	return hash_bytes(path, len, 0) % BUCKETS;
}

static struct mark *find(const struct guard *g, const char *path, size_t len)
{
	struct mark *k = g->table[slot_of(path, len)];

	while (k && !(strlen(k->path) == len && !memcmp(k->path, path, len)))
		k = k->next;
	return k;
}

static void purge(struct guard *g, uint64_t now)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct mark **link = &g->table[i];

		while (*link) {
			struct mark *k = *link;

			if (recent(k->self_ns, now) || recent(k->below_ns, now) ||
			    recent(k->swallowed_ns, now)) {
				link = &k->next;
				continue;
			}
			*link = k->next;
			free(k);
			g->count--;
		}
	}
}

/* The mark of a path, made if there is room; NULL: everything is guarded now. */
static struct mark *mark_of(struct guard *g, const char *path, size_t len, uint64_t now)
{
	struct mark *k = find(g, path, len);

	if (k)
		return k;
	if (g->count >= GUARD_MAX && !recent(g->full_ns, now))
		purge(g, now);
	k = g->count < GUARD_MAX ? calloc(1, sizeof(*k) + len + 1) : NULL;
	if (!k) {
		g->full_ns = now;
		return NULL;
	}
	memcpy(k->path, path, len);
	k->next = g->table[slot_of(path, len)];
	g->table[slot_of(path, len)] = k;
	g->count++;
	return k;
}

/* Length of the path of the directory above; SIZE_MAX: the root has none. */
static size_t above(const char *path, size_t len)
{
	if (!len)
		return SIZE_MAX;
	while (len && path[len - 1] != '/')
		len--;
	return len ? len - 1 : 0;
}

void guard_refused(struct guard *g, const char *path, bool dir, uint64_t now)
{
	size_t len = strlen(path);
	struct mark *k = dir ? mark_of(g, path, len, now) : NULL;

	if (k)
		k->self_ns = now;
	for (len = above(path, len); len != SIZE_MAX; len = above(path, len)) {
		k = mark_of(g, path, len, now);
		if (k)
			k->below_ns = now;
	}
}

void guard_swallowed(struct guard *g, const char *path, uint64_t now)
{
	struct mark *k = mark_of(g, path, strlen(path), now);

	if (k)
		k->swallowed_ns = now;
}

void guard_replaced(struct guard *g, const char *path)
{
	struct mark *k = find(g, path, strlen(path));

	if (k)
		k->swallowed_ns = 0;
}

static bool is_below(const char *path, const char *dir, size_t len)
{
	return !len || (!strncmp(path, dir, len) && path[len] == '/');
}

enum guard_reason guard_check(const struct guard *g, const char *path, uint64_t now)
{
	size_t len = strlen(path);
	const struct mark *k = find(g, path, len);

	if (recent(g->full_ns, now) || (k && recent(k->below_ns, now)))
		return GUARD_BELOW;
	for (size_t up = above(path, len); up != SIZE_MAX; up = above(path, up)) {
		k = find(g, path, up);
		if (k && recent(k->self_ns, now))
			return GUARD_ABOVE;
	}
	for (size_t i = 0; i < BUCKETS; i++)
		for (k = g->table[i]; k; k = k->next)
			if (recent(k->swallowed_ns, now) && is_below(k->path, path, len))
				return GUARD_SWALLOWED;
	return GUARD_NONE;
}

const char *guard_words(enum guard_reason why)
{
	static const char *const words[] = {
		[GUARD_ABOVE] = "within the last minute a directory above it was to be removed",
		[GUARD_BELOW] = "within the last minute something in it was to be removed",
		[GUARD_SWALLOWED] = "within the last minute a file in it was removed",
	};

	return words[why];
}
