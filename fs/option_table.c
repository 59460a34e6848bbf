/* SPDX-License-Identifier: MIT */
#include "fs/option_table.h"

#include <grp.h>
#include <pwd.h>

#include "api/client/client.h"
#include "fs/mountinfo.h"

#define SECONDS_MAX (30u * 24 * 3600)
#define CACHE_MIN   ((size_t)1 << 20)

const char option_no_memory[] = "out of memory";

/* ---- values ---- */

int options_seconds(const char *text, unsigned *ms)
{
	uint64_t whole = 0, part = 0, unit = 100;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		whole = whole * 10 + (uint64_t)(*p - '0');
		if (whole > SECONDS_MAX)
			return -ERANGE;
	}
	if (p == text)
		return -EINVAL;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			part += unit * (uint64_t)(*p - '0');
	}
	if (*p == 's' && p[1] == '\0')
		p++;
	if (*p != '\0')
		return -EINVAL;
	*ms = (unsigned)(whole * 1000 + part);
	return 0;
}

int options_size(const char *text, size_t *out)
{
	static const char units[] = "KMGT";
	const char *unit;
	size_t n = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, (size_t)10, &n) ||
		    __builtin_add_overflow(n, (size_t)(*p - '0'), &n))
			return -ERANGE;
	if (p == text)
		return -EINVAL;
	unit = *p != '\0' ? strchr(units, *p & ~0x20) : NULL;
	if (unit != NULL) {
		size_t factor = (size_t)1 << (10 * (unit - units + 1));

		if (__builtin_mul_overflow(n, factor, &n))
			return -ERANGE;
		p++;
		if (streq(p, "iB") || streq(p, "B"))
			p += strlen(p);
	}
	if (*p != '\0')
		return -EINVAL;
	*out = n;
	return 0;
}

static int whole_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return *end != '\0' ? -EINVAL : errno != 0 || *out > max ? -ERANGE : 0;
}

static const char *set_text(char **slot, char *fresh)
{
	if (fresh == NULL)
		return option_no_memory;
	free(*slot);
	*slot = fresh;
	return NULL;
}

static const char *set_path(char **slot, const char *value)
{
	if (value[0] == '\0')
		return "not a path";
	return set_text(slot, path_absolute(value));
}

const char *option_set_endpoint(struct options *o, const char *value)
{
	_cleanup_free_ char *text = NULL;
	struct endpoint parsed = {0};
	const char *why = NULL;
	int err;

	if (starts_with(value, "unix:") && value[5] != '\0') {
		_cleanup_free_ char *path = path_absolute(value + 5);

		text = path != NULL ? str_format("unix:%s", path) : NULL;
	} else {
		text = strdup(value);
	}
	if (text == NULL)
		return option_no_memory;
	if (!streq(text, "local")) {
		err = endpoint_parse(text, &parsed, &why);
		if (err < 0)
			return err == -ENOMEM ? option_no_memory
			       : why != NULL  ? why
					      : "neither local, google, https://HOST nor unix:PATH";
		endpoint_free(&parsed);
	}
	return set_text(&o->config->endpoint, take_ptr(text));
}

const char *option_set_data(struct options *o, const char *value)
{
	return set_path(&o->config->data, value);
}

const char *option_set_registry_log(struct options *o, const char *value)
{
	return set_path(&o->config->registry_log, value);
}

/* Both become one component of a path and of a URL. */
static const char *add_name(struct string_list *l, const char *value)
{
	if (value[0] == '\0' || strlen(value) > 255 || value[0] == '.' ||
	    value[strcspn(value, "/?#% \t\n")] != '\0')
		return "not a name";
	for (size_t i = 0; i < l->count; i++)
		if (streq(l->items[i], value))
			return NULL;
	return string_list_add(l, value) < 0 ? option_no_memory : NULL;
}

const char *option_set_project(struct options *o, const char *value)
{
	return add_name(&o->config->projects, value);
}

const char *option_set_location(struct options *o, const char *value)
{
	return add_name(&o->config->locations, value);
}

static const char *set_seconds(unsigned *ms, const char *value)
{
	switch (options_seconds(value, ms)) {
	case 0:
		return NULL;
	case -ERANGE:
		return "more than 30 days";
	default:
		return "not a number of seconds";
	}
}

static const char *set_ttl(struct options *o, const char *value)
{
	return set_seconds(&o->config->ttl_ms, value);
}

static const char *set_stale(struct options *o, const char *value)
{
	return set_seconds(&o->config->stale_ms, value);
}

static const char *set_timeout(struct options *o, const char *value)
{
	unsigned ms = 0;
	const char *why = set_seconds(&ms, value);

	if (why == NULL && ms < 100)
		why = "too short (0.1 seconds at least)";
	if (why == NULL)
		o->config->timeout_ms = ms;
	return why;
}

