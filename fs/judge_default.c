/* SPDX-License-Identifier: MIT */
/* Writing `default`, in a model and in a version. */
#include "fs/judge.h"

#define SHOWN 20 /* versions that a reason names */

/* The one word of a text; NULL without memory. */
static char *one_word(const char *text, size_t len)
{
	while (len && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
		len--;
	while (len && strchr(" \t\r\n", *text) && *text) {
		text++;
		len--;
	}
	return strndup(text, len);
}

static bool listed(const struct string_list *l, const char *s)
{
	for (size_t i = 0; i < l->count; i++) {
		if (streq(l->items[i], s))
			return true;
	}
	return false;
}

static int refuse_version(const char *id, const struct string_list *versions, struct judged *out)
{
	_cleanup_buf_ struct buf there = BUF_INIT;
	size_t more = versions->count > SHOWN ? versions->count - SHOWN : 0;

	for (size_t i = 0; i < versions->count - more; i++)
		buf_printf(&there, "%s%s", i ? ", " : "", versions->items[i]);
	if (more)
		buf_printf(&there, " and %zu more", more);
	return judged_refuse(out, -ENOENT, "there is no version \"%.80s\"; there %s %s", id,
			     versions->count == 1 ? "is" : "are",
			     versions->count ? buf_str(&there) : "none");
}

int judge_default(const char *text, size_t len, const struct string_list *versions,
		  const char *current, struct judged *out)
{
	_cleanup_free_ char *id = one_word(text, len);

	*out = (struct judged){0};
	if (!id)
		return judged_no_memory(out);
	if (!*id)
		return judged_refuse(out, -EINVAL,
				     "expected the id of the version to be the default");
	if (versions && !listed(versions, id))
		return refuse_version(id, versions, out);
	out->no_change = current && streq(current, id);
	out->value = take_ptr(id);
	return 0;
}

int judge_default_flag(const char *text, size_t len, bool is_default, struct judged *out)
{
	_cleanup_free_ char *word = one_word(text, len);

	*out = (struct judged){0};
	if (!word)
		return judged_no_memory(out);
	if (streq(word, "false")) {
		if (is_default)
			return judged_refuse(out, -EBUSY,
					     "this is the default version: make another one the "
					     "default instead");
		out->no_change = true;
	} else if (streq(word, "true")) {
		out->no_change = is_default;
	} else {
		return judged_refuse(out, -EINVAL, "expected true or false, found \"%.80s\"", word);
	}
	out->value = take_ptr(word);
	return 0;
}
