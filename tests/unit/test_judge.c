/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "fs/judge.h"

static struct judged got;
static struct json_doc *doc;
static struct judge at_model, at_version;

static const char base_text[] =
	"{\"name\":\"projects/1/locations/l/models/m\",\"versionId\":\"2\",\"versionAliases\":"
	"[\"default\"],\"displayName\":\"face\",\"description\":\"old\\nlines\",\"labels\":"
	"{\"a\":\"1\",\"b\":\"2\"},\"createTime\":\"2026-01-02T03:04:05Z\",\"etag\":\"E1\","
	"\"artifactUri\":\"gs://b/o\",\"versionDescription\":\"v\",\"tomorrow\":{\"x\":[1.50]},"
	"\"supportedExportFormats\":[{\"id\":\"tflite\",\"exportableContents\":[\"ARTIFACT\"]},"
	"{\"id\":\"image\",\"exportableContents\":[\"IMAGE\"]},"
	"{\"id\":\"custom-trained\",\"exportableContents\":[\"ARTIFACT\",\"IMAGE\"]}]}";

static int setup(void **state)
{
	(void)state;
	at_model = (struct judge){
		.service = &service_vertex, .message = service_vertex.model, .own_registry = true};
	at_version = at_model;
	at_version.message = service_vertex.version;
	at_version.version_level = true;
	return json_parse(base_text, sizeof(base_text) - 1, &doc, NULL);
}

static int teardown(void **state)
{
	(void)state;
	judged_reset(&got);
	json_doc_free(doc);
	doc = NULL;
	return 0;
}

static void refused(int err, const char *words)
{
	assert_int_equal(got.err, err);
	assert_non_null(got.reason);
	if (!strstr(got.reason, words))
		fail_msg("\"%s\" lacks \"%s\"", got.reason, words);
	assert_null(got.body);
}

static void sends(const char *body, const char *mask)
{
	if (got.err)
		fail_msg("refused: %s", got.reason);
	assert_false(got.no_change);
	assert_string_equal(got.body, body);
	if (mask)
		assert_string_equal(got.mask, mask);
}

static void nothing(void)
{
	if (got.err)
		fail_msg("refused: %s", got.reason);
	assert_true(got.no_change);
	assert_null(got.body);
}

static void field(const struct judge *j, const char *name, const char *text)
{
	judged_reset(&got);
	judge_field(j, message_field(j->message, name), json_root(doc), text, strlen(text), &got);
}

static void a_scalar_is_one_patch_of_its_field(void **state)
{
	char long_name[300] = "";

	(void)state;
	field(&at_model, "displayName", "new \"name\" \xc3\xa4\n");
	sends("{\"displayName\":\"new \\\"name\\\" \xc3\xa4\"}", "displayName");
	field(&at_model, "displayName", "no newline");
	sends("{\"displayName\":\"no newline\"}", "displayName");
	field(&at_model, "displayName", "face\n\n");
	nothing();
	field(&at_model, "displayName", "\n");
	refused(-EINVAL, "displayName cannot be empty");
	for (int i = 0; i < 128; i++)
		strcat(long_name, "\xc3\xa4");
	field(&at_model, "displayName", long_name);
	assert_int_equal(got.err, 0);
	strcat(long_name, "x");
	field(&at_model, "displayName", long_name);
	refused(-EINVAL, "displayName has 129 characters");
	at_model.own_registry = false; /* then the service judges */
	field(&at_model, "displayName", long_name);
	assert_int_equal(got.err, 0);
}

static void free_text_loses_one_newline_and_can_be_cleared(void **state)
{
	(void)state;
	field(&at_model, "description", "one\n\ntwo\n\n");
	sends("{\"description\":\"one\\n\\ntwo\\n\"}", "description");
	field(&at_model, "description", "old\nlines\n");
	nothing();
	field(&at_model, "description", "\n");
	sends("{\"description\":\"\"}", "description");
	field(&at_version, "versionDescription", "w");
	sends("{\"versionDescription\":\"w\"}", "versionDescription");
	at_model.etag = "E1";
	field(&at_model, "description", "x\n");
	sends("{\"description\":\"x\",\"etag\":\"E1\"}", "description");
}

