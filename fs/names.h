/* SPDX-License-Identifier: MIT */
/*
 * Names in the tree: what a path can bear (contract section 2, last but one
 * bullet), what crawlers and editors ask for, and what is too near an
 * attribute's name to be a scratch file (section 3).  Pure functions.
 */
#ifndef MODELFS_NAMES_H
#define MODELFS_NAMES_H

#include "api/buf.h"

/* A file name for a display name: '/', NUL, control characters, '%', and the
 * names "." and ".." percent-encoded; beyond 255 bytes cut at a character with
 * "~" id behind.  with_id: "~" id behind in any case (NAME~ID for names that
 * several models bear).  Fresh memory, NULL when short.  Invalid UTF-8 bytes
 * are percent-encoded too. */
char *name_encode(const char *text, const char *id, bool with_id);

/* Names that only crawlers, editors and desktops ask for (.git, .hg, CVS,
 * .Trash-1000, .hidden, autorun.inf …): never worth a request. */
bool name_is_probe(const char *name);

/* A misspelt attribute: differs from `attribute` by case or by one or two
 * letters (insert, delete, replace, swap of neighbours), does not contain it
 * whole, does not start with '.' or '#' and does not end in '~'. */
bool name_is_near_miss(const char *name, const char *attribute);

#endif
