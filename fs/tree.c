/* SPDX-License-Identifier: MIT */
#include "fs/tree.h"

#include "fs/notify.h"

#define FIRST_BUCKETS 1024

static struct mount *the_mount; /* one per process */

struct mount *node_mount(const struct node *n)
{
	(void)n;
	return the_mount;
}

static size_t ino_slot(const struct tree *t, fuse_ino_t ino)
{
	return (size_t)(ino * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (t->buckets - 1);
}

static size_t name_slot(const struct tree *t, const struct node *dir, const char *name)
{
	return hash_bytes(name, strlen(name), dir->ino) & (t->buckets - 1);
}

struct node *tree_node(struct tree *t, fuse_ino_t ino)
{
	struct node *n = t->by_ino[ino_slot(t, ino)];

	while (n && n->ino != ino)
		n = n->ino_next;
	return n;
}

struct node *tree_find(struct tree *t, struct node *dir, const char *name)
{
	struct node *n = t->by_name[name_slot(t, dir, name)];

	while (n && !(n->parent == dir && streq(n->name, name)))
		n = n->name_next;
	return n;
}

static void name_link(struct tree *t, struct node *n)
{
	size_t slot = name_slot(t, n->parent, n->name);

	n->name_next = t->by_name[slot];
	t->by_name[slot] = n;
}

static void name_unlink(struct tree *t, struct node *n)
{
	struct node **link = &t->by_name[name_slot(t, n->parent, n->name)];

	while (*link && *link != n)
		link = &(*link)->name_next;
	if (*link)
		*link = n->name_next;
	n->name_next = NULL;
}

static void ino_unlink(struct tree *t, struct node *n)
{
	struct node **link = &t->by_ino[ino_slot(t, n->ino)];

	while (*link && *link != n)
		link = &(*link)->ino_next;
	if (*link)
		*link = n->ino_next;
}

static void sibling_link(struct node *n)
{
	n->sib_prev = NULL;
	n->sib_next = n->parent->children;
	if (n->sib_next)
		n->sib_next->sib_prev = n;
	n->parent->children = n;
}

static void sibling_unlink(struct node *n)
{
	if (n->sib_prev)
		n->sib_prev->sib_next = n->sib_next;
	else
		n->parent->children = n->sib_next;
	if (n->sib_next)
		n->sib_next->sib_prev = n->sib_prev;
}

static void tree_grow(struct tree *t)
{
	size_t old = t->buckets, buckets = old * 2;
	struct node **by_ino = calloc(buckets, sizeof(*by_ino));
	struct node **by_name = calloc(buckets, sizeof(*by_name));
	struct node **from = t->by_ino;

	if (!by_ino || !by_name) {
		free(by_ino);
		free(by_name);
		return; /* longer chains, nothing worse */
	}
	free(t->by_name);
	t->by_ino = by_ino;
	t->by_name = by_name;
	t->buckets = buckets;
	for (size_t i = 0; i < old; i++) {
		while (from[i]) {
			struct node *n = from[i];
			size_t slot = ino_slot(t, n->ino);

			from[i] = n->ino_next;
			n->ino_next = by_ino[slot];
			by_ino[slot] = n;
			if (!n->unlinked && n != t->root)
				name_link(t, n);
		}
	}
	free(from);
}

/* The same path has the same inode number in every mount, unless that number
 * is taken (by what bore the name before). */
static fuse_ino_t new_ino(struct tree *t, const struct node *dir, const char *name)
{
	fuse_ino_t ino = hash_bytes(name, strlen(name), dir ? dir->ino : 0) >> 1;

	while (ino <= FUSE_ROOT_ID || tree_node(t, ino))
		ino++;
	return ino;
}

struct node *tree_add(struct tree *t, struct node *dir, const char *name, const struct class *cls)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->name = strdup(name);
	if (!n->name) {
		free(n);
		return NULL;
	}
	if (t->count >= t->buckets)
		tree_grow(t);
	n->cls = cls;
	n->ino = dir ? new_ino(t, dir, name) : FUSE_ROOT_ID;
	n->parent = dir ? dir : n;
	n->service = dir ? dir->service : NULL;
	n->ino_next = t->by_ino[ino_slot(t, n->ino)];
	t->by_ino[ino_slot(t, n->ino)] = n;
	if (dir) {
		sibling_link(n);
		name_link(t, n);
		dir->pins++; /* a parent outlives its children */
	}
	t->count++;
	return n;
}

