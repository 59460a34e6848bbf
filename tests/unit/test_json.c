/* SPDX-License-Identifier: MIT */
/* api/json.h, one promise a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "api/json.h"

/* The same documents on every run. */
static uint64_t seed;
static unsigned roll(unsigned sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % sides;
}

static void random_string(struct buf *b, unsigned number)
{
	static const char *const bits[] = {
		"a",          "Z",
		" ",          "/",
		"\\/",        "\\\"",
		"\\\\",       "\\b",
		"\\f",        "\\n",
		"\\r",        "\\t",
		"\\u0000",    "\\u001f",
		"\\u007f",    "\x7f",
		"\\u0041",    "\\u00e9",
		"\u00e9",     "\\u20AC",
		"\u20ac",     "\\ud83d\\ude00",
		"\U0001F600", "\\uDBFF\\uDFFF",
		"\ufffd",     "\u2028",
		"<>&'",
	};

	buf_printf(b, "\"%u", number); /* member names differ */
	for (unsigned n = roll(6); n > 0; n--)
		buf_puts(b, bits[roll(ARRAY_SIZE(bits))]);
	buf_putc(b, '"');
}

static void space(struct buf *b)
{
	for (unsigned n = roll(8) ? 0 : roll(3); n > 0; n--)
		buf_putc(b, " \t\r\n"[roll(4)]);
}

static void random_value(struct buf *b, unsigned depth)
{
	static const char *const scalars[] = {"null", "true", "false", "0",           "-1",
					      "17",   "1.5",  "-0.25", "123456789012"};
	unsigned kind = roll(depth ? 5 : 3), n = roll(5);

	space(b);
	if (kind < 2) {
		buf_puts(b, scalars[roll(ARRAY_SIZE(scalars))]);
	} else if (kind == 2) {
		random_string(b, roll(100));
	} else {
		buf_putc(b, kind == 3 ? '[' : '{');
		for (unsigned i = 0; i < n; i++) {
			if (i)
				buf_putc(b, ',');
			space(b);
			if (kind == 4) {
				random_string(b, i);
				space(b);
				buf_putc(b, ':');
			}
			random_value(b, depth - 1);
		}
		space(b);
		buf_putc(b, kind == 3 ? ']' : '}');
	}
	space(b);
}

static struct json_doc *parse(const char *text)
{
	struct json_error err;
	struct json_doc *doc;
	int r = json_parse(text, strlen(text), &doc, &err);

	if (r)
		fail_msg("%s: %s at %zu: %s", text, strerror(-r), err.offset, err.message);
	return doc;
}

static bool equal(const char *x, const char *y)
{
	_cleanup_json_ struct json_doc *a = parse(x), *b = parse(y);
	bool r = json_equal(json_root(a), json_root(b));

	assert_int_equal(r, json_equal(json_root(b), json_root(a)));
	return r;
}

static enum json_verdict scan(const char *text)
{
	return json_scan(text, strlen(text), NULL);
}

static void a_whole_value_is_complete(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" [1 , 2.5e-3,-0] \n",
		"{\"a\":{\"b\":[null,true,false]}}",
		"0",
		"-0.0",
		"1E+9",
		"\"\"",
		"\"\\ud83d\\ude00\"",
		"null",
		"\t7\r\n",
		"\"\xf4\x8f\xbf\xbf\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (scan(texts[i]) != JSON_COMPLETE)
			fail_msg("not complete: %s", texts[i]);
}

