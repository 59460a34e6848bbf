/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "fs/names.h"

static void encodes(const char *text, const char *id, bool with_id, const char *expected)
{
	_cleanup_free_ char *name = name_encode(text, id, with_id);

	assert_non_null(name);
	assert_string_equal(name, expected);
	assert_true(strlen(name) <= 255);
}

static void names_bear_what_a_path_can(void **state)
{
	(void)state;
	encodes("face-detector", "1", false, "face-detector");
	encodes("Gesicht \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "1", false,
		"Gesicht \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
	encodes("a/b", "1", false, "a%2Fb");
	encodes("100%", "1", false, "100%25");
	encodes("two\nlines\t\x7f", "1", false, "two%0Alines%09%7F");
	encodes("c1\xc2\x85", "1", false, "c1%C2%85");
	encodes(".", "1", false, "%2E");
	encodes("..", "1", false, "%2E%2E");
	encodes("...", "1", false, "...");
	encodes(".hidden", "1", false, ".hidden");
	encodes("bad\xff\xc3", "1", false, "bad%FF%C3");
	encodes("\xed\xa0\x80", "1", false, "%ED%A0%80");
	encodes("", "77", false, "~77");
	encodes("same", "77", true, "same~77");
	encodes("..", "77", true, "%2E%2E~77");
	encodes("plain", NULL, false, "plain");
}

static void long_names_are_cut_at_a_character(void **state)
{
	char text[600], expected[600];

	(void)state;
	memset(text, 'x', 255);
	text[255] = '\0';
	encodes(text, "42", false, text);
	memset(text, 'x', 256);
	text[256] = '\0';
	memset(expected, 'x', 252);
	strcpy(expected + 252, "~42");
	encodes(text, "42", false, expected);
	/* 128 characters of two bytes: 126 of them and the id fit. */
	text[0] = '\0';
	for (int i = 0; i < 128; i++)
		strcat(text, "\xc3\xa4");
	expected[0] = '\0';
	for (int i = 0; i < 126; i++)
		strcat(expected, "\xc3\xa4");
	strcat(expected, "~42");
	encodes(text, "42", false, expected);
	/* Nor is "%2F" cut. */
	text[0] = '\0';
	for (int i = 0; i < 128; i++)
		strcat(text, "/");
	expected[0] = '\0';
	for (int i = 0; i < 84; i++)
		strcat(expected, "%2F");
	strcat(expected, "~42");
	encodes(text, "42", false, expected);
	/* A name that fits only without its id. */
	memset(text, 'y', 254);
	text[254] = '\0';
	memset(expected, 'y', 252);
	strcpy(expected + 252, "~42");
	encodes(text, "42", true, expected);
}

static void crawlers_names_are_known(void **state)
{
	static const char *const yes[] = {
		".git",
		".hg",
		"CVS",
		"RCS",
		"SCCS",
		".svn",
		".bzr",
		"_MTN",
		"_darcs",
		"HEAD",
		".Trash",
		".Trash-1000",
		".Trash-0",
		".hidden",
		".directory",
		"autorun.inf",
		"desktop.ini",
		"Thumbs.db",
		".DS_Store",
		"._model.json",
		".xdg-volume-info",
		".dir-locals.el",
		".dir-locals-2.el",
		".#model.json",
		"#model.json#",
		".f.swp",
		".model.json.swx",
		"model.json~",
		".model.json.un~",
		".goutputstream-ABC123",
		".fuse_hidden000001",
		".nfs0001",
		".envrc",
		".editorconfig",
		"node_modules",
	};
	static const char *const no[] = {
		"model.json",
		"default",
		"export.json",
		"demo",
		"us-central1",
		"face-detector",
		"123456789",
		"1",
		"4913",
		"~",
		"#",
		"##",
		".swp",
		"a#",
		"trash",
		"git",
		"head",
		".modelfs",
		"models",
		".model.json.rejected",
		".model.json.error",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!name_is_probe(yes[i]))
			fail_msg("%s is a probe", yes[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		if (name_is_probe(no[i]))
			fail_msg("%s is no probe", no[i]);
	}
}

static void misspelt_attributes_are_near_misses(void **state)
{
	static const char *const yes[][2] = {
		{"defualt", "default"},         {"exports.json", "export.json"},
		{"exprot.json", "export.json"}, {"Default", "default"},
		{"EXPORT.JSON", "export.json"}, {"defalt", "default"},
		{"defaut", "default"},          {"deafutl", "default"},
		{"displayname", "displayName"}, {"dispalyName", "displayName"},
		{"label.json", "labels.json"},  {"model.jso", "model.json"},
		{"modle.json", "model.json"},   {"modle.jsno", "model.json"},
	};
	static const char *const no[][2] = {
		{"default", "default"},
		{"default2", "default"},
		{"export.json.tmp", "export.json"},
		{"my-export.json", "export.json"},
		{".export.jso", "export.json"},
		{"#export.jso", "export.json"},
		{"exprot.json~", "export.json"},
		{"sedABCDEF", "default"},
		{"4913", "done"},
		{"XXa1b2c3", "model.json"},
		{"tmpabcdef", "labels.json"},
		{"notes", "default"},
		{"deutlaf", "default"},
		{"", "default"},
		{"x", "done"},
		{"config", "default"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!name_is_near_miss(yes[i][0], yes[i][1]))
			fail_msg("%s is near %s", yes[i][0], yes[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		if (name_is_near_miss(no[i][0], no[i][1]))
			fail_msg("%s is not near %s", no[i][0], no[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_bear_what_a_path_can),
		cmocka_unit_test(long_names_are_cut_at_a_character),
		cmocka_unit_test(crawlers_names_are_known),
		cmocka_unit_test(misspelt_attributes_are_near_misses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
