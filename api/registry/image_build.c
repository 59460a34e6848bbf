/* SPDX-License-Identifier: MIT */
/* An image made of a model's files: one layer, the same bytes for the same files. */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>

#include "api/registry/image.h"
#include "api/registry/mapping.h"

#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar+gzip"
#define CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define MODEL_DIR     "model"
#define PIECE         ((size_t)1 << 16)

struct sink {
	int fd;
	EVP_MD_CTX *sum;
	uint64_t size;
};

static void sink_close(struct sink *s)
{
	EVP_MD_CTX_free(s->sum);
	if (s->fd >= 0)
		close(s->fd);
}
#define _cleanup_sink_ _cleanup_(sink_close)

static int sink_open(struct sink *s, int dir, const char *name)
{
	s->fd = openat(dir, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (s->fd < 0)
		return -errno;
	s->sum = EVP_MD_CTX_new();
	return s->sum && EVP_DigestInit_ex(s->sum, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

static la_ssize_t sink_write(struct archive *a, void *context, const void *data, size_t len)
{
	struct sink *s = context;
	ssize_t n = write(s->fd, data, len);

	if (n < 0) {
		archive_set_error(a, errno, "write");
		return -1;
	}
	EVP_DigestUpdate(s->sum, data, (size_t)n);
	s->size += (uint64_t)n;
	return n;
}

static void sink_digest(struct sink *s, char out[IMAGE_DIGEST_SIZE])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EVP_DigestFinal_ex(s->sum, md, &n);
	memcpy(out, "sha256:", 8);
	for (unsigned i = 0; i < n && i < 32; i++)
		snprintf(out + 7 + 2 * i, 3, "%02x", md[i]);
}

static void archive_freep(struct archive **a)
{
	archive_write_free(*a);
}
static void entry_freep(struct archive_entry **e)
{
	archive_entry_free(*e);
}
#define _cleanup_archive_ _cleanup_(archive_freep)
#define _cleanup_entry_   _cleanup_(entry_freep)

static int archive_err(struct archive *a)
{
	int e = archive_errno(a);

	return e > 0 ? -e : -EIO;
}

static int add_header(struct archive *a, const char *path, unsigned type, uint64_t size)
{
	_cleanup_entry_ struct archive_entry *e = archive_entry_new();

	if (!e)
		return -ENOMEM;
	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, type == AE_IFDIR ? 0755 : 0644);
	archive_entry_set_size(e, (la_int64_t)size);
	archive_entry_set_mtime(e, 0, 0);
	return archive_write_header(a, e) < ARCHIVE_OK ? archive_err(a) : 0;
}

/* Exactly the bytes of the header, whatever becomes of the file meanwhile. */
static int add_data(struct copy *c, struct archive *a, int fd, uint64_t size)
{
	char piece[PIECE];

	while (size) {
		ssize_t n = read(fd, piece, size < sizeof(piece) ? (size_t)size : sizeof(piece));
		int r;

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		r = copy_pace(c, (size_t)n);
		if (r < 0)
			return r;
		if (archive_write_data(a, piece, (size_t)n) < 0)
			return archive_err(a);
		size -= (uint64_t)n;
	}
	return 0;
}

static int add_file(struct copy *c, struct archive *a, int src, const struct bucket_file *f)
{
	_cleanup_free_ char *path = str_format(MODEL_DIR "/%s", f->path);
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = path ? bucket_open_at(src, f->path, O_RDONLY, &fd) : -ENOMEM;

	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0)
		r = add_header(a, path, AE_IFREG, (uint64_t)st.st_size);
	if (r == 0)
		r = add_data(c, a, fd, (uint64_t)st.st_size);
	return r < 0 ? copy_fail(c, r, f->path) : 0;
}

/* The directories above a file that the one before it did not need. */
static int add_dirs(struct archive *a, const char *path, const char *before)
{
	int r = 0;

	for (const char *p = strchr(path, '/'); r == 0 && p; p = strchr(p + 1, '/')) {
		size_t n = (size_t)(p - path) + 1;
		_cleanup_free_ char *dir = NULL;

		if (before && strncmp(path, before, n) == 0)
			continue;
		dir = str_format(MODEL_DIR "/%.*s", (int)n, path);
		r = dir ? add_header(a, dir, AE_IFDIR, 0) : -ENOMEM;
	}
	return r;
}