static const char *set_retry(struct options *o, const char *value)
{
	unsigned ms = 0;
	const char *why = set_seconds(&ms, value);

	o->config->retry_s = (ms + 999) / 1000;
	return why;
}

static const char *set_qps(struct options *o, const char *value)
{
	unsigned long n;

	if (whole_number(value, 1000000, &n) < 0)
		return "not a whole number from 0 to 1000000";
	o->config->qps = (unsigned)n;
	return NULL;
}

static const char *set_cache(struct options *o, const char *value)
{
	size_t n;

	switch (options_size(value, &n)) {
	case 0:
		break;
	case -ERANGE:
		return "too large";
	default:
		return "not a size such as 64M";
	}
	if (n < CACHE_MIN)
		return "too small (1M at least)";
	o->config->cache_size = n;
	return NULL;
}

static const char *set_api_version(struct options *o, const char *value)
{
	if (!streq(value, "v1") && !streq(value, "v1beta1"))
		return "neither v1 nor v1beta1";
	return set_text(&o->config->api_version, strdup(value));
}

static const char *set_ro(struct options *o, const char *value _unused_)
{
	o->config->ro = true;
	return NULL;
}

static const char *set_rw(struct options *o, const char *value _unused_)
{
	o->config->ro = false;
	return NULL;
}

static const char *set_allow_other(struct options *o, const char *value _unused_)
{
	o->config->allow_other = true;
	return NULL;
}

static const char *set_uid(struct options *o, const char *value)
{
	struct passwd *pw;
	unsigned long n;

	if (whole_number(value, (uid_t)-2, &n) == 0) {
		o->config->uid = (uid_t)n;
	} else {
		pw = getpwnam(value);
		if (pw == NULL)
			return "no such user";
		o->config->uid = pw->pw_uid;
	}
	o->config->has_uid = true;
	return NULL;
}

static const char *set_gid(struct options *o, const char *value)
{
	struct group *gr;
	unsigned long n;

	if (whole_number(value, (gid_t)-2, &n) == 0) {
		o->config->gid = (gid_t)n;
	} else {
		gr = getgrnam(value);
		if (gr == NULL)
			return "no such group";
		o->config->gid = gr->gr_gid;
	}
	o->config->has_gid = true;
	return NULL;
}

static const char *set_umask(struct options *o, const char *value)
{
	char *end;
	unsigned long n = strtoul(value, &end, 8);

	if (*value < '0' || *value > '7' || *end != '\0' || n > 0777)
		return "not an octal number up to 777";
	o->config->umask_bits = (mode_t)n;
	return NULL;
}

/* ---- the table ---- */

