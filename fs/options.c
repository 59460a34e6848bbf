/* SPDX-License-Identifier: MIT */
#include "fs/options.h"

#include <stdio.h>

#include "fs/gcloud.h"
#include "fs/local.h"
#include "fs/mount.h"
#include "fs/mountinfo.h"
#include "fs/option_table.h"

/* ---- applying ---- */

static int complain(char **why, const char *origin, const char *item, const char *text)
{
	*why = str_format("%soption %s: %s", origin, item, text);
	return text == option_no_memory ? -ENOMEM : -EINVAL;
}

static const char *apply_ours(struct options *o, size_t index, const char *value)
{
	const struct option_row *row = option_row(index);
	uint64_t bit = UINT64_C(1) << index;
	bool first = !(o->layer & bit);

	/* A list given on the command line replaces the one of the environment. */
	if (first && row->set == option_set_project)
		string_list_free(&o->config->projects);
	if (first && row->set == option_set_location)
		string_list_free(&o->config->locations);
	o->layer |= bit;
	if (o->command_line)
		o->given |= bit;
	return row->set(o, value);
}

static int apply_one(struct options *o, char *item, const char *origin, char **why)
{
	_cleanup_free_ char *whole = strdup(item);
	char *value = strchr(item, '=');
	const struct option_row *row;
	const char *text = NULL;
	size_t index = 0;

	if (whole == NULL)
		return complain(why, origin, item, option_no_memory);
	if (value != NULL)
		*value++ = '\0';
	row = option_find(item, &index);
	if (row == NULL) {
		if (o->sloppy)
			return 0;
		*why = str_format("%sunknown option '%s'", origin, item);
		return -EINVAL;
	}
	switch (row->kind) {
	case OPT_VALUE:
	case OPT_PASSED_V:
		if (value == NULL)
			return complain(why, origin, whole, "needs a value");
		break;
	case OPT_FLAG:
	case OPT_IGNORED:
	case OPT_PASSED:
		if (value != NULL)
			return complain(why, origin, whole, "takes no value");
		break;
	case OPT_REFUSED:
		return complain(why, origin, whole, row->help);
	case OPT_MAYBE:
		return 0;
	}
	if (row->kind == OPT_PASSED)
		o->flags[row->group] = row->name;
	if (row->kind == OPT_PASSED_V && string_list_add(&o->extra, whole) < 0)
		text = option_no_memory;
	if (row->set != NULL)
		text = apply_ours(o, index, value);
	return text == NULL ? 0 : complain(why, origin, whole, text);
}

/* Cut the next item off: "\," and "\\" stand for themselves, quotes protect
 * commas and go (mount(8)). */