static void labels_are_strings_under_the_label_rule(void **state)
{
	char text[400] = "{\"";

	(void)state;
	field(&at_model, "labels", "{ \"b\": \"2\",\n \"a\": \"1\" }\n");
	nothing();
	field(&at_model, "labels", "{\"a\": \"\", \"\xc3\xa4-_9\": \"x\"}\n");
	sends("{\"labels\":{\"a\":\"\",\"\xc3\xa4-_9\":\"x\"}}", "labels");
	field(&at_version, "labels", "{}\n");
	sends("{\"labels\":{}}", "labels");
	field(&at_model, "labels", "[]");
	refused(-EINVAL, "labels: expected an object, found an array");
	field(&at_model, "labels", "{\"a\": 1}");
	refused(-EINVAL, "labels.a: expected a string, found a number");
	field(&at_model, "labels", "{\"a\": null}");
	refused(-EINVAL, "labels.a: expected a string, found null");
	field(&at_model, "labels", "{\"Env\": \"x\"}");
	refused(-EINVAL, "the key \"Env\" has 'E'");
	field(&at_model, "labels", "{\"env\": \"1.3kg\"}");
	refused(-EINVAL, "the value \"1.3kg\" has '.'");
	for (int i = 0; i < 65; i++)
		strcat(text, "\xc3\xa4");
	strcat(text, "\":\"\"}");
	field(&at_model, "labels", text);
	refused(-EINVAL, "65 characters");
	field(&at_model, "labels", "{\"a\":\"1\",\"a\":\"2\"}");
	assert_int_equal(got.err, -EINVAL);
	at_model.own_registry = false;
	field(&at_model, "labels", "{\"Env\": \"x\"}");
	sends("{\"labels\":{\"Env\":\"x\"}}", "labels");
}

static void a_field_is_saved_where_it_belongs(void **state)
{
	(void)state;
	field(&at_version, "displayName", "x");
	refused(-EINVAL, "displayName belongs to the model");
	field(&at_model, "versionDescription", "x");
	refused(-EINVAL, "versionDescription belongs to a version");
	field(&at_model, "createTime", "x");
	refused(-EPERM, "createTime is output only");
	field(&at_model, "artifactUri", "x");
	refused(-EPERM, "artifactUri is immutable");
}

/* The base with one piece replaced. */
static void document(const struct judge *j, const char *from, const char *to)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const char *p = strstr(base_text, from);

	assert_non_null(p);
	buf_add(&b, base_text, (size_t)(p - base_text));
	buf_puts(&b, to);
	buf_puts(&b, p + strlen(from));
	judged_reset(&got);
	judge_document(j, json_root(doc), buf_str(&b), b.len, &got);
}

static void a_document_sends_only_what_changed(void **state)
{
	_cleanup_free_ char *etag = judge_etag(base_text, sizeof(base_text) - 1);

	(void)state;
	assert_string_equal(etag, "E1");
	assert_null(judge_etag("{", 1));
	assert_null(judge_etag("{}", 2));
	document(&at_model, "\"face\"", "\"face\"");
	nothing();
	document(&at_model, "\"face\"", "\"nose\"");
	sends("{\"displayName\":\"nose\"}", "displayName");
	document(&at_model, "\"face\",\"description\":\"old\\nlines\",\"labels\":{\"a\":\"1\"",
		 "\"nose\",\"labels\":{\"a\":\"9\"");
	sends("{\"displayName\":\"nose\",\"description\":\"\",\"labels\":{\"a\":\"9\",\"b\":\"2\"}}",
	      "displayName,description,labels");
	document(&at_model, "\"labels\":{\"a\":\"1\",\"b\":\"2\"},", "");
	sends("{\"labels\":{}}", "labels");
	document(&at_version, "\"v\"", "\"w\"");
	sends("{\"versionDescription\":\"w\"}", "versionDescription");
	/* An etag is no change, whether another or gone. */
	document(&at_model, "\"etag\":\"E1\",", "");
	nothing();
	document(&at_model, "\"E1\"", "\"E0\"");
	nothing();
	/* Empty and absent are one. */
	document(&at_model, "\"etag\"", "\"deployedModels\":[],\"explanationSpec\":{},\"etag\"");
	nothing();
	at_model.etag = "E7";
	document(&at_model, "\"face\"", "\"nose\"");
	sends("{\"displayName\":\"nose\",\"etag\":\"E7\"}", "displayName");
}

static void a_document_does_not_send_what_the_service_has(void **state)
{
	static const char now[] = "{\"displayName\":\"nose\",\"description\":\"new\"}";
	_cleanup_json_ struct json_doc *current = NULL;
	struct judge j = at_model;

	(void)state;
	assert_int_equal(json_parse(now, sizeof(now) - 1, &current, NULL), 0);
	j.current = json_root(current);
	document(&j, "\"face\"", "\"nose\"");
	nothing();
	document(&j, "\"face\"", "\"mouth\"");
	sends("{\"displayName\":\"mouth\"}", "displayName");
	assert_false(judge_same(&j, json_root(doc), json_root(current)));
	assert_true(judge_same(&j, json_root(doc), json_root(doc)));
	assert_true(judge_same(&at_version, json_root(current), json_root(current)));
}

