/* SPDX-License-Identifier: MIT */
/* The steps of `modelfs import`, from files to a model. */
#include "fs/import.h"

#include <stdio.h>
#include <sys/random.h>
#include <sysexits.h>

#include "fs/import_private.h"

#define LOCAL_START_MS 10000
#define CALL_MS        30000
#define POLL_FIRST_MS  50
#define POLL_MAX_MS    5000
#define POLL_FAULTS    5

static int exit_code(int err)
{
	static const struct {
		int err, code;
	} codes[] = {
		{EKEYEXPIRED, EX_NOPERM},    {EACCES, EX_NOPERM},
		{EPERM, EX_NOPERM},          {EHOSTUNREACH, EX_UNAVAILABLE},
		{ETIMEDOUT, EX_UNAVAILABLE}, {EIO, EX_IOERR},
		{ENOMEM, EX_OSERR},          {ENOSPC, EX_IOERR},
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].err == err)
			return codes[i].code;
	return EX_DATAERR;
}

static void import_free(struct import *im)
{
	import_link_close(&im->link);
	if (im->local_open)
		local_registry_close(&im->local);
	endpoint_free(&im->endpoint);
	import_files_free(&im->files);
	string_list_free(&im->labels);
	string_list_free(&im->aliases);
	for (size_t i = 0; i < im->memory_count; i++)
		free(im->memory[i]);
	free(im->place);
	free(im->under);
	free(im->artifact_uri);
	free(im->title);
	free(im->operation);
}
#define _cleanup_import_ _cleanup_(import_free)

static int interrupted(struct import *im, const char *words)
{
	return import_complain(128 + im->link.signal, "interrupted%s%s", words ? "; " : "",
			       words ? words : "");
}

/* The fields that a refusal names stand in its details. */
static void print_violations(const struct api_error *e)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	struct json detail, v;

	if (!e->details || json_parse(e->details, strlen(e->details), &doc, NULL))
		return;
	for (detail = json_first(json_root(doc)); json_present(detail);
	     detail = json_next(detail)) {
		for (v = json_first(json_get(detail, "fieldViolations")); json_present(v);
		     v = json_next(v)) {
			_cleanup_free_ char *field = json_get_str(v, "field");
			_cleanup_free_ char *text = json_get_str(v, "description");

			if (field && text && !(e->message && strstr(e->message, text)))
				fprintf(stderr, "  %s: %s\n", field, text);
		}
	}
}

int import_failed(struct import *im, const char *what, int r, const struct api_error *e)
{
	int code;

	if (r == -EINTR)
		return interrupted(im, NULL);
	code = import_complain(exit_code(-r), "%s: %s%s%s%s", what,
			       e->message ? e->message : strerror(-r),
			       e->request_id ? " (request " : "",
			       e->request_id ? e->request_id : "", e->request_id ? ")" : "");
	print_violations(e);
	return code;
}

static unsigned call_ms(const struct import *im)
{
	return im->timeout_ms < CALL_MS ? im->timeout_ms : CALL_MS;
}

static int connect_registry(struct import *im)
{
	_cleanup_free_ char *why = NULL;
	int r;

	if (streq(im->endpoint_text, "local")) {
		if (!im->data)
			im->data = import_keep(im, local_default_data());
		if (!im->data)
			return import_no_memory();
		r = local_registry_open(im->data, NULL, LOCAL_START_MS, &im->local, &why);
		if (r)
			return import_complain(exit_code(-r), "the local registry in %s: %s",
					       im->data, why ? why : strerror(-r));
		im->local_open = true;
		im->endpoint.kind = ENDPOINT_UNIX;
		im->endpoint.socket = strdup(im->local.socket);
		if (!im->endpoint.socket)
			return import_no_memory();
	}
	r = import_link_open(&im->link, &im->endpoint, call_ms(im));
	return r ? import_complain(EX_OSERR, "%s", strerror(-r)) : 0;
}

/* Fresh for each import, so that none writes over another's files. */
static char *make_prefix(const char *title)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct timespec now;
	struct tm tm;
	uint32_t number;
	char stamp[32];

	for (size_t i = 0; i < 64 && title[i]; i++) {
		bool good = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._-",
				   title[i]) != NULL;

		buf_putc(&out, good && (i || title[i] != '.') ? title[i] : '_');
	}
	clock_gettime(CLOCK_REALTIME, &now);
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		number = (uint32_t)now.tv_nsec;
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	buf_printf(&out, "/%s-%08x/", stamp, number);
	return buf_take(&out);
}

static void remove_copies(struct import *im)
{
	int came = im->link.signal;
	size_t left;

	if (im->from_gs)
		return;
	import_link_rearm(&im->link);
	left = import_remove(&im->link, &im->target, &im->files);
	if (left)
		import_complain(0, "%zu of the copied files could not be removed from gs://%s/%s",
				left, im->target.bucket, im->target.prefix);
	im->link.signal = came ? came : im->link.signal;
}

static int copy_files(struct import *im)
{
	_cleanup_api_error_ struct api_error error = {0};
	const char *at = NULL;
	int r;

	if (im->from_gs) {
		im->artifact_uri = strdup(im->source);
		return im->artifact_uri ? 0 : import_no_memory();
	}
	im->target.bucket = im->bucket;
	if (!im->target.prefix)
		im->target.prefix =
			import_keep(im, make_prefix(im->model_id ? im->model_id : im->title));
	im->target.timeout_ms = call_ms(im);
	im->target.progress = isatty(STDERR_FILENO);
	if (!im->target.prefix)
		return import_no_memory();
	im->artifact_uri = str_format("gs://%s/%s", im->target.bucket, im->target.prefix);
	if (!im->artifact_uri)
		return import_no_memory();
	r = import_copy(&im->link, &im->target, &im->files, &error, &at);
	if (!r)
		return 0;
	r = import_failed(im, at ? at : im->source, r, &error);
	remove_copies(im);
	return r;
}

