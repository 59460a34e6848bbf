/* SPDX-License-Identifier: MIT */
/*
 * Is a text complete, may it become so, or can it no longer: the part of the
 * commit rule that looks at what was written.  Pure, any thread.
 */
#ifndef MODELFS_COMPLETE_H
#define MODELFS_COMPLETE_H

#include "api/json.h"

/* What a text is to be. */
enum save_kind {
	SAVE_JSON_OBJECT, /* the text is one JSON object */
	SAVE_JSON_ARRAY,  /* … one JSON array */
	SAVE_JSON_ANY,    /* … any object or array */
	SAVE_LINE,        /* one line: displayName, an id, a number, true */
	SAVE_TEXT,        /* free text: description */
};

enum verdict { UNFINISHED, COMPLETE, IMPOSSIBLE };

/* whole: nothing more will come, so a line or free text needs no newline.
 * *scanned: how far earlier calls looked at the same text, whose beginning has
 * not changed since; 0 to begin with.  why says where a text that is not
 * complete is wrong (not for every unfinished one unless whole). */
enum verdict complete_judge(enum save_kind kind, const char *text, size_t len, bool whole,
			    size_t *scanned, struct buf *why);

/* Length without white space at the end. */
size_t complete_trimmed(const char *text, size_t len);

#endif
