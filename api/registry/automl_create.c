/* SPDX-License-Identifier: MIT */
/*
 * models.create: the request is judged at once; a worker copies the files at
 * gs://PROJECT-automl/DATASET/ to <data>/artifacts/automl/ID, and the model is
 * there when they are.  A crash in between leaves a directory without a
 * model: the work is begun anew, or automl_sweep() takes it away.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "api/automl.h"
#include "api/log.h"
#include "api/registry/automl.h"
#include "api/registry/vertex.h"
#include "api/registry/copy.h"

#define EVALUATIONS_FILE "modelEvaluations.json"
#define EVALUATIONS_MAX  ((size_t)16 << 20)

/* The place of a dataset's files, by the project's id and in letters that a
 * bucket may have. */
static int source_uri(struct txn *t, int64_t project, const char *dataset, struct buf *out)
{
	int r = 0;
	sqlite3_stmt *s = store_stmt(t, "SELECT id FROM projects WHERE number = ?1", &r);

	if (!s)
		return r;
	r = store_bind(s, "i", project);
	if (r == 0)
		r = store_step(s);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	buf_puts(out, "gs://");
	for (const char *p = store_text(s, 0); *p; p++)
		buf_putc(out, strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", *p) ? *p : '-');
	return buf_printf(out, "-automl/%s/", dataset);
}

/* What the worker needs: the model's fields and where its files lie. */
static int write_work(struct json model, const char *arm, const char *source, struct buf *out)
{
	_cleanup_free_ char *type = arm ? json_get_str(json_get(model, arm), "modelType") : NULL;
	struct json labels = json_get(model, "labels");
	struct json_writer w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_str(&w, "source", source);
	jw_value(&w, "displayName", json_get(model, "displayName"));
	jw_value(&w, "datasetId", json_get(model, "datasetId"));
	if (json_present(labels))
		jw_value(&w, "labels", labels);
	if (arm) {
		jw_str(&w, "arm", arm);
		jw_str(&w, "modelType", type ? type : "");
		jw_value(&w, "metadata", json_get(model, arm));
	}
	jw_end_object(&w);
	return out->err;
}

static int start(struct request *rq, struct txn *t, const struct place *place, struct json model,
		 const char *arm)
{
	_cleanup_buf_ struct buf source = BUF_INIT, work = BUF_INIT;
	_cleanup_free_ char *dataset = json_get_str(model, "datasetId");
	char digits[OPERATION_ID_SIZE], model_id[OPERATION_ID_SIZE];
	struct operation_new op = {.kind = OPERATION_AUTOML_CREATE,
				   .place = place,
				   .model = model_id,
				   .id_prefix = automl_prefix(arm),
				   .api_version = rq->api_version,
				   .metadata = "{\"createModelDetails\":{}}"};
	int r = dataset ? source_uri(t, place->project, dataset, &source) : -ENOMEM;

	if (r == 0)
		r = operation_new_id(digits);
	if (r == 0)
		r = write_work(model, arm, buf_str(&source), &work);
	if (r < 0)
		return r;
	snprintf(model_id, sizeof(model_id), "%s%.19s", automl_prefix(arm), digits);
	op.work = buf_str(&work);
	return operation_begin(rq, t, &op);
}

static int check_model(struct request *rq, struct json model, const char **arm)
{
	struct json dataset = mapping_get(model, "datasetId");
	_cleanup_free_ char *text = json_strdup(dataset);
	int r = automl_check_display_name(rq, "displayName", mapping_get(model, "displayName"));

	if (r == 0 && (!text || !*text))
		return request_fail(rq, API_INVALID_ARGUMENT, "datasetId",
				    json_present(dataset) && !text
					    ? "The dataset's id holds a NUL."
					    : "The dataset's id is required.");
	if (r == 0)
		r = automl_check_labels(rq, "labels", mapping_get(model, "labels"));
	return r == 0 ? automl_check_metadata(rq, model, arm) : r;
}

int automl_models_create(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_json_ struct json_doc *canon = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct place place = {0};
	const char *arm = NULL;
	struct json body;
	int r = request_json(rq, &body);

	if (r == 0)
		r = vertex_check_body(rq, &automl_model, body);
	if (r == 0)
		r = check_model(rq, body, &arm);
	if (r == 0)
		r = mapping_canonical(&automl_model, body, &text);
	if (r == 0)
		r = json_parse(buf_str(&text), text.len, &canon, NULL);
	if (r == 0)
		r = txn_begin(&t, rq->reg->store, true);
	if (r == 0)
		r = automl_place(rq, &t, &place);
	return r < 0 ? r : start(rq, &t, &place, json_root(canon), arm);
}

struct create {
	struct copy copy;
	struct operation_work op;
	struct json_doc *work;
	char *id;
	int64_t project;
	char location[64];
};

static void create_free(struct create *c)
{
	operation_work_free(&c->op);
	json_doc_free(c->work);
	free(c->id);
}

static int load(struct create *c)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	sqlite3_stmt *s;
	int r = operation_load_work(c->copy.reg, job_id(c->copy.job), &c->op);

	if (r == 0)
		r = json_parse(c->op.work, strlen(c->op.work), &c->work, NULL);
	if (r == 0)
		r = txn_begin(&t, c->copy.reg->store, false);
	s = r < 0 ? NULL
		  : store_stmt(&t, "SELECT project, location, model FROM operations WHERE id = ?1",
			       &r);
	if (!s)
		return r;
	r = store_bind(s, "t", job_id(c->copy.job));
	if (r == 0)
		r = store_step(s);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	c->project = sqlite3_column_int64(s, 0);
	snprintf(c->location, sizeof(c->location), "%s", store_text(s, 1));
	c->id = strdup(store_text(s, 2));
	return c->id ? 0 : -ENOMEM;
}

