/* SPDX-License-Identifier: MIT */
/* OPEN, CREATE, READ, RELEASE, POLL. */
#include <poll.h>

#include "fs/change.h"
#include "fs/draft.h"
#include "fs/notify.h"
#include "fs/operations.h"
#include "fs/ops.h"

/* A writable attribute takes at most this much. */
#define TEXT_MAX ((size_t)1 << 20)

static bool wants_write(const struct fuse_file_info *fi)
{
	return (fi->flags & O_ACCMODE) != O_RDONLY;
}

/* The kernel keeps pages of what only changes with our knowledge; everything
 * else is read from the handle. */
static void cache_policy(struct node *n, struct fuse_file_info *fi)
{
	if (n->scratch) {
		fi->keep_cache = !n->stale_pages;
		n->stale_pages = false;
		return;
	}
	if (wants_write(fi) || (n->cls->flags & CLASS_VOLATILE)) {
		fi->direct_io = 1;
		fi->noflush = wants_write(fi) ? 0 : 1;
		return;
	}
	fi->keep_cache = !n->stale_pages;
	n->stale_pages = false;
	fi->noflush = 1;
}

static int save_begin(struct handle *h, bool empty)
{
	size_t len = h->snapshot.len;

	return save_new(commit_kind(h->node), empty, h->append, empty ? "" : buf_str(&h->snapshot),
			empty ? 0 : len, TEXT_MAX, &h->save);
}

/* Handle for a node whose object is at hand. */
static int handle_open(struct req *r, struct node *n, struct object *o, bool empty,
		       struct handle **out)
{
	struct handle *h = handle_new(n, r);
	int rc = 0;

	if (!h)
		return -ENOMEM;
	if (!h->scratch) {
		struct op_record *op = operations_record(n->parent);

		rc = layout_render(n, o, &h->snapshot);
		h->time_ns = o ? object_mtime(o) : 0;
		h->seen_gen = op ? op->gen : 0;
	}
	if (!rc && !h->scratch && wants_write(&r->fi)) {
		h->opener = proc_tgid(r->pid);
		h->etag = o ? json_get_str(object_json(o), "etag") : NULL;
		rc = save_begin(h, empty);
	}
	if (rc) {
		handle_release(h);
		return rc;
	}
	cache_policy(n, &r->fi);
	r->fi.fh = (uintptr_t)h;
	*out = h;
	return 0;
}

static int run_open(struct req *r)
{
	struct node *n = req_node(r, r->ino);
	struct object *o = NULL;
	struct handle *h;
	int rc;

	if (!n)
		return REQ_DONE;
	if (n->scratch) {
		if (r->fi.flags & O_TRUNC)
			scratch_truncate(n->scratch, 0);
	} else {
		/* Root is not held back by modes. */
		if (wants_write(&r->fi) && !layout_writable(n))
			return reply_err(r, -EPERM);
		rc = layout_object(n, r, &o);
		if (rc)
			return rc == REQ_PARKED ? rc : reply_err(r, rc);
	}
	rc = handle_open(r, n, o, r->fi.flags & O_TRUNC, &h);
	if (rc)
		return reply_err(r, rc);
	if (fuse_reply_open(r->fr, &r->fi) == -ENOENT)
		handle_release(h); /* the caller is gone */
	return REQ_DONE;
}

void op_open(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct req *r = req_new(op_mount(fr, OP_OPEN), fr, run_open);

	if (!r)
		return;
	r->ino = ino;
	r->fi = *fi;
	req_start(r);
}

int scratch_name_check(struct req *r, struct node *dir, const char *name)
{
	if (layout_near_miss(dir, name))
		return -ENOENT;
	if (!draft_reserves(dir, name))
		return 0;
	return change_refuse(r, "create", dir, name, -EPERM,
			     "a draft has no %s yet: what is to be created is said in its document",
			     name);
}

