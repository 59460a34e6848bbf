/* SPDX-License-Identifier: MIT */
/* Buckets: names, and that no object name leads out of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "api/registry/bucket.h"
#include "api/registry/export.h"

struct place {
	char dir[64];
	struct registry reg;
	int bucket;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	snprintf(p->dir, sizeof(p->dir), "/tmp/test-registry-XXXXXX");
	if (!mkdtemp(p->dir))
		return -1;
	p->reg.buckets_fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = p;
	return bucket_open(&p->reg, "bkt", true, &p->bucket);
}

static int tear_down(void **state)
{
	struct place *p = *state;

	close(p->bucket);
	bucket_remove_tree(p->reg.buckets_fd, "bkt");
	close(p->reg.buckets_fd);
	rmdir(p->dir);
	free(p);
	return 0;
}

static void put(struct place *p, const char *path, const char *text)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = slash ? strndup(path, (size_t)(slash - path)) : strdup("");
	_cleanup_close_ int dir = -1, fd = -1;

	assert_int_equal(bucket_make_dirs(p->bucket, parent, &dir), 0);
	fd = openat(dir, slash ? slash + 1 : path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void bucket_names(void **state _unused_)
{
	static const char *const good[] = {"abc", "a-b_c.d", "0bucket9"};
	static const char *const bad[] = {"",     "ab",  "Abc", "-ab", "ab-",
					  "a..b", "a/b", "..",  ".ab"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(bucket_name_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(bucket_name_valid(bad[i]));
}

static void object_names(void **state _unused_)
{
	static const char *const bad[] = {"",   "/a",   "a/",   "a//b",       ".",
					  "..", "a/..", "../a", ".modelfs-x", "a/.modelfs-y/b"};

	assert_int_equal(bucket_object_check("a/b c/\xc3\xbc.txt"), 0);
	assert_int_equal(bucket_object_check("..a/.b"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(bucket_object_check(bad[i]), -EINVAL);
}

static void the_kernel_keeps_paths_inside(void **state)
{
	struct place *p = *state;
	int fd = -1;

	assert_int_equal(symlinkat("/etc", p->bucket, "link"), 0);
	assert_int_equal(bucket_open_at(p->bucket, "../..", O_RDONLY, &fd), -EXDEV);
	assert_int_equal(bucket_open_at(p->bucket, "/etc/passwd", O_RDONLY, &fd), -EXDEV);
	assert_int_equal(bucket_open_at(p->bucket, "link/passwd", O_RDONLY, &fd), -ELOOP);
	assert_int_equal(bucket_open_at(p->bucket, "link", O_RDONLY, &fd), -ELOOP);
}

static void walks_are_sorted_and_skip_what_is_ours(void **state)
{
	struct place *p = *state;
	_cleanup_bucket_files_ struct bucket_files files = {0};

	put(p, "b/2", "x");
	put(p, "b/1", "xy");
	put(p, "a", "");
	put(p, ".modelfs-upload-1", "x");
	put(p, "b/.modelfs-export-1/1", "x");
	assert_int_equal(bucket_walk(p->bucket, &files), 0);
	assert_int_equal(files.count, 3);
	assert_string_equal(files.files[0].path, "a");
	assert_string_equal(files.files[1].path, "b/1");
	assert_int_equal(files.files[1].size, 2);
	assert_string_equal(files.files[2].path, "b/2");
}

static void artifacts_are_a_directory_or_a_file(void **state)
{
	struct place *p = *state;
	_cleanup_bucket_files_ struct bucket_files one = {0}, all = {0}, none = {0};
	int fd = -1;

	put(p, "m/v/1", "x");
	put(p, "m/2", "x");
	assert_int_equal(bucket_artifacts(&p->reg, "gs://bkt/m/", &fd, &all), 0);
	assert_int_equal(all.count, 2);
	close(fd);
	assert_int_equal(bucket_artifacts(&p->reg, "gs://bkt/m/v/1", &fd, &one), 0);
	assert_int_equal(one.count, 1);
	assert_string_equal(one.files[0].path, "1");
	close(fd);
	assert_int_equal(bucket_artifacts(&p->reg, "gs://bkt/nothing", &fd, &none), -ENOENT);
	assert_int_equal(bucket_artifacts(&p->reg, "gs://other/x", &fd, &none), -ENOENT);
	assert_int_equal(bucket_artifacts(&p->reg, "http://x", &fd, &none), -EINVAL);
}

static void formats_are_told_from_files(void **state)
{
	struct place *p = *state;
	_cleanup_bucket_files_ struct bucket_files files = {0};
	_cleanup_buf_ struct buf out = BUF_INIT;
	bool keep[16];

	put(p, "a.tflite", "x");
	put(p, "b_edgetpu.tflite", "x");
	put(p, "js/model.json", "{\"weightsManifest\":[]}");
	put(p, "js/group1-shard1of1.bin", "x");
	put(p, "other/model.json", "{}");
	put(p, "sm/saved_model.pb", "x");
	put(p, "sm/variables/v.index", "x");
	assert_int_equal(bucket_walk(p->bucket, &files), 0);
	assert_int_equal(formats_print(p->bucket, &files, true, false, &out), 0);
	assert_string_equal(buf_str(&out),
			    "[{\"id\":\"tflite\",\"exportableContents\":[\"ARTIFACT\"]},"
			    "{\"id\":\"edgetpu-tflite\",\"exportableContents\":[\"ARTIFACT\"]},"
			    "{\"id\":\"tf-saved-model\",\"exportableContents\":[\"ARTIFACT\"]},"
			    "{\"id\":\"tf-js\",\"exportableContents\":[\"ARTIFACT\"]},"
			    "{\"id\":\"custom-trained\",\"exportableContents\":[\"ARTIFACT\"]}]");
	assert_int_equal(formats_select(p->bucket, &files, "tf-saved-model", keep), 0);
	for (size_t i = 0; i < files.count; i++)
		assert_int_equal(keep[i], starts_with(files.files[i].path, "sm/"));
	assert_int_equal(formats_select(p->bucket, &files, "tf-js", keep), 0);
	for (size_t i = 0; i < files.count; i++)
		assert_int_equal(keep[i], starts_with(files.files[i].path, "js/"));
	assert_int_equal(formats_select(p->bucket, &files, "core-ml", keep), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bucket_names),
		cmocka_unit_test(object_names),
		cmocka_unit_test_setup_teardown(the_kernel_keeps_paths_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(walks_are_sorted_and_skip_what_is_ours, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(artifacts_are_a_directory_or_a_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(formats_are_told_from_files, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