static void local_free(struct tree *t, struct local *l)
{
	loop_timer_cancel(t->m->loop, &l->back);
	free(l->name);
	free(l->rejected);
	free(l->error);
	free(l->before);
	free(l->sent);
	free(l->last_export);
	free(l->operation);
	free(l->unknown_body);
	free(l);
}

/* Memory, and what hangs on it. */
static void node_dispose(struct tree *t, struct node *n)
{
	while (n->locals) {
		struct local *l = n->locals;

		n->locals = l->next;
		local_free(t, l);
	}
	if (n->scratch)
		t->hooks->drop(n->scratch);
	free(n->name);
	free(n->res);
	free(n->id);
	free(n->key);
	free(n);
}

static void node_free(struct tree *t, struct node *n)
{
	if (n->coll) {
		if (n->coll_prev)
			n->coll_prev->coll_next = n->coll_next;
		else if (n->coll->dirs == n)
			n->coll->dirs = n->coll_next;
		if (n->coll_next)
			n->coll_next->coll_prev = n->coll_prev;
	}
	ino_unlink(t, n);
	if (n != t->root) {
		if (!n->unlinked)
			name_unlink(t, n);
		sibling_unlink(n);
	}
	node_dispose(t, n);
	t->count--;
}

static void node_reap(struct tree *t, struct node *n)
{
	while (n != t->root && !n->nlookup && !n->pins) {
		struct node *parent = n->parent;

		node_free(t, n);
		parent->pins--;
		n = parent;
	}
}

void node_pin(struct node *n)
{
	n->pins++;
}

void node_unpin(struct tree *t, struct node *n)
{
	n->pins--;
	node_reap(t, n);
}

void tree_forget(struct tree *t, struct node *n, uint64_t nlookup)
{
	n->nlookup -= nlookup < n->nlookup ? nlookup : n->nlookup;
	node_reap(t, n);
}

void node_attach(struct node *n, struct collection *c)
{
	n->coll = c;
	n->coll_next = c->dirs;
	if (c->dirs)
		c->dirs->coll_prev = n;
	c->dirs = n;
}

int child_set(struct child *out, enum class_id cls, const char *name, struct collection *coll,
	      const char *id)
{
	if (strlen(name) >= sizeof(out->name) || (id && strlen(id) >= sizeof(out->id)))
		return -ENAMETOOLONG;
	out->cls = class_of(cls);
	strcpy(out->name, name);
	out->coll = coll;
	strcpy(out->id, id ? id : "");
	return 0;
}

static bool same_thing(const struct node *n, const struct child *c)
{
	return n->cls == c->cls && n->field == c->field && streq(n->key ? n->key : "", c->key) &&
	       streq(n->id ? n->id : "", c->id);
}

static int node_fill(struct tree *t, struct node *n, const struct child *c)
{
	n->field = c->field;
	if (*c->key && !(n->key = strdup(c->key)))
		return -ENOMEM;
	if (*c->id && !(n->id = strdup(c->id)))
		return -ENOMEM;
	return t->hooks->init(t->m, n, c);
}

struct node *tree_child(struct tree *t, struct node *dir, const struct child *c)
{
	struct node *n = c->node ? c->node : tree_find(t, dir, c->name);

	if (c->node || (n && same_thing(n, c)))
		return n;
	if (n) /* something else bears the name now */
		tree_detach(t, n);
	n = tree_add(t, dir, c->name, c->cls);
	if (n && node_fill(t, n, c)) {
		node_reap(t, n);
		n = NULL;
	}
	return n;
}

void tree_detach(struct tree *t, struct node *n)
{
	if (n->unlinked || n == t->root)
		return;
	name_unlink(t, n);
	n->unlinked = true;
}

int tree_move(struct tree *t, struct node *n, struct node *dir, const char *name)
{
	struct node *old = n->parent;
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	tree_detach(t, n);
	sibling_unlink(n);
	free(n->name);
	n->name = copy;
	n->parent = dir;
	dir->pins++;
	sibling_link(n);
	name_link(t, n);
	n->unlinked = false;
	node_unpin(t, old);
	return 0;
}

int tree_become(struct tree *t, struct node *n, const struct child *like)
{
	free(n->key);
	free(n->id);
	n->key = n->id = NULL;
	n->cls = like->cls;
	return node_fill(t, n, like);
}

