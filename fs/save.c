/* SPDX-License-Identifier: MIT */
#include "fs/save.h"

/* A text whose fate was decided; what means the same shares it. */
struct kept {
	char *text; /* NULL: none */
	size_t len;
	int err;
	char *reason;
};

struct save {
	enum save_kind kind;
	bool append;
	size_t max;
	struct buf text;
	size_t base_len; /* what stood there at open, without white space at its end */
	size_t low;      /* lowest offset touched since */
	size_t scanned;  /* how far the text was judged */

	bool fresh;     /* began empty: judged inside writes */
	bool linear;    /* grew at its end only, so what is there is final */
	bool dirty;     /* written to since the last commit */
	bool told;      /* this very text was refused, and the caller was told */
	bool in_flight; /* between SAVE_CALL and its result */

	const struct kept *held; /* this very text stays refused like this one */
	struct kept done, refused, unknown, sent;

	const struct kept *latest; /* what the caller was last told to keep; NULL: else */

	/* The last write was refused; its bytes are at [at, at + len), or (lost)
	 * did not fit. */
	struct {
		bool pending, lost;
		bool whole; /* it ended a text of its own: the next may be another */
		size_t at, len;
	} undo;
	enum save_what asked; /* which event asked for the call */
	struct buf reason;
};

static bool is_blank(const char *s, size_t len)
{
	return complete_trimmed(s, len) == 0;
}

static bool is_json(const struct save *s)
{
	return s->kind <= SAVE_JSON_ANY;
}

/* --- kept texts --- */

static void kept_drop(struct kept *k)
{
	free(k->text);
	free(k->reason);
	*k = (struct kept){0};
}

static int kept_set(struct kept *k, const char *text, size_t len, int err, const char *reason)
{
	_cleanup_free_ char *copy = malloc(len + 1);
	_cleanup_free_ char *why = reason ? strdup(reason) : NULL;

	kept_drop(k);
	if (!copy || (reason && !why))
		return -ENOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*k = (struct kept){take_ptr(copy), len, err, take_ptr(why)};
	return 0;
}

static void kept_move(struct kept *to, struct kept *from, int err, const char *reason)
{
	kept_drop(to);
	*to = *from;
	*from = (struct kept){0};
	free(to->reason);
	to->reason = reason ? strdup(reason) : NULL;
	to->err = err;
}

/* Does the text as it stands mean the same as one that was kept? */
static bool same_meaning(const struct save *s, const struct kept *k)
{
	const char *text = buf_str(&s->text);
	size_t n, m;
	_cleanup_json_ struct json_doc *a = NULL;
	_cleanup_json_ struct json_doc *b = NULL;

	if (!k->text)
		return false;
	n = complete_trimmed(text, s->text.len);
	m = complete_trimmed(k->text, k->len);
	if (n == m && memcmp(text, k->text, n) == 0)
		return true;
	if (!is_json(s) || !n || !m)
		return false;
	if (json_parse(text, n, &a, NULL) < 0 || json_parse(k->text, m, &b, NULL) < 0)
		return false;
	return json_equal(json_root(a), json_root(b));
}

/* --- new and free --- */

int save_new(enum save_kind kind, bool began_empty, bool append, const char *text, size_t len,
	     size_t max, struct save **out)
{
	struct save *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->kind = kind;
	s->append = append;
	s->max = max;
	/* What stands there may be longer than what may be written. */
	s->text.max = len > max ? len : max;
	if (!s->text.max)
		s->text.max = 1;
	if (!began_empty && len && buf_add(&s->text, text, len) < 0) {
		save_free(s);
		return -ENOMEM;
	}
	s->fresh = s->linear = s->text.len == 0;
	s->base_len = complete_trimmed(buf_str(&s->text), s->text.len);
	s->low = SIZE_MAX;
	*out = s;
	return 0;
}

void save_free(struct save *s)
{
	if (!s)
		return;
	buf_free(&s->text);
	buf_free(&s->reason);
	kept_drop(&s->done);
	kept_drop(&s->refused);
	kept_drop(&s->unknown);
	kept_drop(&s->sent);
	free(s);
}

