/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/client/internal.h"

static const char override[] = "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM";

static void assert_parsed(const char *text, enum endpoint_kind kind, const char *rest)
{
	struct endpoint e;
	const char *why;

	assert_int_equal(endpoint_parse(text, &e, &why), 0);
	assert_int_equal(e.kind, kind);
	if (kind == ENDPOINT_UNIX)
		assert_string_equal(e.socket, rest);
	if (kind == ENDPOINT_URL)
		assert_string_equal(e.url, rest);
	endpoint_free(&e);
}

static void endpoints_are_what_the_contract_names(void **state _unused_)
{
	assert_parsed("google", ENDPOINT_GOOGLE, NULL);
	assert_parsed("unix:/run/x y/socket", ENDPOINT_UNIX, "/run/x y/socket");
	assert_parsed("https://models.example.com", ENDPOINT_URL, "https://models.example.com");
	assert_parsed("https://models.example.com:8443/", ENDPOINT_URL,
		      "https://models.example.com:8443");
	assert_parsed("HTTPS://h", ENDPOINT_URL, "https://h");
	assert_parsed("http://127.0.0.1:8080", ENDPOINT_URL, "http://127.0.0.1:8080");
	assert_parsed("http://127.9.9.9", ENDPOINT_URL, "http://127.9.9.9");
	assert_parsed("http://localhost:1/", ENDPOINT_URL, "http://localhost:1");
	assert_parsed("http://[::1]:8080", ENDPOINT_URL, "http://[::1]:8080");
}

static void other_endpoints_are_refused_with_a_reason(void **state _unused_)
{
	static const char *const bad[] = {
		"",
		"unix:",
		"ftp://h",
		"example.com",
		"https://",
		"https://h/path",
		"https://h?q=1",
		"https://h/#f",
		"https://user:pw@h",
		"https://user@h",
		"http://example.com",
		"http://127.0.0.1.example.com",
		"http://127.0.0.1@example.com",
		"http://localhost.example.com",
		"http://10.0.0.1",
		"http://[::2]",
		"http://0.0.0.0",
		"https://h:99999",
		"https://h h",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct endpoint e;
		const char *why = NULL;

		if (endpoint_parse(bad[i], &e, &why) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_non_null(why);
		endpoint_free(&e);
	}
}

static void assert_base(const struct endpoint *e, const char *location, const char *want)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	assert_int_equal(endpoint_base(e, &service_vertex, location, &out), 0);
	assert_string_equal(buf_str(&out), want);
}

static void google_hosts_are_the_locations(void **state _unused_)
{
	const struct endpoint e = {.kind = ENDPOINT_GOOGLE};

	unsetenv(override);
	assert_base(&e, "us-central1", "https://us-central1-aiplatform.googleapis.com");
	assert_base(&e, "global", "https://aiplatform.googleapis.com");
	assert_base(&e, NULL, "https://aiplatform.googleapis.com");
}

static void a_location_can_not_name_another_host(void **state _unused_)
{
	static const char *const bad[] = {"evil.com/", "a.b", "a@b", "",   "-a", "A",
					  "a%2f",      "a b", "a:1", "a#", "a?"};
	const struct endpoint e = {.kind = ENDPOINT_GOOGLE};

	unsetenv(override);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;

		assert_int_equal(endpoint_base(&e, &service_vertex, bad[i], &out), -EINVAL);
	}
}

static void an_override_is_taken_as_it_stands(void **state _unused_)
{
	const struct endpoint e = {.kind = ENDPOINT_GOOGLE};

	setenv(override, "https://eu.example.com:444/", 1);
	assert_base(&e, "us-central1", "https://eu.example.com:444");
	setenv(override, "http://127.0.0.1:8080", 1);
	assert_base(&e, "us-central1", "http://127.0.0.1:8080");
	setenv(override, "", 1);
	assert_base(&e, "eu", "https://eu-aiplatform.googleapis.com");
	unsetenv(override);
}

static void other_endpoints_know_no_location_and_no_override(void **state _unused_)
{
	const struct endpoint url = {.kind = ENDPOINT_URL, .url = (char *)"https://h:1"};
	const struct endpoint un = {.kind = ENDPOINT_UNIX, .socket = (char *)"/s"};

	setenv(override, "https://elsewhere", 1);
	assert_base(&url, "us-central1", "https://h:1");
	assert_base(&un, "us-central1", "http://localhost");
	unsetenv(override);
}

static void storage_has_its_own_host_at_google_only(void **state _unused_)
{
	static const char env[] = "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE";
	const struct endpoint google = {.kind = ENDPOINT_GOOGLE};
	const struct endpoint url = {.kind = ENDPOINT_URL, .url = (char *)"https://h:1"};
	_cleanup_buf_ struct buf out = BUF_INIT;

	unsetenv(env);
	assert_int_equal(endpoint_host_base(&google, "storage.googleapis.com", &out), 0);
	assert_string_equal(buf_str(&out), "https://storage.googleapis.com");
	buf_reset(&out);
	setenv(env, "http://127.0.0.1:9/storage/v1/", 1);
	assert_int_equal(endpoint_host_base(&google, "storage.googleapis.com", &out), 0);
	assert_string_equal(buf_str(&out), "http://127.0.0.1:9");
	buf_reset(&out);
	assert_int_equal(endpoint_host_base(&url, "storage.googleapis.com", &out), 0);
	assert_string_equal(buf_str(&out), "https://h:1");
	unsetenv(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_what_the_contract_names),
		cmocka_unit_test(other_endpoints_are_refused_with_a_reason),
		cmocka_unit_test(google_hosts_are_the_locations),
		cmocka_unit_test(a_location_can_not_name_another_host),
		cmocka_unit_test(an_override_is_taken_as_it_stands),
		cmocka_unit_test(other_endpoints_know_no_location_and_no_override),
		cmocka_unit_test(storage_has_its_own_host_at_google_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
