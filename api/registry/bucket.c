/* SPDX-License-Identifier: MIT */
#include "api/registry/bucket.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "api/log.h"
#include "api/resource.h"

bool bucket_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len < 3 || len > 222)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		bool inner = i > 0 && i < len - 1;

		if (!alnum && !(inner && strchr("-_.", c)))
			return false;
		if (c == '.' && name[i + 1] == '.')
			return false;
	}
	return true;
}

int bucket_object_check(const char *name)
{
	size_t depth = 0;

	if (!*name)
		return -EINVAL;
	if (strlen(name) > 1024)
		return -ENAMETOOLONG;
	for (;;) {
		size_t n = strcspn(name, "/");

		if (n > 255)
			return -ENAMETOOLONG;
		if (n == 0 || (n == 1 && name[0] == '.') || (n == 2 && !strncmp(name, "..", 2)) ||
		    starts_with(name, BUCKET_HIDDEN) || ++depth > BUCKET_DEPTH_MAX)
			return -EINVAL;
		if (!name[n])
			return 0;
		name += n + 1;
	}
}

int bucket_open_at(int dir, const char *path, int flags, int *fd)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? 0666 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long r = syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof(how));

	if (r < 0)
		return -errno;
	*fd = (int)r;
	return 0;
}

static int make_dir(int dir, const char *name)
{
	if (mkdirat(dir, name, 0777) == 0)
		return fsync(dir) < 0 ? -errno : 0;
	return errno == EEXIST ? 0 : -errno;
}

int bucket_open(struct registry *reg, const char *bucket, bool create, int *fd)
{
	int r;

	if (!bucket_name_valid(bucket))
		return -EINVAL;
	r = create ? make_dir(reg->buckets_fd, bucket) : 0;
	return r < 0 ? r : bucket_open_at(reg->buckets_fd, bucket, O_RDONLY | O_DIRECTORY, fd);
}

int bucket_make_dirs(int dir, const char *path, int *fd)
{
	_cleanup_close_ int at = -1;
	int r = bucket_open_at(dir, "", O_RDONLY | O_DIRECTORY, &at);

	while (r == 0 && *path) {
		size_t n = strcspn(path, "/");
		_cleanup_free_ char *name = strndup(path, n);
		int next = -1;

		path += n + (path[n] == '/');
		if (!name)
			return -ENOMEM;
		if (!n)
			continue;
		r = make_dir(at, name);
		if (r == 0)
			r = bucket_open_at(at, name, O_RDONLY | O_DIRECTORY, &next);
		if (r == 0) {
			close(at);
			at = next;
		}
	}
	if (r == 0)
		*fd = take_fd(at);
	return r;
}

void bucket_files_free(struct bucket_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->files[i].path);
	free(f->files);
	memset(f, 0, sizeof(*f));
}

static int files_add(struct bucket_files *f, const char *path, const struct stat *st)
{
	if (f->count == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 64;
		struct bucket_file *p = reallocarray(f->files, cap, sizeof(*p));

		if (!p)
			return -ENOMEM;
		f->files = p;
		f->cap = cap;
	}
	f->files[f->count].path = strdup(path);
	if (!f->files[f->count].path)
		return -ENOMEM;
	f->files[f->count].size = (uint64_t)st->st_size;
	f->files[f->count++].mtime = st->st_mtim;
	return 0;
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int walk(int dir, const char *prefix, int depth, struct bucket_files *out)
{
	_cleanup_(close_dir) DIR *d = NULL;
	struct dirent *e;
	int fd = -1, r = 0;

	if (depth > BUCKET_DEPTH_MAX)
		return -ELOOP;
	r = bucket_open_at(dir, "", O_RDONLY | O_DIRECTORY, &fd);
	if (r < 0)
		return r;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (errno = 0, e = readdir(d))) {
		_cleanup_free_ char *path = NULL;
		struct stat st;

		if (streq(e->d_name, ".") || streq(e->d_name, "..") ||
		    starts_with(e->d_name, BUCKET_HIDDEN))
			continue;
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue; /* gone meanwhile */
		path = str_format("%s%s%s", prefix, *prefix ? "/" : "", e->d_name);
		if (!path)
			return -ENOMEM;
		if (S_ISREG(st.st_mode)) {
			r = files_add(out, path, &st);
		} else if (S_ISDIR(st.st_mode)) {
			_cleanup_close_ int sub = -1;

			r = bucket_open_at(fd, e->d_name, O_RDONLY | O_DIRECTORY, &sub);
			r = r == -ENOENT ? 0 : r < 0 ? r : walk(sub, path, depth + 1, out);
		}
	}
	return r < 0 ? r : -errno;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct bucket_file *)a)->path, ((const struct bucket_file *)b)->path);
}

