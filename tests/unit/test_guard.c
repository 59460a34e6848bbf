/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "fs/guard.h"

#define MINUTE (60 * NSEC_PER_SEC)
#define T0     (1000 * NSEC_PER_SEC)

static int setup(void **state)
{
	struct guard *g;

	if (guard_new(&g))
		return -1;
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	guard_free(*state);
	return 0;
}

static void nothing_speaks_against_a_plain_rmdir(void **state)
{
	struct guard *g = *state;

	assert_int_equal(guard_check(g, "models/m/versions/3", T0), GUARD_NONE);
	assert_int_equal(guard_check(g, "models/m", T0), GUARD_NONE);
	assert_int_equal(guard_check(g, "", T0), GUARD_NONE);
}

static void a_refused_removal_guards_what_is_above_for_a_minute(void **state)
{
	struct guard *g = *state;

	guard_refused(g, "models/m/versions/3/createTime", false, T0);
	assert_int_equal(guard_check(g, "models/m/versions/3", T0), GUARD_BELOW);
	assert_int_equal(guard_check(g, "models/m", T0 + MINUTE - 1), GUARD_BELOW);
	assert_int_equal(guard_check(g, "models", T0), GUARD_BELOW);
	assert_int_equal(guard_check(g, "models/m/versions/2", T0), GUARD_NONE);
	assert_int_equal(guard_check(g, "models/mm", T0), GUARD_NONE);
	assert_int_equal(guard_check(g, "models/m", T0 + MINUTE), GUARD_NONE);
}

static void a_refused_directory_guards_what_is_below(void **state)
{
	struct guard *g = *state;

	guard_refused(g, "models/m", true, T0);
	assert_int_equal(guard_check(g, "models/m/versions/2", T0 + 1), GUARD_ABOVE);
	assert_int_equal(guard_check(g, "models/m/operations/7", T0 + 1), GUARD_ABOVE);
	assert_int_equal(guard_check(g, "models/m2/versions/2", T0 + 1), GUARD_NONE);
	/* saying it again of the same one is no tool's doing */
	assert_int_equal(guard_check(g, "models/m", T0 + 1), GUARD_NONE);
	assert_int_equal(guard_check(g, "models/m/versions/2", T0 + MINUTE), GUARD_NONE);
}

static void a_refused_file_guards_nothing_below_it(void **state)
{
	struct guard *g = *state;

	guard_refused(g, "models/m", false, T0);
	assert_int_equal(guard_check(g, "models/m/versions/2", T0), GUARD_NONE);
	assert_int_equal(guard_check(g, "models", T0), GUARD_BELOW);
}

static void what_was_swallowed_counts_until_it_is_replaced(void **state)
{
	struct guard *g = *state;

	guard_swallowed(g, "models/m/versions/3/description", T0);
	guard_swallowed(g, "models/m/displayName", T0);
	assert_int_equal(guard_check(g, "models/m", T0), GUARD_SWALLOWED);
	assert_int_equal(guard_check(g, "models/m/versions/3", T0), GUARD_SWALLOWED);
	assert_int_equal(guard_check(g, "models/m/versions/2", T0), GUARD_NONE);
	guard_replaced(g, "models/m/versions/3/description");
	assert_int_equal(guard_check(g, "models/m/versions/3", T0), GUARD_NONE);
	assert_int_equal(guard_check(g, "models/m", T0), GUARD_SWALLOWED);
	guard_replaced(g, "models/m/displayName");
	assert_int_equal(guard_check(g, "models/m", T0), GUARD_NONE);
	guard_replaced(g, "models/never/seen");
	guard_swallowed(g, "models/m/displayName", T0 + 1);
	assert_int_equal(guard_check(g, "models/m", T0 + MINUTE), GUARD_SWALLOWED);
	assert_int_equal(guard_check(g, "models/m", T0 + MINUTE + 1), GUARD_NONE);
}

static void the_root_is_above_everything(void **state)
{
	struct guard *g = *state;

	guard_refused(g, "m", true, T0);
	assert_int_equal(guard_check(g, "", T0), GUARD_BELOW);
	guard_refused(g, "", true, T0);
	assert_int_equal(guard_check(g, "other/versions/1", T0), GUARD_ABOVE);
}

/* rm -rf of more than fits: everything is guarded, nothing grows. */
static void a_full_guard_errs_on_the_safe_side(void **state)
{
	struct guard *g = *state;
	char path[64];

	for (size_t i = 0; i < GUARD_MAX + 10; i++) {
		snprintf(path, sizeof(path), "models/m%zu/f", i);
		guard_refused(g, path, false, T0);
	}
	assert_int_equal(guard_check(g, "elsewhere/x", T0), GUARD_BELOW);
	assert_int_equal(guard_check(g, "elsewhere/x", T0 + MINUTE), GUARD_NONE);
	/* what is too old makes room */
	guard_refused(g, "models/new/f", false, T0 + 2 * MINUTE);
	assert_int_equal(guard_check(g, "models/new", T0 + 2 * MINUTE), GUARD_BELOW);
	assert_int_equal(guard_check(g, "elsewhere/x", T0 + 2 * MINUTE), GUARD_NONE);
}

static void every_reason_has_words(void **state)
{
	(void)state;
	assert_non_null(guard_words(GUARD_ABOVE));
	assert_non_null(guard_words(GUARD_BELOW));
	assert_non_null(guard_words(GUARD_SWALLOWED));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_speaks_against_a_plain_rmdir),
		TEST(a_refused_removal_guards_what_is_above_for_a_minute),
		TEST(a_refused_directory_guards_what_is_below),
		TEST(a_refused_file_guards_nothing_below_it),
		TEST(what_was_swallowed_counts_until_it_is_replaced),
		TEST(the_root_is_above_everything),
		TEST(a_full_guard_errs_on_the_safe_side),
		TEST(every_reason_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
