/* SPDX-License-Identifier: MIT */
/*
 * A complete text against a resource, before anything is sent (contract
 * sections 3 "What is judged here" and "What is sent", and 4): out comes a
 * request, "nothing to do", or a refusal with words for the user.
 * Pure functions on borrowed documents; results are the caller's.
 */
#ifndef MODELFS_JUDGE_H
#define MODELFS_JUDGE_H

#include "api/service.h"
#include "fs/config.h"

struct judge {
	const struct service *service;
	const struct message *message; /* of the document: service->model or ->version */
	bool version_level;            /* saved in a version's directory */
	bool own_registry;             /* REGISTRY.md's rules are applied here too */
	bool beta;                     /* v1beta1 is spoken */
	struct json current;           /* what the service has now, if that is not the base */
	const char *etag;              /* goes into the PATCH as its guard; NULL: unguarded */
};

struct judged {
	int err;        /* 0, or a negative errno: refused (or -ENOMEM, then reason may be NULL) */
	char *reason;   /* refused: why, and what would be right */
	bool no_change; /* means what is there already: nothing to send */
	char *body;     /* request body, compact JSON */
	char *mask;     /* PATCH: updateMask, comma separated */
	char *value;    /* default: the version's id, or "true"; deployment: the method */
	bool beta;      /* only v1beta1 has it */
};
void judged_reset(struct judged *j); /* frees and zeroes */
#define _cleanup_judged_ _cleanup_(judged_reset)
/* Replaces what *j says by a refusal; returns err. */
int judged_refuse(struct judged *j, int err, const char *fmt, ...) _printf_(3, 4);
int judged_no_memory(struct judged *j); /* the same for -ENOMEM, without words */

/* All overwrite *out without freeing what it held, and return out->err. */

/* A writable field's file: scalar text, or JSON for a `<field>.json`. */
int judge_field(const struct judge *j, const struct field *f, struct json current, const char *text,
		size_t len, struct judged *out);

/* A whole document against the content it was made from (the one that bore its
 * etag).  Only what differs is sent, from there and from what is current. */
int judge_document(const struct judge *j, struct json base, const char *text, size_t len,
		   struct judged *out);
/* Two documents agree in all that a save here can write. */
bool judge_same(const struct judge *j, struct json a, struct json b);
/* The etag inside a document's text, to find that content: fresh memory, NULL
 * when it has none (or is no JSON: judge_document() says why). */
char *judge_etag(const char *text, size_t len);

/* `default` of a model: the id of one of its versions (versions NULL: not
 * known), current: the default's id or NULL. */
int judge_default(const char *text, size_t len, const struct string_list *versions,
		  const char *current, struct judged *out);
/* `default` of a version: "true" makes it the default. */
int judge_default_flag(const char *text, size_t len, bool is_default, struct judged *out);

/* export.json: the method's request or the bare outputConfig; the body is
 * {"outputConfig":{…}}. */
int judge_export(const struct judge *j, struct json model, const char *text, size_t len,
		 struct judged *out);
/* What export.json reads as before anything was exported: pretty, with its
 * newline.  -ENODATA: the model is not exportable. */
int judge_export_template(const struct service *s, struct json model, struct buf *out);
/* The same for AutoML (fs/judge_automl.c); out->beta: the request needs
 * v1beta1 (docker). */
int judge_automl_export(const struct judge *j, struct json model, const char *text, size_t len,
			struct judged *out);
int judge_automl_template(struct json model, struct buf *out);
/* deploymentState: DEPLOYED, "DEPLOYED 3" (nodes) or UNDEPLOYED; the body is
 * the method's, value its id. */
int judge_deployment(struct json model, const char *text, size_t len, struct judged *out);

/* A text as the method's request, bare or whole, in the table's names. */
int judge_request(const struct judge *j, const struct message *m, const char *text, size_t len,
		  struct json_doc **request, struct judged *out);

/* A new value of one field, against our own rules: out->err. */
int judge_value(const struct judge *j, const struct field *f, struct json v, struct judged *out);
/* Parse a text that must be a JSON object, or refuse it. */
int judge_parse(const char *text, size_t len, struct json_doc **doc, struct judged *out);
/* Words for a type: "a string". */
const char *judge_type_word(enum json_type t);

#endif
