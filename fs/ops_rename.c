/* SPDX-License-Identifier: MIT */
/* RENAME: a scratch file onto an attribute is a save; an attribute moved to a
 * scratch name is a backup and changes nothing upstream.  RENAME_EXCHANGE is
 * the save, with what the attribute held under the scratch file's name. */
#include "fs/alias.h"
#include "fs/change.h"
#include "fs/notify.h"
#include "fs/ops.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1 << 0)
#endif
#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

#define TEXT_MAX ((size_t)1 << 20)

enum { STAGE_LOOK, STAGE_JUDGE, STAGE_CALL, STAGE_DONE };

/* The save that a rename is: lives until its call ended, whoever waits. */
struct rename_save {
	struct mount *m;
	struct node *dir;  /* pinned */
	struct node *attr; /* pinned: the attribute as it is judged */
	struct save *save;
	struct req *owner;
	struct waitq waiters;
	struct commit *commit;
	struct scratch *old; /* exchange: what the attribute held */
	char *name;
	uid_t uid;
	gid_t gid;
};

static void rename_free(struct rename_save *s)
{
	struct tree *t = s->m->tree;

	scratch_free(s->old);
	node_unpin(t, s->attr);
	node_unpin(t, s->dir);
	save_free(s->save);
	free(s->name);
	free(s);
}

static void keep_refused(struct rename_save *s, const struct api_error *why)
{
	size_t len;
	const char *text = save_text(s->save, &len);

	commit_no_backup(s->dir, s->name);
	commit_refused(s->m, s->dir, s->name, text, len, s->uid, s->gid, why);
}

/* The scratch file becomes the attribute: its node shows that from now on. */
static void become_attribute(struct tree *t, struct node *from, struct node *dir,
			     const struct child *c)
{
	struct node *old = tree_find(t, dir, c->name);

	if (old)
		tree_detach(t, old);
	node_pin(from);
	scratch_leave(t, from);
	scratch_free(take_ptr(from->scratch));
	if (!tree_become(t, from, c))
		tree_move(t, from, dir, c->name);
	node_shown(t->m, dir);
	tree_other_file(t, from);
	node_unpin(t, from);
}

static void become_scratch(struct tree *t, struct node *n, struct scratch *s, struct node *dir,
			   const char *name)
{
	struct child like = {.cls = class_of(CLASS_SCRATCH)};

	node_pin(n);
	tree_become(t, n, &like);
	n->scratch = s;
	if (!tree_move(t, n, dir, name))
		scratch_enter(dir, n);
	node_shown(t->m, dir);
	tree_other_file(t, n);
	node_unpin(t, n);
}

/* The two nodes change places.  old: a scratch of what the attribute held,
 * taken over. */
static void change_places(struct tree *t, struct node *from, struct node *attr, struct scratch *old,
			  const struct child *c)
{
	struct node *dir = from->parent;
	_cleanup_free_ char *name = strdup(from->name);

	if (!name) { /* the old content is lost, as with a plain rename */
		scratch_free(old);
		become_attribute(t, from, attr->parent, c);
		return;
	}
	node_pin(attr);
	node_pin(dir);
	become_attribute(t, from, attr->parent, c);
	become_scratch(t, attr, old, dir, name);
	node_unpin(t, dir);
	node_unpin(t, attr);
}

static int rename_done(struct req *r, struct rename_save *s)
{
	struct tree *t = r->m->tree;
	struct node *from = tree_node(t, r->ino2);
	struct child c;

	commit_unchanged(r->m, s->dir, s->name);
	/* Gone meanwhile: the value is saved all the same. */
	if (!from || !from->scratch || layout_attribute(s->dir, s->name, &c))
		return 0;
	if (s->old && !s->attr->unlinked && !s->attr->scratch)
		change_places(t, from, s->attr, take_ptr(s->old), &c);
	else
		become_attribute(t, from, s->dir, &c);
	return 0;
}

/* Moved away (or linked) and brought back with nothing saved in between: what
 * an editor does after a refusal.  That is no save, whatever others did to the
 * attribute meanwhile, and the refused text stays. */
