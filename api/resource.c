/* SPDX-License-Identifier: MIT */
#include "api/resource.h"

/* Which collection may follow which, and what its segment is. */
static const struct step {
	const char *collection;
	unsigned after; /* kinds, as bits */
	enum resource_kind kind;
	size_t slot; /* offset of the pointer in struct resource */
} steps[] = {
#define BELOW(k) (1u << (k))
#define SLOT(m)  offsetof(struct resource, m)
	{"locations", BELOW(RES_PROJECT), RES_LOCATION, SLOT(location)},
	{"models", BELOW(RES_PROJECT) | BELOW(RES_LOCATION), RES_MODEL, SLOT(model)},
	{"versions", BELOW(RES_MODEL), RES_VERSION, SLOT(version)},
	{"evaluations", BELOW(RES_MODEL), RES_EVALUATION, SLOT(evaluation)},
	{"modelEvaluations", BELOW(RES_MODEL), RES_EVALUATION, SLOT(evaluation)},
	{"operations",
	 BELOW(RES_PROJECT) | BELOW(RES_LOCATION) | BELOW(RES_MODEL) | BELOW(RES_VERSION) |
		 BELOW(RES_EVALUATION),
	 RES_OPERATION, SLOT(operation)},
};

static bool good_segment(const char *s)
{
	if (!*s || streq(s, ".") || streq(s, ".."))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

/* A colon begins a verb ("models/m:export"); only the project of a domain
 * ("example.com:project") has one of its own. */
static bool good_colon(const struct resource *r, const char *segment)
{
	const char *colon = strchr(segment, ':');

	if (!colon)
		return true;
	return segment == r->project && memchr(segment, '.', (size_t)(colon - segment)) &&
	       colon[1] && !strchr(colon + 1, ':');
}

static int take_step(struct resource *r, const char *collection, char *segment)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (!streq(steps[i].collection, collection) || !(steps[i].after & BELOW(r->kind)))
			continue;
		*(char **)((char *)r + steps[i].slot) = segment;
		r->kind = steps[i].kind;
		return 0;
	}
	return -EINVAL;
}

/* "m@3" to model and version. */
static int split_version(struct resource *r)
{
	char *at = r->model ? strchr(r->model, '@') : NULL;

	if (!at)
		return 0;
	if (at == r->model || !at[1] || strchr(at + 1, '@') || r->version)
		return -EINVAL;
	*at = '\0';
	r->version = at + 1;
	return 0;
}

static int parse_segments(struct resource *r, char *rest)
{
	bool first = true;
	int e = 0;

	while (rest && !e) {
		char *collection = strsep(&rest, "/"), *segment = strsep(&rest, "/");

		if (!segment || !good_segment(segment))
			return -EINVAL;
		if (first) {
			if (!streq(collection, "projects"))
				return -EINVAL;
			r->project = segment;
			r->kind = RES_PROJECT;
			first = false;
		} else {
			e = take_step(r, collection, segment);
		}
		if (!e && !good_colon(r, segment))
			return -EINVAL;
	}
	return e ? e : split_version(r);
}

int resource_parse(const char *name, struct resource *out)
{
	struct resource r = {.memory = strdup(name)};
	int e;

	*out = (struct resource){0};
	if (!r.memory)
		return -ENOMEM;
	e = parse_segments(&r, r.memory);
	if (e) {
		resource_free(&r);
		return e;
	}
	*out = r;
	return 0;
}

void resource_free(struct resource *r)
{
	free(r->memory);
	*r = (struct resource){0};
}

const char *resource_id(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

char *resource_place(const char *name)
{
	const char *model = strstr(name, "/models/");

	return model ? strndup(name, (size_t)(model - name)) : strdup(name);
}

static bool in_class(char c, const char *extra)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr(extra, c));
}

bool resource_vertex_model_id(const char *id)
{
	size_t n = 0;

	if (!((*id >= 'a' && *id <= 'z') || *id == '_'))
		return false;
	while (in_class(id[n], "_-"))
		n++;
	return !id[n] && n <= 63;
}

bool resource_vertex_alias(const char *alias)
{
	static const char upper[] = "-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n = 0;

	if (*alias < 'a' || *alias > 'z')
		return false;
	while (in_class(alias[n], upper))
		n++;
	return !alias[n] && n >= 2 && n <= 128 && in_class(alias[n - 1], "-");
}

static bool good_bucket(const char *bucket)
{
	size_t n = 0;

	while (in_class(bucket[n], "-_."))
		n++;
	return n > 0 && n <= 222 && !bucket[n] && in_class(bucket[0], "") &&
	       in_class(bucket[n - 1], "") && !strstr(bucket, "..");
}

int resource_gs_uri(const char *uri, char **memory, const char **bucket, const char **object)
{
	_cleanup_free_ char *copy = NULL;
	char *rest;

	*memory = NULL;
	if (!starts_with(uri, "gs://"))
		return -EINVAL;
	for (const char *p = uri; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return -EINVAL;
	copy = strdup(uri + 5);
	if (!copy)
		return -ENOMEM;
	rest = strchrnul(copy, '/');
	*object = *rest ? rest + 1 : rest;
	*rest = '\0';
	if (!good_bucket(copy))
		return -EINVAL;
	*bucket = copy;
	*memory = take_ptr(copy);
	return 0;
}
