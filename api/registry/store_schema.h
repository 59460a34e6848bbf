/* SPDX-License-Identifier: MIT */
/*
 * The database's tables, as one migration per schema version: entry N leads
 * from version N to N + 1 and is never changed once released.
 *
 * Times are microseconds since the epoch.  `change` counts changes of a row
 * and feeds its etag.
 */
#ifndef MODELFS_REGISTRY_STORE_SCHEMA_H
#define MODELFS_REGISTRY_STORE_SCHEMA_H

#define STORE_SCHEMA_VERSION 3

extern const char *const store_migrations[];

#endif
