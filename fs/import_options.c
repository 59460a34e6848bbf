/* SPDX-License-Identifier: MIT */
/* What `modelfs import` is asked: the command line, checked before anything is begun. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "api/resource.h"
#include "fs/gcloud.h"
#include "fs/import_private.h"
#include "fs/options.h"

static const char usage[] =
	"Usage: modelfs import [OPTION]... FILE|DIRECTORY|gs://BUCKET/PATH\n"
	"Copy a model's files into a bucket and make a model of them in a registry; print the\n"
	"model's resource name: projects/P/locations/L/models/ID, and @VERSION behind it where a\n"
	"version was added. Below vertex/ of a mount the name is the model's path.\n"
	"\n"
	"  --project P             the project (default: gcloud's)\n"
	"  --location L            the location, such as us-central1 (default: gcloud's)\n"
	"  --display-name NAME     the new model's name for people\n"
	"  --model-id ID           the new model's id (default: the service makes one)\n"
	"  --parent-model ID       add a version to this model, which keeps its display name\n"
	"  --labels K=V,...        labels\n"
	"  --description TEXT      of the model; with --parent-model of the version\n"
	"  --version-description TEXT\n"
	"  --alias A               a version alias; may be repeated\n"
	"  --bucket NAME           where the files go (default: P-models; endpoint google: needed)\n"
	"  --data DIR              the local registry's data directory\n"
	"  --endpoint E            local, google, https://HOST[:PORT], http:// on loopback, or\n"
	"                          unix:PATH (default: $MODELFS_ENDPOINT, else local)\n"
	"  --service S             vertex (default), automl, or ml: AI Platform\n"
	"  --timeout S             how long to wait for the service (600)\n"
	"  --help                  this text\n"
	"\n"
	"With --service ml, --display-name is the model's name; it is created if it is missing, and\n"
	"the files become a version of it, which copies them: projects/P/models/M/versions/V.\n"
	"  --version NAME          the version's name (default: v1, v2 ... the next free)\n"
	"  --runtime-version R     such as 1.15; needed\n"
	"  --python-version V      3.7, 3.5 or 2.7; needed\n"
	"  --framework F           TENSORFLOW, SCIKIT_LEARN or XGBOOST (default: by the files)\n"
	"  --machine-type T        such as mls1-c1-m2\n"
	"  --prediction-class C    module.Class of a custom prediction routine …\n"
	"  --package-uri URI       … and the gs:// package that holds it\n"
	"  --labels, --version-description are the version's, --description a new model's\n"
	"\n"
	"With --service automl the files go to gs://P-automl/DATASET/ and AutoML takes them over:\n"
	"  --dataset-id ID         the dataset (default: the display name and the time)\n"
	"  --model-type KIND[:TYPE] image-classification:TYPE, image-object-detection:TYPE,\n"
	"                          text-classification, text-extraction, text-sentiment or\n"
	"                          translation; TYPE is AutoML's modelType, such as cloud,\n"
	"                          mobile-low-latency-1 or mobile-core-ml-versatile-1\n"
	"                          (default: image-classification:mobile-versatile-1)\n"
	"  The location is us-central1.\n"
	"\n"
	"A directory is copied whole; links to files inside it are followed. A gs:// URI is not\n"
	"copied: the model refers to it. Exit status: 0, or of sysexits.h: 64 usage, 65 refused by\n"
	"the service, 66 no input, 69 not reachable, 74 input/output, 75 still running after\n"
	"--timeout, 77 not signed in or not permitted.\n";

int import_complain(int code, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	fprintf(stderr, "modelfs import: %s\n", buf_str(&text));
	return code;
}

int import_no_memory(void)
{
	return import_complain(EX_OSERR, "%s", strerror(ENOMEM));
}

const char *import_keep(struct import *im, char *s)
{
	if (s && im->memory_count < ARRAY_SIZE(im->memory))
		im->memory[im->memory_count++] = s;
	return s;
}

static int set_labels(struct import *im, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *item;

	if (!copy)
		return import_no_memory();
	while ((item = strsep(&rest, ",")) != NULL) {
		char *equals = strchr(item, '=');

		if (!*item)
			continue;
		if (!equals || equals == item)
			return import_complain(EX_USAGE, "--labels: \"%s\" is not KEY=VALUE", item);
		for (size_t i = 0; i < im->labels.count; i++)
			if (!strncmp(im->labels.items[i], item, (size_t)(equals - item) + 1))
				return import_complain(EX_USAGE,
						       "--labels: \"%.*s\" is there twice",
						       (int)(equals - item), item);
		if (string_list_add(&im->labels, item))
			return import_no_memory();
	}
	return 0;
}

static int set_alias(struct import *im, const char *text)
{
	return string_list_add(&im->aliases, text) ? import_no_memory() : 0;
}

static int set_timeout(struct import *im, const char *text)
{
	if (options_seconds(text, &im->timeout_ms) || !im->timeout_ms)
		return import_complain(EX_USAGE, "--timeout: \"%s\" is no number of seconds", text);
	return 0;
}

static int set_help(struct import *im, const char *text _unused_)
{
	im->help = true;
	return 0;
}

/* An option takes a text as it is, or has a setter. */
static const struct import_option {
	const char *name;
	int argument;
	size_t text;
	int (*set)(struct import *im, const char *text);
} import_options[] = {
	{"project", required_argument, offsetof(struct import, project), NULL},
	{"location", required_argument, offsetof(struct import, location), NULL},
	{"display-name", required_argument, offsetof(struct import, display_name), NULL},
	{"model-id", required_argument, offsetof(struct import, model_id), NULL},
	{"parent-model", required_argument, offsetof(struct import, parent), NULL},
	{"description", required_argument, offsetof(struct import, description), NULL},
	{"version-description", required_argument, offsetof(struct import, version_description),
	 NULL},
	{"bucket", required_argument, offsetof(struct import, bucket), NULL},
	{"data", required_argument, offsetof(struct import, data), NULL},
	{"endpoint", required_argument, offsetof(struct import, endpoint_text), NULL},
	{"service", required_argument, offsetof(struct import, service), NULL},
	{"version", required_argument, offsetof(struct import, version), NULL},
	{"runtime-version", required_argument, offsetof(struct import, runtime), NULL},
	{"python-version", required_argument, offsetof(struct import, python), NULL},
	{"framework", required_argument, offsetof(struct import, framework), NULL},
	{"machine-type", required_argument, offsetof(struct import, machine), NULL},
	{"prediction-class", required_argument, offsetof(struct import, prediction_class), NULL},
	{"package-uri", required_argument, offsetof(struct import, package_uri), NULL},
	{"dataset-id", required_argument, offsetof(struct import, dataset), NULL},
	{"model-type", required_argument, offsetof(struct import, model_type), NULL},
	{"labels", required_argument, 0, set_labels},
	{"alias", required_argument, 0, set_alias},
	{"timeout", required_argument, 0, set_timeout},
	{"help", no_argument, 0, set_help},
};
#define OPTION_BASE 256

