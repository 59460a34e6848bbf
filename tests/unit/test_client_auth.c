/* SPDX-License-Identifier: MIT */
/* Who may see the token, where it comes from, and what is said without one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fake_server.h"

static const char override[] = "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM";
static const char token_env[] = "CLOUDSDK_AUTH_ACCESS_TOKEN";
static const char file_env[] = "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE";
static const char model[] = "projects/p/locations/us-central1/models/m";

static char seen[2048];
static int status = 200;

static bool answers(void *ctx _unused_, struct fake_request *r)
{
	snprintf(seen, sizeof(seen), "%s", r->head);
	fake_answer(r->fd, status, "", "{}");
	return true;
}

static void clear(void)
{
	unsetenv(override);
	unsetenv(token_env);
	unsetenv(file_env);
	seen[0] = '\0';
	status = 200;
}

static int google_call(const struct fake_server *s, struct told *t)
{
	struct call_options o = fc_options("models.get", model);
	struct fake_client c;
	bool signed_in;

	if (s)
		setenv(override, s->address, 1);
	if (fc_open(&c, "google", 3000, 0))
		return -1;
	*t = fc_call(&c, &o);
	signed_in = client_signed_in(c.client);
	fc_close(&c);
	return signed_in;
}

static void without_a_token_calls_to_google_fail_at_once(void **state _unused_)
{
	struct fake_server s;
	struct told t;

	clear();
	fake_start(&s, true, answers, NULL);
	assert_false(google_call(&s, &t));
	assert_int_equal(t.err, EKEYEXPIRED);
	assert_int_equal(t.code, API_UNAUTHENTICATED);
	assert_false(t.sent);
	assert_non_null(strstr(t.message, "gcloud auth print-access-token"));
	assert_int_equal(s.requests, 0);
	fake_stop(&s);
}

static void the_environments_token_is_sent_to_google(void **state _unused_)
{
	struct fake_server s;
	struct told t;

	clear();
	setenv(token_env, "ya29.secret\n", 1);
	fake_start(&s, true, answers, NULL);
	assert_true(google_call(&s, &t));
	assert_int_equal(t.err, 0);
	assert_non_null(strstr(seen, "\r\nAuthorization: Bearer ya29.secret\r\n"));
	fake_stop(&s);
}

static void a_token_that_is_none_is_not_sent(void **state _unused_)
{
	static const char *const bad[] = {"a b", "a\r\nX: y", "\xc3\xa4", "   "};
	struct fake_server s;
	struct told t;

	clear();
	fake_start(&s, true, answers, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setenv(token_env, bad[i], 1);
		assert_false(google_call(&s, &t));
		assert_int_equal(t.err, EKEYEXPIRED);
	}
	assert_int_equal(s.requests, 0);
	fake_stop(&s);
}

static void no_token_goes_over_plain_http_to_others(void **state _unused_)
{
	struct told t;

	clear();
	setenv(token_env, "secret", 1);
	setenv(override, "http://198.51.100.1:9", 1);
	google_call(NULL, &t);
	assert_int_equal(t.err, EKEYEXPIRED);
	assert_false(t.sent);
	assert_non_null(strstr(t.message, "https"));
}

static void a_refused_token_is_not_signed_in(void **state _unused_)
{
	struct fake_server s;
	struct told t;

	clear();
	setenv(token_env, "old", 1);
	status = 401;
	fake_start(&s, true, answers, NULL);
	assert_false(google_call(&s, &t));
	assert_int_equal(t.err, EKEYEXPIRED);
	assert_int_equal(t.http, 401);
	fake_stop(&s);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void a_token_file_is_read_again_when_it_changes(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	char path[] = "/tmp/modelfs-test-XXXXXX";
	int fd = mkstemp(path);
	struct fake_client c;
	struct fake_server s;

	clear();
	fake_start(&s, true, answers, NULL);
	setenv(override, s.address, 1);
	setenv(file_env, path, 1);
	assert_int_equal(fc_open(&c, "google", 3000, 0), 0);
	assert_int_equal(fc_call(&c, &o).err, EKEYEXPIRED);
	assert_false(client_signed_in(c.client));
	write_file(path, "first\n");
	assert_int_equal(fc_call(&c, &o).err, 0);
	assert_non_null(strstr(seen, "Bearer first\r\n"));
	write_file(path, "second-one");
	assert_int_equal(fc_call(&c, &o).err, 0);
	assert_non_null(strstr(seen, "Bearer second-one\r\n"));
	assert_true(client_signed_in(c.client));
	unlink(path);
	assert_int_equal(fc_call(&c, &o).err, EKEYEXPIRED);
	assert_int_equal(s.requests, 2);
	close(fd);
	fc_close(&c);
	fake_stop(&s);
}

static void other_places_get_a_token_but_no_unix_socket_does(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	struct fake_client c;
	struct fake_server s;

	clear();
	setenv(token_env, "tok", 1);
	for (int tcp = 0; tcp < 2; tcp++) {
		fake_start(&s, tcp, answers, NULL);
		assert_int_equal(fc_open(&c, s.address, 3000, 0), 0);
		assert_int_equal(fc_call(&c, &o).err, 0);
		assert_int_equal(strstr(seen, "Bearer tok\r\n") != NULL, tcp);
		fc_close(&c);
		fake_stop(&s);
	}
	/* None to send is fine there. */
	clear();
	fake_start(&s, true, answers, NULL);
	assert_int_equal(fc_open(&c, s.address, 3000, 0), 0);
	assert_int_equal(fc_call(&c, &o).err, 0);
	assert_null(strcasestr(seen, "Authorization"));
	assert_true(client_signed_in(c.client));
	fc_close(&c);
	fake_stop(&s);
}

static void a_location_that_is_no_host_part_does_not_exist(void **state _unused_)
{
	struct call_options o =
		fc_options("models.get", "projects/p/locations/evil.com@x/models/m");
	struct fake_client c;
	struct told t;

	clear();
	setenv(token_env, "tok", 1);
	assert_int_equal(fc_open(&c, "google", 3000, 0), 0);
	t = fc_call(&c, &o);
	assert_int_equal(t.err, ENOENT);
	assert_false(t.sent);
	fc_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_token_calls_to_google_fail_at_once),
		cmocka_unit_test(the_environments_token_is_sent_to_google),
		cmocka_unit_test(a_token_that_is_none_is_not_sent),
		cmocka_unit_test(no_token_goes_over_plain_http_to_others),
		cmocka_unit_test(a_refused_token_is_not_signed_in),
		cmocka_unit_test(a_token_file_is_read_again_when_it_changes),
		cmocka_unit_test(other_places_get_a_token_but_no_unix_socket_does),
		cmocka_unit_test(a_location_that_is_no_host_part_does_not_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
