/* SPDX-License-Identifier: MIT */
/* One exchange: what arrives at a server, and what its answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "tests/unit/fake_server.h"

static const char model[] = "projects/p/locations/us-central1/models/m";

/* What the server saw last, and how it is to behave. */
static struct {
	char verb[16], target[512], head[2048];
	size_t body_len;
	bool body_good;
	unsigned connections[8];
} seen;

static void note(struct fake_request *r)
{
	snprintf(seen.verb, sizeof(seen.verb), "%s", r->verb);
	snprintf(seen.target, sizeof(seen.target), "%s", r->target);
	snprintf(seen.head, sizeof(seen.head), "%s", r->head);
	seen.body_len = r->body_len;
	seen.body_good = true;
	for (size_t i = 0; i < r->body_len; i++)
		seen.body_good = seen.body_good && r->body[i] == (char)('a' + i % 26);
	if (r->number <= ARRAY_SIZE(seen.connections))
		seen.connections[r->number - 1] = r->connection;
}

static bool says_ok(void *ctx _unused_, struct fake_request *r)
{
	note(r);
	fake_answer(r->fd, 200, "X-Request-Id: abc-1\r\n", "{\"displayName\": \"d\"}");
	return true;
}

/* Raw bytes, then the connection's end. */
static bool says_raw(void *ctx, struct fake_request *r)
{
	note(r);
	fake_write(r->fd, ctx, strlen(ctx));
	return false;
}

static bool says_nothing(void *ctx _unused_, struct fake_request *r)
{
	note(r);
	fake_wait(r->fd);
	return false;
}

struct env {
	struct fake_server s;
	struct fake_client c;
};

static void begin(struct env *e, bool tcp, fake_handler *handler, void *ctx, unsigned timeout_ms)
{
	memset(&seen, 0, sizeof(seen));
	fake_start(&e->s, tcp, handler, ctx);
	assert_int_equal(fc_open(&e->c, e->s.address, timeout_ms, 1 << 20), 0);
}

static void end(struct env *e)
{
	fc_close(&e->c);
	fake_stop(&e->s);
}

static void a_get_asks_for_the_name_and_gives_its_json(void **state _unused_)
{
	struct call_options o = fc_options("models.get", "projects/p/locations/l/models/m@2");
	struct env e;
	struct told t;

	begin(&e, false, says_ok, NULL, 5000);
	o.query = "readMask=name";
	t = fc_call(&e.c, &o);
	assert_int_equal(t.err, 0);
	assert_int_equal(t.http, 200);
	assert_true(t.sent);
	assert_string_equal(t.json, "{\"displayName\": \"d\"}");
	assert_string_equal(t.request_id, "abc-1");
	assert_string_equal(seen.verb, "GET");
	assert_string_equal(seen.target, "/v1/projects/p/locations/l/models/m%402?readMask=name");
	assert_non_null(strstr(seen.head, "User-Agent: modelfs/test\r\n"));
	assert_null(strcasestr(seen.head, "Authorization"));
	end(&e);
}

static void connections_are_kept(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	struct env e;

	begin(&e, false, says_ok, NULL, 5000);
	for (int i = 0; i < 5; i++)
		assert_int_equal(fc_call(&e.c, &o).err, 0);
	assert_int_equal(e.s.connections, 1);
	end(&e);
}

static void many_calls_at_once_all_get_answers(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	struct told t = {.waits = 500};
	struct env e;

	begin(&e, false, says_ok, NULL, 20000);
	t.c = &e.c;
	for (unsigned i = 0; i < t.waits; i++)
		assert_int_equal(client_call(e.c.client, &o, told_done, &t, NULL), 0);
	assert_int_equal(t.count, 0);
	assert_int_equal(fc_run(&e.c, 20000), 0);
	assert_int_equal(t.count, 500);
	assert_int_equal(e.s.requests, 500);
	assert_true(e.s.connections <= 32);
	end(&e);
}

