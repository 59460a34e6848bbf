/* SPDX-License-Identifier: MIT */
/* The rules on what a request may say, each refusal naming its field. */
#include <locale.h>
#include <pthread.h>
#include <wctype.h>

#include "api/registry/vertex.h"
#include "api/resource.h"

#define DISPLAY_NAME_MAX 128
#define LABEL_MAX        64

/* Decode one code point of valid UTF-8. */
static uint32_t code_point(const unsigned char **s)
{
	uint32_t c = *(*s)++;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	c &= more == 3 ? 0x07 : more == 2 ? 0x0f : more == 1 ? 0x1f : 0x7f;
	while (more-- && **s)
		c = c << 6 | (*(*s)++ & 0x3f);
	return c;
}

static size_t code_points(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0;

	for (; *s; n++)
		code_point(&s);
	return n;
}

static locale_t utf8;
static pthread_once_t utf8_once = PTHREAD_ONCE_INIT;

static void open_locale(void)
{
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* Lowercase letters, digits, _, -, and international letters. */
static bool label_char(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
	pthread_once(&utf8_once, open_locale);
	if (!utf8)
		return true;
	return iswalnum_l((wint_t)c, utf8) && towlower_l((wint_t)c, utf8) == (wint_t)c;
}

static bool label_text(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s)
		if (!label_char(code_point(&s)))
			return false;
	return true;
}

int vertex_check_labels(struct request *rq, const char *field, struct json labels)
{
	for (struct json c = json_first(labels); json_present(c); c = json_next(c)) {
		_cleanup_buf_ struct buf key = BUF_INIT;
		_cleanup_free_ char *value = json_strdup(c);

		json_key(c, &key);
		if (!value || strlen(buf_str(&key)) != key.len)
			return request_fail(rq, API_INVALID_ARGUMENT, field,
					    "A label holds a NUL or is no string.");
		if (key.len == 0 || code_points(buf_str(&key)) > LABEL_MAX)
			return request_fail(rq, API_INVALID_ARGUMENT, field,
					    "The label key '%s' has not 1 to %d characters.",
					    buf_str(&key), LABEL_MAX);
		if (code_points(value) > LABEL_MAX)
			return request_fail(rq, API_INVALID_ARGUMENT, field,
					    "The value of label '%s' has more than %d characters.",
					    buf_str(&key), LABEL_MAX);
		if (!label_text(buf_str(&key)) || !label_text(value))
			return request_fail(rq, API_INVALID_ARGUMENT, field,
					    "The label '%s' may hold only lowercase letters, "
					    "digits, '_', '-' and international letters.",
					    buf_str(&key));
	}
	return 0;
}

int vertex_check_display_name(struct request *rq, const char *field, struct json v)
{
	_cleanup_free_ char *name = json_strdup(v);

	if (json_present(v) && !name)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "The display name holds a NUL or is no string.");
	if (!name || !*name)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "The display name is required.");
	if (code_points(name) > DISPLAY_NAME_MAX)
		return request_fail(rq, API_INVALID_ARGUMENT, field,
				    "The display name has more than %d characters.",
				    DISPLAY_NAME_MAX);
	return 0;
}

bool vertex_alias_valid(const char *alias)
{
	return resource_vertex_alias(alias) && !ends_with(alias, "-");
}

int vertex_check_body(struct request *rq, const struct message *m, struct json body)
{
	_cleanup_buf_ struct buf path = BUF_INIT, why = BUF_INIT;
	int r = schema_check(m, body, streq(rq->api_version, "v1beta1"), &path, &why);

	if (r == -EINVAL)
		return request_fail(rq, API_INVALID_ARGUMENT,
				    *buf_str(&path) ? buf_str(&path) : NULL,
				    "Invalid JSON payload received. %s", buf_str(&why));
	return r;
}
