/* SPDX-License-Identifier: MIT */
/*
 * Figures of the exchanges, as Prometheus text.  Services and methods are
 * constant tables, so their addresses serve as keys.
 */
#include <stdio.h>

#include "api/client/internal.h"

static const double bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
				0.25,  0.5,    1,     2.5,  5,     10};

struct code_count {
	int http; /* 0: no answer came */
	uint64_t count;
};

struct metric {
	const struct service *service;
	const struct method *method;
	struct code_count *codes;
	size_t code_count;
	uint64_t buckets[ARRAY_SIZE(bounds) + 1];
	double seconds;
	uint64_t count, retries;
};

struct metrics {
	struct metric *items;
	size_t count;
};

int metrics_new(struct metrics **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++)
		free(m->items[i].codes);
	free(m->items);
	free(m);
}

static struct metric *find(struct metrics *m, const struct call *k)
{
	struct metric *more;

	for (size_t i = 0; i < m->count; i++)
		if (m->items[i].service == k->o.service && m->items[i].method == k->o.method)
			return &m->items[i];
	more = reallocarray(m->items, m->count + 1, sizeof(*more));
	if (!more)
		return NULL;
	m->items = more;
	more += m->count++;
	memset(more, 0, sizeof(*more));
	more->service = k->o.service;
	more->method = k->o.method;
	return more;
}

static void count_code(struct metric *i, int http)
{
	struct code_count *more;

	for (size_t n = 0; n < i->code_count; n++) {
		if (i->codes[n].http == http) {
			i->codes[n].count++;
			return;
		}
	}
	more = reallocarray(i->codes, i->code_count + 1, sizeof(*more));
	if (!more)
		return;
	i->codes = more;
	i->codes[i->code_count++] = (struct code_count){http, 1};
}

/* A figure that finds no memory is lost; the call is not. */
void call_metrics_count(struct metrics *m, const struct call *k)
{
	struct metric *i = find(m, k);
	size_t b = 0;

	if (!i)
		return;
	count_code(i, k->answer.http);
	while (b < ARRAY_SIZE(bounds) && k->answer.seconds > bounds[b])
		b++;
	i->buckets[b]++;
	i->seconds += k->answer.seconds;
	i->count++;
	if (k->starts > 1)
		i->retries += k->starts - 1;
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_codes(const struct metric *i, struct buf *out)
{
	for (size_t n = 0; n < i->code_count; n++)
		buf_printf(out,
			   "modelfs_requests_total{service=\"%s\",method=\"%s\",code=\"%d\"} "
			   "%llu\n",
			   i->service->api, i->method->id, i->codes[n].http,
			   (unsigned long long)i->codes[n].count);
}

static void print_seconds(const struct metric *i, struct buf *out)
{
	static const char name[] = "modelfs_request_seconds";
	unsigned long long sum = 0;

	for (size_t b = 0; b < ARRAY_SIZE(bounds); b++) {
		sum += i->buckets[b];
		buf_printf(out, "%s_bucket{service=\"%s\",method=\"%s\",le=\"%g\"} %llu\n", name,
			   i->service->api, i->method->id, bounds[b], sum);
	}
	buf_printf(out, "%s_bucket{service=\"%s\",method=\"%s\",le=\"+Inf\"} %llu\n", name,
		   i->service->api, i->method->id, (unsigned long long)i->count);
	buf_printf(out, "%s_sum{service=\"%s\",method=\"%s\"} %.6f\n", name, i->service->api,
		   i->method->id, i->seconds);
	buf_printf(out, "%s_count{service=\"%s\",method=\"%s\"} %llu\n", name, i->service->api,
		   i->method->id, (unsigned long long)i->count);
}

static void print_retries(const struct metric *i, struct buf *out)
{
	buf_printf(out, "modelfs_retries_total{service=\"%s\",method=\"%s\"} %llu\n",
		   i->service->api, i->method->id, (unsigned long long)i->retries);
}

int metrics_print(const struct metrics *m, struct buf *out)
{
	static const struct {
		const char *name, *type, *help;
		void (*print)(const struct metric *i, struct buf *out);
	} families[] = {
		{"modelfs_requests_total", "counter",
		 "Exchanges by HTTP status; code 0: no answer.", print_codes},
		{"modelfs_request_seconds", "histogram", "From the call to its answer.",
		 print_seconds},
		{"modelfs_retries_total", "counter", "Requests that were sent again.",
		 print_retries},
	};

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		head(out, families[f].name, families[f].type, families[f].help);
		for (size_t i = 0; i < m->count; i++)
			families[f].print(&m->items[i], out);
	}
	return out->err;
}
