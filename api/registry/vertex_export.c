/* SPDX-License-Identifier: MIT */
/* models.export: judged here, carried out by export.c. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>

#include "api/registry/export.h"
#include "api/registry/vertex.h"
#include "api/resource.h"
#include "api/vertex.h"

#define URI_MAX 2000

struct export_request {
	struct request *rq;
	struct model_ref m;
	char *format;
	bool artifact, image; /* what the format may export */
	char *prefix;         /* gs://bucket/dir, without a trailing / */
	char *image_uri;
	char *artifact_uri;
	char *display_name;
	int64_t now;
};

static void export_request_free(struct export_request *e)
{
	model_ref_free(&e->m);
	free(e->format);
	free(e->prefix);
	free(e->image_uri);
	free(e->artifact_uri);
	free(e->display_name);
}

#define FIELD_FORMAT   "outputConfig.exportFormatId"
#define FIELD_ARTIFACT "outputConfig.artifactDestination.outputUriPrefix"
#define FIELD_IMAGE    "outputConfig.imageDestination.outputUri"

static bool has_content(struct json format, const char *content)
{
	struct json list = json_get(format, "exportableContents");

	for (struct json c = json_first(list); json_present(c); c = json_next(c))
		if (json_is(c, content))
			return true;
	return false;
}

static int choose_format(struct export_request *e, const char *formats, struct json config)
{
	_cleanup_free_ char *wanted = json_strdup(mapping_get(config, "exportFormatId"));
	_cleanup_json_ struct json_doc *doc = NULL;
	struct json f;
	int r = json_parse(formats, strlen(formats), &doc, NULL);

	if (r < 0)
		return r;
	f = json_first(json_root(doc));
	if (!json_present(f))
		return request_fail(e->rq, API_FAILED_PRECONDITION, "name",
				    "Model %s is not exportable.", e->m.id);
	if (wanted && *wanted)
		while (json_present(f) && !json_is(json_get(f, "id"), wanted))
			f = json_next(f);
	if (!json_present(f))
		return request_fail(e->rq, API_FAILED_PRECONDITION, FIELD_FORMAT,
				    "Exporting artifact for model %s in format `%s` is not "
				    "supported.",
				    e->m.id, wanted);
	e->format = json_get_str(f, "id");
	e->artifact = has_content(f, "ARTIFACT");
	e->image = has_content(f, "IMAGE");
	return e->format ? 0 : -ENOMEM;
}

static int check_prefix(struct export_request *e, struct json destination)
{
	_cleanup_free_ char *memory = NULL;
	const char *bucket, *object;
	size_t len;

	e->prefix = json_strdup(mapping_get(destination, "outputUriPrefix"));
	if (!e->prefix || !*e->prefix)
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_ARTIFACT,
				    "The output URI prefix is required.");
	if (!e->artifact)
		return request_fail(e->rq, API_INVALID_ARGUMENT, "outputConfig.artifactDestination",
				    "Format `%s` has no artifact to export.", e->format);
	len = strlen(e->prefix);
	if (len > URI_MAX)
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_ARTIFACT,
				    "The output URI prefix has more than %d characters.", URI_MAX);
	while (len && e->prefix[len - 1] == '/')
		e->prefix[--len] = '\0';
	if (resource_gs_uri(e->prefix, &memory, &bucket, &object) < 0 || !bucket_name_valid(bucket))
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_ARTIFACT,
				    "'%s' is no gs://BUCKET/DIRECTORY.", e->prefix);
	if (!*object)
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_ARTIFACT,
				    "'%s' is a bare bucket: a directory in it is needed.",
				    e->prefix);
	if (bucket_object_check(object) < 0)
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_ARTIFACT,
				    "'%s' cannot be a directory here.", e->prefix);
	return 0;
}

/* HOST/PROJECT/IMAGE[:TAG] of Container Registry, or
 * LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE[:TAG]. */
static bool image_path(const char *uri)
{
	size_t host = strcspn(uri, "/"), parts = 0;
	_cleanup_free_ char *name = strndup(uri, host);
	bool gcr, part = false;

	if (!name)
		return false;
	gcr = streq(name, "gcr.io") || ends_with(name, ".gcr.io");
	if (!gcr && !ends_with(name, "-docker.pkg.dev"))
		return false;
	for (const char *p = uri + host; *p; p++) {
		if (*p == '/') {
			if (p != uri + host && !part)
				return false;
			part = false;
		} else if (!isalnum((unsigned char)*p) && !strchr("._-:", *p)) {
			return false;
		} else {
			parts += !part;
			part = true;
		}
	}
	return part && parts >= (gcr ? 2u : 3u);
}

static int check_image(struct export_request *e, struct json destination)
{
	_cleanup_free_ char *uri = json_strdup(mapping_get(destination, "outputUri"));
	const char *last;

	if (!uri || !*uri)
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_IMAGE,
				    "The output URI is required.");
	if (!e->image)
		return request_fail(e->rq, API_INVALID_ARGUMENT, "outputConfig.imageDestination",
				    "Format `%s` has no image to export.", e->format);
	if (strlen(uri) > URI_MAX || !image_path(uri))
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_IMAGE,
				    "'%s' is no path of Container Registry or Artifact Registry.",
				    uri);
	last = strrchr(uri, '/');
	e->image_uri = strchr(last, ':') ? strdup(uri) : str_format("%s:latest", uri);
	return e->image_uri ? 0 : -ENOMEM;
}