static bool is_return(const struct node *from, struct node *dir, const char *name)
{
	const struct scratch *s = from->scratch;
	const struct local *l = node_local(dir, name, false);

	return l && s->backup_of && streq(s->backup_of, name) && s->backup_saves == l->saves;
}

static int bring_back(struct req *r, struct node *from, struct node *dir, const struct child *c)
{
	node_local_detach(r->m->tree, node_local(dir, c->name, false), 0);
	become_attribute(r->m->tree, from, dir, c);
	return reply_err(r, 0);
}

static void rename_ended(void *ctx, const struct outcome *o)
{
	struct rename_save *s = ctx;

	s->commit = NULL;
	if (o->err)
		keep_refused(s, &o->why);
	else
		commit_accepted(s->m, s->dir, s->name);
	if (!s->owner) {
		rename_free(s);
		return;
	}
	s->owner->step.reply = save_errno_for(SAVE_RENAME, o->err);
	s->owner->stage = STAGE_DONE;
	waitq_wake(s->m, &s->waiters);
}

static void rename_abandoned(struct req *r, int err)
{
	struct rename_save *s = r->context;
	_cleanup_api_error_ struct api_error why = {0};

	if (!s)
		return;
	r->context = NULL;
	s->owner = NULL;
	if (r->stage == STAGE_DONE) {
		rename_free(s);
		return;
	}
	api_error_set(&why, -err, API_DEADLINE_EXCEEDED,
		      s->commit ? "the request was sent, its outcome is not known yet"
				: "given up before anything was sent");
	keep_refused(s, &why);
	if (!s->commit)
		rename_free(s);
}

static int rename_reply(struct req *r, struct rename_save *s, int err)
{
	r->context = NULL;
	if (!err)
		err = rename_done(r, s);
	rename_free(s);
	return reply_err(r, err);
}

static int rename_judge(struct req *r, struct rename_save *s)
{
	struct node *from = tree_node(r->m->tree, r->ino2);
	_cleanup_api_error_ struct api_error why = {0};
	struct commit_text t = {0};
	int rc;

	t.text = save_text(s->save, &t.len);
	t.backup = from && from->scratch && from->scratch->backup_of &&
		   streq(from->scratch->backup_of, s->name);
	rc = commit_begin(s->attr, &t, r, rename_ended, s, &s->commit, &why);
	if (rc == REQ_PARKED)
		return rc;
	if (rc == COMMIT_NOTHING)
		return rename_reply(r, s, 0);
	if (rc) {
		keep_refused(s, &why);
		return rename_reply(r, s, save_errno_for(SAVE_RENAME, rc));
	}
	r->stage = STAGE_CALL;
	return req_park(r, &s->waiters);
}

/* The whole text is there at once.  old: exchange (taken over), or NULL. */
static int save_onto(struct req *r, struct node *from, struct node *dir, const struct child *c,
		     struct scratch *old)
{
	struct rename_save *s = calloc(1, sizeof(*s));
	struct save_event e = {.what = SAVE_RENAME};
	struct node *attr = tree_child(r->m->tree, dir, c);
	struct save_step step;
	int rc;

	if (!s || !attr) {
		free(s);
		scratch_free(old);
		return reply_err(r, -ENOMEM);
	}
	s->old = old;
	s->m = r->m;
	s->dir = dir;
	s->attr = attr;
	node_pin(dir);
	node_pin(attr);
	s->owner = r;
	s->uid = r->uid;
	s->gid = r->gid;
	s->name = strdup(c->name);
	r->context = s;
	rc = s->name ? save_new(commit_kind(attr), false, false, buf_str(&from->scratch->data),
				from->scratch->data.len, TEXT_MAX, &s->save)
		     : -ENOMEM;
	if (!rc && !layout_writable(attr))
		rc = -EPERM;
	if (rc)
		return rename_reply(r, s, rc);
	r->abandon = rename_abandoned;
	step = save_event(s->save, &e);
	if (step.action == SAVE_CALL) {
		r->stage = STAGE_JUDGE;
		return rename_judge(r, s);
	}
	if (step.reply < 0) {
		_cleanup_api_error_ struct api_error why = {0};

		api_error_set(&why, -step.reply, API_INVALID_ARGUMENT, "%s",
			      step.reason ? step.reason : strerror(-step.reply));
		keep_refused(s, &why);
	}
	return rename_reply(r, s, step.reply);
}

