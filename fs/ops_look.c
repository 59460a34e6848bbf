/* SPDX-License-Identifier: MIT */
/* LOOKUP, FORGET, GETATTR, SETATTR, READLINK, STATFS. */
#include "fs/notify.h"
#include "fs/ops.h"

const char *const fuse_op_names[OP_COUNT] = {
	"lookup",   "forget",    "getattr",     "setattr",  "readlink", "mknod",
	"mkdir",    "unlink",    "rmdir",       "symlink",  "rename",   "link",
	"open",     "read",      "write",       "flush",    "release",  "fsync",
	"opendir",  "readdir",   "readdirplus", "fsyncdir", "statfs",   "setxattr",
	"getxattr", "listxattr", "removexattr", "create",   "poll",
};

struct mount *op_mount(fuse_req_t fr, enum fuse_op_id op)
{
	struct mount *m = fuse_req_userdata(fr);

	m->fuse_ops[op]++;
	return m;
}

static int run_lookup(struct req *r)
{
	struct node *dir = req_node(r, r->ino), *n;
	struct fuse_entry_param negative = {0};
	struct child c;
	int rc;

	if (!dir)
		return REQ_DONE;
	rc = layout_lookup(dir, r->name, r, &c);
	if (rc == REQ_PARKED)
		return rc;
	if (rc == -ENOENT) {
		negative.entry_timeout = c.timeout;
		if (c.timeout > 0)
			tree_absent(r->m->tree, r->ino, r->name);
		fuse_reply_entry(r->fr, &negative);
		return REQ_DONE;
	}
	if (rc)
		return reply_err(r, rc);
	n = tree_child(r->m->tree, dir, &c);
	return n ? reply_node(r, n, c.timeout) : reply_err(r, -ENOMEM);
}

void op_lookup(fuse_req_t fr, fuse_ino_t parent, const char *name)
{
	struct req *r = req_new(op_mount(fr, OP_LOOKUP), fr, run_lookup);

	if (!r || !req_names(r, name, NULL))
		return;
	r->ino = parent;
	req_start(r);
}

static void forget_one(struct mount *m, fuse_ino_t ino, uint64_t nlookup)
{
	struct node *n = tree_node(m->tree, ino);

	if (n)
		tree_forget(m->tree, n, nlookup);
}

void op_forget(fuse_req_t fr, fuse_ino_t ino, uint64_t nlookup)
{
	forget_one(op_mount(fr, OP_FORGET), ino, nlookup);
	fuse_reply_none(fr);
}

