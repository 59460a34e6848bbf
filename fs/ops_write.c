/* SPDX-License-Identifier: MIT */
/* WRITE, FLUSH, FSYNC: what fs/save.h says of them. */
#include "fs/ops.h"

static int run_write(struct req *r)
{
	struct handle *h = handle_of(&r->fi);
	struct save_event e = {
		.what = SAVE_WRITE, .data = r->data, .len = r->size, .off = (uint64_t)r->off};
	int rc = r->stage ? 0 : handle_follow(r, h, true);

	if (rc)
		return reply_err(r, rc);
	if (!h->scratch)
		return handle_event(r, h, &e);
	rc = scratch_write(h->scratch, r->data, r->size, (uint64_t)r->off);
	if (rc)
		return reply_err(r, rc);
	fuse_reply_write(r->fr, r->size);
	return REQ_DONE;
}

void op_write(fuse_req_t fr, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	      struct fuse_file_info *fi)
{
	struct req *r = req_new(op_mount(fr, OP_WRITE), fr, run_write);

	if (!r)
		return;
	r->ino = ino;
	r->off = off;
	r->fi = *fi;
	r->size = size;
	r->data = malloc(size ? size : 1);
	if (r->data)
		memcpy(r->data, buf, size);
	else
		r->run = req_no_memory;
	req_start(r);
}

static int run_flush(struct req *r)
{
	struct handle *h = handle_of(&r->fi);
	struct save_event e = {.what = SAVE_FLUSH};
	int rc = r->stage ? 0 : handle_follow(r, h, false);

	if (rc || !h->save)
		return reply_err(r, rc);
	if (r->stage == 0)
		e.by_opener =
			proc_tgid(r->pid) == h->opener || !proc_holds(h->opener, h->node->ino);
	return handle_event(r, h, &e);
}

void op_flush(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct req *r = req_new(op_mount(fr, OP_FLUSH), fr, run_flush);

	if (!r)
		return;
	r->ino = ino;
	r->fi = *fi;
	req_start(r);
}

static int run_fsync(struct req *r)
{
	struct handle *h = handle_of(&r->fi);
	struct save_event e = {.what = SAVE_FSYNC};
	int rc = r->stage ? 0 : handle_follow(r, h, false);

	return !rc && h->save ? handle_event(r, h, &e) : reply_err(r, rc);
}

void op_fsync(fuse_req_t fr, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct req *r = req_new(op_mount(fr, OP_FSYNC), fr, run_fsync);

	(void)datasync;
	if (!r)
		return;
	r->ino = ino;
	r->fi = *fi;
	req_start(r);
}
