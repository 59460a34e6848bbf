/* SPDX-License-Identifier: MIT */
#include "api/registry/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "api/log.h"
#include "api/registry/store_schema.h"

#define STMT_MAX 256

struct store {
	sqlite3 *db;
	pthread_mutex_t lock;
	struct {
		char *sql;
		sqlite3_stmt *stmt;
	} cache[STMT_MAX];
	size_t cached;
};

static int store_errno(int rc)
{
	static const struct {
		int rc, err;
	} map[] = {
		{SQLITE_NOMEM, ENOMEM},      {SQLITE_FULL, ENOSPC},    {SQLITE_BUSY, EBUSY},
		{SQLITE_CONSTRAINT, EEXIST}, {SQLITE_READONLY, EROFS}, {SQLITE_TOOBIG, E2BIG},
		{SQLITE_CANTOPEN, EACCES},   {SQLITE_NOTADB, EILSEQ},  {SQLITE_CORRUPT, EILSEQ},
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].rc == (rc & 0xff))
			return -map[i].err;
	return -EIO;
}

static int exec(sqlite3 *db, const char *sql)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_errno(rc);
}

static int user_version(sqlite3 *db, int *out)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return store_errno(rc);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? 0 : store_errno(rc);
}

/* VACUUM INTO gives a whole copy whatever the WAL holds. */
static int keep_copy(sqlite3 *db, const char *dir, int version)
{
	_cleanup_free_ char *path = str_format("%s/registry.db.v%d", dir, version);
	sqlite3_stmt *stmt;
	int rc;

	if (!path)
		return -ENOMEM;
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	rc = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return store_errno(rc);
	sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : store_errno(rc);
}

static int migrate(sqlite3 *db, const char *dir, struct buf *why)
{
	int version = 0, r = user_version(db, &version);

	if (r < 0) {
		buf_printf(why, "cannot read the database: %s", sqlite3_errmsg(db));
		return r;
	}
	if (version > STORE_SCHEMA_VERSION) {
		buf_printf(why,
			   "%s/registry.db has schema %d, this program knows up to %d: "
			   "it was written by a newer modelfs",
			   dir, version, STORE_SCHEMA_VERSION);
		return -EPROTO;
	}
	if (version > 0 && version < STORE_SCHEMA_VERSION) {
		r = keep_copy(db, dir, version);
		if (r < 0) {
			buf_printf(why, "cannot keep a copy before migrating: %s", strerror(-r));
			return r;
		}
	}
	for (; version < STORE_SCHEMA_VERSION; version++) {
		_cleanup_free_ char *sql =
			str_format("BEGIN IMMEDIATE;%s;PRAGMA user_version=%d;COMMIT",
				   store_migrations[version], version + 1);

		r = sql ? exec(db, sql) : -ENOMEM;
		if (r < 0) {
			buf_printf(why, "migration to schema %d failed: %s", version + 1,
				   sqlite3_errmsg(db));
			exec(db, "ROLLBACK");
			return r;
		}
	}
	return 0;
}

static int configure(sqlite3 *db, struct buf *why)
{
	int r = exec(db, "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
			 "PRAGMA busy_timeout=5000;PRAGMA trusted_schema=OFF;"
			 "PRAGMA temp_store=MEMORY;PRAGMA cache_size=-16384");

	if (r < 0)
		buf_printf(why, "cannot open the database: %s", sqlite3_errmsg(db));
	return r;
}

