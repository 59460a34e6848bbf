/* SPDX-License-Identifier: MIT */
/* models.export: judged here, carried out by export.c. */
#include <stdio.h>

#include "api/registry/export.h"
#include "api/registry/image.h"
#include "api/registry/vertex.h"
#include "api/resource.h"
#include "api/vertex.h"

struct export_request {
	struct request *rq;
	struct model_ref m;
	char *format;
	bool artifact, image; /* what the format may export */
	char *prefix;         /* gs://bucket/dir, without a trailing / */
	char *image_uri;
	char *image_source; /* the containerSpec's */
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
	free(e->image_source);
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
	if (!e->artifact)
		return request_fail(e->rq, API_INVALID_ARGUMENT, "outputConfig.artifactDestination",
				    "Format `%s` has no artifact to export.", e->format);
	return export_check_prefix(e->rq, FIELD_ARTIFACT,
				   mapping_get(destination, "outputUriPrefix"), &e->prefix);
}

/* HOST/PROJECT/IMAGE[:TAG] of Container Registry, or
 * LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE[:TAG]. */
static bool image_path(const struct image_ref *ref)
{
	bool gcr = streq(ref->host, "gcr.io") || ends_with(ref->host, ".gcr.io");
	size_t parts = 1;

	for (const char *p = ref->repository; *p; p++)
		parts += *p == '/';
	return !ref->digest && parts >= (gcr ? 2u : 3u) &&
	       (gcr || ends_with(ref->host, "-docker.pkg.dev"));
}

static int check_image(struct export_request *e, struct json destination)
{
	_cleanup_free_ char *uri = json_strdup(mapping_get(destination, "outputUri"));
	_cleanup_image_ref_ struct image_ref ref = {0};
	int r;

	if (!uri || !*uri)
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_IMAGE,
				    "The output URI is required.");
	if (!e->image)
		return request_fail(e->rq, API_INVALID_ARGUMENT, "outputConfig.imageDestination",
				    "Format `%s` has no image to export.", e->format);
	r = image_parse(uri, &ref);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !image_path(&ref))
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_IMAGE,
				    "'%s' is no path of Container Registry or Artifact Registry.",
				    uri);
	e->image_uri = str_format("%s/%s:%s", ref.host, ref.repository, ref.tag);
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
	e->image_source = json_get_str(json_get(json_root(doc), "containerSpec"), "imageUri");
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

static int start(struct export_request *e, struct txn *t)
{
	_cleanup_buf_ struct buf output = BUF_INIT, work = BUF_INIT, metadata = BUF_INIT;
	struct operation_new op = {.kind = OPERATION_EXPORT,
				   .place = &e->m.place,
				   .model = e->m.id,
				   .api_version = e->rq->api_version};
	struct json_writer w;
	int r = e->prefix
			? export_reserve(e->rq->reg, t, e->prefix, e->display_name, e->now, &output)
			: 0;

	if (r < 0)
		return r;
	jw_init(&w, &work);
	jw_object(&w, NULL);
	jw_str(&w, "format", e->format);
	if (e->artifact_uri)
		jw_str(&w, "artifactUri", e->artifact_uri);
	if (e->image_uri) {
		jw_str(&w, "image", e->image_uri);
		jw_str(&w, "imageSource", e->image_source ? e->image_source : "");
	}
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
	return operation_begin(e->rq, t, &op);
}

int vertex_export_config(struct request *rq, const struct message *m, struct json *config)
{
	struct json body;
	int r = request_json(rq, &body);

	if (r == 0)
		r = vertex_check_body(rq, m, body);
	if (r < 0)
		return r;
	*config = mapping_get(body, "outputConfig");
	if (!json_present(*config))
		return request_fail(rq, API_INVALID_ARGUMENT, "outputConfig",
				    "The output configuration is required.");
	return 0;
}

int vertex_models_export(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_(export_request_free) struct export_request e = {.rq = rq, .now = registry_now()};
	struct json config;
	int r = vertex_export_config(rq, &vertex_export_model_request, &config);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = vertex_find(rq, &t, &e.m);
	if (r == 0)
		r = judge(&e, &t, config);
	return r < 0 ? r : start(&e, &t);
}
