/* SPDX-License-Identifier: MIT */
/*
 * `modelfs import` for AutoML: models.create has no field for files, so they
 * go to where the registry looks for those of the dataset,
 * gs://PROJECT-automl/DATASET/, and it takes them over.
 */
#include <stdio.h>
#include <sys/random.h>
#include <sysexits.h>

#include "api/resource.h"
#include "fs/import_private.h"

#define LOCATION      "us-central1"
#define DEFAULT_TYPE  "image-classification:mobile-versatile-1"
#define LETTERS       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME_LETTERS  LETTERS "0123456789_"
#define NAME_MAX_SIZE 32

/* What --model-type says before its colon, and the arm of the union it means. */
static const struct {
	const char *kind, *arm;
	bool typed; /* a modelType may follow */
} arms[] = {
	{"image-classification", "imageClassificationModelMetadata", true},
	{"image-object-detection", "imageObjectDetectionModelMetadata", true},
	{"text-classification", "textClassificationModelMetadata", false},
	{"text-extraction", "textExtractionModelMetadata", false},
	{"text-sentiment", "textSentimentModelMetadata", false},
	{"translation", "translationModelMetadata", false},
};

/* Splits --model-type; *type is "" without one.  -1: no such kind. */
static int find_arm(const char *text, const char **type)
{
	size_t n = strcspn(text, ":");

	*type = text[n] ? text + n + 1 : "";
	for (size_t i = 0; i < ARRAY_SIZE(arms); i++)
		if (strlen(arms[i].kind) == n && strncmp(arms[i].kind, text, n) == 0)
			return !**type || arms[i].typed ? (int)i : -1;
	return -1;
}

static int make_bucket(struct import *im)
{
	char *name = str_format("%s-automl", im->project);

	if (!name)
		return import_no_memory();
	for (char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", *c))
			*c = '-';
	im->bucket = import_keep(im, name);
	return im->bucket ? 0 : import_no_memory();
}

/* Fresh for each import, so that none mixes its files with another's. */
static int make_dataset(struct import *im)
{
	struct timespec now;
	struct tm tm;
	uint32_t number;
	char stamp[32];

	clock_gettime(CLOCK_REALTIME, &now);
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		number = (uint32_t)now.tv_nsec;
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	im->dataset = import_keep(
		im, str_format("%s_%s_%04x", im->display_name, stamp, (unsigned)(number & 0xffff)));
	return im->dataset ? 0 : import_no_memory();
}

/* Files that lie in a bucket must lie where they are looked for. */
static int check_gs(struct import *im)
{
	_cleanup_free_ char *memory = NULL;
	const char *bucket, *object;
	size_t len;

	if (im->bucket)
		return import_complain(EX_USAGE,
				       "--bucket is not for --service automl: the files go to "
				       "gs://PROJECT-automl/DATASET/");
	if (!starts_with(im->source, "gs://"))
		return make_bucket(im);
	if (make_bucket(im))
		return EX_OSERR;
	if (resource_gs_uri(im->source, &memory, &bucket, &object) || !streq(bucket, im->bucket) ||
	    !*object)
		return import_complain(EX_USAGE, "\"%s\" is not below gs://%s/, where AutoML's are",
				       im->source, im->bucket);
	im->bucket = NULL;
	len = strlen(object);
	while (len && object[len - 1] == '/')
		len--;
	if (im->dataset && (strlen(im->dataset) != len || strncmp(im->dataset, object, len) != 0))
		return import_complain(EX_USAGE, "--dataset-id: \"%s\" is not what \"%s\" says",
				       im->dataset, im->source);
	im->dataset = import_keep(im, strndup(object, len));
	return im->dataset ? 0 : import_no_memory();
}

static int check(struct import *im)
{
	const char *name = im->display_name, *type;
	int r;

	if (im->description || im->version_description)
		return import_complain(EX_USAGE, "AutoML's models have no description");
	if (!name || !*name)
		return import_complain(EX_USAGE, "a new model needs --display-name");
	if (strlen(name) > NAME_MAX_SIZE || !strchr(LETTERS, *name) ||
	    name[strspn(name, NAME_LETTERS)])
		return import_complain(EX_USAGE,
				       "--display-name: \"%s\" is no name: a letter, then up to 31 "
				       "letters, digits and _",
				       name);
	if (!im->model_type)
		im->model_type = DEFAULT_TYPE;
	if (find_arm(im->model_type, &type) < 0)
		return import_complain(EX_USAGE,
				       "--model-type: \"%s\" is no KIND[:TYPE]; see --help",
				       im->model_type);
	if (!im->location)
		im->location = LOCATION;
	r = import_check_place(im, true);
	if (!r)
		r = check_gs(im);
	return r || im->dataset ? r : make_dataset(im);
}

static int prepare(struct import *im)
{
	if (im->endpoint.kind == ENDPOINT_GOOGLE)
		return import_complain(EX_USAGE, "Google's AutoML trains its models itself and "
						 "takes no files; modelfs serve does");
	im->title = strdup(im->display_name);
	im->under = strdup(im->place);
	im->target.prefix = import_keep(im, str_format("%s/", im->dataset));
	return im->title && im->under && im->target.prefix ? 0 : import_no_memory();
}

static int model_body(const struct import *im, struct buf *out)
{
	struct json_writer w;
	const char *type;
	int i = find_arm(im->model_type, &type), r;

	if (i < 0)
		return -EINVAL;
	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_str(&w, "displayName", im->title);
	jw_str(&w, "datasetId", im->dataset);
	r = import_labels(im, &w);
	jw_object(&w, arms[i].arm);
	if (*type)
		jw_str(&w, "modelType", type);
	jw_end_object(&w);
	jw_end_object(&w);
	return r ? r : out->err;
}

static int finish(struct import *im, struct json response)
{
	_cleanup_free_ char *name = json_get_str(response, "name");

	if (!name)
		return import_complain(EX_IOERR,
				       "the model was created, but the service does not tell its "
				       "name (%s)",
				       im->operation);
	printf("%s/models/%s\n", im->place, resource_id(name));
	if (fflush(stdout) || ferror(stdout))
		return import_complain(EX_IOERR, "standard output: %s", strerror(errno));
	return 0;
}

const struct import_kind import_automl = {
	.service = &service_automl,
	.method = "models.create",
	.check = check,
	.prepare = prepare,
	.body = model_body,
	.finish = finish,
};