static void what_can_still_become_json_is_incomplete(void **state)
{
	static const char *const texts[] = {
		"",
		" \n",
		"{",
		"[",
		"[1",
		"[1,",
		"{\"",
		"{\"a",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":1,",
		"t",
		"nul",
		"-",
		"1.",
		"1e",
		"1e+",
		"\"",
		"\"\\",
		"\"\\u",
		"\"\\u00",
		"\"\\ud83d",
		"\"\\ud83d\\",
		"\"\\ud83d\\u",
		"\"\\ud83d\\ude0",
		"\"\xf0\x9f\x98",
		"[\"\xc3",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (scan(texts[i]) != JSON_INCOMPLETE)
			fail_msg("not incomplete: %s", texts[i]);
}

static void what_can_never_become_json_is_invalid(void **state)
{
	static const char *const texts[] = {
		"01",
		"-01",
		"+1",
		".5",
		"1.e",
		"1e5.",
		"0x1",
		"--1",
		"nulL",
		"True",
		"NaN",
		"]",
		"}",
		",",
		"[,",
		"[1,]",
		"[1 2",
		"{,",
		"{a",
		"{\"a\",",
		"{\"a\":,",
		"{\"a\":1,}",
		"{\"a\":1 \"",
		"[}",
		"{]",
		"{} x",
		"[] []",
		"1 2",
		"\"a\" \"",
		"'a'",
		"// c",
		"\"\n",
		"\"\x01",
		"\"\\x",
		"\"\\u00g",
		"\"\\ude00",
		"\"\\ud83dx",
		"\"\\ud83d\\n",
		"\"\\ud83d\\ud83d",
		"\"\\ud83d\\u0041",
		"\"\x80",
		"\"\xc0\x80",
		"\"\xc3(",
		"\"\xed\xa0\x80",
		"\"\xf4\x90",
		"\"\xff",
		"\xef\xbb\xbf{}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (scan(texts[i]) != JSON_INVALID)
			fail_msg("not invalid: %s", texts[i]);
	assert_int_equal(json_scan("{}\0", 3, NULL), JSON_INVALID);
	assert_int_equal(json_scan("\"\0\"", 3, NULL), JSON_INVALID);
}

static void every_prefix_of_a_container_is_incomplete_and_garbage_behind_it_invalid(void **state)
{
	(void)state;
	seed = 1;
	for (int round = 0; round < 400; round++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		size_t whole;

		buf_putc(&b, '[');
		random_value(&b, 4);
		buf_putc(&b, ']');
		whole = b.len;
		for (size_t n = 0; n < whole; n++)
			if (json_scan(b.data, n, NULL) != JSON_INCOMPLETE)
				fail_msg("%zu bytes of %s", n, b.data);
		assert_int_equal(json_scan(b.data, whole, NULL), JSON_COMPLETE);
		buf_puts(&b, "\n ");
		assert_int_equal(json_scan(b.data, b.len, NULL), JSON_COMPLETE);
		buf_putc(&b, "]}x\",1[{"[roll(8)]);
		assert_int_equal(json_scan(b.data, b.len, NULL), JSON_INVALID);
	}
}

static void a_text_once_invalid_stays_invalid_and_parses_only_if_complete(void **state)
{
	static const char soup[] = "{}[]:,\"\\u0d8e1-.+ntrlfas \xc3\xa9\xf0\x01";

	(void)state;
	seed = 2;
	for (int round = 0; round < 20000; round++) {
		enum json_verdict before = JSON_INCOMPLETE, now = JSON_INCOMPLETE;
		_cleanup_json_ struct json_doc *doc = NULL;
		struct json_error err;
		char text[16];
		size_t n;
		int r;

		for (n = 0; n < sizeof(text); n++) {
			text[n] = soup[roll(sizeof(soup) - 1)];
			now = json_scan(text, n + 1, NULL);
			if (before == JSON_INVALID)
				assert_int_equal(now, JSON_INVALID);
			before = now;
		}
		r = json_parse(text, n, &doc, &err);
		if (r && now == JSON_COMPLETE)
			assert_non_null(strstr(err.message, "twice"));
		else
			assert_int_equal(r == 0, now == JSON_COMPLETE);
	}
}

static void an_error_tells_line_column_and_what_was_expected(void **state)
{
	static const char text[] = "{\n  \"a\": 1\n  \"b\": 2\n}";
	struct json_doc *doc;
	struct json_error err;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &doc, &err), -EINVAL);
	assert_null(doc);
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 3);
	assert_int_equal(err.offset, 13);
	assert_string_equal(err.message, "expected ',' or '}' after a member");
	assert_int_equal(json_scan("[1,", 3, &err), JSON_INCOMPLETE);
	assert_string_equal(err.message, "the text ends where a value should be");
}

static void a_member_named_twice_is_refused(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct json_doc *doc;
	struct json_error err;

	(void)state;
	assert_int_equal(json_parse("{\"a\":1,\"b\":2,\"a\":3}", 19, &doc, &err), -EINVAL);
	assert_int_equal(err.offset, 13);
	assert_string_equal(err.message, "member \"a\" appears twice in one object");
	/* Names are compared decoded; siblings in other objects do not count. */
	assert_int_equal(json_parse("{\"a\":1,\"\\u0061\":3}", 18, &doc, &err), -EINVAL);
	json_doc_free(parse("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}"));
	buf_putc(&b, '{');
	for (int i = 0; i < 2000; i++)
		buf_printf(&b, "\"k%d\":%d,", i, i);
	buf_puts(&b, "\"k\\u0037\":0}");
	assert_int_equal(json_parse(b.data, b.len, &doc, &err), -EINVAL);
}

