/* SPDX-License-Identifier: MIT */
/* What a document's text is compared with (contract section 3, "What is
 * sent"): the content that bore the etag inside it.  If this mount's own saves
 * have replaced that, a process goes on from the text that it saved last; the
 * older content, unchanged, from somebody who saved nothing is no save. */
#include "fs/commit_private.h"

#include "fs/layout.h"
#include "fs/proc.h"

static pid_t writer_of(const struct commit_text *t, const struct req *r)
{
	return t->writer ? t->writer : proc_tgid(r->pid);
}

/* The text that this process saved last under the same etag. */
static int own_text(struct judging *g, const char *etag, struct json_doc **base)
{
	const struct local *l = node_local(g->dir, g->n->name, false);
	_cleanup_free_ char *borne = l && l->sent ? judge_etag(l->sent, l->sent_len) : NULL;
	struct json_doc *doc = NULL;

	if (!borne || !streq(borne, etag) || l->sender != writer_of(g->t, g->r))
		return 0;
	if (json_parse(l->sent, l->sent_len, &doc, NULL))
		return -ENOMEM;
	json_doc_free(*base);
	*base = doc;
	g->goes_on = true;
	return 0;
}

int commit_base(struct judging *g, const char *etag, struct json_doc **base)
{
	int rc = object_base(g->o, etag, base);

	g->goes_on = false;
	g->replaced = !rc && !json_is(json_get(object_json(g->o), "etag"), etag);
	return g->replaced && g->n->cls->id == CLASS_DOCUMENT ? own_text(g, etag, base) : rc;
}

bool commit_restores(const struct judging *g)
{
	_cleanup_json_ struct json_doc *doc = NULL;

	return g->out.no_change && g->replaced && !g->goes_on &&
	       !json_parse(g->t->text, g->t->len, &doc, NULL) &&
	       !judge_same(&g->j, json_root(doc), object_json(g->o));
}

void commit_sent_new(const struct node *n, const struct commit_text *t, const struct req *r,
		     struct commit_sent *out)
{
	out->text = n->cls->id == CLASS_DOCUMENT ? malloc(t->len + 1) : NULL;
	if (!out->text)
		return;
	memcpy(out->text, t->text, t->len);
	out->text[t->len] = '\0';
	out->len = t->len;
	out->writer = writer_of(t, r);
}

void commit_sent_accepted(struct commit_sent *s, struct node *dir, const char *name)
{
	struct local *l = s->text ? node_local(dir, name, true) : NULL;

	if (!l)
		return;
	free(l->sent);
	l->sent = take_ptr(s->text);
	l->sent_len = s->len;
	l->sender = s->writer;
}
