/* SPDX-License-Identifier: MIT */
/* The sequences that tools send when they save (as measured), replayed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "fs/save.h"

#define MAX_TEXT 65536

/*
 * One letter per event:
 *   d flush of a dup or of another tool's empty handle   k flush by a child
 *   w the text in one write   h H its halves   b byte by byte
 *   t ftruncate 0   l ftruncate to the text's length   s fsync   c close
 *   m rename onto the attribute   r release
 */
static const struct sequence {
	const char *tool;
	bool empty; /* O_TRUNC or a new file */
	const char *events;
	char commit; /* the event that commits: w (a write), s, c, m; 0: none */
} sequences[] = {
	{"vim default", true, "twscr", 'w'},
	{"vim backupcopy=yes", false, "twscr", 'w'},
	{"vim nowritebackup", false, "twscr", 'w'},
	{"vim nofsync", true, "twcr", 'w'},
	{"nvim", true, "wcr", 'w'},
	{"nano", true, "wscr", 'w'},
	{"emacs", true, "hHscr", 'w'},
	{"emacs, the probe after it", false, "cr", 0},
	{"emacs file-precious-flag", false, "m", 'm'},
	{"micro, its probe", false, "cr", 0},
	{"micro", true, "wcr", 'w'},
	{"joe", true, "wcr", 'w'},
	{"mcedit", true, "hHcr", 'w'},
	{"mg", true, "wcr", 'w'},
	{"kakoune", true, "wcr", 'w'},
	{"ed, tee, perl, python w", true, "wcr", 'w'},
	{"sort -o", false, "twcr", 'w'},
	{"python r+", false, "wlcr", 'c'},
	{"python r+ with fsync", false, "wlscr", 's'},
	{"python msync", false, "wscr", 's'},
	{"tempfile and os.replace", false, "m", 'm'},
	{"sed -i", false, "m", 'm'},
	{"rsync", false, "m", 'm'},
	{"rsync --inplace", false, "wlcr", 'c'},
	{"mv across file systems", true, "wcr", 'w'},
	{"cp", true, "wcr", 'w'},
	{"cp in pieces", true, "hHcr", 'w'},
	{"cp -b, install, tar x", true, "wcr", 'w'},
	{"tar x --overwrite", true, "wcr", 'w'},
	{"ln -f", false, "m", 'm'},
	{"echo >", true, "dwcr", 'w'},
	{"echo > with two closes", true, "dwccr", 'w'},
	{"( a; b ) >", true, "dhkHkcr", 'w'},
	{"exec 3>", true, "ddhkkHkcr", 'w'},
	{"exec 3> of builtins' children", true, "dkkwkcr", 'w'},
	{"dd", true, "dwcr", 'w'},
	{"dd bs=1", true, "dbcr", 'w'},
	{"dd conv=fsync", true, "dwscr", 'w'},
	{"dd conv=notrunc", false, "twcr", 'w'},
	{"dd conv=notrunc, kept", false, "dbcr", 'c'},
	{"sponge", true, "wcr", 'w'},
	{": >", true, "dcr", 0},
	{"truncate -s0", false, "tcr", 0},
	{"truncate -s, to a length", false, "lcr", 0},
	{"cat /dev/null >", true, "dkcr", 0},
	{"touch", false, "dcr", 0},
	{"sync", false, "scr", 0},
};

struct run {
	struct save *save;
	const char *text;
	size_t len;
	uint64_t off;      /* the writer's file offset */
	int service;       /* what a call gives */
	unsigned calls;    /* made */
	char commit;       /* event of the first one */
	unsigned failures; /* events answered with an error */
	char failed;       /* the first of them */
	int err, last_err; /* its errno, and the last one's */
	unsigned again;    /* refusals that repeat */
	unsigned rejected; /* refusals that bring something new */
};

static struct save_step feed(struct run *r, char letter, const struct save_event *e)
{
	struct save_step step = save_event(r->save, e);

