/* SPDX-License-Identifier: MIT */
/* What a text means for its resource, service by service (contract sections 3
 * and 4), before anything is sent. */
#include "fs/commit_private.h"

#include "api/resource.h"
#include "fs/draft.h"
#include "fs/layout.h"
#include "fs/operations.h"

/* How soon after a refusal an editor copies its backup back. */
#define PUT_BACK_NS (10 * NSEC_PER_SEC)

/* Words like "it is so already" or "there is no such version" are only as good
 * as what they rest on: that is asked for once more, after the save began. */
static bool older_than_request(const struct judging *g)
{
	return g->o->fetched_ns < g->r->begun_ns;
}

static int no_news(struct judging *g, struct collection *c, const char *id)
{
	const struct api_error *e = cache_error(c, id);

	return judged_refuse(&g->out, e ? -e->err : -EIO, "%s",
			     e && e->message ? e->message : "there is no news of the resource");
}

static int look_again(struct judging *g)
{
	struct collection *c = g->dir->coll;
	struct object *o;
	int rc;

	if (g->o->floor_ns < g->r->begun_ns) {
		cache_doubt_object(c, g->dir->id);
		if (c->kind == COLL_VERSIONS)
			cache_doubt(c);
	}
	rc = layout_object(g->n, g->r, &o);
	/* While the service is away what is cached is all there is. */
	return rc || o->fetched_ns >= g->r->begun_ns ? rc : no_news(g, c, g->dir->id);
}

static int judge_whole(struct judging *g, struct json base, const char *etag)
{
	int rc;

	g->j.current = object_json(g->o);
	rc = judge_document(&g->j, base, g->t->text, g->t->len, &g->out);
	if (rc || !commit_restores(g))
		return rc;
	if (older_than_request(g)) {
		judged_reset(&g->out);
		return look_again(g);
	}
	return judged_refuse(&g->out, -ESTALE,
			     "this is what stood here before it was changed from this mount (its "
			     "etag was %s): write what is to come back into the text that stands "
			     "here now",
			     etag);
}

/* Two writers of one field's file: the second does not know what the first
 * wrote, though it came from this mount.  (A document is compared with its
 * base, so there nothing gets lost.) */
static bool replaced_meanwhile(const struct judging *g, struct json base)
{
	const char *name = g->n->field->name;

	return !json_same(json_get(base, name), json_get(object_json(g->o), name));
}

static int judge_patch(struct judging *g)
{
	_cleanup_json_ struct json_doc *base = NULL;
	_cleanup_free_ char *current = json_get_str(object_json(g->o), "etag");
	_cleanup_free_ char *own = NULL;
	const char *etag = g->t->etag;
	bool document = g->n->cls->id == CLASS_DOCUMENT;
	bool guarded = document || field_is_json(g->n->field);
	int rc;

	if (document) {
		own = judge_etag(g->t->text, g->t->len);
		/* A text without one is not guarded: the way to force. */
		etag = own && *own ? own : NULL;
	} else if (!etag) {
		etag = current;
	}
	g->j.etag = guarded && etag ? current : NULL;
	rc = guarded && etag ? commit_base(g, etag, &base) : 0;
	if (rc == -ENOMEM)
		return judged_no_memory(&g->out);
	if (rc) {
		if (older_than_request(g))
			return look_again(g);
		return judged_refuse(&g->out, -ESTALE,
				     "the resource was changed by another since this text was read "
				     "(its etag was %s, now it is %s): compare with the file, then "
				     "save again",
				     etag, current ? current : "none");
	}
	g->method = g->j.version_level && g->n->service == &service_ml ? "models.versions.patch"
								       : "models.patch";
	if (document)
		return judge_whole(g, base ? json_root(base) : object_json(g->o), etag);
	judge_field(&g->j, g->n->field, object_json(g->o), g->t->text, g->t->len, &g->out);
	if (!g->out.err && !g->out.no_change && base && !g->t->again &&
	    replaced_meanwhile(g, json_root(base)))
		return judged_refuse(&g->out, -ESTALE,
				     "%s was saved by another program since this file was opened: "
				     "compare with the file, then save again",
				     g->n->field->name);
	return g->out.err;
}

