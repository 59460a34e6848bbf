/* SPDX-License-Identifier: MIT */
#include "fs/reply.h"

#include "fs/layout.h"

struct node *req_node(struct req *r, fuse_ino_t ino)
{
	struct node *n = tree_node(r->m->tree, ino);

	if (!n)
		reply_err(r, -ESTALE);
	return n;
}

int reply_node(struct req *r, struct node *n, double entry_timeout)
{
	struct tree *t = r->m->tree;
	struct fuse_entry_param e = {.generation = 1, .entry_timeout = entry_timeout};
	int rc;

	node_pin(n);
	rc = layout_attr(n, r, &e.attr, &e.attr_timeout);
	if (rc == 0) {
		e.ino = n->ino;
		n->nlookup++;
		if (fuse_reply_entry(r->fr, &e))
			n->nlookup--;
	} else if (rc != REQ_PARKED) {
		rc = reply_err(r, rc);
	}
	node_unpin(t, n);
	return rc;
}