static int take_option(struct import *im, const struct import_option *o, const char *text)
{
	if (o->set)
		return o->set(im, text);
	*(const char **)((char *)im + o->text) = text;
	return 0;
}

static int parse_options(struct import *im, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(import_options) + 1] = {0};
	int c, r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(import_options); i++)
		longs[i] = (struct option){import_options[i].name, import_options[i].argument, NULL,
					   OPTION_BASE + (int)i};
	optind = 0;
	while (!r && (c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			im->help = true;
		else if (c < OPTION_BASE)
			r = import_complain(EX_USAGE, "try modelfs import --help");
		else
			r = take_option(im, &import_options[c - OPTION_BASE], optarg);
	}
	if (r || im->help)
		return r;
	if (argc - optind != 1)
		return import_complain(EX_USAGE, argc == optind
							 ? "what is to be imported? Name a file, a "
							   "directory or a gs:// URI"
							 : "one file, directory or gs:// URI at a "
							   "time");
	im->source = argv[optind];
	return 0;
}

int import_check_place(struct import *im, bool location)
{
	_cleanup_resource_ struct resource res = {0};

	if (!im->project)
		im->project = import_keep(im, gcloud_project());
	if (location && !im->location)
		im->location = import_keep(im, gcloud_location());
	if (!im->project || (location && !im->location))
		return import_complain(EX_USAGE, "say whose model it is to be: --project P%s",
				       location ? " --location L" : "");
	im->place = location ? str_format("projects/%s/locations/%s", im->project, im->location)
			     : str_format("projects/%s", im->project);
	if (!im->place)
		return import_no_memory();
	if (resource_parse(im->place, &res) || res.kind != (location ? RES_LOCATION : RES_PROJECT))
		return import_complain(EX_USAGE, "\"%s\" is no %s", im->place,
				       location ? "location" : "project");
	return 0;
}

