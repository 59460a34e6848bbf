/* SPDX-License-Identifier: MIT */
/* Which files `modelfs import` takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fs/import_private.h"

static char dir[64];

static void shell(const char *command)
{
	char text[512];

	snprintf(text, sizeof(text), "cd %s && { %s; }", dir, command);
	assert_int_equal(system(text), 0);
}

static int begin(void **state _unused_)
{
	strcpy(dir, "/tmp/modelfs-test-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state _unused_)
{
	shell("rm -rf d out");
	return rmdir(dir);
}

static int walk(const char *what, struct import_files *f, char *why, size_t size)
{
	_cleanup_free_ char *words = NULL;
	char path[128];
	int r;

	snprintf(path, sizeof(path), "%s/%s", dir, what);
	r = import_walk(path, f, &words);
	snprintf(why, size, "%s", words ? words : "");
	return r;
}

static void a_directory_is_taken_whole_and_sorted(void **state _unused_)
{
	static const char *const names[] = {".hidden", "B", "a", "link", "s/deep/y", "s/x"};
	struct import_files f = {0};
	char why[256];

	shell("mkdir -p d/s/deep d/none; echo 12 >d/a; : >d/B; echo >d/s/x; echo >d/s/deep/y; "
	      "echo >d/.hidden; ln -s s/x d/link");
	for (int slash = 0; slash < 2; slash++) {
		assert_int_equal(walk(slash ? "d/" : "d", &f, why, sizeof(why)), 0);
		assert_int_equal(f.count, ARRAY_SIZE(names));
		for (size_t i = 0; i < f.count; i++)
			assert_string_equal(f.items[i].name, names[i]);
		assert_int_equal(f.bytes, 7);
		import_files_free(&f);
	}
}

static void a_file_bears_its_own_name(void **state _unused_)
{
	struct import_files f = {0};
	char why[256];

	shell("mkdir -p d out; echo 12 >out/f; ln -s ../out/f d/l; ln -s ../out d/dir");
	assert_int_equal(walk("out/f", &f, why, sizeof(why)), 0);
	assert_string_equal(f.items[0].name, "f");
	import_files_free(&f);
	/* What the command line names is followed, wherever it leads. */
	assert_int_equal(walk("d/l", &f, why, sizeof(why)), 0);
	assert_string_equal(f.items[0].name, "l");
	import_files_free(&f);
	assert_int_equal(walk("d/dir", &f, why, sizeof(why)), 0);
	assert_string_equal(f.items[0].name, "f");
	import_files_free(&f);
}

static void what_can_not_be_copied_is_refused_by_name(void **state _unused_)
{
	static const struct {
		const char *make, *words;
	} cases[] = {
		{"mkdir -p d/empty", "holds no files"},
		{"mkdir d; ln -s /etc/passwd d/x", "/x: a link that leads out"},
		{"mkdir d; ln -s nothing d/x", "/x: a link that leads nowhere"},
		{"mkdir d; ln -s x d/x", "/x: a link that leads nowhere"},
		{"mkdir -p d/s out; echo >out/f; ln -s ../../out/f d/s/x",
		 "/s/x: a link that leads out"},
		{"mkdir -p d/s; ln -s s d/x", "/x: a link to what is no regular file"},
		{"mkdir -p dd d; echo >dd/f; ln -s ../dd/f d/x; ls dd >/dev/null", "leads out"},
		{"mkdir d; mkfifo d/x", "/x: neither a regular file"},
		{"mkdir d; : >\"d/$(printf 'a\\nb')\"", "control character"},
		{"mkdir d; : >\"d/$(printf 'a\\377b')\"", "not UTF-8"},
		{":", "No such file"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct import_files f = {0};
		char why[256];

		shell(cases[i].make);
		assert_true(walk("d", &f, why, sizeof(why)) < 0);
		if (!strstr(why, cases[i].words))
			fail_msg("\"%s\" says \"%s\"", cases[i].make, why);
		import_files_free(&f);
		shell("rm -rf d dd out");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_directory_is_taken_whole_and_sorted, begin, end),
		cmocka_unit_test_setup_teardown(a_file_bears_its_own_name, begin, end),
		cmocka_unit_test_setup_teardown(what_can_not_be_copied_is_refused_by_name, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
