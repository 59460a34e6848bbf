/* SPDX-License-Identifier: MIT */
/* api/buf.h and api/util.h, one promise a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "api/buf.h"

static void additions_are_followed_by_a_nul_that_len_does_not_count(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(buf_puts(&b, "one"), 0);
	assert_int_equal(buf_putc(&b, ' '), 0);
	assert_int_equal(buf_printf(&b, "%d%s", 2, "!"), 0);
	assert_int_equal(buf_add(&b, "\0x", 2), 0);
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "one 2!\0x", 9);
}

static void a_long_text_grows_the_buffer(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	assert_int_equal(b.err, 0);
	assert_int_equal(b.len, 100000);
	assert_int_equal(b.data[99999], 'a' + 99999 % 26);
	assert_int_equal(b.data[100000], 0);
}

static void the_maximum_holds_and_the_failure_sticks(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT_MAX(5);

	(void)state;
	assert_int_equal(buf_puts(&b, "12345"), 0);
	assert_int_equal(buf_putc(&b, '6'), -EFBIG);
	assert_int_equal(buf_add(&b, "", 0), -EFBIG);
	assert_int_equal(buf_printf(&b, "%s", ""), -EFBIG);
	assert_string_equal(buf_str(&b), "12345");
	assert_null(buf_take(&b));
	assert_int_equal(b.err, 0);
	assert_int_equal(buf_puts(&b, "again"), 0);
}

static void take_gives_a_string_and_empties(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	char *s = buf_take(&b);

	(void)state;
	assert_string_equal(s, "");
	free(s);
	buf_puts(&b, "text");
	s = buf_take(&b);
	assert_string_equal(s, "text");
	free(s);
	assert_int_equal(b.len, 0);
	assert_null(b.data);
}

static void reset_forgets_content_and_error(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT_MAX(2);

	(void)state;
	buf_puts(&b, "abc");
	assert_int_equal(b.err, -EFBIG);
	buf_reset(&b);
	assert_int_equal(buf_puts(&b, "ab"), 0);
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
}

static void pwrite_fills_holes_with_nuls(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT_MAX(16);

	(void)state;
	assert_int_equal(buf_pwrite(&b, "cd", 2, 4), 0);
	assert_int_equal(buf_pwrite(&b, "a", 1, 0), 0);
	assert_int_equal(buf_pwrite(&b, "", 0, 12), 0);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.data, "a\0\0\0cd", 7);
}

static void a_refused_pwrite_leaves_the_buffer_usable(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT_MAX(4);

	(void)state;
	assert_int_equal(buf_pwrite(&b, "abcd", 4, 0), 0);
	assert_int_equal(buf_pwrite(&b, "e", 1, 4), -EFBIG);
	assert_int_equal(buf_pwrite(&b, "e", 1, SIZE_MAX), -EFBIG);
	assert_int_equal(buf_truncate(&b, 5), -EFBIG);
	assert_string_equal(buf_str(&b), "abcd");
	assert_int_equal(buf_truncate(&b, 1), 0);
	assert_int_equal(buf_puts(&b, "x"), 0);
	assert_string_equal(buf_str(&b), "ax");
	assert_int_equal(buf_truncate(&b, 4), 0);
	assert_memory_equal(b.data, "ax\0\0", 5);
}

static void percent_encodes_all_but_unreserved_and_kept(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(buf_percent(&b, "aZ09-._~/@ %\xc3\xa9", "/"), 0);
	assert_string_equal(buf_str(&b), "aZ09-._~/%40%20%25%C3%A9");
}

static void times_are_read_and_written_back(void **state)
{
	uint64_t ns;
	char out[32];

	(void)state;
	assert_int_equal(time_parse("2026-01-02T03:04:05.678901Z", &ns), 0);
	assert_true(ns == UINT64_C(1767323045678901000));
	time_format(ns, 6, out);
	assert_string_equal(out, "2026-01-02T03:04:05.678901Z");
	time_format(ns, 0, out);
	assert_string_equal(out, "2026-01-02T03:04:05Z");
	time_format(ns, 3, out);
	assert_string_equal(out, "2026-01-02T03:04:05.678Z");
	time_format(ns + 7, 9, out);
	assert_string_equal(out, "2026-01-02T03:04:05.678901007Z");
	assert_int_equal(time_parse("1970-01-01T00:00:00Z", &ns), 0);
	assert_true(ns == 0);
	assert_int_equal(time_parse("2024-02-29T23:59:59.5+01:30", &ns), 0);
	time_format(ns, 3, out);
	assert_string_equal(out, "2024-02-29T22:29:59.500Z");
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"2026",
		"2026-01-02",
		"2026-01-02T03:04:05",
		"2026-13-02T03:04:05Z",
		"2026-02-29T03:04:05Z",
		"2026-01-00T03:04:05Z",
		"2026-01-02T24:04:05Z",
		"2026-01-02T03:60:05Z",
		"2026-01-02T03:04:60Z",
		"2026-01-02T03:04:05.Z",
		"2026-01-02T03:04:05.1234567890Z",
		"2026-01-02T03:04:05Zx",
		" 2026-01-02T03:04:05Z",
		"2026-01-02 03:04:05Z",
		"2026-01-02T03:04:05+1:00",
		"1969-12-31T23:59:59Z",
		"2600-01-01T00:00:00Z",
	};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (time_parse(texts[i], &ns) != -EINVAL)
			fail_msg("taken: %s", texts[i]);
}

static void hash_is_fnv_1a(void **state)
{
	(void)state;
	assert_true(hash_bytes("", 0, 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(hash_bytes("a", 1, 0) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(hash_bytes("foobar", 6, 0) == UINT64_C(0x85944171f73967e8));
	assert_true(hash_bytes("foobar", 6, 1) != hash_bytes("foobar", 6, 0));
}

static void strings_know_their_ends(void **state)
{
	_cleanup_free_ char *s = str_format("%s-%d", "a", 5);

	(void)state;
	assert_string_equal(s, "a-5");
	assert_true(starts_with("gs://x", "gs://"));
	assert_false(starts_with("gs", "gs://"));
	assert_true(ends_with("model.json", ".json"));
	assert_false(ends_with("json", ".json"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(additions_are_followed_by_a_nul_that_len_does_not_count),
		cmocka_unit_test(a_long_text_grows_the_buffer),
		cmocka_unit_test(the_maximum_holds_and_the_failure_sticks),
		cmocka_unit_test(take_gives_a_string_and_empties),
		cmocka_unit_test(reset_forgets_content_and_error),
		cmocka_unit_test(pwrite_fills_holes_with_nuls),
		cmocka_unit_test(a_refused_pwrite_leaves_the_buffer_usable),
		cmocka_unit_test(percent_encodes_all_but_unreserved_and_kept),
		cmocka_unit_test(times_are_read_and_written_back),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(hash_is_fnv_1a),
		cmocka_unit_test(strings_know_their_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
