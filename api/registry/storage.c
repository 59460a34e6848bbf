/* SPDX-License-Identifier: MIT */
#include "api/registry/storage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "api/registry/bucket.h"
#include "api/registry/mapping.h"
#include "api/registry/paging.h"

struct upload {
	int bucket;
	int fd;
	int err; /* the first failure while writing */
	char temp[40];
};

static int refuse_object(struct request *rq, int r, const char *field, const char *name)
{
	if (r == -ENAMETOOLONG)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "The object name '%s' is too long: at most 1024 bytes, 255 "
				    "between slashes.",
				    name);
	return request_fail(rq, API_INVALID_ARGUMENT, field,
			    "The object name '%s' cannot be kept as a file: empty parts, '.', '..' "
			    "and parts beginning with '" BUCKET_HIDDEN "' are not possible.",
			    name);
}

static int open_bucket(struct request *rq, bool create, int *fd)
{
	int r = bucket_open(rq->reg, rq->args[0], create, fd);

	if (r == -EINVAL)
		return request_fail(rq, API_INVALID_ARGUMENT, "bucket", "'%s' is no bucket name.",
				    rq->args[0]);
	if (r == -ENOENT)
		return request_fail(rq, API_NOT_FOUND, "bucket", "Bucket '%s' does not exist.",
				    rq->args[0]);
	return r;
}

static void upload_end(struct request *rq)
{
	struct upload *u = rq->stream;

	if (!u)
		return;
	rq->stream = NULL;
	if (*u->temp && u->bucket >= 0)
		unlinkat(u->bucket, u->temp, 0);
	if (u->fd >= 0)
		close(u->fd);
	if (u->bucket >= 0)
		close(u->bucket);
	free(u);
}

static int upload_begin(struct request *rq)
{
	const char *type = request_param(rq, "uploadType"), *name = request_param(rq, "name");
	struct upload *u;
	int r;

	if (type && !streq(type, "media"))
		return request_fail(rq, API_UNIMPLEMENTED, "uploadType",
				    "Only uploadType=media is served.");
	if (!name)
		return request_fail(rq, API_INVALID_ARGUMENT, "name", "The name is required.");
	r = bucket_object_check(name);
	if (r < 0)
		return refuse_object(rq, r, "name", name);
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->bucket = u->fd = -1;
	rq->stream = u;
	r = open_bucket(rq, true, &u->bucket);
	return r < 0 ? r : bucket_temp_open(u->bucket, u->temp, &u->fd);
}

int storage_upload_piece(struct request *rq, const void *data, size_t len)
{
	struct upload *u;
	int r = 0;

	if (!data) { /* the client went away */
		upload_end(rq);
		return 0;
	}
	if (!rq->stream)
		r = upload_begin(rq);
	if (r < 0)
		return r;
	u = rq->stream;
	while (len && !u->err) {
		ssize_t n = write(u->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			u->err = -errno;
			break;
		}
		data = (const char *)data + n;
		len -= (size_t)n;
	}
	return u->err;
}

static void print_object(const char *bucket, const char *name, uint64_t size,
			 const struct timespec *mtime, struct json_writer *w)
{
	int64_t generation = (int64_t)mtime->tv_sec * 1000000 + mtime->tv_nsec / 1000;
	_cleanup_free_ char *id = str_format("%s/%s/%" PRId64, bucket, name, generation);
	char time[32];

	time_format((uint64_t)generation * 1000, 3, time);
	jw_object(w, NULL);
	jw_str(w, "kind", "storage#object");
	jw_str(w, "id", id ? id : "");
	jw_str(w, "name", name);
	jw_str(w, "bucket", bucket);
	jw_int64(w, "generation", generation);
	jw_str(w, "metageneration", "1");
	jw_str(w, "contentType", "application/octet-stream");
	jw_str(w, "storageClass", "STANDARD");
	jw_int64(w, "size", (int64_t)size);
	jw_str(w, "timeCreated", time);
	jw_str(w, "updated", time);
	jw_end_object(w);
}

static int answer_object(struct request *rq, const char *name, int fd)
{
	struct json_writer w;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	jw_init(&w, request_answer(rq));
	print_object(rq->args[0], name, (uint64_t)st.st_size, &st.st_mtim, &w);
	return rq->answer.body.err;
}

/* Only "0", create if absent, is understood: nothing keeps old generations. */
static int rename_flags(struct request *rq, unsigned *flags)
{
	const char *match = request_param(rq, "ifGenerationMatch");

	*flags = match ? RENAME_NOREPLACE : 0;
	if (match && !streq(match, "0"))
		return request_fail(rq, API_UNIMPLEMENTED, "ifGenerationMatch",
				    "Only ifGenerationMatch=0 is served.");
	return 0;
}