	assert_int_not_equal(step.action, SAVE_WAIT);
	if (step.action == SAVE_CALL) {
		struct save_event other = {.what = SAVE_FSYNC};

		assert_true(save_in_flight(r->save));
		assert_int_equal(save_event(r->save, &other).action, SAVE_WAIT);
		if (!r->calls++)
			r->commit = letter;
		step = save_result(r->save, r->service, r->service ? "the service says no" : NULL);
		assert_int_equal(step.action, SAVE_REPLY);
		assert_int_equal(step.reply, save_errno_for(e->what, r->service));
	}
	if (step.refused) {
		assert_non_null(step.reason);
		assert_true(strlen(step.reason) > 0);
		if (step.again)
			r->again++;
		else
			r->rejected++;
	}
	if (step.reply < 0) {
		assert_true(step.refused || step.reply == -EFBIG);
		if (!r->failures++) {
			r->failed = letter;
			r->err = step.reply;
		}
		r->last_err = step.reply;
	}
	return step;
}

static void put(struct run *r, size_t from, size_t to)
{
	struct save_event e = {
		.what = SAVE_WRITE, .data = r->text + from, .len = to - from, .off = r->off};

	if (feed(r, 'w', &e).reply == 0)
		r->off += to - from;
}

static void event(struct run *r, char letter)
{
	struct save_event e = {.by_opener = true};

	switch (letter) {
	case 'w':
		put(r, 0, r->len);
		return;
	case 'h':
		put(r, 0, r->len / 2);
		return;
	case 'H':
		put(r, r->len / 2, r->len);
		return;
	case 'b':
		for (size_t i = 0; i < r->len; i++)
			put(r, i, i + 1);
		return;
	case 't':
	case 'l':
		e.what = SAVE_TRUNCATE;
		e.off = letter == 'l' ? r->len : 0;
		break;
	case 's':
		e.what = SAVE_FSYNC;
		break;
	case 'k':
		e.by_opener = false;
		e.what = SAVE_FLUSH;
		break;
	case 'd':
	case 'c':
		e.what = SAVE_FLUSH;
		break;
	case 'm':
		e.what = SAVE_RENAME;
		break;
	default:
		e.what = SAVE_RELEASE;
		break;
	}
	feed(r, letter, &e);
}

static struct run replay(const struct sequence *q, enum save_kind kind, const char *base,
			 const char *text, int service)
{
	struct run r = {.text = text, .len = strlen(text), .service = service};
	const char *stands = q->events[0] == 'm' ? text : base;

	assert_int_equal(save_new(kind, q->empty, false, stands, strlen(stands), MAX_TEXT, &r.save),
			 0);
	for (const char *p = q->events; *p; p++)
		event(&r, *p);
	return r;
}

static void report(const struct sequence *q, const struct run *r, const char *what)
{
	if (getenv("VERBOSE"))
		print_message("%s, %s: calls %u at %c, failed at %c\n", q->tool, what, r->calls,
			      r->commit ? r->commit : '-', r->failed ? r->failed : '-');
}

struct texts {
	enum save_kind kind;
	const char *base, *good, *unterminated, *bad;
};

/* The old text is longer than the new one, in the same way as any tool may meet it. */
static const struct texts kinds[] = {
	{SAVE_JSON_OBJECT, "{\n  \"old\": \"a rather long one, to be cut\"\n}\n",
	 "{\n  \"a\": [1, 2],\n  \"b\": {}\n}\n", "{\"a\": [1, 2]}", "{\"a\": [1, 2}}\n"},
	{SAVE_JSON_ARRAY, "[\"a rather long one, to be cut\"]\n", "[1, [2]]\n", "[1, [2]]",
	 "[1, 02]\n"},
	{SAVE_JSON_ANY, "{\"x\": \"a rather long one, to be cut\"}\n", "[{\"a\": \"}\"}]\n",
	 "{\"a\": \"]\"}", "nonsense\n"},
	{SAVE_LINE, "a rather long old display name\n", "new name\n", NULL, "new \xc3( name\n"},
	{SAVE_TEXT, "a rather long old description\n", "some words\n", NULL, "bad \xff text\n"},
};

/* dd conv=notrunc and a msync leave what lies behind: give them a text of the
 * old one's length. */
