/* SPDX-License-Identifier: MIT */
/* Symbolic links: aliases, by-name, latest, target, artifacts, files. */
#include "fs/byname.h"
#include "fs/layout_private.h"
#include "fs/names.h"
#include "fs/operations.h"

#include "api/resource.h"

/* Aliases of one version, more than any service allows. */
#define ALIASES_MAX 4096

int render_name_link(struct node *n, struct object *o, struct buf *out)
{
	(void)o;
	if (n->parent->cls->id == CLASS_BY_NAME)
		buf_puts(out, "../models/");
	return buf_puts(out, n->id);
}

/* ---- aliases ---- */

int render_alias(struct node *n, struct object *o, struct buf *out)
{
	struct child c;

	(void)o;
	for (uint64_t cookie = 0; next_alias(n->parent, cookie, &c); cookie = c.cookie)
		if (streq(c.name, n->name))
			return buf_printf(out, "../versions/%s", c.id);
	return -ENOENT;
}

int list_aliases(struct node *dir, struct req *r)
{
	return cache_list(dir->coll, r);
}

/* `default` is listed first: it cannot be removed, which warns fs/guard.h of
 * what deletes the directory before another alias goes. */
static bool next_default(struct node *dir, struct child *out)
{
	for (struct object *o = collection_next(dir->coll, 0); o;
	     o = collection_next(dir->coll, o->seq))
		for (struct json v = json_first(json_get(object_json(o), "versionAliases"));
		     json_present(v); v = json_next(v))
			if (json_is(v, "default")) {
				out->cookie = 1;
				return !child_set(out, CLASS_ALIAS, "default", NULL, o->id);
			}
	return false;
}

bool next_alias(struct node *dir, uint64_t cookie, struct child *out)
{
	struct object *o;

	if (!cookie && next_default(dir, out))
		return true;
	o = collection_next(dir->coll, cookie > 1 ? cookie / ALIASES_MAX - 1 : 0);

	for (; o; o = collection_next(dir->coll, o->seq)) {
		uint64_t i = 0;

		for (struct json v = json_first(json_get(object_json(o), "versionAliases"));
		     json_present(v); v = json_next(v), i++) {
			_cleanup_free_ char *alias = json_strdup(v);
			uint64_t at = o->seq * ALIASES_MAX + i + 1;

			if (!alias || at <= cookie || i >= ALIASES_MAX - 1 || strchr(alias, '/') ||
			    streq(alias, "default"))
				continue;
			if (child_set(out, CLASS_ALIAS, alias, NULL, NULL))
				continue;
			strcpy(out->id, o->id);
			out->cookie = at;
			return true;
		}
	}
	return false;
}

int find_alias(struct node *dir, const char *name, struct req *r, struct child *out)
{
	int rc = cache_list(dir->coll, r);

	if (rc)
		return rc;
	for (uint64_t cookie = 0; next_alias(dir, cookie, out); cookie = out->cookie) {
		if (streq(out->name, name)) {
			out->id[0] = '\0'; /* where it leads is asked at readlink */
			out->timeout = cache_list_timeout(dir->coll);
			return 0;
		}
	}
	return cache_absent(dir->coll);
}

/* ---- by-name ---- */

int list_by_name(struct node *dir, struct req *r)
{
	int rc = cache_list(dir->coll, r);

	if (rc || dir->coll->stale)
		return rc;
	/* A name that was changed here is read again first. */
	for (struct object *o = collection_next(dir->coll, 0), *same; o;
	     o = collection_next(dir->coll, o->seq)) {
		if (o->fetched_ns >= o->floor_ns)
			continue;
		rc = cache_get(dir->coll, o->id, r, &same);
		if (rc == REQ_PARKED)
			return rc;
	}
	return 0;
}

bool next_by_name(struct node *dir, uint64_t cookie, struct child *out)
{
	const struct byname *index;
	const struct byname_entry *e;

	if (byname_index(dir->coll, &index))
		return false;
	for (e = byname_next(index, cookie); e; e = byname_next(index, e->seq)) {
		out->cookie = e->seq;
		if (!child_set(out, CLASS_NAME_LINK, e->name, NULL, e->id))
			return true;
	}
	return false;
}