static const struct option_row rows[] = {
	{"endpoint", OPT_VALUE, 0, option_set_endpoint,
	 "=local|google|https://HOST|unix:PATH   where requests go (local)"},
	{"data", OPT_VALUE, 0, option_set_data, "=DIR   data directory of the local registry"},
	{"project", OPT_VALUE, 0, option_set_project, "=ID   a project to list; may be repeated"},
	{"location", OPT_VALUE, 0, option_set_location,
	 "=ID   a location to list; may be repeated"},
	{"ttl", OPT_VALUE, 0, set_ttl, "=S   how long an answer counts as current (10)"},
	{"stale", OPT_VALUE, 0, set_stale, "=S   how old it may be during an outage (300)"},
	{"timeout", OPT_VALUE, 0, set_timeout, "=S   deadline of a request (10)"},
	{"qps", OPT_VALUE, 0, set_qps, "=N   requests per second at most (0: no limit)"},
	{"cache", OPT_VALUE, 0, set_cache, "=SIZE   memory for what is known (256M)"},
	{"api-version", OPT_VALUE, 0, set_api_version, "=v1|v1beta1   of Vertex AI (v1)"},
	{"registry-log", OPT_VALUE, 0, option_set_registry_log,
	 "=FILE   access log of the local registry"},
	{"retry", OPT_VALUE, 0, set_retry, "=S   repeat what may pass for so long (0)"},
	{"ro", OPT_FLAG, 0, set_ro, "   read only"},
	{"rw", OPT_FLAG, 0, set_rw, NULL},
	{"allow_other", OPT_FLAG, 0, set_allow_other, "   other users may look, too"},
	{"uid", OPT_VALUE, 0, set_uid, "=USER   owner of the files (you)"},
	{"gid", OPT_VALUE, 0, set_gid, "=GROUP   group of the files (yours)"},
	{"umask", OPT_VALUE, 0, set_umask, "=OCTAL   permissions taken away (0)"},

	{"suid", OPT_PASSED, GROUP_SUID, NULL, NULL},
	{"nosuid", OPT_PASSED, GROUP_SUID, NULL, NULL},
	{"dev", OPT_PASSED, GROUP_DEV, NULL, NULL},
	{"nodev", OPT_PASSED, GROUP_DEV, NULL, NULL},
	{"exec", OPT_PASSED, GROUP_EXEC, NULL, NULL},
	{"noexec", OPT_PASSED, GROUP_EXEC, NULL, NULL},
	{"sync", OPT_PASSED, GROUP_SYNC, NULL, NULL},
	{"async", OPT_PASSED, GROUP_SYNC, NULL, NULL},
	{"dirsync", OPT_PASSED, GROUP_DIRSYNC, NULL, NULL},
	{"noatime", OPT_PASSED, GROUP_ATIME, NULL, NULL},
	{"auto_unmount", OPT_PASSED, GROUP_UNMOUNT, NULL, NULL},
	{"context", OPT_PASSED_V, 0, NULL, NULL},
	{"fscontext", OPT_PASSED_V, 0, NULL, NULL},
	{"defcontext", OPT_PASSED_V, 0, NULL, NULL},
	{"rootcontext", OPT_PASSED_V, 0, NULL, NULL},

	{"defaults", OPT_IGNORED, 0, NULL, NULL},
	{"default_permissions", OPT_IGNORED, 0, NULL, NULL},
	{"nonempty", OPT_IGNORED, 0, NULL, NULL},
	{"atime", OPT_IGNORED, 0, NULL, NULL},
	{"diratime", OPT_IGNORED, 0, NULL, NULL},
	{"nodiratime", OPT_IGNORED, 0, NULL, NULL},
	{"relatime", OPT_IGNORED, 0, NULL, NULL},
	{"norelatime", OPT_IGNORED, 0, NULL, NULL},
	{"strictatime", OPT_IGNORED, 0, NULL, NULL},
	{"nostrictatime", OPT_IGNORED, 0, NULL, NULL},
	{"lazytime", OPT_IGNORED, 0, NULL, NULL},
	{"nolazytime", OPT_IGNORED, 0, NULL, NULL},
	{"iversion", OPT_IGNORED, 0, NULL, NULL},
	{"noiversion", OPT_IGNORED, 0, NULL, NULL},
	{"mand", OPT_IGNORED, 0, NULL, NULL},
	{"nomand", OPT_IGNORED, 0, NULL, NULL},
	{"symfollow", OPT_IGNORED, 0, NULL, NULL},
	{"silent", OPT_IGNORED, 0, NULL, NULL},
	{"loud", OPT_IGNORED, 0, NULL, NULL},
	{"auto", OPT_IGNORED, 0, NULL, NULL},
	{"noauto", OPT_IGNORED, 0, NULL, NULL},
	{"nofail", OPT_IGNORED, 0, NULL, NULL},
	{"_netdev", OPT_IGNORED, 0, NULL, NULL},
	{"user", OPT_MAYBE, 0, NULL, NULL},
	{"nouser", OPT_IGNORED, 0, NULL, NULL},
	{"users", OPT_IGNORED, 0, NULL, NULL},
	{"nousers", OPT_IGNORED, 0, NULL, NULL},
	{"owner", OPT_IGNORED, 0, NULL, NULL},
	{"noowner", OPT_IGNORED, 0, NULL, NULL},
	{"group", OPT_IGNORED, 0, NULL, NULL},
	{"nogroup", OPT_IGNORED, 0, NULL, NULL},
	{"comment", OPT_MAYBE, 0, NULL, NULL},
	{"helper", OPT_MAYBE, 0, NULL, NULL},
	{"uhelper", OPT_MAYBE, 0, NULL, NULL},
	{"fsname", OPT_MAYBE, 0, NULL, NULL},
	{"subtype", OPT_MAYBE, 0, NULL, NULL},
	{"x-*", OPT_MAYBE, 0, NULL, NULL},
	{"X-*", OPT_MAYBE, 0, NULL, NULL},

	{"remount", OPT_REFUSED, 0, NULL, "cannot be done: unmount first"},
	{"nosymfollow", OPT_REFUSED, 0, NULL, "would make the tree useless: it lives on symlinks"},
};

const struct option_row *option_row(size_t index)
{
	return index < ARRAY_SIZE(rows) ? &rows[index] : NULL;
}

const struct option_row *option_find(const char *name, size_t *index)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].name);

		if (streq(rows[i].name, name) ||
		    (rows[i].name[n - 1] == '*' && strncmp(name, rows[i].name, n - 1) == 0)) {
			*index = i;
			return &rows[i];
		}
	}
	return NULL;
}

int options_help(struct buf *out)
{
	for (size_t i = 0; i < OPTION_OURS; i++) {
		const char *gap, *help = rows[i].help;

		if (help == NULL)
			continue;
		gap = strstr(help, "   ");
		buf_printf(out, "  %s%.*s%*s%s\n", rows[i].name, (int)(gap - help), help,
			   (int)(26 - strlen(rows[i].name) - (size_t)(gap - help)) > 1
				   ? (int)(26 - strlen(rows[i].name) - (size_t)(gap - help))
				   : 2,
			   "", gap + 3);
	}
	return out->err;
}
