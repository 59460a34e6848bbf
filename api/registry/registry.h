/* SPDX-License-Identifier: MIT */
/*
 * The embedded registry: a server of the three REST surfaces, with SQLite and
 * real files behind it.  It shares tables with the client (api/service,
 * api/schema) but meets it over HTTP alone.
 */
#ifndef MODELFS_REGISTRY_H
#define MODELFS_REGISTRY_H

/* `modelfs serve`: runs until SIGTERM or SIGINT (or, started with --embedded,
 * until its last client and operation are gone).  Returns a sysexits code. */
int registry_command(int argc, char **argv);

#endif
