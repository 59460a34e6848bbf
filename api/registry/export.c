/* SPDX-License-Identifier: MIT */
#include "api/registry/export.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/log.h"
#include "api/registry/operations.h"
#include "api/resource.h"

#define PIECE ((size_t)8 << 20)

struct export
{
	struct registry *reg;
	struct job *job;
	struct operation_work op;
	struct json_doc *work;
	char *memory; /* of the URI's parts */
	const char *bucket;
	char *parent; /* below the bucket, may be "" */
	char *leaf;   /* the directory to create */
	char hidden[64];
	int bucket_fd;
	int parent_fd;
	struct bucket_files files;
	int source_fd;
	uint64_t copied, began;
	struct buf manifest;
	char why[256];
};

/* Making and pruning prefix directories must not cross. */
static pthread_mutex_t prefix_lock = PTHREAD_MUTEX_INITIALIZER;

static void export_free(struct export *e)
{
	operation_work_free(&e->op);
	json_doc_free(e->work);
	free(e->memory);
	free(e->parent);
	free(e->leaf);
	bucket_files_free(&e->files);
	buf_free(&e->manifest);
	for (size_t i = 0; i < 3; i++) {
		int fd = (int[]){e->bucket_fd, e->parent_fd, e->source_fd}[i];

		if (fd >= 0)
			close(fd);
	}
}

static int fail(struct export *e, int err, const char *what)
{
	if (!*e->why)
		snprintf(e->why, sizeof(e->why), "%s: %s", what, strerror(-err));
	return err;
}

/* Keep to --export-rate, waking often enough to be cancelled. */
static int pace(struct export *e, size_t n)
{
	int r;

	e->copied += n;
	while ((r = job_check(e->job)) == 0 && e->reg->export_rate) {
		double due = (double)e->copied / (double)e->reg->export_rate * 1e9;
		uint64_t passed = now_ns() - e->began;

		if ((double)passed >= due)
			break;
		usleep(due - (double)passed > 5e7 ? 50000 : 1000);
	}
	return r;
}

static size_t piece_size(const struct export *e)
{
	uint64_t n = e->reg->export_rate / 10 + 1;

	return e->reg->export_rate && n < PIECE ? (size_t)n : PIECE;
}

static int copy_by_hand(struct export *e, int in, int out)
{
	size_t size = piece_size(e) < 65536 ? piece_size(e) : 65536;
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
		r = pace(e, (size_t)n);
	}
	return r;
}

static int copy_data(struct export *e, int in, int out)
{
	ssize_t n;
	int r = 0;

	if (!e->reg->export_rate && ioctl(out, FICLONE, in) == 0)
		return job_check(e->job);
	while ((n = copy_file_range(in, NULL, out, NULL, piece_size(e), 0)) != 0) {
		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
			      errno == EOPNOTSUPP || errno == EBADF || errno == EPERM))
			return copy_by_hand(e, in, out);
		if (n < 0)
			return -errno;
		r = pace(e, (size_t)n);
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
static int digest(struct export *e, int fd, char hex[65], uint64_t *size)
{
	_cleanup_(free_digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char data[65536], md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	ssize_t n;
	int r;

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	*size = 0;
	while ((n = pread(fd, data, sizeof(data), (off_t)*size)) > 0) {
		r = job_check(e->job);
		if (r < 0)
			return r;
		EVP_DigestUpdate(ctx, data, (size_t)n);
		*size += (uint64_t)n;
	}
	if (n < 0)
		return -errno;
	EVP_DigestFinal_ex(ctx, md, &len);
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", md[i]);
	return 0;
}

static int copy_file(struct export *e, int dest, const struct bucket_file *f, struct json_writer *w)
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
	r = bucket_open_at(e->source_fd, f->path, O_RDONLY, &in);
	if (r < 0)
		return fail(e, r, f->path);
	r = bucket_make_dirs(dest, parent, &dir);
	if (r == 0)
		r = bucket_open_at(dir, slash ? slash + 1 : f->path, O_RDWR | O_CREAT | O_EXCL,
				   &out);
	if (r == 0)
		r = copy_data(e, in, out);
	if (r == 0 && (fsync(out) < 0 || fsync(dir) < 0))
		r = -errno;
	if (r == 0)
		r = digest(e, out, hex, &size);
	if (r < 0)
		return fail(e, r, f->path);
	jw_object(w, NULL);
	jw_str(w, "name", f->path);
	jw_int64(w, "size", (int64_t)size);
	jw_str(w, "sha256", hex);
	jw_end_object(w);
	return 0;
}

