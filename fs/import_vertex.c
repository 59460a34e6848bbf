/* SPDX-License-Identifier: MIT */
/* `modelfs import` for Vertex AI: models.upload, of a model or of a version. */
#include <stdio.h>
#include <sysexits.h>

#include "api/resource.h"
#include "fs/import_private.h"

/* The display name stays the model's; and if there is no such model, this is
 * the time to say so. */
static int read_parent(struct import *im)
{
	_cleanup_reply_ struct import_reply reply = {0};
	_cleanup_free_ char *name = str_format("%s/models/%s", im->place, im->parent);
	int r;

	if (!name)
		return import_no_memory();
	r = import_call(im, "models.get", name, NULL, NULL, &reply);
	if (r)
		return import_failed(im, name, r, &reply.error);
	im->title = json_get_str(json_root(reply.json), "displayName");
	if (!im->title)
		return import_complain(EX_IOERR, "%s: the service tells no displayName", name);
	if (im->display_name && !streq(im->display_name, im->title))
		import_complain(0, "the model keeps its display name, %s", im->title);
	return 0;
}

static int prepare(struct import *im)
{
	im->under = strdup(im->place);
	if (!im->under)
		return import_no_memory();
	if (im->parent)
		return read_parent(im);
	im->title = strdup(im->display_name);
	return im->title ? 0 : import_no_memory();
}

static int upload_body(const struct import *im, struct buf *out)
{
	_cleanup_free_ char *parent = NULL;
	struct json_writer w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	if (im->parent) {
		parent = str_format("%s/models/%s", im->place, im->parent);
		jw_str(&w, "parentModel", parent ? parent : "");
	}
	if (im->model_id)
		jw_str(&w, "modelId", im->model_id);
	jw_object(&w, "model");
	jw_str(&w, "displayName", im->title);
	if (im->description)
		jw_str(&w, "description", im->description);
	if (im->version_description)
		jw_str(&w, "versionDescription", im->version_description);
	import_labels(im, &w);
	if (im->aliases.count)
		jw_array(&w, "versionAliases");
	for (size_t i = 0; i < im->aliases.count; i++)
		jw_str(&w, NULL, im->aliases.items[i]);
	if (im->aliases.count)
		jw_end_array(&w);
	jw_str(&w, "artifactUri", im->artifact_uri);
	jw_end_object(&w);
	jw_end_object(&w);
	return im->parent && !parent ? -ENOMEM : out->err;
}

static int finish(struct import *im, struct json response)
{
	_cleanup_resource_ struct resource res = {0};
	_cleanup_free_ char *model = json_get_str(response, "model");
	_cleanup_free_ char *version = json_get_str(response, "modelVersionId");
	char *at = model ? strrchr(model, '@') : NULL;

	if (at)
		*at = '\0';
	if (!model || resource_parse(model, &res) || res.kind != RES_MODEL ||
	    (im->parent && !version))
		return import_complain(EX_IOERR,
				       "the model was uploaded, but the service does not tell "
				       "its name (%s)",
				       im->operation);
	printf("%s/models/%s%s%s\n", im->place, res.model, im->parent ? "@" : "",
	       im->parent ? version : "");
	if (fflush(stdout) || ferror(stdout))
		return import_complain(EX_IOERR, "standard output: %s", strerror(errno));
	return 0;
}

/* A model of ours by id, or by its whole name. */
static int check_parent(struct import *im)
{
	_cleanup_resource_ struct resource res = {0};
	_cleanup_free_ char *name = NULL;

	name = strchr(im->parent, '/') ? strdup(im->parent)
				       : str_format("%s/models/%s", im->place, im->parent);
	if (!name)
		return import_no_memory();
	if (resource_parse(name, &res) || res.kind != RES_MODEL || res.version ||
	    strncmp(name, im->place, strlen(im->place)) || name[strlen(im->place)] != '/')
		return import_complain(EX_USAGE, "--parent-model: \"%s\" is no model of %s",
				       im->parent, im->place);
	im->parent = import_keep(im, strdup(res.model));
	return im->parent ? 0 : import_no_memory();
}

/* --description is the version's where a version is added. */
static int check_descriptions(struct import *im)
{
	if (!im->parent || !im->description)
		return 0;
	if (im->version_description)
		return import_complain(EX_USAGE,
				       "with --parent-model, --description is the version's: "
				       "give one of the two");
	im->version_description = take_ptr(im->description);
	return 0;
}

static int check(struct import *im)
{
	int r;

	for (size_t i = 0; i < im->aliases.count; i++)
		if (!resource_vertex_alias(im->aliases.items[i]))
			return import_complain(
				EX_USAGE,
				"--alias: \"%s\" is no alias: a letter, letters, digits and -, "
				"at the end a letter or digit, 2 to 128 characters",
				im->aliases.items[i]);
	r = import_check_place(im, true);
	if (!r)
		r = check_descriptions(im);
	if (r)
		return r;
	if (im->parent && im->model_id)
		return import_complain(EX_USAGE,
				       "--model-id is for a new model, --parent-model for a "
				       "version of one");
	if (im->parent)
		return check_parent(im);
	if (im->model_id && !resource_vertex_model_id(im->model_id))
		return import_complain(EX_USAGE,
				       "--model-id: \"%s\" is no id: a-z or _, then up to 62 of "
				       "a-z, 0-9, _ and -",
				       im->model_id);
	if (!im->display_name || !*im->display_name)
		return import_complain(EX_USAGE, "a new model needs --display-name");
	return 0;
}

const struct import_kind import_vertex = {
	.service = &service_vertex,
	.method = "models.upload",
	.check = check,
	.prepare = prepare,
	.body = upload_body,
	.finish = finish,
};