int scratch_make(struct req *r, struct node *dir, const char *name, mode_t mode, struct node **out)
{
	struct scratch *s;
	int rc = scratch_name_check(r, dir, name);

	if (rc)
		return rc;
	s = scratch_new(mode, r->uid, r->gid);
	if (!s)
		return -ENOMEM;
	rc = scratch_create(r->m->tree, dir, name, s, out);
	if (rc)
		scratch_free(s);
	return rc;
}

/* The attribute that `name` is in dir, about to be written anew: moved away
 * before, or never there. */
static int attribute_create(struct req *r, struct node *dir, const struct child *c,
			    struct node **out)
{
	struct local *l = node_local(dir, c->name, false);

	if (l && l->detached_ns)
		node_local_detach(r->m->tree, l, 0);
	*out = tree_child(r->m->tree, dir, c);
	if (!*out)
		return -ENOMEM;
	return layout_writable(*out) ? 0 : -EPERM;
}

static int run_create(struct req *r)
{
	struct node *dir = req_node(r, r->ino), *n;
	struct fuse_entry_param e = {.generation = 1};
	struct object *o = NULL;
	struct handle *h;
	struct child c;
	int rc;

	if (!dir)
		return REQ_DONE;
	rc = dir->id ? layout_object(dir, r, &o) : 0;
	if (rc)
		return rc == REQ_PARKED ? rc : reply_err(r, rc);
	rc = layout_attribute(dir, r->name, &c);
	if (!rc && S_ISREG(c.cls->type))
		rc = attribute_create(r, dir, &c, &n);
	else if (rc == -ENOENT)
		rc = scratch_make(r, dir, r->name, S_IFREG | (r->mode & 07777), &n);
	else
		rc = -EEXIST;
	if (rc)
		return reply_err(r, rc);
	rc = handle_open(r, n, o, true, &h);
	if (!rc)
		rc = layout_attr(n, NULL, &e.attr, &e.attr_timeout);
	if (rc)
		return reply_err(r, rc);
	e.ino = n->ino;
	e.attr_timeout = n->scratch ? e.attr_timeout : 0;
	e.attr.st_size = 0;
	e.entry_timeout = n->scratch ? 3600 : 1;
	n->nlookup++;
	if (fuse_reply_create(r->fr, &e, &r->fi)) {
		n->nlookup--;
		handle_release(h);
	}
	return REQ_DONE;
}

void op_create(fuse_req_t fr, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi)
{
	struct req *r = req_new(op_mount(fr, OP_CREATE), fr, run_create);

	if (!r || !req_names(r, name, NULL))
		return;
	r->ino = parent;
	r->mode = mode;
	r->fi = *fi;
	req_start(r);
}

/* ---- READ ---- */

static int reply_slice(struct req *r, const char *text, size_t len)
{
	size_t off = r->off < 0 || (size_t)r->off > len ? len : (size_t)r->off;

	fuse_reply_buf(r->fr, text + off, len - off < r->size ? len - off : r->size);
	return REQ_DONE;
}

/* `wait`: blocks until the operation is done, then gives its status. */
static int read_wait(struct req *r, struct handle *h)
{
	struct node *dir = h->node->parent;
	struct op_record *op = operations_record(h->node->parent);
	struct object *o = collection_find(dir->coll, dir->id);
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (h->nonblock && op && !op->done)
		return reply_slice(r, "", 0);
	if (op && operations_await(r, op) == REQ_PARKED)
		return REQ_PARKED;
	if (!op || !o || op->gone)
		return reply_err(r, -ENOENT);
	if (!op->done)
		return reply_err(r, -EINTR); /* the mount is coming down */
	buf_printf(&text, "%s\n", operation_status(o));
	return reply_slice(r, buf_str(&text), text.len);
}

static struct object *shown_by(const struct handle *h)
{
	struct node *owner = node_owner(h->node);

	return owner->id && owner->coll ? collection_find(owner->coll, owner->id) : NULL;
}