static void a_document_changes_only_what_is_writable(void **state)
{
	(void)state;
	document(&at_model, "2026-01", "2025-01");
	refused(-EPERM, "createTime is output only");
	document(&at_model, "gs://b/o", "gs://b/p");
	refused(-EPERM, "artifactUri is immutable");
	document(&at_model, "[\"default\"]", "[\"default\",\"x\"]");
	refused(-EPERM, "aliases/");
	document(&at_model, "models/m\"", "models/n\"");
	refused(-EPERM, "name");
	document(&at_model, "\"createTime\":\"2026-01-02T03:04:05Z\",", "");
	refused(-EPERM, "createTime is output only: the service sets it (this text lacks it)");
	document(&at_model, "\"E1\"", "7");
	refused(-EINVAL, "etag: expected a string, found a number");
	document(&at_model, "\"v\"", "\"w\"");
	refused(-EINVAL, "versionDescription belongs to a version");
	document(&at_version, "\"face\"", "\"nose\"");
	refused(-EINVAL, "displayName belongs to the model");
	document(&at_model, "\"face\"", "\"nose\",\"x\":1");
	refused(-EINVAL, "unknown field x");
	document(&at_model, "\"displayName\"", "\"display_name\"");
	refused(-EINVAL, "here it is written displayName");
	document(&at_model, "1.50", "1.5");
	nothing();
	document(&at_model, "1.50", "2");
	refused(-EPERM, "tomorrow");
	document(&at_model, "\"tomorrow\":{\"x\":[1.50]},", "");
	refused(-EPERM, "tomorrow");
	document(&at_model, "\"face\"", "7");
	refused(-EINVAL, "displayName: expected a string, found a number");
	document(&at_model, "\"displayName\":\"face\",", "");
	refused(-EINVAL, "displayName cannot be empty");
	judged_reset(&got);
	judge_document(&at_model, json_root(doc), "[1]", 3, &got);
	refused(-EINVAL, "expected a JSON object");
	judged_reset(&got);
	judge_document(&at_model, json_root(doc), "{\n\"a\" 1}", 8, &got);
	refused(-EINVAL, "line 2");
}

static void a_document_that_mixes_levels_is_told_where_each_belongs(void **state)
{
	static const char both[] = "\"displayName\":\"face\",\"description\":\"old\\nlines\","
				   "\"labels\":{\"a\":\"1\",\"b\":\"2\"},\"createTime\":"
				   "\"2026-01-02T03:04:05Z\",\"etag\":\"E1\",\"artifactUri\":"
				   "\"gs://b/o\",\"versionDescription\":\"v\"";
	static const char changed[] = "\"displayName\":\"nose\",\"description\":\"old\\nlines\","
				      "\"labels\":{\"a\":\"1\",\"b\":\"2\"},\"createTime\":"
				      "\"2026-01-02T03:04:05Z\",\"etag\":\"E1\",\"artifactUri\":"
				      "\"gs://b/o\",\"versionDescription\":\"w\"";

	(void)state;
	document(&at_model, both, changed);
	refused(-EINVAL, "displayName belongs to the model");
	refused(-EINVAL, "versionDescription to the version");
	document(&at_version, both, changed);
	refused(-EINVAL, "displayName belongs to the model");
}

static void to_default(const char *text, const char *current, size_t versions)
{
	char *ids[] = {"1", "2", "3", "10"};
	struct string_list l = {ids, versions};

	judged_reset(&got);
	judge_default(text, strlen(text), versions ? &l : NULL, current, &got);
}

static void default_names_a_version_that_is_there(void **state)
{
	struct string_list none = {NULL, 0};

	(void)state;
	to_default("2\n", "1", 4);
	assert_int_equal(got.err, 0);
	assert_false(got.no_change);
	assert_string_equal(got.value, "2");
	to_default(" 10 \n\n", "10", 4);
	assert_true(got.no_change);
	to_default("7\n", "1", 4);
	refused(-ENOENT, "no version \"7\"; there are 1, 2, 3, 10");
	to_default("7", "1", 1);
	refused(-ENOENT, "there is 1");
	to_default("\n", "1", 4);
	refused(-EINVAL, "expected the id");
	to_default("7", NULL, 0); /* not known here: the service's to say */
	assert_int_equal(got.err, 0);
	judged_reset(&got);
	judge_default("1", 1, &none, NULL, &got);
	refused(-ENOENT, "there are none");
}