static bool leaves_a_tail(const struct sequence *q)
{
	return !q->empty && strpbrk(q->events, "wb") && !strpbrk(q->events, "tl");
}

static const char *padded(const struct sequence *q, const struct texts *t, const char *text,
			  char *out)
{
	size_t n = strlen(text), m = strlen(t->base);

	memcpy(out, text, n + 1);
	if (leaves_a_tail(q) && n < m) {
		memset(out + n, t->kind >= SAVE_LINE ? '\n' : ' ', m - n);
		out[m] = '\0';
	}
	return out;
}

static void good_text_is_one_call(void **state)
{
	char text[256];

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
			const struct sequence *q = &sequences[i];
			struct run r;

			for (int v = 0; v < 2; v++) {
				const char *good = v ? kinds[k].unterminated : kinds[k].good;

				if (!good)
					continue;
				r = replay(q, kinds[k].kind, kinds[k].base,
					   padded(q, &kinds[k], good, text), 0);
				report(q, &r, "good");
				assert_int_equal(r.calls, q->commit ? 1 : 0);
				assert_int_equal(r.commit, q->commit);
				assert_int_equal(r.failures, 0);
				assert_int_equal(r.rejected, 0);
				assert_false(save_dirty(r.save));
				save_free(r.save);
			}
		}
	}
}

/* A line or a text without its newline is complete when its writer says so. */
static void unterminated_text_commits_at_fsync_or_close(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		const struct sequence *q = &sequences[i];
		char at = q->commit == 'w' ? (strchr(q->events, 's') ? 's' : 'c') : q->commit;

		for (int kind = SAVE_LINE; kind <= SAVE_TEXT; kind++) {
			struct run r;

			if (leaves_a_tail(q))
				continue;
			r = replay(q, (enum save_kind)kind, "before, and long\n", "after", 0);
			report(q, &r, "unterminated");
			assert_int_equal(r.calls, q->commit ? 1 : 0);
			assert_int_equal(r.commit, at);
			assert_int_equal(r.failures, 0);
			save_free(r.save);
		}
	}
}

static int told_at(char letter)
{
	return letter == 's' || letter == 'm' ? -EBADMSG : -EINVAL;
}

static void bad_text_is_refused_without_a_call(void **state)
{
	char text[256];

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
			const struct sequence *q = &sequences[i];
			struct run r = replay(q, kinds[k].kind, kinds[k].base,
					      padded(q, &kinds[k], kinds[k].bad, text), 0);

			report(q, &r, "bad");
			assert_int_equal(r.calls, 0);
			if (q->commit) {
				assert_int_equal(r.failed, q->commit);
				assert_int_equal(r.err, told_at(q->commit));
				assert_int_not_equal(r.rejected, 0);
				assert_true(save_was_refused(r.save));
			} else {
				assert_int_equal(r.failures, 0);
			}
			save_free(r.save);
		}
	}
}

static void what_the_service_refuses_is_refused_again_without_a_call(void **state)
{
	char text[256];

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
			const struct sequence *q = &sequences[i];
			struct run r = replay(q, kinds[k].kind, kinds[k].base,
					      padded(q, &kinds[k], kinds[k].good, text), -EACCES);

			report(q, &r, "refused");
			assert_int_equal(r.calls, q->commit ? 1 : 0);
			assert_int_equal(r.failed, q->commit);
			if (q->commit) {
				size_t closes = 0;

				for (const char *p =
					     strchr(q->events, q->commit == 'w' ? 'c' : q->commit);
				     p && *p; p++)
					closes += *p == 'c';
				assert_int_equal(r.err, -EACCES);
				assert_int_equal(r.last_err, -EACCES);
				assert_int_equal(r.rejected, 1);
				assert_true(r.failures >= closes);
			}
			save_free(r.save);
		}
	}
}