/* Copy everything below a directory that nobody knows yet. */
static int take_files(struct create *c, int *dest)
{
	_cleanup_free_ char *uri = json_get_str(json_root(c->work), "source");
	_cleanup_bucket_files_ struct bucket_files files = {0};
	_cleanup_close_ int source = -1, all = -1;
	int r = uri ? bucket_artifacts(c->copy.reg, uri, &source, &files) : -ENOMEM;

	if (r == -ENOENT || r == -EINVAL || r == -EACCES) {
		snprintf(c->copy.why, sizeof(c->copy.why), "No file lies at %s.", uri);
		return -ENOENT;
	}
	if (r == 0)
		r = bucket_make_dirs(c->copy.reg->artifacts_fd, AUTOML_ARTIFACTS, &all);
	if (r == 0)
		r = bucket_remove_tree(all, c->id);
	if (r == 0)
		r = bucket_make_dirs(all, c->id, dest);
	if (r == 0)
		r = copy_files(&c->copy, source, &files, NULL, *dest, NULL);
	return r == 0 && fsync(*dest) < 0 ? -errno : r;
}

static int insert_model(struct create *c, struct txn *t, int64_t *key)
{
	struct json work = json_root(c->work), labels = json_get(work, "labels");
	_cleanup_free_ char *name = json_get_str(work, "displayName");
	_cleanup_free_ char *dataset = json_get_str(work, "datasetId");
	_cleanup_free_ char *arm = json_get_str(work, "arm");
	_cleanup_free_ char *type = json_get_str(work, "modelType");
	_cleanup_buf_ struct buf label_text = BUF_INIT, metadata = BUF_INIT;
	int r;

	if (json_present(labels))
		json_print(labels, JSON_COMPACT, &label_text);
	if (arm)
		json_print(json_get(work, "metadata"), JSON_COMPACT, &metadata);
	if (!name || !dataset || label_text.err || metadata.err)
		return -ENOMEM;
	r = store_run(t,
		      "INSERT INTO automl_models(project, location, id, display_name, dataset,"
		      " labels, arm, metadata, model_type, create_time, update_time)"
		      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
		      "itttttttti", c->project, c->location, c->id, name, dataset,
		      label_text.len ? buf_str(&label_text) : "{}", arm,
		      metadata.len ? buf_str(&metadata) : "{}", type ? type : "", registry_now());
	return r < 0 ? r : store_int(t, key, "SELECT last_insert_rowid()", "") == 1 ? 0 : -EIO;
}

/* The model and the operation's end are one change. */
static int publish(struct create *c, int dir)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	_cleanup_buf_ struct buf response = BUF_INIT;
	struct json_writer w;
	sqlite3_stmt *row;
	int64_t key = 0;
	int r = txn_begin(&t, c->copy.reg->store, true);

	if (r == 0)
		r = insert_model(c, &t, &key);
	if (r == 0)
		r = automl_take_evaluations(&t, dir, key);
	if (r == 0)
		r = automl_row(&t, key, &row);
	if (r < 0)
		return r;
	jw_init(&w, &response);
	jw_object(&w, NULL);
	automl_print_members(row, &w);
	jw_end_object(&w);
	r = response.err ? response.err
			 : operation_finish_txn(&t, job_id(c->copy.job), API_OK, NULL,
						buf_str(&response));
	return r < 0 ? r : txn_commit(&t);
}

