/* SPDX-License-Identifier: MIT */
#include "fs/config.h"

int string_list_add(struct string_list *l, const char *s)
{
	char **items = reallocarray(l->items, l->count + 1, sizeof(*items));

	if (items == NULL)
		return -ENOMEM;
	l->items = items;
	items[l->count] = strdup(s);
	if (items[l->count] == NULL)
		return -ENOMEM;
	l->count++;
	return 0;
}

void string_list_free(struct string_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i]);
	free(l->items);
	*l = (struct string_list){NULL, 0};
}

void config_free(struct config *c)
{
	free(c->source);
	free(c->mountpoint);
	free(c->endpoint);
	free(c->data);
	free(c->registry_log);
	string_list_free(&c->projects);
	string_list_free(&c->locations);
	free(c->api_version);
	free(c->fuse_options);
	free(c->option_text);
	*c = (struct config){0};
}
