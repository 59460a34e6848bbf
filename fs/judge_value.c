/* SPDX-License-Identifier: MIT */
/* The rules on new values of writable fields. */
#include "fs/judge.h"
#include "fs/utf8.h"

#define LABEL_CHARACTERS        64
#define DISPLAY_NAME_CHARACTERS 128

static size_t characters(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; n++) {
		int step = utf8_step(s + i, len - i, NULL);

		i += step > 0 ? (size_t)step : 1;
	}
	return n;
}

static bool label_character(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	       c >= 0xa0;
}

static int check_label(const char *what, const char *s, size_t len, struct judged *out)
{
	int n;

	if (characters(s, len) > LABEL_CHARACTERS)
		return judged_refuse(out, -EINVAL,
				     "labels: the %s \"%s\" has %zu characters; at most %d are "
				     "allowed",
				     what, s, characters(s, len), LABEL_CHARACTERS);
	for (size_t i = 0; i < len; i += (size_t)n) {
		uint32_t c = 0;

		n = utf8_step(s + i, len - i, &c);
		if (n <= 0)
			n = 1;
		if (!label_character(c))
			return judged_refuse(out, -EINVAL,
					     "labels: the %s \"%s\" has '%.*s'; lowercase letters, "
					     "digits, '_' and '-' are allowed",
					     what, s, n, s + i);
	}
	return 0;
}

static int check_labels(const struct judge *j, struct json v, struct judged *out)
{
	for (struct json m = json_first(v); json_present(m); m = json_next(m)) {
		_cleanup_buf_ struct buf key = BUF_INIT;
		_cleanup_buf_ struct buf value = BUF_INIT;

		if (json_key(m, &key))
			return judged_no_memory(out);
		if (json_type(m) != JSON_STRING)
			return judged_refuse(out, -EINVAL, "labels.%s: expected a string, found %s",
					     buf_str(&key), judge_type_word(json_type(m)));
		/* AI Platform's are arbitrary; AutoML's have rules of their own. */
		if (!j->own_registry || j->service != &service_vertex)
			continue;
		if (json_string(m, &value))
			return judged_no_memory(out);
		if (check_label("key", buf_str(&key), key.len, out) ||
		    check_label("value", buf_str(&value), value.len, out))
			return out->err;
	}
	return 0;
}

static int check_display_name(const struct judge *j, struct json v, struct judged *out)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	size_t n;

	if (json_string(v, &name))
		return judged_no_memory(out);
	n = characters(buf_str(&name), name.len);
	if (j->own_registry && j->service == &service_vertex && n > DISPLAY_NAME_CHARACTERS)
		return judged_refuse(out, -EINVAL,
				     "displayName has %zu characters; 1 to %d are allowed", n,
				     DISPLAY_NAME_CHARACTERS);
	return 0;
}

static const struct {
	const char *field;
	int (*check)(const struct judge *j, struct json v, struct judged *out);
} rules[] = {
	{"displayName", check_display_name},
	{"labels", check_labels},
};

/* The type that a field's JSON has, where there is just one. */
static enum json_type type_of(const struct field *f)
{
	if (f->flags & FIELD_REPEATED)
		return JSON_ARRAY;
	if (f->flags & FIELD_MAP || f->type == FIELD_MESSAGE)
		return JSON_OBJECT;
	return f->type == FIELD_STRING ? JSON_STRING : JSON_NONE;
}

int judge_value(const struct judge *j, const struct field *f, struct json v, struct judged *out)
{
	enum json_type want = type_of(f);

	if (f->flags & FIELD_REQUIRED && json_is_empty(v))
		return judged_refuse(out, -EINVAL, "%s cannot be empty", f->name);
	if (!json_present(v) || json_type(v) == JSON_NULL)
		return 0;
	if (want != JSON_NONE && json_type(v) != want)
		return judged_refuse(out, -EINVAL, "%s: expected %s, found %s", f->name,
				     judge_type_word(want), judge_type_word(json_type(v)));
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (streq(rules[i].field, f->name) && rules[i].check(j, v, out))
			return out->err;
	}
	return 0;
}
