/* SPDX-License-Identifier: MIT */
#include "fs/keep.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "api/log.h"

static char *state_dir(void)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (xdg && xdg[0] == '/')
		return str_format("%s/modelfs", xdg);
	if (home && home[0] == '/')
		return str_format("%s/.local/state/modelfs", home);
	return strdup("/var/lib/modelfs/state");
}

static int make_parents(char *path)
{
	for (char *c = path + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (mkdir(path, 0700) && errno != EEXIST) {
			*c = '/';
			return -errno;
		}
		*c = '/';
	}
	return 0;
}

static int write_whole(const char *path, const char *text, size_t len)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

static void keep_one(struct node *dir, const struct local *l)
{
	_cleanup_free_ char *base = state_dir();
	_cleanup_free_ char *path = NULL;
	_cleanup_buf_ struct buf name = BUF_INIT;
	char when[32];
	int err;

	node_path(dir, &name);
	buf_printf(&name, "/%s", l->name);
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] == '/')
			name.data[i] = '_';
	time_format(wall_ns(), 6, when);
	path = base ? str_format("%s/%s.%s.rejected", base, when, buf_str(&name)) : NULL;
	if (!path)
		return;
	err = make_parents(path);
	if (!err)
		err = write_whole(path, l->rejected, l->rejected_len);
	if (err)
		log_error("a refused text of %s could not be kept at %s: %s", buf_str(&name), path,
			  strerror(-err));
	else
		log_notice("a refused text of %s was kept at %s", buf_str(&name), path);
}

static void keep_below(struct node *n)
{
	for (struct local *l = n->locals; l; l = l->next)
		if (l->rejected)
			keep_one(n, l);
	for (struct node *c = n->children; c; c = c->sib_next)
		keep_below(c);
}

void keep_rejected(struct mount *m)
{
	keep_below(m->tree->root);
}