static void flag(const char *text, bool is_default)
{
	judged_reset(&got);
	judge_default_flag(text, strlen(text), is_default, &got);
}

static void a_versions_default_takes_true(void **state)
{
	(void)state;
	flag("true\n", false);
	assert_int_equal(got.err, 0);
	assert_false(got.no_change);
	assert_string_equal(got.value, "true");
	flag("true", true);
	nothing();
	flag("false\n", false);
	nothing();
	flag("false\n", true);
	refused(-EBUSY, "default version");
	flag("yes\n", true);
	refused(-EINVAL, "expected true or false, found \"yes\"");
	flag("", true);
	refused(-EINVAL, "expected true or false");
}

static void export(const char *text)
{
	judged_reset(&got);
	judge_export(&at_model, json_root(doc), text, strlen(text), &got);
}

static void an_export_is_sent_in_its_shortest_form(void **state)
{
	static const char body[] = "{\"outputConfig\":{\"exportFormatId\":\"tflite\","
				   "\"artifactDestination\":{\"outputUriPrefix\":\"gs://b/d\"}}}";

	(void)state;
	export("{\"outputConfig\": {\"exportFormatId\": \"tflite\", \"artifactDestination\": "
	       "{\"outputUriPrefix\": \"gs://b/d\"}}}\n");
	sends(body, NULL);
	export("{\"artifactDestination\": {\"outputUriPrefix\": \"gs://b/d\"}}");
	sends(body, NULL);
	export("{\"exportFormatId\": \"\", \"imageDestination\": {\"outputUri\": \"\"}, "
	       "\"artifactDestination\": {\"outputUriPrefix\": \"gs://b/d\"}}");
	sends(body, NULL);
	export("{\"imageDestination\": {}, \"exportFormatId\": null, "
	       "\"artifactDestination\": {\"outputUriPrefix\": \"gs://b/d\"}}");
	sends(body, NULL);
	export("{\"output_config\": {\"artifact_destination\": {\"output_uri_prefix\": "
	       "\"gs://b/d\"}}}");
	sends(body, NULL);
	export("{\"exportFormatId\": \"custom-trained\", \"artifactDestination\": "
	       "{\"outputUriPrefix\": \"gs://b/d/\"}, \"imageDestination\": {\"outputUri\": "
	       "\"eu.gcr.io/p/i:v1.0\"}}");
	sends("{\"outputConfig\":{\"exportFormatId\":\"custom-trained\",\"artifactDestination\":"
	      "{\"outputUriPrefix\":\"gs://b/d/\"},\"imageDestination\":{\"outputUri\":"
	      "\"eu.gcr.io/p/i:v1.0\"}}}",
	      NULL);
}

static void an_export_that_cannot_be_is_refused_with_the_place(void **state)
{
	(void)state;
	export("{\"exportFormatId\": \"coreml\", \"artifactDestination\": {\"outputUriPrefix\": "
	       "\"gs://b/d\"}}");
	refused(-EINVAL, "no format \"coreml\"; it has tflite, image, custom-trained");
	export("{\"imageDestination\": {\"outputUri\": \"gcr.io/p/i\"}}");
	refused(-EINVAL, "the format \"tflite\" has no IMAGE to export");
	export("{\"exportFormatId\":\"image\",\"artifactDestination\":{\"outputUriPrefix\":"
	       "\"gs://b/d\"}}");
	refused(-EINVAL, "has no ARTIFACT");
	export("{}");
	refused(-EINVAL, "no destination: set outputConfig.artifactDestination.outputUriPrefix");
	export("{\"outputConfig\": {\"exportFormatId\": \"image\"}}");
	refused(-EINVAL, "no destination: set outputConfig.imageDestination.outputUri");
	export("{\"artifactDestination\": {\"outputUriPrefix\": \"/tmp/x\"}}");
	refused(-EINVAL, "expected gs://BUCKET/DIRECTORY, found \"/tmp/x\"");
	export("{\"artifactDestination\": {\"outputUriPrefix\": \"gs://\"}}");
	refused(-EINVAL, "expected gs://");
	export("{\"artifactDestination\": {\"outputUriPrefix\": \"gs://bucket\"}}");
	refused(-EINVAL, "whole bucket");
	export("{\"artifactDestination\": {\"outputUriPrefix\": \"gs://bucket/\"}}");
	refused(-EINVAL, "whole bucket");
	export("{\"outputConfig\": {\"artifactDestination\": {\"outputUriPrefx\": \"gs://b/d\"}}}");
	refused(-EINVAL, "unknown field outputConfig.artifactDestination.outputUriPrefx");
	export("{\"outputConfig\": {}, \"name\": \"x\"}");
	refused(-EINVAL, "unknown field name");
	export("{\"outputConfig\": 3}");
	refused(-EINVAL, "outputConfig: expected an object, found a number");
	export("{\"artifactDestination\": \"gs://b/d\"}");
	refused(-EINVAL, "outputConfig.artifactDestination: expected an object, found a string");
	export("{\"exportFormatId\": 3}");
	refused(-EINVAL, "outputConfig.exportFormatId: expected a string, found a number");
	export("[]");
	refused(-EINVAL, "expected a JSON object");
	at_model.own_registry = false;
	export("{\"artifactDestination\": {\"outputUriPrefix\": \"gs://bucket\"}}");
	assert_int_equal(got.err, 0);
}

