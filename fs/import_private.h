/* SPDX-License-Identifier: MIT */
/*
 * What the files of `modelfs import` share.  One thread: every function here
 * runs the loop until its exchange is over, a deadline passed or a signal came
 * (-EINTR, from then on always).
 */
#ifndef MODELFS_IMPORT_PRIVATE_H
#define MODELFS_IMPORT_PRIVATE_H

#include "api/client/client.h"
#include "fs/config.h"
#include "fs/local.h"
#include "fs/loop.h"

struct import_file {
	char *path; /* to open */
	char *name; /* below the model's prefix in the bucket */
	uint64_t size;
	bool touched; /* the bucket may hold it */
};

struct import_files {
	struct import_file *items;
	size_t count;
	uint64_t bytes;
};

/* import_walk.c: one file, or all regular files below a directory, sorted;
 * links to files inside it are followed.  0, or -errno with *why (fresh
 * memory). */
int import_walk(const char *source, struct import_files *out, char **why);
void import_files_free(struct import_files *f);

/* import_link.c: the connection to a registry. */
struct import_link {
	struct loop *loop;
	struct client *client;
	struct loop_timer client_timer, sleep_timer;
	int signal_fd;
	int signal; /* that came; 0: none */
};
#define IMPORT_LINK_INIT        \
	{                       \
		.signal_fd = -1 \
	}
int import_link_open(struct import_link *l, const struct endpoint *e, unsigned timeout_ms);
void import_link_close(struct import_link *l);
/* A second signal is to count anew (cleaning up after a first). */
void import_link_rearm(struct import_link *l);

/* One exchange.  The reply's parts are the caller's. */
struct import_reply {
	int http;
	bool sent;
	struct json_doc *json;
	struct api_error error;
	bool over;
	struct loop *loop;
};
void import_reply_free(struct import_reply *r);
#define _cleanup_reply_ _cleanup_(import_reply_free)
/* 0, -errno (the reply tells more; error.err is 0 when no request was made or
 * a signal came; then sent is a guess to the safe side). */
int import_exchange(struct import_link *l, const struct call_options *o, struct import_reply *out);
int import_sleep(struct import_link *l, unsigned ms);

/* import_copy.c: files to and from a bucket. */
struct import_target {
	const char *bucket;
	const char *prefix; /* ends with '/' */
	unsigned timeout_ms;
	bool progress; /* shown on stderr */
};
/* 0, or -errno with the failed file's *error and *at (borrowed from files). */
int import_copy(struct import_link *l, const struct import_target *t, struct import_files *files,
		struct api_error *error, const char **at);
/* Remove what was copied; the number of objects that are left. */
size_t import_remove(struct import_link *l, const struct import_target *t,
		     struct import_files *files);

/* import_options.c: what is asked, and all that comes of it. */
struct import {
	/* As asked. */
	const char *source, *display_name, *model_id, *parent, *description, *version_description;
	const char *bucket, *data, *endpoint_text, *service, *location, *project;
	const char *version, *runtime, *python, *framework, *machine; /* ml */
	const char *prediction_class, *package_uri;                   /* ml */
	const char *dataset, *model_type;                             /* automl */
	struct string_list labels, aliases;                           /* "k=v" */
	unsigned timeout_ms;
	bool help;
	/* Made from it. */
	char *memory[16];
	size_t memory_count;
	const struct import_kind *kind;
	struct endpoint endpoint;
	struct local_registry local;
	struct import_link link;
	struct import_files files;
	struct import_target target;
	bool local_open, from_gs;
	bool made_parent;   /* ml: the model is new */
	char *place;        /* projects/P/locations/L; ml: projects/P */
	char *under;        /* what the creating method is called on */
	char *artifact_uri; /* gs://… */
	char *title;        /* the displayName that is sent */
	char *operation;    /* its resource name */
};

/* What differs between the services.  Each function returns 0 or an exit status. */
struct import_kind {
	const struct service *service;
	const char *method;                /* the one that creates */
	int (*check)(struct import *im);   /* the options, before anything is begun */
	int (*prepare)(struct import *im); /* title and under; before files are copied */
	int (*settle)(struct import *im);  /* behind the copies; or NULL */
	int (*body)(const struct import *im, struct buf *out);  /* 0 or -errno */
	int (*finish)(struct import *im, struct json response); /* prints the name */
	void (*undo)(struct import *im);                        /* behind a refusal; or NULL */
};
extern const struct import_kind import_vertex, import_ml, import_automl;

/* import.c, for the kinds: a failed exchange in words, the exit status. */
int import_failed(struct import *im, const char *what, int r, const struct api_error *e);
/* One call of im's service; 0 or -errno, as import_exchange(). */
int import_call(struct import *im, const char *method, const char *name, const char *query,
		const struct buf *body, struct import_reply *out);
/* The member `labels` from --labels; 0 or -errno. */
int import_labels(const struct import *im, struct json_writer *w);
/* import_options.c: project and location from the options or gcloud. */
int import_check_place(struct import *im, bool location);

/* A line on stderr; returns code. */
int import_complain(int code, const char *fmt, ...) _printf_(2, 3);
int import_no_memory(void);
/* Keeps fresh memory until the end; NULL in, NULL out. */
const char *import_keep(struct import *im, char *s);
/* 0 (help: it is printed), or the exit status. */
int import_ask(struct import *im, int argc, char **argv);

#endif
