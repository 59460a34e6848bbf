/* SPDX-License-Identifier: MIT */
/* api/resource.h, one promise a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "api/resource.h"

static const char *or_dash(const char *s)
{
	return s ? s : "-";
}

/* "kind project location model version evaluation operation" or "refused". */
static char *parsed(const char *name)
{
	static const char *const kinds[] = {"project", "location",   "model",
					    "version", "evaluation", "operation"};
	_cleanup_resource_ struct resource r = {0};

	if (resource_parse(name, &r))
		return strdup("refused");
	return str_format("%s %s %s %s %s %s %s", kinds[r.kind], r.project, or_dash(r.location),
			  or_dash(r.model), or_dash(r.version), or_dash(r.evaluation),
			  or_dash(r.operation));
}

static void expect(const char *name, const char *what)
{
	_cleanup_free_ char *got = parsed(name);

	if (!streq(got, what))
		fail_msg("%s: %s, not %s", name, got, what);
}

static void every_kind_of_name_parses(void **state)
{
	(void)state;
	expect("projects/p", "project p - - - - -");
	expect("projects/12345", "project 12345 - - - - -");
	expect("projects/example.com:p", "project example.com:p - - - - -");
	expect("projects/p/locations/l", "location p l - - - -");
	expect("projects/p/locations/l/models/m", "model p l m - - -");
	expect("projects/p/locations/l/models/m@2", "model p l m 2 - -");
	expect("projects/p/locations/l/models/m@golden", "model p l m golden - -");
	expect("projects/p/locations/l/models/m@-", "model p l m - - -");
	expect("projects/p/models/m", "model p - m - - -");
	expect("projects/p/models/m/versions/v", "version p - m v - -");
	expect("projects/p/locations/l/models/m/evaluations/e", "evaluation p l m - e -");
	expect("projects/p/locations/l/models/m@2/evaluations/e", "evaluation p l m 2 e -");
	expect("projects/p/locations/l/models/m/modelEvaluations/e", "evaluation p l m - e -");
	expect("projects/p/locations/l/operations/o", "operation p l - - - o");
	expect("projects/p/locations/l/models/m/operations/o", "operation p l m - - o");
	expect("projects/p/operations/o", "operation p - - - - o");
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const names[] = {
		"",
		"projects",
		"projects/",
		"/projects/p",
		"projects/p/",
		"projects//locations/l",
		"project/p",
		"projects/..",
		"projects/p/locations/.",
		"projects/p/locations",
		"projects/p/buckets/b",
		"projects/p/models/m/models/n",
		"projects/p/versions/v",
		"projects/p/locations/l/models/m:export",
		"projects/p/locations/l:search",
		"projects/p:predict",
		"projects/p/locations/l/models/@2",
		"projects/p/locations/l/models/m@",
		"projects/p/locations/l/models/m@1@2",
		"projects/p/models/m@1/versions/v",
		"projects/p/locations/l/models/a\nb",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		expect(names[i], "refused");
}

static void the_id_is_the_last_segment(void **state)
{
	(void)state;
	assert_string_equal(resource_id("projects/p/locations/l/operations/77"), "77");
	assert_string_equal(resource_id("77"), "77");
}

static void a_model_id_keeps_the_services_rule(void **state)
{
	char id[65];

	(void)state;
	memset(id, 'a', 64);
	id[64] = '\0';
	assert_false(resource_vertex_model_id(id));
	id[63] = '\0';
	assert_true(resource_vertex_model_id(id));
	assert_true(resource_vertex_model_id("_x-9"));
	assert_false(resource_vertex_model_id(""));
	assert_false(resource_vertex_model_id("9a"));
	assert_false(resource_vertex_model_id("-a"));
	assert_false(resource_vertex_model_id("aB"));
	assert_false(resource_vertex_model_id("a.b"));
}

static void an_alias_is_the_union_of_the_documented_forms(void **state)
{
	char alias[130];

	(void)state;
	memset(alias, 'a', 129);
	alias[129] = '\0';
	assert_false(resource_vertex_alias(alias));
	alias[128] = '\0';
	assert_true(resource_vertex_alias(alias));
	assert_true(resource_vertex_alias("default"));
	assert_true(resource_vertex_alias("aB-9"));
	assert_true(resource_vertex_alias("ab-"));
	assert_false(resource_vertex_alias("a"));
	assert_false(resource_vertex_alias("2"));
	assert_false(resource_vertex_alias("Ab"));
	assert_false(resource_vertex_alias("aB"));
	assert_false(resource_vertex_alias("a_b"));
	assert_false(resource_vertex_alias("-default"));
}

static void a_gs_uri_splits_into_bucket_and_object(void **state)
{
	static const char *const bad[] = {
		"",        "gs:/b/o",   "gs://",     "gs:///o",     "s3://b/o",   "gs://B/o",
		"gs://-b", "gs://b./o", "gs://../o", "gs://a..b/o", "gs://b/o\n", "GS://b/o",
	};
	const char *bucket, *object;
	char *memory;

	(void)state;
	assert_int_equal(resource_gs_uri("gs://demo-1.x_y/a/b", &memory, &bucket, &object), 0);
	assert_string_equal(bucket, "demo-1.x_y");
	assert_string_equal(object, "a/b");
	free(memory);
	assert_int_equal(resource_gs_uri("gs://demo", &memory, &bucket, &object), 0);
	assert_string_equal(object, "");
	free(memory);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (resource_gs_uri(bad[i], &memory, &bucket, &object) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_name_parses),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(the_id_is_the_last_segment),
		cmocka_unit_test(a_model_id_keeps_the_services_rule),
		cmocka_unit_test(an_alias_is_the_union_of_the_documented_forms),
		cmocka_unit_test(a_gs_uri_splits_into_bucket_and_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
