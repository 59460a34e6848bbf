/* SPDX-License-Identifier: MIT */
/* A model and its versions, which change together. */
#include "fs/cache.h"

#include "api/resource.h"

int cache_model(struct mount *m, const struct service *s, const char *model,
		struct collection **models, struct collection **versions)
{
	_cleanup_free_ char *place = resource_place(model);
	int err = place ? cache_collection(m, s, COLL_MODELS, place, models) : -ENOMEM;

	return err ? err : cache_collection(m, s, COLL_VERSIONS, model, versions);
}

void cache_expire_model(struct mount *m, const struct service *s, const char *model, bool changed)
{
	struct collection *models, *versions;
	struct object *o;

	if (cache_model(m, s, model, &models, &versions))
		return;
	if (changed) {
		cache_expire_object(models, resource_id(model));
		cache_expire(versions);
	} else {
		cache_doubt_object(models, resource_id(model));
		cache_doubt(versions);
	}
	o = collection_find(models, resource_id(model));
	if (o)
		cache_tell_changed(models, o);
}