static int write_tar(struct copy *c, int src, const struct bucket_files *files, struct sink *out)
{
	_cleanup_archive_ struct archive *a = archive_write_new();
	int r;

	if (!a)
		return -ENOMEM;
	archive_write_set_format_pax_restricted(a);
	archive_write_set_bytes_per_block(a, (int)PIECE);
	if (archive_write_open(a, out, NULL, sink_write, NULL) < ARCHIVE_OK)
		return archive_err(a);
	r = add_header(a, MODEL_DIR "/", AE_IFDIR, 0);
	for (size_t i = 0; r == 0 && i < files->count; i++) {
		r = add_dirs(a, files->files[i].path, i ? files->files[i - 1].path : NULL);
		if (r == 0)
			r = add_file(c, a, src, &files->files[i]);
	}
	if (r == 0 && archive_write_close(a) < ARCHIVE_OK)
		r = archive_err(a);
	return r;
}

static int compress(struct copy *c, const struct sink *in, struct sink *out)
{
	_cleanup_archive_ struct archive *a = archive_write_new();
	int r;

	if (!a)
		return -ENOMEM;
	archive_write_set_format_raw(a);
	archive_write_add_filter_gzip(a);
	archive_write_set_filter_option(a, "gzip", "timestamp", NULL);
	archive_write_set_bytes_per_block(a, 0);
	if (archive_write_open(a, out, NULL, sink_write, NULL) < ARCHIVE_OK)
		return archive_err(a);
	if (lseek(in->fd, 0, SEEK_SET) < 0)
		return -errno;
	r = add_header(a, "layer.tar", AE_IFREG, in->size);
	if (r == 0)
		r = add_data(c, a, in->fd, in->size);
	if (r == 0 && archive_write_close(a) < ARCHIVE_OK)
		r = archive_err(a);
	return r == 0 && fsync(out->fd) < 0 ? -errno : r;
}

struct build {
	struct copy *c;
	int layout;
	char tar[64], layer[64], temp[64];
	char diff_id[IMAGE_DIGEST_SIZE], layer_digest[IMAGE_DIGEST_SIZE];
	uint64_t layer_size;
};

static int build_layer(struct build *b, int src, const struct bucket_files *files)
{
	_cleanup_sink_ struct sink tar = {.fd = -1}, layer = {.fd = -1};
	int r = sink_open(&tar, b->layout, b->tar);

	if (r == 0)
		r = write_tar(b->c, src, files, &tar);
	if (r == 0)
		r = sink_open(&layer, b->layout, b->layer);
	if (r == 0)
		r = compress(b->c, &tar, &layer);
	if (r < 0)
		return r;
	sink_digest(&tar, b->diff_id);
	sink_digest(&layer, b->layer_digest);
	b->layer_size = layer.size;
	return image_layout_adopt(b->layout, b->layer, b->layer_digest);
}

static int write_config(struct build *b, struct json params, struct buf *out)
{
	_cleanup_free_ char *gpu = json_get_str(params, "gpu_architecture");
	struct json_writer w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_str(&w, "created", "1970-01-01T00:00:00Z");
	jw_str(&w, "architecture", "amd64"); /* the x86_64 of cpu_architecture */
	jw_str(&w, "os", "linux");
	jw_object(&w, "config");
	jw_str(&w, "WorkingDir", "/" MODEL_DIR);
	jw_object(&w, "Labels");
	jw_str(&w, "cpu_architecture", "x86_64");
	jw_str(&w, "gpu_architecture", gpu ? gpu : "none");
	jw_end_object(&w);
	jw_end_object(&w);
	jw_object(&w, "rootfs");
	jw_str(&w, "type", "layers");
	jw_array(&w, "diff_ids");
	jw_str(&w, NULL, b->diff_id);
	jw_end_array(&w);
	jw_end_object(&w);
	jw_array(&w, "history");
	jw_object(&w, NULL);
	jw_str(&w, "created", "1970-01-01T00:00:00Z");
	jw_str(&w, "created_by", "modelfs");
	jw_end_object(&w);
	jw_end_array(&w);
	jw_end_object(&w);
	return out->err;
}