int find_by_name(struct node *dir, const char *name, struct req *r, struct child *out)
{
	const struct byname *index;
	const struct byname_entry *e;
	int rc;

	if (name_is_probe(name))
		return -ENOENT;
	rc = list_by_name(dir, r);
	if (!rc)
		rc = byname_index(dir->coll, &index);
	if (!rc)
		rc = byname_find(index, name, &e);
	if (rc)
		return rc == -ENOENT ? cache_absent(dir->coll) : rc;
	out->timeout = cache_list_timeout(dir->coll);
	return child_set(out, CLASS_NAME_LINK, name, NULL, e->id);
}

/* ---- operations ---- */

static struct op_record *latest_of(struct node *dir)
{
	_cleanup_free_ char *place = resource_place(dir->coll->parent);
	struct node *model = node_model(dir);

	if (!place)
		return NULL;
	return operations_latest(node_mount(dir), place, model ? model->res : NULL,
				 node_version(dir));
}

bool has_latest(struct node *dir, struct object *o, const char *key)
{
	(void)o;
	(void)key;
	return latest_of(dir) != NULL;
}

int render_latest(struct node *n, struct object *o, struct buf *out)
{
	struct op_record *op = latest_of(n->parent);

	(void)o;
	return op ? buf_puts(out, op->id) : -ENOENT;
}

/* True unless the model is known to be gone. */
static bool model_is_there(struct node *dir, const char *model)
{
	_cleanup_free_ char *place = resource_place(model);
	struct collection *models;

	if (!place || cache_collection(node_mount(dir), dir->service, COLL_MODELS, place, &models))
		return false;
	return collection_find(models, resource_id(model)) || !models->complete;
}

bool has_target(struct node *dir, struct object *o, const char *key)
{
	struct op_record *op = operations_record(dir);

	(void)o;
	(void)key;
	return op && op->model && model_is_there(dir, op->model);
}

int render_target(struct node *n, struct object *o, struct buf *out)
{
	struct op_record *op = operations_record(n->parent);
	bool of_model = node_model(n) != NULL;

	(void)o;
	if (!op || !op->model)
		return -ENOENT;
	if (node_version(n))
		return buf_puts(out, "../..");
	if (of_model)
		buf_puts(out, op->version ? "../../versions/" : "../..");
	else
		buf_printf(out, "../../models/%s%s", resource_id(op->model),
			   op->version ? "/versions/" : "");
	return buf_puts(out, op->version ? op->version : "");
}

/* ---- files of the embedded registry ---- */

/* Where a gs:// URI lies on this machine. */
static int bucket_path(const struct mount *m, const char *uri, struct buf *out)
{
	_cleanup_free_ char *memory = NULL;
	const char *bucket, *object;
	struct stat st;

	if (!m->own_registry || resource_gs_uri(uri, &memory, &bucket, &object))
		return -ENOENT;
	buf_printf(out, "%s/buckets/%s/%s", m->registry.data, bucket, object);
	while (!out->err && out->len > 1 && out->data[out->len - 1] == '/')
		buf_truncate(out, out->len - 1);
	if (out->err)
		return out->err;
	return stat(buf_str(out), &st) ? -ENOENT : 0; /* a link that leads nowhere is not shown */
}

static int artifacts_path(struct node *dir, struct object *o, const char *key, struct buf *out)
{
	_cleanup_free_ char *uri = NULL;

	if (!o)
		return -ENOENT;
	if (dir->cls->id == CLASS_OPERATION) {
		if (!operation_done(o) || !json_present(json_get(object_json(o), "response")))
			return -ENOENT;
		uri = json_strdup(
			json_path(object_json(o), "metadata.outputInfo.artifactOutputUri"));
		if (!uri)
			uri = json_strdup(json_path(
				object_json(o),
				"metadata.exportModelDetails.outputInfo.gcsOutputDirectory"));
	} else {
		uri = json_get_str(object_json(o), key);
	}
	return uri ? bucket_path(node_mount(dir), uri, out) : -ENOENT;
}

bool has_artifacts(struct node *dir, struct object *o, const char *key)
{
	_cleanup_buf_ struct buf path = BUF_INIT;

	return !artifacts_path(dir, o, key, &path);
}

int render_artifacts(struct node *n, struct object *o, struct buf *out)
{
	return artifacts_path(n->parent, o, "artifactUri", out);
}
