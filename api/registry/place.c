/* SPDX-License-Identifier: MIT */
#include "api/registry/place.h"

#include <ctype.h>
#include <stdio.h>

#include "api/registry/filter.h"
#include "api/registry/mapping.h"
#include "api/registry/paging.h"

#define NUMBER_MIN INT64_C(100000000000) /* twelve digits */

static bool all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

static bool valid_id(const char *s, const char *more)
{
	size_t len = strlen(s);

	if (len < 1 || len > 63 || !isalnum((unsigned char)s[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr(more, s[i]))
			return false;
	return true;
}

int64_t place_project_number(const char *id)
{
	uint64_t h = hash_bytes(id, strlen(id), 0x70726f6a656374);

	if (all_digits(id) && strlen(id) <= 18 && id[0] != '0')
		return strtoll(id, NULL, 10);
	return NUMBER_MIN + (int64_t)(h % (uint64_t)(9 * NUMBER_MIN));
}

int place_find_project(struct txn *t, const char *id, int64_t *number)
{
	if (all_digits(id) && strlen(id) <= 18) {
		int64_t n = strtoll(id, NULL, 10);

		return store_int(t, number, "SELECT number FROM projects WHERE number = ?1", "i",
				 n);
	}
	return store_int(t, number, "SELECT number FROM projects WHERE id = ?1", "t", id);
}

static int create_project(struct txn *t, const char *id, int64_t *number)
{
	int64_t n = place_project_number(id);
	int r;

	/* Two ids with one hash: the later one gets the next free number. */
	while ((r = store_int(t, NULL, "SELECT 1 FROM projects WHERE number = ?1", "i", n)) == 1)
		n++;
	if (r == 0)
		r = store_run(t, "INSERT INTO projects(number, id, create_time) VALUES(?1, ?2, ?3)",
			      "iti", n, id, registry_now());
	*number = n;
	return r;
}

int place_of_project(struct request *rq, struct txn *t, bool create, int64_t *number)
{
	const char *project = rq->args[0];
	int r = place_find_project(t, project, number);

	if (r != 0)
		return r;
	*number = place_project_number(project);
	if (!create)
		return 0;
	if (!valid_id(project, "-._:"))
		return request_fail(rq, API_INVALID_ARGUMENT, "parent", "'%s' is no project id.",
				    project);
	r = create_project(t, project, number);
	return r < 0 ? r : 1;
}

int place_find(struct request *rq, struct txn *t, bool create, struct place *out)
{
	const char *project = rq->args[0], *location = rq->args[1];
	int r;

	out->location = location;
	out->beta = streq(rq->api_version, "v1beta1");
	r = place_find_project(t, project, &out->project);
	if (r < 0)
		return r;
	if (r == 0 && create && !valid_id(project, "-._:"))
		return request_fail(rq, API_INVALID_ARGUMENT, "parent", "'%s' is no project id.",
				    project);
	if (create && !valid_id(location, "-"))
		return request_fail(rq, API_INVALID_ARGUMENT, "parent", "'%s' is no location.",
				    location);
	if (r == 0) {
		out->project = place_project_number(project);
		if (create)
			r = create_project(t, project, &out->project);
		if (!create || r < 0)
			return r;
	}
	r = store_int(t, NULL, "SELECT 1 FROM locations WHERE project = ?1 AND id = ?2", "it",
		      out->project, location);
	if (r == 0 && create) {
		r = store_run(t, "INSERT INTO locations(project, id) VALUES(?1, ?2)", "it",
			      out->project, location);
		if (r == 0)
			r = 1;
	}
	out->known = r == 1;
	return r < 0 ? r : 0;
}

int place_print(const struct place *p, struct buf *out)
{
	return buf_printf(out, "projects/%lld/locations/%s", (long long)p->project, p->location);
}

static void write_location(int64_t project, const char *id, struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct place p = {.project = project, .location = id};

	place_print(&p, &name);
	jw_object(w, NULL);
	jw_str(w, "name", buf_str(&name));
	jw_str(w, "locationId", id);
	jw_object(w, "labels");
	jw_str(w, "cloud.googleapis.com/region", id);
	jw_end_object(w);
	jw_end_object(w);
}

/* One page of rows: `write` prints a row, its sort key begins at `column`. */
static int list_page(struct request *rq, const char *items, struct page *page,
		     const struct order *order, sqlite3_stmt *stmt, int column,
		     void (*write)(sqlite3_stmt *stmt, struct json_writer *w))
{
	_cleanup_buf_ struct buf token = BUF_INIT;
	struct buf *out = request_answer(rq);
	struct json_writer w;
	int64_t n = 0;
	int r;

	jw_init(&w, out);
	jw_object(&w, NULL);
	while ((r = store_step(stmt)) == 1 && n < page->size) {
		if (n++ == 0)
			jw_array(&w, items);
		write(stmt, &w);
		if (n == page->size)
			page_token(page, order, stmt, column, &token);
	}
	if (n)
		jw_end_array(&w);
	if (r == 1)
		jw_str(&w, "nextPageToken", buf_str(&token));
	jw_end_object(&w);
	return r < 0 ? r : out->err;
}

static void location_row(sqlite3_stmt *stmt, struct json_writer *w)
{
	write_location(sqlite3_column_int64(stmt, 1), store_text(stmt, 0), w);
}

int place_locations_list(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_page_ struct page page = {0};
	_cleanup_buf_ struct buf sql = BUF_INIT;
	struct order order = {0};
	int64_t project = 0;
	int r;

	order_add(&order, "id", true, false);
	r = page_parse(rq, &order, &page);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r < 0)
		return r;
	r = place_find_project(&t, rq->args[0], &project);
	if (r <= 0)
		return r < 0 ? r : request_empty(rq);
	buf_puts(&sql, "SELECT id, project FROM locations WHERE project = ?1");
	page_sql(&page, &order, 2, &sql);
	r = store_prepare(&t, buf_str(&sql), &stmt);
	if (r == 0)
		r = store_bind(stmt, "i", project);
	if (r == 0)
		r = page_bind(&page, &order, 2, stmt);
	return r < 0 ? r : list_page(rq, "locations", &page, &order, stmt, 0, location_row);
}

int place_locations_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	struct place place = {0};
	struct json_writer w;
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = place_find(rq, &t, false, &place);
	if (r < 0)
		return r;
	if (!place.known)
		return request_fail(rq, API_NOT_FOUND, "name",
				    "Location projects/%s/locations/%s is not found.", rq->args[0],
				    rq->args[1]);
	jw_init(&w, request_answer(rq));
	write_location(place.project, place.location, &w);
	return rq->answer.body.err;
}