void save_freep(struct save **s)
{
	save_free(*s);
}

/* --- steps --- */

static struct save_step reply(int err)
{
	return (struct save_step){.action = SAVE_REPLY, .reply = err};
}

static void say(struct save *s, const char *fmt, ...) _printf_(2, 3);
static void say(struct save *s, const char *fmt, ...)
{
	va_list ap;

	buf_reset(&s->reason);
	va_start(ap, fmt);
	buf_vprintf(&s->reason, fmt, ap);
	va_end(ap);
}

/* The text as it stands is refused with the words in s->reason. */
static struct save_step refuse_now(struct save *s, enum save_what what, int err)
{
	bool again = s->told || (s->held && s->held == s->latest);

	s->told = true;
	s->latest = s->held;
	return (struct save_step){SAVE_REPLY, save_errno_for(what, err), true, again,
				  buf_str(&s->reason)};
}

/* … as a text with the same meaning was. */
static struct save_step refuse_like(struct save *s, enum save_what what, const struct kept *k)
{
	s->held = k;
	say(s, "%s", k->reason ? k->reason : "refused");
	return refuse_now(s, what, k->err);
}

/* … and remembered.  Without memory to remember by, it is judged anew. */
static struct save_step refuse(struct save *s, enum save_what what, int err)
{
	s->latest = NULL;
	if (kept_set(&s->refused, buf_str(&s->text), s->text.len, err, buf_str(&s->reason)) == 0)
		s->held = &s->refused;
	return refuse_now(s, what, err);
}

static struct save_step call(struct save *s, enum save_what what)
{
	if (kept_set(&s->sent, buf_str(&s->text), s->text.len, 0, NULL) < 0)
		return reply(-ENOMEM);
	s->in_flight = true;
	s->asked = what;
	return (struct save_step){.action = SAVE_CALL};
}

/* --- judging a text --- */

/* whole: nothing more will come. */
static enum verdict judge(struct save *s, bool whole)
{
	if (!s->linear)
		s->scanned = 0;
	return complete_judge(s->kind, buf_str(&s->text), s->text.len, whole, &s->scanned,
			      &s->reason);
}

/* Judge the text and say what follows. */
static struct save_step decide(struct save *s, enum save_what what, bool whole)
{
	enum verdict v;

	if (s->held)
		return refuse_like(s, what, s->held);
	v = judge(s, whole);
	if (v == UNFINISHED)
		/* Not remembered: more may come after this flush. */
		return whole ? refuse_now(s, what, -EINVAL) : reply(0);
	if (same_meaning(s, &s->done)) {
		s->dirty = false;
		return reply(0);
	}
	if (same_meaning(s, &s->unknown))
		return refuse_like(s, what, &s->unknown);
	if (same_meaning(s, &s->refused))
		return refuse_like(s, what, &s->refused);
	if (v == IMPOSSIBLE)
		return refuse(s, what, -EINVAL);
	return call(s, what);
}

/* --- events that change the text --- */

static void text_changed(struct save *s)
{
	s->told = false;
	s->held = NULL;
}

/* Take the bytes of the refused write back out. */
static void undo(struct save *s)
{
	buf_truncate(&s->text, s->undo.at);
	s->undo.pending = false;
	if (s->scanned > s->text.len)
		s->scanned = 0;
	text_changed(s);
}

static bool is_retry(const struct save *s, const struct save_event *e)
{
	return e->len >= s->undo.len &&
	       memcmp(buf_str(&s->text) + s->undo.at, e->data, s->undo.len) == 0;
}

/* After a refused write: true if this one only carries on a text that has
 * lost a part, or adds white space to a refused one.  Otherwise the text is
 * put back to where this write may apply. */
static bool carries_on(struct save *s, const struct save_event *e)
{
	if (!s->append && e->off != s->undo.at) {
		/* Right behind it: as if it had been accepted. */
		if (e->off == s->text.len)
			s->undo.pending = false;
		else
			undo(s);
		return false;
	}
	if (s->undo.lost)
		return true;
	/* A second line or value is a second try; more free text is a remainder. */
	if (!is_retry(s, e) &&
	    (s->undo.at > 0 || !s->undo.whole || s->kind == SAVE_TEXT || is_blank(e->data, e->len)))
		return true;
	undo(s);
	return false;
}

