/* SPDX-License-Identifier: MIT */
/*
 * The state of one mount, shared by the modules of fs/ that serve it.  The
 * loop's thread owns all of it; only fs/notify.c has a thread of its own.
 */
#ifndef MODELFS_STATE_H
#define MODELFS_STATE_H

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include "api/client/client.h"
#include "fs/config.h"
#include "fs/control.h"
#include "fs/local.h"
#include "fs/loop.h"

struct cache;
struct draft;
struct guard;
struct journal;
struct notifier;
struct operations;
struct req;
struct session;
struct tree;

/* Requests that wait for one thing, in the order they came. */
struct waitq {
	struct req *head, *tail;
};

struct mount {
	const struct config *config;
	const char *root_path; /* SOURCE, "" for the full tree */
	struct loop *loop;
	struct client *client;
	struct endpoint endpoint;
	struct local_registry registry;
	bool own_registry; /* endpoint=local: its rules are judged here, its files are linked to */
	struct session *session;
	struct cache *cache;
	struct tree *tree;
	struct notifier *notifier;
	struct operations *operations;
	struct journal *journal;
	struct draft *drafts; /* fs/draft.h */
	struct guard *guard;  /* fs/guard.h */
	struct control *control;
	struct req *requests; /* every live request */
	struct waitq runq;    /* woken requests, to be run again */
	bool run_armed;
	bool interrupts; /* some live request was interrupted: see req_interrupts() */
	struct loop_timer watch;
	bool stopping;
	uint64_t started_ns; /* wall clock; the mtime of what has none */
	uint64_t fuse_ops[48];
	uid_t uid; /* owner of what is shown */
	gid_t gid;
};

static inline uint64_t ttl_ns(const struct mount *m)
{
	return m->config->ttl_ms * NSEC_PER_MSEC;
}

static inline uint64_t stale_ns(const struct mount *m)
{
	return m->config->stale_ms * NSEC_PER_MSEC;
}

#endif
