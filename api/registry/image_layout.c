/* SPDX-License-Identifier: MIT */
/* OCI image layouts on disk: names, blobs, and the index of tags. */
#include <ctype.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#include "api/registry/image.h"

#define DOCUMENT_MAX ((size_t)4 << 20)
#define TAG_KEY      "org.opencontainers.image.ref.name"
#define INDEX_TYPE   "application/vnd.oci.image.index.v1+json"

/* Indexes are read, changed and replaced. */
static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;

void image_ref_free(struct image_ref *r)
{
	free(r->host);
	free(r->repository);
	free(r->tag);
	free(r->digest);
	memset(r, 0, sizeof(*r));
}

/* Parts of lowercase letters and digits, with . _ - between them. */
static bool repository_valid(const char *s)
{
	bool inner = false;

	for (; *s; s++) {
		if (islower((unsigned char)*s) || isdigit((unsigned char)*s))
			inner = true;
		else if (!inner || !strchr("/._-", *s) || s[1] == '/' || !s[1])
			return false;
		else if (*s == '/')
			inner = false;
	}
	return inner;
}

static bool tag_valid(const char *s)
{
	size_t n = strlen(s);

	if (!n || n > 128 || (!isalnum((unsigned char)*s) && *s != '_'))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._-", *s))
			return false;
	return true;
}

static bool host_valid(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:");

	return n && n < 254 && !s[n] && isalnum((unsigned char)*s) && !strstr(s, "..");
}

bool image_blob_path(const char *digest, char out[96])
{
	if (!starts_with(digest, "sha256:") || strlen(digest) != 71 ||
	    strspn(digest + 7, "0123456789abcdef") != 64)
		return false;
	snprintf(out, 96, "blobs/sha256/%s", digest + 7);
	return true;
}

int image_parse(const char *uri, struct image_ref *out)
{
	_cleanup_image_ref_ struct image_ref ref = {0};
	const char *slash = strchr(uri, '/'), *end = uri + strlen(uri), *at, *colon;
	char path[96];

	if (!slash || end - uri > IMAGE_URI_MAX)
		return -EINVAL;
	ref.host = strndup(uri, (size_t)(slash - uri));
	at = strchr(slash, '@');
	if (at)
		ref.digest = strdup(at + 1);
	end = at ? at : end;
	colon = memrchr(slash, ':', (size_t)(end - slash));
	if (!at)
		ref.tag = colon ? strdup(colon + 1) : strdup("latest");
	ref.repository = strndup(slash + 1, (size_t)((colon ? colon : end) - slash - 1));
	if (!ref.host || !ref.repository || (at ? !ref.digest : !ref.tag))
		return -ENOMEM;
	if (!host_valid(ref.host) || !repository_valid(ref.repository) ||
	    (at ? !image_blob_path(ref.digest, path) : !tag_valid(ref.tag)))
		return -EINVAL;
	*out = ref;
	memset(&ref, 0, sizeof(ref));
	return 0;
}

int image_layout_open(struct registry *reg, const struct image_ref *ref, bool create, int *fd)
{
	static const char version[] = "{\"imageLayoutVersion\":\"1.0.0\"}\n";
	_cleanup_free_ char *path = str_format("%s/%s", ref->host, ref->repository);
	_cleanup_close_ int dir = -1, blobs = -1, found = -1;
	int r;

	if (!path)
		return -ENOMEM;
	if (!create)
		return bucket_open_at(reg->images_fd, path, O_RDONLY | O_DIRECTORY, fd);
	r = bucket_make_dirs(reg->images_fd, path, &dir);
	if (r == 0)
		r = bucket_make_dirs(dir, "blobs/sha256", &blobs);
	if (r == 0 && bucket_open_at(dir, "oci-layout", O_RDONLY, &found) < 0)
		r = copy_write(dir, BUCKET_HIDDEN "layout", "oci-layout", version,
			       sizeof(version) - 1);
	if (r == 0)
		*fd = take_fd(dir);
	return r;
}

