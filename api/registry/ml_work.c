/* SPDX-License-Identifier: MIT */
/*
 * What the queue's threads do to versions.  The version's state and the end of
 * the operation are one transaction; what a crash interrupts is done again from
 * its start, or found done.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "api/log.h"
#include "api/registry/copy.h"
#include "api/registry/ml.h"

struct work {
	struct registry *reg;
	struct job *job;
	struct copy copy;
	struct json_doc *work; /* the operation's */
	struct json_doc *doc;  /* the version's */
	int64_t project, model_key, key;
	char *model, *version;
	int dir; /* of the model's versions' files */
	char hidden[64];
	bool cancelled;
	const char *framework; /* found from the files */
};

static void work_free(struct work *w)
{
	json_doc_free(w->work);
	json_doc_free(w->doc);
	free(w->model);
	free(w->version);
	if (w->dir >= 0)
		close(w->dir);
}
#define _cleanup_work_ _cleanup_(work_free)

static int load_operation(struct work *w, struct txn *t)
{
	int r = 0;
	sqlite3_stmt *s = store_stmt(
		t, "SELECT work, cancelled FROM operations WHERE id = ?1 AND done = 0", &r);

	if (!s)
		return r;
	r = store_bind(s, "t", job_id(w->job));
	if (r == 0)
		r = store_step(s);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	w->cancelled = sqlite3_column_int(s, 1);
	r = json_parse(store_text(s, 0), strlen(store_text(s, 0)), &w->work, NULL);
	return r < 0 ? r : json_int64(json_get(json_root(w->work), "version"), &w->key);
}

static int load_version(struct work *w, struct txn *t)
{
	int r = 0;
	sqlite3_stmt *s = store_stmt(
		t, "SELECT m.project, m.key, m.id, v.id, v.doc" ML_VERSION_FROM " WHERE v.key = ?1",
		&r);

	if (!s)
		return r;
	r = store_bind(s, "i", w->key);
	if (r == 0)
		r = store_step(s);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	w->project = sqlite3_column_int64(s, 0);
	w->model_key = sqlite3_column_int64(s, 1);
	w->model = strdup(store_text(s, 2));
	w->version = strdup(store_text(s, 3));
	if (!w->model || !w->version)
		return -ENOMEM;
	return json_parse(store_text(s, 4), strlen(store_text(s, 4)), &w->doc, NULL);
}

/* Read what there is to do, and note the start. */
static int load(struct work *w)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	int r = txn_begin(&t, w->reg->store, true);

	if (r == 0)
		r = load_operation(w, &t);
	if (r == 0)
		r = load_version(w, &t);
	if (r == 0)
		r = store_run(&t,
			      "UPDATE operations SET start_time = ?2"
			      " WHERE id = ?1 AND start_time = 0",
			      "ti", job_id(w->job), registry_now());
	snprintf(w->hidden, sizeof(w->hidden), BUCKET_HIDDEN "version-%s", job_id(w->job));
	return r < 0 ? r : txn_commit(&t);
}

static int open_dir(struct work *w, bool create)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	int r = txn_begin(&t, w->reg->store, false);

	/* Within a transaction, so that no models.delete removes it meanwhile. */
	if (r == 0)
		r = ml_artifacts_open(w->reg, &t, w->project, w->model, create, &w->dir);
	if (r == 0 && create)
		r = bucket_remove_tree(w->dir, w->hidden);
	if (r == 0 && create && mkdirat(w->dir, w->hidden, 0777) < 0)
		r = -errno;
	return r;
}

static int say(struct work *w, int err, const char *fmt, const char *uri)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(w->copy.why, sizeof(w->copy.why), fmt, uri);
#pragma GCC diagnostic pop
	return err;
}

/* The framework, where the request left it to the files. */
static int find_framework(struct work *w, const struct bucket_files *files, const char *uri)
{
	struct json root = json_root(w->doc);

	if (json_present(json_get(root, "framework")) ||
	    json_present(json_get(root, "predictionClass")) ||
	    json_present(json_get(root, "container")))
		return 0;
	for (size_t i = 0; i < files->count && !w->framework; i++)
		w->framework = ml_framework_of(files->files[i].path);
	if (!w->framework)
		return say(w, -EINVAL,
			   "The framework cannot be told from the files under %s: none of "
			   "saved_model.pb, saved_model.pbtxt, model.joblib, model.pkl, model.bst "
			   "is there.",
			   uri);
	if (json_present(json_get(root, "explanationConfig")) && !streq(w->framework, "TENSORFLOW"))
		return say(w, -EINVAL,
			   "Explanations are supported for TENSORFLOW only, the files are %s's.",
			   w->framework);
	return 0;
}

