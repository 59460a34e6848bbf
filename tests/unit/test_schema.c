/* SPDX-License-Identifier: MIT */
/* api/schema.h and Vertex's messages, one promise a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "api/vertex.h"

static const struct field *model_field(const char *name)
{
	const struct field *f = message_field(&vertex_model, name);

	if (!f)
		fail_msg("no field %s", name);
	return f;
}

static struct json_doc *parse(const char *text)
{
	struct json_doc *doc;

	if (json_parse(text, strlen(text), &doc, NULL))
		fail_msg("no JSON: %s", text);
	return doc;
}

/* "" when the body passes, else "path: why". */
static char *checked(const struct message *m, const char *text, bool beta)
{
	_cleanup_json_ struct json_doc *doc = parse(text);
	_cleanup_buf_ struct buf path = BUF_INIT, why = BUF_INIT;
	int r = schema_check(m, json_root(doc), beta, &path, &why);

	if (!r) {
		assert_int_equal(path.len, 0);
		return strdup("");
	}
	assert_int_equal(r, -EINVAL);
	return str_format("%s: %s", buf_str(&path), buf_str(&why));
}

static void passes(const struct message *m, const char *text)
{
	_cleanup_free_ char *got = checked(m, text, false);

	if (*got)
		fail_msg("%s: %s", text, got);
}

static void refused(const struct message *m, const char *text, const char *path)
{
	_cleanup_free_ char *got = checked(m, text, false);

	if (!starts_with(got, path) || got[strlen(path)] != ':')
		fail_msg("%s: '%s', not at %s", text, got, path);
}

static void fields_are_found_in_camel_and_snake_case(void **state)
{
	(void)state;
	assert_ptr_equal(model_field("displayName"), model_field("display_name"));
	assert_ptr_equal(model_field("labels"), message_field(&vertex_model, "labels"));
	assert_null(message_field(&vertex_model, "DisplayName"));
	assert_null(message_field(&vertex_model, "display__name"));
	assert_null(message_field(&vertex_model, "displayNam"));
	assert_null(message_field(&vertex_model, "displayNames"));
	assert_null(message_field(&vertex_model, ""));
}

static void a_model_has_the_fields_of_the_answers_in_their_order(void **state)
{
	static const char *const names[] = {
		"name",
		"versionId",
		"versionAliases",
		"versionCreateTime",
		"versionUpdateTime",
		"displayName",
		"description",
		"versionDescription",
	};

	(void)state;
	assert_int_equal(vertex_model.count, 35);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(vertex_model.fields[i].name, names[i]);
}

static void the_masks_are_those_of_patch(void **state)
{
	_cleanup_buf_ struct buf model = BUF_INIT, version = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < vertex_model.count; i++) {
		const struct field *f = &vertex_model.fields[i];

		if (f->flags & FIELD_MODEL_MASK)
			buf_printf(&model, "%s ", f->name);
		if (f->flags & FIELD_VERSION_MASK)
			buf_printf(&version, "%s ", f->name);
		if (f->flags & (FIELD_MODEL_MASK | FIELD_VERSION_MASK))
			assert_false(f->flags & (FIELD_OUTPUT_ONLY | FIELD_IMMUTABLE));
	}
	assert_string_equal(buf_str(&model), "displayName description labels ");
	assert_string_equal(buf_str(&version), "versionDescription labels ");
}

