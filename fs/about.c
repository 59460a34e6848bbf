/* SPDX-License-Identifier: MIT */
#include "fs/about.h"

#include <stdio.h>

#include "fs/commit.h"
#include "fs/draft.h"
#include "fs/journal.h"
#include "fs/operations.h"
#include "fs/ops.h"
#include "fs/scratch.h"

static int render_version(struct mount *m, struct buf *out)
{
	(void)m;
	return buf_puts(out, "modelfs " MODELFS_VERSION "\n");
}

static void json_pretty(struct buf *compact, struct buf *out)
{
	_cleanup_json_ struct json_doc *doc = NULL;

	if (!compact->err && !json_parse(buf_str(compact), compact->len, &doc, NULL)) {
		json_print(json_root(doc), JSON_PRETTY, out);
		buf_putc(out, '\n');
	}
}

static void list_json(struct json_writer *w, const char *key, const struct string_list *l)
{
	jw_array(w, key);
	for (size_t i = 0; i < l->count; i++)
		jw_str(w, NULL, l->items[i]);
	jw_end_array(w);
}

static int render_config(struct mount *m, struct buf *out)
{
	const struct config *c = m->config;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct json_writer w;

	jw_init(&w, &text);
	jw_object(&w, NULL);
	jw_str(&w, "source", c->source);
	jw_str(&w, "mountpoint", c->mountpoint);
	jw_str(&w, "endpoint", c->endpoint);
	if (m->own_registry)
		jw_str(&w, "data", c->data);
	list_json(&w, "projects", &c->projects);
	list_json(&w, "locations", &c->locations);
	jw_int(&w, "ttlMs", c->ttl_ms);
	jw_int(&w, "staleMs", c->stale_ms);
	jw_int(&w, "timeoutMs", c->timeout_ms);
	jw_str(&w, "apiVersion", c->api_version ? c->api_version : "v1");
	jw_bool(&w, "ro", c->ro);
	jw_bool(&w, "allowOther", c->allow_other);
	jw_int(&w, "uid", m->uid);
	jw_int(&w, "gid", m->gid);
	jw_end_object(&w);
	json_pretty(&text, out);
	return out->err;
}

static long resident_bytes(void)
{
	long pages = 0, skip;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f) {
		if (fscanf(f, "%ld %ld", &skip, &pages) != 2)
			pages = 0;
		fclose(f);
	}
	return pages * sysconf(_SC_PAGESIZE);
}

static int render_metrics(struct mount *m, struct buf *out)
{
	client_metrics(m->client, out);
	cache_metrics(m, out);
	buf_puts(out, "# TYPE modelfs_fuse_ops_total counter\n");
	for (size_t i = 0; i < OP_COUNT; i++)
		if (m->fuse_ops[i])
			buf_printf(out, "modelfs_fuse_ops_total{op=\"%s\"} %llu\n",
				   fuse_op_names[i], (unsigned long long)m->fuse_ops[i]);
	buf_printf(out, "# TYPE modelfs_nodes gauge\nmodelfs_nodes %zu\n", m->tree->count);
	buf_printf(out, "# TYPE modelfs_scratch_bytes gauge\nmodelfs_scratch_bytes %zu\n",
		   scratch_bytes());
	buf_printf(out, "# TYPE modelfs_operations_running gauge\nmodelfs_operations_running %zu\n",
		   operations_running(m));
	buf_printf(
		out,
		"# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %ld\n",
		resident_bytes());
	return out->err;
}

static int render_errors(struct mount *m, struct buf *out)
{
	const struct failure *f;

	for (size_t i = 0; (f = journal_at(m, i)); i++) {
		char when[32];

		time_format(f->when_ns, 3, when);
		buf_printf(out, "%s %s %s: %s: %s", when, f->what, f->resource,
			   api_code_name(f->code), f->message);
		if (f->request_id)
			buf_printf(out, " [request %s]", f->request_id);
		buf_putc(out, '\n');
	}
	return out->err;
}

int about_render(struct node *n, struct object *o, struct buf *out)
{
	static const struct {
		const char *name;
		int (*render)(struct mount *m, struct buf *out);
	} files[] = {
		{"version", render_version},
		{"config.json", render_config},
		{"metrics", render_metrics},
		{"errors", render_errors},
	};

	(void)o;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (streq(files[i].name, n->name))
			return files[i].render(node_mount(n), out);
	return -ENOENT;
}

/* ---- modelfs status ---- */

/* The last word of the service: the worst of what its listings say now. */
static void worst_error(struct collection *c, void *ctx)
{
	const struct api_error **worst = ctx;

	if (c->error.err && c->error.err != ENOENT && (!*worst || (*worst)->err != EKEYEXPIRED))
		*worst = &c->error;
}

static void status_errors(struct mount *m, struct json_writer *w)
{
	const struct failure *f;

	jw_array(w, "errors");
	for (size_t i = 0; i < 10 && (f = journal_at(m, i)); i++) {
		char when[32];

		time_format(f->when_ns, 3, when);
		jw_object(w, NULL);
		jw_str(w, "time", when);
		jw_str(w, "what", f->what);
		jw_str(w, "resource", f->resource);
		jw_str(w, "code", api_code_name(f->code));
		jw_str(w, "message", f->message);
		if (f->request_id)
			jw_str(w, "requestId", f->request_id);
		jw_end_object(w);
	}
	jw_end_array(w);
}

int about_status(struct mount *m, struct buf *out)
{
	const struct api_error *worst = NULL;
	bool signed_in = client_signed_in(m->client);
	struct json_writer w;

	cache_each(m, worst_error, &worst);
	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_str(&w, "version", MODELFS_VERSION);
	jw_int(&w, "pid", getpid());
	jw_str(&w, "source", m->config->source);
	jw_str(&w, "endpoint", m->config->endpoint);
	if (m->own_registry)
		jw_str(&w, "data", m->registry.data);
	jw_str(&w, "mountpoint", m->config->mountpoint);
	jw_str(&w, "options", m->config->option_text ? m->config->option_text : "");
	jw_bool(&w, "healthy", !worst && signed_in);
	jw_bool(&w, "signed_in", signed_in && !(worst && worst->err == EKEYEXPIRED));
	jw_str(&w, "message", worst && worst->message ? worst->message : "");
	jw_object(&w, "requests");
	jw_int(&w, "running_operations", (int64_t)operations_running(m));
	jw_int(&w, "commits", (int64_t)commit_count());
	jw_int(&w, "failures", (int64_t)journal_total(m));
	jw_end_object(&w);
	jw_object(&w, "cache");
	jw_int(&w, "nodes", (int64_t)m->tree->count);
	jw_int(&w, "scratch_bytes", (int64_t)scratch_bytes());
	jw_int(&w, "resident_bytes", resident_bytes());
	jw_end_object(&w);
	status_errors(m, &w);
	jw_array(&w, "scratch");
	scratch_report(m->tree->root, &w);
	jw_end_array(&w);
	jw_array(&w, "drafts");
	drafts_report(m, &w);
	jw_end_array(&w);
	jw_end_object(&w);
	return out->err;
}
