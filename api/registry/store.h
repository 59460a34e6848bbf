/* SPDX-License-Identifier: MIT */
/*
 * The registry's database: one SQLite file, one connection, one lock.
 *
 * A transaction (struct txn) holds the lock from begin to end, so a handler
 * sees and leaves a consistent state; statements live in a cache and belong to
 * the store.  Any thread may begin a transaction, none may nest one.
 *
 * Results: 0 or -errno; store_step() also gives 1 for a row.
 */
#ifndef MODELFS_REGISTRY_STORE_H
#define MODELFS_REGISTRY_STORE_H

#include <sqlite3.h>

#include "api/buf.h"

struct store;

/* Open (creating, migrating) <dir>/registry.db; a database of a newer program
 * is refused: -EPROTO.  why is filled on failure. */
int store_open(const char *dir, struct store **out, struct buf *why);
void store_close(struct store *s);

struct txn {
	struct store *store;
	bool open;
};
#define TXN_INIT            \
	{                   \
		NULL, false \
	}
int txn_begin(struct txn *t, struct store *s, bool write);
int txn_commit(struct txn *t);
void txn_end(struct txn *t); /* rolls back what was not committed */
#define _cleanup_txn_ _cleanup_(txn_end)

/* A cached statement, reset and unbound; NULL on failure (*err, may be NULL). */
sqlite3_stmt *store_stmt(struct txn *t, const char *sql, int *err);
/* A statement of its own (generated SQL): finalize it. */
int store_prepare(struct txn *t, const char *sql, sqlite3_stmt **out);
void store_finalize(sqlite3_stmt **stmt);
#define _cleanup_stmt_ _cleanup_(store_finalize)

/* Bind in order: 'i' int64_t, 't' const char * (NULL: SQL NULL). */
int store_bind(sqlite3_stmt *stmt, const char *types, ...);
int store_step(sqlite3_stmt *stmt);
/* Prepare (cached), bind, step to the end. */
int store_run(struct txn *t, const char *sql, const char *types, ...);
/* The same for one row's first column: 1 found, 0 none. */
int store_int(struct txn *t, int64_t *out, const char *sql, const char *types, ...);
int store_changes(struct txn *t);

const char *store_text(sqlite3_stmt *stmt, int column); /* "" for NULL */

#endif
