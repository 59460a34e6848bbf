/* SPDX-License-Identifier: MIT */
#include "fs/probe.h"

#include <sysexits.h>

#include "api/resource.h"

struct probe {
	struct mount *m;
	bool lenient; /* any answer but a refusal will do */
	int code;
	char *text;
};

static const struct method projects_search = {
	.id = "projects.search", .verb = "GET", .path = "", .idempotent = true};

static int exit_code(const struct api_error *e)
{
	switch (e->err) {
	case EKEYEXPIRED:
	case EACCES:
		return EX_NOPERM;
	case ENOENT:
		return EX_NOINPUT;
	case ENOMEM:
		return EX_OSERR;
	default:
		return EX_UNAVAILABLE;
	}
}

static void probe_ended(void *ctx, struct answer *a)
{
	struct probe *p = ctx;
	const struct api_error *e = &a->error;

	if (e->err && !(p->lenient && (e->http == 404 || e->http == 501))) {
		p->code = exit_code(e);
		p->text = str_format("%s: %s", p->m->config->endpoint,
				     e->message ? e->message : strerror(e->err));
	}
	loop_stop(p->m->loop, 0);
}

/* What to ask: the deepest thing that SOURCE or the configuration names. */
static int probe_options(struct mount *m, struct call_options *o, struct resource *r, char **name)
{
	const char *slash = strchr(m->root_path, '/');
	_cleanup_free_ char *source = strdup(slash ? slash + 1 : "");
	char *models;

	if (!source)
		return -ENOMEM;
	models = ends_with(source, "/models") ? source + strlen(source) - 7 : NULL;
	if (models)
		*models = '\0';
	if (!*source || resource_parse(source, r)) {
		if (!m->config->projects.count)
			return 0;
		*name = str_format("projects/%s", m->config->projects.items[0]);
		o->method = service_method(o->service, "locations.list");
		return *name ? 0 : -ENOMEM;
	}
	*name = take_ptr(source);
	o->method =
		service_method(o->service, r->kind == RES_MODEL                ? "models.get"
					   : r->kind == RES_LOCATION || models ? "models.list"
									       : "locations.list");
	if (r->kind != RES_MODEL)
		o->query = "pageSize=1";
	return 0;
}

int probe_service(struct mount *m, char **text)
{
	struct probe p = {.m = m};
	struct call_options o = CALL_OPTIONS_INIT;
	_cleanup_resource_ struct resource r = {0};
	_cleanup_free_ char *service = NULL, *name = NULL;
	int err;

	service = strndup(m->root_path, strcspn(m->root_path, "/"));
	o.service = service && *service ? service_by_id(service) : services[0];
	o.api_version = m->config->api_version;
	if (!client_signed_in(m->client)) {
		*text = strdup("not signed in: set CLOUDSDK_AUTH_ACCESS_TOKEN, for example to "
			       "$(gcloud auth print-access-token)");
		return EX_NOPERM;
	}
	err = probe_options(m, &o, &r, &name);
	if (!err && !o.method) {
		if (m->endpoint.kind == ENDPOINT_GOOGLE)
			return 0; /* nothing is named that could be asked for */
		o.method = &projects_search;
		o.url_path = "/v3/projects:search";
		p.lenient = true;
	}
	o.name = name;
	if (!err)
		err = client_call(m->client, &o, probe_ended, &p, NULL);
	if (!err)
		err = loop_run(m->loop);
	if (err) {
		*text = str_format("%s: %s", m->config->endpoint, strerror(-err));
		return EX_OSERR;
	}
	*text = p.text;
	return p.code;
}