static int version_ids(struct collection *versions, struct string_list *out)
{
	for (struct object *o = collection_next(versions, 0); o;
	     o = collection_next(versions, o->seq))
		if (string_list_add(out, o->id))
			return -ENOMEM;
	return 0;
}

/* What the model's `default` says now. */
static char *default_id(const struct judging *g)
{
	_cleanup_free_ char *name = NULL;

	if (g->n->service != &service_ml)
		return json_get_str(object_json(g->o), "versionId");
	name = json_strdup(json_path(object_json(g->o), "defaultVersion.name"));
	return name ? strdup(resource_id(name)) : NULL;
}

static int judge_default_file(struct judging *g)
{
	_cleanup_free_ char *current = NULL;
	struct string_list ids = {0};
	struct collection *versions;
	struct child flag;
	int rc;

	g->method = g->n->service == &service_ml ? "models.versions.setDefault"
						 : "models.mergeVersionAliases";
	if (g->dir->cls->id == CLASS_VERSION) {
		_cleanup_buf_ struct buf now = BUF_INIT;

		rc = layout_attribute(g->dir, g->n->name, &flag);
		if (!rc)
			rc = layout_render(g->n, g->o, &now);
		return rc ? rc
			  : judge_default_flag(g->t->text, g->t->len,
					       starts_with(buf_str(&now), "true"), &g->out);
	}
	rc = cache_collection(g->r->m, g->n->service, COLL_VERSIONS, g->dir->res, &versions);
	if (!rc)
		rc = cache_list(versions, g->r);
	if (rc)
		return rc;
	current = default_id(g);
	rc = version_ids(versions, &ids);
	if (!rc)
		rc = judge_default(g->t->text, g->t->len, &ids, current, &g->out);
	string_list_free(&ids);
	if (rc == -ENOENT && versions->listed_ns < g->r->begun_ns) {
		rc = cache_list_now(versions, g->r);
		return rc == REQ_PARKED ? rc : no_news(g, versions, NULL);
	}
	return rc;
}

static int judge_export_file(struct judging *g)
{
	struct local *l = node_local(g->dir, g->n->name, false);
	_cleanup_buf_ struct buf shown = BUF_INIT;
	int rc;

	g->method = "models.export";
	rc = judge_export(&g->j, object_json(g->o), g->t->text, g->t->len, &g->out);
	if (g->t->backup) {
		layout_render(g->n, g->o, &shown);
		if (shown.len == g->t->len && !memcmp(buf_str(&shown), g->t->text, shown.len)) {
			judged_reset(&g->out);
			g->out.no_change = true;
			return 0;
		}
	}
	if (rc && rc != -ENOMEM && older_than_request(g))
		return look_again(g);
	if (!rc && l && l->unknown)
		rc = commit_settle_export(g, l);
	return rc;
}

static int judge_cancel_file(struct judging *g)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	bool in_model = g->n->service == &service_vertex &&
			strstr(g->dir->coll->parent, "/models/") != NULL;

	buf_add(&text, g->t->text, g->t->len);
	while (text.len && strchr(" \t\r\n", text.data[text.len - 1]))
		buf_truncate(&text, text.len - 1);
	if (!streq(buf_str(&text), "1"))
		return judged_refuse(&g->out, -EINVAL,
				     "write 1 to cancel the operation, not \"%s\"", buf_str(&text));
	if (operation_done(g->o))
		return judged_refuse(&g->out, -EBUSY,
				     "the operation has ended (%s): there is nothing to cancel",
				     operation_status(g->o));
	g->method = in_model ? "models.operations.cancel" : "operations.cancel";
	g->out.body = strdup("{}");
	return g->out.body ? 0 : -ENOMEM;
}

static int judge_deployment_file(struct judging *g)
{
	static const char *const methods[] = {"models.deploy", "models.undeploy"};
	int rc = judge_deployment(object_json(g->o), g->t->text, g->t->len, &g->out);

	for (size_t i = 0; !rc && i < ARRAY_SIZE(methods); i++)
		if (streq(methods[i], g->out.value))
			g->method = methods[i];
	return rc;
}

