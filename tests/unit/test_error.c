/* SPDX-License-Identifier: MIT */
/* api/error.h, one promise a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "api/error.h"

static void answer(struct api_error *e, int http, const char *body)
{
	api_error_from_answer(e, http, body, strlen(body));
}

static void every_code_has_its_name_status_and_errno(void **state)
{
	static const struct {
		enum api_code code;
		const char *name;
		int http;
		int err;
	} cases[] = {
		{API_OK, "OK", 200, 0},
		{API_CANCELLED, "CANCELLED", 499, ECANCELED},
		{API_UNKNOWN, "UNKNOWN", 500, EIO},
		{API_INVALID_ARGUMENT, "INVALID_ARGUMENT", 400, EINVAL},
		{API_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", 504, ETIMEDOUT},
		{API_NOT_FOUND, "NOT_FOUND", 404, ENOENT},
		{API_ALREADY_EXISTS, "ALREADY_EXISTS", 409, EEXIST},
		{API_PERMISSION_DENIED, "PERMISSION_DENIED", 403, EACCES},
		{API_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED", 429, EDQUOT},
		{API_FAILED_PRECONDITION, "FAILED_PRECONDITION", 400, EBUSY},
		{API_ABORTED, "ABORTED", 409, ESTALE},
		{API_OUT_OF_RANGE, "OUT_OF_RANGE", 400, EINVAL},
		{API_UNIMPLEMENTED, "UNIMPLEMENTED", 501, EOPNOTSUPP},
		{API_INTERNAL, "INTERNAL", 500, EIO},
		{API_UNAVAILABLE, "UNAVAILABLE", 503, EIO},
		{API_DATA_LOSS, "DATA_LOSS", 500, EIO},
		{API_UNAUTHENTICATED, "UNAUTHENTICATED", 401, EKEYEXPIRED},
	};
	enum api_code code;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(api_code_name(cases[i].code), cases[i].name);
		assert_int_equal(api_code_http(cases[i].code), cases[i].http);
		assert_int_equal(api_code_errno(cases[i].code), cases[i].err);
		assert_true(api_code_parse(cases[i].name, &code));
		assert_int_equal(code, cases[i].code);
	}
	assert_false(api_code_parse("NO_SUCH_CODE", &code));
	assert_int_equal(api_code_errno((enum api_code)99), EIO);
}

static void status_decides_where_http_is_ambiguous(void **state)
{
	_cleanup_api_error_ struct api_error e = {0};

	(void)state;
	answer(&e, 400,
	       "{\"error\":{\"code\":400,\"message\":\"m\",\"status\":\"FAILED_PRECONDITION\"}}");
	assert_int_equal(e.code, API_FAILED_PRECONDITION);
	assert_int_equal(e.err, EBUSY);
	assert_int_equal(e.http, 400);
	assert_string_equal(e.message, "m");
	answer(&e, 409, "{\"error\":{\"message\":\"m\",\"status\":\"ALREADY_EXISTS\"}}");
	assert_int_equal(e.err, EEXIST);
	answer(&e, 409, "{\"error\":{\"message\":\"m\",\"status\":\"ABORTED\"}}");
	assert_int_equal(e.err, ESTALE);
	/* A status of tomorrow: what HTTP tells. */
	answer(&e, 404, "{\"error\":{\"message\":\"m\",\"status\":\"TOMORROW\"}}");
	assert_int_equal(e.err, ENOENT);
	answer(&e, 500, "{\"error\":{}}");
	assert_int_equal(e.code, API_INTERNAL);
	assert_string_equal(e.message, "the service answered HTTP 500 INTERNAL");
}

static void details_are_kept_as_sent(void **state)
{
	_cleanup_api_error_ struct api_error e = {0};

	(void)state;
	answer(&e, 400,
	       "{\"error\":{\"status\":\"INVALID_ARGUMENT\",\"details\":[ {\"n\": 1.0} ]}}");
	assert_string_equal(e.details, "[ {\"n\": 1.0} ]");
	answer(&e, 400, "{\"error\":{\"status\":\"INVALID_ARGUMENT\",\"details\":[]}}");
	assert_null(e.details);
	/* Not strict JSON, still readable. */
	answer(&e, 400, "{\"error\":{\"message\":\"\x80\",\"details\":[{\"a\":1}]}} x");
	assert_string_equal(e.details, "[{\"a\":1}]");
}

