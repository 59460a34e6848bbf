/* SPDX-License-Identifier: MIT */
/* From a resource name to a URL, from an answer to JSON or a struct api_error. */
#include <stdio.h>

#include "api/client/internal.h"

/* libcurl takes a request of 1 MiB without its body; 64 KiB may be the token. */
#define URL_MAX ((size_t)900 << 10)

void call_fail(struct call *k, int err, enum api_code code, const char *words)
{
	int http = k->answer.http;

	api_error_set(&k->answer.error, err, code, "%s: %s", k->where ? k->where : "request",
		      words ? words : strerror(err));
	k->answer.error.http = http;
}

/* The L of projects/P/locations/L[/…]; NULL: the name has none. */
static char *name_location(const char *name)
{
	static const char key[] = "/locations/";
	const char *at = name ? strstr(name, key) : NULL;
	size_t n;

	if (!at)
		return NULL;
	at += sizeof(key) - 1;
	n = strcspn(at, "/");
	return n ? strndup(at, n) : NULL;
}

static int prepare_base(struct call *k, struct buf *url)
{
	const struct endpoint *e = &k->client->o.endpoint;
	_cleanup_free_ char *location = name_location(k->o.name);
	int r;

	if (k->o.host)
		r = endpoint_host_base(e, k->o.host, url);
	else
		r = endpoint_base(e, k->o.service, location, url);
	if (r == -EINVAL && location)
		api_error_set(&k->answer.error, ENOENT, API_NOT_FOUND,
			      "no location is named \"%s\"", location);
	else if (r == -EINVAL)
		api_error_set(&k->answer.error, EINVAL, API_UNKNOWN, "%s: not a valid URL",
			      k->o.host);
	return r;
}

/* Who may see the token: https, and loopback; no Unix socket needs one. */
static int prepare_token(struct call *k)
{
	const struct endpoint *e = &k->client->o.endpoint;

	if (e->kind == ENDPOINT_UNIX)
		return 0;
	k->takes_token = starts_with(k->url, "https://") || endpoint_loopback(k->url);
	k->needs_token = e->kind == ENDPOINT_GOOGLE;
	if (k->takes_token || !k->needs_token)
		return 0;
	call_fail(k, EKEYEXPIRED, API_UNAUTHENTICATED,
		  "credentials are not sent over plain http; use https:// in the override");
	return -EKEYEXPIRED;
}

static char *host_of(const char *url)
{
	const char *at = strstr(url, "://");

	at = at ? at + 3 : url;
	return strndup(at, strcspn(at, "/?"));
}

static int prepare_path(struct call *k, struct buf *url)
{
	const char *version = k->o.api_version ? k->o.api_version : k->o.service->versions[0];
	int r;

	if (k->o.url_path)
		return buf_puts(url, k->o.url_path);
	r = service_path(k->o.method, version, k->o.name, url);
	if (r && r != -ENOMEM && r != -EFBIG)
		api_error_set(&k->answer.error, ENOENT, API_NOT_FOUND,
			      "not a resource name: \"%s\"", k->o.name);
	return r;
}

int request_prepare(struct call *k)
{
	_cleanup_buf_ struct buf url = BUF_INIT_MAX(URL_MAX);
	int r = prepare_base(k, &url);

	if (!r)
		r = prepare_path(k, &url);
	if (r && !url.err)
		return r;
	if (k->o.query && *k->o.query)
		buf_printf(&url, "%c%s", strchr(buf_str(&url), '?') ? '&' : '?', k->o.query);
	if (url.err == -EFBIG)
		api_error_set(&k->answer.error, E2BIG, API_UNKNOWN,
			      "the request's URL is larger than %zu bytes", URL_MAX);
	if (url.err)
		return url.err;
	k->url = buf_take(&url);
	if (!k->url)
		return -ENOMEM;
	k->where = k->client->o.endpoint.kind == ENDPOINT_UNIX
			   ? strdup(k->client->o.endpoint.socket)
			   : host_of(k->url);
	if (!k->where)
		return -ENOMEM;
	return prepare_token(k);
}

/* A proxy's page, a cut text, another server: say what came instead. */
static void fail_not_json(struct call *k, const struct json_error *e)
{
	const char *type = NULL;
	char words[320];

	curl_easy_getinfo(k->easy, CURLINFO_CONTENT_TYPE, &type);
	snprintf(words, sizeof(words), "the answer is not JSON of the API's kind (%.80s): %s",
		 type ? type : "no content type", e ? e->message : "no object");
	call_fail(k, EIO, API_UNKNOWN, words);
}

static void parse_answer(struct call *k, int http)
{
	struct json_error e = {0};
	int r;

	if (http == 204 && !k->body.len)
		return;
	r = json_parse(buf_str(&k->body), k->body.len, &k->answer.json, &e);
	if (r == -ENOMEM) {
		call_fail(k, ENOMEM, API_UNKNOWN, NULL);
		return;
	}
	if (!r && json_type(json_root(k->answer.json)) == JSON_OBJECT)
		return;
	json_doc_free(take_ptr(k->answer.json));
	fail_not_json(k, r ? &e : NULL);
}

void call_answered(struct call *k, int http)
{
	char words[64];

	if (http >= 200 && http < 300) {
		parse_answer(k, http);
	} else if (http >= 400 && http < 600) {
		api_error_from_answer(&k->answer.error, http, buf_str(&k->body), k->body.len);
		if (!k->answer.error.err)
			call_fail(k, EIO, API_UNKNOWN, "the answer can not be understood");
	} else {
		snprintf(words, sizeof(words), "an unexpected answer: HTTP %d", http);
		call_fail(k, EIO, API_UNKNOWN, words);
	}
	k->answer.error.http = http;
}
