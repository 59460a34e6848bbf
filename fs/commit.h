/* SPDX-License-Identifier: MIT */
/*
 * From a complete text to one API call and back: judged against what is known
 * of the resource, sent, its outcome remembered (refused texts, reasons,
 * operations, what is no longer current).  Loop's thread only.
 */
#ifndef MODELFS_COMMIT_H
#define MODELFS_COMMIT_H

#include "fs/tree.h"

/* Outcome of a commit. */
struct outcome {
	int err;              /* 0, or a negative errno */
	bool unknown;         /* it was sent, and nobody knows what became of it */
	struct api_error why; /* err: what to tell */
};

typedef void commit_done(void *ctx, const struct outcome *o);

struct commit;

/* Judge the text of the attribute node `n` and send it.
 * etag: what the text is based on (what was served at open); NULL: what is
 * current.  backup: the text is the return of a backup, no save of a command
 * file.  Returns
 * 0: *out is under way, done(ctx) will be called from the loop;
 * COMMIT_NOTHING: accepted, nothing was to be sent;
 * REQ_PARKED: r waits for what judging needs, call again;
 * negative errno: refused here, *why says it. */
#define COMMIT_NOTHING 2
struct commit_text {
	const char *text;
	size_t len;
	const char *etag;
	bool backup;
	bool again;   /* not the first text that its handle saves */
	pid_t writer; /* the process; 0: does not matter */
};
int commit_begin(struct node *n, const struct commit_text *t, struct req *r, commit_done *done,
		 void *ctx, struct commit **out, struct api_error *why);
/* The attribute that it saves, whatever its node is called by now; borrowed. */
void commit_place(const struct commit *c, struct node **dir, const char **file);
/* A text that is no value at all was refused: what is shown now is what its
 * writer's backup holds. */
void commit_unread(struct node *n, pid_t writer);
/* One that a rename brought was refused: nobody copies a backup back. */
void commit_no_backup(struct node *dir, const char *name);
/* Remember a refused text (NULL: only the reason) of the attribute `name` in
 * dir; `now` a good save: forget both. */
void commit_refused(struct mount *m, struct node *dir, const char *name, const char *text,
		    size_t len, uid_t uid, gid_t gid, const struct api_error *why);
void commit_accepted(struct mount *m, struct node *dir, const char *name);
/* The text that was saved is what the service has: the attribute is there
 * again, and that is all.  (vim copies its backup back after a refusal: the
 * refused text stays.) */
void commit_unchanged(struct mount *m, struct node *dir, const char *name);

/* A save whose outcome was not known turns out to be the service's new content:
 * it was a good one. */
void commit_arrived(struct collection *c, struct object *o);

/* Commits that are under way; at the end of the mount: nobody will be told. */
size_t commit_count(void);
void commit_drop_all(void);

/* The kind of text an attribute takes. */
enum save_kind commit_kind(const struct node *n);

#endif
