/* SPDX-License-Identifier: MIT */
#include "fs/mountinfo.h"

#include <limits.h>
#include <stdio.h>

/* Blanks, newlines and backslashes stand as \ooo (proc(5)). */
static void unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

static char *next_word(char **rest)
{
	char *word;

	do
		word = strsep(rest, " ");
	while (word != NULL && *word == '\0');
	return word;
}

int mountinfo_parse(const char *line, struct mountinfo *out)
{
	struct mountinfo m = {0};
	char *rest, *word, *device = NULL;
	int end = 0;

	m.line = strdup(line);
	if (m.line == NULL)
		return -ENOMEM;
	rest = m.line;
	/* id parent major:minor root mountpoint options [tags …] - type source options */
	for (int field = 0; field < 6 && (word = next_word(&rest)) != NULL; field++) {
		if (field == 0)
			m.id = (unsigned)strtoul(word, NULL, 10);
		else if (field == 1)
			m.parent = (unsigned)strtoul(word, NULL, 10);
		else if (field == 2)
			device = word;
		else if (field == 4)
			m.mountpoint = word;
	}
	while ((word = next_word(&rest)) != NULL && !streq(word, "-"))
		;
	if (word != NULL) {
		m.type = next_word(&rest);
		/* An empty source is an empty word. */
		m.source = strsep(&rest, " ");
		m.super_options = next_word(&rest);
	}
	if (m.mountpoint == NULL || m.mountpoint[0] != '/' || m.type == NULL || m.source == NULL ||
	    sscanf(device, "%u:%u%n", &m.major, &m.minor, &end) != 2 || device[end] != '\0') {
		free(m.line);
		return -EINVAL;
	}
	if (m.super_options == NULL)
		m.super_options = m.source + strlen(m.source); /* "" */
	unescape(m.mountpoint);
	unescape(m.type);
	unescape(m.source);
	*out = m;
	return 0;
}

void mountinfo_free(struct mountinfo *m)
{
	free(m->line);
	*m = (struct mountinfo){0};
}

static void close_file(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
}

int mountinfo_read(const char *file, struct mountinfo_table *out)
{
	_cleanup_(close_file) FILE *f = fopen(file != NULL ? file : "/proc/self/mountinfo", "re");
	_cleanup_mountinfo_ struct mountinfo_table t = {NULL, 0};
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (f == NULL)
		return -errno;
	while ((n = getline(&line, &cap, f)) > 0) {
		struct mountinfo *rows = reallocarray(t.rows, t.count + 1, sizeof(*rows));
		int err;

		if (rows == NULL)
			return -ENOMEM;
		t.rows = rows;
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		err = mountinfo_parse(line, &rows[t.count]);
		if (err == -ENOMEM)
			return err;
		if (err == 0)
			t.count++;
	}
	if (ferror(f))
		return -EIO;
	*out = t;
	t = (struct mountinfo_table){NULL, 0};
	return 0;
}

void mountinfo_table_free(struct mountinfo_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		mountinfo_free(&t->rows[i]);
	free(t->rows);
	*t = (struct mountinfo_table){NULL, 0};
}

const struct mountinfo *mountinfo_at(const struct mountinfo_table *t, const char *path)
{
	const struct mountinfo *found = NULL;

	/* The kernel lists a mount after what it covers. */
	for (size_t i = 0; i < t->count; i++)
		if (streq(t->rows[i].mountpoint, path))
			found = &t->rows[i];
	return found;
}

const struct mountinfo *mountinfo_containing(const struct mountinfo_table *t, const char *path)
{
	const struct mountinfo *found = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < t->count; i++) {
		const char *at = t->rows[i].mountpoint;
		size_t n = strlen(at);

		if (n == 1)
			n = 0; /* "/": every absolute path follows */
		if (strncmp(path, at, n) != 0 || (path[n] != '/' && path[n] != '\0'))
			continue;
		if (found == NULL || n >= longest) {
			found = &t->rows[i];
			longest = n;
		}
	}
	return found;
}

bool mountinfo_is_ours(const struct mountinfo *m)
{
	return streq(m->type, MOUNTINFO_TYPE);
}

bool mountinfo_owner(const struct mountinfo *m, uid_t *out)
{
	const char *p = m->super_options;

	while (p != NULL) {
		if (starts_with(p, "user_id=")) {
			*out = (uid_t)strtoul(p + strlen("user_id="), NULL, 10);
			return true;
		}
		p = strchr(p, ',');
		if (p != NULL)
			p++;
	}
	return false;
}

char *path_absolute(const char *path)
{
	_cleanup_free_ char *cwd = NULL;
	_cleanup_free_ char *whole = NULL;
	char *to, *from;

	if (path[0] == '/') {
		whole = strdup(path);
	} else {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL)
			return NULL;
		whole = str_format("%s/%s", cwd, path);
	}
	if (whole == NULL)
		return NULL;
	to = from = whole;
	while (*from != '\0') {
		size_t n;

		while (*from == '/')
			from++;
		n = strcspn(from, "/");
		if (n == 0)
			break;
		if (n != 1 || from[0] != '.') {
			*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	if (to == whole)
		*to++ = '/';
	*to = '\0';
	return take_ptr(whole);
}

/* The parent's real path and the last component as it stands. */
static int resolve_parent(const char *absolute, char **out)
{
	_cleanup_free_ char *copy = strdup(absolute);
	_cleanup_free_ char *parent = NULL;
	char *slash;

	if (copy == NULL)
		return -ENOMEM;
	slash = strrchr(copy, '/');
	if (slash[1] == '\0' || streq(slash, "/.."))
		return -EINVAL; /* no name of its own: "/" or a path that ends in ".." */
	*slash = '\0';
	parent = realpath(slash == copy ? "/" : copy, NULL);
	if (parent == NULL)
		return -errno;
	*out = str_format("%s/%s", streq(parent, "/") ? "" : parent, slash + 1);
	return *out != NULL ? 0 : -ENOMEM;
}

int mountpoint_resolve(const char *path, char **out)
{
	_cleanup_mountinfo_ struct mountinfo_table table = {NULL, 0};
	_cleanup_free_ char *absolute = path_absolute(path);
	_cleanup_free_ char *near = NULL;
	int err;

	if (absolute == NULL)
		return errno != 0 ? -errno : -ENOMEM;
	if (path[0] == '\0')
		return -ENOENT;
	err = mountinfo_read(NULL, &table);
	if (err < 0)
		return err;
	if (mountinfo_at(&table, absolute) != NULL) {
		*out = take_ptr(absolute);
		return 0;
	}
	err = resolve_parent(absolute, &near);
	if (err < 0 && err != -EINVAL)
		return err;
	if (err == 0 && mountinfo_at(&table, near) != NULL) {
		*out = take_ptr(near);
		return 0;
	}
	*out = realpath(absolute, NULL);
	return *out != NULL ? 0 : -errno;
}