/* ---- without a save ---- */

static int move_scratch(struct req *r, struct node *from, struct node *dir, const char *name)
{
	struct tree *t = r->m->tree;
	struct node *over = scratch_find(dir, name);
	int rc = scratch_name_check(r, dir, name);

	if (rc)
		return rc;
	if (over && over != from)
		scratch_unlink(t, over);
	node_pin(from);
	node_shown(r->m, from->parent);
	scratch_leave(t, from);
	rc = tree_move(t, from, dir, name);
	scratch_enter(from->parent, from);
	node_unpin(t, from);
	return rc;
}

/* What a writable attribute holds, as a scratch: 0, REQ_PARKED or -errno. */
static int attribute_copy(struct req *r, struct node *attr, struct scratch **out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct scratch *s;
	int rc;

	if (!layout_writable(attr))
		return -EPERM;
	rc = node_text(r, attr, &text);
	if (rc)
		return rc;
	s = scratch_new(S_IFREG | 0644, r->uid, r->gid);
	if (!s)
		return -ENOMEM;
	rc = text.len ? scratch_write(s, buf_str(&text), text.len, 0) : 0;
	if (rc)
		scratch_free(s);
	else
		*out = s;
	return rc;
}

/* The attribute's node becomes a scratch file with its content; the attribute
 * is away until it is written anew or a moment has passed. */
static int move_away(struct req *r, struct node *attr, struct node *dir, const char *name)
{
	struct tree *t = r->m->tree;
	struct node *old_dir = attr->parent;
	_cleanup_free_ char *old_name = strdup(attr->name);
	struct node *over = scratch_find(dir, name);
	struct scratch *s;
	int rc;

	rc = scratch_name_check(r, dir, name);
	if (!rc)
		rc = attribute_copy(r, attr, &s);
	if (rc)
		return rc;
	if (!old_name) {
		scratch_free(s);
		return -ENOMEM;
	}
	scratch_backup(s, old_dir, old_name);
	if (over)
		scratch_unlink(t, over);
	attribute_detach(r, old_dir, old_name);
	become_scratch(t, attr, s, dir, name);
	return 0;
}

static int swap_scratch(struct req *r, struct node *a, struct node *b)
{
	struct tree *t = r->m->tree;
	struct node *dir = a->parent;
	_cleanup_free_ char *name = strdup(a->name);
	int rc = name ? 0 : -ENOMEM;

	node_pin(dir);
	node_pin(a);
	node_pin(b);
	scratch_leave(t, a);
	scratch_leave(t, b);
	if (!rc)
		rc = tree_move(t, a, b->parent, b->name);
	if (!rc)
		rc = tree_move(t, b, dir, name);
	scratch_enter(a->parent, a);
	scratch_enter(b->parent, b);
	node_shown(r->m, a->parent);
	node_shown(r->m, b->parent);
	node_unpin(t, b);
	node_unpin(t, a);
	node_unpin(t, dir);
	return rc;
}

/* RENAME_EXCHANGE of what two names lead to. */
static int exchange(struct req *r, struct node *a, const struct child *a_child, struct node *b,
		    const struct child *b_child)
{
	struct node *from = a->scratch ? a : b, *attr = a->scratch ? b : a;
	const struct child *c = a->scratch ? b_child : a_child;
	struct scratch *old;
	int rc;

	if (a == b)
		return reply_err(r, 0);
	if (a->scratch && b->scratch)
		return reply_err(r, swap_scratch(r, a, b));
	if (!from->scratch || !S_ISREG(from->scratch->mode) || !S_ISREG(attr->cls->type))
		return reply_err(r, -EPERM);
	rc = attribute_copy(r, attr, &old);
	if (rc)
		return rc == REQ_PARKED ? rc : reply_err(r, rc);
	r->ino2 = from->ino;
	if (!is_return(from, attr->parent, attr->name))
		return save_onto(r, from, attr->parent, c, old);
	change_places(r->m->tree, from, attr, old, c);
	return reply_err(r, 0);
}