static char *next_item(char **rest)
{
	char *start = *rest, *from = start, *to = start;
	bool quoted = false;

	if (start == NULL)
		return NULL;
	for (; *from != '\0' && (quoted || *from != ','); from++) {
		if (*from == '"') {
			quoted = !quoted;
			continue;
		}
		if (*from == '\\' && (from[1] == ',' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	*rest = *from == ',' ? from + 1 : NULL;
	*to = '\0';
	return start;
}

int options_apply(struct options *o, const char *text, const char *origin, char **why)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *item;
	int err;

	if (copy == NULL)
		return complain(why, origin, text, option_no_memory);
	while ((item = next_item(&rest)) != NULL) {
		if (item[0] == '\0')
			continue;
		err = apply_one(o, item, origin, why);
		if (err < 0)
			return err;
	}
	return 0;
}

/* ---- first and last ---- */

int options_begin(struct options *o, struct config *c, char **why)
{
	const char *text = getenv("MODELFS_OPTIONS");
	const char *endpoint = getenv("MODELFS_ENDPOINT");
	const char *wrong;
	int err;

	*o = (struct options){.config = c};
	c->ttl_ms = 10 * 1000;
	c->stale_ms = 300 * 1000;
	c->timeout_ms = 10 * 1000;
	c->cache_size = (size_t)256 << 20;
	c->uid = geteuid();
	c->gid = getegid();
	/* Nothing in the tree is a program or a device; suid and dev undo it for root. */
	o->flags[GROUP_SUID] = "nosuid";
	o->flags[GROUP_DEV] = "nodev";
	if (option_set_endpoint(o, "local") != NULL)
		return complain(why, "", "endpoint", option_no_memory);
	if (text != NULL) {
		err = options_apply(o, text, "MODELFS_OPTIONS: ", why);
		if (err < 0)
			return err;
	}
	if (endpoint != NULL && endpoint[0] != '\0') {
		wrong = option_set_endpoint(o, endpoint);
		if (wrong != NULL) {
			*why = str_format("MODELFS_ENDPOINT=%s: %s", endpoint, wrong);
			return wrong == option_no_memory ? -ENOMEM : -EINVAL;
		}
	}
	o->layer = 0;
	o->command_line = true;
	return 0;
}

void options_free(struct options *o)
{
	string_list_free(&o->extra);
}

char *options_source(const char *text)
{
	static const char *const all[] = {"", "none", "modelfs"};
	_cleanup_free_ char *clean = NULL;
	_cleanup_free_ char *rooted = str_format("/%s", text);

	clean = rooted != NULL ? path_absolute(rooted) : NULL;
	if (clean == NULL || strstr(clean, "/../") != NULL || ends_with(clean, "/.."))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (streq(clean + 1, all[i]))
			return strdup("");
	return strdup(clean + 1);
}

/* An item of a comma-separated list. */
static void add_item(struct buf *out, const char *key, const char *value)
{
	if (out->len > 0)
		buf_putc(out, ',');
	buf_puts(out, key);
	if (value == NULL)
		return;
	if (key[0] != '\0')
		buf_putc(out, '=');
	for (; *value != '\0'; value++) {
		if (*value == ',' || *value == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
}

static void add_seconds(struct buf *out, const char *key, unsigned ms, unsigned usual)
{
	char text[32];

	if (ms == usual)
		return;
	snprintf(text, sizeof(text), "%u.%03u", ms / 1000, ms % 1000);
	if (ms % 1000 == 0)
		text[strlen(text) - 4] = '\0';
	add_item(out, key, text);
}

static void add_number(struct buf *out, const char *key, const char *format, uint64_t n)
{
	char text[32];

	snprintf(text, sizeof(text), streq(format, "o") ? "%03lo" : "%lu", (unsigned long)n);
	add_item(out, key, text);
}

static int fuse_text(const struct options *o, struct buf *out)
{
	for (size_t i = 0; i < OPTION_GROUPS; i++) {
		/* fusermount3 complains about these two when a user asks */
		bool roots = i == GROUP_SUID || i == GROUP_DEV;

		if (o->flags[i] != NULL &&
		    (!roots || starts_with(o->flags[i], "no") || geteuid() == 0))
			add_item(out, o->flags[i], NULL);
	}
	for (size_t i = 0; i < o->extra.count; i++)
		add_item(out, "", o->extra.items[i]);
	return out->err;
}

/* What was asked for, in one fixed order, so that two mounts compare. */
static int canonical_text(const struct config *c, struct buf *out)
{
	add_item(out, "endpoint", c->endpoint);
	if (c->data != NULL)
		add_item(out, "data", c->data);
	for (size_t i = 0; i < c->projects.count; i++)
		add_item(out, "project", c->projects.items[i]);
	for (size_t i = 0; i < c->locations.count; i++)
		add_item(out, "location", c->locations.items[i]);
	add_seconds(out, "ttl", c->ttl_ms, 10000);
	add_seconds(out, "stale", c->stale_ms, 300000);
	add_seconds(out, "timeout", c->timeout_ms, 10000);
	if (c->qps > 0)
		add_number(out, "qps", "u", c->qps);
	if (c->cache_size != (size_t)256 << 20)
		add_number(out, "cache", "u", c->cache_size);
	if (c->api_version != NULL)
		add_item(out, "api-version", c->api_version);
	if (c->registry_log != NULL)
		add_item(out, "registry-log", c->registry_log);
	add_item(out, c->ro ? "ro" : "rw", NULL);
	if (c->allow_other)
		add_item(out, "allow_other", NULL);
	if (c->has_uid)
		add_number(out, "uid", "u", c->uid);
	if (c->has_gid)
		add_number(out, "gid", "u", c->gid);
	if (c->umask_bits != 0)
		add_number(out, "umask", "o", c->umask_bits);
	if (c->fuse_options[0] != '\0') {
		buf_putc(out, ',');
		buf_puts(out, c->fuse_options);
	}
	return out->err;
}

/* Only a local registry has a data directory and an access log. */
static int finish_endpoint(struct options *o, char **why)
{
	struct config *c = o->config;

	if (streq(c->endpoint, "local")) {
		if (c->data == NULL)
			c->data = local_default_data();
		return c->data != NULL ? 0 : complain(why, "", "data", option_no_memory);
	}
	for (size_t i = 0; i < OPTION_OURS; i++)
		if ((o->given & UINT64_C(1) << i) != 0 &&
		    (option_row(i)->set == option_set_data ||
		     option_row(i)->set == option_set_registry_log)) {
			*why = str_format("option %s= is for endpoint=local, not for endpoint=%s",
					  option_row(i)->name, c->endpoint);
			return -EINVAL;
		}
	free(take_ptr(c->data));
	free(take_ptr(c->registry_log));
	if (streq(c->endpoint, "google")) {
		_cleanup_free_ char *project = c->projects.count == 0 ? gcloud_project() : NULL;
		_cleanup_free_ char *location = c->locations.count == 0 ? gcloud_location() : NULL;

		if (project != NULL && option_set_project(o, project) == option_no_memory)
			return complain(why, "", "project", option_no_memory);
		if (location != NULL && option_set_location(o, location) == option_no_memory)
			return complain(why, "", "location", option_no_memory);
	}
	return 0;
}

static int finish_source(struct config *c, const char *source, char **why)
{
	c->source = options_source(source != NULL ? source : "");
	if (c->source != NULL && mount_source_check(c->source) == 0)
		return 0;
	*why = str_format("'%s' cannot be mounted: SOURCE is the root, a service (vertex, automl, "
			  "ml), or a project, location, 'models' or one model below it, such as "
			  "vertex/projects/P/locations/L/models",
			  source);
	return -EINVAL;
}

int options_finish(struct options *o, const char *source, const char *mountpoint, char **why)
{
	_cleanup_buf_ struct buf fuse = BUF_INIT, text = BUF_INIT;
	struct config *c = o->config;
	int err = finish_source(c, source, why);

	if (err == 0)
		err = finish_endpoint(o, why);
	if (err < 0)
		return err;
	err = mountpoint_resolve(mountpoint, &c->mountpoint);
	if (err < 0) {
		*why = str_format("%s: %s", mountpoint, strerror(-err));
		return err == -EINVAL ? -ENOENT : err;
	}
	if (fuse_text(o, &fuse) == 0)
		c->fuse_options = buf_take(&fuse);
	if (c->fuse_options != NULL && canonical_text(c, &text) == 0)
		c->option_text = buf_take(&text);
	if (c->option_text == NULL) {
		*why = strdup(option_no_memory);
		return -ENOMEM;
	}
	return 0;
}
