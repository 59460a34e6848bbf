/* SPDX-License-Identifier: MIT */
#include "fs/layout_private.h"

#include <stdio.h>

#include "fs/names.h"
#include "fs/scratch.h"

#include "api/resource.h"

/* readdir's cookies: the section in the high bits, the place in the low ones.
 * Files come before directories, aliases last. */
#define SECTION_SHIFT 48
#define PLACE_MASK    ((UINT64_C(1) << SECTION_SHIFT) - 1)
enum section {
	SECTION_FILES,
	SECTION_FIELDS,
	SECTION_LOCALS,
	SECTION_SCRATCH,
	SECTION_OWN,
	SECTION_ITEMS,
	SECTION_DIRS,
	SECTION_END
};

/* ---- lookup ---- */

unsigned service_bit(const struct service *s)
{
	return s == &service_vertex   ? FOR_VERTEX
	       : s == &service_automl ? FOR_AUTOML
	       : s == &service_ml     ? FOR_ML
				      : 0;
}

static bool entry_present(struct node *dir, struct object *o, const struct entry *e)
{
	if (e->services && !(e->services & service_bit(dir->service)))
		return false;
	if ((e->cls->flags & CLASS_NOT_RO) && node_mount(dir)->config->ro)
		return false;
	return !e->present || e->present(dir, o, e->key);
}

static int entry_child(const struct entry *e, struct child *out)
{
	out->cls = e->cls;
	snprintf(out->name, sizeof(out->name), "%s", e->name);
	snprintf(out->key, sizeof(out->key), "%s", e->key ? e->key : "");
	return 0;
}

static const struct entry *entry_find(const struct entry *e, const char *name)
{
	for (; e && e->name; e++)
		if (streq(e->name, name))
			return e;
	return NULL;
}

/* .NAME.rejected and .NAME.error */
static bool local_child(struct node *dir, const char *name, struct child *out)
{
	for (struct local *l = dir->locals; l; l = l->next) {
		size_t len = strlen(l->name);

		if (name[0] != '.' || strncmp(name + 1, l->name, len) != 0)
			continue;
		if (streq(name + 1 + len, ".rejected") && l->rejected)
			out->cls = class_of(CLASS_REJECTED);
		else if (streq(name + 1 + len, ".error") && l->error)
			out->cls = class_of(CLASS_ERROR);
		else
			continue;
		snprintf(out->name, sizeof(out->name), "%s", name);
		snprintf(out->key, sizeof(out->key), "%s", l->name);
		return true;
	}
	return false;
}

/* Only memory knows them: nobody needs to be asked, and nothing to be kept. */
static bool is_local_name(const char *name)
{
	return name[0] == '.' && (ends_with(name, ".rejected") || ends_with(name, ".error"));
}

static bool detached(struct node *dir, const char *name)
{
	struct local *l = node_local(dir, name, false);

	return l && now_ns() < l->detached_ns;
}

int layout_attribute(struct node *dir, const char *name, struct child *out)
{
	struct object *o = dir->id && dir->coll ? collection_find(dir->coll, dir->id) : NULL;
	const struct entry *e = entry_find(dir->cls->files, name);

	memset(out, 0, sizeof(*out));
	if (!e)
		e = entry_find(dir->cls->dirs, name);
	if (e)
		return entry_present(dir, o, e) ? entry_child(e, out) : -ENOENT;
	return dir->cls->fields && o ? field_by_file(dir, o, name, out) : -ENOENT;
}

/* About the mount: only the root has it. */
static bool is_about(const struct node *dir, const char *name)
{
	return dir->parent == dir && streq(name, ".modelfs");
}

static bool find_own(struct node *dir, const char *name, struct child *out)
{
	return dir->cls->find_own && !dir->cls->find_own(dir, name, out);
}

int layout_lookup(struct node *dir, const char *name, struct req *r, struct child *out)
{
	struct object *o = NULL;
	int rc;

	memset(out, 0, sizeof(*out));
	if (local_child(dir, name, out))
		return 0; /* timeout 0: they come and go with saves */
	out->timeout = (double)node_mount(dir)->config->ttl_ms / 1000;
	out->node = scratch_find(dir, name);
	if (out->node || find_own(dir, name, out))
		return 0;
	if (is_local_name(name)) {
		out->timeout = 0;
		return -ENOENT;
	}
	if (is_about(dir, name))
		return child_set(out, CLASS_ABOUT, name, NULL, NULL);
	if (detached(dir, name)) {
		out->timeout = 0;
		return -ENOENT;
	}
	if (dir->id && dir->coll) {
		rc = layout_object(dir, r, &o);
		if (rc)
			return rc;
		out->timeout = cache_object_timeout(dir->coll, o);
	}
	if (!layout_attribute(dir, name, out)) {
		out->timeout = o ? cache_object_timeout(dir->coll, o)
				 : (double)node_mount(dir)->config->ttl_ms / 1000;
		return 0;
	}
	out->timeout = o ? cache_object_timeout(dir->coll, o)
			 : (double)node_mount(dir)->config->ttl_ms / 1000;
	if (dir->cls->id == CLASS_OPERATIONS)
		out->timeout = 0; /* they come at any moment: nothing is absent for long */
	if (dir->cls->find)
		return dir->cls->find(dir, name, r, out);
	if (!dir->cls->item || name_is_probe(name))
		return -ENOENT;
	rc = cache_get(dir->coll, name, r, &o);
	if (rc) {
		out->timeout = cache_list_timeout(dir->coll);
		return rc;
	}
	out->timeout = cache_object_timeout(dir->coll, o);
	return child_set(out, dir->cls->item->id, name, dir->coll, name);
}

