/* SPDX-License-Identifier: MIT */
/* Where requests go: `endpoint=`, the override variables, regional hosts. */
#include <arpa/inet.h>

#include "api/client/internal.h"

static void url_freep(CURLU **u)
{
	curl_url_cleanup(*u);
}

static void curl_freep(char **s)
{
	curl_free(*s);
}

#define _cleanup_url_  _cleanup_(url_freep)
#define _cleanup_curl_ _cleanup_(curl_freep)

static const char unix_base[] = "http://localhost";

static bool host_is_loopback(const char *host)
{
	unsigned char v4[4], v6[16];
	char bare[64];
	size_t n = strlen(host);

	if (!strcasecmp(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, v4) == 1)
		return v4[0] == 127;
	if (n < 3 || n >= sizeof(bare) || host[0] != '[' || host[n - 1] != ']')
		return false;
	memcpy(bare, host + 1, n - 2);
	bare[n - 2] = '\0';
	return inet_pton(AF_INET6, bare, v6) == 1 && IN6_IS_ADDR_LOOPBACK((struct in6_addr *)v6);
}

bool endpoint_loopback(const char *url)
{
	_cleanup_url_ CURLU *u = curl_url();
	_cleanup_curl_ char *host = NULL;

	if (!u || curl_url_set(u, CURLUPART_URL, url, 0) ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0))
		return false;
	return host_is_loopback(host);
}

static bool url_has(CURLU *u, CURLUPart part)
{
	_cleanup_curl_ char *text = NULL;

	return curl_url_get(u, part, &text, 0) == CURLUE_OK;
}

/* "scheme://host[:port]" of a parsed URL. */
static int url_origin(CURLU *u, struct buf *out)
{
	_cleanup_curl_ char *scheme = NULL, *host = NULL, *port = NULL;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0))
		return -EINVAL;
	curl_url_get(u, CURLUPART_PORT, &port, 0);
	return buf_printf(out, "%s://%s%s%s", scheme, host, port ? ":" : "", port ? port : "");
}

static int parse_url(const char *text, struct endpoint *out, const char **why)
{
	_cleanup_url_ CURLU *u = curl_url();
	_cleanup_curl_ char *path = NULL;
	_cleanup_buf_ struct buf origin = BUF_INIT_MAX(4096);

	if (!u)
		return -ENOMEM;
	if (curl_url_set(u, CURLUPART_URL, text, 0)) {
		*why = "not a valid URL";
		return -EINVAL;
	}
	if (url_has(u, CURLUPART_USER) || url_has(u, CURLUPART_PASSWORD)) {
		*why = "an endpoint's URL bears no user or password";
		return -EINVAL;
	}
	if (curl_url_get(u, CURLUPART_PATH, &path, 0) || !streq(path, "/") ||
	    url_has(u, CURLUPART_QUERY) || url_has(u, CURLUPART_FRAGMENT)) {
		*why = "an endpoint is https://HOST[:PORT], without a path";
		return -EINVAL;
	}
	if (url_origin(u, &origin)) {
		*why = "not a valid URL";
		return -EINVAL;
	}
	if (starts_with(buf_str(&origin), "http://") && !endpoint_loopback(text)) {
		*why = "plain http:// is for loopback hosts only, use https://";
		return -EINVAL;
	}
	out->kind = ENDPOINT_URL;
	out->url = buf_take(&origin);
	return out->url ? 0 : -ENOMEM;
}

int endpoint_parse(const char *text, struct endpoint *out, const char **why)
{
	static const char unix_prefix[] = "unix:";
	const char *unused;

	if (!why)
		why = &unused;
	*why = NULL;
	memset(out, 0, sizeof(*out));
	if (streq(text, "google")) {
		out->kind = ENDPOINT_GOOGLE;
		return 0;
	}
	if (starts_with(text, unix_prefix)) {
		const char *path = text + sizeof(unix_prefix) - 1;

		if (!*path) {
			*why = "unix: needs the path of a socket";
			return -EINVAL;
		}
		out->kind = ENDPOINT_UNIX;
		out->socket = strdup(path);
		return out->socket ? 0 : -ENOMEM;
	}
	if (!strncasecmp(text, "https://", 8) || !strncasecmp(text, "http://", 7))
		return parse_url(text, out, why);
	*why = "an endpoint is local, google, https://HOST[:PORT], http:// on loopback, or "
	       "unix:PATH";
	return -EINVAL;
}

void endpoint_free(struct endpoint *e)
{
	free(take_ptr(e->socket));
	free(take_ptr(e->url));
}

/* A location becomes part of the host that sees the token. */
static bool location_ok(const char *location)
{
	size_t n = strspn(location, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && n < 64 && !location[n] && location[0] != '-';
}

static int google_base(const struct service *s, const char *location, struct buf *out)
{
	static const char place[] = "{location}-";
	const char *override = s->override_env ? getenv(s->override_env) : NULL;
	const char *hit = strstr(s->host, place);

	if (override && *override) {
		size_t n = strlen(override);

		while (n && override[n - 1] == '/')
			n--;
		return buf_add(out, override, n);
	}
	buf_puts(out, "https://");
	if (!hit)
		return buf_puts(out, s->host);
	buf_add(out, s->host, (size_t)(hit - s->host));
	if (location && !streq(location, "global")) {
		if (!location_ok(location))
			return -EINVAL;
		buf_printf(out, "%s-", location);
	}
	return buf_puts(out, hit + sizeof(place) - 1);
}

int endpoint_base(const struct endpoint *e, const struct service *s, const char *location,
		  struct buf *out)
{
	switch (e->kind) {
	case ENDPOINT_UNIX:
		return buf_puts(out, unix_base);
	case ENDPOINT_URL:
		return buf_puts(out, e->url);
	case ENDPOINT_GOOGLE:
		return google_base(s, location, out);
	}
	return -EINVAL;
}

/* gcloud's overrides of these two hold a path of their own; our paths are
 * whole, so only the origin counts. */
int endpoint_host_base(const struct endpoint *e, const char *host, struct buf *out)
{
	static const struct {
		const char *host, *env;
	} overrides[] = {
		{"storage.googleapis.com", "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"},
		{"cloudresourcemanager.googleapis.com",
		 "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER"},
	};
	const char *override;

	if (e->kind != ENDPOINT_GOOGLE)
		return buf_puts(out, e->kind == ENDPOINT_URL ? e->url : unix_base);
	for (size_t i = 0; i < ARRAY_SIZE(overrides); i++) {
		_cleanup_url_ CURLU *u = NULL;

		if (!streq(host, overrides[i].host))
			continue;
		override = getenv(overrides[i].env);
		if (!override || !*override)
			break;
		u = curl_url();
		if (!u)
			return -ENOMEM;
		if (curl_url_set(u, CURLUPART_URL, override, 0))
			return -EINVAL;
		return url_origin(u, out);
	}
	return buf_printf(out, "https://%s", host);
}