/* The text that was meant is kept whole, as far as it fits, and stays refused. */
static struct save_step carry_on(struct save *s, const struct save_event *e)
{
	const struct kept *k = s->held;
	size_t room = s->max > s->text.len ? s->max - s->text.len : 0;
	size_t n = e->len < room ? e->len : room;

	if (!s->undo.lost) {
		if (!is_blank(e->data, e->len)) {
			s->told = false;
			s->latest = NULL;
		}
		if (buf_add(&s->text, e->data, n) < 0)
			s->text.err = 0;
		s->undo.len = s->text.len - s->undo.at;
	}
	s->undo.whole = e->data[e->len - 1] == '\n';
	say(s, "%s", k && k->reason ? k->reason : "an earlier write was refused");
	return refuse_now(s, SAVE_WRITE, k ? k->err : -EINVAL);
}

/* This write's bytes have no room.  What was written before is a text cut
 * short: never to be committed. */
static struct save_step lose(struct save *s, int err)
{
	if (err == -EFBIG)
		say(s, "the text is longer than the %zu bytes that it may have", s->max);
	else
		say(s, "no memory for the text");
	if (!s->dirty)
		return reply(err);
	s->undo.pending = s->undo.lost = true;
	s->undo.at = s->text.len;
	s->undo.len = 0;
	return refuse(s, SAVE_WRITE, err);
}

/* White space was added to what stood there at open, and nothing else. */
static bool only_padded(const struct save *s)
{
	return s->base_len && s->low >= s->base_len && s->text.len >= s->base_len &&
	       is_blank(s->text.data + s->base_len, s->text.len - s->base_len);
}

/* A write into a text that did not begin empty is judged later, except that
 * O_APPEND cannot mend what stands before: what is impossible stays so, and
 * free text is complete with each of its lines. */
static struct save_step judge_append(struct save *s)
{
	if (!s->append || only_padded(s))
		return reply(0);
	if (s->kind != SAVE_TEXT && judge(s, false) != IMPOSSIBLE)
		return reply(0);
	return decide(s, SAVE_WRITE, false);
}

static struct save_step on_write(struct save *s, const struct save_event *e)
{
	struct save_step step;
	size_t off, old;

	if (!e->len)
		return reply(0);
	if (s->undo.pending && carries_on(s, e))
		return carry_on(s, e);
	if (!s->append && e->off > s->max)
		return lose(s, -EFBIG);
	off = s->append ? s->text.len : (size_t)e->off;
	if (off > s->max || e->len > s->max - off)
		return lose(s, -EFBIG);
	old = s->text.len;
	if (buf_pwrite(&s->text, e->data, e->len, off) < 0) {
		s->text.err = 0;
		return lose(s, -ENOMEM);
	}
	if (off == 0 && e->len >= old && s->fresh) {
		s->linear = true;
		s->scanned = 0;
	} else if (off != old) {
		s->linear = false;
	}
	if (off < s->low)
		s->low = off;
	s->dirty = true;
	text_changed(s);

	step = s->fresh && s->linear ? decide(s, SAVE_WRITE, false) : judge_append(s);
	s->undo.pending = step.action == SAVE_CALL || step.reply < 0;
	s->undo.lost = false;
	s->undo.whole = step.action == SAVE_CALL || e->data[e->len - 1] == '\n';
	s->undo.at = off;
	s->undo.len = e->len;
	return step;
}

static void start_over(struct save *s)
{
	buf_reset(&s->text);
	s->fresh = s->linear = true;
	s->dirty = s->undo.pending = false;
	s->scanned = s->base_len = 0;
	kept_drop(&s->refused);
	s->latest = NULL;
	text_changed(s);
}

