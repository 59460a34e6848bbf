/* SPDX-License-Identifier: MIT */
/* Where an export goes: the prefix that is asked for, the directory it gets. */
#include <ctype.h>
#include <fcntl.h>

#include "api/registry/export.h"
#include "api/resource.h"

#define URI_MAX 2000

int export_check_prefix(struct request *rq, const char *field, struct json v, char **out)
{
	_cleanup_free_ char *memory = NULL, *prefix = json_strdup(v);
	const char *bucket, *object;
	size_t len;

	if (!prefix || !*prefix)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "The output URI prefix is required.");
	len = strlen(prefix);
	if (len > URI_MAX)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "The output URI prefix has more than %d characters.", URI_MAX);
	while (len && prefix[len - 1] == '/')
		prefix[--len] = '\0';
	if (resource_gs_uri(prefix, &memory, &bucket, &object) < 0 || !bucket_name_valid(bucket))
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "'%s' is no gs://BUCKET/DIRECTORY.", prefix);
	if (!*object)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "'%s' is a bare bucket: a directory in it is needed.", prefix);
	if (bucket_object_check(object) < 0)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "'%s' cannot be a directory here.", prefix);
	*out = take_ptr(prefix);
	return 0;
}

int export_reserve(struct registry *reg, struct txn *t, const char *prefix,
		   const char *display_name, int64_t now, struct buf *output)
{
	_cleanup_buf_ struct buf safe = BUF_INIT;
	size_t n = 0;

	for (const char *p = display_name; *p && n < 200; p++, n++)
		buf_putc(&safe, isalnum((unsigned char)*p) || strchr("._-", *p) ? *p : '_');
	if (safe.err)
		return safe.err;
	for (uint64_t ms = (uint64_t)now / 1000;; ms++) {
		_cleanup_free_ char *memory = NULL;
		_cleanup_close_ int bucket_fd = -1, found = -1;
		const char *bucket, *object;
		char time[32];
		int r;

		time_format(ms * NSEC_PER_MSEC, 3, time);
		buf_reset(output);
		buf_printf(output, "%s/model-export-%s-%s", prefix, buf_str(&safe), time);
		if (output->err)
			return output->err;
		r = store_int(t, NULL, "SELECT 1 FROM operations WHERE output = ?1", "t",
			      buf_str(output));
		if (r < 0)
			return r;
		if (r == 1)
			continue;
		r = resource_gs_uri(buf_str(output), &memory, &bucket, &object);
		if (r < 0)
			return r;
		if (bucket_open(reg, bucket, false, &bucket_fd) < 0 ||
		    bucket_open_at(bucket_fd, object, O_PATH, &found) < 0)
			return 0;
	}
}
