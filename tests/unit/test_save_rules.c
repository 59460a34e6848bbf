/* SPDX-License-Identifier: MIT */
/* The commit rule's fine print (contract section 3), one promise per test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "fs/save.h"

#define MAX_TEXT 4096

static struct save *s; /* of the test that runs */
static struct save_step last;

static int setup(void **state)
{
	(void)state;
	s = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	save_free(s);
	return 0;
}

static void begin(enum save_kind kind)
{
	save_free(s);
	assert_int_equal(save_new(kind, true, false, NULL, 0, MAX_TEXT, &s), 0);
}

static void begin_with(enum save_kind kind, bool append, const char *text)
{
	save_free(s);
	assert_int_equal(save_new(kind, false, append, text, strlen(text), MAX_TEXT, &s), 0);
}

static struct save_step step(enum save_what what, const char *data, size_t len, uint64_t off,
			     bool opener)
{
	struct save_event e = {what, data, len, off, opener};

	return last = save_event(s, &e);
}

#define CALLS 1 /* what the helpers give for SAVE_CALL, which no errno is */

static int outcome(struct save_step st)
{
	assert_int_not_equal(st.action, SAVE_WAIT);
	return st.action == SAVE_CALL ? CALLS : st.reply;
}

static int write_at(uint64_t off, const char *text)
{
	return outcome(step(SAVE_WRITE, text, strlen(text), off, false));
}

static int flush(void)
{
	return outcome(step(SAVE_FLUSH, NULL, 0, 0, true));
}

static int child_flush(void)
{
	return outcome(step(SAVE_FLUSH, NULL, 0, 0, false));
}

static int fsync_it(void)
{
	return outcome(step(SAVE_FSYNC, NULL, 0, 0, false));
}

static int rename_it(void)
{
	return outcome(step(SAVE_RENAME, NULL, 0, 0, false));
}

static int truncate_to(uint64_t len)
{
	return outcome(step(SAVE_TRUNCATE, NULL, 0, len, false));
}

static int result(int err)
{
	last = save_result(s, err, err ? "no" : NULL);
	assert_int_equal(last.action, SAVE_REPLY);
	return last.reply;
}

static void text_is(const char *expected)
{
	size_t len;
	const char *text = save_text(s, &len);

	assert_int_equal(len, strlen(expected));
	assert_string_equal(text, expected);
}

static void accepted(int outcome_before)
{
	assert_int_equal(outcome_before, CALLS);
	assert_int_equal(result(0), 0);
}

static void refused(int outcome_before, int err)
{
	assert_int_equal(outcome_before, CALLS);
	assert_int_equal(result(err), err);
	assert_true(last.refused);
	assert_false(last.again);
}

static void a_reason_names_line_and_column(void **state)
{
	(void)state;
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{\n  \"a\": 1\n"), 0);
	assert_int_equal(write_at(11, "  \"b\": 2\n}\n"), -EINVAL);
	assert_true(last.refused);
	assert_non_null(strstr(last.reason, "line 3, column 3"));

	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "  [1]"), -EINVAL);
	assert_non_null(strstr(last.reason, "expected a JSON object"));
	begin(SAVE_JSON_ARRAY);
	assert_int_equal(write_at(0, "{"), -EINVAL);
	begin(SAVE_JSON_ANY);
	assert_int_equal(write_at(0, "true\n"), -EINVAL);
	begin(SAVE_JSON_ANY);
	assert_int_equal(write_at(0, "\xef\xbb\xbf{}"), -EINVAL);
	assert_non_null(strstr(last.reason, "byte order mark"));
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{\"a\":"), 0);
	assert_int_equal(flush(), -EINVAL);
	assert_non_null(strstr(last.reason, "line 1, column 6"));
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "\n"), 0);
	assert_int_equal(flush(), -EINVAL);
	assert_non_null(strstr(last.reason, "no JSON value"));
	begin(SAVE_LINE);
	assert_int_equal(write_at(0, "one\ntwo\n"), -EINVAL);
	assert_non_null(strstr(last.reason, "line 2, column 1"));
}

