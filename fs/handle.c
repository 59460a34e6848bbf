/* SPDX-License-Identifier: MIT */
#include "fs/handle.h"

#include <fcntl.h>

#include "fs/layout.h"
#include "fs/notify.h"

/* Stages of an event that commits. */
enum { STAGE_EVENT, STAGE_JUDGE, STAGE_CALL, STAGE_DONE };

struct handle *handle_new(struct node *n, const struct req *r)
{
	struct handle *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->mount = r->m;
	h->node = n;
	node_pin(n);
	if (n->scratch)
		h->scratch = scratch_ref(n->scratch);
	h->uid = r->uid;
	h->gid = r->gid;
	h->append = r->fi.flags & O_APPEND;
	h->nonblock = r->fi.flags & O_NONBLOCK;
	return h;
}

static void handle_drop(struct handle *h)
{
	struct tree *t = h->mount->tree;
	struct node *n = h->node;

	save_free(h->save);
	scratch_free(h->scratch);
	buf_free(&h->snapshot);
	free(h->etag);
	free(h);
	node_unpin(t, n);
}

/* ---- a file that became another kind of file ---- */

static int become_scratch(struct handle *h, bool writes)
{
	struct scratch *s = h->node->scratch;
	size_t len;
	const char *text = save_text(h->save, &len);
	int err = 0;

	/* Truncated alone, it waits for the first write. */
	if (save_dirty(h->save) || (writes && !len)) {
		err = scratch_truncate(s, 0);
		if (!err && len)
			err = scratch_write(s, text, len, 0);
	}
	if (err)
		return err;
	h->scratch = scratch_ref(s);
	save_free(take_ptr(h->save));
	return 0;
}

static int become_attribute(struct req *r, struct handle *h)
{
	const struct buf *text = &h->scratch->data;
	int err;

	if (!S_ISREG(h->node->cls->type) || !layout_writable(h->node))
		return 0;
	err = save_new(commit_kind(h->node), false, h->append, buf_str(text), text->len,
		       SCRATCH_FILE_MAX, &h->save);
	if (err)
		return err;
	h->opener = proc_tgid(r->pid);
	scratch_free(take_ptr(h->scratch));
	return 0;
}

int handle_follow(struct req *r, struct handle *h, bool writes)
{
	int err = 0;

	if (h->save && h->node->scratch && !h->commit && !h->owner) {
		err = become_scratch(h, writes);
		h->followed = true;
	} else if (writes && h->scratch && !h->node->scratch) {
		err = become_attribute(r, h);
		h->followed = true;
	}
	/* The kernel's pages are of the kind of file that it was. */
	if (h->followed)
		tree_other_file(r->m->tree, h->node);
	return err;
}

/* ---- one event ---- */

static const char *words(const struct api_error *e)
{
	return e->message ? e->message : strerror(e->err);
}

static void keep_refused(struct mount *m, struct handle *h, const struct api_error *why)
{
	size_t len;
	const char *text = save_text(h->save, &len), *file = h->node->name;
	struct node *dir = h->node->parent;

	/* It may have been moved away meanwhile. */
	if (h->commit)
		commit_place(h->commit, &dir, &file);
	commit_refused(m, dir, file, text, len, h->uid, h->gid, why);
}

static void keep_reason(struct mount *m, struct handle *h, int err, const char *reason)
{
	_cleanup_api_error_ struct api_error why = {0};

	api_error_set(&why, -err, API_INVALID_ARGUMENT, "%s", reason ? reason : strerror(-err));
	keep_refused(m, h, &why);
}

/* The commit ended; the event that asked for it, if it still waits, is
 * answered with the step. */
static void commit_ended(void *ctx, const struct outcome *o)
{
	struct handle *h = ctx;
	struct mount *m = h->mount;
	struct save_step step;
	struct node *dir;
	const char *file;

	if (o->unknown)
		step = save_unknown(h->save, o->err, words(&o->why));
	else
		step = save_result(h->save, o->err, o->err ? words(&o->why) : NULL);
	h->saved = h->saved || !o->err;
	commit_place(h->commit, &dir, &file);
	if (o->err)
		keep_refused(m, h, &o->why);
	else
		commit_accepted(m, dir, file);
	h->commit = NULL;
	if (h->owner) {
		h->owner->step = step;
		h->owner->stage = STAGE_DONE;
		h->owner->ticket = m->notifier ? notify_ticket(m->notifier) : 0;
		h->owner = NULL;
	}
	waitq_wake(m, &h->waiters);
	if (h->released)
		handle_drop(h);
}

