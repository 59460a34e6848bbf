/* SPDX-License-Identifier: MIT */
#include "fs/watch.h"

#include <limits.h>

#include "api/log.h"
#include "fs/commit.h"
#include "fs/notify.h"
#include "fs/operations.h"
#include "fs/scratch.h"

/* A directory of links (by-name, aliases): the names may lead elsewhere now. */
static void links_changed(struct tree *t, struct node *dir, const char *id)
{
	dir->shown_ns = wall_ns();
	tree_appeared(t, dir->ino);
	for (struct node *n = dir->children; n; n = n->sib_next) {
		if (!n->nlookup || n->unlinked || !S_ISLNK(n->cls->type))
			continue;
		if (dir->cls->id == CLASS_ALIASES || (n->id && streq(n->id, id))) {
			notify_inode(t->m->notifier, n->ino);
			notify_entry(t->m->notifier, dir->ino, n->name);
		}
	}
}

static void tell_changed(struct collection *c, struct object *o)
{
	struct tree *t = c->m->tree;

	for (struct node *dir = c->dirs; dir; dir = dir->coll_next) {
		if (!o || (dir->id && streq(dir->id, o->id))) {
			tree_touch(t, dir);
			continue;
		}
		if (dir->id)
			continue;
		if (dir->nlookup)
			notify_inode(t->m->notifier, dir->ino);
		if (dir->cls->id == CLASS_BY_NAME || dir->cls->id == CLASS_ALIASES)
			links_changed(t, dir, o->id);
	}
}

/* Somebody's own file has the name of a resource that came later: it must not
 * hide that, and is not thrown away either. */
static void make_way(struct tree *t, struct node *dir, const char *id)
{
	struct node *n = scratch_find(dir, id);
	_cleanup_buf_ struct buf name = BUF_INIT;

	if (!n)
		return;
	buf_puts(&name, id);
	do {
		buf_putc(&name, '~');
	} while (scratch_find(dir, buf_str(&name)));
	if (name.err || name.len > NAME_MAX)
		return;
	node_pin(n);
	scratch_leave(t, n);
	if (!tree_move(t, n, dir, buf_str(&name)))
		log_info("%s is a resource now: the file of that name is %s", id, buf_str(&name));
	scratch_enter(dir, n);
	notify_entry(t->m->notifier, dir->ino, id);
	node_unpin(t, n);
}

static void tell_added(struct collection *c, const char *id)
{
	struct tree *t = c->m->tree;

	for (struct node *dir = c->dirs; dir; dir = dir->coll_next) {
		if (dir->id)
			continue;
		if (dir->cls->item)
			make_way(t, dir, id);
		if (dir->nlookup)
			notify_inode(t->m->notifier, dir->ino);
		tree_appeared(t, dir->ino);
	}
}

static void object_removed(struct collection *c, const char *id)
{
	struct tree *t = c->m->tree;

	for (struct node *dir = c->dirs; dir; dir = dir->coll_next) {
		struct node *n = dir->id ? NULL : tree_find(t, dir, id);

		if (dir->nlookup && !dir->id)
			notify_inode(t->m->notifier, dir->ino);
		if (n && n->nlookup)
			notify_entry(t->m->notifier, dir->ino, id);
	}
}

static void object_changed(struct collection *c, struct object *o)
{
	tell_changed(c, o);
	if (o && o->arrived)
		commit_arrived(c, o);
	if (o && c->kind == COLL_OPERATIONS)
		operations_seen(c, o);
}

static void object_added(struct collection *c, struct object *o)
{
	tell_added(c, o->id);
	if (c->kind == COLL_OPERATIONS)
		operations_seen(c, o);
}

const struct cache_watcher watch_cache = {object_changed, object_added, object_removed};
