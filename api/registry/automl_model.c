/* SPDX-License-Identifier: MIT */
/* What a stored AutoML model looks like, finding one, and its operations' form. */
#include <stdio.h>

#include "api/registry/automl.h"

static int automl_operation_name(const struct operation_row *row, struct buf *out)
{
	return buf_printf(out, "projects/%lld/locations/%s/operations/%s", (long long)row->project,
			  row->location, row->id);
}

/* The details say by their name what was done, and are there even when empty. */
static void automl_operation_metadata(const struct operation_row *row, struct json_writer *w)
{
	operation_print_times(row, w);
	operation_splice(row->metadata, w);
}

const struct operation_service automl_operations = {"automl", "google.cloud.automl.",
						    "automl.googleapis.com", automl_operation_name,
						    automl_operation_metadata};

const char *automl_prefix(const char *arm)
{
	static const struct {
		const char *arm, *prefix;
	} prefixes[] = {
		{"imageClassificationModelMetadata", "ICN"},
		{"imageObjectDetectionModelMetadata", "IOD"},
		{"textClassificationModelMetadata", "TCN"},
		{"textExtractionModelMetadata", "TEN"},
		{"textSentimentModelMetadata", "TST"},
		{"translationModelMetadata", "TRL"},
	};

	for (size_t i = 0; arm && i < ARRAY_SIZE(prefixes); i++)
		if (streq(prefixes[i].arm, arm))
			return prefixes[i].prefix;
	return "MDL";
}

int automl_place(struct request *rq, struct txn *t, struct place *out)
{
	if (!streq(rq->args[1], AUTOML_LOCATION))
		return request_fail(rq, API_INVALID_ARGUMENT, "parent",
				    "AutoML has one location, " AUTOML_LOCATION ", and not '%s'.",
				    rq->args[1]);
	return place_find(rq, t, true, out);
}

int automl_find(struct request *rq, struct txn *t, struct automl_ref *out)
{
	int r = place_find(rq, t, false, &out->place);

	out->id = rq->args[2];
	if (r == 0)
		r = store_int(t, &out->key,
			      "SELECT key FROM automl_models WHERE project = ?1 AND location = ?2"
			      " AND id = ?3",
			      "itt", out->place.project, out->place.location, out->id);
	if (r == 0)
		return request_fail(rq, API_NOT_FOUND, "name",
				    "Model projects/%s/locations/%s/models/%s is not found.",
				    rq->args[0], rq->args[1], rq->args[2]);
	return r < 0 ? r : 0;
}

int automl_row(struct txn *t, int64_t key, sqlite3_stmt **row)
{
	int r = 0;
	sqlite3_stmt *s = store_stmt(t, AUTOML_SELECT " WHERE m.key = ?1", &r);

	if (!s)
		return r;
	r = store_bind(s, "i", key);
	if (r == 0)
		r = store_step(s);
	*row = s;
	return r == 1 ? 0 : r < 0 ? r : -ENOENT;
}

void automl_row_etag(sqlite3_stmt *row, char out[ETAG_SIZE])
{
	mapping_etag(sqlite3_column_int64(row, AUTOML_KEY),
		     sqlite3_column_int64(row, AUTOML_CHANGE), 0x6175746f, 0, out);
}

static void write_time(struct json_writer *w, const char *key, int64_t micros)
{
	char text[32];

	mapping_time(micros, text);
	jw_str(w, key, text);
}

/* The arm in use, with the nodes that the model is deployed on. */
static void write_metadata(sqlite3_stmt *row, struct json_writer *w)
{
	int64_t nodes = sqlite3_column_int64(row, AUTOML_NODES);

	jw_object(w, store_text(row, AUTOML_ARM));
	operation_splice(store_text(row, AUTOML_METADATA), w);
	if (nodes)
		jw_int64(w, "nodeCount", nodes);
	jw_end_object(w);
}

void automl_print_members(sqlite3_stmt *row, struct json_writer *w)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	const char *labels = store_text(row, AUTOML_LABELS);
	char etag[ETAG_SIZE];

	buf_printf(&name, "projects/%lld/locations/%s/models/%s",
		   (long long)sqlite3_column_int64(row, AUTOML_PROJECT),
		   store_text(row, AUTOML_LOCATION_ID), store_text(row, AUTOML_ID));
	automl_row_etag(row, etag);
	jw_str(w, "name", buf_str(&name));
	jw_str(w, "displayName", store_text(row, AUTOML_DISPLAY_NAME));
	jw_str(w, "datasetId", store_text(row, AUTOML_DATASET));
	write_time(w, "createTime", sqlite3_column_int64(row, AUTOML_CREATED));
	write_time(w, "updateTime", sqlite3_column_int64(row, AUTOML_UPDATED));
	jw_str(w, "deploymentState",
	       sqlite3_column_int(row, AUTOML_DEPLOYED) ? "DEPLOYED" : "UNDEPLOYED");
	jw_str(w, "etag", etag);
	if (*labels && !streq(labels, "{}"))
		jw_raw(w, "labels", labels, strlen(labels));
	if (*store_text(row, AUTOML_ARM))
		write_metadata(row, w);
}

int automl_answer(struct request *rq, struct txn *t, int64_t key)
{
	struct json_writer w;
	sqlite3_stmt *row;
	int r = automl_row(t, key, &row);

	if (r < 0)
		return r;
	jw_init(&w, request_answer(rq));
	jw_object(&w, NULL);
	automl_print_members(row, &w);
	jw_end_object(&w);
	return rq->answer.body.err ? rq->answer.body.err : txn_commit(t);
}

int automl_models_get(struct request *rq)
{
	_cleanup_txn_ struct txn t = TXN_INIT;
	struct automl_ref m = {0};
	int r = txn_begin(&t, rq->reg->store, false);

	if (r == 0)
		r = automl_find(rq, &t, &m);
	return r < 0 ? r : automl_answer(rq, &t, m.key);
}
