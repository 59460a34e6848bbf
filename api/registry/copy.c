/* SPDX-License-Identifier: MIT */
#include "api/registry/copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)8 << 20)

int copy_fail(struct copy *c, int err, const char *what)
{
	if (!*c->why)
		snprintf(c->why, sizeof(c->why), "%s: %s", what, strerror(-err));
	return err;
}

/* Keep to --export-rate, waking often enough to be cancelled. */
int copy_pace(struct copy *c, size_t n)
{
	int r;

	c->copied += n;
	while ((r = job_check(c->job)) == 0 && c->reg->export_rate) {
		double due = (double)c->copied / (double)c->reg->export_rate * 1e9;
		uint64_t passed = now_ns() - c->began;

		if ((double)passed >= due)
			break;
		usleep(due - (double)passed > 5e7 ? 50000 : 1000);
	}
	return r;
}

static size_t piece_size(const struct copy *c)
{
	uint64_t n = c->reg->export_rate / 10 + 1;

	return c->reg->export_rate && n < PIECE ? (size_t)n : PIECE;
}

static int copy_by_hand(struct copy *c, int in, int out)
{
	size_t size = piece_size(c) < 65536 ? piece_size(c) : 65536;
	char data[65536];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read(in, data, size)) != 0) {
		if (n < 0)
			return errno == EINTR ? 0 : -errno;
		for (ssize_t off = 0; off < n;) {
			ssize_t w = write(out, data + off, (size_t)(n - off));

			if (w < 0)
				return -errno;
			off += w;
		}
		r = copy_pace(c, (size_t)n);
	}
	return r;
}

static int copy_data(struct copy *c, int in, int out)
{
	ssize_t n;
	int r = 0;

	if (!c->reg->export_rate && ioctl(out, FICLONE, in) == 0)
		return job_check(c->job);
	while ((n = copy_file_range(in, NULL, out, NULL, piece_size(c), 0)) != 0) {
		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
			      errno == EOPNOTSUPP || errno == EBADF || errno == EPERM))
			return copy_by_hand(c, in, out);
		if (n < 0)
			return -errno;
		r = copy_pace(c, (size_t)n);
		if (r < 0)
			return r;
	}
	return r;
}

static void free_digest(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

/* SHA-256 of what was written, so that the list tells of the copy. */
int copy_digest(struct copy *c, int fd, char hex[65], uint64_t *size)
{
	_cleanup_(free_digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char data[65536], md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	uint64_t at = 0;
	ssize_t n;
	int r;

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	while ((n = pread(fd, data, sizeof(data), (off_t)at)) > 0) {
		r = job_check(c->job);
		if (r < 0)
			return r;
		EVP_DigestUpdate(ctx, data, (size_t)n);
		at += (uint64_t)n;
	}
	if (n < 0)
		return -errno;
	EVP_DigestFinal_ex(ctx, md, &len);
	if (size)
		*size = at;
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", md[i]);
	return 0;
}

static int copy_file(struct copy *c, int src, const struct bucket_file *f, int dest,
		     struct json_writer *w)
{
	_cleanup_close_ int in = -1, out = -1, dir = -1;
	const char *slash = strrchr(f->path, '/');
	_cleanup_free_ char *parent =
		slash ? strndup(f->path, (size_t)(slash - f->path)) : strdup("");
	uint64_t size = 0;
	char hex[65] = "";
	int r;

	if (!parent)
		return -ENOMEM;
	r = bucket_open_at(src, f->path, O_RDONLY, &in);
	if (r < 0)
		return copy_fail(c, r, f->path);
	r = bucket_make_dirs(dest, parent, &dir);
	if (r == 0)
		r = bucket_open_at(dir, slash ? slash + 1 : f->path, O_RDWR | O_CREAT | O_EXCL,
				   &out);
	if (r == 0)
		r = copy_data(c, in, out);
	if (r == 0 && (fsync(out) < 0 || fsync(dir) < 0))
		r = -errno;
	if (r == 0)
		r = copy_digest(c, out, hex, &size);
	if (r < 0)
		return copy_fail(c, r, f->path);
	if (!w)
		return 0;
	jw_object(w, NULL);
	jw_str(w, "name", f->path);
	jw_int64(w, "size", (int64_t)size);
	jw_str(w, "sha256", hex);
	jw_end_object(w);
	return 0;
}

int copy_files(struct copy *c, int src, const struct bucket_files *files, const bool *keep,
	       int dest, struct json_writer *w)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->count; i++)
		if (!keep || keep[i])
			r = copy_file(c, src, &files->files[i], dest, w);
	return r;
}

int copy_write(int dir, const char *temp, const char *name, const void *data, size_t len)
{
	_cleanup_close_ int fd = -1;
	size_t done = 0;

	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return -errno;
	while (done < len) {
		ssize_t n = write(fd, (const char *)data + done, len - done);

		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	if (fsync(fd) < 0 || renameat(dir, temp, dir, name) < 0 || fsync(dir) < 0)
		return -errno;
	return 0;
}
