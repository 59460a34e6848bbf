/* SPDX-License-Identifier: MIT */
#include "fs/alias.h"

#include <fcntl.h>
#include <stdio.h>

#include "api/resource.h"
#include "fs/change.h"
#include "fs/notify.h"
#include "fs/own.h"
#include "fs/remove.h"
#include "fs/reply.h"
#include "fs/scratch.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1 << 0)
#endif

#define LINKS_MAX 40 /* symbolic links followed in one path, as the kernel does */

/* ln -sfn makes its link under such a name first. */
static bool is_temporary(const char *name)
{
	size_t len = strlen(name);

	return name[0] == '.' || name[0] == '#' || (len && name[len - 1] == '~') ||
	       (len == 8 && starts_with(name, "Cu"));
}

bool alias_meant(const struct node *dir, const char *name)
{
	return dir->cls->id == CLASS_ALIASES && !is_temporary(name);
}

/* ---- where a link leads ---- */

const char *alias_below(const char *mountpoint, const char *path)
{
	size_t len = strlen(mountpoint);

	while (len && mountpoint[len - 1] == '/')
		len--;
	if (strncmp(path, mountpoint, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path + len + strspn(path + len, "/");
}

/* A walk along a path of the tree. */
struct walk {
	struct mount *m;
	struct req *r;
	struct node *at; /* pinned */
	char *rest;      /* what is still to be walked; owned */
	unsigned links;
};

static void walk_free(struct walk *w)
{
	if (w->at)
		node_unpin(w->m->tree, w->at);
	free(w->rest);
}

static void walk_to(struct walk *w, struct node *n)
{
	struct node *old = w->at;

	node_pin(n);
	w->at = n;
	if (old)
		node_unpin(w->m->tree, old);
}

/* Begin a path at n: the text goes before what is left.  -EXDEV: it leads out
 * of the mount. */
static int walk_path(struct walk *w, struct node *n, const char *path, const char *after)
{
	const char *below = path[0] == '/' ? alias_below(w->m->config->mountpoint, path) : path;
	char *rest;

	if (!below)
		return -EXDEV;
	rest = str_format("%s/%s", below, after);
	if (!rest)
		return -ENOMEM;
	free(w->rest);
	w->rest = rest;
	walk_to(w, path[0] == '/' ? w->m->tree->root : n);
	return 0;
}

static int walk_link(struct walk *w, struct node *link, const char *after)
{
	_cleanup_buf_ struct buf target = BUF_INIT;
	struct object *o = NULL;
	int rc = 0;

	if (++w->links > LINKS_MAX)
		return -ELOOP;
	if (link->scratch) {
		buf_add(&target, buf_str(&link->scratch->data), link->scratch->data.len);
	} else {
		rc = layout_object(link, w->r, &o);
		if (!rc)
			rc = layout_render(link, o, &target);
	}
	if (!rc)
		rc = target.err;
	return rc ? rc : walk_path(w, w->at, buf_str(&target), after);
}

static int walk_name(struct walk *w, const char *name, const char *after)
{
	struct child c;
	struct node *n;
	int rc;

	if (!S_ISDIR(w->at->cls->type))
		return -ENOTDIR;
	rc = layout_lookup(w->at, name, w->r, &c);
	if (rc)
		return rc;
	n = tree_child(w->m->tree, w->at, &c);
	if (!n)
		return -ENOMEM;
	node_pin(n);
	if (S_ISLNK(n->scratch ? n->scratch->mode : n->cls->type))
		rc = walk_link(w, n, after);
	else
		walk_to(w, n);
	node_unpin(w->m->tree, n);
	return rc;
}

static int walk_step(struct walk *w)
{
	_cleanup_free_ char *path = take_ptr(w->rest);
	char *name = path + strspn(path, "/");
	char *after = name + strcspn(name, "/");

	if (*after)
		*after++ = '\0';
	w->rest = strdup(after);
	if (!w->rest)
		return -ENOMEM;
	if (!*name || streq(name, "."))
		return 0;
	if (streq(name, "..")) {
		walk_to(w, w->at->parent);
		return 0;
	}
	return walk_name(w, name, after);
}

/* The version of dir's model that a link in dir with this target leads to: 0
 * and its id (fresh memory), REQ_PARKED, or a refusal that was told. */
static int version_of_target(struct req *r, struct node *dir, const char *target, char **id)
{
	struct walk w = {.m = r->m, .r = r};
	struct node *model = node_model(dir);
	bool near;
	int rc = walk_path(&w, dir, target, "");

	while (!rc && w.rest[strspn(w.rest, "/")])
		rc = walk_step(&w);
	/* In versions/ or models/ only the last part is wrong. */
	near = w.at && (w.at->cls->id == CLASS_VERSIONS || w.at->cls->id == CLASS_MODELS) &&
	       node_model(w.at) == (w.at->cls->id == CLASS_VERSIONS ? model : NULL);
	if (!rc && (w.at->cls->id != CLASS_VERSION || node_model(w.at) != model))
		rc = change_refuse(r, "alias", dir, r->name, -EINVAL,
				   "%s is no version of this model: an alias leads to "
				   "../versions/ID",
				   target);
	else if (!rc)
		rc = (*id = strdup(w.at->id)) ? 0 : -ENOMEM;
	else if (rc == -ENOENT && near)
		rc = change_refuse(r, "alias", dir, r->name, rc, "%s: there is no such version",
				   target);
	else if (rc == -ENOENT || rc == -ENOTDIR || rc == -EXDEV || rc == -ELOOP)
		rc = change_refuse(
			r, "alias", dir, r->name, -EINVAL,
			"%s leads to no version of this model (seen from aliases/, where "
			"the link lies): an alias leads to ../versions/ID",
			target);
	walk_free(&w);
	return rc;
}

/* ---- what is known ---- */

/* Who bears the alias: a version's id, borrowed; NULL: nobody. */
static const char *holder_of(struct node *dir, const char *alias)
{
	static struct child c;

	for (uint64_t cookie = 0; class_of(CLASS_ALIASES)->next(dir, cookie, &c); cookie = c.cookie)
		if (streq(c.name, alias))
			return c.id;
	return NULL;
}

static int check_name(struct req *r, struct node *dir, const char *name)
{
	if (resource_vertex_alias(name))
		return 0;
	return change_refuse(r, "alias", dir, name, -EINVAL,
			     "'%s' is no alias: 2 to 128 of a-z, A-Z, 0-9 and -, a lower-case "
			     "letter first, no - and no capital at the end",
			     name);
}

/* ---- the request ---- */

static void alias_changed(const struct change *c, const struct api_error *e)
{
	/* Also after a failure: nobody knows what a service did before it said so. */
	cache_expire_model(c->m, c->service, c->model, !e->err);
}

static int merge(struct req *r, struct node *dir, const char *version, const char *add,
		 const char *remove)
{
	struct node *model = node_model(dir);
	_cleanup_free_ char *name = str_format("%s@%s", model->res, version);
	_cleanup_free_ char *path = change_path(dir, r->name);
	_cleanup_free_ char *minus = remove ? str_format("-%s", remove) : NULL;
	_cleanup_buf_ struct buf body = BUF_INIT;
	struct change_options o = {.service = dir->service,
				   .method = "models.mergeVersionAliases",
				   .name = name,
				   .model = model->res,
				   .version = version,
				   .fields = add && streq(add, "default") ? OWN_DEFAULT : NULL,
				   .path = path,
				   .after = alias_changed};
	struct json_writer w;

	jw_init(&w, &body);
	jw_object(&w, NULL);
	jw_array(&w, "versionAliases");
	if (add)
		jw_str(&w, NULL, add);
	if (minus)
		jw_str(&w, NULL, minus);
	jw_end_array(&w);
	jw_end_object(&w);
	if (!name || !path || (remove && !minus) || body.err)
		return -ENOMEM;
	o.body = buf_str(&body);
	return change_begin(r, &o);
}

static int reply_unless_parked(struct req *r, int rc)
{
	return rc == REQ_PARKED ? rc : reply_err(r, rc);
}

/* ---- ln -s ---- */

static int symlink_begin(struct req *r, struct node *dir)
{
	_cleanup_free_ char *version = NULL;
	int rc = check_name(r, dir, r->name);

	if (!rc)
		rc = cache_list_now(dir->coll, r);
	if (!rc && holder_of(dir, r->name))
		rc = -EEXIST;
	if (!rc)
		rc = version_of_target(r, dir, r->name2, &version);
	return rc ? rc : merge(r, dir, version, r->name, NULL);
}

static int symlink_end(struct req *r, struct node *dir)
{
	struct child c;
	struct node *n;
	int rc = r->step.reply;

	if (rc) {
		change_result(r);
		return reply_err(r, rc);
	}
	rc = layout_lookup(dir, r->name, r, &c);
	if (rc == REQ_PARKED)
		return rc;
	change_result(r);
	n = rc ? NULL : tree_child(r->m->tree, dir, &c);
	return n ? reply_node(r, n, 0) : reply_err(r, rc ? rc : -ENOMEM);
}

int alias_symlink(struct req *r, struct node *dir)
{
	if (r->stage == CHANGE_SENT)
		return change_wait(r);
	if (r->stage == CHANGE_ENDED)
		return symlink_end(r, dir);
	return reply_unless_parked(r, symlink_begin(r, dir));
}

/* ---- rm ---- */

static int unlink_begin(struct req *r, struct node *dir)
{
	_cleanup_free_ char *version = NULL;
	const char *holder;
	int rc;

	if (streq(r->name, "default"))
		return change_refuse(r, "unlink", dir, r->name, -EBUSY,
				     "a model always has a default version: make another one the "
				     "default instead (echo ID > ../default)");
	rc = remove_alias_check(r, dir, r->name);
	if (!rc)
		rc = cache_list_now(dir->coll, r);
	if (rc)
		return rc;
	holder = holder_of(dir, r->name);
	if (!holder)
		return -ENOENT;
	version = strdup(holder);
	return version ? merge(r, dir, version, NULL, r->name) : -ENOMEM;
}

int alias_unlink(struct req *r, struct node *dir)
{
	struct node *n;
	int rc;

	if (r->stage == CHANGE_SENT)
		return change_wait(r);
	if (r->stage != CHANGE_ENDED) {
		rc = unlink_begin(r, dir);
	} else {
		rc = change_result(r);
		n = tree_find(r->m->tree, dir, r->name);
		if (!rc && n)
			tree_detach(r->m->tree, n);
	}
	if (rc && rc != REQ_PARKED)
		remove_refused(r, dir, r->name, false);
	return reply_unless_parked(r, rc);
}

/* ---- mv, ln -sfn ---- */

static int rename_begin(struct req *r, struct node *from, struct node *dir)
{
	_cleanup_free_ char *version = NULL;
	const char *holder;
	int rc = check_name(r, dir, r->name2);

	if (!rc)
		rc = cache_list_now(dir->coll, r);
	if (rc)
		return rc;
	if ((r->flags & RENAME_NOREPLACE) && holder_of(dir, r->name2))
		return -EEXIST;
	if (from->scratch) {
		rc = version_of_target(r, dir, buf_str(&from->scratch->data), &version);
		if (rc)
			return rc;
		holder = holder_of(dir, r->name2);
		if (holder && streq(holder, version)) {
			r->stage = CHANGE_ENDED; /* so it is already */
			r->step.reply = 0;
			return 0;
		}
		return merge(r, dir, version, r->name2, NULL);
	}
	if (streq(from->name, "default"))
		return change_refuse(r, "rename", dir, from->name, -EBUSY,
				     "a model always has a default version");
	holder = holder_of(dir, from->name);
	if (!holder)
		return -ENOENT;
	version = strdup(holder);
	return version ? merge(r, dir, version, r->name2, from->name) : -ENOMEM;
}

/* The kernel moves the name of `from`: its node is the alias from now on. */
static void rename_apply(struct req *r, struct node *dir)
{
	struct tree *t = r->m->tree;
	struct node *from = tree_node(t, r->ino2), *old = tree_find(t, dir, r->name2);
	struct child like = {.cls = class_of(CLASS_ALIAS)};

	if (!from)
		return;
	node_pin(from);
	if (old && old != from)
		tree_detach(t, old);
	if (from->scratch) {
		node_shown(r->m, from->parent);
		scratch_leave(t, from);
		scratch_free(take_ptr(from->scratch));
		tree_become(t, from, &like);
	}
	tree_move(t, from, dir, r->name2);
	notify_inode(r->m->notifier, from->ino);
	node_unpin(t, from);
}

int alias_rename(struct req *r, struct node *from, struct node *dir)
{
	int rc = 0;

	if (r->stage == CHANGE_SENT)
		return change_wait(r);
	if (r->stage != CHANGE_ENDED)
		rc = rename_begin(r, from, dir);
	if (!rc)
		rc = change_result(r);
	if (!rc)
		rename_apply(r, dir);
	if (rc != REQ_PARKED)
		rc = save_errno_for(SAVE_RENAME, rc); /* never EINVAL: mv prints nonsense */
	return reply_unless_parked(r, rc);
}