int bucket_walk(int dir, struct bucket_files *out)
{
	int r = walk(dir, "", 0, out);

	if (r == 0 && out->count)
		qsort(out->files, out->count, sizeof(*out->files), by_path);
	return r;
}

static int one_file(int bucket, const char *object, int *fd, struct bucket_files *out)
{
	_cleanup_close_ int file = -1, dir = -1;
	const char *base = strrchr(object, '/');
	_cleanup_free_ char *parent = base ? strndup(object, (size_t)(base - object)) : strdup("");
	struct stat st;
	int r;

	if (!parent)
		return -ENOMEM;
	r = bucket_open_at(bucket, object, O_RDONLY | O_NONBLOCK, &file);
	if (r < 0)
		return r;
	if (fstat(file, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	r = bucket_open_at(bucket, parent, O_RDONLY | O_DIRECTORY, &dir);
	if (r == 0)
		r = files_add(out, base ? base + 1 : object, &st);
	if (r == 0)
		*fd = take_fd(dir);
	return r;
}

int bucket_artifacts(struct registry *reg, const char *uri, int *fd, struct bucket_files *out)
{
	_cleanup_free_ char *memory = NULL, *path = NULL;
	_cleanup_close_ int bucket_fd = -1, dir = -1;
	const char *bucket, *object;
	size_t len;
	int r = resource_gs_uri(uri, &memory, &bucket, &object);

	if (r < 0)
		return r;
	path = strdup(object);
	if (!path)
		return -ENOMEM;
	for (len = strlen(path); len && path[len - 1] == '/';)
		path[--len] = '\0';
	if (len && bucket_object_check(path) < 0)
		return -ENOENT; /* no file can bear such a name */
	r = bucket_open(reg, bucket, false, &bucket_fd);
	if (r < 0)
		return r == -EINVAL ? -ENOENT : r;
	r = bucket_open_at(bucket_fd, path, O_RDONLY | O_DIRECTORY, &dir);
	if (r == -ENOTDIR)
		r = one_file(bucket_fd, path, fd, out);
	else if (r == 0 && (r = bucket_walk(dir, out)) == 0)
		*fd = take_fd(dir);
	if (r == -ELOOP || r == -ENOTDIR)
		r = -ENOENT; /* a symlink is no object */
	return r < 0 ? r : out->count ? 0 : -ENOENT;
}

static int remove_below(int fd, int depth)
{
	_cleanup_(close_dir) DIR *d = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while ((e = readdir(d))) {
		int sub = -1;

		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		if (unlinkat(fd, e->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (depth < BUCKET_DEPTH_MAX * 2 &&
		    bucket_open_at(fd, e->d_name, O_RDONLY | O_DIRECTORY, &sub) == 0)
			remove_below(sub, depth + 1);
		if (unlinkat(fd, e->d_name, AT_REMOVEDIR) < 0)
			r = -errno;
	}
	return r;
}

int bucket_remove_tree(int dir, const char *name)
{
	int fd = -1, r;

	if (unlinkat(dir, name, 0) == 0)
		return 0;
	r = bucket_open_at(dir, name, O_RDONLY | O_DIRECTORY, &fd);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = remove_below(fd, 0);
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}

void bucket_sweep(struct registry *reg)
{
	_cleanup_(close_dir) DIR *buckets = NULL;
	struct dirent *b, *e;
	int fd = -1;

	if (bucket_open_at(reg->buckets_fd, "", O_RDONLY | O_DIRECTORY, &fd) < 0)
		return;
	buckets = fdopendir(fd);
	if (!buckets) {
		close(fd);
		return;
	}
	while ((b = readdir(buckets))) {
		_cleanup_(close_dir) DIR *d = NULL;
		int sub = -1;

		if (!bucket_name_valid(b->d_name) || bucket_open(reg, b->d_name, false, &sub) < 0)
			continue;
		d = fdopendir(sub);
		if (!d) {
			close(sub);
			continue;
		}
		while ((e = readdir(d)))
			if (starts_with(e->d_name, BUCKET_HIDDEN "upload-") &&
			    unlinkat(sub, e->d_name, 0) == 0)
				log_notice("registry: removed unfinished upload %s/%s", b->d_name,
					   e->d_name);
	}
}

int bucket_temp_open(int bucket, char name[40], int *fd)
{
	for (int i = 0; i < 16; i++) {
		uint64_t id;
		int r;

		if (getrandom(&id, sizeof(id), 0) != sizeof(id))
			return -EIO;
		snprintf(name, 40, BUCKET_HIDDEN "upload-%016llx", (unsigned long long)id);
		r = bucket_open_at(bucket, name, O_WRONLY | O_CREAT | O_EXCL, fd);
		if (r != -EEXIST)
			return r;
	}
	return -EEXIST;
}
