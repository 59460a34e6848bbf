/* SPDX-License-Identifier: MIT */
/*
 * The commit rule (contract section 3) as a pure state machine: what happened
 * to one open handle of an attribute goes in, what is to be done comes out.
 * It knows no FUSE, no resource, no tool and does no I/O; the caller makes the
 * call that save_event() asks for and feeds its outcome back.
 *
 * One struct save belongs to one open handle (or to the text that a rename
 * brings onto an attribute) and to the thread of the loop.
 *
 *   text grows from nothing     judged inside each write that adds to its end
 *   free text with O_APPEND     likewise
 *   anything else               judged at fsync, flush or rename
 *
 * A write that was refused does not advance its writer's offset.  The next
 * write at that offset is a retry (the same bytes), a second try (another line
 * or value after one that was refused as a whole) or the rest of a text that
 * has lost a part: that one stays refused, whatever follows.
 */
#ifndef MODELFS_SAVE_H
#define MODELFS_SAVE_H

#include "fs/complete.h"

enum save_what {
	SAVE_WRITE,    /* data, len, off */
	SAVE_TRUNCATE, /* off: the new length (ftruncate, or O_TRUNC seen late) */
	SAVE_FSYNC,    /* fsync, fdatasync */
	SAVE_FLUSH,    /* close(2) of one descriptor; by_opener */
	SAVE_RENAME,   /* the handle's text was renamed onto the attribute */
	SAVE_RELEASE,  /* the last descriptor went; nothing can be answered any more */
};

struct save_event {
	enum save_what what;
	const char *data;
	size_t len;
	uint64_t off;
	bool by_opener; /* FLUSH: the process that opened the handle closes, or that
			 * process is gone; false: another one, while it still holds the file */
};

enum save_action {
	SAVE_REPLY, /* answer with reply: 0, or a negative errno (-EINVAL, -EFBIG, …) */
	SAVE_CALL,  /* make one API call with save_text(); then save_result() */
	SAVE_WAIT,  /* a call of this handle is under way: ask again when it ended */
};

struct save_step {
	enum save_action action;
	int reply;
	bool refused;       /* keep save_text() as .rejected: refused because of the text, or (in
			     * RELEASE, where reply is 0) never told to be complete */
	bool again;         /* refused: the same text as the last time, which is kept already */
	const char *reason; /* refused: why, in words; owned by the save, until the next event */
};

struct save;

/* began_empty: O_TRUNC or a new file; otherwise `text` is what stood there (an
 * empty one begins empty too).  max: bytes a text may have (-EFBIG beyond).
 * append: O_APPEND, every write goes to the end of the text. */
int save_new(enum save_kind kind, bool began_empty, bool append, const char *text, size_t len,
	     size_t max, struct save **out);
void save_free(struct save *s);
void save_freep(struct save **s);

/* One event in, one step out.  Between SAVE_CALL and save_result() every event
 * gets SAVE_WAIT and changes nothing: feed it again afterwards.  (A flush by
 * another process and RELEASE are answered at once.)  Errnos in steps are
 * already those of save_errno_for(). */
struct save_step save_event(struct save *s, const struct save_event *e);

/* Outcome of the call: err 0 (accepted, or "means what the service has") or a
 * negative errno with reason; returns the step that answers the event which
 * asked for it.  A refused text is refused again, with the same errno and
 * without a call, until it changes.  After save_unknown() it settles what the
 * outcome was after all (the step then answers nobody). */
struct save_step save_result(struct save *s, int err, const char *reason);

/* The call's outcome is not known (interrupted, timed out after it was sent):
 * later events of the same text neither call again nor claim success; they
 * reply err. */
struct save_step save_unknown(struct save *s, int err, const char *reason);

/* The text as the handle's owner reads it, and what a commit would send. */
const char *save_text(const struct save *s, size_t *len);
bool save_dirty(const struct save *s);       /* text that was neither committed nor refused */
bool save_in_flight(const struct save *s);   /* between SAVE_CALL and its result */
bool save_was_refused(const struct save *s); /* the text as it stands was refused */

/* The errno where it can be told: contract section 3 "errno".  err negative. */
int save_errno_for(enum save_what what, int err);

#endif
