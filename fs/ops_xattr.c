/* SPDX-License-Identifier: MIT */
/* Extended attributes: user.modelfs.*, and short answers to what the kernel
 * and tools ask of every file.  Never ENOSYS: the kernel would stop asking. */
#include "fs/ops.h"

static const char prefix[] = "user.modelfs.";

/* //aiplatform.googleapis.com/projects/… */
static int xattr_resource(struct node *n, uid_t uid, struct buf *out)
{
	(void)uid;
	while (!n->res && n->parent != n)
		n = n->parent;
	if (!n->service || !n->res || !*n->res)
		return -ENODATA;
	return buf_printf(out, "//%s/%s", n->service->api, n->res);
}

static int xattr_error(struct node *n, uid_t uid, struct buf *out)
{
	struct local *l = S_ISDIR(n->cls->type) ? NULL : node_local(n->parent, n->name, false);
	struct node *owner = node_owner(n);
	const struct api_error *e = NULL;

	if (l && l->error) /* like the file that holds it: nobody else's business */
		return uid == 0 || uid == l->uid ? buf_puts(out, l->error) : -ENODATA;
	if (owner->coll)
		e = cache_error(owner->coll, owner->id);
	return e ? api_error_text(e, out) : -ENODATA;
}

static int xattr_stale(struct node *n, uid_t uid, struct buf *out)
{
	struct node *owner = n->coll && !n->id ? n : node_owner(n);
	struct object *o;
	bool stale = false;

	(void)uid;
	if (!owner->coll)
		return -ENODATA;
	if (owner->id) {
		o = collection_find(owner->coll, owner->id);
		stale = o && owner->coll->stale && cache_object_timeout(owner->coll, o) <= 0;
	} else {
		stale = owner->coll->stale;
	}
	return stale ? buf_puts(out, "1") : -ENODATA;
}

static int xattr_operation(struct node *n, uid_t uid, struct buf *out)
{
	struct local *l = n->cls->id == CLASS_EXPORT ? node_local(n->parent, n->name, false) : NULL;

	(void)uid;
	return l && l->operation ? buf_puts(out, l->operation) : -ENODATA;
}

static const struct {
	const char *name;
	int (*get)(struct node *n, uid_t uid, struct buf *out);
} xattrs[] = {
	{"user.modelfs.resource", xattr_resource},
	{"user.modelfs.error", xattr_error},
	{"user.modelfs.stale", xattr_stale},
	{"user.modelfs.operation", xattr_operation},
};

void op_getxattr(fuse_req_t fr, fuse_ino_t ino, const char *name, size_t size)
{
	struct mount *m = op_mount(fr, OP_GETXATTR);
	_cleanup_buf_ struct buf value = BUF_INIT;
	struct node *n;
	int rc = -ENODATA;

	/* The kernel asks for security.capability before every write. */
	if (!starts_with(name, prefix)) {
		fuse_reply_err(fr, starts_with(name, "system.") ? EOPNOTSUPP : ENODATA);
		return;
	}
	n = tree_node(m->tree, ino);
	for (size_t i = 0; n && i < ARRAY_SIZE(xattrs); i++)
		if (streq(xattrs[i].name, name))
			rc = xattrs[i].get(n, fuse_req_ctx(fr)->uid, &value);
	if (rc < 0)
		fuse_reply_err(fr, -rc);
	else if (!size)
		fuse_reply_xattr(fr, value.len);
	else if (size < value.len)
		fuse_reply_err(fr, ERANGE);
	else
		fuse_reply_buf(fr, buf_str(&value), value.len);
}

void op_listxattr(fuse_req_t fr, fuse_ino_t ino, size_t size)
{
	struct mount *m = op_mount(fr, OP_LISTXATTR);
	struct node *n = tree_node(m->tree, ino);
	_cleanup_buf_ struct buf names = BUF_INIT;

	for (size_t i = 0; n && i < ARRAY_SIZE(xattrs); i++) {
		_cleanup_buf_ struct buf value = BUF_INIT;

		if (xattrs[i].get(n, fuse_req_ctx(fr)->uid, &value) >= 0)
			buf_add(&names, xattrs[i].name, strlen(xattrs[i].name) + 1);
	}
	if (!size)
		fuse_reply_xattr(fr, names.len);
	else if (size < names.len)
		fuse_reply_err(fr, ERANGE);
	else
		fuse_reply_buf(fr, buf_str(&names), names.len);
}

void op_setxattr(fuse_req_t fr, fuse_ino_t ino, const char *name, const char *value, size_t size,
		 int flags)
{
	(void)ino;
	(void)name;
	(void)value;
	(void)size;
	(void)flags;
	op_mount(fr, OP_SETXATTR);
	fuse_reply_err(fr, EOPNOTSUPP);
}

void op_removexattr(fuse_req_t fr, fuse_ino_t ino, const char *name)
{
	(void)ino;
	(void)name;
	op_mount(fr, OP_REMOVEXATTR);
	fuse_reply_err(fr, ENODATA);
}
