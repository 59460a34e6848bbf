/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of fs/layout: renderers and finders that the class
 * tables name.
 */
#ifndef MODELFS_LAYOUT_PRIVATE_H
#define MODELFS_LAYOUT_PRIVATE_H

#include "fs/layout.h"

/* fs/layout_files.c */
int render_document(struct node *n, struct object *o, struct buf *out);
int render_field(struct node *n, struct object *o, struct buf *out);
int render_default(struct node *n, struct object *o, struct buf *out);
int render_deployment(struct node *n, struct object *o, struct buf *out);
int render_member(struct node *n, struct object *o, struct buf *out);
int render_export(struct node *n, struct object *o, struct buf *out);
int render_operation_file(struct node *n, struct object *o, struct buf *out);
int render_events(struct node *n, struct object *o, struct buf *out);
int render_nothing(struct node *n, struct object *o, struct buf *out);
int render_cancel(struct node *n, struct object *o, struct buf *out);
int render_rejected(struct node *n, struct object *o, struct buf *out);
int render_error(struct node *n, struct object *o, struct buf *out);
bool has_export(struct node *dir, struct object *o, const char *key);
bool has_member(struct node *dir, struct object *o, const char *key);
bool has_request(struct node *dir, struct object *o, const char *key);
bool has_output(struct node *dir, struct object *o, const char *key);
/* The member of a resource that a field file shows, by its file name. */
int field_by_file(struct node *dir, struct object *o, const char *file, struct child *out);
/* What the directory's object is; NULL: it has no fields here. */
const struct message *layout_message(const struct node *dir);
/* The field file after the index-th (from 0); false: no more. */
bool field_next(struct node *dir, struct object *o, uint64_t *index, struct child *out);

/* fs/layout_links.c */
int render_alias(struct node *n, struct object *o, struct buf *out);
int render_name_link(struct node *n, struct object *o, struct buf *out);
int render_latest(struct node *n, struct object *o, struct buf *out);
int render_target(struct node *n, struct object *o, struct buf *out);
int render_artifacts(struct node *n, struct object *o, struct buf *out);
bool has_artifacts(struct node *dir, struct object *o, const char *key);
bool has_latest(struct node *dir, struct object *o, const char *key);
bool has_target(struct node *dir, struct object *o, const char *key);
int find_alias(struct node *dir, const char *name, struct req *r, struct child *out);
int list_aliases(struct node *dir, struct req *r);
bool next_alias(struct node *dir, uint64_t cookie, struct child *out);
int find_by_name(struct node *dir, const char *name, struct req *r, struct child *out);
int list_by_name(struct node *dir, struct req *r);
bool next_by_name(struct node *dir, uint64_t cookie, struct child *out);

/* fs/layout_places.c */
int find_service(struct node *dir, const char *name, struct req *r, struct child *out);
int list_services(struct node *dir, struct req *r);
bool next_service(struct node *dir, uint64_t cookie, struct child *out);
int find_project(struct node *dir, const char *name, struct req *r, struct child *out);
int list_projects(struct node *dir, struct req *r);
bool next_project(struct node *dir, uint64_t cookie, struct child *out);
int find_location(struct node *dir, const char *name, struct req *r, struct child *out);
int list_locations(struct node *dir, struct req *r);
bool next_location(struct node *dir, uint64_t cookie, struct child *out);
int find_model(struct node *dir, const char *name, struct req *r, struct child *out);
bool next_operation(struct node *dir, uint64_t cookie, struct child *out);
int find_operation(struct node *dir, const char *name, struct req *r, struct child *out);

#endif