static void nesting_has_a_limit(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct json_doc *doc;
	struct json_error err;

	(void)state;
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		buf_putc(&b, '[');
	assert_int_equal(json_scan(b.data, b.len, NULL), JSON_INCOMPLETE);
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		buf_putc(&b, ']');
	json_doc_free(parse(b.data));
	buf_reset(&b);
	for (int i = 0; i < 1000000; i++)
		buf_putc(&b, '[');
	assert_int_equal(json_scan(b.data, b.len, &err), JSON_INVALID);
	assert_int_equal(json_parse(b.data, b.len, &doc, &err), -E2BIG);
	assert_int_equal(err.offset, JSON_DEPTH_MAX);
}

static void members_and_elements_are_found_in_order(void **state)
{
	_cleanup_json_ struct json_doc *doc =
		parse(" {\"a\":[10,[],{\"x\":{}},\"s\"],\"b\\u0063\":{\"d\":{\"e\":7}},\"\":0}");
	_cleanup_buf_ struct buf key = BUF_INIT;
	struct json root = json_root(doc), v;
	int64_t n;

	(void)state;
	assert_int_equal(json_type(root), JSON_OBJECT);
	assert_int_equal(json_count(root), 3);
	assert_int_equal(json_count(json_get(root, "a")), 4);
	v = json_first(json_get(root, "a"));
	assert_int_equal(json_int64(v, &n), 0);
	assert_int_equal(n, 10);
	assert_false(json_present(json_first(json_next(v))));
	assert_true(json_is(json_next(json_next(json_next(v))), "s"));
	assert_false(json_present(json_next(json_next(json_next(json_next(v))))));
	assert_int_equal(json_int64(json_path(root, "bc.d.e"), &n), 0);
	assert_int_equal(n, 7);
	assert_true(json_present(json_get(root, "")));
	v = json_next(json_first(root));
	assert_true(json_key_is(v, "bc"));
	assert_int_equal(json_key(v, &key), 0);
	assert_string_equal(buf_str(&key), "bc");
	assert_false(json_present(json_path(root, "a.b")));
	assert_false(json_present(json_path(root, "bc.x.e")));
}

static void the_absent_value_is_taken_everywhere(void **state)
{
	struct json none = JSON_ABSENT;
	_cleanup_buf_ struct buf b = BUF_INIT;
	int64_t n;
	size_t len;

	(void)state;
	assert_int_equal(json_type(none), JSON_NONE);
	assert_false(json_present(json_get(none, "a")));
	assert_false(json_present(json_path(none, "a.b")));
	assert_false(json_present(json_first(none)));
	assert_false(json_present(json_next(none)));
	assert_int_equal(json_count(none), 0);
	assert_int_equal(json_key(none, &b), -EINVAL);
	assert_false(json_key_is(none, ""));
	assert_non_null(json_raw(none, &len));
	assert_int_equal(len, 0);
	assert_int_equal(json_string(none, &b), -EINVAL);
	assert_null(json_strdup(none));
	assert_null(json_get_str(none, "a"));
	assert_true(json_bool(none, true));
	assert_int_equal(json_int64(none, &n), -EINVAL);
	assert_int_equal(json_print(none, JSON_PRETTY, &b), -EINVAL);
	assert_true(json_equal(none, none));
}

static void strings_decode(void **state)
{
	_cleanup_json_ struct json_doc *doc =
		parse("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00\xc3\xa9\","
		      "\"a\\u0000b\",\"\",5]");
	struct json v = json_first(json_root(doc));
	_cleanup_free_ char *s = json_strdup(v), *empty = NULL;
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(s, "\"\\/\b\f\n\r\t\u00e9\u20ac\U0001F600\u00e9");
	v = json_next(v);
	assert_int_equal(json_string(v, &b), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "a\0b", 3);
	assert_null(json_strdup(v));
	assert_false(json_is(v, "a"));
	v = json_next(v);
	empty = json_strdup(v);
	assert_string_equal(empty, "");
	assert_int_equal(json_string(json_next(v), &b), -EINVAL);
}

