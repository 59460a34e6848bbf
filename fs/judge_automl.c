/* SPDX-License-Identifier: MIT */
/* AutoML's exports and deployments (API.md 2; REGISTRY.md's table). */
#include <stdio.h>

#include "api/automl.h"
#include "api/resource.h"
#include "fs/judge.h"

/* What a type of model can be exported as; the first is the default. */
static const struct exportable {
	const char *metadata, *type; /* type: the model type's beginning */
	const char *const formats[6];
} exportables[] = {
	{"imageClassificationModelMetadata", "mobile-core-ml-", {"core_ml"}},
	{"imageClassificationModelMetadata",
	 "mobile-",
	 {"tflite", "edgetpu_tflite", "tf_saved_model", "tf_js", "docker"}},
	{"imageObjectDetectionModelMetadata", "mobile-", {"tflite", "tf_saved_model", "tf_js"}},
};

static const struct exportable *exportable_of(struct json model)
{
	for (size_t i = 0; i < ARRAY_SIZE(exportables); i++) {
		_cleanup_free_ char *type =
			json_get_str(json_get(model, exportables[i].metadata), "modelType");

		if (type && starts_with(type, exportables[i].type))
			return &exportables[i];
	}
	return NULL;
}

static bool has_format(const struct exportable *e, const char *format)
{
	for (size_t i = 0; i < ARRAY_SIZE(e->formats) && e->formats[i]; i++)
		if (streq(e->formats[i], format))
			return true;
	return false;
}

static void list_formats(const struct exportable *e, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(e->formats) && e->formats[i]; i++)
		buf_printf(out, "%s%s", i ? ", " : "", e->formats[i]);
}

static int check_gcs(const char *uri, struct judged *out)
{
	_cleanup_free_ char *memory = NULL;
	const char *bucket, *object;

	if (resource_gs_uri(uri, &memory, &bucket, &object) || !object[strspn(object, "/")])
		return judged_refuse(out, -EINVAL,
				     "outputConfig.gcsDestination.outputUriPrefix: expected "
				     "gs://BUCKET/DIRECTORY, found \"%.200s\"",
				     uri);
	return 0;
}

static int check_gcr(const char *uri, struct judged *out)
{
	const char *slash = strchr(uri, '/'), *second = slash ? strchr(slash + 1, '/') : NULL;

	if (!second || slash == uri || second == slash + 1 || !second[1])
		return judged_refuse(out, -EINVAL,
				     "outputConfig.gcrDestination.outputUri: expected "
				     "HOSTNAME/PROJECT-ID/IMAGE or …:TAG, found \"%.200s\"",
				     uri);
	return 0;
}

/* Exactly the destination that the format takes. */
static int add_destination(struct json config, const char *format, struct json_writer *w,
			   struct judged *out)
{
	_cleanup_free_ char *gcs =
		json_get_str(json_get(config, "gcsDestination"), "outputUriPrefix");
	_cleanup_free_ char *gcr = json_get_str(json_get(config, "gcrDestination"), "outputUri");
	bool docker = streq(format, "docker");
	const char *wanted =
		docker ? "gcrDestination.outputUri" : "gcsDestination.outputUriPrefix (gs://…)";
	bool has_gcs = gcs && *gcs, has_gcr = gcr && *gcr;

	if (docker ? has_gcs : has_gcr)
		return judged_refuse(out, -EINVAL,
				     "outputConfig.%s: the format \"%s\" is not exported there; it "
				     "takes outputConfig.%s",
				     docker ? "gcsDestination" : "gcrDestination", format, wanted);
	if (!has_gcs && !has_gcr)
		return judged_refuse(out, -EINVAL, "no destination: set outputConfig.%s", wanted);
	if (docker ? check_gcr(gcr, out) : check_gcs(gcs, out))
		return out->err;
	jw_object(w, docker ? "gcrDestination" : "gcsDestination");
	jw_str(w, docker ? "outputUri" : "outputUriPrefix", docker ? gcr : gcs);
	jw_end_object(w);
	out->beta = docker;
	return 0;
}