static void half_a_json_text_is_refused_when_its_opener_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		const struct sequence *q = &sequences[i];
		char at = q->commit == 'w' ? (strchr(q->events, 's') ? 's' : 'c') : q->commit;
		struct run r;

		if (leaves_a_tail(q))
			continue;
		r = replay(q, SAVE_JSON_OBJECT, "{\"old\": \"and long\"}\n", "{\"a\": [1, ", 0);
		report(q, &r, "half");
		assert_int_equal(r.calls, 0);
		assert_int_equal(r.failed, at);
		if (at) {
			assert_int_equal(r.err, told_at(at));
			assert_int_equal(r.rejected, 1);
		}
		save_free(r.save);
	}
}

static unsigned random_next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16 & 0x7fff;
}

static void any_split_of_a_good_text_is_one_call(void **state)
{
	static const char good[] =
		"{\n  \"outputConfig\": {\n    \"exportFormatId\": \"tf\\u00e9-\\\"{}[]\",\n"
		"    \"artifactDestination\": {\"outputUriPrefix\": \"gs://b/\xc3\xa9\"},\n"
		"    \"n\": [1, 2.5e3, true, false, null, []]\n  }\n}\n";
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct run r = {.text = good, .len = sizeof(good) - 1};
		int service = round % 3 == 0 ? -EINVAL : 0;
		bool append = round % 5 == 0;

		r.service = service;
		assert_int_equal(
			save_new(SAVE_JSON_OBJECT, true, append, NULL, 0, MAX_TEXT, &r.save), 0);
		for (size_t at = 0, n; at < r.len; at += n) {
			n = 1 + random_next(&seed) % (round % 2 ? 7 : 80);
			if (n > r.len - at)
				n = r.len - at;
			while (random_next(&seed) % 4 == 0)
				event(&r, 'k');
			put(&r, at, at + n);
			if (r.failures && service)
				break;
		}
		while (random_next(&seed) % 3)
			event(&r, "kcs"[random_next(&seed) % 3]);
		event(&r, 'c');
		event(&r, 'r');
		assert_int_equal(r.calls, 1);
		assert_int_equal(r.commit, 'w');
		if (!service)
			assert_int_equal(r.failures, 0);
		save_free(r.save);
	}
}

/* Any events in any order: no more calls than complete texts, no crash, and
 * never success told for a text that was neither committed nor is unchanged. */
static void any_order_of_events_is_survived(void **state)
{
	static const char *const bits[] = {"{", "}",  "{\"a\":1}", "\n",  " ",
					   "[", "\"", "\xff",      "x",   "1",
					   ",", "{}", "\xc3\xa9",  "\n\n"};
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct run r = {.text = "", .service = round % 2 ? -EBUSY : 0};
		enum save_kind kind = (enum save_kind)(random_next(&seed) % 5);

		assert_int_equal(save_new(kind, round % 3, round % 4 == 0, "{}\n", 3, 40, &r.save),
				 0);
		for (int i = 0; i < 12; i++) {
			const char *bit = bits[random_next(&seed) % ARRAY_SIZE(bits)];
			struct save_event e = {
				.what = (enum save_what)(random_next(&seed) % 5),
				.data = bit,
				.len = strlen(bit),
				.off = random_next(&seed) % 4 ? r.off : random_next(&seed) % 45,
				.by_opener = random_next(&seed) % 2,
			};
			unsigned calls = r.calls;
			struct save_step step = feed(&r, 'x', &e);
			size_t len;

			if (e.what == SAVE_WRITE && step.reply == 0)
				r.off = e.off + e.len;
			if (e.what == SAVE_TRUNCATE)
				assert_int_equal(r.calls, calls);
			if (step.reply == 0 && (e.what == SAVE_FSYNC || e.what == SAVE_RENAME))
				assert_false(save_was_refused(r.save));
			save_text(r.save, &len);
			assert_true(len <= 40);
		}
		event(&r, 'r');
		save_free(r.save);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_text_is_one_call),
		cmocka_unit_test(unterminated_text_commits_at_fsync_or_close),
		cmocka_unit_test(bad_text_is_refused_without_a_call),
		cmocka_unit_test(what_the_service_refuses_is_refused_again_without_a_call),
		cmocka_unit_test(half_a_json_text_is_refused_when_its_opener_says_so),
		cmocka_unit_test(any_split_of_a_good_text_is_one_call),
		cmocka_unit_test(any_order_of_events_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