static void flags_say_who_may_write(void **state)
{
	static const struct {
		const char *name;
		unsigned set, clear;
	} cases[] = {
		{"name", FIELD_IMMUTABLE, FIELD_VERSION_LEVEL | FIELD_MODEL_MASK},
		{"versionId", FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, 0},
		{"versionAliases", FIELD_REPEATED | FIELD_VERSION_LEVEL, FIELD_IMMUTABLE},
		{"etag", 0, FIELD_OUTPUT_ONLY | FIELD_IMMUTABLE | FIELD_VERSION_LEVEL},
		{"displayName", FIELD_REQUIRED, FIELD_MULTILINE | FIELD_VERSION_LEVEL},
		{"description", FIELD_MULTILINE, FIELD_VERSION_LEVEL},
		{"versionDescription", FIELD_MULTILINE | FIELD_VERSION_LEVEL, 0},
		{"labels", FIELD_MAP, FIELD_VERSION_LEVEL},
		{"containerSpec", FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, FIELD_OUTPUT_ONLY},
		{"artifactUri", FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, 0},
		{"metadata", FIELD_IMMUTABLE, 0},
		{"dataStats", FIELD_NOT_IN_BETA, 0},
		{"pipelineJob", FIELD_NOT_IN_BETA, 0},
		{"supportedExportFormats", FIELD_REPEATED | FIELD_OUTPUT_ONLY, 0},
		{"createTime", FIELD_OUTPUT_ONLY, FIELD_VERSION_LEVEL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned flags = model_field(cases[i].name)->flags;

		if ((flags & cases[i].set) != cases[i].set || flags & cases[i].clear)
			fail_msg("%s: %#x", cases[i].name, flags);
	}
}

static void objects_and_arrays_are_json_files(void **state)
{
	(void)state;
	assert_true(field_is_json(model_field("labels")));
	assert_true(field_is_json(model_field("versionAliases")));
	assert_true(field_is_json(model_field("containerSpec")));
	assert_true(field_is_json(model_field("metadata")));
	assert_false(field_is_json(model_field("displayName")));
	assert_false(field_is_json(model_field("satisfiesPzs")));
	assert_false(field_is_json(model_field("createTime")));
}

static unsigned visit(const struct message *m, const struct message **seen, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (seen[i] == m)
			return n;
	assert_true(n < 100);
	assert_true(m->count <= 64); /* schema_check() notes what it saw in 64 bits */
	seen[n++] = m;
	for (size_t i = 0; i < m->count; i++) {
		assert_int_equal(m->fields[i].type == FIELD_MESSAGE, m->fields[i].message != NULL);
		assert_int_equal(m->fields[i].type == FIELD_ENUM, m->fields[i].enumerators != NULL);
		assert_ptr_equal(message_field(m, m->fields[i].name), &m->fields[i]);
		if (m->fields[i].message)
			n = visit(m->fields[i].message, seen, n);
	}
	return n;
}

static void the_tables_are_sound(void **state)
{
	const struct message *seen[100];
	unsigned n = visit(&vertex_upload_model_request, seen, 0);

	(void)state;
	n = visit(&vertex_merge_version_aliases_request, seen, n);
	n = visit(&vertex_export_model_request, seen, n);
	n = visit(&vertex_copy_model_request, seen, n);
	n = visit(&vertex_model_evaluation, seen, n);
	n = visit(&vertex_operation, seen, n);
	assert_true(n > 40);
}

static void good_bodies_pass(void **state)
{
	(void)state;
	passes(&vertex_model, "{}");
	passes(&vertex_model,
	       "{\"displayName\":\"a\",\"labels\":{},\"version_aliases\":[\"x\"],"
	       "\"metadata\":[1,{\"any\":null}],\"etag\":null,\"satisfiesPzs\":true}");
	passes(&vertex_upload_model_request,
	       "{\"parent_model\":\"p\",\"model\":{\"display_name\":\"d\",\"containerSpec\":"
	       "{\"imageUri\":\"i\",\"ports\":[{\"containerPort\":8080}],"
	       "\"sharedMemorySizeMb\":\"16\",\"deploymentTimeout\":\"1.5s\"}}}");
	passes(&vertex_model, "{\"containerSpec\":{\"sharedMemorySizeMb\":16}}");
	passes(&vertex_model, "{\"createTime\":\"2026-01-02T03:04:05.678901Z\"}");
	passes(&vertex_export_model_request,
	       "{\"outputConfig\":{\"exportFormatId\":\"x\",\"artifactDestination\":"
	       "{\"outputUriPrefix\":\"gs://b/o\"}}}");
	passes(&vertex_operation, "{\"name\":\"n\",\"metadata\":{\"@type\":\"t\"},\"done\":true,"
				  "\"response\":{\"@type\":\"t\"}}");
}

static void a_refusal_names_the_field(void **state)
{
	(void)state;
	refused(&vertex_upload_model_request, "{\"model\":{\"labels\":{\"a\":1}}}",
		"model.labels.a");
	refused(&vertex_model, "{\"versionAliases\":[\"a\",2]}", "versionAliases[1]");
	refused(&vertex_model, "{\"version_aliases\":[null]}", "versionAliases[0]");
	refused(&vertex_model, "{\"displayName\":5}", "displayName");
	refused(&vertex_model, "{\"labels\":[]}", "labels");
	refused(&vertex_model, "{\"versionAliases\":\"x\"}", "versionAliases");
	refused(&vertex_model, "{\"satisfiesPzs\":\"true\"}", "satisfiesPzs");
	refused(&vertex_model, "{\"createTime\":\"yesterday\"}", "createTime");
	refused(&vertex_model, "{\"containerSpec\":\"x\"}", "containerSpec");
	refused(&vertex_model, "{\"containerSpec\":{\"ports\":[{\"containerPort\":1.5}]}}",
		"containerSpec.ports[0].containerPort");
	refused(&vertex_model, "{\"containerSpec\":{\"ports\":[{\"containerPort\":2147483648}]}}",
		"containerSpec.ports[0].containerPort");
	refused(&vertex_model, "{\"containerSpec\":{\"deploymentTimeout\":\"5m\"}}",
		"containerSpec.deploymentTimeout");
	refused(&vertex_model, "{\"displayName\":\"a\",\"display_name\":\"b\"}", "displayName");
	refused(&vertex_model, "[]", "");
}

static void an_unknown_name_is_told_in_googles_words(void **state)
{
	_cleanup_free_ char *top = checked(&vertex_model, "{\"foo\":1}", false);
	_cleanup_free_ char *deep =
		checked(&vertex_upload_model_request, "{\"model\":{\"foo\":1}}", false);

	(void)state;
	assert_string_equal(top, "foo: Invalid JSON payload received. Unknown name \"foo\": "
				 "Cannot find field.");
	assert_string_equal(deep, "model.foo: Invalid JSON payload received. Unknown name \"foo\" "
				  "at 'model': Cannot find field.");
}

static void enumerators_are_names_or_integers(void **state)
{
	static const char format[] = "{\"supportedExportFormats\":[{\"exportableContents\":[%s]}]}";
	static const char *const good[] = {"\"ARTIFACT\"", "\"IMAGE\"", "1", "2"};
	static const char *const bad[] = {"\"artifact\"", "3", "-1", "true", "\"1\""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;

		buf_puts(&b, "{\"supportedExportFormats\":[{\"exportableContents\":[");
		buf_printf(&b, "%s]}]}", good[i]);
		passes(&vertex_model, buf_str(&b));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = str_format(format, bad[i]);

		refused(&vertex_model, text, "supportedExportFormats[0].exportableContents[0]");
	}
}

static void a_version_lacks_what_the_other_has(void **state)
{
	_cleanup_free_ char *v1 = checked(&vertex_model, "{\"pipelineJob\":\"x\"}", false);
	_cleanup_free_ char *beta = checked(&vertex_model, "{\"pipelineJob\":\"x\"}", true);
	_cleanup_free_ char *bias =
		checked(&vertex_model_evaluation, "{\"biasConfigs\":{}}", false);

	(void)state;
	assert_string_equal(v1, "");
	assert_true(starts_with(beta, "pipelineJob: "));
	assert_true(starts_with(bias, "biasConfigs: "));
}

static void normalizing_gives_what_the_service_would_hold(void **state)
{
	_cleanup_json_ struct json_doc *doc = parse(
		"{\"model\":{\"labels\":{\"b\":\"1\",\"a\":\"2\"},\"update_time\":\"x\","
		"\"container_spec\":{\"shared_memory_size_mb\":16,\"ports\":[{\"containerPort\":"
		"8.08e3}]},\"etag\":null,\"display_name\":\"d\\u00e9\",\"metadata\":{\"n\":1.0}},"
		"\"modelId\":\"m\"}");
	_cleanup_json_ struct json_doc *formats = parse(
		"{\"supportedExportFormats\":[{\"exportableContents\":[1,\"IMAGE\"],\"id\":\"x\"}]}");
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(schema_normalize(&vertex_upload_model_request, json_root(doc),
					  FIELD_OUTPUT_ONLY, &b),
			 0);
	assert_string_equal(
		buf_str(&b),
		"{\"modelId\":\"m\",\"model\":{\"displayName\":\"d\u00e9\",\"metadata\":"
		"{\"n\":1.0},\"containerSpec\":{\"ports\":[{\"containerPort\":8080}],"
		"\"sharedMemorySizeMb\":\"16\"},\"labels\":{\"b\":\"1\",\"a\":\"2\"}}}");
	buf_reset(&b);
	schema_normalize(&vertex_model, json_root(formats), 0, &b);
	assert_string_equal(buf_str(&b), "{\"supportedExportFormats\":[{\"id\":\"x\","
					 "\"exportableContents\":[\"ARTIFACT\",\"IMAGE\"]}]}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_in_camel_and_snake_case),
		cmocka_unit_test(a_model_has_the_fields_of_the_answers_in_their_order),
		cmocka_unit_test(the_masks_are_those_of_patch),
		cmocka_unit_test(flags_say_who_may_write),
		cmocka_unit_test(objects_and_arrays_are_json_files),
		cmocka_unit_test(the_tables_are_sound),
		cmocka_unit_test(good_bodies_pass),
		cmocka_unit_test(a_refusal_names_the_field),
		cmocka_unit_test(an_unknown_name_is_told_in_googles_words),
		cmocka_unit_test(enumerators_are_names_or_integers),
		cmocka_unit_test(a_version_lacks_what_the_other_has),
		cmocka_unit_test(normalizing_gives_what_the_service_would_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
