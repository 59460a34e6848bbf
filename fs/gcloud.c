/* SPDX-License-Identifier: MIT */
#include "fs/gcloud.h"

#include <ctype.h>
#include <stdio.h>

static void close_file(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
}

/* Cut blanks at both ends, in place. */
static char *trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

char *gcloud_ini_get(const char *file, const char *section, const char *key)
{
	_cleanup_(close_file) FILE *f = fopen(file, "re");
	bool inside = false;
	char line[4096];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *s = trim(line), *value;
		size_t n = strlen(s);

		if (n > 1 && s[0] == '[' && s[n - 1] == ']') {
			s[n - 1] = '\0';
			inside = streq(trim(s + 1), section);
			continue;
		}
		value = strchr(s, '=');
		if (!inside || value == NULL || s[0] == '#' || s[0] == ';')
			continue;
		*value++ = '\0';
		value = trim(value);
		if (streq(trim(s), key) && value[0] != '\0')
			return strdup(value);
	}
	return NULL;
}

static const char *env_text(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && v[0] != '\0' ? v : NULL;
}

static char *config_dir(void)
{
	const char *dir = env_text("CLOUDSDK_CONFIG");
	const char *home = env_text("HOME");

	if (dir != NULL)
		return strdup(dir);
	return home != NULL ? str_format("%s/.config/gcloud", home) : NULL;
}

static char *active_name(const char *dir)
{
	_cleanup_free_ char *path = str_format("%s/active_config", dir);
	_cleanup_(close_file) FILE *f = NULL;
	char line[256];

	if (env_text("CLOUDSDK_ACTIVE_CONFIG_NAME") != NULL)
		return strdup(env_text("CLOUDSDK_ACTIVE_CONFIG_NAME"));
	f = path != NULL ? fopen(path, "re") : NULL;
	if (f != NULL && fgets(line, sizeof(line), f) != NULL && trim(line)[0] != '\0')
		return strdup(trim(line));
	return strdup("default");
}

static char *property(const char *section, const char *key)
{
	_cleanup_free_ char *dir = config_dir();
	_cleanup_free_ char *name = dir != NULL ? active_name(dir) : NULL;
	_cleanup_free_ char *path = NULL;

	if (name == NULL || strchr(name, '/') != NULL)
		return NULL;
	path = str_format("%s/configurations/config_%s", dir, name);
	return path != NULL ? gcloud_ini_get(path, section, key) : NULL;
}

char *gcloud_project(void)
{
	const char *v = env_text("CLOUDSDK_CORE_PROJECT");

	if (v == NULL)
		v = env_text("GOOGLE_CLOUD_PROJECT");
	return v != NULL ? strdup(v) : property("core", "project");
}

char *gcloud_location(void)
{
	const char *v = env_text("CLOUDSDK_AI_REGION");

	if (v == NULL)
		v = env_text("CLOUDSDK_AI_PLATFORM_REGION");
	return v != NULL ? strdup(v) : property("ai", "region");
}
