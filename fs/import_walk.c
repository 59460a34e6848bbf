/* SPDX-License-Identifier: MIT */
/* Which files an import copies. */
#include <fts.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fs/import_private.h"
#include "fs/utf8.h"

#define FILES_MAX       100000
#define OBJECT_NAME_MAX 768 /* of Cloud Storage's 1024; the rest is for the prefix */

struct walk {
	struct import_files *files;
	size_t cap;
	char *root;  /* resolved, to judge links by */
	size_t skip; /* length of the source's own path in fts_path */
	char **why;
};

void import_files_free(struct import_files *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->items[i].path);
		free(f->items[i].name);
	}
	free(f->items);
	memset(f, 0, sizeof(*f));
}

static int refuse(char **why, int err, const char *path, const char *words)
{
	*why = str_format("%s: %s", path, words);
	return -err;
}

/* What Cloud Storage takes as an object's name. */
static const char *name_fault(const char *name)
{
	size_t len = strlen(name);
	uint32_t cp;

	if (len > OBJECT_NAME_MAX)
		return "the name is too long for an object in a bucket";
	for (size_t i = 0; i < len;) {
		int n = utf8_step(name + i, len - i, &cp);

		if (n <= 0)
			return "the name is not UTF-8, as an object's in a bucket must be";
		if (cp < 0x20 || cp == 0x7f)
			return "the name has a control character";
		i += (size_t)n;
	}
	return NULL;
}

static int add_file(struct walk *w, const char *path, const char *name, const struct stat *st)
{
	struct import_files *f = w->files;
	const char *fault = name_fault(name);
	struct import_file *item;

	if (fault)
		return refuse(w->why, EINVAL, path, fault);
	if (f->count == FILES_MAX)
		return refuse(w->why, E2BIG, path, "more than 100000 files");
	if (f->count == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 64;

		item = reallocarray(f->items, cap, sizeof(*item));
		if (!item)
			return -ENOMEM;
		f->items = item;
		w->cap = cap;
	}
	item = &f->items[f->count];
	*item = (struct import_file){.path = strdup(path), .name = strdup(name)};
	f->count++;
	if (!item->path || !item->name)
		return -ENOMEM;
	item->size = (uint64_t)st->st_size;
	f->bytes += item->size;
	return 0;
}

static bool inside(const struct walk *w, const char *path)
{
	size_t n = strlen(w->root);

	return starts_with(path, w->root) && (path[n] == '/' || w->root[n - 1] == '/');
}

static int add_link(struct walk *w, const FTSENT *e, const char *name)
{
	_cleanup_free_ char *target = realpath(e->fts_path, NULL);
	struct stat st;

	if (!target || stat(target, &st))
		return refuse(w->why, ENOENT, e->fts_path, "a link that leads nowhere");
	if (!inside(w, target))
		return refuse(w->why, EINVAL, e->fts_path,
			      "a link that leads out of the directory");
	if (!S_ISREG(st.st_mode))
		return refuse(w->why, EINVAL, e->fts_path, "a link to what is no regular file");
	return add_file(w, e->fts_path, name, &st);
}

static int visit(struct walk *w, FTSENT *e)
{
	const char *name = e->fts_path + w->skip;

	name += strspn(name, "/");
	switch (e->fts_info) {
	case FTS_D:
	case FTS_DP:
		return 0;
	case FTS_F:
		return add_file(w, e->fts_path, name, e->fts_statp);
	case FTS_SL:
	case FTS_SLNONE:
		return add_link(w, e, name);
	case FTS_DEFAULT:
		return refuse(w->why, EINVAL, e->fts_path,
			      "neither a regular file nor a directory");
	default:
		return refuse(w->why, e->fts_errno ? e->fts_errno : EIO, e->fts_path,
			      strerror(e->fts_errno ? e->fts_errno : EIO));
	}
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int walk_directory(struct walk *w, const char *source)
{
	char *const roots[] = {(char *)source, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	FTSENT *e;
	int r = 0;

	if (!fts)
		return -errno;
	w->skip = strlen(source);
	while (!r) {
		errno = 0;
		e = fts_read(fts);
		if (!e) {
			r = -errno;
			break;
		}
		r = visit(w, e);
	}
	fts_close(fts);
	if (!r && !w->files->count)
		return refuse(w->why, ENOENT, source, "the directory holds no files");
	return r;
}

int import_walk(const char *source, struct import_files *out, char **why)
{
	_cleanup_free_ char *root = NULL;
	struct walk w = {.files = out, .why = why};
	const char *base;
	struct stat st;
	int r;

	*why = NULL;
	if (stat(source, &st))
		return refuse(why, errno, source, strerror(errno));
	root = realpath(source, NULL);
	if (!root)
		return refuse(why, errno, source, strerror(errno));
	w.root = root;
	base = strrchr(source, '/');
	base = base ? base + 1 : source;
	if (S_ISREG(st.st_mode))
		r = add_file(&w, source, base, &st);
	else if (S_ISDIR(st.st_mode))
		r = walk_directory(&w, source);
	else
		r = refuse(why, EINVAL, source, "neither a regular file nor a directory");
	if (r && !*why)
		*why = str_format("%s: %s", source, strerror(-r));
	return r;
}
