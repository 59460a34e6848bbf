/* SPDX-License-Identifier: MIT */
/*
 * Drafts: directories made with mkdir, to become resources (contract section
 * 3, "Creating").  A draft is known to this mount alone, holds a template
 * document and scratch files, and is turned into the real directory by the
 * save that creates the resource; where the service gives the id, its name
 * becomes a link to that directory.  Loop's thread only.
 */
#ifndef MODELFS_DRAFT_H
#define MODELFS_DRAFT_H

#include "fs/layout.h"

struct judge;
struct judged;

void drafts_free(struct mount *m);
/* Those that the end of the mount takes: a warning for each. */
void drafts_lost(struct mount *m);
/* Append an array's items: the paths of all drafts. */
void drafts_report(struct mount *m, struct json_writer *w);

/* MKDIR: 0, REQ_PARKED, -EPERM (nothing is made there), -EINVAL (no id), … */
int draft_make(struct req *r, struct node *dir, const char *name);
/* RMDIR of a draft: 0, -EBUSY, -ENOTEMPTY. */
int draft_remove(struct req *r, struct node *dir, const char *name);
/* Forget the link that a draft has become; false: there is none. */
bool draft_unlink(struct node *dir, const char *name);

/* Drafts, and the links they became, as entries of dir: 0 or -ENOENT; the
 * entry after *place, false: no more. */
int draft_find(struct node *dir, const char *name, struct child *out);
bool draft_next(struct node *dir, uint64_t *place, struct child *out);
/* dir is a draft, and what it is to become has a file `name`: nothing else may
 * take that name, or it would hide the file then. */
bool draft_reserves(const struct node *dir, const char *name);
/* A directory has a draft somewhere below. */
bool draft_below(const struct node *n);

/* For the class tables. */
int render_draft(struct node *n, struct object *o, struct buf *out);
bool has_draft_document(struct node *dir, struct object *o, const char *key);
int find_in_draft(struct node *dir, const char *name, struct req *r, struct child *out);

/* For fs/commit.c: judge the document `n` of a draft.  parent: the model's
 * object for a version, NULL. */
int draft_judge(struct node *n, struct object *parent, struct judge *j, const char *text,
		size_t len, struct judged *out, const char **method);
/* The resource that the request of the draft `dir` goes to; fresh memory. */
char *draft_target(const struct node *dir);
/* The request of the draft `dir` was sent; its fate: answer is what the
 * service said in the end. */
void draft_sent(struct node *dir);
void draft_created(struct node *dir, struct json answer);
void draft_failed(struct node *dir, bool unknown, struct json answer);
/* Resource name that will be created, if it is known before; fresh memory. */
char *draft_resource(const struct node *dir);

#endif
