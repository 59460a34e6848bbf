/* SPDX-License-Identifier: MIT */
/*
 * The part of the Cloud Storage JSON API that bringing artifacts here needs:
 * media upload, list, get (also the bytes), delete.  Buckets come into being
 * by first use.  An object appears when it is whole: uploads go to a hidden
 * file that is fsynced and renamed.
 */
#ifndef MODELFS_REGISTRY_STORAGE_H
#define MODELFS_REGISTRY_STORAGE_H

#include "api/registry/request.h"

int storage_upload(struct request *rq);
int storage_upload_piece(struct request *rq, const void *data, size_t len);
int storage_list(struct request *rq);
int storage_get(struct request *rq);
int storage_delete(struct request *rq);

#endif
