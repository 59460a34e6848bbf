/* SPDX-License-Identifier: MIT */
/* What creates a resource (fs/judge_create.h), and where an alias may lead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "fs/alias.h"
#include "fs/judge_create.h"

#define MODEL "projects/p/locations/l/models/m"

static const struct judge own = {.service = &service_vertex, .message = NULL, .own_registry = true};

static struct judge judge(bool own_registry)
{
	struct judge j = own;

	j.message = service_vertex.model;
	j.own_registry = own_registry;
	return j;
}

static int create(bool version, bool own_registry, const char *parent, const char *text,
		  struct judged *out)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	const struct creation *k = creation_of(&service_vertex, version);
	struct judge j = judge(own_registry);

	assert_non_null(k);
	if (parent)
		assert_int_equal(json_parse(parent, strlen(parent), &doc, NULL), 0);
	return judge_create(&j, k, version ? "draft" : "new", version ? MODEL : NULL,
			    doc ? json_root(doc) : JSON_ABSENT, text, strlen(text), out);
}

static void makes(bool version, const char *parent, const char *text, const char *body)
{
	_cleanup_judged_ struct judged out = {0};

	assert_int_equal(create(version, true, parent, text, &out), 0);
	assert_string_equal(out.body, body);
}

static void refuses(bool version, const char *text, const char *words)
{
	_cleanup_judged_ struct judged out = {0};

	assert_int_equal(create(version, true, NULL, text, &out), -EINVAL);
	assert_null(out.body);
	if (!strstr(out.reason, words))
		fail_msg("\"%s\" should say: %s", out.reason, words);
}

static void a_template_shows_the_required_fields_empty(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_json_ struct json_doc *doc = NULL;
	static const char parent[] = "{\"displayName\":\"shared\"}";

	(void)state;
	assert_int_equal(creation_template(creation_of(&service_vertex, false), JSON_ABSENT, &text),
			 0);
	assert_string_equal(buf_str(&text), "{\n  \"displayName\": \"\",\n  \"description\": "
					    "\"\",\n  \"artifactUri\": \"\"\n}\n");
	buf_reset(&text);
	assert_int_equal(json_parse(parent, sizeof(parent) - 1, &doc, NULL), 0);
	assert_int_equal(
		creation_template(creation_of(&service_vertex, true), json_root(doc), &text), 0);
	assert_non_null(strstr(buf_str(&text), "\"displayName\": \"shared\""));
}

static void a_model_is_an_upload_with_its_id(void **state)
{
	(void)state;
	makes(false, NULL,
	      "{\"displayName\":\"d\",\"artifactUri\":\"gs://b/o\",\"description\":\"\"}",
	      "{\"modelId\":\"new\",\"model\":{\"displayName\":\"d\",\"artifactUri\":\"gs://b/o\"}}");
	makes(false, NULL,
	      "{\"displayName\":\"d\",\"containerSpec\":{\"imageUri\":\"gcr.io/p/i\"}}",
	      "{\"modelId\":\"new\",\"model\":{\"displayName\":\"d\",\"containerSpec\":{"
	      "\"imageUri\":\"gcr.io/p/i\"}}}");
}

static void a_copy_of_a_versions_document_serves(void **state)
{
	(void)state;
	makes(true, NULL,
	      "{\"name\":\"" MODEL "@3\",\"versionId\":\"3\",\"versionAliases\":[\"default\"],"
	      "\"versionCreateTime\":\"2026-01-02T03:04:05Z\",\"displayName\":\"d\","
	      "\"versionDescription\":\"third\",\"artifactUri\":\"gs://b/o\",\"etag\":\"x\","
	      "\"supportedExportFormats\":[{\"id\":\"custom-trained\"}],\"labels\":{\"a\":\"b\"}}",
	      "{\"parentModel\":\"" MODEL "\",\"model\":{\"displayName\":\"d\","
	      "\"versionDescription\":\"third\",\"artifactUri\":\"gs://b/o\","
	      "\"labels\":{\"a\":\"b\"}}}");
}

static void a_version_borrows_its_models_display_name(void **state)
{
	(void)state;
	makes(true, "{\"displayName\":\"shared\"}", "{\"artifactUri\":\"gs://b/o\"}",
	      "{\"parentModel\":\"" MODEL "\",\"model\":{\"displayName\":\"shared\","
	      "\"artifactUri\":\"gs://b/o\"}}");
}

static void what_is_missing_or_wrong_is_named(void **state)
{
	(void)state;
	refuses(false, "{}", "displayName is missing");
	refuses(false, "{\"displayName\":\"d\"}", "artifactUri or containerSpec is missing");
	refuses(false, "{\"displayName\":\"d\",\"artifactUri\":\"\"}", "is missing");
	refuses(false, "{\"displayName\":7,\"artifactUri\":\"gs://b/o\"}", "displayName");
	refuses(false, "{\"displayName\":\"d\",\"artefactUri\":\"gs://b/o\"}",
		"unknown field artefactUri");
	refuses(false, "{\"display_name\":\"d\",\"artifactUri\":\"gs://b/o\"}",
		"here it is written displayName");
	refuses(false,
		"{\"displayName\":\"d\",\"artifactUri\":\"gs://b/o\",\"labels\":{\"A\":\"b\"}}",
		"labels");
	refuses(false, "[]", "expected a JSON object");
	refuses(false, "{", "not JSON");
}

static void tomorrows_fields_pass_to_a_service_that_is_not_ours(void **state)
{
	_cleanup_judged_ struct judged out = {0};

	(void)state;
	assert_int_equal(
		create(false, false, NULL,
		       "{\"displayName\":\"d\",\"artifactUri\":\"gs://b/o\",\"later\":[1]}", &out),
		0);
	assert_string_equal(out.body, "{\"modelId\":\"new\",\"model\":{\"displayName\":\"d\","
				      "\"artifactUri\":\"gs://b/o\",\"later\":[1]}}");
}

static void ids_are_judged_by_the_service(void **state)
{
	const struct creation *k = creation_of(&service_vertex, false);

	(void)state;
	assert_true(k->id_ok("face_1-a"));
	assert_false(k->id_ok("Face"));
	assert_null(creation_of(&service_vertex, true)->id_ok);
	k = creation_of(service_by_id("ml"), true);
	if (!k)
		return;
	assert_true(k->id_ok("V1_a"));
	assert_false(k->id_ok("1v"));
	assert_false(k->id_ok("a-b"));
	assert_false(k->id_ok(""));
}

static void an_absolute_target_is_seen_from_the_mount_point(void **state)
{
	(void)state;
	assert_string_equal(alias_below("/m", "/m/models/a"), "models/a");
	assert_string_equal(alias_below("/m/", "/m//models/a"), "models/a");
	assert_string_equal(alias_below("/m", "/m"), "");
	assert_string_equal(alias_below("/m", "/m/"), "");
	assert_null(alias_below("/m", "/mm/models/a"));
	assert_null(alias_below("/m", "/"));
	assert_null(alias_below("/a/m", "/m/x"));
}

static void tools_temporary_links_are_no_aliases(void **state)
{
	static const struct class aliases = {.id = CLASS_ALIASES};
	static const struct class other = {.id = CLASS_VERSIONS};
	struct node in = {.cls = &aliases}, out = {.cls = &other};

	(void)state;
	assert_true(alias_meant(&in, "golden"));
	assert_true(alias_meant(&in, "Wrong")); /* refused with a reason, not swallowed */
	assert_false(alias_meant(&in, "CuAb12Cd"));
	assert_false(alias_meant(&in, ".#golden"));
	assert_false(alias_meant(&in, "golden~"));
	assert_false(alias_meant(&out, "golden"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_template_shows_the_required_fields_empty),
		cmocka_unit_test(a_model_is_an_upload_with_its_id),
		cmocka_unit_test(a_copy_of_a_versions_document_serves),
		cmocka_unit_test(a_version_borrows_its_models_display_name),
		cmocka_unit_test(what_is_missing_or_wrong_is_named),
		cmocka_unit_test(tomorrows_fields_pass_to_a_service_that_is_not_ours),
		cmocka_unit_test(ids_are_judged_by_the_service),
		cmocka_unit_test(an_absolute_target_is_seen_from_the_mount_point),
		cmocka_unit_test(tools_temporary_links_are_no_aliases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