int import_call(struct import *im, const char *method, const char *name, const char *query,
		const struct buf *body, struct import_reply *out)
{
	struct call_options o = CALL_OPTIONS_INIT;

	o.service = im->kind->service;
	o.method = service_method(o.service, method);
	o.name = name;
	o.query = query;
	if (body) {
		o.body = buf_str(body);
		o.body_len = body->len;
		o.timeout_ms = im->timeout_ms;
	}
	return import_exchange(&im->link, &o, out);
}

int import_labels(const struct import *im, struct json_writer *w)
{
	if (im->labels.count)
		jw_object(w, "labels");
	for (size_t i = 0; i < im->labels.count; i++) {
		_cleanup_free_ char *key = strdup(im->labels.items[i]);

		if (!key)
			return -ENOMEM;
		key[strcspn(key, "=")] = '\0';
		jw_str(w, key, im->labels.items[i] + strlen(key) + 1);
	}
	if (im->labels.count)
		jw_end_object(w);
	return w->out->err;
}

/* A refusal takes the copies away again; when nobody knows what became of the
 * request, a model may already refer to them. */
static int start_creating(struct import *im)
{
	_cleanup_reply_ struct import_reply reply = {0};
	_cleanup_buf_ struct buf body = BUF_INIT;
	int r = im->kind->body(im, &body), code;

	if (!r)
		r = import_call(im, im->kind->method, im->under, NULL, &body, &reply);
	if (!r) {
		im->operation = json_get_str(json_root(reply.json), "name");
		return im->operation
			       ? 0
			       : import_complain(EX_IOERR, "%s: the service names no operation",
						 im->kind->method);
	}
	code = import_failed(im, im->kind->method, r, &reply.error);
	if (reply.sent && (reply.http < 400 || reply.http >= 500)) {
		import_complain(
			0, "the model may have been created all the same; its files stay in %s",
			im->artifact_uri);
		return code;
	}
	remove_copies(im);
	if (im->kind->undo)
		im->kind->undo(im);
	return code;
}

static int check_operation(struct import *im, struct json op, bool *over)
{
	_cleanup_api_error_ struct api_error error = {0};
	struct json e = json_get(op, "error");
	int code;

	*over = json_bool(json_get(op, "done"), false);
	if (!*over)
		return 0;
	if (!json_present(e))
		return im->kind->finish(im, json_get(op, "response"));
	api_error_from_status(&error, e);
	code = import_failed(im, "the upload failed", error.err ? -error.err : -EIO, &error);
	remove_copies(im);
	return code;
}

/* A poll that fails says nothing about the operation: ask a few times more. */
static bool passing(int r)
{
	return r == -EIO || r == -EHOSTUNREACH || r == -ETIMEDOUT || r == -EDQUOT;
}

static int poll_once(struct import *im, unsigned *faults, bool *over)
{
	_cleanup_reply_ struct import_reply reply = {0};
	int r = import_call(im, "operations.get", im->operation, NULL, NULL, &reply);

	if (!r) {
		*faults = 0;
		return check_operation(im, json_root(reply.json), over);
	}
	if (passing(r) && ++*faults < POLL_FAULTS)
		return 0;
	if (r == -EINTR)
		return 0;
	*over = true;
	import_failed(im, im->operation, r, &reply.error);
	return import_complain(exit_code(-r), "the upload goes on without being watched");
}

static unsigned sleep_ms(unsigned ms, uint64_t left_ns)
{
	uint64_t left_ms = left_ns / NSEC_PER_MSEC + 1;

	return left_ms < ms ? (unsigned)left_ms : ms;
}

static int wait_operation(struct import *im)
{
	uint64_t deadline = now_ns() + im->timeout_ms * NSEC_PER_MSEC;
	unsigned faults = 0, ms = POLL_FIRST_MS;
	bool over = false;
	uint64_t now;
	int r = 0;

	while (!over && !im->link.signal && now_ns() < deadline) {
		r = poll_once(im, &faults, &over);
		now = now_ns();
		if (!over && now < deadline)
			import_sleep(&im->link, sleep_ms(ms, deadline - now));
		ms = ms + ms / 2 < POLL_MAX_MS ? ms + ms / 2 : POLL_MAX_MS;
	}
	if (over)
		return r;
	if (!im->link.signal)
		return import_complain(EX_TEMPFAIL, "still running after --timeout: %s",
				       im->operation);
	import_complain(0, "the upload goes on: %s", im->operation);
	return interrupted(im, NULL);
}

static int run(struct import *im)
{
	int r = connect_registry(im);

	if (!r)
		r = im->kind->prepare(im);
	if (!r)
		r = copy_files(im);
	if (!r && im->kind->settle) {
		r = im->kind->settle(im);
		if (r)
			remove_copies(im);
	}
	if (!r)
		r = start_creating(im);
	return r ? r : wait_operation(im);
}

int import_command(int argc, char **argv)
{
	_cleanup_import_ struct import im = {
		.timeout_ms = 600 * 1000, .local = LOCAL_REGISTRY_INIT, .link = IMPORT_LINK_INIT};
	int r = import_ask(&im, argc, argv);

	return r || im.help ? r : run(&im);
}