static int judge_by_class(struct judging *g)
{
	switch (g->n->cls->id) {
	case CLASS_FIELD:
	case CLASS_DOCUMENT:
		return judge_patch(g);
	case CLASS_DEFAULT:
		return judge_default_file(g);
	case CLASS_EXPORT:
		return judge_export_file(g);
	case CLASS_CANCEL:
		return judge_cancel_file(g);
	case CLASS_DEPLOYMENT:
		return judge_deployment_file(g);
	case CLASS_DRAFT_DOCUMENT:
		return draft_judge(g->n, g->o, &g->j, g->t->text, g->t->len, &g->out, &g->method);
	default:
		return -EPERM;
	}
}

/* The resource a request is sent to; for `default` the version that becomes it. */
char *commit_target(const struct judging *g)
{
	if (g->n->cls->id == CLASS_DRAFT_DOCUMENT)
		return draft_target(g->dir);
	if (g->n->cls->id == CLASS_DEFAULT && g->dir->cls->id == CLASS_MODEL)
		return str_format(g->n->service == &service_ml ? "%s/versions/%s" : "%s@%s",
				  g->dir->res, g->out.value);
	return strdup(g->dir->res);
}

static int default_body(struct judging *g)
{
	if (g->n->cls->id != CLASS_DEFAULT || g->out.body)
		return 0;
	g->out.body =
		strdup(g->n->service == &service_ml ? "{}" : "{\"versionAliases\":[\"default\"]}");
	return g->out.body ? 0 : -ENOMEM;
}

static bool same_text(const struct commit_text *t, const char *text, size_t len)
{
	return text && len == t->len && memcmp(text, t->text, len) == 0;
}

bool commit_puts_back(const struct node *n, const struct commit_text *t)
{
	const struct local *l = node_local(n->parent, n->name, false);

	return l && t->writer && l->writer == t->writer && l->before_wall_ns <= l->error_wall_ns &&
	       wall_ns() - l->error_wall_ns < PUT_BACK_NS &&
	       same_text(t, l->before, l->before_len) &&
	       !same_text(t, l->rejected, l->rejected_len); /* that is a repeat */
}

static bool has_backups(const struct node *n)
{
	return n->cls->id == CLASS_DOCUMENT || n->cls->id == CLASS_EXPORT ||
	       (n->cls->id == CLASS_FIELD && n->field && field_is_json(n->field));
}

static void remember_shown(struct node *n, struct object *o, struct local *l, pid_t writer)
{
	_cleanup_buf_ struct buf shown = BUF_INIT;

	if (layout_render(n, o, &shown))
		return;
	free(l->before);
	l->before_len = shown.len;
	l->before = buf_take(&shown);
	l->before_ns = now_ns();
	l->before_wall_ns = wall_ns();
	l->writer = writer;
}

void commit_remember_before(struct node *n, struct object *o, const struct commit_text *t,
			    const struct req *r)
{
	struct local *l = t->writer && has_backups(n) ? node_local(n->parent, n->name, true) : NULL;

	if (!l || (l->before && l->writer == t->writer && l->before_ns >= r->begun_ns))
		return; /* this very save, judged again with news */
	remember_shown(n, o, l, t->writer);
}

void commit_no_backup(struct node *dir, const char *name)
{
	struct local *l = node_local(dir, name, false);

	if (l)
		free(take_ptr(l->before));
}

void commit_unread(struct node *n, pid_t writer)
{
	struct node *dir = n->parent;
	struct object *o = dir->coll && dir->id ? collection_find(dir->coll, dir->id) : NULL;
	struct local *l = o && has_backups(n) ? node_local(dir, n->name, true) : NULL;

	if (l)
		remember_shown(n, o, l, writer);
}

int commit_judge(struct judging *g)
{
	int rc = judge_by_class(g);

	if (!rc && g->out.no_change && g->n->cls->id != CLASS_EXPORT && older_than_request(g)) {
		judged_reset(&g->out);
		rc = look_again(g);
		if (!rc)
			rc = judge_by_class(g);
	}
	return !rc && !g->out.no_change ? default_body(g) : rc;
}
