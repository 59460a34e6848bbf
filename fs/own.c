/* SPDX-License-Identifier: MIT */
#include "fs/own.h"

#include "api/resource.h"
#include "fs/cache.h"

static struct object *of_model(const struct own_change *w, struct collection **versions)
{
	struct collection *models;

	*versions = NULL;
	if (cache_model(w->m, w->service, w->model, &models, versions))
		return NULL;
	return collection_find(models, resource_id(w->model));
}

/* Vertex's two levels show through each other: a version's fields are also the
 * model's while it is the default, the model's are all its versions'. */
static bool shows_in_model(const struct own_change *w, struct object *model)
{
	return !w->version || (w->service == &service_vertex &&
			       json_is(json_get(object_json(model), "versionId"), w->version));
}

static bool shows_in_version(const struct own_change *w, const struct object *o)
{
	return w->version ? streq(o->id, w->version) : w->service == &service_vertex;
}

void own_begin(const struct own_change *w)
{
	struct collection *versions;
	struct object *o = of_model(w, &versions);

	if (o)
		object_own_begin(o, shows_in_model(w, o) ? w->fields : NULL, w->values,
				 w->version != NULL);
	for (o = versions ? collection_next(versions, 0) : NULL; o;
	     o = collection_next(versions, o->seq))
		object_own_begin(o, shows_in_version(w, o) ? w->fields : NULL, w->values,
				 w->version == NULL);
}

void own_end(const struct own_change *w, bool accepted, struct json answer)
{
	struct collection *versions;
	struct object *o = of_model(w, &versions);

	if (o)
		object_own_end(o, accepted, answer);
	for (o = versions ? collection_next(versions, 0) : NULL; o;
	     o = collection_next(versions, o->seq))
		object_own_end(o, accepted, answer);
}
