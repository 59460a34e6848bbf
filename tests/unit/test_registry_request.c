/* SPDX-License-Identifier: MIT */
/* Request targets, orderBy, and page sizes and tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/registry/paging.h"
#include "api/registry/routes.h"

static void free_request(struct request **rq)
{
	request_free(*rq);
}
#define _cleanup_request_ _cleanup_(free_request)

static void targets_are_decoded_once(void **state _unused_)
{
	_cleanup_request_ struct request *rq =
		request_new(NULL, "/v1/a%2Fb/m%402:get?$alt=json%3Benum-encoding=int&page_size=3&");

	assert_non_null(rq);
	assert_false(rq->malformed);
	assert_int_equal(rq->count, 3);
	assert_string_equal(rq->segments[1], "a/b");
	assert_string_equal(rq->segments[2], "m@2:get");
	assert_string_equal(request_param(rq, "alt"), "json;enum-encoding=int");
	assert_string_equal(request_param_any(rq, "pageSize", "page_size"), "3");
	assert_null(request_param(rq, "pageSize"));
	assert_string_equal(rq->path, "/v1/a/b/m@2:get");
}

static void broken_targets_are_malformed(void **state _unused_)
{
	static const char *const bad[] = {"/v1/a%0", "/v1/a%zz", "/v1/a%00b", "/v1/a?x=%q0", "/%"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_request_ struct request *rq = request_new(NULL, bad[i]);

		assert_true(rq->malformed);
	}
}

static void routed(const char *verb, const char *target, const char *id, const char *last)
{
	_cleanup_request_ struct request *rq = request_new(NULL, target);

	rq->verb = verb;
	assert_true(route_find(rq));
	assert_string_equal(rq->route->id, id);
	if (last)
		assert_string_equal(rq->args[rq->arg_count - 1], last);
}

static void routes_are_found(void **state _unused_)
{
	routed("GET", "/v1/projects/p/locations/l/models?", "models.list", "l");
	routed("GET", "/v1beta1/projects/p/locations/l/models/m%402", "models.get", "m@2");
	routed("POST", "/v1/projects/p/locations/l/models/m@2:export", "models.export", "m@2");
	routed("DELETE", "/v1/projects/p/locations/l/models/m@2:deleteVersion",
	       "models.deleteVersion", "m@2");
	routed("GET", "/ui/projects/p/locations/l/operations/1", "operations.get", "1");
	routed("POST", "/ui/projects/p/locations/l/models/m/operations/1:cancel",
	       "models.operations.cancel", "1");
	routed("GET", "/v3/projects:search", "projects.search", NULL);
	routed("GET", "/v3/projects/example.com:p", "projects.get", "example.com:p");
	routed("GET", "/storage/v1/b/bkt/o/a%2Fb:c", "objects.get", "a/b:c");
	routed("HEAD", "/healthz", "healthz", NULL);
}

static void unknown_methods_answer_with_an_envelope(void **state _unused_)
{
	static const struct {
		const char *verb, *target;
		int http;
	} unknown[] = {
		{"GET", "/", 404},
		{"GET", "/nothing/here", 404},
		{"POST", "/v1/projects/p/locations/l/models:copy", 501},
		{"GET", "/v1/projects/p/locations/l/endpoints", 501},
		{"PUT", "/v1/projects/p/locations/l/models/m", 404},
	};

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		_cleanup_request_ struct request *rq = request_new(NULL, unknown[i].target);

		rq->verb = unknown[i].verb;
		assert_false(route_find(rq));
		assert_int_equal(rq->answer.http, unknown[i].http);
		assert_int_equal(strncmp(buf_str(&rq->answer.body), "{\"error\":{\"code\":", 17),
				 0);
	}
}

static const struct order_column columns[] = {
	{"displayName", "name", true},
	{"createTime", "ct", false},
};

static void order_by(void **state _unused_)
{
	_cleanup_buf_ struct buf why = BUF_INIT;
	struct order o = {0}, bad = {0};

	assert_int_equal(order_parse(" display_name ,createTime  desc", columns, 2, &o, &why), 0);
	assert_int_equal(o.count, 2);
	assert_string_equal(o.by[0].sql, "name");
	assert_false(o.by[0].descending);
	assert_true(o.by[1].descending);
	assert_int_equal(order_parse("foo", columns, 2, &bad, &why), -EINVAL);
	assert_int_equal(order_parse("createTime up", columns, 2, &bad, &why), -EINVAL);
}

static int page_of(const char *target, struct page *page)
{
	_cleanup_request_ struct request *rq = request_new(NULL, target);
	struct order o = {0};
	int r;

	order_add(&o, "key", true, false);
	r = page_parse(rq, &o, page);
	if (r < 0)
		assert_int_equal(rq->answer.http, 400);
	return r;
}

static void page_sizes(void **state _unused_)
{
	static const struct {
		const char *target;
		int64_t size;
	} good[] = {
		{"/x", PAGE_SIZE_DEFAULT},
		{"/x?pageSize=0", PAGE_SIZE_DEFAULT},
		{"/x?page_size=7", 7},
		{"/x?pageSize=99999", PAGE_SIZE_MAX},
	};
	static const char *const bad[] = {"/x?pageSize=-1", "/x?pageSize=a", "/x?pageSize=1.5"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_page_ struct page page = {0};

		assert_int_equal(page_of(good[i].target, &page), 0);
		assert_int_equal(page.size, good[i].size);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_page_ struct page page = {0};

		assert_int_equal(page_of(bad[i], &page), REQUEST_REFUSED);
	}
}

static void tokens_belong_to_their_arguments(void **state _unused_)
{
	_cleanup_page_ struct page first = {0}, second = {0}, other = {0}, junk = {0};
	_cleanup_buf_ struct buf token = BUF_INIT;
	_cleanup_free_ char *same = NULL, *changed = NULL;

	assert_int_equal(page_of("/x?filter=a&pageSize=2", &first), 0);
	assert_int_equal(page_token_text(&first, "k\xc3\xbc\"", &token), 0);
	same = str_format("/x?filter=a&pageSize=9&pageToken=%s", buf_str(&token));
	changed = str_format("/x?filter=b&pageToken=%s", buf_str(&token));
	assert_int_equal(page_of(same, &second), 0);
	assert_true(second.resumed);
	assert_string_equal(buf_str(&second.keys[0]), "k\xc3\xbc\"");
	assert_int_equal(page_of(changed, &other), REQUEST_REFUSED);
	assert_int_equal(page_of("/x?pageToken=%21%21", &junk), REQUEST_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_decoded_once),
		cmocka_unit_test(broken_targets_are_malformed),
		cmocka_unit_test(routes_are_found),
		cmocka_unit_test(unknown_methods_answer_with_an_envelope),
		cmocka_unit_test(order_by),
		cmocka_unit_test(page_sizes),
		cmocka_unit_test(tokens_belong_to_their_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