static int read_file(int dir, const char *name, struct buf *out)
{
	_cleanup_close_ int fd = -1;
	char piece[16384];
	ssize_t n;
	int r = bucket_open_at(dir, name, O_RDONLY, &fd);

	while (r == 0 && (n = read(fd, piece, sizeof(piece))) != 0)
		r = n < 0                                 ? -errno
		    : out->len + (size_t)n > DOCUMENT_MAX ? -E2BIG
							  : buf_add(out, piece, (size_t)n);
	return r;
}

int image_layout_read(int layout, const char *digest, struct buf *out)
{
	char path[96];

	return image_blob_path(digest, path) ? read_file(layout, path, out) : -EINVAL;
}

static bool has_tag(struct json descriptor, const char *tag)
{
	return json_is(json_get(json_get(descriptor, "annotations"), TAG_KEY), tag);
}

int image_layout_find(int layout, const struct image_ref *ref, struct buf *descriptor)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = read_file(layout, "index.json", &text);

	if (r == 0)
		r = json_parse(buf_str(&text), text.len, &doc, NULL);
	if (r < 0)
		return r;
	for (struct json c = json_first(json_get(json_root(doc), "manifests")); json_present(c);
	     c = json_next(c))
		if (ref->digest ? json_is(json_get(c, "digest"), ref->digest)
				: has_tag(c, ref->tag))
			return json_print(c, JSON_COMPACT, descriptor);
	return -ENOENT;
}

/* The members of a descriptor, with `tag` for its name. */
static void write_descriptor(struct json_writer *w, struct json d, const char *tag)
{
	static const char *const kept[] = {"mediaType", "digest", "size", "platform"};

	jw_object(w, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (json_present(json_get(d, kept[i])))
			jw_value(w, kept[i], json_get(d, kept[i]));
	jw_object(w, "annotations");
	jw_str(w, TAG_KEY, tag);
	jw_end_object(w);
	jw_end_object(w);
}

static int replace_index(int layout, const char *tag, struct json descriptor)
{
	_cleanup_buf_ struct buf old = BUF_INIT, text = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	struct json_writer w;
	int r = read_file(layout, "index.json", &old);

	if (r == 0)
		r = json_parse(buf_str(&old), old.len, &doc, NULL);
	if (r < 0 && r != -ENOENT)
		return r;
	jw_init(&w, &text);
	jw_object(&w, NULL);
	jw_int(&w, "schemaVersion", 2);
	jw_str(&w, "mediaType", INDEX_TYPE);
	jw_array(&w, "manifests");
	if (doc)
		for (struct json c = json_first(json_get(json_root(doc), "manifests"));
		     json_present(c); c = json_next(c))
			if (!has_tag(c, tag))
				jw_value(&w, NULL, c);
	write_descriptor(&w, descriptor, tag);
	jw_end_array(&w);
	jw_end_object(&w);
	buf_putc(&text, '\n');
	return text.err ? text.err
			: copy_write(layout, BUCKET_HIDDEN "index", "index.json", text.data,
				     text.len);
}

int image_layout_tag(int layout, const char *tag, struct json descriptor)
{
	int r;

	pthread_mutex_lock(&index_lock);
	r = replace_index(layout, tag, descriptor);
	pthread_mutex_unlock(&index_lock);
	return r;
}

int image_layout_put(int layout, const char *temp, const void *data, size_t len,
		     char digest[IMAGE_DIGEST_SIZE])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char path[96];

	if (EVP_Digest(data, len, md, &n, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	memcpy(digest, "sha256:", 8);
	for (unsigned i = 0; i < n && i < 32; i++)
		snprintf(digest + 7 + 2 * i, 3, "%02x", md[i]);
	return image_blob_path(digest, path) ? copy_write(layout, temp, path, data, len) : -EINVAL;
}

int image_layout_adopt(int layout, const char *temp, const char *digest)
{
	_cleanup_close_ int blobs = -1;
	char path[96];
	int r = image_blob_path(digest, path)
			? bucket_open_at(layout, "blobs/sha256", O_RDONLY | O_DIRECTORY, &blobs)
			: -EINVAL;

	if (r < 0)
		return r;
	return renameat(layout, temp, layout, path) < 0 || fsync(blobs) < 0 ? -errno : 0;
}
