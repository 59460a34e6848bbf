/* SPDX-License-Identifier: MIT */
/* The rules on what a request to AutoML may say, each refusal naming its field. */
#include <ctype.h>
#include <stdio.h>

#include "api/registry/automl.h"
#include "api/registry/vertex.h"

#define DISPLAY_NAME_MAX 32

int automl_check_display_name(struct request *rq, const char *field, struct json v)
{
	_cleanup_free_ char *name = json_strdup(v);
	bool good = name && isalpha((unsigned char)name[0]);

	if (json_present(v) && !name)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "The display name holds a NUL or is no string.");
	if (!name || !*name)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "The display name is required.");
	for (const char *p = name; *p; p++)
		good = good && (isalnum((unsigned char)*p) || *p == '_');
	if (!good || strlen(name) > DISPLAY_NAME_MAX)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "'%s' is no display name: it must match "
				    "[A-Za-z][A-Za-z0-9_]{0,31}.",
				    name);
	return 0;
}

/* Vertex's rule, and a key begins with a letter. */
int automl_check_labels(struct request *rq, const char *field, struct json labels)
{
	int r = vertex_check_labels(rq, field, labels);

	for (struct json c = json_first(labels); r == 0 && json_present(c); c = json_next(c)) {
		_cleanup_buf_ struct buf key = BUF_INIT;
		unsigned char first;

		json_key(c, &key);
		first = (unsigned char)*buf_str(&key);
		if (first < 0x80 && !isalpha(first))
			r = request_fail(rq, API_INVALID_ARGUMENT, field,
					 "The label key '%s' must start with a letter.",
					 buf_str(&key));
	}
	return r;
}

#define CLASSIFICATION "imageClassificationModelMetadata"
#define DETECTION      "imageObjectDetectionModelMetadata"

static const char *const edge_formats[] = {"tflite", "edgetpu_tflite", "tf_saved_model",
					   "tf_js",  "docker",         NULL};
static const char *const core_formats[] = {"core_ml", NULL};
static const char *const detection_formats[] = {"tflite", "tf_saved_model", "tf_js", NULL};

/* Types, and for each what it is exported as and the milli node hours it may
 * be trained. */
static const struct {
	const char *arm, *type;
	const char *const *formats; /* NULL: not exportable */
	bool required;              /* the format: there is no default */
	int64_t budget_min, budget_max;
} types[] = {
	{CLASSIFICATION, "cloud", NULL, false, 8000, 800000},
	{CLASSIFICATION, "mobile-low-latency-1", edge_formats, false, 1000, 100000},
	{CLASSIFICATION, "mobile-versatile-1", edge_formats, false, 1000, 100000},
	{CLASSIFICATION, "mobile-high-accuracy-1", edge_formats, false, 1000, 100000},
	{CLASSIFICATION, "mobile-core-ml-low-latency-1", core_formats, false, 1000, 100000},
	{CLASSIFICATION, "mobile-core-ml-versatile-1", core_formats, false, 1000, 100000},
	{CLASSIFICATION, "mobile-core-ml-high-accuracy-1", core_formats, false, 1000, 100000},
	{DETECTION, "cloud-high-accuracy-1", NULL, false, 20000, 900000},
	{DETECTION, "cloud-low-latency-1", NULL, false, 20000, 900000},
	{DETECTION, "mobile-low-latency-1", detection_formats, true, 1000, 100000},
	{DETECTION, "mobile-versatile-1", detection_formats, true, 1000, 100000},
	{DETECTION, "mobile-high-accuracy-1", detection_formats, true, 1000, 100000},
};

/* The entry; type "" is the arm's default, its first. */
static int find_type(const char *arm, const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (streq(types[i].arm, arm) && (!*type || streq(types[i].type, type)))
			return (int)i;
	return -1;
}

const char *const *automl_formats(const char *arm, const char *type, bool *required)
{
	int i = find_type(arm, type);

	*required = i >= 0 && types[i].required;
	return i < 0 ? NULL : types[i].formats;
}

static int check_type(struct request *rq, const char *arm, struct json metadata)
{
	_cleanup_free_ char *type = json_strdup(mapping_get(metadata, "modelType"));
	struct json budget = mapping_get(metadata, "trainBudgetMilliNodeHours");
	_cleanup_free_ char *field = NULL;
	int i = find_type(arm, type ? type : "");
	int64_t n = 0;

	if (i < 0 && type && *type) {
		field = str_format("%s.modelType", arm);
		return request_fail(rq, API_INVALID_ARGUMENT, field ? field : "modelType",
				    "'%s' is no model type of this kind.", type);
	}
	if (!json_present(budget) || json_int64(budget, &n) < 0 ||
	    (n >= types[i].budget_min && n <= types[i].budget_max))
		return 0;
	field = str_format("%s.trainBudgetMilliNodeHours", arm);
	return request_fail(rq, API_INVALID_ARGUMENT, field ? field : "trainBudgetMilliNodeHours",
			    "The budget of a %s model is between %lld and %lld milli node hours.",
			    types[i].type, (long long)types[i].budget_min,
			    (long long)types[i].budget_max);
}

int automl_check_metadata(struct request *rq, struct json model, const char **arm)
{
	static const char *const arms[] = {CLASSIFICATION,
					   DETECTION,
					   "textClassificationModelMetadata",
					   "textExtractionModelMetadata",
					   "textSentimentModelMetadata",
					   "translationModelMetadata"};

	*arm = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(arms); i++) {
		if (!json_present(mapping_get(model, arms[i])))
			continue;
		if (*arm)
			return request_fail(rq, API_INVALID_ARGUMENT, arms[i],
					    "A model has one kind: %s is given already.", *arm);
		*arm = arms[i];
	}
	if (*arm && find_type(*arm, "") >= 0)
		return check_type(rq, *arm, mapping_get(model, *arm));
	return 0;
}
