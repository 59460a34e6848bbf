/* SPDX-License-Identifier: MIT */
/* AutoML's models.export: judged here, carried out by export.c. */
#include <stdio.h>

#include "api/automl.h"
#include "api/registry/automl.h"
#include "api/registry/vertex.h"
#include "api/registry/export.h"
#include "api/registry/image.h"

#define URI_MAX   2000
#define PARAM_MAX 25000

#define FIELD_FORMAT "outputConfig.modelFormat"
#define FIELD_GCS    "outputConfig.gcsDestination"
#define FIELD_GCR    "outputConfig.gcrDestination"

struct export_request {
	struct request *rq;
	struct automl_ref m;
	char *format;
	char *prefix; /* gs://bucket/dir */
	char *image;
	char *display_name;
	struct json params;
	int64_t now;
};

static void export_request_free(struct export_request *e)
{
	free(e->format);
	free(e->prefix);
	free(e->image);
	free(e->display_name);
}

static int choose_format(struct export_request *e, sqlite3_stmt *row, struct json config)
{
	_cleanup_free_ char *wanted = json_strdup(mapping_get(config, "modelFormat"));
	_cleanup_buf_ struct buf known = BUF_INIT;
	bool required;
	const char *const *formats = automl_formats(store_text(row, AUTOML_ARM),
						    store_text(row, AUTOML_MODEL_TYPE), &required);

	if (!formats)
		return request_fail(e->rq, API_FAILED_PRECONDITION, "name",
				    "Model %s is not exportable: its type is not.", e->m.id);
	if ((!wanted || !*wanted) && required)
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_FORMAT,
				    "The format is required for this type of model.");
	for (size_t i = 0; formats[i]; i++) {
		if (!wanted || !*wanted || streq(wanted, formats[i])) {
			e->format = strdup(formats[i]);
			return e->format ? 0 : -ENOMEM;
		}
		buf_printf(&known, "%s%s", i ? ", " : "", formats[i]);
	}
	return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_FORMAT,
			    "This type of model is exported as %s, not as '%s'.", buf_str(&known),
			    wanted);
}

static int check_param(struct export_request *e, const char *key, const char *value)
{
	static const struct {
		const char *key, *values[3];
	} known[] = {
		{"cpu_architecture", {"x86_64", NULL, NULL}},
		{"gpu_architecture", {"none", "nvidia", NULL}},
	};
	_cleanup_free_ char *field = str_format("outputConfig.params.%s", key);

	if (!field)
		return -ENOMEM;
	if (strlen(value) > PARAM_MAX)
		return request_fail(e->rq, API_INVALID_ARGUMENT, field,
				    "A parameter has at most %d characters.", PARAM_MAX);
	for (size_t i = 0; streq(e->format, "docker") && i < ARRAY_SIZE(known); i++) {
		if (!streq(known[i].key, key))
			continue;
		for (size_t n = 0; known[i].values[n]; n++)
			if (streq(known[i].values[n], value))
				return 0;
		return request_fail(e->rq, API_INVALID_ARGUMENT, field, "'%s' is no %s.", value,
				    key);
	}
	return request_fail(e->rq, API_INVALID_ARGUMENT, field,
			    "'%s' is no parameter of format %s.", key, e->format);
}

static int check_params(struct export_request *e, struct json config)
{
	int r = 0;

	e->params = mapping_get(config, "params");
	for (struct json c = json_first(e->params); r == 0 && json_present(c); c = json_next(c)) {
		_cleanup_buf_ struct buf key = BUF_INIT;
		_cleanup_free_ char *value = json_strdup(c);

		json_key(c, &key);
		if (!value || strlen(buf_str(&key)) != key.len)
			return request_fail(e->rq, API_INVALID_ARGUMENT, "outputConfig.params",
					    "A parameter holds a NUL.");
		r = check_param(e, buf_str(&key), value);
	}
	return r;
}

static int check_gcs(struct export_request *e, struct json gcs)
{
	if (streq(e->format, "docker"))
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_GCS,
				    "Format docker goes to a gcrDestination.");
	return export_check_prefix(e->rq, FIELD_GCS ".outputUriPrefix",
				   mapping_get(gcs, "outputUriPrefix"), &e->prefix);
}

