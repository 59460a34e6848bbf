/* SPDX-License-Identifier: MIT */
/*
 * What gcloud was told: environment first, then the files of its active
 * configuration.  Only read; a configuration that is not there says nothing.
 */
#ifndef MODELFS_GCLOUD_H
#define MODELFS_GCLOUD_H

#include "api/util.h"

/* The project and the region for AI, fresh memory, or NULL. */
char *gcloud_project(void);
char *gcloud_location(void);

/* One property of an INI file: fresh memory, NULL if not there. */
char *gcloud_ini_get(const char *file, const char *section, const char *key);

#endif
