/* SPDX-License-Identifier: MIT */
/* What files say: documents, fields, default, export.json, operations. */
#include <stdio.h>

#include "fs/judge.h"
#include "fs/layout_private.h"
#include "fs/operations.h"

#include "api/resource.h"

int render_nothing(struct node *n, struct object *o, struct buf *out)
{
	(void)n;
	(void)o;
	return buf_puts(out, "");
}

int render_document(struct node *n, struct object *o, struct buf *out)
{
	(void)n;
	if (!o)
		return -ENOENT;
	json_print(object_json(o), JSON_PRETTY, out);
	return buf_putc(out, '\n');
}

/* A scalar as one line, anything else as a document. */
static int render_value(struct json v, struct buf *out)
{
	size_t len;
	const char *raw;

	switch (json_type(v)) {
	case JSON_NONE:
	case JSON_NULL:
		return 0;
	case JSON_STRING:
		json_string(v, out);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		json_print(v, JSON_PRETTY, out);
		break;
	default:
		raw = json_raw(v, &len);
		buf_add(out, raw, len);
	}
	return buf_putc(out, '\n');
}

/* ---- fields ---- */

const struct message *layout_message(const struct node *dir)
{
	switch (dir->cls->id) {
	case CLASS_MODEL:
		return dir->service->model;
	case CLASS_VERSION:
		return dir->service->version;
	case CLASS_EVALUATION:
		return dir->service->evaluation;
	default:
		return NULL;
	}
}

bool layout_has_file(const struct message *m, const char *file)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct field *f = &m->fields[i];
		size_t len = strlen(f->name);

		if (!strncmp(file, f->name, len) &&
		    streq(file + len, field_is_json(f) ? ".json" : ""))
			return true;
	}
	return false;
}

static bool writable_in(const struct node *dir, const struct field *f)
{
	unsigned mask = dir->cls->id == CLASS_VERSION ? FIELD_VERSION_MASK : FIELD_MODEL_MASK;

	return f && (f->flags & mask) && dir->cls->id != CLASS_EVALUATION;
}

/* A writable field that the resource lacks has a file; a union's arm only
 * while it is in use. */
static bool shown_empty(const struct node *dir, const struct field *f)
{
	return writable_in(dir, f) && !(f->flags & FIELD_UNION_ARM);
}

bool layout_writable(const struct node *n)
{
	switch (n->cls->id) {
	case CLASS_FIELD:
		return writable_in(n->parent, n->field);
	case CLASS_DOCUMENT:
		return n->parent->cls->id != CLASS_EVALUATION;
	default:
		return n->cls->flags & CLASS_WRITABLE;
	}
}

int render_field(struct node *n, struct object *o, struct buf *out)
{
	struct json v;

	if (!o)
		return -ENOENT;
	v = json_get(object_json(o), n->key);
	if (json_type(v) > JSON_NULL)
		return render_value(v, out);
	if (!shown_empty(n->parent, n->field))
		return -ENOENT;
	if (!field_is_json(n->field))
		return 0;
	return buf_puts(out, n->field->flags & FIELD_REPEATED ? "[]\n" : "{}\n");
}

static bool name_fits(const char *key)
{
	return *key && !strchr(key, '/') && strlen(key) < 240 && key[0] != '.' && key[0] != '%';
}

/* The file that shows member `key`: false: there is none. */
static bool field_child(struct node *dir, struct json v, const char *key, const struct field *f,
			struct child *out)
{
	bool there = json_type(v) > JSON_NULL;
	bool json = there ? json_is_container(v) : f && field_is_json(f);

	if (!name_fits(key) || (!there && !shown_empty(dir, f)))
		return false;
	out->cls = class_of(CLASS_FIELD);
	out->field = f;
	out->coll = NULL;
	out->id[0] = '\0';
	snprintf(out->key, sizeof(out->key), "%s", key);
	snprintf(out->name, sizeof(out->name), "%s%s", key, json ? ".json" : "");
	for (const struct entry *e = dir->cls->files; e && e->name; e++)
		if (streq(e->name, out->name))
			return false; /* ours wins */
	return true;
}

int field_by_file(struct node *dir, struct object *o, const char *file, struct child *out)
{
	const struct message *m = layout_message(dir);
	size_t len = strlen(file);
	_cleanup_free_ char *key = strdup(file);
	const struct field *f;

	if (!key)
		return -ENOMEM;
	if (ends_with(file, ".json"))
		key[len - 5] = '\0';
	f = m ? message_field(m, key) : NULL;
	if (f && !streq(f->name, key))
		return -ENOENT; /* by its snake_case name */
	if (field_child(dir, json_get(object_json(o), key), key, f, out) && streq(out->name, file))
		return 0;
	return -ENOENT;
}