/* An option that this service has no use for is a mistake, not a whim. */
static int check_service(struct import *im)
{
	static const struct import_kind *const kinds[] = {&import_vertex, &import_automl,
							  &import_ml};
	const char *id = im->service ? im->service : "vertex";
	bool ml;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kinds[i]->service->id, id))
			im->kind = kinds[i];
	if (!im->kind)
		return import_complain(EX_USAGE,
				       "--service: \"%s\" is not offered: vertex, automl, ml", id);
	ml = im->kind == &import_ml;
	if (!ml && (im->version || im->runtime || im->python || im->framework || im->machine ||
		    im->prediction_class || im->package_uri))
		return import_complain(
			EX_USAGE,
			"--version, --runtime-version, --python-version, "
			"--framework, --machine-type, --prediction-class and --package-uri are for "
			"--service ml");
	if (im->kind != &import_vertex && (im->model_id || im->parent || im->aliases.count))
		return import_complain(EX_USAGE, "--model-id, --parent-model and --alias are for "
						 "--service vertex: --display-name is the model's "
						 "name here");
	if (im->kind != &import_automl && (im->dataset || im->model_type))
		return import_complain(EX_USAGE,
				       "--dataset-id and --model-type are for --service automl");
	return im->kind->check(im);
}

static int check_endpoint(struct import *im)
{
	const char *why = NULL;
	int r;

	if (!im->endpoint_text && !im->data)
		im->endpoint_text = getenv("MODELFS_ENDPOINT");
	if (!im->endpoint_text || !*im->endpoint_text)
		im->endpoint_text = "local";
	if (streq(im->endpoint_text, "local"))
		return 0;
	if (im->data)
		return import_complain(EX_USAGE,
				       "--data is for the local registry, not with --endpoint %s",
				       im->endpoint_text);
	r = endpoint_parse(im->endpoint_text, &im->endpoint, &why);
	if (r)
		return import_complain(EX_USAGE, "--endpoint: \"%s\": %s", im->endpoint_text,
				       why ? why : strerror(-r));
	return 0;
}

/* "<project>-models", in letters that a bucket's name may have. */
static int default_bucket(struct import *im)
{
	char *name = str_format("%s-models", im->project);

	if (!name)
		return import_no_memory();
	for (char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", *c))
			*c = '-';
	im->bucket = import_keep(im, name);
	return 0;
}

static int check_source(struct import *im)
{
	_cleanup_free_ char *memory = NULL, *why = NULL;
	const char *bucket, *object;
	int r;

	im->from_gs = starts_with(im->source, "gs://");
	if (im->from_gs && im->bucket)
		return import_complain(EX_USAGE,
				       "--bucket is for local files; a gs:// URI is not copied");
	if (im->from_gs && resource_gs_uri(im->source, &memory, &bucket, &object))
		return import_complain(EX_USAGE, "\"%s\" is no gs://BUCKET/PATH", im->source);
	if (im->from_gs)
		return 0;
	if (!im->bucket && im->endpoint.kind == ENDPOINT_GOOGLE)
		return import_complain(EX_USAGE,
				       "--endpoint google needs --bucket: a bucket of yours");
	r = im->bucket ? 0 : default_bucket(im);
	if (r)
		return r;
	r = import_walk(im->source, &im->files, &why);
	if (!r)
		return 0;
	return import_complain(r == -ENOMEM ? EX_OSERR : EX_NOINPUT, "%s",
			       why ? why : strerror(-r));
}

int import_ask(struct import *im, int argc, char **argv)
{
	int r = parse_options(im, argc, argv);

	if (im->help && !r) {
		fputs(usage, stdout);
		return 0;
	}
	if (!r)
		r = check_service(im);
	if (!r)
		r = check_endpoint(im);
	return r ? r : check_source(im);
}
