/* SPDX-License-Identifier: MIT */
/* Export formats, told from the files of a model (REGISTRY.md, vertex table). */
#include <fcntl.h>
#include <sys/stat.h>

#include "api/registry/export.h"

#define MODEL_JSON_MAX ((size_t)64 << 20)

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_edgetpu(int dir _unused_, const char *path)
{
	return ends_with(path, "_edgetpu.tflite");
}

static bool is_tflite(int dir, const char *path)
{
	return ends_with(path, ".tflite") && !is_edgetpu(dir, path);
}

static bool is_saved_model(int dir _unused_, const char *path)
{
	return streq(base_name(path), "saved_model.pb");
}

static bool is_core_ml(int dir _unused_, const char *path)
{
	return ends_with(path, ".mlmodel");
}

/* A model.json is TensorFlow.js' only if it says so itself. */
static bool is_tf_js(int dir, const char *path)
{
	_cleanup_buf_ struct buf text = BUF_INIT_MAX(MODEL_JSON_MAX);
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_close_ int fd = -1;
	char piece[16384];
	ssize_t n;

	if (ends_with(base_name(path), "weights_manifest.json"))
		return true;
	if (!streq(base_name(path), "model.json") || bucket_open_at(dir, path, O_RDONLY, &fd) < 0)
		return false;
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		if (buf_add(&text, piece, (size_t)n) < 0)
			return false;
	if (n < 0 || json_parse(buf_str(&text), text.len, &doc, NULL) < 0)
		return false;
	return json_present(json_get(json_root(doc), "weightsManifest")) ||
	       json_present(json_get(json_root(doc), "modelTopology"));
}

/* What belongs to a main file beside it: whole names, or directories ("x/"). */
static const char *const saved_model_parts[] = {
	"variables/", "assets/", "assets.extra/", "fingerprint.pb", "keras_metadata.pb", NULL};
static const char *const core_ml_parts[] = {"dict.txt", NULL};
static const char *const tf_js_parts[] = {"dict.txt", "*.bin", "group*", NULL};
static const char *const no_parts[] = {NULL};

static const struct {
	const char *id;
	bool (*is)(int dir, const char *path);
	const char *const *parts;
} formats[] = {
	{"tflite", is_tflite, no_parts},
	{"edgetpu-tflite", is_edgetpu, no_parts},
	{"tf-saved-model", is_saved_model, saved_model_parts},
	{"tf-js", is_tf_js, tf_js_parts},
	{"core-ml", is_core_ml, core_ml_parts},
};

#define ALL_FILES "custom-trained"

static void print_one(struct json_writer *w, const char *id, bool artifact, bool image)
{
	jw_object(w, NULL);
	jw_str(w, "id", id);
	jw_array(w, "exportableContents");
	if (artifact)
		jw_str(w, NULL, "ARTIFACT");
	if (image)
		jw_str(w, NULL, "IMAGE");
	jw_end_array(w);
	jw_end_object(w);
}

int formats_print(int dir, const struct bucket_files *files, bool artifact, bool image,
		  struct buf *out)
{
	struct json_writer w;

	jw_init(&w, out);
	jw_array(&w, NULL);
	for (size_t f = 0; f < ARRAY_SIZE(formats); f++)
		for (size_t i = 0; i < files->count; i++)
			if (formats[f].is(dir, files->files[i].path)) {
				print_one(&w, formats[f].id, artifact, image);
				break;
			}
	if (artifact || image)
		print_one(&w, ALL_FILES, artifact, image);
	jw_end_array(&w);
	return out->err;
}

static bool is_part(const char *name, const char *part)
{
	size_t n = strlen(part);

	if (part[n - 1] == '/')
		return starts_with(name, part);
	if (strchr(name, '/'))
		return false;
	if (part[0] == '*')
		return ends_with(name, part + 1);
	if (part[n - 1] == '*')
		return strncmp(name, part, n - 1) == 0;
	return streq(name, part);
}

static void keep_parts(const struct bucket_files *files, const char *main_file,
		       const char *const *parts, bool *keep)
{
	size_t prefix = (size_t)(base_name(main_file) - main_file);

	for (size_t i = 0; i < files->count; i++) {
		const char *path = files->files[i].path;

		if (strncmp(path, main_file, prefix) != 0)
			continue;
		for (const char *const *p = parts; *p; p++)
			keep[i] |= is_part(path + prefix, *p);
	}
}

int formats_select(int dir, const struct bucket_files *files, const char *id, bool *keep)
{
	bool any = false;

	for (size_t i = 0; i < files->count; i++)
		keep[i] = streq(id, ALL_FILES);
	if (streq(id, ALL_FILES))
		return files->count ? 0 : -ENOENT;
	for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
		if (!streq(formats[f].id, id))
			continue;
		for (size_t i = 0; i < files->count; i++)
			if (formats[f].is(dir, files->files[i].path)) {
				keep[i] = any = true;
				keep_parts(files, files->files[i].path, formats[f].parts, keep);
			}
	}
	return any ? 0 : -ENOENT;
}

int formats_select_supporting(int dir, const struct bucket_files *files, const char *id, bool *keep)
{
	_cleanup_free_ bool *own = calloc(files->count + 1, sizeof(*own));
	_cleanup_free_ bool *other = calloc(files->count + 1, sizeof(*other));
	bool any_own, any_other = false;

	if (!own || !other)
		return -ENOMEM;
	any_own = formats_select(dir, files, id, own) == 0;
	for (size_t i = 0; i < files->count; i++)
		keep[i] = true;
	for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
		if (streq(formats[f].id, id) ||
		    formats_select(dir, files, formats[f].id, other) < 0)
			continue;
		any_other = true;
		for (size_t i = 0; i < files->count; i++)
			keep[i] = keep[i] && (own[i] || !other[i]);
	}
	/* A model of none of the formats is handed out as it is. */
	return any_own || !any_other ? 0 : -ENOENT;
}