int judge_automl_export(const struct judge *j, struct json model, const char *text, size_t len,
			struct judged *out)
{
	const struct exportable *e = exportable_of(model);
	struct judge beta = *j;
	_cleanup_json_ struct json_doc *request = NULL;
	_cleanup_buf_ struct buf body = BUF_INIT;
	_cleanup_buf_ struct buf known = BUF_INIT;
	_cleanup_free_ char *format = NULL;
	struct json config, params;
	struct json_writer w;

	*out = (struct judged){0};
	beta.beta = true; /* containers are exported through v1beta1 */
	if (judge_request(&beta, &automl_export_model_request, text, len, &request, out))
		return out->err;
	if (!e)
		return judged_refuse(out, -EBUSY, "this type of model is not exportable");
	config = json_get(json_root(request), "outputConfig");
	format = json_get_str(config, "modelFormat");
	if (!format || !*format) {
		free(format);
		format = strdup(e->formats[0]);
	}
	if (!format)
		return -ENOMEM;
	list_formats(e, &known);
	if (!has_format(e, format))
		return judged_refuse(
			out, -EINVAL,
			"outputConfig.modelFormat: this model has no format \"%.80s\"; "
			"it has %s",
			format, buf_str(&known));
	jw_init(&w, &body);
	jw_object(&w, NULL);
	jw_object(&w, "outputConfig");
	jw_str(&w, "modelFormat", format);
	params = json_get(config, "params");
	if (json_count(params))
		jw_value(&w, "params", params);
	if (add_destination(config, format, &w, out))
		return out->err;
	jw_end_object(&w);
	jw_end_object(&w);
	out->body = buf_take(&body);
	return out->body ? 0 : -ENOMEM;
}

int judge_automl_template(struct json model, struct buf *out)
{
	const struct exportable *e = exportable_of(model);

	if (!e)
		return -ENODATA;
	return buf_printf(out,
			  "{\n  \"outputConfig\": {\n    \"modelFormat\": \"%s\",\n"
			  "    \"gcsDestination\": {\n      \"outputUriPrefix\": \"\"\n    }\n"
			  "  }\n}\n",
			  e->formats[0]);
}

/* The deployment metadata that names the nodes of this kind of model. */
static const char *nodes_field(struct json model)
{
	if (json_present(json_get(model, "imageClassificationModelMetadata")))
		return "imageClassificationModelDeploymentMetadata";
	if (json_present(json_get(model, "imageObjectDetectionModelMetadata")))
		return "imageObjectDetectionModelDeploymentMetadata";
	return NULL;
}

int judge_deployment(struct json model, const char *text, size_t len, struct judged *out)
{
	_cleanup_free_ char *line = strndup(text, len);
	const char *field = nodes_field(model);
	char word[32] = "", rest[2] = "";
	long nodes = 0;
	int n;

	*out = (struct judged){0};
	if (!line)
		return out->err = -ENOMEM;
	n = sscanf(line, "%31s %ld %1s", word, &nodes, rest);
	if (n == 1 && streq(word, "UNDEPLOYED")) {
		out->value = strdup("models.undeploy");
		out->body = strdup("{}");
	} else if (n == 1 && streq(word, "DEPLOYED")) {
		out->value = strdup("models.deploy");
		out->body = strdup("{}");
	} else if (n == 2 && streq(word, "DEPLOYED") && nodes >= 1 && field) {
		out->value = strdup("models.deploy");
		out->body = str_format("{\"%s\":{\"nodeCount\":\"%ld\"}}", field, nodes);
	} else if (n == 2 && streq(word, "DEPLOYED") && !field) {
		return judged_refuse(out, -EINVAL,
				     "the number of nodes is for image models; write DEPLOYED");
	} else {
		return judged_refuse(out, -EINVAL,
				     "expected DEPLOYED, \"DEPLOYED 3\" (nodes) or UNDEPLOYED, "
				     "found \"%.80s\"",
				     line);
	}
	/* Said once more, it stays as it is; with nodes, only the service knows. */
	out->no_change = n == 1 && json_is(json_get(model, "deploymentState"), word);
	return out->value && out->body ? 0 : (out->err = -ENOMEM);
}