static struct save_step on_truncate(struct save *s, const struct save_event *e)
{
	if (e->off == 0) {
		start_over(s);
		return reply(0);
	}
	/* Without the refused bytes: the length that the writer knows. */
	if (e->off == (s->undo.pending ? s->undo.at : s->text.len))
		return reply(0);
	if (e->off > s->max)
		return reply(-EFBIG);
	if (s->undo.pending)
		undo(s);
	if (e->off > s->text.len)
		s->linear = false;
	if (buf_truncate(&s->text, (size_t)e->off) < 0) {
		s->text.err = 0;
		return reply(-ENOMEM);
	}
	s->scanned = 0;
	if (e->off < s->low)
		s->low = (size_t)e->off;
	text_changed(s);
	return reply(0);
}

/* --- events that ask for a commit --- */

static struct save_step on_commit(struct save *s, const struct save_event *e)
{
	if (e->what != SAVE_RENAME) {
		if (s->dirty && only_padded(s))
			s->dirty = false;
		if (!s->dirty && !s->told)
			return reply(0);
	}
	return decide(s, e->what, true);
}

static struct save_step on_release(struct save *s)
{
	struct save_step step = reply(0);

	if (s->in_flight || !s->dirty || s->told || only_padded(s) ||
	    is_blank(buf_str(&s->text), s->text.len) || same_meaning(s, &s->done))
		return step;
	say(s, "closed before it was complete, and never saved");
	step.refused = s->told = true;
	step.reason = buf_str(&s->reason);
	return step;
}

struct save_step save_event(struct save *s, const struct save_event *e)
{
	if (e->what == SAVE_RELEASE)
		return on_release(s);
	if (e->what == SAVE_FLUSH && !e->by_opener)
		return reply(0);
	if (s->in_flight)
		return (struct save_step){.action = SAVE_WAIT};
	if (e->what == SAVE_WRITE)
		return on_write(s, e);
	if (e->what == SAVE_TRUNCATE)
		return on_truncate(s, e);
	return on_commit(s, e);
}

/* --- outcomes --- */

static bool stands(const struct save *s, const struct kept *k)
{
	return k->text && s->text.len == k->len && memcmp(buf_str(&s->text), k->text, k->len) == 0;
}

struct save_step save_result(struct save *s, int err, const char *reason)
{
	struct kept *from = s->in_flight ? &s->sent : &s->unknown;
	bool current = stands(s, from);
	struct save_step step = reply(0);

	s->in_flight = false;
	if (!from->text)
		return step;
	if (s->held == from)
		s->held = NULL;
	if (err < 0) {
		kept_move(&s->refused, from, err, reason);
		s->latest = NULL;
		s->told = false;
		return current ? refuse_like(s, s->asked, &s->refused) : step;
	}
	kept_move(&s->done, from, 0, NULL);
	if (current) {
		s->dirty = s->told = false;
		s->undo.pending = false;
	}
	return step;
}

struct save_step save_unknown(struct save *s, int err, const char *reason)
{
	s->in_flight = false;
	if (!s->sent.text)
		return reply(err);
	kept_move(&s->unknown, &s->sent, err, reason);
	s->latest = NULL;
	s->told = false;
	return refuse_like(s, s->asked, &s->unknown);
}

const char *save_text(const struct save *s, size_t *len)
{
	*len = s->text.len;
	return buf_str(&s->text);
}

bool save_dirty(const struct save *s)
{
	return s->dirty && !s->told && !s->in_flight;
}

bool save_in_flight(const struct save *s)
{
	return s->in_flight;
}

bool save_was_refused(const struct save *s)
{
	return s->told;
}

int save_errno_for(enum save_what what, int err)
{
	static const struct {
		int from, to;
		unsigned where; /* bits of enum save_what; 0: anywhere */
	} table[] = {
		{-EINVAL, -EBADMSG, 1u << SAVE_FSYNC | 1u << SAVE_RENAME},
		{-ESTALE, -EAGAIN, 1u << SAVE_RENAME},
		{-ENOSYS, -EOPNOTSUPP, 0},
		{-EXDEV, -EIO, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (err == table[i].from && (!table[i].where || table[i].where & 1u << what))
			return table[i].to;
	}
	return err;
}
