/* SPDX-License-Identifier: MIT */
#include "api/registry/access.h"

#include <ctype.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>

#include "api/log.h"

struct access_log {
	char *path;
	unsigned with; /* ACCESS_… */
	int fd;
	pthread_rwlock_t lock; /* reopening against writing */
};

static int open_log(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

int access_log_open(const char *path, unsigned with, struct access_log **out)
{
	struct access_log *log = calloc(1, sizeof(*log));
	int r;

	if (!log)
		return -ENOMEM;
	log->path = strdup(path);
	log->with = with;
	log->fd = log->path ? open_log(path) : -1;
	if (log->fd < 0) {
		r = log->path ? -errno : -ENOMEM;
		free(log->path);
		free(log);
		return r;
	}
	pthread_rwlock_init(&log->lock, NULL);
	*out = log;
	return 0;
}

void access_log_close(struct access_log *log)
{
	if (!log)
		return;
	close(log->fd);
	pthread_rwlock_destroy(&log->lock);
	free(log->path);
	free(log);
}

int access_log_reopen(struct access_log *log)
{
	int fd = open_log(log->path), old;

	if (fd < 0)
		return -errno;
	pthread_rwlock_wrlock(&log->lock);
	old = log->fd;
	log->fd = fd;
	pthread_rwlock_unlock(&log->lock);
	close(old);
	return 0;
}

const char *access_log_path(const struct access_log *log)
{
	return log ? log->path : NULL;
}

static void write_body(struct json_writer *w, const char *key, const struct buf *body)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (json_parse(body->data, body->len, &doc, NULL) == 0 &&
	    json_print(json_root(doc), JSON_COMPACT, &text) == 0)
		jw_raw(w, key, buf_str(&text), text.len);
	else
		jw_strn(w, key, body->data, body->len);
}

/* The query as received, but for what gives access. */
static int print_query(const char *query, struct buf *out)
{
	static const char *const secret[] = {"access_token=", "$access_token=", "oauth_token=",
					     "$oauth_token=", "key=",           "$key="};

	while (*query) {
		size_t len = strcspn(query, "&");
		size_t keep = len;

		for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
			if (starts_with(query, secret[i]))
				keep = strlen(secret[i]);
		buf_add(out, query, keep);
		if (keep < len)
			buf_puts(out, "REDACTED");
		query += len;
		if (*query) {
			buf_putc(out, '&');
			query++;
		}
	}
	return out->err;
}

void access_log_write(struct access_log *log, const struct request *rq, uint64_t bytes)
{
	_cleanup_buf_ struct buf line = BUF_INIT, query = BUF_INIT;
	struct json_writer w;
	char time[32], seconds[32];
	ssize_t n;

	time_format(wall_ns(), 6, time);
	snprintf(seconds, sizeof(seconds), "%.6f", (double)(now_ns() - rq->start) / 1e9);
	jw_init(&w, &line);
	jw_object(&w, NULL);
	jw_str(&w, "time", time);
	jw_str(&w, "verb", rq->verb);
	jw_str(&w, "path", rq->path);
	print_query(rq->query, &query);
	jw_str(&w, "query", buf_str(&query));
	if (rq->service)
		jw_str(&w, "service", rq->service);
	jw_int(&w, "status", rq->answer.http);
	jw_raw(&w, "seconds", seconds, strlen(seconds));
	jw_int(&w, "bytes", (int64_t)bytes);
	jw_str(&w, "principal", rq->principal ? rq->principal : "");
	if ((log->with & ACCESS_BODIES) && rq->body.len)
		write_body(&w, "body", &rq->body);
	if ((log->with & ACCESS_ANSWERS) && rq->answer.body.len &&
	    starts_with(rq->answer.content_type, "application/json"))
		write_body(&w, "answer", &rq->answer.body);
	jw_end_object(&w);
	buf_putc(&line, '\n');
	if (line.err)
		return;
	pthread_rwlock_rdlock(&log->lock);
	n = write(log->fd, line.data, line.len);
	pthread_rwlock_unlock(&log->lock);
	if (n != (ssize_t)line.len)
		log_error("registry: the access log cannot be written: %s",
			  n < 0 ? strerror(errno) : "short write");
}

#define TOKENS_MAX 1024

struct tokens {
	size_t count;
	struct {
		char *name;
		unsigned char digest[SHA256_DIGEST_LENGTH];
	} entries[TOKENS_MAX];
};

void tokens_free(struct tokens *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->entries[i].name);
	free(t);
}

static bool parse_digest(const char *hex, unsigned char *out)
{
	if (strlen(hex) != 2 * SHA256_DIGEST_LENGTH)
		return false;
	for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
		unsigned byte;

		if (!isxdigit((unsigned char)hex[2 * i]) ||
		    !isxdigit((unsigned char)hex[2 * i + 1]) ||
		    sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		out[i] = (unsigned char)byte;
	}
	return true;
}

static int add_token(struct tokens *t, char *line)
{
	char *save, *name, *hex;

	line[strcspn(line, "#\r\n")] = '\0';
	name = strtok_r(line, " \t", &save);
	if (!name)
		return 0;
	hex = strtok_r(NULL, " \t", &save);
	if (!hex || strtok_r(NULL, " \t", &save) || t->count == TOKENS_MAX ||
	    !parse_digest(hex, t->entries[t->count].digest))
		return -EINVAL;
	t->entries[t->count].name = strdup(name);
	if (!t->entries[t->count].name)
		return -ENOMEM;
	t->count++;
	return 0;
}

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

int tokens_load(const char *path, struct tokens **out, struct buf *why)
{
	_cleanup_(close_file) FILE *f = fopen(path, "re");
	struct tokens *t = calloc(1, sizeof(*t));
	char line[512];
	int r = 0;

	if (!f || !t) {
		r = t ? -errno : -ENOMEM;
		buf_printf(why, "cannot read %s: %s", path, strerror(-r));
		free(t);
		return r;
	}
	for (unsigned n = 1; r == 0 && fgets(line, sizeof(line), f); n++) {
		r = add_token(t, line);
		if (r == -EINVAL)
			buf_printf(why, "%s, line %u: not \"NAME SHA256\"", path, n);
	}
	if (r == 0 && t->count == 0) {
		buf_printf(why, "%s holds no token", path);
		r = -EINVAL;
	}
	if (r < 0) {
		tokens_free(t);
		return r;
	}
	*out = t;
	return 0;
}

const char *tokens_find(const struct tokens *t, const char *token)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	const char *found = NULL;

	SHA256((const unsigned char *)token, strlen(token), digest);
	for (size_t i = 0; i < t->count; i++)
		if (CRYPTO_memcmp(digest, t->entries[i].digest, sizeof(digest)) == 0)
			found = t->entries[i].name;
	return found;
}
