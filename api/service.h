/* SPDX-License-Identifier: MIT */
/*
 * The three services behind one table.  A service tells its directory name,
 * its hosts, its API versions, its messages and its methods; client, mount
 * and registry read the same entries.  Constant data, any thread.
 */
#ifndef MODELFS_SERVICE_H
#define MODELFS_SERVICE_H

#include "api/schema.h"

struct method {
	const char *id;    /* "models.patch": metrics, log lines */
	const char *verb;  /* "PATCH" */
	const char *path;  /* "{name}:export", "{name}/models"; {name} is a resource name */
	const char *items; /* list methods: member of the answer that holds the items */
	bool mutates;      /* changes something upstream: is logged */
	bool idempotent;   /* may be sent again when its fate is unknown */
};

struct service {
	const char *id;           /* "vertex": first directory of the tree */
	const char *title;        /* "Vertex AI" */
	const char *api;          /* "aiplatform.googleapis.com": metrics, user.modelfs.resource */
	const char *host;         /* "{location}-aiplatform.googleapis.com" */
	const char *override_env; /* "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM" */
	const char *const *versions; /* {"v1", "v1beta1", NULL}; the first is the default */
	const struct message *model;
	const struct message *version; /* Vertex: == model */
	const struct message *evaluation;
	const char *model_file;   /* "model.json" */
	const char *version_file; /* "model.json" (Vertex), "version.json" (ml) */
	const struct method *methods;
	size_t method_count;
};

extern const struct service service_vertex;
extern const struct service service_automl;
extern const struct service service_ml;
extern const struct service *const services[]; /* NULL-terminated, in the order of the tree */

const struct service *service_by_id(const char *id);
const struct method *service_method(const struct service *s, const char *id);

/* The URL path of a method: "/v1/projects/p/locations/l/models/m%402:export",
 * each segment of `name` percent-encoded.  0 or -errno (errors of out). */
int service_path(const struct method *m, const char *api_version, const char *name,
		 struct buf *out);

#endif