/* ---- listing ---- */

int layout_list(struct node *dir, struct req *r)
{
	struct object *o;
	int rc = dir->id ? layout_object(dir, r, &o) : 0;

	if (rc)
		return rc;
	if (dir->cls->list)
		return dir->cls->list(dir, r);
	return dir->cls->item ? cache_list(dir->coll, r) : 0;
}

static bool entry_next(struct node *dir, struct object *o, const struct entry *entries,
		       uint64_t *place, struct child *out)
{
	for (uint64_t i = 0; entries && entries[i].name; i++) {
		const struct entry *e = &entries[i];

		if (i < *place || (e->cls->flags & CLASS_HIDDEN) || !entry_present(dir, o, e) ||
		    detached(dir, e->name) || scratch_find(dir, e->name))
			continue;
		*place = i + 1;
		return !entry_child(e, out);
	}
	return false;
}

static bool fields_next(struct node *dir, struct object *o, uint64_t *place, struct child *out)
{
	while (dir->cls->fields && o && field_next(dir, o, place, out))
		if (!detached(dir, out->name) && !scratch_find(dir, out->name))
			return true;
	return false;
}

static bool locals_next(struct node *dir, uint64_t *place, struct child *out)
{
	uint64_t i = 0;

	for (struct local *l = dir->locals; l; l = l->next) {
		for (int kind = 0; kind < 2; kind++, i++) {
			char name[300];

			snprintf(name, sizeof(name), ".%s.%s", l->name,
				 kind ? "error" : "rejected");
			if (i < *place || strlen(name) >= sizeof(out->name) ||
			    !local_child(dir, name, out))
				continue;
			*place = i + 1;
			return true;
		}
	}
	if (dir->parent == dir && *place <= i) {
		*place = i + 1;
		return !child_set(out, CLASS_ABOUT, ".modelfs", NULL, NULL);
	}
	return false;
}

static bool scratch_next_child(struct node *dir, uint64_t *place, struct child *out)
{
	/* By inode number: the order of the list changes, numbers do not. */
	struct node *best = NULL;

	for (struct node *n = dir->scratch_nodes; n; n = n->scratch_next)
		if ((n->ino & PLACE_MASK) > *place &&
		    (!best || (n->ino & PLACE_MASK) < (best->ino & PLACE_MASK)))
			best = n;
	if (!best)
		return false;
	*place = best->ino & PLACE_MASK;
	out->node = best;
	snprintf(out->name, sizeof(out->name), "%s", best->name);
	return true;
}

/* A draft of the same name hides what it is about to be. */
static bool is_shadowed(struct node *dir, const char *name)
{
	struct child own;

	return find_own(dir, name, &own);
}

static bool items_next(struct node *dir, uint64_t *place, struct child *out)
{
	struct object *o;

	do {
		memset(out, 0, sizeof(*out));
		if (dir->cls->next) {
			if (!dir->cls->next(dir, *place, out))
				return false;
			*place = out->cookie;
			if (out->cls->id == CLASS_ALIAS)
				out->id[0] = '\0';
			continue;
		}
		if (!dir->cls->item || !(o = collection_next(dir->coll, *place)))
			return false;
		*place = o->seq;
		if (child_set(out, dir->cls->item->id, o->id, dir->coll, o->id))
			return false;
	} while (scratch_find(dir, out->name) || is_shadowed(dir, out->name));
	return true;
}

bool layout_next(struct node *dir, uint64_t cookie, struct child *out)
{
	struct object *o = dir->id && dir->coll ? collection_find(dir->coll, dir->id) : NULL;
	uint64_t place = cookie & PLACE_MASK;

	for (unsigned section = (unsigned)(cookie >> SECTION_SHIFT); section < SECTION_END;
	     section++, place = 0) {
		bool found = false;

		memset(out, 0, sizeof(*out));
		if (section == SECTION_FILES)
			found = entry_next(dir, o, dir->cls->files, &place, out);
		else if (section == SECTION_FIELDS)
			found = fields_next(dir, o, &place, out);
		else if (section == SECTION_LOCALS)
			found = locals_next(dir, &place, out);
		else if (section == SECTION_SCRATCH)
			found = scratch_next_child(dir, &place, out);
		else if (section == SECTION_OWN)
			found = dir->cls->next_own && dir->cls->next_own(dir, &place, out);
		else if (section == SECTION_ITEMS)
			found = items_next(dir, &place, out);
		else
			found = entry_next(dir, o, dir->cls->dirs, &place, out);
		if (found) {
			out->cookie = (uint64_t)section << SECTION_SHIFT | place;
			return true;
		}
	}
	return false;
}

/* A field that this resource has not: written there, it would look saved. */
static bool absent_field(struct node *dir, const char *name)
{
	const struct message *m = dir->id ? layout_message(dir) : NULL;

	return m && layout_has_file(m, name);
}

bool layout_near_miss(struct node *dir, const char *name)
{
	struct object *o = dir->id && dir->coll ? collection_find(dir->coll, dir->id) : NULL;
	struct child c;
	uint64_t place = 0;

	for (const struct entry *e = dir->cls->files; e && e->name; e++)
		if (e->cls->flags & CLASS_ATTRIBUTE &&
		    (name_is_near_miss(name, e->name) || streq(name, e->name)))
			return true;
	while (dir->cls->fields && o && field_next(dir, o, &place, &c))
		if (name_is_near_miss(name, c.name))
			return true;
	return absent_field(dir, name);
}
