/* SPDX-License-Identifier: MIT */
#include "fs/journal.h"

#include <stdio.h>

#include "api/log.h"

#define ERRORS_MAX 100

struct journal {
	struct failure failures[ERRORS_MAX]; /* a ring; next is the oldest */
	size_t next, count;
	uint64_t total;
};

/* Exchanges that ended badly for reasons that are part of asking. */
static bool expected(const struct call_options *o, const struct api_error *e)
{
	return e->err == ENOENT && streq(o->method->verb, "GET");
}

static void call_observed(void *ctx, const struct call_options *o, const struct answer *a)
{
	struct mount *m = ctx;
	_cleanup_free_ char *what = NULL;

	if (!a->error.err || expected(o, &a->error))
		return;
	what = str_format("%s.%s", o->service ? o->service->id : "http", o->method->id);
	if (what)
		journal_failed(m, what, o->name ? o->name : "", &a->error);
}

int journal_new(struct mount *m, struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	*out = j;
	client_observe(m->client, call_observed, m);
	return 0;
}

static void failure_reset(struct failure *f)
{
	free(f->what);
	free(f->resource);
	free(f->message);
	free(f->request_id);
	memset(f, 0, sizeof(*f));
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < ERRORS_MAX; i++)
		failure_reset(&j->failures[i]);
	free(j);
}

static char *one_line(const char *s)
{
	char *copy = strdup(s ? s : "");

	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	return copy;
}

void journal_failed(struct mount *m, const char *what, const char *resource,
		    const struct api_error *e)
{
	struct journal *j = m->journal;
	struct failure *f = &j->failures[j->next];

	failure_reset(f);
	f->when_ns = wall_ns();
	f->what = one_line(what);
	f->resource = one_line(resource);
	f->message = one_line(e->message ? e->message : strerror(e->err));
	f->request_id = e->request_id ? one_line(e->request_id) : NULL;
	f->err = e->err;
	f->http = e->http;
	f->code = e->code;
	j->next = (j->next + 1) % ERRORS_MAX;
	j->count += j->count < ERRORS_MAX;
	j->total++;
	log_warning("%s %s: %s (%s, HTTP %d%s%s)", f->what, f->resource, f->message,
		    api_code_name(f->code), f->http, f->request_id ? ", request " : "",
		    f->request_id ? f->request_id : "");
}

static void command_of(pid_t pid, char *out, size_t size)
{
	char path[64];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	f = fopen(path, "re");
	n = f ? fread(out, 1, size - 1, f) : 0;
	if (f)
		fclose(f);
	while (n && out[n - 1] == '\n')
		n--;
	out[n] = '\0';
}

void journal_changed(struct mount *m, uid_t uid, pid_t pid, const char *method,
		     const char *resource, const char *mask, const char *outcome)
{
	_cleanup_free_ char *line = one_line(outcome);
	char command[32];

	(void)m;
	command_of(pid, command, sizeof(command));
	log_notice("%s %s%s%s by uid %u pid %d (%s): %s", method, resource,
		   mask ? " updateMask=" : "", mask ? mask : "", (unsigned)uid, (int)pid, command,
		   line ? line : "");
}

const struct failure *journal_at(const struct mount *m, size_t back)
{
	const struct journal *j = m->journal;

	return back < j->count ? &j->failures[(j->next + ERRORS_MAX - 1 - back) % ERRORS_MAX]
			       : NULL;
}

uint64_t journal_total(const struct mount *m)
{
	return m->journal->total;
}