static int copy_all(struct export *e, int dest)
{
	_cleanup_free_ char *format = json_get_str(json_root(e->work), "format");
	_cleanup_free_ bool *keep = calloc(e->files.count + 1, sizeof(*keep));
	struct json_writer w;
	int r;

	if (!format || !keep)
		return -ENOMEM;
	r = formats_select(e->source_fd, &e->files, format, keep);
	if (r < 0) {
		snprintf(e->why, sizeof(e->why), "No file of format %s is there any more.", format);
		return r;
	}
	jw_init(&w, &e->manifest);
	jw_object(&w, NULL);
	jw_str(&w, "operation", e->op.name);
	jw_str(&w, "artifactOutputUri", e->op.output);
	jw_array(&w, "files");
	for (size_t i = 0; i < e->files.count; i++) {
		r = keep[i] ? copy_file(e, dest, &e->files.files[i], &w) : 0;
		if (r < 0)
			return r;
	}
	jw_end_array(&w);
	jw_end_object(&w);
	return buf_putc(&e->manifest, '\n');
}

static int write_manifest(struct export *e)
{
	_cleanup_free_ char *name = str_format("%s.json", job_id(e->job));
	_cleanup_free_ char *temp = str_format(".%s.json", job_id(e->job));
	_cleanup_close_ int fd = -1;
	size_t done = 0;

	if (!name || !temp)
		return -ENOMEM;
	fd = openat(e->reg->exports_fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	while (done < e->manifest.len) {
		ssize_t n = write(fd, e->manifest.data + done, e->manifest.len - done);

		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	if (fsync(fd) < 0 || renameat(e->reg->exports_fd, temp, e->reg->exports_fd, name) < 0 ||
	    fsync(e->reg->exports_fd) < 0)
		return -errno;
	return 0;
}

static bool has_manifest(struct export *e)
{
	_cleanup_free_ char *name = str_format("%s.json", job_id(e->job));

	return name && faccessat(e->reg->exports_fd, name, F_OK, 0) == 0;
}

static void remove_manifest(struct export *e)
{
	_cleanup_free_ char *name = str_format("%s.json", job_id(e->job));
	_cleanup_free_ char *temp = str_format(".%s.json", job_id(e->job));

	if (name)
		unlinkat(e->reg->exports_fd, name, 0);
	if (temp)
		unlinkat(e->reg->exports_fd, temp, 0);
}

static int load(struct export *e)
{
	const char *object;
	char *slash;
	int r = operation_load_work(e->reg, job_id(e->job), &e->op);

	if (r == 0)
		r = json_parse(e->op.work, strlen(e->op.work), &e->work, NULL);
	if (r < 0 || !e->op.output)
		return r;
	r = resource_gs_uri(e->op.output, &e->memory, &e->bucket, &object);
	if (r < 0)
		return r;
	e->parent = strdup(object);
	slash = e->parent ? strrchr(e->parent, '/') : NULL;
	if (!slash)
		return e->parent ? -EINVAL : -ENOMEM;
	*slash = '\0';
	e->leaf = strdup(slash + 1);
	snprintf(e->hidden, sizeof(e->hidden), BUCKET_HIDDEN "export-%s", job_id(e->job));
	return e->leaf ? 0 : -ENOMEM;
}

/* The prefix's directory with the hidden one, empty, in it. */
static int make_hidden(struct export *e, int *dest)
{
	int r = bucket_open(e->reg, e->bucket, true, &e->bucket_fd);

	if (r < 0)
		return r;
	pthread_mutex_lock(&prefix_lock);
	r = bucket_make_dirs(e->bucket_fd, e->parent, &e->parent_fd);
	if (r == 0)
		r = bucket_remove_tree(e->parent_fd, e->hidden);
	if (r == 0 && mkdirat(e->parent_fd, e->hidden, 0777) < 0)
		r = -errno;
	pthread_mutex_unlock(&prefix_lock);
	return r < 0 ? r : bucket_open_at(e->parent_fd, e->hidden, O_RDONLY | O_DIRECTORY, dest);
}

/* Whole already?  Then a crash came between the rename and the database. */
static bool finished_before(struct export *e)
{
	_cleanup_close_ int bucket = -1, dir = -1;
	_cleanup_free_ char *path = str_format("%s%s%s", e->parent, *e->parent ? "/" : "", e->leaf);

	return path && has_manifest(e) && bucket_open(e->reg, e->bucket, false, &bucket) == 0 &&
	       bucket_open_at(bucket, path, O_RDONLY | O_DIRECTORY, &dir) == 0;
}

static int export_files(struct export *e)
{
	_cleanup_free_ char *uri = json_get_str(json_root(e->work), "artifactUri");
	_cleanup_close_ int dest = -1;
	int r;

	if (!uri)
		return -EINVAL;
	if (finished_before(e))
		return 0;
	if (e->op.cancelled)
		return -ECANCELED;
	r = bucket_artifacts(e->reg, uri, &e->source_fd, &e->files);
	if (r == -ENOENT)
		snprintf(e->why, sizeof(e->why), "No file lies at %s.", uri);
	if (r < 0)
		return r;
	r = make_hidden(e, &dest);
	if (r < 0)
		return fail(e, r == -ENOENT ? -ENOTDIR : r, e->op.output);
	r = copy_all(e, dest);
	if (r == 0 && fsync(dest) < 0)
		r = -errno;
	if (r == 0)
		r = write_manifest(e);
	if (r == 0)
		r = job_commit(e->job);
	if (r == 0 &&
	    renameat2(e->parent_fd, e->hidden, e->parent_fd, e->leaf, RENAME_NOREPLACE) < 0)
		r = fail(e, -errno, e->op.output);
	if (r == 0 && fsync(e->parent_fd) < 0)
		r = -errno;
	return r;
}

/* Leave nothing of it: also prefixes that only this export made. */
static void clean_up(struct export *e)
{
	_cleanup_free_ char *path = e->parent ? strdup(e->parent) : NULL;

	remove_manifest(e);
	if (!e->leaf || !path)
		return;
	if (e->bucket_fd < 0 && bucket_open(e->reg, e->bucket, false, &e->bucket_fd) < 0)
		return;
	if (e->parent_fd < 0 &&
	    bucket_open_at(e->bucket_fd, path, O_RDONLY | O_DIRECTORY, &e->parent_fd) < 0)
		return;
	bucket_remove_tree(e->parent_fd, e->hidden);
	pthread_mutex_lock(&prefix_lock);
	while (*path) {
		_cleanup_close_ int up = -1;
		char *slash = strrchr(path, '/');
		const char *name = slash ? slash + 1 : path, *above = slash ? path : "";

		if (slash)
			*slash = '\0';
		if (bucket_open_at(e->bucket_fd, above, O_RDONLY | O_DIRECTORY, &up) < 0 ||
		    unlinkat(up, name, AT_REMOVEDIR) < 0)
			break;
		if (!slash)
			break;
	}
	pthread_mutex_unlock(&prefix_lock);
}

static void finish(struct export *e, int r)
{
	static const struct {
		int err;
		enum api_code code;
	} map[] = {
		{ENOENT, API_NOT_FOUND},
		{ENOSPC, API_RESOURCE_EXHAUSTED},
		{EDQUOT, API_RESOURCE_EXHAUSTED},
		{ENOTDIR, API_FAILED_PRECONDITION},
		{ELOOP, API_FAILED_PRECONDITION},
		{EEXIST, API_ALREADY_EXISTS},
		{ENAMETOOLONG, API_INVALID_ARGUMENT},
		{EINVAL, API_INVALID_ARGUMENT},
	};
	enum api_code code = API_INTERNAL;

	if (r == -ECANCELED) {
		operation_finish(e->reg, job_id(e->job), API_CANCELLED,
				 "The operation was cancelled.");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].err == -r)
			code = map[i].code;
	if (r < 0)
		log_warning("registry: operation %s failed: %s", job_id(e->job),
			    *e->why ? e->why : strerror(-r));
	operation_finish(e->reg, job_id(e->job), r == 0 ? API_OK : code,
			 *e->why ? e->why : strerror(-r));
}

void export_work(struct registry *reg, struct job *job)
{
	struct export e = {.reg = reg,
			   .job = job,
			   .bucket_fd = -1,
			   .parent_fd = -1,
			   .source_fd = -1,
			   .began = now_ns(),
			   .manifest = BUF_INIT};
	_cleanup_free_ char *image = NULL;
	int r = load(&e);

	if (r == 0)
		image = json_get_str(json_root(e.work), "image");
	if (r == 0 && image) {
		snprintf(e.why, sizeof(e.why), "The image %s is not in %s/images.", image,
			 reg->data);
		r = e.op.cancelled ? -ECANCELED : -ENOENT;
	} else if (r == 0) {
		r = export_files(&e);
	}
	if (r < 0)
		clean_up(&e);
	if (r != -EINTR) /* else it is taken up at the next start */
		finish(&e, r);
	export_free(&e);
}
