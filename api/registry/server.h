/* SPDX-License-Identifier: MIT */
/*
 * The HTTP server: libmicrohttpd with a thread per connection, so a handler
 * may block (on a disk, in operations.wait) without holding up others.
 * Connections, bodies and time are bounded; an idle connection over a Unix
 * socket is not, since it counts as a client.
 *
 * command.c starts it after the registry's state is complete and stops it
 * before taking that down.
 */
#ifndef MODELFS_REGISTRY_SERVER_H
#define MODELFS_REGISTRY_SERVER_H

#include "api/registry/access.h"
#include "api/registry/listen.h"
#include "api/registry/request.h"

#define SERVER_LISTENERS_MAX 16

struct server_tls {
	char *cert; /* PEM text, NULL: no TLS */
	char *key;
};
struct server;

int server_start(struct registry *reg, const struct server_tls *tls, const char *tokens_file,
		 struct server **out, struct buf *why);
/* Takes the socket over.  A TCP socket that is not loopback needs TLS and
 * tokens: -EPERM. */
int server_add(struct server *s, struct listen_socket *socket, struct buf *why);
void server_hide(struct server *s, bool hide);
/* Once a second: drop TCP clients that take too long to say something. */
void server_reap(struct server *s);
int server_reload_tokens(struct server *s, struct buf *why);
void server_stop(struct server *s);

#endif