static void integers_are_read_exactly(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t n;
	} cases[] = {
		{"0", 0, 0},
		{"-0", 0, 0},
		{"1", 0, 1},
		{"1.0", 0, 1},
		{"1e2", 0, 100},
		{"10e-1", 0, 1},
		{"0.5e1", 0, 5},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", -ERANGE, 0},
		{"-9223372036854775809", -ERANGE, 0},
		{"1e19", -ERANGE, 0},
		{"1.5", -EINVAL, 0},
		{"1e-1", -EINVAL, 0},
		{"1e99999999999999999999", -ERANGE, 0},
		{"-1e99999999999999999999", -ERANGE, 0},
		{"1e-99999999999999999999", -EINVAL, 0},
		{"\"42\"", 0, 42},
		{"\"-9223372036854775808\"", 0, INT64_MIN},
		{"\"\"", -EINVAL, 0},
		{"\"4x\"", -EINVAL, 0},
		{"\" 4\"", -EINVAL, 0},
		{"\"4 \"", -EINVAL, 0},
		{"\"007\"", -EINVAL, 0},
		{"true", -EINVAL, 0},
		{"[1]", -EINVAL, 0},
		{"\"[1]\"", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_json_ struct json_doc *doc = parse(cases[i].text);
		int64_t n = 0;
		int r = json_int64(json_root(doc), &n);

		if (r != cases[i].r || (!r && n != cases[i].n))
			fail_msg("%s: %d, %lld", cases[i].text, r, (long long)n);
	}
}

static void numbers_are_equal_by_exact_decimal_value(void **state)
{
	(void)state;
	assert_true(equal("1", "1.0"));
	assert_true(equal("1", "10e-1"));
	assert_true(equal("1", "0.001e3"));
	assert_true(equal("-0", "0.0e7"));
	assert_true(equal("1200", "1.2E+3"));
	assert_true(equal("0.10", "1e-1"));
	assert_true(equal("10.01", "1001e-2"));
	assert_false(equal("1", "-1"));
	assert_false(equal("0.1", "0.01"));
	assert_false(equal("1", "10"));
	assert_false(equal("101", "11"));
	assert_false(equal("10000000000000000000000000001", "10000000000000000000000000000"));
	assert_false(equal("0.1", "0.10000000000000000000000000000000001"));
	assert_false(equal("1e400", "1e401"));
	assert_false(equal("1", "\"1\""));
}

static void order_and_space_do_not_matter_to_equality(void **state)
{
	_cleanup_buf_ struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	assert_true(equal("{\"a\":1,\"b\":[1,{}]}", " { \"b\" : [ 1.0, { } ], \"\\u0061\":1}"));
	assert_false(equal("[1,2]", "[2,1]"));
	assert_false(equal("{\"a\":1}", "{\"a\":1,\"b\":1}"));
	assert_false(equal("{\"a\":null}", "{\"b\":null}"));
	assert_false(equal("{}", "[]"));
	assert_true(equal("\"\\ud83d\\ude00\"", "\"\U0001F600\""));
	assert_false(equal("\"a\"", "\"a\\u0000\""));
	for (int i = 0; i < 5000; i++) {
		buf_printf(&a, "%c\"k%d\":%d", i ? ',' : '{', i, i);
		buf_printf(&b, "%c\"k%d\":%d", i ? ',' : '{', 4999 - i, 4999 - i);
	}
	buf_putc(&a, '}');
	buf_putc(&b, '}');
	assert_true(equal(a.data, b.data));
	a.data[a.len - 2] = '0';
	assert_false(equal(a.data, b.data));
}

static void numbers_print_as_received_and_compact_has_no_space(void **state)
{
	_cleanup_json_ struct json_doc *doc = parse(
		" { \"n\" : [ 1.0 , 1E2, 12345678901234567890123, -0 ] , \"e\" : [ ], \"o\":{ } }");
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(json_print(json_root(doc), JSON_COMPACT, &b), 0);
	assert_string_equal(buf_str(&b),
			    "{\"n\":[1.0,1E2,12345678901234567890123,-0],\"e\":[],\"o\":{}}");
	buf_reset(&b);
	json_print(json_root(doc), JSON_PRETTY, &b);
	assert_string_equal(buf_str(&b),
			    "{\n  \"n\": [\n    1.0,\n    1E2,\n    12345678901234567890123,\n"
			    "    -0\n  ],\n  \"e\": [],\n  \"o\": {}\n}");
}

/* What `jq .` prints for the texts in `in`, appended to out. */
static void run_jq(const struct buf *in, struct buf *out)
{
	char path[] = "/tmp/test_json.XXXXXX", chunk[65536];
	_cleanup_free_ char *command = NULL;
	int fd = mkstemp(path);
	FILE *pipe;
	size_t n;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, in->data, in->len), in->len);
	close(fd);
	command = str_format("jq -M . %s", path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((n = fread(chunk, 1, sizeof(chunk), pipe)) > 0)
		buf_add(out, chunk, n);
	n = (size_t)pclose(pipe);
	unlink(path);
	assert_int_equal(n, 0);
}

