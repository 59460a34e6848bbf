/* SPDX-License-Identifier: MIT */
/*
 * How a collection is asked for: which method lists it, which gets one of it,
 * and what they are called on.  Loop's thread only.
 */
#ifndef MODELFS_ASK_H
#define MODELFS_ASK_H

#include "fs/store.h"

/* Send the request, see api/client/client.h.  0, or a negative errno
 * (-EOPNOTSUPP: the service has no such method), and nothing was sent. */
int ask_list(struct collection *c, list_item *item, call_done *done, void *ctx,
	     struct list_call **out);
int ask_one(struct collection *c, const char *id, call_done *done, void *ctx, struct call **out);

#endif
