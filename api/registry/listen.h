/* SPDX-License-Identifier: MIT */
/*
 * Sockets to listen on: "unix:PATH" or "HOST:PORT" ("[v6]:PORT"), each with
 * "SERVICE=" before it where only that service is to answer.  A Unix
 * socket may have a path of any length: it is bound through its directory's
 * /proc/self/fd entry.
 */
#ifndef MODELFS_REGISTRY_LISTEN_H
#define MODELFS_REGISTRY_LISTEN_H

#include "api/buf.h"

struct listen_socket {
	int fd;
	bool is_unix;
	bool loopback;
	char *text;        /* as given */
	unsigned services; /* SURFACE_… of SERVICE=; 0: all */
	int dir_fd;        /* unix: where it lies */
	char *name;        /* unix: its name there */
};
#define LISTEN_SOCKET_INIT                          \
	{                                           \
		-1, false, false, NULL, 0, -1, NULL \
	}

/* 0 or -errno with why.  -EADDRINUSE: somebody answers there. */
int listen_open(const char *spec, struct listen_socket *out, struct buf *why);
/* Close what is still ours and remove the socket's file. */
void listen_close(struct listen_socket *s);
/* Somebody accepts connections on the socket `name` in the directory. */
bool listen_answers(int dir, const char *name);
/* Hide the file of a Unix socket from new clients, and show it again. */
int listen_hide(struct listen_socket *s, bool hide);

#endif