static void white_space_after_a_commit_is_nothing(void **state)
{
	(void)state;
	begin(SAVE_JSON_OBJECT);
	accepted(write_at(0, "{\"a\":1}"));
	assert_int_equal(write_at(7, "\n"), 0);
	assert_int_equal(write_at(8, " \t\n"), 0);
	assert_int_equal(fsync_it(), 0);
	assert_int_equal(flush(), 0);
	assert_int_equal(write_at(11, "{}"), -EINVAL);
	assert_int_equal(flush(), -EINVAL);
	assert_true(last.again);

	begin(SAVE_LINE);
	accepted(write_at(0, "2\n"));
	assert_int_equal(write_at(2, "\n"), 0);
	assert_int_equal(flush(), 0);

	begin(SAVE_TEXT);
	accepted(write_at(0, "words\n"));
	assert_int_equal(write_at(6, "\n"), 0);
	assert_int_equal(write_at(7, "  "), 0);
	assert_int_equal(flush(), 0);
}

static void a_line_is_complete_at_its_newline(void **state)
{
	(void)state;
	begin(SAVE_LINE);
	assert_int_equal(write_at(0, "1"), 0);
	assert_int_equal(child_flush(), 0);
	assert_int_equal(write_at(1, "2"), 0);
	accepted(write_at(2, "\n"));
	text_is("12\n");
	assert_int_equal(write_at(3, "3"), -EINVAL);
	assert_int_equal(flush(), -EINVAL);

	begin(SAVE_LINE);
	accepted(write_at(0, "\n")); /* an empty value: for the caller to judge */
	begin(SAVE_LINE);
	accepted(write_at(0, "3 \n \n"));
}

static void free_text_commits_at_each_write_that_ends_a_line(void **state)
{
	(void)state;
	begin(SAVE_TEXT);
	assert_int_equal(write_at(0, "one\ntw"), 0);
	accepted(write_at(6, "o\n"));
	assert_int_equal(write_at(8, "three\nfour"), 0);
	assert_int_equal(child_flush(), 0);
	accepted(write_at(18, "\n"));
	text_is("one\ntwo\nthree\nfour\n");
	assert_int_equal(write_at(19, "five"), 0);
	assert_true(save_dirty(s));
	accepted(flush());
	assert_int_equal(flush(), 0);
}

static void echo_to_a_description_clears_it(void **state)
{
	(void)state;
	begin(SAVE_TEXT);
	assert_int_equal(flush(), 0);
	accepted(write_at(0, "\n"));
	text_is("\n");
	assert_int_equal(flush(), 0);
}

static void truncation_alone_neither_commits_nor_refuses(void **state)
{
	(void)state;
	for (int kind = SAVE_JSON_OBJECT; kind <= SAVE_TEXT; kind++) {
		begin_with((enum save_kind)kind, false, "{\"a\":1}\n");
		assert_int_equal(truncate_to(3), 0);
		assert_int_equal(flush(), 0);
		assert_int_equal(truncate_to(0), 0);
		assert_int_equal(fsync_it(), 0);
		assert_int_equal(truncate_to(100), 0);
		assert_int_equal(flush(), 0);
		assert_int_equal(truncate_to(MAX_TEXT + 1), -EFBIG);
		assert_false(save_dirty(s));
		assert_false(step(SAVE_RELEASE, NULL, 0, 0, false).refused);
	}
}

static void truncation_to_nothing_makes_a_handle_begin_empty(void **state)
{
	(void)state;
	begin_with(SAVE_JSON_OBJECT, false, "{\"a\":1}\n");
	assert_int_equal(truncate_to(0), 0);
	accepted(write_at(0, "{\"b\":2}"));
	assert_int_equal(flush(), 0);
}