bool field_next(struct node *dir, struct object *o, uint64_t *index, struct child *out)
{
	const struct message *m = layout_message(dir);
	size_t known = m ? m->count : 0, at = known;
	struct json root = object_json(o);

	for (; *index < known; (*index)++) {
		const struct field *f = &m->fields[*index];

		if (field_child(dir, json_get(root, f->name), f->name, f, out)) {
			(*index)++;
			return true;
		}
	}
	/* What the table lacks is shown as well. */
	for (struct json v = json_first(root); json_present(v); v = json_next(v), at++) {
		_cleanup_buf_ struct buf key = BUF_INIT;

		if (at < *index || json_key(v, &key))
			continue;
		if (m && message_field(m, buf_str(&key)) &&
		    streq(message_field(m, buf_str(&key))->name, buf_str(&key)))
			continue;
		if (field_child(dir, v, buf_str(&key), NULL, out)) {
			*index = at + 1;
			return true;
		}
	}
	return false;
}

/* ---- default, export.json ---- */

static bool bears_default(struct json model)
{
	if (json_bool(json_get(model, "isDefault"), false))
		return true;
	for (struct json v = json_first(json_get(model, "versionAliases")); json_present(v);
	     v = json_next(v))
		if (json_is(v, "default"))
			return true;
	return false;
}

int render_default(struct node *n, struct object *o, struct buf *out)
{
	if (!o)
		return -ENOENT;
	if (n->parent->cls->id == CLASS_VERSION)
		return buf_puts(out, bears_default(object_json(o)) ? "true\n" : "false\n");
	if (n->service == &service_ml) {
		_cleanup_free_ char *name =
			json_strdup(json_path(object_json(o), "defaultVersion.name"));

		return name ? buf_printf(out, "%s\n", resource_id(name)) : 0;
	}
	return render_value(json_get(object_json(o), "versionId"), out);
}

int render_deployment(struct node *n, struct object *o, struct buf *out)
{
	(void)n;
	return o ? render_value(json_get(object_json(o), "deploymentState"), out) : -ENOENT;
}

int render_member(struct node *n, struct object *o, struct buf *out)
{
	return o ? render_value(json_get(object_json(o), n->key), out) : -ENOENT;
}

bool has_export(struct node *dir, struct object *o, const char *key)
{
	_cleanup_buf_ struct buf template = BUF_INIT;

	(void)key;
	return o && !judge_export_template(dir->service, object_json(o), &template);
}

int render_export(struct node *n, struct object *o, struct buf *out)
{
	struct local *l = node_local(n->parent, n->name, false);

	if (!o)
		return -ENOENT;
	if (l && l->last_export)
		return buf_puts(out, l->last_export);
	return judge_export_template(n->service, object_json(o), out);
}

/* ---- operations ---- */

bool has_member(struct node *dir, struct object *o, const char *key)
{
	(void)dir;
	return o && json_present(json_get(object_json(o), key));
}

bool has_request(struct node *dir, struct object *o, const char *key)
{
	struct op_record *op = operations_record(dir);

	(void)o;
	(void)key;
	return op && op->request;
}

/* Where outputs are told, service by service. */
static const char *const output_paths[] = {
	"metadata.outputInfo.artifactOutputUri",
	"metadata.outputInfo.imageOutputUri",
	"metadata.exportModelDetails.outputInfo.gcsOutputDirectory",
	NULL,
};

static int render_outputs(struct object *o, struct buf *out)
{
	for (const char *const *path = output_paths; *path; path++) {
		struct json v = json_path(object_json(o), *path);

		if (json_type(v) == JSON_STRING)
			render_value(v, out);
	}
	return out->err;
}

static struct json progress_of(struct object *o)
{
	return json_path(object_json(o), "metadata.progressPercent");
}

bool has_output(struct node *dir, struct object *o, const char *key)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	(void)dir;
	if (!o)
		return false;
	if (streq(key, "progress"))
		return json_present(progress_of(o));
	return !render_outputs(o, &text) && text.len;
}

int render_operation_file(struct node *n, struct object *o, struct buf *out)
{
	struct op_record *op;

	if (!o)
		return -ENOENT;
	if (streq(n->key, "operation"))
		return render_document(n, o, out);
	if (streq(n->key, "status"))
		return buf_printf(out, "%s\n", operation_status(o));
	if (streq(n->key, "done"))
		return buf_puts(out, operation_done(o) ? "true\n" : "false\n");
	if (streq(n->key, "output"))
		return render_outputs(o, out);
	if (streq(n->key, "progress"))
		return render_value(progress_of(o), out);
	if (streq(n->key, "request")) {
		op = operations_record(n->parent);
		return op && op->request ? buf_puts(out, op->request) : -ENOENT;
	}
	return render_value(json_get(object_json(o), n->key), out);
}

int render_cancel(struct node *n, struct object *o, struct buf *out)
{
	struct op_record *op = operations_record(n->parent);

	(void)o;
	return buf_puts(out, op && op->cancelling ? "1\n" : "0\n");
}

int render_events(struct node *n, struct object *o, struct buf *out)
{
	(void)o;
	return operations_events(n->parent, out);
}

/* ---- refused texts ---- */

int render_rejected(struct node *n, struct object *o, struct buf *out)
{
	struct local *l = node_local(n->parent, n->key, false);

	(void)o;
	return l && l->rejected ? buf_add(out, l->rejected, l->rejected_len) : -ENOENT;
}

int render_error(struct node *n, struct object *o, struct buf *out)
{
	struct local *l = node_local(n->parent, n->key, false);

	(void)o;
	return l && l->error ? buf_puts(out, l->error) : -ENOENT;
}
