/* SPDX-License-Identifier: MIT */
/*
 * How resources are made (contract section 3, "Creating"): one table for the
 * services, the template that a draft begins with, and a saved document turned
 * into the request that creates.  Pure functions; constant data.
 */
#ifndef MODELFS_JUDGE_CREATE_H
#define MODELFS_JUDGE_CREATE_H

#include "fs/judge.h"

struct creation {
	const char *service; /* its id */
	bool version;        /* below versions/, otherwise below models/ */
	const char *method;
	bool on_model; /* the request goes to the model, otherwise to the place */
	/* What the directory's name must be; NULL: the service gives the ids, and any
	 * name serves until then. */
	bool (*id_ok)(const char *id);
	const char *id_rule;
	const char *const *template; /* members of the document, shown empty */
	const char *const *required; /* "a|b": one of them */
	const char *wrap;            /* member of the request that holds the document; NULL: the
				      * document is the request */
	const char *id_member;       /* of the request, for the directory's name; NULL: none */
	const char *parent_member;   /* of the request, for the model's name; NULL: none */
	bool failed_stays;           /* one whose making fails is there all the same, FAILED */
	const char *id_path;         /* without id_ok: where the ended operation tells the id */
};

/* NULL: nothing is made there. */
const struct creation *creation_of(const struct service *s, bool version);

/* The document of a new draft; parent (of a version; may be absent) lends its
 * displayName where the kind has one. */
int creation_template(const struct creation *k, struct json parent, struct buf *out);

/* A saved document: out->body is the request.  id: the directory's name;
 * model: the resource name of the model that gets a version, NULL. */
int judge_create(const struct judge *j, const struct creation *k, const char *id, const char *model,
		 struct json parent, const char *text, size_t len, struct judged *out);

#endif
