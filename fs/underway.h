/* SPDX-License-Identifier: MIT */
/*
 * Requests that change something, from being sent to their end: what an unmount
 * waits for.  Each kind has a list of its own.  Loop's thread only.
 */
#ifndef MODELFS_UNDERWAY_H
#define MODELFS_UNDERWAY_H

#include "api/util.h"

/* The first member of what is under way. */
struct underway {
	struct underway *prev, *next;
	bool late; /* whoever waited was told that its operation still runs */
};

static inline void underway_add(struct underway **all, struct underway *u)
{
	u->next = *all;
	if (u->next)
		u->next->prev = u;
	*all = u;
}

static inline void underway_remove(struct underway **all, struct underway *u)
{
	if (u->prev)
		u->prev->next = u->next;
	else
		*all = u->next;
	if (u->next)
		u->next->prev = u->prev;
}

/* Those that somebody waits for. */
static inline size_t underway_count(const struct underway *all)
{
	size_t n = 0;

	for (; all; all = all->next)
		n += !all->late;
	return n;
}

#endif
