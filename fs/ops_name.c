/* SPDX-License-Identifier: MIT */
/* MKNOD, MKDIR, UNLINK, RMDIR, SYMLINK, LINK.  Scratch files come and go; an
 * attribute that is unlinked makes room for its new content and changes
 * nothing upstream (contract section 3).  Resources are made in fs/draft.c and
 * removed in fs/remove.c, aliases in fs/alias.c. */
#include "fs/alias.h"
#include "fs/draft.h"
#include "fs/ops.h"
#include "fs/remove.h"

/* How long an attribute that was moved away stays away before it is back. */
#define DETACHED_NS (5 * NSEC_PER_SEC)

/* The directory and, where it shows an object, that object.  0, REQ_PARKED or
 * what reply_err() returned through *done. */
static int dir_ready(struct req *r, fuse_ino_t ino, struct node **dir, bool *answered)
{
	struct object *o;
	int rc;

	*answered = false;
	*dir = req_node(r, ino);
	if (!*dir) {
		*answered = true;
		return REQ_DONE;
	}
	rc = (*dir)->id ? layout_object(*dir, r, &o) : 0;
	if (rc && rc != REQ_PARKED) {
		*answered = true;
		return reply_err(r, rc);
	}
	return rc;
}

void attribute_detach(struct req *r, struct node *dir, const char *name)
{
	struct local *l = node_local(dir, name, true);
	struct node *n = tree_find(r->m->tree, dir, name);

	if (l)
		node_local_detach(r->m->tree, l, now_ns() + DETACHED_NS);
	if (n)
		tree_detach(r->m->tree, n);
	dir->shown_ns = wall_ns();
}

static int run_mknod(struct req *r)
{
	struct node *dir, *n;
	struct child c;
	bool answered;
	int rc = dir_ready(r, r->ino, &dir, &answered);

	if (rc || answered)
		return rc;
	if (!S_ISREG(r->mode))
		return reply_err(r, -EPERM);
	if (!layout_attribute(dir, r->name, &c))
		return reply_err(r, -EEXIST);
	rc = scratch_make(r, dir, r->name, S_IFREG | (r->mode & 07777), &n);
	return rc ? reply_err(r, rc) : reply_node(r, n, 3600);
}

void op_mknod(fuse_req_t fr, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct req *r = req_new(op_mount(fr, OP_MKNOD), fr, run_mknod);

	(void)rdev;
	if (!r || !req_names(r, name, NULL))
		return;
	r->ino = parent;
	r->mode = mode;
	req_start(r);
}

/* Directories are resources: what is made is a draft of one. */
static int run_mkdir(struct req *r)
{
	struct node *dir, *n;
	struct child c;
	bool answered;
	int rc = dir_ready(r, r->ino, &dir, &answered);

	if (rc || answered)
		return rc;
	rc = draft_make(r, dir, r->name);
	if (!rc)
		rc = draft_find(dir, r->name, &c);
	if (rc)
		return rc == REQ_PARKED ? rc : reply_err(r, rc);
	n = tree_child(r->m->tree, dir, &c);
	return n ? reply_node(r, n, c.timeout) : reply_err(r, -ENOMEM);
}

void op_mkdir(fuse_req_t fr, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct req *r = req_new(op_mount(fr, OP_MKDIR), fr, run_mkdir);

	(void)mode;
	if (!r || !req_names(r, name, NULL))
		return;
	r->ino = parent;
	req_start(r);
}

void op_rmdir(fuse_req_t fr, fuse_ino_t parent, const char *name)
{
	struct req *r = req_new(op_mount(fr, OP_RMDIR), fr, remove_dir);

	if (!r || !req_names(r, name, NULL))
		return;
	r->ino = parent;
	req_start(r);
}

/* rm of .NAME.rejected or .NAME.error */
static void local_remove(struct req *r, struct node *dir, const struct child *c)
{
	struct local *l = node_local(dir, c->key, false);
	struct node *n = tree_find(r->m->tree, dir, c->name);

	if (!l)
		return;
	if (c->cls->id == CLASS_REJECTED) {
		free(l->rejected);
		l->rejected = NULL;
		l->rejected_len = 0;
	} else {
		free(l->error);
		l->error = NULL;
		l->error_wall_ns = 0; /* no backup is put back because of it any more */
	}
	if (n)
		tree_detach(r->m->tree, n);
	dir->shown_ns = wall_ns();
}

/* rm of export.json forgets what was sent: it is the template again. */
static void forget_export(struct node *dir, const char *name)
{
	struct local *l = node_local(dir, name, false);

	if (!l)
		return;
	free(l->last_export);
	l->last_export = NULL;
	l->changed_wall_ns = wall_ns();
}