static void fail(struct create *c, int r)
{
	_cleanup_close_ int all = -1;
	const char *why = *c->copy.why ? c->copy.why : strerror(-r);

	if (c->id && bucket_open_at(c->copy.reg->artifacts_fd, AUTOML_ARTIFACTS,
				    O_RDONLY | O_DIRECTORY, &all) == 0)
		bucket_remove_tree(all, c->id);
	if (r == -EINTR) /* it is taken up at the next start */
		return;
	if (r != -ECANCELED)
		log_warning("registry: operation %s failed: %s", job_id(c->copy.job), why);
	operation_finish(c->copy.reg, job_id(c->copy.job), operation_code(r),
			 r == -ECANCELED ? "The operation was cancelled." : why);
}

void automl_create_work(struct registry *reg, struct job *job)
{
	_cleanup_(create_free) struct create c = {.copy = COPY_INIT(reg, job)};
	_cleanup_close_ int dir = -1;
	int r = load(&c);

	if (r == 0 && c.op.cancelled)
		r = -ECANCELED;
	if (r == 0)
		r = take_files(&c, &dir);
	if (r == 0)
		r = job_commit(job);
	if (r == 0)
		r = publish(&c, dir);
	if (r < 0)
		fail(&c, r);
	else
		queue_changed(reg->queue);
}

static int take_evaluation(struct txn *t, int64_t key, struct json v, bool *bad)
{
	_cleanup_buf_ struct buf doc = BUF_INIT, path = BUF_INIT, why = BUF_INIT;
	_cleanup_free_ char *name = NULL;
	const char *id;
	char made[OPERATION_ID_SIZE];
	int r = schema_check(&automl_model_evaluation, v, false, &path, &why);

	*bad = r == -EINVAL;
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	name = json_get_str(v, "name");
	id = name ? strrchr(name, '/') : NULL;
	r = operation_new_id(made);
	if (r == 0)
		r = schema_normalize(&automl_model_evaluation, v, 0, &doc);
	return r < 0 ? r
		     : store_run(t,
				 "INSERT OR IGNORE INTO automl_evaluations(model, id, doc)"
				 " VALUES(?1, ?2, ?3)",
				 "itt", key, id && id[1] ? id + 1 : made, buf_str(&doc));
}

/* A list answer of modelEvaluations that lies with the files, as one brings it
 * from a hosted service; what is no such list is just a file. */
int automl_take_evaluations(struct txn *t, int dir, int64_t key)
{
	_cleanup_buf_ struct buf text = BUF_INIT_MAX(EVALUATIONS_MAX);
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_close_ int fd = -1;
	char piece[16384];
	struct json list;
	bool bad = false;
	ssize_t n;
	int r = 0;

	if (bucket_open_at(dir, EVALUATIONS_FILE, O_RDONLY, &fd) < 0)
		return 0;
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		if (buf_add(&text, piece, (size_t)n) < 0)
			return 0;
	if (n < 0 || json_parse(buf_str(&text), text.len, &doc, NULL) < 0)
		return 0;
	list = json_get(json_root(doc), "modelEvaluation");
	for (struct json c = json_first(list); r == 0 && json_present(c); c = json_next(c)) {
		r = take_evaluation(t, key, c, &bad);
		if (bad)
			log_warning("registry: " EVALUATIONS_FILE " holds what is no evaluation");
	}
	return r;
}

static bool is_known(struct registry *reg, const char *id)
{
	_cleanup_txn_ struct txn t = TXN_INIT;

	return txn_begin(&t, reg->store, false) < 0 ||
	       store_int(&t, NULL, "SELECT 1 FROM automl_models WHERE id = ?1", "t", id) != 0;
}

void automl_sweep(struct registry *reg)
{
	struct dirent *e;
	DIR *d;
	int fd;

	if (bucket_open_at(reg->artifacts_fd, AUTOML_ARTIFACTS, O_RDONLY | O_DIRECTORY, &fd) < 0)
		return;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && !is_known(reg, e->d_name) &&
		    bucket_remove_tree(fd, e->d_name) == 0)
			log_notice("registry: removed the files of %s, which is no model",
				   e->d_name);
	closedir(d);
}