static void project_row(sqlite3_stmt *stmt, struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	char time[32], etag[ETAG_SIZE];

	buf_printf(&name, "projects/%lld", (long long)sqlite3_column_int64(stmt, 0));
	mapping_time(sqlite3_column_int64(stmt, 2), time);
	mapping_etag(sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 2), 0, 0, etag);
	jw_object(w, NULL);
	jw_str(w, "name", buf_str(&name));
	jw_str(w, "projectId", store_text(stmt, 1));
	jw_str(w, "state", "ACTIVE");
	jw_str(w, "displayName", store_text(stmt, 1));
	jw_str(w, "createTime", time);
	jw_str(w, "updateTime", time);
	jw_str(w, "etag", etag);
	jw_end_object(w);
}

int place_projects_search(struct request *rq)
{
	static const struct filter_field fields[] = {
		{"id", "id", FILTER_TEXT, FILTER_EQ | FILTER_NE | FILTER_HAS},
		{"projectId", "id", FILTER_TEXT, FILTER_EQ | FILTER_NE | FILTER_HAS},
		{"displayName", "id", FILTER_TEXT, FILTER_EQ | FILTER_NE | FILTER_HAS},
		{"state", "'ACTIVE'", FILTER_TEXT, FILTER_EQ | FILTER_NE | FILTER_HAS},
	};
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	_cleanup_page_ struct page page = {0};
	_cleanup_filter_ struct filter filter = FILTER_INIT;
	_cleanup_buf_ struct buf sql = BUF_INIT, why = BUF_INIT;
	const char *query = request_param(rq, "query");
	struct order order = {0};
	int r;

	order_add(&order, "id", true, false);
	r = filter_parse(query ? query : "", fields, ARRAY_SIZE(fields), &filter, &why);
	if (r == -EINVAL)
		return request_fail(rq, API_INVALID_ARGUMENT, "query", "%s", buf_str(&why));
	if (r == 0)
		r = page_parse(rq, &order, &page);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, false);
	if (r < 0)
		return r;
	buf_printf(&sql, "SELECT number, id, create_time FROM projects WHERE (%s)",
		   buf_str(&filter.sql));
	page_sql(&page, &order, 1, &sql);
	r = store_prepare(&t, buf_str(&sql), &stmt);
	if (r == 0)
		r = page_bind(&page, &order, 1, stmt);
	if (r == 0)
		r = filter_bind(&filter, stmt);
	return r < 0 ? r : list_page(rq, "projects", &page, &order, stmt, 1, project_row);
}

int place_projects_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	struct json_writer w;
	sqlite3_stmt *stmt;
	int64_t number = 0;
	int r = txn_begin(&t, rq->reg->store, false);

	if (r < 0)
		return r;
	r = place_find_project(&t, rq->args[0], &number);
	if (r == 0) /* Resource Manager does not tell which of the two it is */
		return request_fail(rq, API_PERMISSION_DENIED, NULL,
				    "The caller does not have permission on project '%s', or it "
				    "does not exist.",
				    rq->args[0]);
	stmt = r < 0 ? NULL
		     : store_stmt(&t,
				  "SELECT number, id, create_time FROM projects WHERE number = ?1",
				  &r);
	if (!stmt)
		return r;
	store_bind(stmt, "i", number);
	r = store_step(stmt);
	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	project_row(stmt, &w);
	return rq->answer.body.err;
}
