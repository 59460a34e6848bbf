/* SPDX-License-Identifier: MIT */
#include "api/service.h"

const struct service *const services[] = {&service_vertex, &service_automl, &service_ml, NULL};

const struct service *service_by_id(const char *id)
{
	for (size_t i = 0; services[i]; i++)
		if (streq(services[i]->id, id))
			return services[i];
	return NULL;
}

const struct method *service_method(const struct service *s, const char *id)
{
	for (size_t i = 0; i < s->method_count; i++)
		if (streq(s->methods[i].id, id))
			return &s->methods[i];
	return NULL;
}

int service_path(const struct method *m, const char *api_version, const char *name, struct buf *out)
{
	static const char mark[] = "{name}";
	const char *at = strstr(m->path, mark);

	buf_printf(out, "/%s/", api_version);
	buf_add(out, m->path, (size_t)(at - m->path));
	/* The slashes between the segments stay, all else is escaped. */
	buf_percent(out, name, "/");
	return buf_puts(out, at + sizeof(mark) - 1);
}