static void pretty_is_byte_for_byte_what_jq_prints(void **state)
{
	_cleanup_buf_ struct buf in = BUF_INIT, ours = BUF_INIT, theirs = BUF_INIT;

	(void)state;
	if (system("jq --version >/dev/null 2>&1") != 0) {
		print_message("jq is missing: %s is skipped\n", __func__);
		skip();
	}
	seed = 3;
	for (int round = 0; round < 2000; round++) {
		_cleanup_json_ struct json_doc *doc = NULL;
		_cleanup_buf_ struct buf b = BUF_INIT;

		random_value(&b, 6);
		doc = parse(b.data);
		buf_add(&in, b.data, b.len);
		buf_putc(&in, '\n');
		assert_int_equal(json_print(json_root(doc), JSON_PRETTY, &ours), 0);
		buf_putc(&ours, '\n');
	}
	run_jq(&in, &theirs);
	assert_string_equal(buf_str(&ours), buf_str(&theirs));
}

static void print_and_parse_give_the_same_value(void **state)
{
	(void)state;
	seed = 4;
	for (int round = 0; round < 500; round++) {
		_cleanup_buf_ struct buf b = BUF_INIT, pretty = BUF_INIT, compact = BUF_INIT;
		_cleanup_json_ struct json_doc *doc = NULL;

		random_value(&b, 5);
		doc = parse(b.data);
		json_print(json_root(doc), JSON_PRETTY, &pretty);
		json_print(json_root(doc), JSON_COMPACT, &compact);
		assert_true(equal(b.data, pretty.data));
		assert_true(equal(b.data, compact.data));
	}
}

static void quote_escapes_as_jq_and_mends_utf8(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	json_quote(&b, "\"\\/\b\f\n\r\t\x01\x7f\u00e9\U0001F600", 16);
	assert_string_equal(buf_str(&b), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\u00e9"
					 "\U0001F600\"");
	buf_reset(&b);
	json_quote(&b, "a\xff\xe2\x82z\xf0\x9f", 7);
	assert_string_equal(buf_str(&b), "\"a\ufffd\ufffdz\ufffd\"");
	buf_reset(&b);
	json_quote(&b, "a\0b", 3);
	assert_string_equal(buf_str(&b), "\"a\\u0000b\"");
}

static void the_writer_places_commas(void **state)
{
	_cleanup_json_ struct json_doc *doc = parse("{ \"big\" : 123456789012345678901234567890 }");
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct json_writer w;

	(void)state;
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_str(&w, "s\"", "v\n");
	jw_array(&w, "a");
	jw_int(&w, NULL, -1);
	jw_object(&w, NULL);
	jw_end_object(&w);
	jw_array(&w, NULL);
	jw_end_array(&w);
	jw_bool(&w, NULL, true);
	jw_end_array(&w);
	jw_int64(&w, "i", INT64_MIN);
	jw_raw(&w, "r", "[1]", 3);
	jw_value(&w, "v", json_root(doc));
	jw_end_object(&w);
	assert_string_equal(
		buf_str(&b),
		"{\"s\\\"\":\"v\\n\",\"a\":[-1,{},[],true],\"i\":\"-9223372036854775808\","
		"\"r\":[1],\"v\":{\"big\":123456789012345678901234567890}}");
	assert_int_equal(w.depth, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_value_is_complete),
		cmocka_unit_test(what_can_still_become_json_is_incomplete),
		cmocka_unit_test(what_can_never_become_json_is_invalid),
		cmocka_unit_test(
			every_prefix_of_a_container_is_incomplete_and_garbage_behind_it_invalid),
		cmocka_unit_test(a_text_once_invalid_stays_invalid_and_parses_only_if_complete),
		cmocka_unit_test(an_error_tells_line_column_and_what_was_expected),
		cmocka_unit_test(a_member_named_twice_is_refused),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(members_and_elements_are_found_in_order),
		cmocka_unit_test(the_absent_value_is_taken_everywhere),
		cmocka_unit_test(strings_decode),
		cmocka_unit_test(integers_are_read_exactly),
		cmocka_unit_test(numbers_are_equal_by_exact_decimal_value),
		cmocka_unit_test(order_and_space_do_not_matter_to_equality),
		cmocka_unit_test(numbers_print_as_received_and_compact_has_no_space),
		cmocka_unit_test(pretty_is_byte_for_byte_what_jq_prints),
		cmocka_unit_test(print_and_parse_give_the_same_value),
		cmocka_unit_test(quote_escapes_as_jq_and_mends_utf8),
		cmocka_unit_test(the_writer_places_commas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
