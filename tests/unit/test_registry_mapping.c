/* SPDX-License-Identifier: MIT */
/* Google's JSON mapping: masks, canonical form, durations, base64url, etags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/registry/mapping.h"
#include "api/vertex.h"

static void canonical(const char *in, const char *expected)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf out = BUF_INIT;

	assert_int_equal(json_parse(in, strlen(in), &doc, NULL), 0);
	assert_int_equal(mapping_canonical(&vertex_model, json_root(doc), &out), 0);
	assert_string_equal(buf_str(&out), expected);
}

static void snake_case_becomes_camel_case(void **state _unused_)
{
	canonical("{\"display_name\":\"x\",\"container_spec\":{\"image_uri\":\"i\"}}",
		  "{\"displayName\":\"x\",\"containerSpec\":{\"imageUri\":\"i\"}}");
}

static void int64_becomes_a_string(void **state _unused_)
{
	canonical("{\"containerSpec\":{\"sharedMemorySizeMb\":12}}",
		  "{\"containerSpec\":{\"sharedMemorySizeMb\":\"12\"}}");
}

static void output_only_and_empty_are_dropped(void **state _unused_)
{
	canonical("{\"createTime\":\"2000-01-01T00:00:00Z\",\"labels\":{},\"description\":\"\","
		  "\"artifactUri\":null,\"displayName\":\"x\"}",
		  "{\"displayName\":\"x\"}");
}

static void numbers_in_free_values_stay(void **state _unused_)
{
	canonical("{\"metadata\":{\"n\":1.234567890123456789,\"null\":null}}",
		  "{\"metadata\":{\"n\":1.234567890123456789,\"null\":null}}");
}

static void masks_take_both_cases(void **state _unused_)
{
	_cleanup_mask_ struct mask m = {0};

	assert_int_equal(mask_parse("display_name, versionDescription,labels", &m), 0);
	assert_int_equal(m.count, 3);
	assert_true(mask_has(&m, "displayName"));
	assert_true(mask_has(&m, "versionDescription"));
	assert_null(mask_unknown(&m, &vertex_model));
}

static void bad_masks(void **state _unused_)
{
	struct mask m = {0};

	assert_int_equal(mask_parse("a,,b", &m), -EINVAL);
	mask_free(&m);
	assert_int_equal(mask_parse("foo", &m), 0);
	assert_string_equal(mask_unknown(&m, &vertex_model), "foo");
	mask_free(&m);
}

static void masks_reach_into_objects(void **state _unused_)
{
	const char *in = "{\"name\":\"n\",\"containerSpec\":{\"imageUri\":\"i\",\"env\":[]}}";
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_mask_ struct mask m = {0};
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct json_writer w;

	assert_int_equal(json_parse(in, strlen(in), &doc, NULL), 0);
	assert_int_equal(mask_parse("container_spec.image_uri", &m), 0);
	jw_init(&w, &out);
	mask_print(&m, json_root(doc), &w);
	assert_string_equal(buf_str(&out), "{\"containerSpec\":{\"imageUri\":\"i\"}}");
}

static void durations(void **state _unused_)
{
	uint64_t ns;

	assert_int_equal(mapping_duration("12.5s", &ns), 0);
	assert_int_equal(ns, 12500 * NSEC_PER_MSEC);
	assert_int_equal(mapping_duration("0s", &ns), 0);
	assert_int_equal(mapping_duration("12", &ns), -EINVAL);
	assert_int_equal(mapping_duration("-1s", &ns), -EINVAL);
	assert_int_equal(mapping_duration("", &ns), -EINVAL);
}

static void base64url_there_and_back(void **state _unused_)
{
	const char bytes[] = "\x00\xff\xfe{\"a\":1}";

	for (size_t len = 0; len < sizeof(bytes); len++) {
		_cleanup_buf_ struct buf text = BUF_INIT, back = BUF_INIT;

		assert_int_equal(mapping_base64(bytes, len, &text), 0);
		assert_null(strpbrk(buf_str(&text), "+/="));
		assert_int_equal(mapping_unbase64(buf_str(&text), &back), 0);
		assert_int_equal(back.len, len);
		assert_memory_equal(back.data ? back.data : "", bytes, len);
	}
	_cleanup_buf_ struct buf out = BUF_INIT;
	assert_int_equal(mapping_unbase64("a!b", &out), -EINVAL);
}

static void etags_differ_with_every_count(void **state _unused_)
{
	char a[ETAG_SIZE], b[ETAG_SIZE], c[ETAG_SIZE];

	mapping_etag(1, 2, 3, 4, a);
	mapping_etag(1, 2, 3, 5, b);
	mapping_etag(1, 2, 3, 4, c);
	assert_string_not_equal(a, b);
	assert_string_equal(a, c);
	assert_int_equal(strlen(a), ETAG_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(snake_case_becomes_camel_case),
		cmocka_unit_test(int64_becomes_a_string),
		cmocka_unit_test(output_only_and_empty_are_dropped),
		cmocka_unit_test(numbers_in_free_values_stay),
		cmocka_unit_test(masks_take_both_cases),
		cmocka_unit_test(bad_masks),
		cmocka_unit_test(masks_reach_into_objects),
		cmocka_unit_test(durations),
		cmocka_unit_test(base64url_there_and_back),
		cmocka_unit_test(etags_differ_with_every_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