void op_forget_multi(fuse_req_t fr, size_t count, struct fuse_forget_data *forgets)
{
	struct mount *m = op_mount(fr, OP_FORGET);

	for (size_t i = 0; i < count; i++)
		forget_one(m, forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(fr);
}

static int run_getattr(struct req *r)
{
	struct node *n = req_node(r, r->ino);
	double timeout;
	struct stat st;
	int rc;

	if (!n)
		return REQ_DONE;
	rc = layout_attr(n, r, &st, &timeout);
	if (rc == REQ_PARKED)
		return rc;
	if (rc)
		return reply_err(r, rc);
	fuse_reply_attr(r->fr, &st, timeout);
	return REQ_DONE;
}

void op_getattr(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct req *r = req_new(op_mount(fr, OP_GETATTR), fr, run_getattr);

	(void)fi;
	if (!r)
		return;
	r->ino = ino;
	req_start(r);
}

static void scratch_setattr(struct scratch *s, const struct stat *attr, int to_set)
{
	if (to_set & FUSE_SET_ATTR_MODE)
		s->mode = (s->mode & S_IFMT) | (attr->st_mode & 07777);
	if (to_set & FUSE_SET_ATTR_UID)
		s->uid = attr->st_uid;
	if (to_set & FUSE_SET_ATTR_GID)
		s->gid = attr->st_gid;
	if (to_set & FUSE_SET_ATTR_ATIME)
		s->atime = attr->st_atim;
	if (to_set & FUSE_SET_ATTR_MTIME)
		s->mtime = attr->st_mtim;
	if (to_set & FUSE_SET_ATTR_ATIME_NOW)
		clock_gettime(CLOCK_REALTIME, &s->atime);
	if (to_set & FUSE_SET_ATTR_MTIME_NOW)
		clock_gettime(CLOCK_REALTIME, &s->mtime);
	clock_gettime(CLOCK_REALTIME, &s->ctime);
}

/* chmod, chown and utimens of attributes are accepted and forgotten: tools
 * insist on them. */
static int run_setattr(struct req *r)
{
	struct node *n = req_node(r, r->ino);
	struct handle *h = r->has_fi ? handle_of(&r->fi) : NULL;
	bool cut = r->to_set & FUSE_SET_ATTR_SIZE;
	int rc = h && cut ? handle_follow(r, h, true) : 0;
	struct scratch *s = h && h->scratch ? h->scratch : n ? n->scratch : NULL;

	if (!n)
		return REQ_DONE;
	if (rc)
		return reply_err(r, rc);
	if (s) {
		if (r->to_set & FUSE_SET_ATTR_SIZE)
			rc = scratch_truncate(s, (uint64_t)r->attr.st_size);
		if (!rc)
			scratch_setattr(s, &r->attr, r->to_set);
	} else if ((r->to_set & FUSE_SET_ATTR_SIZE) && h && h->save) {
		struct save_event e = {.what = SAVE_TRUNCATE, .off = (uint64_t)r->attr.st_size};
		struct save_step step = save_event(h->save, &e);

		if (step.action == SAVE_WAIT)
			return req_park(r, &h->waiters);
		rc = step.reply;
	} else if ((r->to_set & FUSE_SET_ATTR_SIZE) && !layout_writable(n)) {
		rc = -EPERM;
	}
	if (rc)
		return reply_err(r, rc);
	/* From this answer the kernel takes the mtime without dropping its pages. */
	n->stale_pages = n->stale_pages || !s;
	r->run = run_getattr;
	return run_getattr(r);
}

void op_setattr(fuse_req_t fr, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi)
{
	struct req *r = req_new(op_mount(fr, OP_SETATTR), fr, run_setattr);

	if (!r)
		return;
	r->ino = ino;
	r->attr = *attr;
	r->to_set = to_set;
	r->has_fi = fi != NULL;
	if (fi)
		r->fi = *fi;
	req_start(r);
}

static int run_readlink(struct req *r)
{
	struct node *n = req_node(r, r->ino);
	_cleanup_buf_ struct buf target = BUF_INIT;
	struct object *o = NULL;
	int rc;

	if (!n)
		return REQ_DONE;
	if (n->scratch) {
		fuse_reply_readlink(r->fr, buf_str(&n->scratch->data));
		return REQ_DONE;
	}
	if (!S_ISLNK(n->cls->type))
		return reply_err(r, -EINVAL);
	rc = layout_object(n, r, &o);
	if (!rc && n->parent->cls->id == CLASS_ALIASES)
		rc = cache_list(n->parent->coll, r);
	if (rc == REQ_PARKED)
		return rc;
	if (!rc)
		rc = layout_render(n, o, &target);
	if (rc)
		return reply_err(r, rc);
	fuse_reply_readlink(r->fr, buf_str(&target));
	return REQ_DONE;
}

void op_readlink(fuse_req_t fr, fuse_ino_t ino)
{
	struct req *r = req_new(op_mount(fr, OP_READLINK), fr, run_readlink);

	if (!r)
		return;
	r->ino = ino;
	req_start(r);
}

/* What there is room for is scratch space; zeros would make tools refuse. */
void op_statfs(fuse_req_t fr, fuse_ino_t ino)
{
	struct mount *m = op_mount(fr, OP_STATFS);
	struct statvfs st = {
		.f_bsize = 4096,
		.f_frsize = 4096,
		.f_blocks = SCRATCH_ALL_MAX / 4096,
		.f_bfree = (SCRATCH_ALL_MAX - scratch_bytes()) / 4096,
		.f_bavail = (SCRATCH_ALL_MAX - scratch_bytes()) / 4096,
		.f_files = m->tree->count + 65536,
		.f_ffree = 65536,
		.f_favail = 65536,
		.f_namemax = 255,
	};

	(void)ino;
	fuse_reply_statfs(fr, &st);
}
