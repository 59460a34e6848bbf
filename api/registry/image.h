/* SPDX-License-Identifier: MIT */
/*
 * Container images: an OCI image layout below <data>/images/HOST/REPOSITORY,
 * or, for the hosts that `serve --registry HOST=URL` names, a real registry
 * (skopeo transfers).  A layout's index is replaced last and by rename, so a
 * reader never sees half an image.  Called by the export worker's threads.
 */
#ifndef MODELFS_REGISTRY_IMAGE_H
#define MODELFS_REGISTRY_IMAGE_H

#include "api/registry/copy.h"

#define IMAGE_DIGEST_SIZE 72 /* "sha256:" and 64 digits */
#define IMAGE_URI_MAX     2000

struct image_ref {
	char *host;
	char *repository;
	char *tag;    /* NULL with a digest */
	char *digest; /* "sha256:…", or NULL */
};
/* "gcr.io/p/i:tag", "…/i@sha256:…"; no tag: "latest".  0, -EINVAL, -ENOMEM. */
int image_parse(const char *uri, struct image_ref *out);
void image_ref_free(struct image_ref *r);
#define _cleanup_image_ref_ _cleanup_(image_ref_free)

/* Build an image of the files (one layer, below /model) and tag it.  params
 * are AutoML's cpu_architecture and gpu_architecture. */
int image_build(struct copy *c, int src, const struct bucket_files *files, struct json params,
		const char *uri, char digest[IMAGE_DIGEST_SIZE]);
/* Remove what a failed or cancelled job left unfinished. */
void image_discard(struct copy *c, const char *uri);
/* Copy by digest; absent: -ENOENT. */
int image_copy(struct copy *c, const char *from, const char *to, char digest[IMAGE_DIGEST_SIZE]);

/* image_layout.c.  The layout's directory; create makes it. */
int image_layout_open(struct registry *reg, const struct image_ref *ref, bool create, int *fd);
/* The descriptor that a tag or a digest means: 0, -ENOENT. */
int image_layout_find(int layout, const struct image_ref *ref, struct buf *descriptor);
/* Make the tag mean this descriptor ({"mediaType","digest","size"}). */
int image_layout_tag(int layout, const char *tag, struct json descriptor);
/* Store a blob; its digest and size are given back. */
int image_layout_put(int layout, const char *temp, const void *data, size_t len,
		     char digest[IMAGE_DIGEST_SIZE]);
/* An open, complete file (dir/temp) becomes the blob of this digest. */
int image_layout_adopt(int layout, const char *temp, const char *digest);
/* Read a blob of at most 4 MiB: manifests and indexes. */
int image_layout_read(int layout, const char *digest, struct buf *out);
/* "blobs/sha256/HEX"; false: no digest of ours. */
bool image_blob_path(const char *digest, char out[96]);

/* image_copy.c.  From a layout to a host that --registry names. */
int image_push(struct copy *c, const struct image_ref *from, const struct image_ref *to,
	       char digest[IMAGE_DIGEST_SIZE]);
/* The URL of a host that --registry names, or NULL. */
const char *image_registry(const struct registry *reg, const char *host);

#endif