/* [HOSTNAME]/[PROJECT-ID]/[IMAGE], with :[TAG] or without. */
static int check_gcr(struct export_request *e, struct json gcr)
{
	_cleanup_image_ref_ struct image_ref ref = {0};
	_cleanup_free_ char *uri = json_strdup(mapping_get(gcr, "outputUri"));
	int r;

	if (!streq(e->format, "docker"))
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_GCR,
				    "Only format docker goes to a gcrDestination.");
	if (!uri || !*uri)
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_GCR ".outputUri",
				    "The output URI is required.");
	if (strlen(uri) > URI_MAX)
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_GCR ".outputUri",
				    "The output URI has more than %d characters.", URI_MAX);
	r = image_parse(uri, &ref);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || ref.digest || !strchr(ref.repository, '/'))
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_GCR ".outputUri",
				    "'%s' is neither [HOSTNAME]/[PROJECT-ID]/[IMAGE] nor "
				    "[HOSTNAME]/[PROJECT-ID]/[IMAGE]:[TAG].",
				    uri);
	e->image = str_format("%s/%s:%s", ref.host, ref.repository, ref.tag);
	return e->image ? 0 : -ENOMEM;
}

static int judge(struct export_request *e, struct txn *t, struct json config)
{
	struct json gcs = mapping_get(config, "gcsDestination");
	struct json gcr = mapping_get(config, "gcrDestination");
	sqlite3_stmt *row;
	int r = automl_row(t, e->m.key, &row);

	if (r < 0)
		return r;
	e->display_name = strdup(store_text(row, AUTOML_DISPLAY_NAME));
	r = e->display_name ? choose_format(e, row, config) : -ENOMEM;
	if (r == 0)
		r = check_params(e, config);
	if (r < 0)
		return r;
	if (json_present(gcs) && json_present(gcr))
		return request_fail(e->rq, API_INVALID_ARGUMENT, FIELD_GCR,
				    "There is one destination: gcsDestination is given already.");
	if (json_present(gcs))
		return check_gcs(e, gcs);
	if (json_present(gcr))
		return check_gcr(e, gcr);
	return request_fail(e->rq, API_INVALID_ARGUMENT,
			    streq(e->format, "docker") ? FIELD_GCR : FIELD_GCS,
			    "The destination is required.");
}

/* The worker knows the formats by Vertex's ids, which have dashes. */
static int write_work(struct export_request *e, struct buf *out)
{
	_cleanup_free_ char *format = strdup(e->format);
	_cleanup_free_ char *artifacts = str_format(AUTOML_ARTIFACTS "/%s", e->m.id);
	struct json_writer w;

	if (!format || !artifacts)
		return -ENOMEM;
	for (char *p = format; *p; p++)
		if (*p == '_')
			*p = '-';
	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_str(&w, "format", format);
	jw_bool(&w, "supporting", true);
	jw_str(&w, "artifacts", artifacts);
	if (e->image)
		jw_str(&w, "image", e->image);
	if (json_present(e->params))
		jw_value(&w, "params", e->params);
	jw_end_object(&w);
	return out->err;
}

static int write_metadata(const char *output, struct buf *out)
{
	struct json_writer w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_object(&w, "exportModelDetails");
	if (output) {
		jw_object(&w, "outputInfo");
		jw_str(&w, "gcsOutputDirectory", output);
		jw_end_object(&w);
	}
	jw_end_object(&w);
	jw_end_object(&w);
	return out->err;
}

static int start(struct export_request *e, struct txn *t)
{
	_cleanup_buf_ struct buf output = BUF_INIT, work = BUF_INIT, metadata = BUF_INIT;
	char prefix[4] = "";
	struct operation_new op = {.kind = OPERATION_AUTOML_EXPORT,
				   .place = &e->m.place,
				   .model = e->m.id,
				   .id_prefix = prefix,
				   .api_version = e->rq->api_version};
	int r = e->prefix
			? export_reserve(e->rq->reg, t, e->prefix, e->display_name, e->now, &output)
			: 0;

	snprintf(prefix, sizeof(prefix), "%.3s", e->m.id);
	op.output = e->prefix ? buf_str(&output) : NULL;
	if (r == 0)
		r = write_work(e, &work);
	if (r == 0)
		r = write_metadata(op.output, &metadata);
	if (r < 0)
		return r;
	op.work = buf_str(&work);
	op.metadata = buf_str(&metadata);
	return operation_begin(e->rq, t, &op);
}

int automl_models_export(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_(export_request_free) struct export_request e = {.rq = rq, .now = registry_now()};
	struct json config;
	int r = vertex_export_config(rq, &automl_export_model_request, &config);

	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = automl_find(rq, &t, &e.m);
	if (r == 0)
		r = judge(&e, &t, config);
	return r < 0 ? r : start(&e, &t);
}
