/* SPDX-License-Identifier: MIT */
/* READDIR and READDIRPLUS: stateless, by per-child cookies. */
#include "fs/ops.h"

/* Cookies 1 and 2 are "." and ".."; the layout's own begin above. */
#define COOKIE_BASE (UINT64_C(1) << 48)

/* No state per handle: the kernel keeps listings and asks no more. */
void op_opendir(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	op_mount(fr, OP_OPENDIR);
	fuse_reply_err(fr, ENOSYS);
}

void op_fsyncdir(fuse_req_t fr, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)ino;
	(void)datasync;
	(void)fi;
	op_mount(fr, OP_FSYNCDIR);
	fuse_reply_err(fr, 0);
}

struct listing {
	struct req *r;
	char *buf;
	size_t used;
};

static bool add_plain(struct listing *l, const char *name, fuse_ino_t ino, mode_t mode, off_t next)
{
	struct fuse_entry_param e = {.attr = {.st_ino = ino, .st_mode = mode}};
	size_t left = l->r->size - l->used, need;

	if (l->r->plus)
		need = fuse_add_direntry_plus(l->r->fr, l->buf + l->used, left, name, &e, next);
	else
		need = fuse_add_direntry(l->r->fr, l->buf + l->used, left, name, &e.attr, next);
	if (need > left)
		return false;
	l->used += need;
	return true;
}

/* With attributes: counts as a lookup.  What is not at hand is listed by name
 * and type, and looked up when somebody asks. */
static bool add_child(struct listing *l, struct node *dir, const struct child *c, off_t next)
{
	struct tree *t = l->r->m->tree;
	struct fuse_entry_param e = {.generation = 1, .entry_timeout = c->timeout};
	struct node *n = tree_child(t, dir, c);
	size_t left = l->r->size - l->used, need;
	bool fits;

	if (!n)
		return false;
	node_pin(n);
	if (!l->r->plus || layout_attr(n, NULL, &e.attr, &e.attr_timeout)) {
		fits = add_plain(l, c->name, n->ino, n->scratch ? n->scratch->mode : n->cls->type,
				 next);
		node_unpin(t, n);
		return fits;
	}
	e.ino = n->ino;
	if (!c->node && n->cls->id != CLASS_ALIAS)
		e.entry_timeout = e.attr_timeout;
	need = fuse_add_direntry_plus(l->r->fr, l->buf + l->used, left, c->name, &e, next);
	fits = need <= left;
	if (fits) {
		l->used += need;
		n->nlookup++;
	}
	node_unpin(t, n);
	return fits;
}

static int run_readdir(struct req *r)
{
	struct node *dir = req_node(r, r->ino);
	_cleanup_free_ char *buf = NULL;
	struct listing l = {.r = r};
	uint64_t off = (uint64_t)r->off;
	struct child c;
	int rc;

	if (!dir)
		return REQ_DONE;
	rc = layout_list(dir, r);
	if (rc == REQ_PARKED)
		return rc;
	if (rc) /* the C library takes ENOENT from here for the end of the directory */
		return reply_err(r, rc == -ENOENT ? -ESTALE : rc);
	l.buf = buf = malloc(r->size);
	if (!buf)
		return reply_err(r, -ENOMEM);
	if (off < 1 && !add_plain(&l, ".", dir->ino, S_IFDIR, 1))
		return reply_err(r, -EINVAL);
	if (off < 2)
		add_plain(&l, "..", dir->parent->ino, S_IFDIR, 2);
	off = off < COOKIE_BASE ? 0 : off - COOKIE_BASE;
	while (layout_next(dir, off, &c)) {
		if (!add_child(&l, dir, &c, (off_t)(c.cookie + COOKIE_BASE)))
			break;
		off = c.cookie;
	}
	fuse_reply_buf(r->fr, buf, l.used);
	return REQ_DONE;
}

static void readdir_start(fuse_req_t fr, enum fuse_op_id op, fuse_ino_t ino, size_t size, off_t off)
{
	struct req *r = req_new(op_mount(fr, op), fr, run_readdir);

	if (!r)
		return;
	r->ino = ino;
	r->size = size;
	r->off = off;
	r->plus = op == OP_READDIRPLUS;
	req_start(r);
}

void op_readdir(fuse_req_t fr, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)fi;
	readdir_start(fr, OP_READDIR, ino, size, off);
}

void op_readdirplus(fuse_req_t fr, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	(void)fi;
	readdir_start(fr, OP_READDIRPLUS, ino, size, off);
}
