/* SPDX-License-Identifier: MIT */
/*
 * Where the files of AI Platform's versions lie: below <data>/artifacts/ml/ by
 * their resource name, with the project's id; its number is a symlink to that,
 * so that either name leads there.
 */
#include <fcntl.h>
#include <stdio.h>

#include "api/registry/bucket.h"
#include "api/registry/ml.h"

static int project_id(struct txn *t, int64_t number, struct buf *out)
{
	int r = 0;
	sqlite3_stmt *s = store_stmt(t, "SELECT id FROM projects WHERE number = ?1", &r);

	if (!s)
		return r;
	r = store_bind(s, "i", number);
	if (r == 0)
		r = store_step(s);
	if (r == 1)
		buf_puts(out, store_text(s, 0));
	sqlite3_reset(s);
	return r < 0 ? r : r == 0 ? -ENOENT : out->err;
}

static int link_number(struct registry *reg, const char *id, int64_t number)
{
	_cleanup_close_ int dir = -1;
	char name[24];
	int r;

	snprintf(name, sizeof(name), "%lld", (long long)number);
	if (streq(name, id))
		return 0;
	r = bucket_open_at(reg->artifacts_fd, "ml/projects", O_RDONLY | O_DIRECTORY, &dir);
	if (r == 0 && symlinkat(id, dir, name) < 0 && errno != EEXIST)
		r = -errno;
	return r;
}

int ml_artifacts_open(struct registry *reg, struct txn *t, int64_t project, const char *model,
		      bool create, int *fd)
{
	_cleanup_buf_ struct buf id = BUF_INIT, path = BUF_INIT;
	int r = project_id(t, project, &id);

	if (r < 0)
		return r;
	buf_printf(&path, "ml/projects/%s/models/%s/versions", buf_str(&id), model);
	if (path.err)
		return path.err;
	if (!create)
		return bucket_open_at(reg->artifacts_fd, buf_str(&path), O_RDONLY | O_DIRECTORY,
				      fd);
	r = bucket_make_dirs(reg->artifacts_fd, buf_str(&path), fd);
	return r < 0 ? r : link_number(reg, buf_str(&id), project);
}

void ml_artifacts_forget(struct registry *reg, struct txn *t, int64_t project, const char *model)
{
	_cleanup_buf_ struct buf id = BUF_INIT, path = BUF_INIT;
	_cleanup_close_ int dir = -1;

	if (project_id(t, project, &id) < 0 ||
	    buf_printf(&path, "ml/projects/%s/models", buf_str(&id)) < 0)
		return;
	if (bucket_open_at(reg->artifacts_fd, buf_str(&path), O_RDONLY | O_DIRECTORY, &dir) == 0)
		bucket_remove_tree(dir, model);
}
