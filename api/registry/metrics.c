/* SPDX-License-Identifier: MIT */
/* /healthz and /metrics: what this server is and has done. */
#include "api/registry/metrics.h"

#include <pthread.h>
#include <stdio.h>

#include "api/registry/access.h"
#include "api/registry/operations.h"

#define SERIES_MAX 512

static struct series {
	const struct route *route; /* NULL: unknown methods */
	int http;
	uint64_t count;
	double seconds;
} series[SERIES_MAX];
static size_t series_count;
static pthread_mutex_t series_lock = PTHREAD_MUTEX_INITIALIZER;

void metrics_count(const struct request *rq)
{
	double seconds = (double)(now_ns() - rq->start) / 1e9;
	size_t i;

	pthread_mutex_lock(&series_lock);
	for (i = 0; i < series_count; i++)
		if (series[i].route == rq->route && series[i].http == rq->answer.http)
			break;
	if (i == series_count && series_count < SERIES_MAX) {
		series[i].route = rq->route;
		series[i].http = rq->answer.http;
		series_count++;
	}
	if (i < SERIES_MAX) {
		series[i].count++;
		series[i].seconds += seconds;
	}
	pthread_mutex_unlock(&series_lock);
}

static void print_series(struct buf *out)
{
	pthread_mutex_lock(&series_lock);
	buf_puts(out, "# TYPE modelfs_registry_requests_total counter\n");
	for (size_t i = 0; i < series_count; i++)
		buf_printf(out,
			   "modelfs_registry_requests_total{service=\"%s\",method=\"%s\","
			   "code=\"%d\"} %llu\n",
			   route_service(series[i].route),
			   series[i].route ? series[i].route->id : "unknown", series[i].http,
			   (unsigned long long)series[i].count);
	buf_puts(out, "# TYPE modelfs_registry_request_seconds_total counter\n");
	for (size_t i = 0; i < series_count; i++)
		buf_printf(out,
			   "modelfs_registry_request_seconds_total{service=\"%s\",method=\"%s\","
			   "code=\"%d\"} %.6f\n",
			   route_service(series[i].route),
			   series[i].route ? series[i].route->id : "unknown", series[i].http,
			   series[i].seconds);
	pthread_mutex_unlock(&series_lock);
}

static uint64_t resident_bytes(void)
{
	unsigned long pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%lu %lu", &pages, &resident) != 2)
		resident = 0;
	fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

int metrics_show(struct request *rq)
{
	struct buf *out = request_answer(rq);

	rq->answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
	print_series(out);
	buf_printf(out,
		   "# TYPE modelfs_registry_connections gauge\n"
		   "modelfs_registry_connections %u\n"
		   "# TYPE modelfs_registry_operations_running gauge\n"
		   "modelfs_registry_operations_running %u\n"
		   "# TYPE process_resident_memory_bytes gauge\n"
		   "process_resident_memory_bytes %llu\n",
		   atomic_load(&rq->reg->clients), queue_running(rq->reg->queue),
		   (unsigned long long)resident_bytes());
	return out->err;
}

int metrics_health(struct request *rq)
{
	struct json_writer w;

	jw_init(&w, request_answer(rq));
	jw_object(&w, NULL);
	jw_str(&w, "status", "SERVING");
	jw_int(&w, "pid", getpid());
	jw_str(&w, "data", rq->reg->data);
	if (rq->reg->log)
		jw_str(&w, "accessLog", access_log_path(rq->reg->log));
	jw_end_object(&w);
	return rq->answer.body.err;
}
