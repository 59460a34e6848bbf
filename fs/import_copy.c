/* SPDX-License-Identifier: MIT */
/*
 * Files into a bucket, by Cloud Storage's JSON API (media uploads), a few at a
 * time.  The first failure ends it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fs/import_private.h"

#define AT_A_TIME 4

/* Even a slow line moves this much in a second; below it is a failure. */
#define SLOWEST_BYTES_PER_S 16384

#define REMOVE_TIMEOUT_MS 5000
#define PROGRESS_NS       (200 * NSEC_PER_MSEC)

static const char storage_host[] = "storage.googleapis.com";
static const struct method objects_insert = {
	.id = "objects.insert", .verb = "POST", .path = "", .mutates = true};
static const struct method objects_delete = {
	.id = "objects.delete", .verb = "DELETE", .path = "", .mutates = true, .idempotent = true};

struct copy;
struct slot {
	struct copy *copy;
	struct import_file *file; /* NULL: free */
	struct call *call;
	int fd;
	uint64_t sent;
};

struct copy {
	struct import_link *link;
	const struct import_target *target;
	struct import_files *files;
	struct slot slots[AT_A_TIME];
	size_t next, busy, finished;
	uint64_t bytes_finished;
	struct loop_timer progress;
	int result;
	struct api_error *error;
	const char **at;
};

static void object_name(struct buf *out, const struct import_target *t, const struct import_file *f)
{
	buf_percent(out, t->prefix, "");
	buf_percent(out, f->name, "");
}

static void slot_close(struct slot *s)
{
	close(take_fd(s->fd));
	s->file = NULL;
	s->call = NULL;
	s->copy->busy--;
}

/* e: the service's; else words, or what err means. */
static void copy_fail(struct copy *c, const struct import_file *f, int err,
		      const struct api_error *e, const char *words)
{
	if (c->result)
		return;
	c->result = -err;
	*c->at = f->path;
	if (e)
		api_error_copy(c->error, e);
	else
		api_error_set(c->error, err, API_UNKNOWN, "%s", words ? words : strerror(err));
	loop_stop(c->link->loop, 0);
}

static void copy_continue(struct copy *c);

static void on_copied(void *ctx, struct answer *a)
{
	struct slot *s = ctx;
	struct copy *c = s->copy;
	struct import_file *f = s->file;
	int64_t size;

	f->touched = a->sent && (a->http < 400 || a->http >= 500);
	slot_close(s);
	if (a->error.err) {
		copy_fail(c, f, a->error.err, &a->error, NULL);
		return;
	}
	if (a->json && !json_int64(json_get(json_root(a->json), "size"), &size) &&
	    (uint64_t)size != f->size) {
		copy_fail(c, f, EIO, NULL, "the bucket holds another number of bytes");
		return;
	}
	c->finished++;
	c->bytes_finished += f->size;
	copy_continue(c);
}

static int slot_open(struct slot *s, struct import_file *f)
{
	struct stat st;

	s->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->fd < 0)
		return -errno;
	if (!fstat(s->fd, &st) && S_ISREG(st.st_mode)) {
		f->size = (uint64_t)st.st_size;
		return 0;
	}
	close(take_fd(s->fd));
	return -EINVAL;
}

static int slot_start(struct slot *s, struct import_file *f)
{
	const struct import_target *t = s->copy->target;
	_cleanup_buf_ struct buf path = BUF_INIT_MAX(16384);
	uint64_t ms;
	struct call_options o = CALL_OPTIONS_INIT;
	int r = slot_open(s, f);

	if (r)
		return r;
	buf_puts(&path, "/upload/storage/v1/b/");
	buf_percent(&path, t->bucket, "");
	buf_puts(&path, "/o?uploadType=media&name=");
	object_name(&path, t, f);
	ms = t->timeout_ms + f->size / SLOWEST_BYTES_PER_S * 1000;
	s->sent = 0;
	o.service = &service_vertex;
	o.method = &objects_insert;
	o.url_path = buf_str(&path);
	o.host = storage_host;
	o.content_type = "application/octet-stream";
	o.upload_fd = s->fd;
	o.upload_len = f->size;
	o.uploaded = &s->sent;
	o.timeout_ms = ms < UINT32_MAX ? (unsigned)ms : UINT32_MAX;
	r = path.err ? path.err : client_call(s->copy->link->client, &o, on_copied, s, &s->call);
	if (r) {
		close(take_fd(s->fd));
		return r;
	}
	s->file = f;
	s->copy->busy++;
	return 0;
}