static void a_body_of_ten_mebibytes_arrives(void **state _unused_)
{
	struct call_options o = fc_options("models.upload", "projects/p/locations/l");
	_cleanup_free_ char *body = malloc(10 << 20);
	struct env e;

	begin(&e, false, says_ok, NULL, 20000);
	for (size_t i = 0; i < 10 << 20; i++)
		body[i] = (char)('a' + i % 26);
	o.body = body;
	o.body_len = 10 << 20;
	assert_int_equal(fc_call(&e.c, &o).err, 0);
	assert_int_equal(seen.body_len, 10 << 20);
	assert_true(seen.body_good);
	assert_string_equal(seen.verb, "POST");
	assert_non_null(strstr(seen.head, "Content-Type: application/json\r\n"));
	assert_null(strcasestr(seen.head, "Expect:"));
	end(&e);
}

static void a_long_query_arrives_and_one_too_long_is_an_error(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	_cleanup_free_ char *query = malloc((10 << 20) + 1);
	struct env e;
	struct told t;

	begin(&e, false, says_ok, NULL, 20000);
	memset(query, 'q', 10 << 20);
	query[1] = '=';
	query[800 << 10] = '\0';
	o.query = query;
	assert_int_equal(fc_call(&e.c, &o).err, 0);
	query[800 << 10] = 'q';
	query[10 << 20] = '\0';
	t = fc_call(&e.c, &o);
	assert_int_equal(t.err, E2BIG);
	assert_false(t.sent);
	end(&e);
}

static void a_post_without_a_body_has_length_zero(void **state _unused_)
{
	struct call_options o =
		fc_options("operations.cancel", "projects/p/locations/l/operations/1");
	struct env e;

	begin(&e, false, says_ok, NULL, 5000);
	assert_int_equal(fc_call(&e.c, &o).err, 0);
	assert_string_equal(seen.verb, "POST");
	assert_non_null(strstr(seen.head, "Content-Length: 0\r\n"));
	assert_null(strcasestr(seen.head, "Content-Type:"));
	end(&e);
}

static void patch_and_delete_keep_their_verbs(void **state _unused_)
{
	struct call_options o = fc_options("models.patch", model);
	struct env e;

	begin(&e, false, says_ok, NULL, 5000);
	o.query = "updateMask=displayName";
	o.body = "abc";
	o.body_len = 3;
	assert_int_equal(fc_call(&e.c, &o).err, 0);
	assert_string_equal(seen.verb, "PATCH");
	assert_int_equal(seen.body_len, 3);
	o = fc_options("models.delete", model);
	assert_int_equal(fc_call(&e.c, &o).err, 0);
	assert_string_equal(seen.verb, "DELETE");
	assert_int_equal(seen.body_len, 0);
	end(&e);
}

static void a_file_is_streamed(void **state _unused_)
{
	static const struct method insert = {.id = "objects.insert", .verb = "POST", .path = ""};
	struct call_options o = CALL_OPTIONS_INIT;
	char path[] = "/tmp/modelfs-test-XXXXXX";
	int fd = mkstemp(path);
	uint64_t counted = 0;
	struct env e;

	for (size_t i = 0; i < 26 * 100000; i += 26)
		assert_int_equal(write(fd, "abcdefghijklmnopqrstuvwxyz", 26), 26);
	begin(&e, false, says_ok, NULL, 20000);
	o.service = &service_vertex;
	o.method = &insert;
	o.url_path = "/upload/storage/v1/b/b/o?uploadType=media&name=a%2Fb";
	o.content_type = "application/octet-stream";
	o.upload_fd = fd;
	o.upload_len = 2600000;
	o.uploaded = &counted;
	assert_int_equal(fc_call(&e.c, &o).err, 0);
	assert_int_equal(seen.body_len, 2600000);
	assert_true(seen.body_good);
	assert_int_equal(counted, 2600000);
	assert_string_equal(seen.target, o.url_path);
	assert_non_null(strstr(seen.head, "Content-Type: application/octet-stream\r\n"));
	assert_string_equal(seen.verb, "POST");
	/* A file that is shorter than told is an error, not a hang. */
	o.upload_len = 2600001;
	assert_int_equal(fc_call(&e.c, &o).err, EIO);
	unlink(path);
	close(fd);
	end(&e);
}

