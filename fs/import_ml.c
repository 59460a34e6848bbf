/* SPDX-License-Identifier: MIT */
/*
 * `modelfs import` for AI Platform: versions.create, below a model that is made
 * when it is missing.
 */
#include <stdio.h>
#include <sysexits.h>

#include "api/ml_rules.h"
#include "api/resource.h"
#include "fs/import_private.h"

#define PAGES_MAX 100

static int check(struct import *im)
{
	const char *const needed[][2] = {
		{im->display_name, "--display-name, the model's name"},
		{im->runtime, "--runtime-version, such as 1.15"},
		{im->python, "--python-version, such as 3.7"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!needed[i][0] || !*needed[i][0])
			return import_complain(EX_USAGE, "--service ml needs %s", needed[i][1]);
	if (!ml_name_valid(im->display_name))
		return import_complain(EX_USAGE,
				       "--display-name: \"%s\" is no name of a model: a letter, "
				       "then up to 127 letters, digits and _",
				       im->display_name);
	if (im->version && !ml_name_valid(im->version))
		return import_complain(EX_USAGE,
				       "--version: \"%s\" is no name of a version: a letter, then "
				       "up to 127 letters, digits and _",
				       im->version);
	return import_check_place(im, false);
}

/* The number of v7; 0: no such name. */
static unsigned long numbered(const char *name)
{
	size_t digits = name[0] == 'v' ? strspn(name + 1, "0123456789") : 0;

	return digits && digits < 9 && !name[1 + digits] ? strtoul(name + 1, NULL, 10) : 0;
}

/* One page of the model's versions; *highest grows. */
static int read_page(struct import *im, char **token, unsigned long *highest)
{
	_cleanup_reply_ struct import_reply reply = {0};
	_cleanup_buf_ struct buf query = BUF_INIT;
	struct json versions;
	int r;

	buf_puts(&query, "pageSize=100");
	if (*token) {
		buf_puts(&query, "&pageToken=");
		buf_percent(&query, *token, "");
	}
	free(take_ptr(*token));
	r = import_call(im, "models.versions.list", im->under, buf_str(&query), NULL, &reply);
	if (r)
		return import_failed(im, im->under, r, &reply.error);
	versions = json_get(json_root(reply.json), "versions");
	for (struct json c = json_first(versions); json_present(c); c = json_next(c)) {
		_cleanup_free_ char *name = json_get_str(c, "name");
		unsigned long n = name ? numbered(resource_id(name)) : 0;

		*highest = n > *highest ? n : *highest;
	}
	*token = json_get_str(json_root(reply.json), "nextPageToken");
	return 0;
}

static int next_version(struct import *im)
{
	_cleanup_free_ char *token = NULL;
	unsigned long highest = 0;
	int r = 0, pages = 0;

	do {
		r = im->made_parent ? 0 : read_page(im, &token, &highest);
	} while (!r && token && *token && ++pages < PAGES_MAX);
	if (r)
		return r;
	im->version = import_keep(im, str_format("v%lu", highest + 1));
	return im->version ? 0 : import_no_memory();
}

/* made_parent: it is to be made, when the files are there. */
static int prepare(struct import *im)
{
	_cleanup_reply_ struct import_reply reply = {0};
	int r;

	im->title = strdup(im->display_name);
	im->under = str_format("%s/models/%s", im->place, im->display_name);
	if (!im->title || !im->under)
		return import_no_memory();
	r = import_call(im, "models.get", im->under, NULL, NULL, &reply);
	if (r && r != -ENOENT)
		return import_failed(im, im->under, r, &reply.error);
	im->made_parent = r == -ENOENT;
	if (!im->made_parent && im->description)
		import_complain(0, "the model exists and keeps its description");
	return im->version ? 0 : next_version(im);
}

static int create_model(struct import *im)
{
	_cleanup_reply_ struct import_reply reply = {0};
	_cleanup_buf_ struct buf body = BUF_INIT;
	struct json_writer w;
	int r;

	if (!im->made_parent)
		return 0;
	jw_init(&w, &body);
	jw_object(&w, NULL);
	jw_str(&w, "name", im->display_name);
	if (im->description)
		jw_str(&w, "description", im->description);
	jw_end_object(&w);
	if (body.err)
		return import_no_memory();
	r = import_call(im, "models.create", im->place, NULL, &body, &reply);
	if (r == -EEXIST) { /* made by another meanwhile */
		im->made_parent = false;
		return 0;
	}
	return r ? import_failed(im, "models.create", r, &reply.error) : 0;
}

static void remove_model(struct import *im)
{
	_cleanup_reply_ struct import_reply reply = {0};

	if (im->made_parent && import_call(im, "models.delete", im->under, NULL, NULL, &reply))
		import_complain(0, "the model that was made for it stays: %s", im->under);
}

static int version_body(const struct import *im, struct buf *out)
{
	const char *const texts[][2] = {
		{"name", im->version},
		{"description", im->version_description},
		{"deploymentUri", im->artifact_uri},
		{"runtimeVersion", im->runtime},
		{"machineType", im->machine},
	};
	struct json_writer w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i][1])
			jw_str(&w, texts[i][0], texts[i][1]);
	import_labels(im, &w);
	if (im->framework)
		jw_str(&w, "framework", im->framework);
	if (im->prediction_class)
		jw_str(&w, "predictionClass", im->prediction_class);
	if (im->package_uri) {
		jw_array(&w, "packageUris");
		jw_str(&w, NULL, im->package_uri);
		jw_end_array(&w);
	}
	jw_str(&w, "pythonVersion", im->python);
	jw_end_object(&w);
	return out->err;
}

static int finish(struct import *im, struct json response _unused_)
{
	printf("%s/versions/%s\n", im->under, im->version);
	if (fflush(stdout) || ferror(stdout))
		return import_complain(EX_IOERR, "standard output: %s", strerror(errno));
	return 0;
}

const struct import_kind import_ml = {
	.service = &service_ml,
	.method = "models.versions.create",
	.check = check,
	.prepare = prepare,
	.settle = create_model,
	.body = version_body,
	.finish = finish,
	.undo = remove_model,
};
