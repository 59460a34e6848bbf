/* SPDX-License-Identifier: MIT */
/*
 * `modelfs import`: copies a model's files into a bucket and uploads the model,
 * through the client and REST like any other user of the registry.
 */
#ifndef MODELFS_IMPORT_H
#define MODELFS_IMPORT_H

/* argv[0] is "import".  Returns a sysexits code; 128 + the signal's number
 * when interrupted. */
int import_command(int argc, char **argv);

#endif
