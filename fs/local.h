/* SPDX-License-Identifier: MIT */
/*
 * The local registry's process: find the server of a data directory, start it
 * if none answers, and hold the open connection that keeps it alive
 * (REGISTRY.md: "a client is an open connection to the socket").
 */
#ifndef MODELFS_LOCAL_H
#define MODELFS_LOCAL_H

#include "api/util.h"

/* Default data directory: $MODELFS_DATA, $XDG_DATA_HOME/modelfs,
 * ~/.local/share/modelfs, /var/lib/modelfs for root without HOME.  Fresh
 * memory, NULL when short. */
char *local_default_data(void);

struct local_registry {
	char *data;   /* absolute */
	char *socket; /* a path that connect(2) takes, however long data is */
	int dir_fd;   /* keeps `socket` valid when it goes through /proc/self/fd */
	int hold_fd;  /* the connection that counts as a client; HUP: the server is gone */
};
#define LOCAL_REGISTRY_INIT        \
	{                          \
		NULL, NULL, -1, -1 \
	}

/* Connect to the server of `data`, creating the directory and starting
 * `/proc/self/exe serve --data DIR --embedded [--access-log LOG]` when nobody
 * answers; waits at most timeout_ms.  The server is nobody's child.  If a
 * running server does not write registry_log (when that is not NULL):
 * -EBUSY.  0 or -errno with *why (fresh memory) filled. */
int local_registry_open(const char *data, const char *registry_log, unsigned timeout_ms,
			struct local_registry *out, char **why);
/* The held connection broke: connect or start again; same results. */
int local_registry_reopen(struct local_registry *r, const char *registry_log, unsigned timeout_ms,
			  char **why);
void local_registry_close(struct local_registry *r);

#endif
