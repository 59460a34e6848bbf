/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>

#include "api/error.h"

static const struct {
	const char *name;
	int http;
	int err;
} codes[] = {
	[API_OK] = {"OK", 200, 0},
	[API_CANCELLED] = {"CANCELLED", 499, ECANCELED},
	[API_UNKNOWN] = {"UNKNOWN", 500, EIO},
	[API_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", 400, EINVAL},
	[API_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", 504, ETIMEDOUT},
	[API_NOT_FOUND] = {"NOT_FOUND", 404, ENOENT},
	[API_ALREADY_EXISTS] = {"ALREADY_EXISTS", 409, EEXIST},
	[API_PERMISSION_DENIED] = {"PERMISSION_DENIED", 403, EACCES},
	[API_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", 429, EDQUOT},
	[API_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", 400, EBUSY},
	[API_ABORTED] = {"ABORTED", 409, ESTALE},
	[API_OUT_OF_RANGE] = {"OUT_OF_RANGE", 400, EINVAL},
	[API_UNIMPLEMENTED] = {"UNIMPLEMENTED", 501, EOPNOTSUPP},
	[API_INTERNAL] = {"INTERNAL", 500, EIO},
	[API_UNAVAILABLE] = {"UNAVAILABLE", 503, EIO},
	[API_DATA_LOSS] = {"DATA_LOSS", 500, EIO},
	[API_UNAUTHENTICATED] = {"UNAUTHENTICATED", 401, EKEYEXPIRED},
};

/* A number out of range reads as UNKNOWN: it may come from a service. */
static unsigned code_index(enum api_code code)
{
	return (unsigned)code < ARRAY_SIZE(codes) ? (unsigned)code : API_UNKNOWN;
}

const char *api_code_name(enum api_code code)
{
	return codes[code_index(code)].name;
}

int api_code_http(enum api_code code)
{
	return codes[code_index(code)].http;
}

int api_code_errno(enum api_code code)
{
	return codes[code_index(code)].err;
}

bool api_code_parse(const char *name, enum api_code *out)
{
	for (unsigned i = 0; i < ARRAY_SIZE(codes); i++)
		if (streq(codes[i].name, name)) {
			*out = (enum api_code)i;
			return true;
		}
	return false;
}

enum api_code api_code_from_http(int status)
{
	static const struct {
		int status;
		enum api_code code;
	} map[] = {
		{400, API_INVALID_ARGUMENT},
		{401, API_UNAUTHENTICATED},
		{403, API_PERMISSION_DENIED},
		{404, API_NOT_FOUND},
		{405, API_UNIMPLEMENTED},
		{408, API_DEADLINE_EXCEEDED},
		{409, API_ABORTED},
		{412, API_FAILED_PRECONDITION},
		{413, API_INVALID_ARGUMENT},
		{416, API_OUT_OF_RANGE},
		{429, API_RESOURCE_EXHAUSTED},
		{499, API_CANCELLED},
		{501, API_UNIMPLEMENTED},
		{502, API_UNAVAILABLE},
		{503, API_UNAVAILABLE},
		{504, API_DEADLINE_EXCEEDED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].status == status)
			return map[i].code;
	if (status >= 200 && status < 300)
		return API_OK;
	if (status >= 400 && status < 500)
		return API_FAILED_PRECONDITION;
	return status >= 500 && status < 600 ? API_INTERNAL : API_UNKNOWN;
}

void api_error_reset(struct api_error *e)
{
	free(e->message);
	free(e->details);
	free(e->request_id);
	*e = (struct api_error){0};
}

static int copy_string(char **dst, const char *src)
{
	*dst = src ? strdup(src) : NULL;
	return src && !*dst ? -ENOMEM : 0;
}

int api_error_copy(struct api_error *dst, const struct api_error *src)
{
	struct api_error copy = {.err = src->err, .http = src->http, .code = src->code};
	int r = copy_string(&copy.message, src->message);

	if (!r)
		r = copy_string(&copy.details, src->details);
	if (!r)
		r = copy_string(&copy.request_id, src->request_id);
	if (r) {
		api_error_reset(&copy);
		return r;
	}
	api_error_reset(dst);
	*dst = copy;
	return 0;
}

void api_error_set(struct api_error *e, int err, enum api_code code, const char *fmt, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list ap;

	/* Before the reset: an argument may point into the old message. */
	va_start(ap, fmt);
	if (vasprintf(&message, fmt, ap) < 0)
		message = NULL;
	va_end(ap);
	api_error_reset(e);
	e->err = err;
	e->code = code;
	e->message = take_ptr(message);
}

static char *array_text(struct json v)
{
	size_t len;
	const char *raw = json_raw(v, &len);

	return json_type(v) == JSON_ARRAY && json_count(v) ? strndup(raw, len) : NULL;
}

/* details as they were sent; what our strict parser refuses, as cJSON reads it. */
static char *envelope_details(const char *body, size_t len, const cJSON *error)
{
	const cJSON *details = cJSON_GetObjectItemCaseSensitive(error, "details");
	_cleanup_json_ struct json_doc *doc = NULL;
	struct json root;

	if (!cJSON_IsArray(details) || !details->child)
		return NULL;
	if (json_parse(body, len, &doc, NULL))
		return cJSON_PrintUnformatted(details);
	root = json_root(doc);
	if (json_type(root) == JSON_ARRAY)
		root = json_first(root);
	return array_text(json_path(root, "error.details"));
}

static void delete_json(cJSON **json)
{
	cJSON_Delete(*json);
}

static const char *text_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* {"error":{…}}, the same in an array (streaming methods), or a token
 * endpoint's {"error":"invalid_grant","error_description":"…"}. */
static bool from_envelope(struct api_error *e, const char *body, size_t len, enum api_code fallback)
{
	_cleanup_(delete_json) cJSON *root = cJSON_ParseWithLength(body, len);
	const cJSON *object = cJSON_IsArray(root) ? root->child : root;
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(object, "error");
	const char *text, *status;
	enum api_code code;

	if (cJSON_IsString(error)) {
		text = text_of(object, "error_description");
		api_error_set(e, 0, fallback, "%s%s%s", error->valuestring, text ? ": " : "",
			      text ? text : "");
		return true;
	}
	if (!cJSON_IsObject(error))
		return false;
	text = text_of(error, "message");
	status = text_of(error, "status");
	if (!status || !api_code_parse(status, &code) || code == API_OK)
		code = fallback;
	api_error_set(e, 0, code, "%s", text ? text : "");
	e->details = envelope_details(body, len, error);
	return true;
}

/* Without an envelope the status speaks where it can only mean one thing; any
 * other page (a proxy's, a wrong endpoint's) is no answer of the API. */
static int foreign_errno(int http, enum api_code code, size_t len)
{
	if (len > 0 && http < 500 && http != 401 && http != 403 && http != 408 && http != 429)
		return EIO;
	return api_code_errno(code);
}

void api_error_from_answer(struct api_error *e, int http, const char *body, size_t len)
{
	enum api_code code = api_code_from_http(http);

	if (code == API_OK)
		code = API_UNKNOWN;
	if (len && from_envelope(e, body, len, code)) {
		e->err = api_code_errno(e->code);
		e->http = http;
		if (!e->message || !*e->message) {
			free(e->message);
			e->message = str_format("the service answered HTTP %d %s", http,
						api_code_name(e->code));
		}
		return;
	}
	api_error_set(e, foreign_errno(http, code, len), code,
		      len ? "the service answered HTTP %d, and not in the API's form"
			  : "the service answered HTTP %d with an empty body",
		      http);
	e->http = http;
}

void api_error_from_status(struct api_error *e, struct json status)
{
	_cleanup_free_ char *message = json_get_str(status, "message");
	int64_t number = API_UNKNOWN;
	enum api_code code;

	if (json_int64(json_get(status, "code"), &number) || number <= API_OK ||
	    number >= (int64_t)ARRAY_SIZE(codes))
		number = API_UNKNOWN;
	code = (enum api_code)number;
	api_error_set(e, api_code_errno(code), code, "%s", message ? message : api_code_name(code));
	e->details = array_text(json_get(status, "details"));
}

int api_error_text(const struct api_error *e, struct buf *out)
{
	_cleanup_json_ struct json_doc *doc = NULL;

	buf_printf(out, "message: %s\n", e->message && *e->message ? e->message : strerror(e->err));
	if (e->http || e->code != API_UNKNOWN)
		buf_printf(out, "code: %s\n", api_code_name(e->code));
	if (e->http)
		buf_printf(out, "http: %d\n", e->http);
	if (e->err)
		buf_printf(out, "errno: %s\n", strerrorname_np(e->err));
	if (e->request_id)
		buf_printf(out, "request id: %s\n", e->request_id);
	if (e->details && json_parse(e->details, strlen(e->details), &doc, NULL) == 0) {
		buf_puts(out, "details: ");
		json_print(json_root(doc), JSON_PRETTY, out);
		buf_putc(out, '\n');
	} else if (e->details) {
		buf_printf(out, "details: %s\n", e->details);
	}
	return out->err;
}