static void copy_continue(struct copy *c)
{
	for (size_t i = 0; i < AT_A_TIME && c->next < c->files->count && !c->result; i++) {
		struct import_file *f = &c->files->items[c->next];
		int r;

		if (c->slots[i].file)
			continue;
		r = slot_start(&c->slots[i], f);
		if (r)
			copy_fail(c, f, -r, NULL, NULL);
		else
			c->next++;
	}
	if (!c->busy)
		loop_stop(c->link->loop, 0);
}

static void show_progress(void *ctx)
{
	struct copy *c = ctx;
	uint64_t bytes = c->bytes_finished;

	for (size_t i = 0; i < AT_A_TIME; i++)
		if (c->slots[i].file)
			bytes += c->slots[i].sent;
	fprintf(stderr, "\r\033[Kcopying to gs://%s: %zu of %zu files, %.1f of %.1f MB",
		c->target->bucket, c->finished, c->files->count, (double)bytes / 1e6,
		(double)c->files->bytes / 1e6);
	loop_timer_set(c->link->loop, &c->progress, now_ns() + PROGRESS_NS, show_progress, c);
}

/* A call that is cut off may have reached the bucket. */
static void copy_abort(struct copy *c)
{
	for (size_t i = 0; i < AT_A_TIME; i++) {
		struct slot *s = &c->slots[i];

		if (!s->file)
			continue;
		s->file->touched = true;
		call_cancel(c->link->client, s->call);
		slot_close(s);
	}
}

int import_copy(struct import_link *l, const struct import_target *t, struct import_files *files,
		struct api_error *error, const char **at)
{
	struct copy c = {.link = l, .target = t, .files = files, .error = error, .at = at};
	int r = 0;

	*at = NULL;
	if (l->signal)
		return -EINTR;
	for (size_t i = 0; i < AT_A_TIME; i++)
		c.slots[i] = (struct slot){.copy = &c, .fd = -1};
	if (t->progress)
		loop_timer_set(l->loop, &c.progress, now_ns() + PROGRESS_NS, show_progress, &c);
	copy_continue(&c);
	if (c.busy || c.result)
		r = loop_run(l->loop);
	loop_timer_cancel(l->loop, &c.progress);
	if (t->progress)
		fputs("\r\033[K", stderr);
	copy_abort(&c);
	return c.result ? c.result : r;
}

static bool unreachable(int r)
{
	return r == -EHOSTUNREACH || r == -ETIMEDOUT || r == -EINTR || r == -EKEYEXPIRED;
}

size_t import_remove(struct import_link *l, const struct import_target *t,
		     struct import_files *files)
{
	size_t left = 0;
	bool away = false;

	for (size_t i = files->count; i-- > 0;) {
		struct import_file *f = &files->items[i];
		_cleanup_buf_ struct buf path = BUF_INIT_MAX(16384);
		_cleanup_reply_ struct import_reply reply = {0};
		struct call_options o = CALL_OPTIONS_INIT;
		int r = -EIO;

		if (!f->touched)
			continue;
		buf_puts(&path, "/storage/v1/b/");
		buf_percent(&path, t->bucket, "");
		buf_puts(&path, "/o/");
		object_name(&path, t, f);
		o.service = &service_vertex;
		o.method = &objects_delete;
		o.url_path = buf_str(&path);
		o.host = storage_host;
		o.timeout_ms = REMOVE_TIMEOUT_MS;
		if (!away && !path.err)
			r = import_exchange(l, &o, &reply);
		away = away || unreachable(r);
		if (r && r != -ENOENT)
			left++;
		else
			f->touched = false;
	}
	return left;
}
