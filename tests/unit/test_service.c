/* SPDX-License-Identifier: MIT */
/* api/service.h, one promise a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "api/service.h"

#define LOCATION "projects/p/locations/l"

static void services_are_found_by_id(void **state)
{
	(void)state;
	assert_ptr_equal(service_by_id("vertex"), &service_vertex);
	assert_ptr_equal(services[0], &service_vertex);
	assert_null(service_by_id("Vertex"));
	assert_string_equal(service_vertex.versions[0], "v1");
	assert_string_equal(service_vertex.versions[1], "v1beta1");
	assert_null(service_vertex.versions[2]);
	assert_ptr_equal(service_vertex.model, service_vertex.version);
}

static void methods_have_googles_verb_and_path(void **state)
{
	static const struct {
		const char *id, *verb, *name, *path;
	} cases[] = {
		{"models.upload", "POST", LOCATION, "/v1/" LOCATION "/models:upload"},
		{"models.get", "GET", LOCATION "/models/m", "/v1/" LOCATION "/models/m"},
		{"models.list", "GET", LOCATION, "/v1/" LOCATION "/models"},
		{"models.listVersions", "GET", LOCATION "/models/m",
		 "/v1/" LOCATION "/models/m:listVersions"},
		{"models.patch", "PATCH", LOCATION "/models/m@2", "/v1/" LOCATION "/models/m%402"},
		{"models.mergeVersionAliases", "POST", LOCATION "/models/m@2",
		 "/v1/" LOCATION "/models/m%402:mergeVersionAliases"},
		{"models.delete", "DELETE", LOCATION "/models/m", "/v1/" LOCATION "/models/m"},
		{"models.deleteVersion", "DELETE", LOCATION "/models/m@2",
		 "/v1/" LOCATION "/models/m%402:deleteVersion"},
		{"models.export", "POST", LOCATION "/models/m", "/v1/" LOCATION "/models/m:export"},
		{"models.copy", "POST", LOCATION, "/v1/" LOCATION "/models:copy"},
		{"models.evaluations.list", "GET", LOCATION "/models/m",
		 "/v1/" LOCATION "/models/m/evaluations"},
		{"models.operations.list", "GET", LOCATION "/models/m",
		 "/v1/" LOCATION "/models/m/operations"},
		{"operations.list", "GET", LOCATION, "/v1/" LOCATION "/operations"},
		{"operations.cancel", "POST", LOCATION "/models/m/operations/7",
		 "/v1/" LOCATION "/models/m/operations/7:cancel"},
		{"operations.wait", "POST", LOCATION "/operations/7",
		 "/v1/" LOCATION "/operations/7:wait"},
		{"operations.delete", "DELETE", LOCATION "/operations/7",
		 "/v1/" LOCATION "/operations/7"},
		{"locations.list", "GET", "projects/p", "/v1/projects/p/locations"},
		{"locations.get", "GET", LOCATION, "/v1/" LOCATION},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct method *m = service_method(&service_vertex, cases[i].id);
		_cleanup_buf_ struct buf b = BUF_INIT;

		if (!m)
			fail_msg("no method %s", cases[i].id);
		assert_string_equal(m->verb, cases[i].verb);
		assert_int_equal(service_path(m, "v1", cases[i].name, &b), 0);
		assert_string_equal(buf_str(&b), cases[i].path);
	}
	assert_null(service_method(&service_vertex, "models.explode"));
}

static void a_segment_cannot_leave_its_place_in_the_path(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	service_path(service_method(&service_vertex, "models.get"), "v1beta1",
		     "projects/a?b#c/locations/x y:z", &b);
	assert_string_equal(buf_str(&b), "/v1beta1/projects/a%3Fb%23c/locations/x%20y%3Az");
}

static void lists_name_their_items_and_reads_may_be_repeated(void **state)
{
	static const struct {
		const char *id, *items;
	} lists[] = {
		{"models.list", "models"},
		{"models.listVersions", "models"},
		{"models.evaluations.list", "modelEvaluations"},
		{"operations.list", "operations"},
		{"models.operations.list", "operations"},
		{"locations.list", "locations"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		assert_string_equal(service_method(&service_vertex, lists[i].id)->items,
				    lists[i].items);
	for (size_t i = 0; i < service_vertex.method_count; i++) {
		const struct method *m = &service_vertex.methods[i];

		assert_int_equal(m->items != NULL, strstr(m->id, ".list") != NULL);
		assert_non_null(strstr(m->path, "{name}"));
		if (streq(m->verb, "GET"))
			assert_true(m->idempotent && !m->mutates);
	}
}

static void what_starts_work_is_never_sent_twice(void **state)
{
	static const char *const ids[] = {"models.upload", "models.export",        "models.copy",
					  "models.delete", "models.deleteVersion", "models.patch"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		assert_true(service_method(&service_vertex, ids[i])->mutates);
		assert_false(service_method(&service_vertex, ids[i])->idempotent);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_are_found_by_id),
		cmocka_unit_test(methods_have_googles_verb_and_path),
		cmocka_unit_test(a_segment_cannot_leave_its_place_in_the_path),
		cmocka_unit_test(lists_name_their_items_and_reads_may_be_repeated),
		cmocka_unit_test(what_starts_work_is_never_sent_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
