/* SPDX-License-Identifier: MIT */
/* Reading /proc/self/mountinfo, and paths that are compared with it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "fs/mountinfo.h"

static const char plain[] = "36 35 0:58 / /mnt rw,nosuid,nodev,relatime shared:1 master:2 - "
			    "fuse.modelfs vertex/projects/p rw,user_id=1000,group_id=100";

static void a_line_has_its_fields(void **state _unused_)
{
	struct mountinfo m;
	uid_t owner = 0;

	assert_int_equal(mountinfo_parse(plain, &m), 0);
	assert_int_equal(m.id, 36);
	assert_int_equal(m.parent, 35);
	assert_int_equal(m.major, 0);
	assert_int_equal(m.minor, 58);
	assert_string_equal(m.mountpoint, "/mnt");
	assert_string_equal(m.type, "fuse.modelfs");
	assert_string_equal(m.source, "vertex/projects/p");
	assert_string_equal(m.super_options, "rw,user_id=1000,group_id=100");
	assert_true(mountinfo_is_ours(&m));
	assert_true(mountinfo_owner(&m, &owner));
	assert_int_equal(owner, 1000);
	mountinfo_free(&m);
}

static void escapes_are_undone(void **state _unused_)
{
	struct mountinfo m;

	assert_int_equal(
		mountinfo_parse("1 1 0:1 / /a\\040b\\011c\\012d\\134e\\043f rw - t s\\040t", &m),
		0);
	assert_string_equal(m.mountpoint, "/a b\tc\nd\\e#f");
	assert_string_equal(m.source, "s t");
	assert_string_equal(m.super_options, "");
	mountinfo_free(&m);
	/* a lone backslash is nobody's escape */
	assert_int_equal(mountinfo_parse("1 1 0:1 / /a\\04 rw - t s rw", &m), 0);
	assert_string_equal(m.mountpoint, "/a\\04");
	mountinfo_free(&m);
}

static void optional_fields_may_be_none_or_many(void **state _unused_)
{
	struct mountinfo m;
	uid_t owner;

	assert_int_equal(mountinfo_parse("1 2 3:4 / /x rw - ext4 /dev/sda rw", &m), 0);
	assert_string_equal(m.type, "ext4");
	assert_int_equal(m.major, 3);
	assert_false(mountinfo_is_ours(&m));
	assert_false(mountinfo_owner(&m, &owner));
	mountinfo_free(&m);
	assert_int_equal(mountinfo_parse("1 2 3:4 / /x rw a:1 b:2 c:3 d - tmpfs none rw", &m), 0);
	assert_string_equal(m.type, "tmpfs");
	mountinfo_free(&m);
	/* an empty source is an empty word */
	assert_int_equal(mountinfo_parse("1 2 3:4 / /x rw - tmpfs  rw,size=1k", &m), 0);
	assert_string_equal(m.source, "");
	assert_string_equal(m.super_options, "rw,size=1k");
	mountinfo_free(&m);
}

static void what_is_no_line_is_refused(void **state _unused_)
{
	static const char *const bad[] = {
		"",
		"36 35 0:58 / /mnt rw",
		"36 35 0:58 / /mnt rw -",
		"36 35 0:58 / /mnt rw - type",
		"36 35 x:y / /mnt rw - type source rw",
		"36 35 0:58 / mnt rw - type source rw",
		"- - - - - - - - -",
	};
	struct mountinfo m;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(mountinfo_parse(bad[i], &m), -EINVAL);
}

static struct mountinfo_table table_of(const char *text)
{
	struct mountinfo_table t;
	char path[] = "/tmp/test_mountinfo.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	assert_int_equal(mountinfo_read(path, &t), 0);
	unlink(path);
	return t;
}

static void the_topmost_and_the_containing_mount_are_found(void **state _unused_)
{
	_cleanup_mountinfo_ struct mountinfo_table t =
		table_of("1 0 8:1 / / rw - ext4 root rw\n"
			 "2 1 0:9 / /m rw - tmpfs lower rw\n"
			 "3 2 0:10 / /m rw - fuse.modelfs upper rw\n"
			 "nonsense\n"
			 "4 3 0:11 / /m/sub rw - tmpfs sub rw\n");

	assert_int_equal(t.count, 4);
	assert_string_equal(mountinfo_at(&t, "/m")->source, "upper");
	assert_null(mountinfo_at(&t, "/m/"));
	assert_null(mountinfo_at(&t, "/mm"));
	assert_string_equal(mountinfo_containing(&t, "/m/f")->source, "upper");
	assert_string_equal(mountinfo_containing(&t, "/m")->source, "upper");
	assert_string_equal(mountinfo_containing(&t, "/m/sub/f")->source, "sub");
	assert_string_equal(mountinfo_containing(&t, "/m/submarine")->source, "upper");
	assert_string_equal(mountinfo_containing(&t, "/mm")->source, "root");
	assert_string_equal(mountinfo_containing(&t, "/")->source, "root");
}

static void a_missing_table_says_so(void **state _unused_)
{
	struct mountinfo_table t;

	assert_int_equal(mountinfo_read("/nonexistent/mountinfo", &t), -ENOENT);
}

static void expect_absolute(const char *path, const char *want)
{
	_cleanup_free_ char *got = path_absolute(path);

	assert_non_null(got);
	assert_string_equal(got, want);
}

static void paths_become_absolute_without_asking_the_disk(void **state _unused_)
{
	assert_int_equal(chdir("/usr"), 0);
	expect_absolute("/a//b/./c/", "/a/b/c");
	expect_absolute("/", "/");
	expect_absolute("/./", "/");
	expect_absolute("x/y", "/usr/x/y");
	expect_absolute(".", "/usr");
	expect_absolute("", "/usr");
	/* a symlink may bend it: not ours to cut */
	expect_absolute("/a/../b", "/a/../b");
	expect_absolute("/...", "/...");
}

static void a_mount_point_is_resolved_through_links(void **state _unused_)
{
	char dir[] = "/tmp/test_mountinfo.XXXXXX";
	char path[128], link[64];
	char *got = NULL;

	assert_non_null(mkdtemp(dir));
	snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink(dir, link), 0);
	assert_int_equal(mountpoint_resolve(link, &got), 0);
	assert_string_equal(got, dir);
	free(take_ptr(got));
	snprintf(path, sizeof(path), "%s/none", link);
	assert_int_equal(mountpoint_resolve(path, &got), -ENOENT);
	assert_int_equal(mountpoint_resolve("", &got), -ENOENT);
	/* mounted ones are taken as they stand */
	assert_int_equal(mountpoint_resolve("/proc/", &got), 0);
	assert_string_equal(got, "/proc");
	free(got);
	unlink(link);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_its_fields),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(optional_fields_may_be_none_or_many),
		cmocka_unit_test(what_is_no_line_is_refused),
		cmocka_unit_test(the_topmost_and_the_containing_mount_are_found),
		cmocka_unit_test(a_missing_table_says_so),
		cmocka_unit_test(paths_become_absolute_without_asking_the_disk),
		cmocka_unit_test(a_mount_point_is_resolved_through_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