static void what_did_not_begin_empty_commits_at_fsync_or_flush(void **state)
{
	(void)state;
	begin_with(SAVE_JSON_OBJECT, false, "{\"a\":1,\"b\":2}\n");
	assert_int_equal(write_at(0, "{\"c\":3}"), 0);
	assert_int_equal(child_flush(), 0);
	assert_int_equal(truncate_to(7), 0);
	accepted(flush());
	text_is("{\"c\":3}");
	assert_int_equal(flush(), 0);

	begin_with(SAVE_TEXT, true, "one\n");
	accepted(write_at(4, "two\n"));
	assert_int_equal(flush(), 0);
	text_is("one\ntwo\n");
	accepted(write_at(8, "three\n"));
	assert_int_equal(write_at(14, "four"), 0);
	accepted(flush());
	text_is("one\ntwo\nthree\nfour");

	/* White space alone is no save, whoever asks. */
	begin_with(SAVE_TEXT, true, "one\n");
	assert_int_equal(write_at(4, "\n"), 0);
	assert_int_equal(flush(), 0);

	/* Refused where the shell hears it; the next try may differ. */
	begin_with(SAVE_TEXT, true, "one\n");
	refused(write_at(4, "two\n"), -EACCES);
	assert_int_equal(flush(), -EACCES);

	/* An empty text begins empty, however it was opened. */
	begin_with(SAVE_TEXT, true, "");
	accepted(write_at(0, "one\n"));
}

static void appended_white_space_is_no_save(void **state)
{
	(void)state;
	begin_with(SAVE_JSON_OBJECT, true, "{\"a\":1}\n");
	assert_int_equal(write_at(8, "  \n"), 0);
	assert_int_equal(flush(), 0);
	assert_false(save_dirty(s));
	assert_false(step(SAVE_RELEASE, NULL, 0, 0, false).refused);
	/* The same text written over itself is one: export.json counts it. */
	begin_with(SAVE_JSON_OBJECT, false, "{\"a\":1}\n");
	assert_int_equal(write_at(0, "{\"a\":1}\n"), 0);
	accepted(flush());
}

static void appending_to_a_complete_value_is_refused_in_the_write(void **state)
{
	(void)state;
	begin_with(SAVE_LINE, true, "1\n");
	assert_int_equal(write_at(0, "2\n"), -EINVAL);
	assert_int_equal(flush(), -EINVAL);
	begin_with(SAVE_JSON_OBJECT, true, "{\"a\":1}\n");
	assert_int_equal(write_at(0, "{\"b\":2}\n"), -EINVAL);
}

static void append_ignores_the_offset(void **state)
{
	(void)state;
	save_free(s);
	assert_int_equal(save_new(SAVE_JSON_OBJECT, true, true, NULL, 0, MAX_TEXT, &s), 0);
	assert_int_equal(write_at(0, "{\"a\":"), 0);
	accepted(write_at(0, "1}"));
	text_is("{\"a\":1}");
}

static void a_later_different_text_is_a_new_save(void **state)
{
	(void)state;
	begin(SAVE_JSON_OBJECT);
	accepted(write_at(0, "{\"a\":1}\n"));
	assert_int_equal(truncate_to(0), 0);
	assert_int_equal(flush(), 0);
	assert_int_equal(write_at(0, "{ \"a\": 1.0 }\n"), 0); /* means the same */
	assert_int_equal(truncate_to(0), 0);
	accepted(write_at(0, "{\"a\":2}\n"));
	accepted(write_at(0, "{\"a\":1000}\n"));       /* over all of it */
	assert_int_equal(write_at(0, "{\"a\":3}"), 0); /* over a part: the tail is to come */
	assert_int_equal(truncate_to(7), 0);
	accepted(flush());
	assert_int_equal(flush(), 0);
}

static void a_retry_of_the_same_write_is_refused_without_a_call(void **state)
{
	(void)state;
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{\"a\":"), 0);
	refused(write_at(5, "1}"), -EBUSY);
	assert_int_equal(write_at(5, "1}"), -EBUSY);
	assert_true(last.refused && last.again);
	assert_int_equal(write_at(5, "1}\n"), -EBUSY);
	assert_int_equal(flush(), -EBUSY);
	assert_int_equal(fsync_it(), -EBUSY);
	assert_int_equal(rename_it(), -EBUSY);
	text_is("{\"a\":1}\n");
	assert_false(step(SAVE_RELEASE, NULL, 0, 0, false).refused);
}