static int check_files(struct work *w, const struct bucket_files *files, const char *uri)
{
	if (files->count == 0)
		return say(w, -EINVAL, "No file lies under %s.", uri);
	if (files->count > ML_FILES_MAX)
		return say(w, -EINVAL, "More than 1000 files lie under %s.", uri);
	return find_framework(w, files, uri);
}

/* Copied already?  Then a crash came between the rename and the database. */
static int look_at_copy(struct work *w, const char *uri)
{
	_cleanup_bucket_files_ struct bucket_files files = {0};
	_cleanup_close_ int dir = -1;
	int r = bucket_open_at(w->dir, w->version, O_RDONLY | O_DIRECTORY, &dir);

	if (r < 0)
		return r;
	r = bucket_walk(dir, &files);
	return r < 0 ? r : check_files(w, &files, uri);
}

static int copy_all(struct work *w, int source, const struct bucket_files *files)
{
	_cleanup_close_ int dest = -1;
	int r = bucket_open_at(w->dir, w->hidden, O_RDONLY | O_DIRECTORY, &dest);

	if (r == 0)
		r = copy_files(&w->copy, source, files, NULL, dest, NULL);
	if (r == 0 && fsync(dest) < 0)
		r = -errno;
	if (r == 0)
		r = job_commit(w->job);
	if (r == 0 && renameat2(w->dir, w->hidden, w->dir, w->version, RENAME_NOREPLACE) < 0)
		r = copy_fail(&w->copy, -errno, w->version);
	if (r == 0 && fsync(w->dir) < 0)
		r = -errno;
	return r;
}

static int take_files(struct work *w)
{
	_cleanup_bucket_files_ struct bucket_files files = {0};
	_cleanup_free_ char *uri = json_get_str(json_root(w->doc), "deploymentUri");
	_cleanup_close_ int source = -1;
	int r;

	if (!uri)
		return w->cancelled ? -ECANCELED : job_commit(w->job);
	r = open_dir(w, true);
	if (r < 0)
		return r;
	r = look_at_copy(w, uri);
	if (r != -ENOENT)
		return r == 0 ? job_commit(w->job) : r;
	if (w->cancelled)
		return -ECANCELED;
	r = bucket_artifacts(w->reg, uri, &source, &files);
	if (r == -ENOENT || r == -EACCES)
		r = 0; /* no files: check_files() says it */
	if (r == 0)
		r = check_files(w, &files, uri);
	return r < 0 ? r : copy_all(w, source, &files);
}

/* Repeat until it is stored: the work is done and must not be lost. */
static void finish(struct work *w, int result, int (*store)(struct work *w, struct txn *t, int r))
{
	for (;;) {
		_cleanup_txn_ struct txn t = TXN_INIT;
		int r = txn_begin(&t, w->reg->store, true);

		if (r == 0)
			r = store(w, &t, result);
		if (r == 0)
			r = txn_commit(&t);
		if (r == 0 || atomic_load(&w->reg->stopping))
			break;
		log_error("registry: operation %s: its end cannot be stored: %s", job_id(w->job),
			  strerror(-r));
		txn_end(&t);
		usleep(500000);
	}
	queue_changed(w->reg->queue);
}

static int set_state(struct work *w, struct txn *t, const char *state, const char *message)
{
	return store_run(t, "UPDATE ml_versions SET state = ?2, error_message = ?3 WHERE key = ?1",
			 "itt", w->key, state, message);
}

static int end_operation(struct work *w, struct txn *t, int result, const char *message,
			 bool response)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = 0;

	if (result == 0 && response)
		r = ml_version_json(t, w->key, &text);
	return r < 0 ? r
		     : operation_finish_txn(t, job_id(w->job), operation_code(result), message,
					    text.len ? buf_str(&text) : NULL);
}

static const char *reason(const struct work *w, int result)
{
	if (result == -ECANCELED)
		return "The operation was cancelled.";
	return *w->copy.why ? w->copy.why : strerror(-result);
}

/* The version that is there now with its framework. */
static int store_doc(struct work *w, struct txn *t)
{
	_cleanup_buf_ struct buf doc = BUF_INIT;
	struct json_writer j;
	struct json root = json_root(w->doc);

	jw_init(&j, &doc);
	jw_object(&j, NULL);
	for (size_t i = 0; i < ml_version.count; i++) {
		const char *name = ml_version.fields[i].name;
		struct json v = json_get(root, name);

		if (json_present(v))
			jw_value(&j, name, v);
		else if (streq(name, "framework") && w->framework)
			jw_str(&j, name, w->framework);
	}
	jw_end_object(&j);
	return doc.err ? doc.err
		       : store_run(t, "UPDATE ml_versions SET doc = ?2 WHERE key = ?1", "it",
				   w->key, buf_str(&doc));
}