void tree_other_file(struct tree *t, struct node *n)
{
	n->stale_pages = true;
	if (n->nlookup)
		notify_inode(t->m->notifier, n->ino);
}

void node_shown(struct mount *m, struct node *dir)
{
	dir->shown_ns = wall_ns();
	notify_inode(m->notifier, dir->ino);
}

void tree_touch(struct tree *t, struct node *n)
{
	if (n->nlookup)
		notify_inode(t->m->notifier, n->ino);
	for (struct node *c = n->children; c; c = c->sib_next)
		tree_touch(t, c);
}

void tree_absent(struct tree *t, fuse_ino_t dir, const char *name)
{
	struct negative *n = &t->negatives[t->next_negative];

	t->next_negative = (t->next_negative + 1) % NEGATIVES_MAX;
	free(n->name);
	n->dir = dir;
	n->name = strdup(name);
}

void tree_appeared(struct tree *t, fuse_ino_t dir)
{
	for (size_t i = 0; i < NEGATIVES_MAX; i++) {
		struct negative *n = &t->negatives[i];

		if (!n->name || (dir && n->dir != dir))
			continue;
		if (tree_node(t, n->dir))
			notify_entry(t->m->notifier, n->dir, n->name);
		free(n->name);
		n->name = NULL;
	}
}

struct local *node_local(struct node *dir, const char *name, bool make)
{
	struct local *l = dir->locals;

	while (l && !streq(l->name, name))
		l = l->next;
	if (l || !make)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->name = strdup(name);
	if (!l->name) {
		free(l);
		return NULL;
	}
	l->dir = dir;
	l->next = dir->locals;
	dir->locals = l;
	node_pin(dir);
	return l;
}

static void local_listed(struct local *l)
{
	l->detached_ns = 0;
	node_shown(node_mount(l->dir), l->dir);
}

/* Nobody wrote it anew: it is listed again. */
static void local_back(void *ctx)
{
	local_listed(ctx);
}

void node_local_detach(struct tree *t, struct local *l, uint64_t when_ns)
{
	loop_timer_cancel(t->m->loop, &l->back);
	if (when_ns) {
		l->detached_ns = when_ns;
		loop_timer_set(t->m->loop, &l->back, when_ns, local_back, l);
		return;
	}
	if (l->detached_ns)
		local_listed(l);
	t->hooks->back(t->m, l->dir, l->name);
}

struct node *node_owner(struct node *n)
{
	while (n->parent != n && !(S_ISDIR(n->cls->type) && n->id))
		n = n->parent;
	return n;
}

struct node *node_model(struct node *n)
{
	while (n->cls->id != CLASS_MODEL && n->parent != n)
		n = n->parent;
	return n->cls->id == CLASS_MODEL ? n : NULL;
}

const char *node_version(const struct node *n)
{
	for (;; n = n->parent) {
		if (n->cls->id == CLASS_VERSION)
			return n->id;
		if (n->parent == n)
			return NULL;
	}
}

void node_path(const struct node *n, struct buf *out)
{
	if (n->parent == n)
		return;
	node_path(n->parent, out);
	if (out->len)
		buf_putc(out, '/');
	buf_puts(out, n->name);
}

int tree_new(struct mount *m, const struct class *root, const struct tree_hooks *hooks,
	     struct tree **out)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	the_mount = t->m = m;
	t->hooks = hooks;
	t->buckets = FIRST_BUCKETS;
	t->by_ino = calloc(t->buckets, sizeof(*t->by_ino));
	t->by_name = calloc(t->buckets, sizeof(*t->by_name));
	if (t->by_ino && t->by_name)
		t->root = tree_add(t, NULL, "", root);
	if (!t->root) {
		tree_free(t);
		return -ENOMEM;
	}
	t->root->nlookup = 1;
	*out = t;
	return 0;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; t->by_ino && i < t->buckets; i++) {
		while (t->by_ino[i]) {
			struct node *n = t->by_ino[i];

			/* Order does not matter: nothing is followed any more. */
			t->by_ino[i] = n->ino_next;
			node_dispose(t, n);
		}
	}
	for (size_t i = 0; i < NEGATIVES_MAX; i++)
		free(t->negatives[i].name);
	free(t->by_ino);
	free(t->by_name);
	free(t);
}