static bool is_alias(const struct node *n)
{
	return n->cls->id == CLASS_ALIAS;
}

static int rename_look(struct req *r)
{
	struct tree *t = r->m->tree;
	struct node *dir = req_node(r, r->ino), *dir2;
	struct child from, to;
	struct node *n;
	int rc, rc2;

	if (!dir)
		return REQ_DONE;
	dir2 = req_node(r, r->to_ino);
	if (!dir2)
		return REQ_DONE;
	if (r->flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return reply_err(r, -EINVAL);
	rc = layout_lookup(dir, r->name, r, &from);
	if (rc)
		return rc == REQ_PARKED ? rc : reply_err(r, rc);
	rc2 = layout_lookup(dir2, r->name2, r, &to);
	if (rc2 == REQ_PARKED)
		return rc2;
	if (rc2 && rc2 != -ENOENT)
		return reply_err(r, rc2);
	if (!rc2 && (r->flags & RENAME_NOREPLACE))
		return reply_err(r, -EEXIST);
	n = tree_child(t, dir, &from);
	if (!n)
		return reply_err(r, -ENOMEM);
	if (r->flags & RENAME_EXCHANGE) {
		struct node *n2 = rc2 ? NULL : tree_child(t, dir2, &to);

		return n2 ? exchange(r, n, &from, n2, &to) : reply_err(r, rc2 ? rc2 : -ENOMEM);
	}
	r->ino2 = n->ino;
	if (alias_meant(dir2, r->name2) && !(dir == dir2 && streq(r->name, r->name2)) &&
	    (n->scratch ? S_ISLNK(n->scratch->mode) : is_alias(n) && dir == dir2))
		return alias_rename(r, n, dir2);
	/* An attribute that is moved away at the moment is one all the same. */
	if (rc2 == -ENOENT && !layout_attribute(dir2, r->name2, &to))
		rc2 = 0;
	if (n->scratch) {
		if (rc2 || to.node)
			return reply_err(r, move_scratch(r, n, dir2, r->name2));
		if (!S_ISREG(to.cls->type) || !S_ISREG(n->scratch->mode))
			return reply_err(r, S_ISDIR(to.cls->type) ? -EISDIR : -EPERM);
		if (is_return(n, dir2, to.name))
			return bring_back(r, n, dir2, &to);
		return save_onto(r, n, dir2, &to, NULL);
	}
	if (dir == dir2 && streq(r->name, r->name2))
		return reply_err(r, 0);
	if (!S_ISREG(from.cls->type) || (!rc2 && !to.node))
		return reply_err(r, -EPERM);
	rc = move_away(r, n, dir2, r->name2);
	return rc == REQ_PARKED ? rc : reply_err(r, rc);
}

static int run_rename(struct req *r)
{
	struct rename_save *s = r->context;
	struct node *dir;

	switch (r->stage) {
	case STAGE_LOOK:
		return rename_look(r);
	case STAGE_JUDGE:
		return rename_judge(r, s);
	case STAGE_CALL:
		return req_park(r, &s->waiters);
	case STAGE_DONE:
		return rename_reply(r, s, r->step.reply);
	default: /* in aliases/ */
		dir = req_node(r, r->to_ino);
		return dir ? alias_rename(r, tree_node(r->m->tree, r->ino2), dir) : REQ_DONE;
	}
}

void op_rename(fuse_req_t fr, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
	       const char *newname, unsigned flags)
{
	struct req *r = req_new(op_mount(fr, OP_RENAME), fr, run_rename);

	if (!r || !req_names(r, name, newname))
		return;
	r->ino = parent;
	r->to_ino = newparent;
	r->flags = flags;
	req_start(r);
}