static int put_in_place(struct request *rq, struct upload *u, const char *name)
{
	const char *slash = strrchr(name, '/');
	_cleanup_free_ char *parent = slash ? strndup(name, (size_t)(slash - name)) : strdup("");
	_cleanup_close_ int dir = -1;
	unsigned flags;
	int r = rename_flags(rq, &flags);

	if (r < 0)
		return r;
	if (!parent)
		return -ENOMEM;
	if (fsync(u->fd) < 0)
		return -errno;
	for (int i = 0; i < 3; i++) { /* an export may just have pruned the directory */
		if (dir >= 0)
			close(take_fd(dir));
		r = bucket_make_dirs(u->bucket, parent, &dir);
		if (r == 0 &&
		    renameat2(u->bucket, u->temp, dir, slash ? slash + 1 : name, flags) < 0)
			r = -errno;
		if (r != -ENOENT)
			break;
	}
	if (r == -EEXIST && flags)
		return request_fail_http(rq, 412, API_FAILED_PRECONDITION, "ifGenerationMatch",
					 "Object '%s' exists already.", name);
	if (r == -ENOTDIR || r == -EISDIR || r == -ELOOP || r == -ENOTEMPTY || r == -EEXIST)
		return request_fail(rq, API_FAILED_PRECONDITION, "name",
				    "'%s' cannot be kept: a part of it is both an object and a "
				    "directory.",
				    name);
	if (r < 0)
		return r;
	*u->temp = '\0';
	return fsync(dir) < 0 || fsync(u->bucket) < 0 ? -errno : 0;
}

int storage_upload(struct request *rq)
{
	const char *name = request_param(rq, "name");
	struct upload *u;
	int r = 0;

	if (!rq->stream)
		r = upload_begin(rq); /* an empty object */
	u = rq->stream;
	if (r == 0)
		r = u->err;
	if (r == 0)
		r = put_in_place(rq, u, name);
	if (r == 0)
		r = answer_object(rq, name, u->fd);
	upload_end(rq);
	return r;
}

int storage_list(struct request *rq)
{
	_cleanup_bucket_files_ struct bucket_files files = {0};
	_cleanup_page_ struct page page = {0};
	_cleanup_close_ int fd = -1;
	const char *prefix = request_param(rq, "prefix");
	struct order order = {0};
	struct json_writer w;
	int64_t n = 0;
	size_t i;
	int r;

	if (request_param(rq, "delimiter"))
		return request_fail(rq, API_UNIMPLEMENTED, "delimiter", "No delimiter is served.");
	prefix = prefix ? prefix : "";
	order_add(&order, "name", true, false);
	r = page_parse(rq, &order, &page);
	if (r == 0)
		r = open_bucket(rq, false, &fd);
	if (r == 0)
		r = bucket_walk(fd, &files);
	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	jw_object(&w, NULL);
	jw_str(&w, "kind", "storage#objects");
	for (i = 0; i < files.count; i++) {
		const struct bucket_file *f = &files.files[i];

		if (!starts_with(f->path, prefix) ||
		    (page.resumed && strcmp(f->path, buf_str(&page.keys[0])) <= 0))
			continue;
		if (n == page.size) {
			_cleanup_buf_ struct buf token = BUF_INIT;

			jw_end_array(&w);
			page_token_text(&page, files.files[i - 1].path, &token);
			jw_str(&w, "nextPageToken", buf_str(&token));
			break;
		}
		if (n++ == 0)
			jw_array(&w, "items");
		print_object(rq->args[0], f->path, f->size, &f->mtime, &w);
	}
	if (n && i == files.count)
		jw_end_array(&w);
	jw_end_object(&w);
	return rq->answer.body.err;
}

static int open_object(struct request *rq, int bucket, const char *name, int *fd)
{
	struct stat st;
	int r = bucket_object_check(name);

	if (r < 0)
		return refuse_object(rq, r, "object", name);
	r = bucket_open_at(bucket, name, O_RDONLY | O_NONBLOCK, fd);
	if (r == 0 && fstat(*fd, &st) < 0)
		r = -errno;
	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP || (r == 0 && !S_ISREG(st.st_mode)))
		return request_fail(rq, API_NOT_FOUND, "object", "No such object: %s/%s.",
				    rq->args[0], name);
	return r;
}

int storage_get(struct request *rq)
{
	_cleanup_close_ int bucket = -1, fd = -1;
	const char *alt = request_param(rq, "alt");
	struct stat st;
	int r = open_bucket(rq, false, &bucket);

	if (r == 0)
		r = open_object(rq, bucket, rq->args[1], &fd);
	if (r < 0)
		return r;
	if (!alt || !streq(alt, "media"))
		return answer_object(rq, rq->args[1], fd);
	if (fstat(fd, &st) < 0)
		return -errno;
	request_answer(rq);
	rq->answer.content_type = "application/octet-stream";
	rq->answer.fd_size = (uint64_t)st.st_size;
	rq->answer.fd = take_fd(fd);
	return 0;
}

int storage_delete(struct request *rq)
{
	_cleanup_close_ int bucket = -1, fd = -1, dir = -1;
	const char *name = rq->args[1], *slash = strrchr(name, '/');
	_cleanup_free_ char *parent = slash ? strndup(name, (size_t)(slash - name)) : strdup("");
	int r = open_bucket(rq, false, &bucket);

	if (r == 0)
		r = open_object(rq, bucket, name, &fd);
	if (r == 0 && !parent)
		r = -ENOMEM;
	if (r == 0)
		r = bucket_open_at(bucket, parent, O_RDONLY | O_DIRECTORY, &dir);
	if (r < 0)
		return r;
	if (unlinkat(dir, slash ? slash + 1 : name, 0) < 0 || fsync(dir) < 0)
		return -errno;
	request_answer(rq);
	rq->answer.http = 204;
	return 0;
}