static void a_new_start_after_a_refusal_is_judged_by_itself(void **state)
{
	(void)state;
	begin(SAVE_LINE);
	refused(write_at(0, "99\n"), -ENOENT);
	accepted(write_at(0, "2\n"));
	text_is("2\n");
	assert_int_equal(flush(), 0);

	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{\"long\": nonsense}\n"), -EINVAL);
	accepted(write_at(0, "{}\n"));
	text_is("{}\n");

	/* What goes on in the middle of a word is no new start. */
	begin(SAVE_LINE);
	assert_int_equal(write_at(0, "new \xff"), -EINVAL);
	assert_int_equal(write_at(0, "name\n"), -EINVAL);
	assert_int_equal(flush(), -EINVAL);
	/* Nor is more of a free text, which would lose its beginning. */
	begin(SAVE_TEXT);
	refused(write_at(0, "first line\n"), -EHOSTUNREACH);
	assert_int_equal(write_at(0, "second line\n"), -EHOSTUNREACH);
	text_is("first line\nsecond line\n");
	assert_int_equal(flush(), -EHOSTUNREACH);
}

static void a_text_that_lost_its_middle_stays_refused(void **state)
{
	(void)state;
	/* The shell ignores what the middle echo was told: {} must not be saved. */
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{\n"), 0);
	assert_int_equal(write_at(2, "\"bad\n"), -EINVAL);
	assert_int_equal(write_at(2, "}\n"), -EINVAL);
	assert_true(last.refused && !last.again);
	text_is("{\n\"bad\n}\n");
	assert_int_equal(flush(), -EINVAL);
	/* White space does not take the place of what was refused. */
	begin(SAVE_JSON_OBJECT);
	refused(write_at(0, "{\"a\":1}"), -EPERM);
	assert_int_equal(write_at(0, "\n"), -EPERM);
	assert_true(last.again);
	assert_int_equal(flush(), -EPERM);
	text_is("{\"a\":1}\n");
	/* Starting over mends it. */
	assert_int_equal(truncate_to(0), 0);
	accepted(write_at(0, "{\"a\":1}"));
}

static void half_a_text_is_refused_at_each_close_until_it_is_whole(void **state)
{
	(void)state;
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{\"a\":"), 0);
	assert_int_equal(child_flush(), 0);
	assert_int_equal(flush(), -EINVAL);
	assert_true(last.refused && !last.again);
	assert_int_equal(fsync_it(), -EBADMSG);
	assert_true(last.again);
	accepted(write_at(5, "1}"));
	assert_int_equal(flush(), 0);
	assert_false(save_was_refused(s));
}

static void a_childs_flush_commits_and_refuses_nothing(void **state)
{
	(void)state;
	begin(SAVE_TEXT);
	assert_int_equal(write_at(0, "no newline"), 0);
	assert_int_equal(child_flush(), 0);
	assert_true(save_dirty(s));
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{]"), -EINVAL);
	assert_int_equal(child_flush(), 0);
	assert_int_equal(flush(), -EINVAL);
}

static void too_long_a_text_is_never_committed_in_part(void **state)
{
	char big[MAX_TEXT + 2];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	begin(SAVE_TEXT);
	assert_int_equal(write_at(0, big), -EFBIG);
	text_is("");
	assert_int_equal(flush(), 0);

	begin(SAVE_TEXT);
	assert_int_equal(write_at(0, "begin"), 0);
	assert_int_equal(write_at(5, big), -EFBIG);
	assert_true(last.refused);
	text_is("begin");
	assert_int_equal(write_at(5, "end\n"), -EFBIG);
	assert_int_equal(flush(), -EFBIG);
	assert_int_equal(write_at(UINT64_MAX, "x"), -EFBIG);
	big[MAX_TEXT] = '\0';
	begin(SAVE_TEXT);
	assert_int_equal(write_at(0, big), 0);
	accepted(flush());
}

