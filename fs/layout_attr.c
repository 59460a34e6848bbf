/* SPDX-License-Identifier: MIT */
/* What a file says and what stat(2) tells of it. */
#include "fs/layout_private.h"

#include "fs/scratch.h"

int layout_render(struct node *n, struct object *o, struct buf *out)
{
	int rc = n->cls->render ? n->cls->render(n, o, out) : -EISDIR;

	return rc < 0 ? rc : out->err;
}

static mode_t permissions(const struct node *n)
{
	mode_t mode;

	switch (n->cls->type) {
	case S_IFDIR:
		mode = 0755;
		break;
	case S_IFLNK:
		return 0777;
	default:
		mode = layout_writable(n) ? 0644 : 0444;
		if (n->cls->id == CLASS_REJECTED || n->cls->id == CLASS_ERROR)
			mode = 0600;
	}
	if (node_mount(n)->config->ro)
		mode &= (mode_t)~0222;
	return mode & ~node_mount(n)->config->umask_bits;
}

static void set_times(struct stat *st, uint64_t ns)
{
	st->st_mtim.tv_sec = (time_t)(ns / NSEC_PER_SEC);
	st->st_mtim.tv_nsec = (long)(ns % NSEC_PER_SEC);
	st->st_ctim = st->st_atim = st->st_mtim;
}

/* A listing that the kernel may hold must be checked before its directory's
 * mtime is told again. */
static int directory_time(struct node *n, struct req *r, struct object *o, uint64_t *ns,
			  double *timeout)
{
	struct collection *c = n->coll;
	int rc;

	*ns = node_mount(n)->started_ns;
	if (o) {
		*ns = object_mtime(o);
	} else if (c && !n->id) {
		if (c->complete) {
			rc = r ? cache_list(c, r) : 0;
			if (rc && !(n->cls->id == CLASS_PROJECTS))
				return rc;
			*timeout = cache_list_timeout(c);
		}
		*ns = c->changed_ns;
	}
	return 0;
}

/* Size and time of what has a text: files and links. */
static int file_attr(struct node *n, struct req *r, struct object *o, uint64_t ns, struct stat *st,
		     double *timeout)
{
	bool told = n->cls->id == CLASS_REJECTED || n->cls->id == CLASS_ERROR;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct local *l;
	int rc;

	if (S_ISLNK(n->cls->type) && n->parent->cls->id == CLASS_ALIASES) {
		rc = r ? cache_list(n->parent->coll, r) : 0;
		if (rc)
			return rc;
		*timeout = cache_list_timeout(n->parent->coll);
	}
	rc = layout_render(n, o, &text);
	if (rc)
		return rc;
	st->st_size = (off_t)text.len;
	st->st_blocks = (st->st_size + 511) / 512;
	l = node_local(n->parent, n->key && told ? n->key : n->name, false);
	if (l && told) {
		ns = l->error_wall_ns;
		st->st_uid = l->uid;
		st->st_gid = l->gid;
	} else if (l && l->changed_wall_ns > ns) {
		ns = l->changed_wall_ns;
	}
	if (n->cls->flags & CLASS_VOLATILE)
		*timeout = 0;
	set_times(st, ns);
	return 0;
}

int layout_attr(struct node *n, struct req *r, struct stat *st, double *timeout)
{
	uint64_t ns = node_mount(n)->started_ns;
	struct object *o = NULL;
	int rc;

	memset(st, 0, sizeof(*st));
	st->st_ino = n->ino;
	st->st_nlink = 1;
	st->st_uid = node_mount(n)->uid;
	st->st_gid = node_mount(n)->gid;
	st->st_blksize = 4096;
	*timeout = (double)node_mount(n)->config->ttl_ms / 1000;
	if (n->scratch) {
		scratch_stat(n->scratch, st);
		st->st_nlink = n->unlinked ? 0 : 1;
		*timeout = 3600;
		return 0;
	}
	st->st_mode = n->cls->type | permissions(n);
	if (n->id || !S_ISDIR(n->cls->type)) {
		rc = layout_object(n, r, &o);
		if (rc)
			return rc;
		if (o) {
			ns = object_mtime(o);
			*timeout = cache_object_timeout(node_owner(n)->coll, o);
		}
	}
	if (S_ISDIR(n->cls->type)) {
		rc = directory_time(n, r, o, &ns, timeout);
		if (rc)
			return rc;
		set_times(st, n->shown_ns > ns ? n->shown_ns : ns);
		return 0;
	}
	return file_attr(n, r, o, ns, st, timeout);
}
