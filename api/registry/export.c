/* SPDX-License-Identifier: MIT */
#include "api/registry/export.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/log.h"
#include "api/registry/copy.h"
#include "api/registry/image.h"
#include "api/registry/operations.h"
#include "api/resource.h"

struct export
{
	struct copy copy;
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
	struct buf manifest;
	struct json_writer w; /* of the manifest */
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

static int copy_all(struct export *e, int dest)
{
	_cleanup_free_ char *format = json_get_str(json_root(e->work), "format");
	_cleanup_free_ bool *keep = calloc(e->files.count + 1, sizeof(*keep));
	bool loose = json_bool(json_get(json_root(e->work), "supporting"), false);
	int r;

	if (!format || !keep)
		return -ENOMEM;
	r = loose ? formats_select_supporting(e->source_fd, &e->files, format, keep)
		  : formats_select(e->source_fd, &e->files, format, keep);
	if (r < 0) {
		snprintf(e->copy.why, sizeof(e->copy.why), "The model has no file of format %s.",
			 format);
		return r;
	}
	jw_str(&e->w, "artifactOutputUri", e->op.output);
	jw_array(&e->w, "files");
	r = copy_files(&e->copy, e->source_fd, &e->files, keep, dest, &e->w);
	jw_end_array(&e->w);
	return r;
}

static int write_manifest(struct export *e)
{
	_cleanup_free_ char *name = str_format("%s.json", job_id(e->job));
	_cleanup_free_ char *temp = str_format(".%s.json", job_id(e->job));

	jw_end_object(&e->w);
	buf_putc(&e->manifest, '\n');
	if (!name || !temp || e->manifest.err)
		return -ENOMEM;
	return copy_write(e->reg->exports_fd, temp, name, e->manifest.data, e->manifest.len);
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

/* What the files are taken from: a gs:// URI, or the model's own copies. */
static int open_source(struct export *e)
{
	struct json work = json_root(e->work);
	_cleanup_free_ char *uri = json_get_str(work, "artifactUri");
	_cleanup_free_ char *own = json_get_str(work, "artifacts");
	int r = -EINVAL;

	if (uri)
		r = bucket_artifacts(e->reg, uri, &e->source_fd, &e->files);
	else if (own)
		r = bucket_open_at(e->reg->artifacts_fd, own, O_RDONLY | O_DIRECTORY,
				   &e->source_fd);
	if (r == 0 && !uri)
		r = bucket_walk(e->source_fd, &e->files);
	if (r == -ENOENT)
		snprintf(e->copy.why, sizeof(e->copy.why), "No file lies at %s.",
			 uri ? uri : "the model");
	return r;
}

static int export_files(struct export *e)
{
	_cleanup_close_ int dest = -1;
	int r = make_hidden(e, &dest);

	if (r < 0)
		return copy_fail(&e->copy, r == -ENOENT ? -ENOTDIR : r, e->op.output);
	r = copy_all(e, dest);
	if (r == 0 && fsync(dest) < 0)
		r = -errno;
	return r;
}

static int publish_files(struct export *e)
{
	int r = 0;

	if (renameat2(e->parent_fd, e->hidden, e->parent_fd, e->leaf, RENAME_NOREPLACE) < 0)
		r = copy_fail(&e->copy, -errno, e->op.output);
	if (r == 0 && fsync(e->parent_fd) < 0)
		r = -errno;
	return r;
}

/* The image is built from the files, or copied by its digest. */
static int export_image(struct export *e, const char *image)
{
	struct json work = json_root(e->work);
	_cleanup_free_ char *from = json_get_str(work, "imageSource");
	char digest[IMAGE_DIGEST_SIZE] = "";
	int r = from ? image_copy(&e->copy, from, image, digest)
		     : image_build(&e->copy, e->source_fd, &e->files, json_get(work, "params"),
				   image, digest);

	jw_str(&e->w, "imageOutputUri", image);
	jw_str(&e->w, "digest", digest);
	return r;
}

static int carry_out(struct export *e)
{
	struct json work = json_root(e->work);
	_cleanup_free_ char *image = json_get_str(work, "image");
	bool built = image && !json_present(json_get(work, "imageSource"));
	int r = 0;

	if (e->op.output && finished_before(e))
		return 0;
	if (e->op.cancelled)
		return -ECANCELED;
	jw_init(&e->w, &e->manifest);
	jw_object(&e->w, NULL);
	jw_str(&e->w, "operation", e->op.name);
	if (e->op.output || built)
		r = open_source(e);
	if (r == 0 && image)
		r = export_image(e, image);
	if (r == 0 && e->op.output)
		r = export_files(e);
	if (r == 0)
		r = write_manifest(e);
	if (r == 0)
		r = job_commit(e->job);
	return r == 0 && e->op.output ? publish_files(e) : r;
}

/* Leave nothing of it: also prefixes that only this export made. */
static void clean_up(struct export *e)
{
	_cleanup_free_ char *path = e->parent ? strdup(e->parent) : NULL;
	_cleanup_free_ char *image = e->work ? json_get_str(json_root(e->work), "image") : NULL;

	remove_manifest(e);
	if (image)
		image_discard(&e->copy, image);
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
	const char *why = *e->copy.why ? e->copy.why : strerror(-r);

	if (r == -ECANCELED)
		why = "The operation was cancelled.";
	else if (r < 0)
		log_warning("registry: operation %s failed: %s", job_id(e->job), why);
	operation_finish(e->reg, job_id(e->job), operation_code(r), why);
}

void export_work(struct registry *reg, struct job *job)
{
	struct export e = {.copy = COPY_INIT(reg, job),
			   .reg = reg,
			   .job = job,
			   .bucket_fd = -1,
			   .parent_fd = -1,
			   .source_fd = -1,
			   .manifest = BUF_INIT};
	int r = load(&e);

	if (r == 0)
		r = carry_out(&e);
	if (r < 0)
		clean_up(&e);
	if (r != -EINTR) /* else it is taken up at the next start */
		finish(&e, r);
	export_free(&e);
}
