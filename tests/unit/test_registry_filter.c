/* SPDX-License-Identifier: MIT */
/* The registry's list filters: grammar, precedence, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/registry/filter.h"

static const struct filter_field fields[] = {
	{"model", "id", FILTER_TEXT, FILTER_EQ | FILTER_NE},
	{"displayName", "name", FILTER_TEXT, FILTER_EQ | FILTER_NE},
	{"labels", "L(@)", FILTER_MAP, FILTER_EQ | FILTER_NE | FILTER_HAS},
	{"done", "done", FILTER_BOOL, FILTER_EQ | FILTER_NE},
	{"createTime", "ct", FILTER_TIME, FILTER_ORDER},
};

static void gives(const char *text, const char *sql, const char *first_value)
{
	_cleanup_filter_ struct filter f = FILTER_INIT;
	_cleanup_buf_ struct buf why = BUF_INIT;

	assert_int_equal(filter_parse(text, fields, ARRAY_SIZE(fields), &f, &why), 0);
	assert_string_equal(buf_str(&f.sql), sql);
	if (first_value)
		assert_string_equal(f.values[0], first_value);
}

static void refused(const char *text, const char *part_of_why)
{
	_cleanup_filter_ struct filter f = FILTER_INIT;
	_cleanup_buf_ struct buf why = BUF_INIT;

	assert_int_equal(filter_parse(text, fields, ARRAY_SIZE(fields), &f, &why), -EINVAL);
	assert_non_null(strstr(buf_str(&why), part_of_why));
}

static void empty_filter_takes_all(void **state _unused_)
{
	gives("", "1", NULL);
	gives("  ", "1", NULL);
}

static void values_are_bound_never_pasted(void **state _unused_)
{
	gives("model=1234", "(coalesce(id = ?40,0))", "1234");
	gives("displayName=\"it's; DROP \\\"x\\\"\"", "(coalesce(name = ?40,0))",
	      "it's; DROP \"x\"");
	gives("display_name != 'a b'", "(coalesce(name != ?40,0))", "a b");
}

static void or_binds_tighter_than_and(void **state _unused_)
{
	gives("model=a AND model=b OR model=c",
	      "(coalesce(id = ?40,0)) AND (coalesce(id = ?41,0) OR coalesce(id = ?42,0))", "a");
	gives("model=a model=b", "(coalesce(id = ?40,0)) AND (coalesce(id = ?41,0))", "a");
	gives("-model=a", "(NOT coalesce(id = ?40,0))", "a");
	gives("NOT (model=a)", "(NOT ((coalesce(id = ?40,0))))", "a");
}

static void labels_are_a_map(void **state _unused_)
{
	gives("labels.env=prod", "(coalesce(L(?40) = ?41,0))", "env");
	gives("labels.\"a key\":*", "(coalesce(L(?40) IS NOT NULL,0))", "a key");
	gives("labels:my-key", "(coalesce(L(?40) IS NOT NULL,0))", "my-key");
	refused("labels=x", "needs a key");
}

static void star_is_a_wildcard(void **state _unused_)
{
	gives("displayName=\"a[b]?*\"", "(coalesce(name GLOB ?40,0))", "a[[]b][?]*");
}

static void other_types(void **state _unused_)
{
	gives("done=true", "(coalesce(done = 1,0))", NULL);
	gives("create_time>=1970-01-01T00:00:01Z", "(coalesce(ct >= 1000000,0))", NULL);
	refused("done=maybe", "neither true nor false");
	refused("createTime>now", "RFC 3339");
}

static void mistakes_are_told(void **state _unused_)
{
	refused("foo=1", "'foo' cannot be filtered on");
	refused("model>1", "does not support '>'");
	refused("model=", "a value must follow");
	refused("(model=a", "')' is missing");
	refused("model=a)", "')' without '('");
	refused("model.x=a", "has no members");
	refused("\"a\"", "a field name is expected");
	refused("displayName=\"a", "a value must follow");
}

static void depth_and_size_are_bounded(void **state _unused_)
{
	_cleanup_buf_ struct buf deep = BUF_INIT, wide = BUF_INIT;

	for (int i = 0; i < FILTER_DEPTH_MAX + 1; i++)
		buf_putc(&deep, '(');
	refused(buf_str(&deep), "nested too deeply");
	for (int i = 0; i < FILTER_VALUES_MAX + 1; i++)
		buf_puts(&wide, "model=a ");
	refused(buf_str(&wide), "too many values");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_filter_takes_all),
		cmocka_unit_test(values_are_bound_never_pasted),
		cmocka_unit_test(or_binds_tighter_than_and),
		cmocka_unit_test(labels_are_a_map),
		cmocka_unit_test(star_is_a_wildcard),
		cmocka_unit_test(other_types),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(depth_and_size_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