static void an_image_goes_to_a_registry_path(void **state)
{
	static const char *const good[] = {
		"gcr.io/p/i",
		"gcr.io/p/i:latest",
		"us.gcr.io/example.com/p/i",
		"asia.gcr.io/p/a/b:1",
		"us-central1-docker.pkg.dev/p/r/i",
		"europe-docker.pkg.dev/p/r/i/j:v1.0_A-b",
	};
	static const char *const bad[] = {
		"p/i",
		"docker.io/p/i",
		"https://gcr.io/p/i",
		"gcr.io",
		"gcr.io/p",
		"gcr.io/p/",
		"gcr.io//i",
		"gcr.io/p/i:",
		"gcr.io/p/i:a b",
		"gcr.io/p/I",
		"gs://b/d",
		"us-docker.pkg.dev/p/i",
		".gcr.io/p/i",
		"evilgcr.io/p/i",
		"gcr.io/p/i@sha256:00",
		"gcr.io/p/../i",
		"-docker.pkg.dev/p/r/i",
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		snprintf(
			text, sizeof(text),
			"{\"exportFormatId\":\"image\",\"imageDestination\":{\"outputUri\":\"%s\"}}",
			good[i]);
		export(text);
		if (got.err)
			fail_msg("%s: %s", good[i], got.reason);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(
			text, sizeof(text),
			"{\"exportFormatId\":\"image\",\"imageDestination\":{\"outputUri\":\"%s\"}}",
			bad[i]);
		export(text);
		if (!got.err)
			fail_msg("%s was accepted", bad[i]);
		refused(-EINVAL, "Artifact Registry path");
	}
}

static void template_is(const char *model, const char *expected)
{
	_cleanup_json_ struct json_doc *m = NULL;
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r;

	assert_int_equal(json_parse(model, strlen(model), &m, NULL), 0);
	r = judge_export_template(&service_vertex, json_root(m), &out);
	assert_int_equal(r, expected ? 0 : -ENODATA);
	if (expected)
		assert_string_equal(buf_str(&out), expected);
	judged_reset(&got);
	judge_export(&at_model, json_root(m), buf_str(&out), out.len, &got);
	if (expected)
		refused(-EINVAL, "no destination");
}

static void the_template_is_ready_to_be_filled_in(void **state)
{
	(void)state;
	template_is(base_text, "{\n  \"outputConfig\": {\n    \"exportFormatId\": \"tflite\",\n"
			       "    \"artifactDestination\": {\n      \"outputUriPrefix\": \"\"\n"
			       "    }\n  }\n}\n");
	template_is(
		"{\"supportedExportFormats\":[{\"id\":\"x\",\"exportableContents\":[\"IMAGE\"]}]}",
		"{\n  \"outputConfig\": {\n    \"exportFormatId\": \"x\",\n"
		"    \"imageDestination\": {\n      \"outputUri\": \"\"\n"
		"    }\n  }\n}\n");
	template_is("{}", NULL);
	judged_reset(&got);
	judge_export(&at_model, JSON_ABSENT, "{}", 2, &got);
	refused(-EBUSY, "not exportable");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_scalar_is_one_patch_of_its_field),
		TEST(free_text_loses_one_newline_and_can_be_cleared),
		TEST(labels_are_strings_under_the_label_rule),
		TEST(a_field_is_saved_where_it_belongs),
		TEST(a_document_sends_only_what_changed),
		TEST(a_document_does_not_send_what_the_service_has),
		TEST(a_document_changes_only_what_is_writable),
		TEST(a_document_that_mixes_levels_is_told_where_each_belongs),
		TEST(default_names_a_version_that_is_there),
		TEST(a_versions_default_takes_true),
		TEST(an_export_is_sent_in_its_shortest_form),
		TEST(an_export_that_cannot_be_is_refused_with_the_place),
		TEST(an_image_goes_to_a_registry_path),
		TEST(the_template_is_ready_to_be_filled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