static int judge(struct export_request *e, struct txn *t, struct json config)
{
	struct json artifact = mapping_get(config, "artifactDestination");
	struct json image = mapping_get(config, "imageDestination");
	_cleanup_json_ struct json_doc *doc = NULL;
	sqlite3_stmt *row;
	int r = vertex_row(t, e->m.key, e->m.version, &row);

	if (r < 0)
		return r;
	e->display_name = strdup(store_text(row, 2));
	r = json_parse(store_text(row, 9), strlen(store_text(row, 9)), &doc, NULL);
	if (r < 0 || !e->display_name)
		return r < 0 ? r : -ENOMEM;
	e->artifact_uri = json_get_str(json_root(doc), "artifactUri");
	r = choose_format(e, store_text(row, 10), config);
	if (r == 0 && json_present(artifact))
		r = check_prefix(e, artifact);
	if (r == 0 && json_present(image))
		r = check_image(e, image);
	if (r == 0 && !e->prefix && !e->image_uri)
		return request_fail(e->rq, API_INVALID_ARGUMENT, "outputConfig",
				    "A destination is required: artifactDestination or "
				    "imageDestination.");
	return r;
}

/* model-export-<model-display-name>-<timestamp of the call>, free so far. */
static int reserve(struct export_request *e, struct txn *t, struct buf *output)
{
	_cleanup_buf_ struct buf safe = BUF_INIT;
	size_t n = 0;

	for (const char *p = e->display_name; *p && n < 200; p++, n++)
		buf_putc(&safe, isalnum((unsigned char)*p) || strchr("._-", *p) ? *p : '_');
	if (safe.err)
		return safe.err;
	for (uint64_t ms = (uint64_t)e->now / 1000;; ms++) {
		_cleanup_free_ char *memory = NULL;
		_cleanup_close_ int bucket_fd = -1, found = -1;
		const char *bucket, *object;
		char time[32];
		int r;

		time_format(ms * NSEC_PER_MSEC, 3, time);
		buf_reset(output);
		buf_printf(output, "%s/model-export-%s-%s", e->prefix, buf_str(&safe), time);
		if (output->err)
			return output->err;
		r = store_int(t, NULL, "SELECT 1 FROM operations WHERE output = ?1", "t",
			      buf_str(output));
		if (r < 0)
			return r;
		if (r == 1)
			continue;
		r = resource_gs_uri(buf_str(output), &memory, &bucket, &object);
		if (r < 0)
			return r;
		if (bucket_open(e->rq->reg, bucket, false, &bucket_fd) < 0 ||
		    bucket_open_at(bucket_fd, object, O_PATH, &found) < 0)
			return 0;
	}
}

static int start(struct export_request *e, struct txn *t)
{
	_cleanup_buf_ struct buf output = BUF_INIT, work = BUF_INIT, metadata = BUF_INIT;
	struct operation_new op = {.kind = OPERATION_EXPORT,
				   .place = &e->m.place,
				   .model = e->m.id,
				   .api_version = e->rq->api_version};
	char id[OPERATION_ID_SIZE];
	struct json_writer w;
	int r = e->prefix ? reserve(e, t, &output) : 0;

	if (r < 0)
		return r;
	jw_init(&w, &work);
	jw_object(&w, NULL);
	jw_str(&w, "format", e->format);
	if (e->artifact_uri)
		jw_str(&w, "artifactUri", e->artifact_uri);
	if (e->image_uri)
		jw_str(&w, "image", e->image_uri);
	jw_end_object(&w);
	jw_init(&w, &metadata);
	jw_object(&w, NULL);
	jw_object(&w, "outputInfo");
	if (e->prefix)
		jw_str(&w, "artifactOutputUri", buf_str(&output));
	if (e->image_uri)
		jw_str(&w, "imageOutputUri", e->image_uri);
	jw_end_object(&w);
	jw_end_object(&w);
	op.work = buf_str(&work);
	op.metadata = buf_str(&metadata);
	op.output = e->prefix ? buf_str(&output) : NULL;
	r = operation_insert(t, &op, id);
	if (r == 0)
		r = operation_answer(e->rq, t, id);
	return r < 0 ? r : queue_add(e->rq->reg->queue, id);
}

int vertex_models_export(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_(export_request_free) struct export_request e = {.rq = rq, .now = registry_now()};
	struct json body, config;
	int r = request_json(rq, &body);

	if (r == 0)
		r = vertex_check_body(rq, &vertex_export_model_request, body);
	if (r < 0)
		return r;
	config = mapping_get(body, "outputConfig");
	if (!json_present(config))
		return request_fail(rq, API_INVALID_ARGUMENT, "outputConfig",
				    "The output configuration is required.");
	r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = vertex_find(rq, &t, &e.m);
	if (r == 0)
		r = judge(&e, &t, config);
	return r < 0 ? r : start(&e, &t);
}
