/* SPDX-License-Identifier: MIT */
#include "api/registry/request.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/log.h"

#define SEGMENTS_MAX 1100 /* an object name has at most 1024 bytes */
#define PARAMS_MAX   64

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *request_unescape(const char *s, size_t len, bool plus)
{
	char *out = malloc(len + 1), *p = out;

	if (!out)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		int hi, lo;

		if (s[i] == '+' && plus) {
			*p++ = ' ';
			continue;
		}
		if (s[i] != '%') {
			*p++ = s[i];
			continue;
		}
		hi = i + 2 < len ? hex(s[i + 1]) : -1;
		lo = i + 2 < len ? hex(s[i + 2]) : -1;
		if (hi < 0 || lo < 0 || (hi == 0 && lo == 0)) {
			free(out);
			errno = EINVAL;
			return NULL;
		}
		*p++ = (char)(hi << 4 | lo);
		i += 2;
	}
	*p = '\0';
	return out;
}

static int split_path(struct request *rq, const char *path, size_t len)
{
	size_t max = 1;
	const char *end = path + len;

	for (size_t i = 0; i < len; i++)
		max += path[i] == '/';
	if (max > SEGMENTS_MAX)
		return -EINVAL;
	rq->raw = calloc(max, sizeof(*rq->raw));
	rq->segments = calloc(max, sizeof(*rq->segments));
	if (!rq->raw || !rq->segments)
		return -ENOMEM;
	if (len && path[0] == '/')
		path++;
	while (path <= end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t n = (size_t)((slash ? slash : end) - path);

		rq->raw[rq->count] = strndup(path, n);
		rq->segments[rq->count] = request_unescape(path, n, false);
		rq->count++;
		if (!rq->raw[rq->count - 1] || !rq->segments[rq->count - 1])
			return errno == EINVAL ? -EINVAL : -ENOMEM;
		if (!slash)
			break;
		path = slash + 1;
	}
	return 0;
}

static int split_query(struct request *rq, const char *query)
{
	size_t max = 1;

	for (const char *p = query; *p; p++)
		max += *p == '&';
	if (max > PARAMS_MAX)
		return -EINVAL;
	rq->params = calloc(max, sizeof(*rq->params));
	if (!rq->params)
		return -ENOMEM;
	while (*query) {
		size_t len = strcspn(query, "&");
		const char *eq = memchr(query, '=', len);
		size_t nlen = eq ? (size_t)(eq - query) : len;
		struct param *p = &rq->params[rq->param_count];
		char *name;

		if (len) {
			name = request_unescape(query, nlen, true);
			if (!name)
				return errno == EINVAL ? -EINVAL : -ENOMEM;
			if (name[0] == '$')
				memmove(name, name + 1, strlen(name));
			p->name = name;
			rq->param_count++;
			p->value = eq ? request_unescape(eq + 1, len - nlen - 1, true) : strdup("");
			if (!p->value)
				return errno == EINVAL ? -EINVAL : -ENOMEM;
		}
		query += len;
		query += *query == '&';
	}
	return 0;
}

struct request *request_new(struct registry *reg, const char *target)
{
	struct request *rq = calloc(1, sizeof(*rq));
	size_t len = strcspn(target, "?");
	int r;

	if (!rq)
		return NULL;
	rq->reg = reg;
	rq->start = now_ns();
	rq->socket = -1;
	rq->answer.fd = -1;
	rq->api_version = "v1";
	rq->body.max = REQUEST_BODY_MAX;
	rq->query = strdup(target[len] ? target + len + 1 : "");
	rq->path = request_unescape(target, len, false);
	if (!rq->path)
		rq->path = strndup(target, len);
	if (!rq->query || !rq->path) {
		request_free(rq);
		return NULL;
	}
	r = split_path(rq, target, len);
	if (r == 0)
		r = split_query(rq, rq->query);
	if (r == -ENOMEM) {
		request_free(rq);
		return NULL;
	}
	rq->malformed = r < 0;
	return rq;
}

void request_free(struct request *rq)
{
	if (!rq)
		return;
	for (size_t i = 0; i < rq->count; i++) {
		free(rq->raw[i]);
		free(rq->segments[i]);
	}
	for (size_t i = 0; i < rq->param_count; i++) {
		free(rq->params[i].name);
		free(rq->params[i].value);
	}
	free(rq->raw);
	free(rq->segments);
	free(rq->params);
	free(rq->path);
	free(rq->query);
	free(rq->last);
	free(rq->principal);
	buf_free(&rq->body);
	buf_free(&rq->answer.body);
	json_doc_free(rq->json);
	if (rq->answer.fd >= 0)
		close(rq->answer.fd);
	free(rq);
}

const char *request_param(const struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->param_count; i++)
		if (streq(rq->params[i].name, name))
			return rq->params[i].value;
	return NULL;
}

const char *request_param_any(const struct request *rq, const char *camel, const char *snake)
{
	const char *v = request_param(rq, camel);

	return v ? v : request_param(rq, snake);
}