static void refusals_bear_the_services_words(void **state _unused_)
{
	static const struct {
		int http;
		const char *body;
		int err;
		enum api_code code;
	} cases[] = {
		{404, "{\"error\":{\"code\":404,\"message\":\"no m\",\"status\":\"NOT_FOUND\"}}",
		 ENOENT, API_NOT_FOUND},
		{400,
		 "{\"error\":{\"code\":400,\"message\":\"bad\",\"status\":\"FAILED_PRECONDITION\"}}",
		 EBUSY, API_FAILED_PRECONDITION},
		{409, "{\"error\":{\"code\":409,\"message\":\"etag\",\"status\":\"ABORTED\"}}",
		 ESTALE, API_ABORTED},
		{401, "{}", EKEYEXPIRED, API_UNAUTHENTICATED},
		{403, "<html>no</html>", EACCES, API_PERMISSION_DENIED},
		{429, "", EDQUOT, API_RESOURCE_EXHAUSTED},
		{500, "oops", EIO, API_UNKNOWN},
		{502, "<html>", EIO, API_UNKNOWN},
		{503, "", EIO, API_UNAVAILABLE},
		{302, "", EIO, API_UNKNOWN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct call_options o = fc_options("models.get", model);
		char raw[512];
		struct env e;
		struct told t;

		snprintf(raw, sizeof(raw),
			 "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nx-goog-request-id: r7\r\n\r\n%s",
			 cases[i].http, strlen(cases[i].body), cases[i].body);
		begin(&e, false, says_raw, raw, 5000);
		t = fc_call(&e.c, &o);
		assert_int_equal(t.err, cases[i].err);
		assert_int_equal(t.http, cases[i].http);
		if (cases[i].code != API_UNKNOWN)
			assert_int_equal(t.code, cases[i].code);
		assert_string_equal(t.request_id, "r7");
		assert_true(*t.message);
		assert_true(t.sent);
		end(&e);
	}
}

static void what_is_no_answer_of_the_api_is_eio(void **state _unused_)
{
	static const struct {
		const char *raw, *words;
	} cases[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 13\r\nContent-Type: text/html\r\n\r\n<html></html>",
		 "text/html"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "JSON"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "JSON"},
		{"HTTP/1.1 200 OK\r\n\r\n{\"a\": 1", "JSON"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"a\": 1", "cut off"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"", NULL},
		{"SSH-2.0-OpenSSH_9.2\r\n", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct call_options o = fc_options("models.get", model);
		struct env e;
		struct told t;

		begin(&e, false, says_raw, (void *)cases[i].raw, 5000);
		t = fc_call(&e.c, &o);
		assert_int_equal(t.err, EIO);
		assert_true(t.sent);
		if (cases[i].words)
			assert_non_null(strstr(t.message, cases[i].words));
		end(&e);
	}
}

static void an_empty_204_is_a_success(void **state _unused_)
{
	struct call_options o = fc_options("models.delete", model);
	struct env e;
	struct told t;

	begin(&e, false, says_raw, (void *)"HTTP/1.1 204 No Content\r\n\r\n", 5000);
	t = fc_call(&e.c, &o);
	assert_int_equal(t.err, 0);
	assert_int_equal(t.http, 204);
	end(&e);
}

static bool says_much(void *ctx, struct fake_request *r)
{
	char block[4096];

	(void)ctx;
	memset(block, ' ', sizeof(block));
	fake_write(r->fd, "HTTP/1.1 200 OK\r\n\r\n{", 20);
	for (int i = 0; i < 1000; i++)
		fake_write(r->fd, block, sizeof(block));
	return false;
}

static void a_huge_answer_is_cut_at_the_limit(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	struct env e;
	struct told t;

	begin(&e, false, says_much, NULL, 5000);
	t = fc_call(&e.c, &o);
	assert_int_equal(t.err, EIO);
	assert_non_null(strstr(t.message, "larger"));
	assert_true(t.len <= 1 << 20);
	end(&e);
}

/* A small document, or 4 MiB of blanks in a few KiB. */
static bool says_gzip(void *ctx _unused_, struct fake_request *r)
{
	bool small = strstr(r->target, "small") != NULL;
	FILE *pipe = popen(small ? "printf '{\"a\":1}' | gzip"
				 : "head -c 4194304 /dev/zero | tr '\\0' ' ' | gzip -9",
			   "r");
	static char out[65536];
	char head[256];
	size_t len;
	int n;

	if (!pipe)
		return false;
	len = fread(out, 1, sizeof(out), pipe);
	pclose(pipe);
	n = snprintf(head, sizeof(head),
		     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
		     len);
	fake_write(r->fd, head, (size_t)n);
	fake_write(r->fd, out, len);
	note(r);
	return false;
}

static void gzip_is_understood_and_bounded(void **state _unused_)
{
	struct call_options o = fc_options("models.get", "projects/p/locations/l/models/small");
	struct env e;
	struct told t;

	begin(&e, true, says_gzip, NULL, 5000);
	t = fc_call(&e.c, &o);
	assert_int_equal(t.err, 0);
	assert_string_equal(t.json, "{\"a\":1}");
	assert_non_null(strcasestr(seen.head, "Accept-Encoding: gzip"));
	o.name = model;
	t = fc_call(&e.c, &o);
	assert_int_equal(t.err, EIO);
	end(&e);
}

static void a_mute_server_ends_at_the_deadline(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	struct told t = {.waits = 100};
	struct env e;
	uint64_t begun;

	/* More calls than may be in the air: those that wait end in time, too. */
	begin(&e, false, says_nothing, NULL, 300);
	t.c = &e.c;
	begun = now_ns();
	for (unsigned i = 0; i < t.waits; i++)
		assert_int_equal(client_call(e.c.client, &o, told_done, &t, NULL), 0);
	assert_int_equal(fc_run(&e.c, 10000), 0);
	assert_true(now_ns() - begun < 1500 * NSEC_PER_MSEC);
	assert_int_equal(t.err, ETIMEDOUT);
	assert_int_equal(t.code, API_DEADLINE_EXCEEDED);
	assert_int_equal(t.http, 0);
	t = (struct told){0};
	o.timeout_ms = 100;
	t = fc_call(&e.c, &o);
	assert_int_equal(t.err, ETIMEDOUT);
	assert_true(t.sent);
	assert_true(t.seconds < 0.25);
	end(&e);
}

static bool says_half_and_waits(void *ctx _unused_, struct fake_request *r)
{
	fake_write(r->fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"", 42);
	fake_wait(r->fd);
	return false;
}

static void a_body_that_stops_ends_at_the_deadline(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	struct env e;
	struct told t;

	begin(&e, false, says_half_and_waits, NULL, 200);
	t = fc_call(&e.c, &o);
	assert_int_equal(t.err, ETIMEDOUT);
	assert_true(t.sent);
	end(&e);
}

static void nobody_there_is_ehostunreach_and_not_sent(void **state _unused_)
{
	static const char *const places[] = {"unix:/nonexistent/socket", "http://127.0.0.1:1",
					     "https://127.0.0.1:1", "https://name.invalid"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct call_options o = fc_options("models.upload", "projects/p/locations/l");
		struct fake_client c;
		struct told t;

		assert_int_equal(fc_open(&c, places[i], 15000, 0), 0);
		o.body = "{}";
		o.body_len = 2;
		t = fc_call(&c, &o);
		assert_int_equal(t.err, EHOSTUNREACH);
		assert_int_equal(t.code, API_UNAVAILABLE);
		assert_int_equal(t.http, 0);
		assert_false(t.sent);
		fc_close(&c);
	}
}

static void a_server_without_tls_is_ehostunreach_and_not_sent(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	struct fake_server s;
	struct fake_client c;
	char place[64];
	struct told t;

	fake_start(&s, true, says_ok, NULL);
	snprintf(place, sizeof(place), "https://127.0.0.1:%u", s.port);
	assert_int_equal(fc_open(&c, place, 700, 0), 0);
	t = fc_call(&c, &o);
	assert_true(t.err == EHOSTUNREACH || t.err == ETIMEDOUT);
	assert_false(t.sent);
	fc_close(&c);
	fake_stop(&s);
}

/* The second request of a connection finds it closed. */
static bool closes_reused(void *ctx _unused_, struct fake_request *r)
{
	static unsigned last;

	note(r);
	if (r->number > 1 && r->connection == last)
		return false;
	last = r->connection;
	fake_answer(r->fd, 200, "", "{}");
	return true;
}

static void a_get_on_a_closed_connection_is_sent_again(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct env e;

	begin(&e, false, closes_reused, NULL, 5000);
	assert_int_equal(fc_call(&e.c, &o).err, 0);
	assert_int_equal(fc_call(&e.c, &o).err, 0);
	assert_int_equal(e.s.requests, 3);
	assert_int_equal(client_metrics(e.c.client, &text), 0);
	assert_non_null(strstr(buf_str(&text),
			       "modelfs_requests_total{service=\"aiplatform.googleapis.com\","
			       "method=\"models.get\",code=\"200\"} 2\n"));
	assert_non_null(strstr(buf_str(&text),
			       "modelfs_retries_total{service=\"aiplatform.googleapis.com\","
			       "method=\"models.get\"} 1\n"));
	assert_non_null(strstr(buf_str(&text), "_count{service=\"aiplatform.googleapis.com\","
					       "method=\"models.get\"} 2\n"));
	end(&e);
}

static void a_post_is_never_sent_twice(void **state _unused_)
{
	struct call_options get = fc_options("models.get", model);
	struct call_options o = fc_options("models.export", model);
	struct env e;
	struct told t;

	begin(&e, false, closes_reused, NULL, 5000);
	assert_int_equal(fc_call(&e.c, &get).err, 0);
	o.body = "{}";
	o.body_len = 2;
	t = fc_call(&e.c, &o);
	assert_int_equal(t.err, EHOSTUNREACH);
	assert_int_equal(t.http, 0);
	assert_true(t.sent);
	assert_int_equal(e.s.requests, 2);
	end(&e);
}

/* A body that is too large: the answer comes before it is read. */
static void a_refusal_while_the_body_is_being_sent_is_heard(void **state _unused_)
{
	static const char refusal[] =
		"HTTP/1.1 413 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
	struct call_options o = fc_options("models.upload", "projects/p/locations/l");
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	_cleanup_free_ char *body = calloc(1, 8 << 20);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;
	struct told t = {.waits = 1};
	struct fake_client c;
	char address[128];

	snprintf(un.sun_path, sizeof(un.sun_path), "/tmp/modelfs-test-%d", (int)getpid());
	snprintf(address, sizeof(address), "unix:%s", un.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(fc_open(&c, address, 3000, 0), 0);
	o.body = body;
	o.body_len = 8 << 20;
	t.c = &c;
	assert_int_equal(client_call(c.client, &o, told_done, &t, NULL), 0);
	fc_run(&c, 100);
	peer = accept(fd, NULL, NULL);
	fake_write(peer, refusal, sizeof(refusal) - 1);
	fc_run(&c, 5000);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.http, 413);
	assert_true(t.err && t.err != ETIMEDOUT);
	close(peer);
	close(fd);
	unlink(un.sun_path);
	fc_close(&c);
}

static void a_cancelled_call_says_nothing(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	struct told t = {.waits = 1};
	struct call *calls[50];
	struct env e;

	begin(&e, false, says_nothing, NULL, 5000);
	t.c = &e.c;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		assert_int_equal(client_call(e.c.client, &o, told_done, &t, &calls[i]), 0);
	fc_run(&e.c, 50);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		call_cancel(e.c.client, calls[i]);
	assert_int_equal(fc_run(&e.c, 50), -ETIME);
	assert_int_equal(t.count, 0);
	end(&e);
}

static void a_client_is_freed_with_calls_under_way(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	struct told t = {.waits = 1};
	struct env e;

	begin(&e, false, says_nothing, NULL, 5000);
	t.c = &e.c;
	for (int i = 0; i < 50; i++)
		assert_int_equal(client_call(e.c.client, &o, told_done, &t, NULL), 0);
	o = fc_options("models.list", "projects/p/locations/l");
	fc_run(&e.c, 50);
	/* Some finished but not told: they fail at once. */
	o = fc_options("models.get", model);
	fc_close(&e.c);
	assert_int_equal(t.count, 0);
	fake_stop(&e.s);
}

static void watch_everything(void *ctx, const struct call_options *o, const struct answer *a)
{
	char *text = ctx;

	snprintf(text, 128, "%s %s %d", o->method->id, o->name, a->http);
}

static void every_exchange_is_observed(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	char text[128] = "";
	struct env e;

	begin(&e, false, says_ok, NULL, 5000);
	client_observe(e.c.client, watch_everything, text);
	fc_call(&e.c, &o);
	assert_string_equal(text, "models.get projects/p/locations/us-central1/models/m 200");
	end(&e);
}

static void a_socket_path_of_any_length_works(void **state _unused_)
{
	struct call_options o = fc_options("models.get", model);
	char dir[512], path[600], address[700];
	struct fake_server s;
	struct fake_client c;

	fake_start(&s, false, says_ok, NULL);
	snprintf(dir, sizeof(dir), "%s/%0150d", s.dir, 0);
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(address, sizeof(address), "unix:%s", path);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(symlink("../socket", path), 0);
	assert_int_equal(fc_open(&c, address, 5000, 0), 0);
	assert_int_equal(fc_call(&c, &o).err, 0);
	fc_close(&c);
	unlink(path);
	rmdir(dir);
	fake_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_get_asks_for_the_name_and_gives_its_json),
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(many_calls_at_once_all_get_answers),
		cmocka_unit_test(a_body_of_ten_mebibytes_arrives),
		cmocka_unit_test(a_long_query_arrives_and_one_too_long_is_an_error),
		cmocka_unit_test(a_post_without_a_body_has_length_zero),
		cmocka_unit_test(patch_and_delete_keep_their_verbs),
		cmocka_unit_test(a_file_is_streamed),
		cmocka_unit_test(refusals_bear_the_services_words),
		cmocka_unit_test(what_is_no_answer_of_the_api_is_eio),
		cmocka_unit_test(an_empty_204_is_a_success),
		cmocka_unit_test(a_huge_answer_is_cut_at_the_limit),
		cmocka_unit_test(gzip_is_understood_and_bounded),
		cmocka_unit_test(a_mute_server_ends_at_the_deadline),
		cmocka_unit_test(a_body_that_stops_ends_at_the_deadline),
		cmocka_unit_test(nobody_there_is_ehostunreach_and_not_sent),
		cmocka_unit_test(a_server_without_tls_is_ehostunreach_and_not_sent),
		cmocka_unit_test(a_get_on_a_closed_connection_is_sent_again),
		cmocka_unit_test(a_post_is_never_sent_twice),
		cmocka_unit_test(a_refusal_while_the_body_is_being_sent_is_heard),
		cmocka_unit_test(a_cancelled_call_says_nothing),
		cmocka_unit_test(a_client_is_freed_with_calls_under_way),
		cmocka_unit_test(every_exchange_is_observed),
		cmocka_unit_test(a_socket_path_of_any_length_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
