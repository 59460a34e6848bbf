/* SPDX-License-Identifier: MIT */
#include "fs/complete.h"
#include "fs/utf8.h"

/* A JSON text up to this size is scanned at every write, a longer one when it
 * may have ended or has grown by a sixteenth: byte by byte writers stay cheap. */
#define SCAN_ALWAYS 16384

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t complete_trimmed(const char *text, size_t len)
{
	while (len && is_space(text[len - 1]))
		len--;
	return len;
}

static void say_where(struct buf *why, const char *text, size_t off, const char *what)
{
	unsigned line = 1;
	size_t start = 0;

	for (size_t i = 0; i < off; i++) {
		if (text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	buf_printf(why, "line %u, column %zu: %s", line, off - start + 1, what);
}

/* Text kinds are UTF-8 without NULs.  A character may be cut at the end of a
 * write, not at the end of the text. */
static enum verdict judge_characters(const char *text, size_t len, size_t *scanned, struct buf *why)
{
	int n;

	for (; *scanned < len; *scanned += (size_t)n) {
		n = utf8_step(text + *scanned, len - *scanned, NULL);
		if (n == UTF8_CUT) {
			say_where(why, text, *scanned, "the text ends inside a UTF-8 character");
			return UNFINISHED;
		}
		if (n == UTF8_BAD || !text[*scanned]) {
			say_where(why, text, *scanned,
				  n ? "a NUL byte: this is text" : "not valid UTF-8");
			return IMPOSSIBLE;
		}
	}
	return COMPLETE;
}

static enum verdict judge_line(const char *text, size_t len, struct buf *why)
{
	const char *end = memchr(text, '\n', len);

	if (!end)
		return UNFINISHED;
	for (size_t i = (size_t)(end - text); i < len; i++) {
		if (is_space(text[i]))
			continue;
		say_where(why, text, i, "text after the first line: this holds one line");
		return IMPOSSIBLE;
	}
	return COMPLETE;
}

static enum verdict judge_text(enum save_kind kind, const char *text, size_t len, bool whole,
			       size_t *scanned, struct buf *why)
{
	enum verdict v = judge_characters(text, len, scanned, why);

	if (v != COMPLETE)
		return v;
	if (kind == SAVE_LINE)
		v = judge_line(text, len, why);
	else if (!len || text[len - 1] != '\n')
		v = UNFINISHED;
	return v == UNFINISHED && whole ? COMPLETE : v;
}

/* What begins a value of the kind that is asked for. */
static bool begins_well(enum save_kind kind, char c)
{
	return (c == '{' && kind != SAVE_JSON_ARRAY) || (c == '[' && kind != SAVE_JSON_OBJECT);
}

static const char *const json_wanted[] = {
	[SAVE_JSON_OBJECT] = "expected a JSON object: {…}",
	[SAVE_JSON_ARRAY] = "expected a JSON array: […]",
	[SAVE_JSON_ANY] = "expected a JSON object or array",
};

static enum verdict scan(const char *text, size_t len, size_t *scanned, struct buf *why)
{
	struct json_error err = {0};
	enum json_verdict v = json_scan(text, len, &err);

	if (v == JSON_COMPLETE)
		return COMPLETE;
	if (v == JSON_INCOMPLETE)
		*scanned = len;
	buf_printf(why, "not %sJSON: line %u, column %u: %s", v == JSON_INVALID ? "" : "yet ",
		   err.line, err.column, err.message);
	return v == JSON_INVALID ? IMPOSSIBLE : UNFINISHED;
}

static enum verdict judge_json(enum save_kind kind, const char *text, size_t len, bool whole,
			       size_t *scanned, struct buf *why)
{
	size_t first = 0;

	while (first < len && is_space(text[first]))
		first++;
	if (first == len) {
		buf_printf(why, "there is no JSON value in it: %s", json_wanted[kind]);
		return UNFINISHED;
	}
	if (!begins_well(kind, text[first])) {
		bool bom = len - first >= 3 && memcmp(text + first, "\xef\xbb\xbf", 3) == 0;

		say_where(why, text, first,
			  bom ? "a byte order mark, which JSON does not have" : json_wanted[kind]);
		return IMPOSSIBLE;
	}
	if (!whole && len > SCAN_ALWAYS && len - *scanned < *scanned / 16) {
		char last = text[complete_trimmed(text, len) - 1];

		if (last != '}' && last != ']')
			return UNFINISHED;
	}
	return scan(text, len, scanned, why);
}

enum verdict complete_judge(enum save_kind kind, const char *text, size_t len, bool whole,
			    size_t *scanned, struct buf *why)
{
	buf_reset(why);
	if (kind <= SAVE_JSON_ANY)
		return judge_json(kind, text, len, whole, scanned, why);
	return judge_text(kind, text, len, whole, scanned, why);
}