static void other_envelopes_are_read_too(void **state)
{
	_cleanup_api_error_ struct api_error e = {0};

	(void)state;
	answer(&e, 404,
	       "[{\"error\":{\"message\":\"m\",\"status\":\"NOT_FOUND\",\"details\":[1]}}]");
	assert_int_equal(e.err, ENOENT);
	assert_string_equal(e.details, "[1]");
	answer(&e, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"Bad token.\"}");
	assert_string_equal(e.message, "invalid_grant: Bad token.");
	assert_int_equal(e.code, API_INVALID_ARGUMENT);
}

static void without_an_envelope_the_status_tells(void **state)
{
	static const struct {
		int http;
		const char *body;
		int err;
	} cases[] = {
		{401, "<html>", EKEYEXPIRED},
		{403, "no", EACCES},
		{404, "", ENOENT},
		{404, "<html>not here", EIO},
		{409, "{}", EIO},
		{429, "slow down", EDQUOT},
		{500, "<html>", EIO},
		{502, "", EIO},
		{503, "<html>", EIO},
		{504, "<html>", ETIMEDOUT},
		{301, "moved", EIO},
		{200, "<html>", EIO},
		{418, "", EBUSY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_api_error_ struct api_error e = {0};

		answer(&e, cases[i].http, cases[i].body);
		if (e.err != cases[i].err)
			fail_msg("%d %s: %s", cases[i].http, cases[i].body, strerror(e.err));
		assert_non_null(strstr(e.message, "HTTP "));
	}
}

static void an_operation_error_is_a_canonical_number(void **state)
{
	_cleanup_api_error_ struct api_error e = {0};
	_cleanup_json_ struct json_doc *doc = NULL;
	static const char text[] = "[{\"code\":5,\"message\":\"gone\",\"details\":[{\"a\": 1}]},"
				   "{\"code\":1},{\"code\":777},{}]";
	struct json v;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &doc, NULL), 0);
	v = json_first(json_root(doc));
	api_error_from_status(&e, v);
	assert_int_equal(e.code, API_NOT_FOUND);
	assert_int_equal(e.err, ENOENT);
	assert_int_equal(e.http, 0);
	assert_string_equal(e.message, "gone");
	assert_string_equal(e.details, "[{\"a\": 1}]");
	v = json_next(v);
	api_error_from_status(&e, v);
	assert_int_equal(e.err, ECANCELED);
	assert_null(e.details);
	v = json_next(v);
	api_error_from_status(&e, v);
	assert_int_equal(e.code, API_UNKNOWN);
	api_error_from_status(&e, json_next(v));
	assert_int_equal(e.err, EIO);
}

static void set_may_use_the_old_message_and_copy_is_deep(void **state)
{
	_cleanup_api_error_ struct api_error e = {0}, copy = {0};

	(void)state;
	api_error_set(&e, EINVAL, API_INVALID_ARGUMENT, "one");
	api_error_set(&e, EIO, API_UNKNOWN, "%s, two", e.message);
	assert_string_equal(e.message, "one, two");
	assert_int_equal(api_error_copy(&copy, &e), 0);
	api_error_reset(&e);
	assert_int_equal(e.err, 0);
	assert_string_equal(copy.message, "one, two");
	assert_int_equal(copy.err, EIO);
}

static void the_text_has_a_line_for_each(void **state)
{
	_cleanup_api_error_ struct api_error e = {0};
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	answer(&e, 400,
	       "{\"error\":{\"code\":400,\"message\":\"Bad.\",\"status\":\"INVALID_ARGUMENT\","
	       "\"details\":[{\"a\":1.0}]}}");
	e.request_id = strdup("abc");
	assert_int_equal(api_error_text(&e, &b), 0);
	assert_string_equal(buf_str(&b), "message: Bad.\n"
					 "code: INVALID_ARGUMENT\n"
					 "http: 400\n"
					 "errno: EINVAL\n"
					 "request id: abc\n"
					 "details: [\n  {\n    \"a\": 1.0\n  }\n]\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_its_name_status_and_errno),
		cmocka_unit_test(status_decides_where_http_is_ambiguous),
		cmocka_unit_test(details_are_kept_as_sent),
		cmocka_unit_test(other_envelopes_are_read_too),
		cmocka_unit_test(without_an_envelope_the_status_tells),
		cmocka_unit_test(an_operation_error_is_a_canonical_number),
		cmocka_unit_test(set_may_use_the_old_message_and_copy_is_deep),
		cmocka_unit_test(the_text_has_a_line_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
