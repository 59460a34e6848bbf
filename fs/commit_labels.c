/* SPDX-License-Identifier: MIT */
/* Vertex shows the labels of a model and of its version merged, wherever they
 * are read.  Whoever takes one away at the wrong level is told (contract
 * section 3, "What is sent"). */
#include "fs/commit_private.h"

#define LABELS    "labels"
#define SHOWN_MAX 5

/* Appends the names that do not read as they were saved; how many there are. */
static unsigned otherwise(struct json sent, struct json now, struct buf *out)
{
	unsigned n = 0;

	for (struct json v = json_first(now); json_present(v); v = json_next(v)) {
		_cleanup_buf_ struct buf key = BUF_INIT;

		if (json_key(v, &key) || json_equal(v, json_get(sent, buf_str(&key))))
			continue;
		if (n < SHOWN_MAX)
			buf_printf(out, "%s%s", n ? ", " : "", buf_str(&key));
		else if (n == SHOWN_MAX)
			buf_puts(out, ", …");
		n++;
	}
	return n;
}

void commit_labels(const struct commit_saved *s, struct json answer)
{
	_cleanup_api_error_ struct api_error why = {0};
	_cleanup_buf_ struct buf names = BUF_INIT;
	_cleanup_json_ struct json_doc *body = NULL;
	_cleanup_free_ char *id = json_get_str(answer, "versionId");
	struct json sent;

	if (s->service != &service_vertex || !s->body ||
	    json_parse(s->body, strlen(s->body), &body, NULL))
		return;
	sent = json_get(json_root(body), LABELS);
	if (!json_present(sent) || !json_present(json_get(answer, "name")) ||
	    !otherwise(sent, json_get(answer, LABELS), &names))
		return;
	api_error_set(&why, 0, API_OK,
		      s->version ? "saved, but still otherwise here: %s. That comes from the "
				   "model: change it in ../../labels.json"
				 : "saved, but still otherwise here: %s. That comes from the "
				   "default version, whose labels win: change it in "
				   "versions/%s/labels.json",
		      buf_str(&names), id ? id : "ID");
	commit_refused(s->m, s->dir, LABELS ".json", NULL, 0, s->uid, s->gid, &why);
}
