/* SPDX-License-Identifier: MIT */
/* An export was asked for, and nobody knows whether it was started: what the
 * operations of the model say of it (contract section 4). */
#include "fs/commit_private.h"

#include "api/resource.h"
#include "fs/layout.h"
#include "fs/operations.h"

/* How much older than our request an operation may seem: clocks differ. */
#define CLOCK_SKEW_NS (5 * NSEC_PER_SEC)

static bool is_export(struct json operation)
{
	_cleanup_free_ char *type = json_strdup(json_path(operation, "metadata.@type"));

	return type && (ends_with(type, "ExportModelOperationMetadata") ||
			json_present(json_path(operation, "metadata.exportModelDetails")));
}

static bool is_recent(struct json operation, uint64_t since_ns)
{
	_cleanup_free_ char *when =
		json_strdup(json_path(operation, "metadata.genericMetadata.createTime"));
	uint64_t ns = 0;

	if (!when)
		when = json_strdup(json_path(operation, "metadata.createTime"));
	return when && !time_parse(when, &ns) && ns + CLOCK_SKEW_NS >= since_ns;
}

/* What is told of the output lies where the request wanted it; what is not told
 * speaks for nothing. */
static bool goes_there(struct json operation, struct json request)
{
	static const struct {
		const char *told, *wanted;
	} places[] = {
		{"metadata.outputInfo.artifactOutputUri",
		 "outputConfig.artifactDestination.outputUriPrefix"},
		{"metadata.outputInfo.imageOutputUri", "outputConfig.imageDestination.outputUri"},
		{"metadata.exportModelDetails.outputInfo.gcsOutputDirectory",
		 "outputConfig.gcsDestination.outputUriPrefix"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *told = json_strdup(json_path(operation, places[i].told));
		_cleanup_free_ char *wanted = json_strdup(json_path(request, places[i].wanted));

		if (told && !starts_with(told, wanted ? wanted : " "))
			return false;
	}
	return true;
}

int commit_settle_export(struct judging *g, struct local *l)
{
	struct node *model = node_model(g->n);
	_cleanup_free_ char *place = resource_place(model->res);
	_cleanup_json_ struct json_doc *asked = NULL;
	struct collection *c;
	int rc = cache_collection(g->r->m, g->n->service, COLL_OPERATIONS, model->res, &c);

	/* What was listed before tells nothing. */
	if (!rc)
		rc = cache_list_now(c, g->r);
	if (rc)
		return rc;
	if (!place ||
	    (l->unknown_body && json_parse(l->unknown_body, strlen(l->unknown_body), &asked, NULL)))
		return -ENOMEM;
	l->unknown = false;
	for (struct object *o = collection_next(c, 0); o; o = collection_next(c, o->seq)) {
		const struct op_record *op = operations_find(g->r->m, place, o->id);
		struct json operation = object_json(o);

		if ((op && op->order) || !is_export(operation) ||
		    !is_recent(operation, l->unknown_wall_ns) ||
		    (asked && !goes_there(operation, json_root(asked))))
			continue;
		operations_started(g->r->m, g->n->service, "models.export", operation, model->res,
				   node_version(g->n), l->unknown_body, o->fetched_ns);
		if (l->unknown_body && g->out.body && streq(l->unknown_body, g->out.body))
			g->out.no_change = true; /* that was this very save */
		break;
	}
	return 0;
}