static void text_is_utf8_without_nul(void **state)
{
	(void)state;
	for (int kind = SAVE_LINE; kind <= SAVE_TEXT; kind++) {
		begin((enum save_kind)kind);
		assert_int_equal(outcome(step(SAVE_WRITE, "a\0b\n", 4, 0, false)), -EINVAL);
		assert_non_null(strstr(last.reason, "NUL"));
		begin((enum save_kind)kind);
		assert_int_equal(write_at(0, "caf\xe9\n"), -EINVAL);
		assert_non_null(strstr(last.reason, "line 1, column 4"));
		/* A character may be cut by a write … */
		begin((enum save_kind)kind);
		assert_int_equal(write_at(0, "caf\xc3"), 0);
		accepted(write_at(4, "\xa9\n"));
		/* … not by the end; nor are there surrogates and overlong forms. */
		begin((enum save_kind)kind);
		assert_int_equal(write_at(0, "caf\xc3"), 0);
		assert_int_equal(flush(), -EINVAL);
		begin((enum save_kind)kind);
		assert_int_equal(write_at(0, "\xed\xa0\x80"), -EINVAL);
		begin((enum save_kind)kind);
		assert_int_equal(write_at(0, "\xc0\xaf"), -EINVAL);
	}
}

static void holes_are_judged_at_the_end(void **state)
{
	(void)state;
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(5, "1}"), 0);
	assert_int_equal(write_at(0, "{\"a\":"), 0);
	accepted(flush());
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(5, "1}"), 0);
	assert_int_equal(flush(), -EINVAL);
}

static void a_call_under_way_makes_the_others_wait(void **state)
{
	(void)state;
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{}"), CALLS);
	assert_int_equal(step(SAVE_WRITE, "\n", 1, 2, false).action, SAVE_WAIT);
	assert_int_equal(step(SAVE_TRUNCATE, NULL, 0, 0, false).action, SAVE_WAIT);
	assert_int_equal(step(SAVE_FSYNC, NULL, 0, 0, false).action, SAVE_WAIT);
	assert_int_equal(step(SAVE_RENAME, NULL, 0, 0, false).action, SAVE_WAIT);
	assert_int_equal(step(SAVE_FLUSH, NULL, 0, 0, true).action, SAVE_WAIT);
	assert_int_equal(child_flush(), 0);
	text_is("{}");
	assert_int_equal(result(0), 0);
	assert_int_equal(write_at(2, "\n"), 0);
	assert_int_equal(flush(), 0);
}

static void an_unknown_outcome_is_neither_repeated_nor_called_good(void **state)
{
	(void)state;
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{\"a\":1}"), CALLS);
	last = save_unknown(s, -EINTR, "interrupted");
	assert_int_equal(last.reply, -EINTR);
	assert_true(last.refused);
	assert_false(save_in_flight(s));
	assert_int_equal(write_at(0, "{\"a\":1}"), -EINTR);
	assert_true(last.again);
	assert_int_equal(fsync_it(), -EINTR);
	assert_int_equal(flush(), -EINTR);
	assert_int_equal(truncate_to(0), 0);
	assert_int_equal(write_at(0, "{\"a\":1}"), -EINTR);
	/* The answer came after all. */
	save_result(s, 0, NULL);
	assert_int_equal(flush(), 0);
	assert_false(save_was_refused(s));

	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{\"a\":1}"), CALLS);
	save_unknown(s, -ETIMEDOUT, "no answer");
	save_result(s, -EPERM, "no");
	assert_int_equal(flush(), -EPERM);
	accepted(write_at(0, "{\"b\":2}"));
}

