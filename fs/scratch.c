/* SPDX-License-Identifier: MIT */
#include "fs/scratch.h"

static size_t all_bytes; /* of every scratch file */

size_t scratch_bytes(void)
{
	return all_bytes;
}

struct scratch *scratch_new(mode_t mode, uid_t uid, gid_t gid)
{
	struct scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	s->mode = mode;
	s->uid = uid;
	s->gid = gid;
	s->data.max = SCRATCH_FILE_MAX;
	clock_gettime(CLOCK_REALTIME, &s->mtime);
	s->atime = s->ctime = s->mtime;
	return s;
}

struct scratch *scratch_ref(struct scratch *s)
{
	s->refs++;
	return s;
}

void scratch_free(struct scratch *s)
{
	if (!s || --s->refs)
		return;
	all_bytes -= s->charged;
	buf_free(&s->data);
	free(s->backup_of);
	free(s);
}

static int charge(struct scratch *s, uint64_t len)
{
	if (len > SCRATCH_FILE_MAX)
		return -EFBIG;
	if (len > s->charged && all_bytes + (len - s->charged) > SCRATCH_ALL_MAX)
		return -ENOSPC;
	all_bytes += (size_t)len - s->charged;
	s->charged = (size_t)len;
	return 0;
}

void scratch_touch(struct scratch *s)
{
	clock_gettime(CLOCK_REALTIME, &s->mtime);
	s->ctime = s->mtime;
}

static void changed(struct scratch *s)
{
	free(s->backup_of);
	s->backup_of = NULL;
	scratch_touch(s);
}

void scratch_backup(struct scratch *s, struct node *dir, const char *name)
{
	const struct local *l = node_local(dir, name, true);

	free(s->backup_of);
	s->backup_of = l ? strdup(name) : NULL;
	s->backup_saves = l ? l->saves : 0;
}

int scratch_write(struct scratch *s, const char *data, size_t len, uint64_t off)
{
	int err;

	if (off > SCRATCH_FILE_MAX || off + len > SCRATCH_FILE_MAX)
		return -EFBIG;
	err = charge(s, off + len > s->data.len ? off + len : s->data.len);
	if (err)
		return err;
	changed(s);
	return buf_pwrite(&s->data, data, len, (size_t)off);
}

int scratch_truncate(struct scratch *s, uint64_t len)
{
	int err = charge(s, len);

	if (err)
		return err;
	changed(s);
	return buf_truncate(&s->data, (size_t)len);
}

void scratch_stat(const struct scratch *s, struct stat *st)
{
	st->st_mode = s->mode;
	st->st_nlink = 1;
	st->st_uid = s->uid;
	st->st_gid = s->gid;
	st->st_size = (off_t)s->data.len;
	st->st_blocks = (st->st_size + 511) / 512;
	st->st_blksize = 4096;
	st->st_atim = s->atime;
	st->st_mtim = s->mtime;
	st->st_ctim = s->ctime;
}

struct node *scratch_find(struct node *dir, const char *name)
{
	struct node *n = dir->scratch_nodes;

	while (n && !streq(n->name, name))
		n = n->scratch_next;
	return n;
}

void scratch_enter(struct node *dir, struct node *n)
{
	n->scratch_next = dir->scratch_nodes;
	dir->scratch_nodes = n;
	node_pin(n);
}

void scratch_leave(struct tree *t, struct node *n)
{
	struct node **link = &n->parent->scratch_nodes;

	while (*link && *link != n)
		link = &(*link)->scratch_next;
	if (!*link)
		return;
	*link = n->scratch_next;
	n->scratch_next = NULL;
	node_unpin(t, n);
}

int scratch_create(struct tree *t, struct node *dir, const char *name, struct scratch *s,
		   struct node **out)
{
	struct node *old = tree_find(t, dir, name);
	struct node *n;

	if (old)
		tree_detach(t, old);
	n = tree_add(t, dir, name, class_of(CLASS_SCRATCH));
	if (!n)
		return -ENOMEM;
	n->scratch = s;
	scratch_enter(dir, n);
	*out = n;
	return 0;
}

void scratch_unlink(struct tree *t, struct node *n)
{
	tree_detach(t, n);
	scratch_leave(t, n); /* may free it */
}

void scratch_report(struct node *n, struct json_writer *w)
{
	for (struct node *s = n->scratch_nodes; s; s = s->scratch_next) {
		_cleanup_buf_ struct buf path = BUF_INIT;

		node_path(s, &path);
		jw_str(w, NULL, buf_str(&path));
	}
	for (struct node *c = n->children; c; c = c->sib_next)
		if (S_ISDIR(c->cls->type))
			scratch_report(c, w);
}
