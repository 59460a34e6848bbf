/* SPDX-License-Identifier: MIT */
/*
 * A save on its way from text to request: shared by fs/commit.c, which sends,
 * and fs/commit_judge.c, which decides what.  Loop's thread only.
 */
#ifndef MODELFS_COMMIT_PRIVATE_H
#define MODELFS_COMMIT_PRIVATE_H

#include "fs/commit.h"
#include "fs/judge.h"

struct judging {
	struct node *n, *dir;
	const struct commit_text *t;
	struct req *r;
	struct object *o; /* of the directory */
	struct judge j;
	struct judged out;
	const char *method;
	bool replaced; /* a document: its base is no longer current, by own saves … */
	bool goes_on;  /* … the last of which was this process' */
};

/* What is to be sent, in g->method and g->out.  0, REQ_PARKED (news are asked
 * for: judge again), or a negative errno with g->out.reason. */
int commit_judge(struct judging *g);
/* The text is what stood there before this process' last text was refused: an
 * editor that copies its backup back.  That is no save, whatever others did to
 * the resource meanwhile. */
bool commit_puts_back(const struct node *n, const struct commit_text *t);
/* What is shown now is what such a backup holds. */
void commit_remember_before(struct node *n, struct object *o, const struct commit_text *t,
			    const struct req *r);
/* What bore the text's etag, if that still counts: 0 with a parsed copy that the
 * caller frees, -ESTALE, -ENOMEM. */
int commit_base(struct judging *g, const char *etag, struct json_doc **base);
/* A document that was judged to change nothing is older content, which would
 * have to be brought back. */
bool commit_restores(const struct judging *g);

/* The fate of the last export is not known: if the operations show that it was
 * started after all, it is told as one of ours.  0, REQ_PARKED or -errno. */
int commit_settle_export(struct judging *g, struct local *l);

/* A document's text on its way to the service; nothing for other files, nor
 * without memory: then the content that bore its etag goes on to be the base. */
struct commit_sent {
	char *text; /* owned; NULL: none */
	size_t len;
	pid_t writer;
};
void commit_sent_new(const struct node *n, const struct commit_text *t, const struct req *r,
		     struct commit_sent *out);
/* It was accepted: taken over. */
void commit_sent_accepted(struct commit_sent *s, struct node *dir, const char *name);

/* The resource that the request is sent to; fresh memory. */
char *commit_target(const struct judging *g);

/* A save that was accepted. */
struct commit_saved {
	struct mount *m;
	struct node *dir;
	const struct service *service;
	const char *version; /* NULL: saved in the model's directory */
	const char *body;
	uid_t uid;
	gid_t gid;
};
/* Labels that its answer shows otherwise are the other level's: tell it in
 * .labels.json.error. */
void commit_labels(const struct commit_saved *s, struct json answer);

#endif