static void write_descriptor(struct json_writer *w, const char *key, const char *type,
			     const char *digest, uint64_t size)
{
	jw_object(w, key);
	jw_str(w, "mediaType", type);
	jw_str(w, "digest", digest);
	jw_int(w, "size", (int64_t)size);
	jw_end_object(w);
}

static int write_manifest(struct build *b, const char *config, size_t config_size, struct buf *out)
{
	struct json_writer w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_int(&w, "schemaVersion", 2);
	jw_str(&w, "mediaType", MANIFEST_TYPE);
	write_descriptor(&w, "config", CONFIG_TYPE, config, config_size);
	jw_array(&w, "layers");
	write_descriptor(&w, NULL, LAYER_TYPE, b->layer_digest, b->layer_size);
	jw_end_array(&w);
	jw_end_object(&w);
	return out->err;
}

static int finish(struct build *b, struct json params, const char *tag,
		  char digest[IMAGE_DIGEST_SIZE])
{
	_cleanup_buf_ struct buf config = BUF_INIT, manifest = BUF_INIT, text = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	char config_digest[IMAGE_DIGEST_SIZE];
	struct json_writer w;
	int r = write_config(b, params, &config);

	if (r == 0)
		r = image_layout_put(b->layout, b->temp, config.data, config.len, config_digest);
	if (r == 0)
		r = write_manifest(b, config_digest, config.len, &manifest);
	if (r == 0)
		r = image_layout_put(b->layout, b->temp, manifest.data, manifest.len, digest);
	jw_init(&w, &text);
	write_descriptor(&w, NULL, MANIFEST_TYPE, digest, manifest.len);
	if (r == 0)
		r = json_parse(buf_str(&text), text.len, &doc, NULL);
	/* From here on it is an image: not if the job was cancelled before. */
	if (r == 0)
		r = job_check(b->c->job);
	return r < 0 ? r : image_layout_tag(b->layout, tag, json_root(doc));
}

/* The job's own names: a job that is begun anew finds and replaces them. */
static void name_files(struct build *b)
{
	const char *id = job_id(b->c->job);

	snprintf(b->tar, sizeof(b->tar), BUCKET_HIDDEN "tar-%s", id);
	snprintf(b->layer, sizeof(b->layer), BUCKET_HIDDEN "layer-%s", id);
	snprintf(b->temp, sizeof(b->temp), BUCKET_HIDDEN "blob-%s", id);
}

static void remove_files(struct build *b)
{
	unlinkat(b->layout, b->tar, 0);
	unlinkat(b->layout, b->layer, 0);
	unlinkat(b->layout, b->temp, 0);
}

void image_discard(struct copy *c, const char *uri)
{
	_cleanup_image_ref_ struct image_ref ref = {0};
	_cleanup_free_ char *stage = str_format(BUCKET_HIDDEN "copy-%s", job_id(c->job));
	_cleanup_close_ int layout = -1;
	struct build b = {.c = c};

	if (stage)
		bucket_remove_tree(c->reg->images_fd, stage);
	if (image_parse(uri, &ref) < 0 || image_layout_open(c->reg, &ref, false, &layout) < 0)
		return;
	b.layout = layout;
	name_files(&b);
	remove_files(&b);
	bucket_remove_tree(layout, job_id(c->job));
}

int image_build(struct copy *c, int src, const struct bucket_files *files, struct json params,
		const char *uri, char digest[IMAGE_DIGEST_SIZE])
{
	_cleanup_image_ref_ struct image_ref ref = {0};
	_cleanup_close_ int layout = -1;
	struct build b = {.c = c};
	int r = image_parse(uri, &ref);

	if (r == 0 && !ref.tag)
		r = -EINVAL;
	if (r == 0)
		r = image_layout_open(c->reg, &ref, true, &layout);
	if (r < 0)
		return copy_fail(c, r, uri);
	b.layout = layout;
	name_files(&b);
	r = build_layer(&b, src, files);
	if (r == 0)
		r = finish(&b, params, ref.tag, digest);
	remove_files(&b);
	return r == 0 && image_registry(c->reg, ref.host) ? image_push(c, &ref, &ref, digest) : r;
}
