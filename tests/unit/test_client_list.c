/* SPDX-License-Identifier: MIT */
/* Lists, page by page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fake_server.h"

static char targets[8][256];

/* ctx: NULL-terminated answers, the last again and again; "500": that status,
 * "": nothing at all. */
static bool pages(void *ctx, struct fake_request *r)
{
	const char *const *texts = ctx;
	const char *text = texts[0];

	for (unsigned i = 1; i < r->number && texts[i]; i++)
		text = texts[i];
	if (r->number <= ARRAY_SIZE(targets))
		snprintf(targets[r->number - 1], sizeof(targets[0]), "%s", r->target);
	if (streq(text, ""))
		fake_wait(r->fd);
	else if (streq(text, "500"))
		fake_answer(r->fd, 500, "", "{}");
	else
		fake_answer(r->fd, 200, "", text);
	return *text != '\0';
}

struct listing {
	struct fake_client c;
	struct told t;
	struct list_call *list;
	char names[256];
	unsigned stop_at, cancel_at, count;
};

static int on_item(void *ctx, struct json v)
{
	struct listing *l = container_of(ctx, struct listing, t);
	_cleanup_free_ char *name = json_get_str(v, "name");

	l->count++;
	strcat(l->names, name ? name : "?");
	if (l->count == l->cancel_at)
		list_cancel(l->c.client, l->list);
	return l->count == l->stop_at ? EFBIG : 0;
}

static int run(struct listing *l, const char *const *texts, const char *query, unsigned timeout_ms)
{
	struct call_options o = fc_options("models.list", "projects/p/locations/l");
	struct fake_server s;
	int r;

	memset(targets, 0, sizeof(targets));
	fake_start(&s, false, pages, (void *)texts);
	assert_int_equal(fc_open(&l->c, s.address, timeout_ms, 0), 0);
	l->t = (struct told){.c = &l->c, .waits = 1};
	o.query = query;
	assert_int_equal(client_list(l->c.client, &o, on_item, told_done, &l->t, &l->list), 0);
	assert_int_equal(l->t.count, 0);
	r = fc_run(&l->c, l->cancel_at ? 200 : 5000);
	fc_close(&l->c);
	fake_stop(&s);
	return r ? r : l->t.err;
}

static void a_list_goes_through_all_pages(void **state _unused_)
{
	static const char *const texts[] = {
		"{\"models\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"nextPageToken\":\"x/y=&\"}",
		"{\"models\":[{\"name\":\"c\"}],\"nextPageToken\":\"\"}", NULL};
	struct listing l = {0};

	assert_int_equal(run(&l, texts, "filter=a%3Db", 5000), 0);
	assert_string_equal(l.names, "abc");
	assert_string_equal(targets[0],
			    "/v1/projects/p/locations/l/models?filter=a%3Db&pageSize=1000");
	assert_string_equal(targets[1], "/v1/projects/p/locations/l/models?filter=a%3Db&pageSize="
					"1000&pageToken=x%2Fy%3D%26");
	assert_string_equal(targets[2], "");
}

static void a_page_size_of_the_caller_is_kept(void **state _unused_)
{
	static const char *const texts[] = {"{}", NULL};
	struct listing l = {0};

	assert_int_equal(run(&l, texts, "filter=pageSize&pageSize=5", 5000), 0);
	assert_string_equal(targets[0],
			    "/v1/projects/p/locations/l/models?filter=pageSize&pageSize=5");
	assert_string_equal(l.names, "");
}

static void an_empty_page_with_a_token_is_not_the_end(void **state _unused_)
{
	static const char *const texts[] = {"{\"nextPageToken\":\"1\"}",
					    "{\"models\":[],\"nextPageToken\":\"2\"}",
					    "{\"models\":[{\"name\":\"z\"}]}", NULL};
	struct listing l = {0};

	assert_int_equal(run(&l, texts, NULL, 5000), 0);
	assert_string_equal(l.names, "z");
	assert_string_equal(targets[0], "/v1/projects/p/locations/l/models?pageSize=1000");
}

static void a_repeated_token_ends_the_list_with_an_error(void **state _unused_)
{
	static const char *const texts[] = {"{\"nextPageToken\":\"1\"}",
					    "{\"nextPageToken\":\"2\"}",
					    "{\"nextPageToken\":\"1\"}", NULL};
	struct listing l = {0};

	assert_int_equal(run(&l, texts, NULL, 5000), EIO);
	assert_non_null(strstr(l.t.message, "do not end"));
	assert_string_equal(targets[3], "");
}

static void a_failing_page_fails_the_list(void **state _unused_)
{
	static const char *const failing[] = {
		"{\"models\":[{\"name\":\"a\"}],\"nextPageToken\":\"1\"}", "500", NULL};
	static const char *const mute[] = {"{\"nextPageToken\":\"1\"}", "", NULL};
	static const char *const odd[] = {"{\"models\":{}}", NULL};
	struct listing l = {0};

	assert_int_equal(run(&l, failing, NULL, 5000), EIO);
	assert_int_equal(l.t.http, 500);
	assert_int_equal(run(&l, mute, NULL, 200), ETIMEDOUT);
	assert_int_equal(run(&l, odd, NULL, 5000), EIO);
}

static void an_item_can_stop_the_list(void **state _unused_)
{
	static const char *const texts[] = {
		"{\"models\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"nextPageToken\":\"1\"}", NULL};
	struct listing l = {.stop_at = 1};

	assert_int_equal(run(&l, texts, NULL, 5000), EFBIG);
	assert_string_equal(l.names, "a");
	assert_string_equal(targets[1], "");
}

static void an_item_can_cancel_the_list(void **state _unused_)
{
	static const char *const texts[] = {
		"{\"models\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"nextPageToken\":\"1\"}", NULL};
	struct listing l = {.cancel_at = 1};

	assert_int_equal(run(&l, texts, NULL, 5000), -ETIME);
	assert_string_equal(l.names, "a");
	assert_int_equal(l.t.count, 0);
}

static void a_list_under_way_is_cancelled_or_freed_silently(void **state _unused_)
{
	static const char *const mute[] = {"", NULL};
	struct call_options o = fc_options("models.list", "projects/p/locations/l");
	struct list_call *lists[3];
	struct listing l = {0};
	struct fake_server s;

	fake_start(&s, false, pages, (void *)mute);
	assert_int_equal(fc_open(&l.c, s.address, 5000, 0), 0);
	l.t = (struct told){.c = &l.c, .waits = 1};
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		assert_int_equal(client_list(l.c.client, &o, on_item, told_done, &l.t, &lists[i]),
				 0);
	fc_run(&l.c, 50);
	list_cancel(l.c.client, lists[1]);
	fc_run(&l.c, 20);
	fc_close(&l.c);
	fake_stop(&s);
	assert_int_equal(l.t.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_goes_through_all_pages),
		cmocka_unit_test(a_page_size_of_the_caller_is_kept),
		cmocka_unit_test(an_empty_page_with_a_token_is_not_the_end),
		cmocka_unit_test(a_repeated_token_ends_the_list_with_an_error),
		cmocka_unit_test(a_failing_page_fails_the_list),
		cmocka_unit_test(an_item_can_stop_the_list),
		cmocka_unit_test(an_item_can_cancel_the_list),
		cmocka_unit_test(a_list_under_way_is_cancelled_or_freed_silently),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