int request_json(struct request *rq, struct json *out)
{
	const char *text = rq->body.len ? rq->body.data : "{}";
	size_t len = rq->body.len ? rq->body.len : 2;
	struct json_error err = {0};
	int r;

	json_doc_free(rq->json);
	rq->json = NULL;
	r = json_parse(text, len, &rq->json, &err);
	if (r == -E2BIG)
		return request_fail(rq, API_INVALID_ARGUMENT, NULL,
				    "Invalid JSON payload received: nested deeper than %d levels.",
				    JSON_DEPTH_MAX);
	if (r == -EINVAL)
		return request_fail(rq, API_INVALID_ARGUMENT, NULL,
				    "Invalid JSON payload received: line %u, column %u: %s.",
				    err.line, err.column, err.message);
	if (r < 0)
		return r;
	*out = json_root(rq->json);
	if (json_type(*out) != JSON_OBJECT)
		return request_fail(rq, API_INVALID_ARGUMENT, NULL,
				    "Invalid JSON payload received: the body is no object.");
	return 0;
}

struct buf *request_answer(struct request *rq)
{
	rq->answer.http = 200;
	rq->answer.content_type = "application/json; charset=UTF-8";
	rq->answered = true;
	buf_reset(&rq->answer.body);
	return &rq->answer.body;
}

int request_empty(struct request *rq)
{
	return buf_puts(request_answer(rq), "{}");
}

int request_error_details(struct buf *out, enum api_code code, const char *field,
			  const char *description, const char *domain)
{
	struct json_writer w;

	jw_init(&w, out);
	jw_array(&w, NULL);
	if (field) {
		jw_object(&w, NULL);
		jw_str(&w, "@type", "type.googleapis.com/google.rpc.BadRequest");
		jw_array(&w, "fieldViolations");
		jw_object(&w, NULL);
		jw_str(&w, "field", field);
		jw_str(&w, "description", description);
		jw_end_object(&w);
		jw_end_array(&w);
		jw_end_object(&w);
	}
	jw_object(&w, NULL);
	jw_str(&w, "@type", "type.googleapis.com/google.rpc.ErrorInfo");
	jw_str(&w, "reason", api_code_name(code));
	jw_str(&w, "domain", domain);
	jw_end_object(&w);
	jw_end_array(&w);
	return out->err;
}

static const char *error_domain(const struct request *rq)
{
	unsigned s = rq->route ? rq->route->surfaces : rq->services;

	if (rq->service && streq(rq->service, "vertex"))
		return "aiplatform.googleapis.com";
	if (s & (SURFACE_STORAGE | SURFACE_UPLOAD))
		return "storage.googleapis.com";
	if (s & SURFACE_AUTOML)
		return "automl.googleapis.com";
	if (s & SURFACE_ML)
		return "ml.googleapis.com";
	return s & SURFACE_CRM ? "cloudresourcemanager.googleapis.com"
			       : "aiplatform.googleapis.com";
}

static int _printf_(5, 0) fail(struct request *rq, int http, enum api_code code, const char *field,
			       const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf text = BUF_INIT, details = BUF_INIT;
	struct json_writer w;
	struct buf *out = request_answer(rq);

	buf_vprintf(&text, fmt, ap);
	request_error_details(&details, code, field, buf_str(&text), error_domain(rq));
	rq->answer.http = http;
	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_object(&w, "error");
	jw_int(&w, "code", rq->answer.http);
	/* AI Platform names the field in the message too. */
	if (field && rq->service && streq(rq->service, "ml")) {
		_cleanup_buf_ struct buf message = BUF_INIT;

		buf_printf(&message, "Field: %s Error: %s", field, buf_str(&text));
		jw_str(&w, "message", buf_str(&message));
	} else {
		jw_str(&w, "message", buf_str(&text));
	}
	jw_str(&w, "status", api_code_name(code));
	jw_raw(&w, "details", buf_str(&details), details.len);
	jw_end_object(&w);
	jw_end_object(&w);
	return out->err ? out->err : REQUEST_REFUSED;
}

int request_fail(struct request *rq, enum api_code code, const char *field, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = fail(rq, api_code_http(code), code, field, fmt, ap);
	va_end(ap);
	return r;
}

int request_fail_http(struct request *rq, int http, enum api_code code, const char *field,
		      const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = fail(rq, http, code, field, fmt, ap);
	va_end(ap);
	return r;
}

int request_fail_errno(struct request *rq, int err)
{
	static const struct {
		int err;
		enum api_code code;
	} map[] = {
		{ENOSPC, API_RESOURCE_EXHAUSTED}, {EDQUOT, API_RESOURCE_EXHAUSTED},
		{ENOMEM, API_RESOURCE_EXHAUSTED}, {EBUSY, API_UNAVAILABLE},
		{ESHUTDOWN, API_UNAVAILABLE},
	};
	enum api_code code = API_INTERNAL;

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].err == -err)
			code = map[i].code;
	log_error("registry: %s %s: %s", rq->verb, rq->path, strerror(-err));
	return request_fail(rq, code, NULL, "The registry could not do this: %s.", strerror(-err));
}

const char *route_service(const struct route *r)
{
	if (!r)
		return "unknown";
	if (r->surfaces & (SURFACE_STORAGE | SURFACE_UPLOAD))
		return "storage";
	if (r->surfaces & SURFACE_CRM)
		return "cloudresourcemanager";
	if (r->surfaces & SURFACE_AUTOML)
		return "automl";
	if (r->surfaces & SURFACE_ML)
		return "ml";
	return r->surfaces & SURFACE_ROOT ? "registry" : "vertex";
}