/* The first version that is ready becomes the default. */
static int store_default(struct work *w, struct txn *t)
{
	return store_run(t,
			 "UPDATE ml_models SET default_version = ?2, change = change + 1"
			 " WHERE key = ?1 AND (default_version IS NULL OR EXISTS("
			 "  SELECT 1 FROM ml_versions v WHERE v.key = default_version"
			 "  AND v.state = 'DELETING'))",
			 "ii", w->model_key, w->key);
}

static int store_created(struct work *w, struct txn *t, int result)
{
	const char *why = result < 0 ? reason(w, result) : "";
	int r = set_state(w, t, result < 0 ? "FAILED" : "READY", why);

	if (r == 0 && result == 0 && w->framework)
		r = store_doc(w, t);
	if (r == 0 && result == 0)
		r = store_default(w, t);
	return r < 0 ? r : end_operation(w, t, result, why, true);
}

void ml_create_work(struct registry *reg, struct job *job)
{
	_cleanup_work_ struct work w = {
		.reg = reg, .job = job, .dir = -1, .copy = COPY_INIT(reg, job)};
	int r = load(&w);

	if (r < 0) {
		operation_finish(reg, job_id(job), operation_code(r), strerror(-r));
		return;
	}
	r = take_files(&w);
	if (w.dir >= 0 && r != -EINTR)
		bucket_remove_tree(w.dir, w.hidden);
	if (r == -EINTR) /* taken up at the next start */
		return;
	if (r < 0)
		log_warning("registry: version %s of model %s failed: %s", w.version, w.model,
			    reason(&w, r));
	finish(&w, r, store_created);
}

static int store_updated(struct work *w, struct txn *t, int result)
{
	_cleanup_free_ char *state = json_get_str(json_root(w->work), "state");
	_cleanup_buf_ struct buf doc = BUF_INIT;
	struct json work = json_root(w->work);
	int r = 0;

	if (!state)
		return -ENOMEM;
	if (result == 0)
		r = ml_patched_doc(&ml_version, json_root(w->doc), json_get(work, "paths"),
				   json_get(work, "body"), &doc);
	if (r == 0)
		r = store_run(t, "UPDATE ml_versions SET state = ?2 WHERE key = ?1", "it", w->key,
			      state);
	if (r == 0 && result == 0)
		r = store_run(t,
			      "UPDATE ml_versions SET doc = ?2, change = change + 1"
			      " WHERE key = ?1",
			      "it", w->key, buf_str(&doc));
	return r < 0 ? r : end_operation(w, t, result, result < 0 ? reason(w, result) : "", true);
}

void ml_update_work(struct registry *reg, struct job *job)
{
	_cleanup_work_ struct work w = {
		.reg = reg, .job = job, .dir = -1, .copy = COPY_INIT(reg, job)};
	int r = load(&w);

	if (r < 0) {
		operation_finish(reg, job_id(job), operation_code(r), strerror(-r));
		return;
	}
	r = w.cancelled ? -ECANCELED : job_commit(job);
	if (r != -EINTR)
		finish(&w, r, store_updated);
}

static int store_deleted(struct work *w, struct txn *t, int result)
{
	_cleanup_free_ char *state = json_get_str(json_root(w->work), "state");
	int r;

	if (!state)
		return -ENOMEM;
	if (result < 0) {
		r = store_run(t, "UPDATE ml_versions SET state = ?2 WHERE key = ?1", "it", w->key,
			      state);
		return r < 0 ? r : end_operation(w, t, result, reason(w, result), false);
	}
	/* A version that became ready while the default went is the default now. */
	r = store_run(t,
		      "UPDATE ml_models SET change = change + 1, default_version ="
		      " (SELECT min(v.key) FROM ml_versions v WHERE v.model = ?1"
		      "   AND v.key <> ?2 AND v.state = 'READY')"
		      " WHERE key = ?1 AND default_version = ?2",
		      "ii", w->model_key, w->key);
	if (r == 0)
		r = store_run(t, "DELETE FROM ml_versions WHERE key = ?1", "i", w->key);
	return r < 0 ? r : end_operation(w, t, result, "", false);
}

void ml_delete_work(struct registry *reg, struct job *job)
{
	_cleanup_work_ struct work w = {
		.reg = reg, .job = job, .dir = -1, .copy = COPY_INIT(reg, job)};
	int r = load(&w);

	if (r < 0) {
		operation_finish(reg, job_id(job), operation_code(r), strerror(-r));
		return;
	}
	r = w.cancelled ? -ECANCELED : job_commit(job);
	if (r == -EINTR)
		return;
	if (r == 0) {
		r = open_dir(&w, false);
		if (r == 0)
			r = bucket_remove_tree(w.dir, w.version);
		if (r == -ENOENT)
			r = 0; /* none were taken over */
	}
	finish(&w, r, store_deleted);
}
