/* SPDX-License-Identifier: MIT */
/*
 * Images from place to place: between layouts by the blobs that a manifest
 * names, from and to registries by skopeo, run as a child with a deadline.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "api/log.h"
#include "api/registry/image.h"

#define SKOPEO_SECONDS 1800
#define NESTING_MAX    4

extern char **environ;

const char *image_registry(const struct registry *reg, const char *host)
{
	size_t n = strlen(host);

	for (size_t i = 0; i < reg->image_host_count; i++)
		if (strncmp(reg->image_hosts[i], host, n) == 0 && reg->image_hosts[i][n] == '=')
			return reg->image_hosts[i] + n + 1;
	return NULL;
}

static int copy_blob(struct copy *c, int from, int to, const char *digest)
{
	struct bucket_file file = {0};
	struct bucket_files one = {.files = &file, .count = 1};
	_cleanup_close_ int src = -1, dest = -1, have = -1;
	char path[96], hex[65];
	int r;

	if (!image_blob_path(digest, path))
		return copy_fail(c, -EINVAL, digest);
	if (bucket_open_at(to, path, O_RDONLY, &have) == 0)
		return copy_digest(c, have, hex, NULL) == 0 && streq(hex, digest + 7) ? 0 : -EIO;
	r = bucket_open_at(from, "blobs/sha256", O_RDONLY | O_DIRECTORY, &src);
	/* By way of a directory of the job's own, so that two may copy one blob. */
	if (r == 0)
		r = bucket_make_dirs(to, job_id(c->job), &dest);
	file.path = path + strlen("blobs/sha256/");
	if (r == 0)
		r = copy_files(c, src, &one, NULL, dest, NULL);
	if (r == 0)
		r = bucket_open_at(dest, file.path, O_RDONLY, &have);
	if (r == 0)
		r = copy_digest(c, have, hex, NULL);
	if (r == 0 && !streq(hex, digest + 7))
		r = copy_fail(c, -EIO, "a blob is not what its digest says");
	if (r == 0 && renameat(dest, file.path, to, path) < 0)
		r = -errno;
	return r;
}

/* A manifest's blobs first, then itself; an index's manifests likewise. */
static int copy_manifest(struct copy *c, int from, int to, const char *digest, int depth)
{
	static const char *const lists[] = {"layers", "manifests"};
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_free_ char *config = NULL;
	int r = depth > NESTING_MAX ? -ELOOP : image_layout_read(from, digest, &text);

	if (r == 0)
		r = json_parse(buf_str(&text), text.len, &doc, NULL);
	if (r < 0)
		return r;
	config = json_get_str(json_get(json_root(doc), "config"), "digest");
	if (config)
		r = copy_blob(c, from, to, config);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (struct json d = json_first(json_get(json_root(doc), lists[i]));
		     r == 0 && json_present(d); d = json_next(d)) {
			_cleanup_free_ char *inner = json_get_str(d, "digest");

			if (!inner)
				r = -EINVAL;
			else
				r = i ? copy_manifest(c, from, to, inner, depth + 1)
				      : copy_blob(c, from, to, inner);
		}
	return r < 0 ? r : copy_blob(c, from, to, digest);
}

static int copy_layout(struct copy *c, const struct image_ref *from, const struct image_ref *to,
		       char digest[IMAGE_DIGEST_SIZE])
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_close_ int source = -1, dest = -1;
	_cleanup_free_ char *found = NULL;
	int r = image_layout_open(c->reg, from, false, &source);

	if (r == 0)
		r = image_layout_find(source, from, &text);
	if (r == 0)
		r = json_parse(buf_str(&text), text.len, &doc, NULL);
	if (r < 0)
		return r == -ENOTDIR ? -ENOENT : r;
	found = json_get_str(json_root(doc), "digest");
	if (!found || strlen(found) >= IMAGE_DIGEST_SIZE)
		return -EINVAL;
	snprintf(digest, IMAGE_DIGEST_SIZE, "%s", found);
	r = image_layout_open(c->reg, to, true, &dest);
	if (r == 0)
		r = copy_manifest(c, source, dest, digest, 0);
	if (dest >= 0)
		bucket_remove_tree(dest, job_id(c->job));
	if (r == 0)
		r = job_check(c->job);
	return r < 0 ? r : image_layout_tag(dest, to->tag, json_root(doc));
}

/* "docker://HOST/REPOSITORY:TAG" or "oci:DIR:TAG", and whether TLS is off. */
static char *location(const struct registry *reg, const struct image_ref *ref, bool *plain)
{
	const char *url = image_registry(reg, ref->host), *at;

	*plain = false;
	if (!url)
		return str_format("oci:%s/images/%s/%s:%s", reg->data, ref->host, ref->repository,
				  ref->tag ? ref->tag : ref->digest);
	*plain = starts_with(url, "http://");
	at = strstr(url, "://");
	at = at ? at + 3 : url;
	return str_format("docker://%.*s/%s%c%s", (int)strcspn(at, "/"), at, ref->repository,
			  ref->tag ? ':' : '@', ref->tag ? ref->tag : ref->digest);
}

/* What the child says goes into out, its end is waited for; killed when the
 * job is cancelled, the server stops or time is over. */
static int attend(struct copy *c, pid_t pid, int fd, struct buf *out)
{
	uint64_t deadline = now_ns() + SKOPEO_SECONDS * NSEC_PER_SEC;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int status = 0, r = 0;
	char piece[4096];
	ssize_t n = 1;

	while (n != 0) {
		r = job_check(c->job);
		if (r == 0 && now_ns() > deadline)
			r = copy_fail(c, -ETIMEDOUT, "skopeo");
		if (r < 0)
			break;
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = read(fd, piece, sizeof(piece));
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0 && out->len < 65536)
			buf_add(out, piece, (size_t)n);
	}
	if (r < 0)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