/* A handle reads what stood at its open; but those pages are everybody's. */
static bool outdated(const struct handle *h)
{
	struct object *o = shown_by(h);

	return !(h->node->cls->flags & CLASS_VOLATILE) && o && object_mtime(o) != h->time_ns;
}

/* Is it time to render again?  What changes by itself: at offset 0, as in
 * sysfs; events only grow and are always read as they are; anything else
 * before it was read at all, for the kernel knows the new size already and
 * would fill up an older, shorter text with NULs. */
static bool may_render(const struct req *r, const struct handle *h)
{
	if (h->node->cls->flags & CLASS_VOLATILE)
		return !r->off || h->node->cls->id == CLASS_EVENTS;
	return !h->read && outdated(h);
}

static void refresh_snapshot(struct req *r, struct handle *h)
{
	struct object *o = shown_by(h);
	struct op_record *op = operations_record(h->node->parent);

	if (may_render(r, h)) {
		buf_reset(&h->snapshot);
		layout_render(h->node, o, &h->snapshot);
		h->time_ns = o ? object_mtime(o) : 0;
		h->seen_gen = op ? op->gen : 0;
	}
	h->read = true;
}

/* Opened as another kind of file than it is now (see handle_follow()): the
 * kernel keeps neither the pages nor the size that this answer tells it. */
static int read_other(struct req *r, struct handle *h)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const struct buf *shown = h->node->scratch ? &h->node->scratch->data : &text;

	tree_other_file(r->m->tree, h->node);
	if (!h->node->scratch)
		layout_render(h->node, shown_by(h), &text);
	return reply_slice(r, buf_str(shown), shown->len);
}

static int run_read(struct req *r)
{
	struct handle *h = handle_of(&r->fi);
	const char *text;
	size_t len;

	if (!h->save && h->node->scratch != h->scratch)
		return read_other(r, h);
	if (h->followed)
		tree_other_file(r->m->tree, h->node);
	if (h->scratch)
		return reply_slice(r, buf_str(&h->scratch->data), h->scratch->data.len);
	if (h->node->cls->id == CLASS_WAIT)
		return read_wait(r, h);
	if (h->save) {
		text = save_text(h->save, &len);
		return reply_slice(r, text, len);
	}
	refresh_snapshot(r, h);
	/* An open may come before the notifier gets to it. */
	if (outdated(h))
		h->node->stale_pages = true;
	reply_slice(r, buf_str(&h->snapshot), h->snapshot.len);
	if (outdated(h))
		notify_pages(r->m->notifier, h->node->ino);
	return REQ_DONE;
}

void op_read(fuse_req_t fr, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct req *r = req_new(op_mount(fr, OP_READ), fr, run_read);

	if (!r)
		return;
	r->ino = ino;
	r->size = size;
	r->off = off;
	r->fi = *fi;
	if (handle_of(fi)->node->cls->id == CLASS_WAIT)
		r->deadline_ns = UINT64_MAX;
	req_start(r);
}

void op_release(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	op_mount(fr, OP_RELEASE);
	handle_release(handle_of(fi));
	fuse_reply_err(fr, 0);
}

/* ---- POLL ---- */

void op_poll(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi, struct fuse_pollhandle *ph)
{
	struct mount *m = op_mount(fr, OP_POLL);
	struct handle *h = handle_of(fi);
	struct op_record *op = h->scratch ? NULL : operations_record(h->node->parent);
	unsigned events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;

	(void)ino;
	(void)m;
	if (op && h->node->cls->id == CLASS_WAIT && !op->done)
		events = 0;
	if (op && op->gen != h->seen_gen)
		events |= POLLPRI | POLLERR;
	if (ph && op && !op->done)
		operations_watch(op, ph);
	else if (ph)
		fuse_pollhandle_destroy(ph);
	fuse_reply_poll(fr, events);
}
