/* SPDX-License-Identifier: MIT */
/*
 * AI Platform's rules on what a model or a version may say (the documents'
 * field descriptions).  They judge a whole resource that schema_check() has
 * passed, by its camelCase names, and know of nothing but its text: what else
 * exists, and which state it is in, its keeper judges.  No state, any thread.
 */
#ifndef MODELFS_ML_RULES_H
#define MODELFS_ML_RULES_H

#include "api/error.h"

#define ML_MACHINE_DEFAULT "mls1-c1-m2"
#define ML_REGION_DEFAULT  "us-central1"
#define ML_FILES_MAX       1000

/* Why not.  The strings are the struct's: ml_refusal_free(). */
struct ml_refusal {
	enum api_code code;
	char field[64]; /* path in the body, or "updateMask" */
	struct buf why;
};
void ml_refusal_free(struct ml_refusal *r);
#define _cleanup_ml_refusal_ _cleanup_(ml_refusal_free)

/* Each gives 0, -EINVAL with `out` filled, or -ENOMEM. */
int ml_check_model(struct json model, struct ml_refusal *out);
int ml_check_version(struct json version, struct ml_refusal *out);
/* The paths (camelCase) of an updateMask; `body` holds the new values,
 * `current` the version as it is. */
int ml_check_version_patch(struct json current, const char *const *paths, size_t count,
			   struct json body, struct ml_refusal *out);
/* default_version.name, labels, description; mls1: it has a version on such a machine. */
int ml_check_model_patch(const char *const *paths, size_t count, bool mls1, struct ml_refusal *out);

/* `[A-Za-z][A-Za-z0-9_]{0,127}` */
bool ml_name_valid(const char *name);
/* An MLS1 machine type; else it is a Compute Engine (N1) one. */
bool ml_machine_is_mls1(const char *machine);
bool ml_machine_known(const char *machine);
/* The framework that a file of this name tells of, or NULL. */
const char *ml_framework_of(const char *file);

#endif