/* The event leaves before its commit ended (deadline, interrupt). */
static void event_abandoned(struct req *r, int err)
{
	struct handle *h = r->h;
	_cleanup_api_error_ struct api_error why = {0};

	if (!h || h->owner != r)
		return;
	h->owner = NULL;
	if (r->stage == STAGE_DONE)
		return;
	api_error_set(&why, -err, err == -EINTR ? API_CANCELLED : API_DEADLINE_EXCEEDED,
		      h->commit ? "the request was sent, its outcome is not known yet"
				: "given up before anything was sent");
	save_unknown(h->save, err, why.message);
	keep_refused(r->m, h, &why);
	waitq_wake(r->m, &h->waiters);
}

static int event_reply(struct req *r, const struct save_step *step)
{
	if (step->reply < 0)
		return reply_err(r, step->reply);
	if (r->size && r->data)
		fuse_reply_write(r->fr, r->size);
	else
		fuse_reply_err(r->fr, 0);
	return REQ_DONE;
}

static int event_refused(struct req *r, struct handle *h, const struct save_step *step)
{
	if (step->refused && !step->again) {
		commit_unread(h->node, h->opener);
		keep_reason(r->m, h, step->reply ? step->reply : -EINVAL, step->reason);
	}
	return event_reply(r, step);
}

/* Accepted: the answer waits until the kernel has heard what that changed. */
static int event_delivered(struct req *r)
{
	if (!r->ticket)
		r->ticket = notify_ticket(r->m->notifier);
	r->stage = STAGE_DONE;
	r->settled = true;
	if (r->ticket && notify_wait(r->m->notifier, r) == REQ_PARKED)
		return REQ_PARKED;
	return event_reply(r, &r->step);
}

static int event_judge(struct req *r, struct handle *h)
{
	_cleanup_api_error_ struct api_error why = {0};
	struct commit_text t = {.etag = h->etag, .writer = h->opener, .again = h->saved};
	struct save_step step;
	int rc;

	t.text = save_text(h->save, &t.len);
	rc = commit_begin(h->node, &t, r, commit_ended, h, &h->commit, &why);
	if (rc == REQ_PARKED)
		return rc;
	if (rc == 0) {
		r->stage = STAGE_CALL;
		return req_park(r, &h->waiters);
	}
	h->owner = NULL;
	if (rc == COMMIT_NOTHING) {
		r->step = save_result(h->save, 0, NULL);
		commit_unchanged(r->m, h->node->parent, h->node->name);
		waitq_wake(r->m, &h->waiters);
		return event_delivered(r);
	}
	step = save_result(h->save, rc, words(&why));
	keep_refused(r->m, h, &why);
	waitq_wake(r->m, &h->waiters);
	return event_reply(r, &step);
}

int handle_event(struct req *r, struct handle *h, const struct save_event *e)
{
	struct save_step step;

	switch (r->stage) {
	case STAGE_EVENT:
		step = save_event(h->save, e);
		if (step.action == SAVE_WAIT)
			return req_park(r, &h->waiters);
		if (step.action == SAVE_REPLY)
			return event_refused(r, h, &step);
		r->stage = STAGE_JUDGE;
		r->h = h;
		r->abandon = event_abandoned;
		h->owner = r;
		return event_judge(r, h);
	case STAGE_JUDGE:
		return event_judge(r, h);
	case STAGE_CALL:
		return req_park(r, &h->waiters);
	default:
		return event_delivered(r);
	}
}

void handle_release(struct handle *h)
{
	struct mount *m = h->mount;

	h->released = true;
	if (h->save) {
		struct save_event e = {.what = SAVE_RELEASE};
		struct save_step step = save_event(h->save, &e);

		if (step.refused && !step.again) {
			commit_unread(h->node, h->opener);
			keep_reason(m, h, -EINVAL, step.reason);
		}
	}
	if (!h->commit)
		handle_drop(h);
}