static void what_was_never_complete_is_kept_at_release(void **state)
{
	(void)state;
	begin(SAVE_JSON_OBJECT);
	assert_int_equal(write_at(0, "{\"a\":"), 0);
	assert_int_equal(child_flush(), 0);
	step(SAVE_RELEASE, NULL, 0, 0, false);
	assert_int_equal(last.reply, 0);
	assert_true(last.refused);
	assert_non_null(last.reason);

	begin(SAVE_TEXT);
	accepted(write_at(0, "a\n"));
	assert_int_equal(write_at(2, " "), 0);
	assert_false(step(SAVE_RELEASE, NULL, 0, 0, false).refused);
}

static void a_rename_judges_the_whole_text(void **state)
{
	(void)state;
	begin_with(SAVE_JSON_OBJECT, false, "{\"a\":1}");
	accepted(rename_it());
	assert_int_equal(rename_it(), 0);
	begin_with(SAVE_JSON_OBJECT, false, "{\"a\":");
	assert_int_equal(rename_it(), -EBADMSG);
	assert_true(last.refused);
	begin_with(SAVE_JSON_OBJECT, false, "");
	assert_int_equal(rename_it(), -EBADMSG);
	begin_with(SAVE_LINE, false, "2");
	assert_int_equal(rename_it(), CALLS);
	assert_int_equal(result(-ESTALE), -EAGAIN);
	assert_int_equal(rename_it(), -EAGAIN);
	assert_true(last.again);
	assert_int_equal(flush(), -ESTALE);
	begin_with(SAVE_TEXT, false, "");
	accepted(rename_it());
}

static void an_errno_is_told_where_tools_read_it(void **state)
{
	(void)state;
	assert_int_equal(save_errno_for(SAVE_WRITE, -EINVAL), -EINVAL);
	assert_int_equal(save_errno_for(SAVE_FLUSH, -EINVAL), -EINVAL);
	assert_int_equal(save_errno_for(SAVE_FSYNC, -EINVAL), -EBADMSG);
	assert_int_equal(save_errno_for(SAVE_RENAME, -EINVAL), -EBADMSG);
	assert_int_equal(save_errno_for(SAVE_FLUSH, -ESTALE), -ESTALE);
	assert_int_equal(save_errno_for(SAVE_RENAME, -ESTALE), -EAGAIN);
	for (int what = SAVE_WRITE; what <= SAVE_RELEASE; what++) {
		assert_int_equal(save_errno_for((enum save_what)what, -ENOSYS), -EOPNOTSUPP);
		assert_int_equal(save_errno_for((enum save_what)what, -EXDEV), -EIO);
		assert_int_equal(save_errno_for((enum save_what)what, 0), 0);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reason_names_line_and_column),
		TEST(white_space_after_a_commit_is_nothing),
		TEST(a_line_is_complete_at_its_newline),
		TEST(free_text_commits_at_each_write_that_ends_a_line),
		TEST(echo_to_a_description_clears_it),
		TEST(truncation_alone_neither_commits_nor_refuses),
		TEST(truncation_to_nothing_makes_a_handle_begin_empty),
		TEST(what_did_not_begin_empty_commits_at_fsync_or_flush),
		TEST(appended_white_space_is_no_save),
		TEST(appending_to_a_complete_value_is_refused_in_the_write),
		TEST(append_ignores_the_offset),
		TEST(a_later_different_text_is_a_new_save),
		TEST(a_retry_of_the_same_write_is_refused_without_a_call),
		TEST(a_new_start_after_a_refusal_is_judged_by_itself),
		TEST(a_text_that_lost_its_middle_stays_refused),
		TEST(half_a_text_is_refused_at_each_close_until_it_is_whole),
		TEST(a_childs_flush_commits_and_refuses_nothing),
		TEST(too_long_a_text_is_never_committed_in_part),
		TEST(text_is_utf8_without_nul),
		TEST(holes_are_judged_at_the_end),
		TEST(a_call_under_way_makes_the_others_wait),
		TEST(an_unknown_outcome_is_neither_repeated_nor_called_good),
		TEST(what_was_never_complete_is_kept_at_release),
		TEST(a_rename_judges_the_whole_text),
		TEST(an_errno_is_told_where_tools_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