static int unlink_child(struct req *r, struct node *dir, struct child *c)
{
	struct node *n;

	if (c->node) {
		scratch_unlink(r->m->tree, c->node);
		dir->shown_ns = wall_ns();
		return 0;
	}
	if (S_ISDIR(c->cls->type))
		return -EISDIR;
	if (c->cls->id == CLASS_REJECTED || c->cls->id == CLASS_ERROR) {
		local_remove(r, dir, c);
		return 0;
	}
	if (c->cls->id == CLASS_NAME_LINK && draft_unlink(dir, c->name))
		return 0;
	n = tree_child(r->m->tree, dir, c);
	if (!n)
		return -ENOMEM;
	if (!S_ISREG(c->cls->type) || !layout_writable(n))
		return -EPERM;
	if (c->cls->id == CLASS_EXPORT)
		forget_export(dir, c->name);
	attribute_detach(r, dir, c->name);
	remove_swallowed(r, dir, c->name);
	return 0;
}

static int run_unlink(struct req *r)
{
	struct node *dir = req_node(r, r->ino);
	struct child c;
	int rc;

	if (!dir)
		return REQ_DONE;
	if (r->stage)
		return alias_unlink(r, dir);
	rc = layout_lookup(dir, r->name, r, &c);
	if (rc == REQ_PARKED)
		return rc;
	if (!rc && !c.node && c.cls->id == CLASS_ALIAS)
		return alias_unlink(r, dir);
	if (!rc)
		rc = unlink_child(r, dir, &c);
	if (rc == -EPERM)
		remove_refused(r, dir, r->name, false);
	return reply_err(r, rc);
}

void op_unlink(fuse_req_t fr, fuse_ino_t parent, const char *name)
{
	struct req *r = req_new(op_mount(fr, OP_UNLINK), fr, run_unlink);

	if (!r || !req_names(r, name, NULL))
		return;
	r->ino = parent;
	req_start(r);
}

/* Editors' lock links; in aliases/ a link means an alias. */
static int run_symlink(struct req *r)
{
	struct node *dir, *n;
	struct child c;
	bool answered;
	int rc = dir_ready(r, r->ino, &dir, &answered);

	if (rc || answered)
		return rc;
	if (alias_meant(dir, r->name))
		return alias_symlink(r, dir);
	if (!layout_attribute(dir, r->name, &c))
		return reply_err(r, -EEXIST);
	rc = scratch_make(r, dir, r->name, S_IFLNK | 0777, &n);
	if (!rc) {
		rc = scratch_write(n->scratch, r->name2, strlen(r->name2), 0);
		if (rc)
			scratch_unlink(r->m->tree, n);
	}
	return rc ? reply_err(r, rc) : reply_node(r, n, 3600);
}

void op_symlink(fuse_req_t fr, const char *target, fuse_ino_t parent, const char *name)
{
	struct req *r = req_new(op_mount(fr, OP_SYMLINK), fr, run_symlink);

	if (!r || !req_names(r, name, target))
		return;
	r->ino = parent;
	req_start(r);
}

/* The text of a file, as a copy. */
int node_text(struct req *r, struct node *n, struct buf *out)
{
	struct object *o = NULL;
	int rc;

	if (n->scratch)
		return buf_add(out, buf_str(&n->scratch->data), n->scratch->data.len);
	rc = layout_object(n, r, &o);
	return rc ? rc : layout_render(n, o, out);
}

/* A hard link is a copy here: backup by link, then a rename over the original. */
static int run_link(struct req *r)
{
	struct node *from = req_node(r, r->ino), *dir, *n;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct child c;
	mode_t mode;
	bool answered;
	int rc;

	if (!from)
		return REQ_DONE;
	rc = dir_ready(r, r->ino2, &dir, &answered);
	if (rc || answered)
		return rc;
	if (S_ISDIR(from->cls->type) || !layout_attribute(dir, r->name, &c))
		return reply_err(r, S_ISDIR(from->cls->type) ? -EPERM : -EEXIST);
	rc = node_text(r, from, &text);
	if (rc)
		return rc == REQ_PARKED ? rc : reply_err(r, rc);
	mode = from->scratch ? from->scratch->mode : S_IFREG | 0644;
	rc = scratch_make(r, dir, r->name, mode, &n);
	if (!rc && text.len)
		rc = scratch_write(n->scratch, buf_str(&text), text.len, 0);
	if (rc)
		return reply_err(r, rc);
	if (!from->scratch)
		scratch_backup(n->scratch, from->parent, from->name);
	return reply_node(r, n, 3600);
}

void op_link(fuse_req_t fr, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
	struct req *r = req_new(op_mount(fr, OP_LINK), fr, run_link);

	if (!r || !req_names(r, newname, NULL))
		return;
	r->ino = ino;
	r->ino2 = newparent;
	req_start(r);
}