int store_open(const char *dir, struct store **out, struct buf *why)
{
	_cleanup_free_ char *path = str_format("%s/registry.db", dir);
	struct store *s = calloc(1, sizeof(*s));
	int rc, r;

	if (!path || !s) {
		free(s);
		return -ENOMEM;
	}
	pthread_mutex_init(&s->lock, NULL);
	rc = sqlite3_open_v2(path, &s->db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			     NULL);
	if (rc != SQLITE_OK) {
		buf_printf(why, "cannot open %s: %s", path,
			   s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
		store_close(s);
		return store_errno(rc);
	}
	sqlite3_extended_result_codes(s->db, 1);
	r = configure(s->db, why);
	if (r == 0)
		r = migrate(s->db, dir, why);
	if (r < 0) {
		store_close(s);
		return r;
	}
	*out = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->cached; i++) {
		sqlite3_finalize(s->cache[i].stmt);
		free(s->cache[i].sql);
	}
	sqlite3_close(s->db);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int txn_begin(struct txn *t, struct store *s, bool write)
{
	int r;

	pthread_mutex_lock(&s->lock);
	r = exec(s->db, write ? "BEGIN IMMEDIATE" : "BEGIN");
	if (r < 0) {
		pthread_mutex_unlock(&s->lock);
		return r;
	}
	t->store = s;
	t->open = true;
	return 0;
}

static void reset_all(struct store *s)
{
	for (size_t i = 0; i < s->cached; i++)
		sqlite3_reset(s->cache[i].stmt);
}

int txn_commit(struct txn *t)
{
	int r;

	if (!t->open)
		return -EINVAL;
	reset_all(t->store);
	r = exec(t->store->db, "COMMIT");
	if (r < 0)
		return r; /* txn_end() rolls back */
	t->open = false;
	pthread_mutex_unlock(&t->store->lock);
	t->store = NULL;
	return 0;
}

void txn_end(struct txn *t)
{
	if (!t->store)
		return;
	reset_all(t->store);
	if (t->open)
		exec(t->store->db, "ROLLBACK");
	t->open = false;
	pthread_mutex_unlock(&t->store->lock);
	t->store = NULL;
}

int store_prepare(struct txn *t, const char *sql, sqlite3_stmt **out)
{
	int rc = sqlite3_prepare_v2(t->store->db, sql, -1, out, NULL);

	if (rc == SQLITE_OK)
		return 0;
	log_error("registry: %s in: %s", sqlite3_errmsg(t->store->db), sql);
	return store_errno(rc);
}

void store_finalize(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
	*stmt = NULL;
}

sqlite3_stmt *store_stmt(struct txn *t, const char *sql, int *err)
{
	struct store *s = t->store;
	sqlite3_stmt *stmt = NULL;
	char *copy;
	int rc;

	for (size_t i = 0; i < s->cached; i++)
		if (streq(s->cache[i].sql, sql)) {
			sqlite3_reset(s->cache[i].stmt);
			sqlite3_clear_bindings(s->cache[i].stmt);
			return s->cache[i].stmt;
		}
	if (err)
		*err = -ENOMEM;
	copy = strdup(sql);
	if (!copy || s->cached == STMT_MAX) {
		free(copy);
		return NULL;
	}
	rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
	if (rc != SQLITE_OK) {
		log_error("registry: %s in: %s", sqlite3_errmsg(s->db), sql);
		if (err)
			*err = store_errno(rc);
		free(copy);
		return NULL;
	}
	s->cache[s->cached].sql = copy;
	s->cache[s->cached++].stmt = stmt;
	return stmt;
}

static int bind_list(sqlite3_stmt *stmt, const char *types, va_list ap)
{
	int rc = SQLITE_OK;

	for (int i = 0; types[i] && rc == SQLITE_OK; i++) {
		if (types[i] == 'i')
			rc = sqlite3_bind_int64(stmt, i + 1, va_arg(ap, int64_t));
		else
			rc = sqlite3_bind_text(stmt, i + 1, va_arg(ap, const char *), -1,
					       SQLITE_TRANSIENT);
	}
	return rc == SQLITE_OK ? 0 : store_errno(rc);
}

int store_bind(sqlite3_stmt *stmt, const char *types, ...)
{
	va_list ap;
	int r;

	va_start(ap, types);
	r = bind_list(stmt, types, ap);
	va_end(ap);
	return r;
}

int store_step(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	log_error("registry: database: %s", sqlite3_errmsg(sqlite3_db_handle(stmt)));
	return store_errno(rc);
}

int store_run(struct txn *t, const char *sql, const char *types, ...)
{
	int r = 0;
	sqlite3_stmt *stmt = store_stmt(t, sql, &r);
	va_list ap;

	if (!stmt)
		return r;
	va_start(ap, types);
	r = bind_list(stmt, types, ap);
	va_end(ap);
	while (r == 0 && (r = store_step(stmt)) == 1)
		r = 0;
	sqlite3_reset(stmt);
	return r;
}

int store_int(struct txn *t, int64_t *out, const char *sql, const char *types, ...)
{
	int r = 0;
	sqlite3_stmt *stmt = store_stmt(t, sql, &r);
	va_list ap;

	if (!stmt)
		return r;
	va_start(ap, types);
	r = bind_list(stmt, types, ap);
	va_end(ap);
	if (r == 0)
		r = store_step(stmt);
	if (r == 1 && out)
		*out = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return r;
}

int store_changes(struct txn *t)
{
	return sqlite3_changes(t->store->db);
}

const char *store_text(sqlite3_stmt *stmt, int column)
{
	const char *s = (const char *)sqlite3_column_text(stmt, column);

	return s ? s : "";
}