static int spawn(struct copy *c, char *const argv[], struct buf *out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int fds[2], r;
	pid_t pid = -1;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 2);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	r = -posix_spawnp(&pid, argv[0], &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	close(fds[1]);
	if (r == 0)
		r = attend(c, pid, fds[0], out);
	else
		r = copy_fail(c, r == -ENOENT ? -EHOSTUNREACH : r,
			      "skopeo, which images need to travel, does not start");
	close(fds[0]);
	return r;
}

/* The words by which registries and layouts say that there is no such image. */
static bool says_absent(const char *text)
{
	static const char *const words[] = {"manifest unknown", "name unknown", "not found",
					    "no descriptor found", "no such file or directory"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

static int read_digest(struct copy *c, const char *path, char digest[IMAGE_DIGEST_SIZE])
{
	char text[IMAGE_DIGEST_SIZE] = "", blob[96];
	_cleanup_close_ int fd = openat(c->reg->images_fd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return -EIO;
	text[strcspn(text, "\n")] = '\0';
	if (!image_blob_path(text, blob))
		return -EIO;
	memcpy(digest, text, sizeof(text));
	return 0;
}

static int skopeo(struct copy *c, const struct image_ref *from, const struct image_ref *to,
		  char digest[IMAGE_DIGEST_SIZE])
{
	bool plain_from, plain_to;
	_cleanup_free_ char *source = location(c->reg, from, &plain_from);
	_cleanup_free_ char *dest = location(c->reg, to, &plain_to);
	_cleanup_free_ char *name = str_format(BUCKET_HIDDEN "digest-%s", job_id(c->job));
	_cleanup_free_ char *file = name ? str_format("%s/images/%s", c->reg->data, name) : NULL;
	_cleanup_buf_ struct buf out = BUF_INIT;
	char *argv[] = {"skopeo",
			"--insecure-policy",
			"copy",
			"--quiet",
			"--all",
			"--preserve-digests",
			"--digestfile",
			file,
			plain_from ? "--src-tls-verify=false" : "--src-tls-verify=true",
			plain_to ? "--dest-tls-verify=false" : "--dest-tls-verify=true",
			source,
			dest,
			NULL};
	int r;

	if (!source || !dest || !file)
		return -ENOMEM;
	r = spawn(c, argv, &out);
	if (r == 0)
		r = read_digest(c, name, digest);
	else if (r > 0)
		r = says_absent(buf_str(&out)) ? -ENOENT : -EIO;
	if (r < 0 && out.len)
		log_warning("registry: skopeo: %.*s", (int)strcspn(buf_str(&out), "\n"),
			    buf_str(&out));
	unlinkat(c->reg->images_fd, name, 0);
	return r;
}

/* A layout of the job's own: skopeo never touches the others. */
static int stage_begin(struct copy *c, struct image_ref *stage)
{
	int r;

	stage->host = str_format(BUCKET_HIDDEN "copy-%s", job_id(c->job));
	stage->repository = strdup("image");
	stage->tag = strdup("image");
	if (!stage->host || !stage->repository || !stage->tag)
		return -ENOMEM;
	r = bucket_remove_tree(c->reg->images_fd, stage->host);
	if (r == 0 && mkdirat(c->reg->images_fd, stage->host, 0777) < 0)
		r = -errno;
	return r;
}

static void stage_end(struct copy *c, struct image_ref *stage)
{
	if (stage->host)
		bucket_remove_tree(c->reg->images_fd, stage->host);
}

int image_push(struct copy *c, const struct image_ref *from, const struct image_ref *to,
	       char digest[IMAGE_DIGEST_SIZE])
{
	_cleanup_image_ref_ struct image_ref stage = {0};
	int r = stage_begin(c, &stage);

	if (r == 0)
		r = copy_layout(c, from, &stage, digest);
	if (r == 0)
		r = skopeo(c, &stage, to, digest);
	stage_end(c, &stage);
	return r;
}

static int pull(struct copy *c, const struct image_ref *from, const struct image_ref *to,
		char digest[IMAGE_DIGEST_SIZE])
{
	_cleanup_image_ref_ struct image_ref stage = {0};
	int r = stage_begin(c, &stage);

	if (r == 0)
		r = skopeo(c, from, &stage, digest);
	if (r == 0)
		r = copy_layout(c, &stage, to, digest);
	stage_end(c, &stage);
	return r;
}

int image_copy(struct copy *c, const char *from, const char *to, char digest[IMAGE_DIGEST_SIZE])
{
	_cleanup_image_ref_ struct image_ref source = {0}, dest = {0};
	bool remote, to_remote;
	int r = image_parse(from, &source);

	if (r == -EINVAL) { /* nothing can be stored under such a name */
		snprintf(c->why, sizeof(c->why), "The image %s is not found.", from);
		return -ENOENT;
	}
	if (r == 0)
		r = image_parse(to, &dest);
	if (r == 0 && !dest.tag)
		r = -EINVAL;
	if (r < 0)
		return copy_fail(c, r, to);
	remote = image_registry(c->reg, source.host) != NULL;
	to_remote = image_registry(c->reg, dest.host) != NULL;
	if (remote && to_remote)
		r = skopeo(c, &source, &dest, digest);
	else if (remote)
		r = pull(c, &source, &dest, digest);
	else
		r = to_remote ? image_push(c, &source, &dest, digest)
			      : copy_layout(c, &source, &dest, digest);
	if (r == -ENOENT)
		snprintf(c->why, sizeof(c->why), "The image %s is not found%s.", from,
			 remote ? "" : " in the registry's images");
	else if (r < 0)
		copy_fail(c, r, from);
	return r;
}
