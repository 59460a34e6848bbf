/* SPDX-License-Identifier: MIT */
#include "api/ml_rules.h"

#include <ctype.h>
#include <stdio.h>

#include "api/resource.h"

void ml_refusal_free(struct ml_refusal *r)
{
	buf_free(&r->why);
}

static int refuse_code(struct ml_refusal *out, enum api_code code, const char *field,
		       const char *fmt, ...) _printf_(4, 5);
static int refuse_code(struct ml_refusal *out, enum api_code code, const char *field,
		       const char *fmt, ...)
{
	va_list ap;

	out->code = code;
	snprintf(out->field, sizeof(out->field), "%s", field);
	buf_reset(&out->why);
	va_start(ap, fmt);
	buf_vprintf(&out->why, fmt, ap);
	va_end(ap);
	return out->why.err ? out->why.err : -EINVAL;
}
#define refuse(out, ...) refuse_code(out, API_INVALID_ARGUMENT, __VA_ARGS__)

/* A version as its rules look at it; strings NULL where absent or empty. */
struct facts {
	struct json v;
	char *deployment_uri, *runtime, *python, *machine, *framework, *prediction_class;
	char *service_account;
	bool container, mls1;
	unsigned major, minor; /* of the runtime version */
};

static void facts_free(struct facts *f)
{
	free(f->deployment_uri);
	free(f->runtime);
	free(f->python);
	free(f->machine);
	free(f->framework);
	free(f->prediction_class);
	free(f->service_account);
}

static bool given(struct json v)
{
	return json_present(v) && json_type(v) != JSON_NULL;
}

/* A member's text; an empty one is none. */
static int take_text(struct json v, const char *name, char **out, struct ml_refusal *refusal)
{
	struct json text = json_get(v, name);

	if (!given(text) || json_is(text, ""))
		return 0;
	*out = json_strdup(text);
	return *out ? 0 : refuse(refusal, name, "The text holds a NUL.");
}

static int take_facts(struct json version, struct facts *f, struct ml_refusal *out)
{
	const struct {
		const char *name;
		char **to;
	} texts[] = {
		{"deploymentUri", &f->deployment_uri},
		{"runtimeVersion", &f->runtime},
		{"pythonVersion", &f->python},
		{"machineType", &f->machine},
		{"framework", &f->framework},
		{"predictionClass", &f->prediction_class},
		{"serviceAccount", &f->service_account},
	};

	f->v = version;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int r = take_text(version, texts[i].name, texts[i].to, out);

		if (r < 0)
			return r;
	}
	if (f->framework && streq(f->framework, "FRAMEWORK_UNSPECIFIED")) {
		free(f->framework);
		f->framework = NULL;
	}
	f->container = given(json_get(version, "container"));
	f->mls1 = ml_machine_is_mls1(f->machine ? f->machine : ML_MACHINE_DEFAULT);
	return 0;
}

static int check_name(struct json v, const char *what, struct ml_refusal *out)
{
	_cleanup_free_ char *name = NULL;
	int r = take_text(v, "name", &name, out);

	if (r < 0)
		return r;
	if (!name)
		return refuse(out, "name", "The %s's name is required.", what);
	if (!ml_name_valid(name))
		return refuse(out, "name",
			      "'%s' is no name of a %s: letters, digits and underscores, a letter "
			      "first, at most 128 characters.",
			      name, what);
	return 0;
}

int ml_check_model(struct json model, struct ml_refusal *out)
{
	struct json regions = json_get(model, "regions");
	int r = check_name(model, "model", out);

	if (r < 0)
		return r;
	if (json_count(regions) > 1)
		return refuse(out, "regions", "Only one region per model is supported.");
	for (struct json c = json_first(regions); json_present(c); c = json_next(c)) {
		_cleanup_free_ char *region = json_strdup(c);

		if (!region || !*region || strlen(region) > 63 ||
		    region[strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-")])
			return refuse(out, "regions", "'%s' is no region.", region ? region : "");
	}
	return 0;
}

/* "1.15", "2.11.0": components are numbers; the first two count. */
static bool parse_runtime(const char *text, unsigned *major, unsigned *minor)
{
	unsigned part[3] = {0}, n = 0;

	for (const char *p = text;; p++) {
		size_t digits = strspn(p, "0123456789");

		if (n == 3 || digits < 1 || digits > 6)
			return false;
		part[n++] = (unsigned)strtoul(p, NULL, 10);
		p += digits;
		if (!*p)
			break;
		if (*p != '.')
			return false;
	}
	*major = part[0];
	*minor = part[1];
	return n >= 2;
}

/* -1, 0, 1: the runtime against MAJOR.MINOR, by component. */
static int runtime_cmp(const struct facts *f, unsigned major, unsigned minor)
{
	if (f->major != major)
		return f->major < major ? -1 : 1;
	return f->minor < minor ? -1 : f->minor > minor;
}

static int check_python(const struct facts *f, struct ml_refusal *out)
{
	static const struct {
		const char *python;
		unsigned low, high; /* minor of runtime 1.x; 0: no bound */
		const char *rule;
	} known[] = {
		{"3.7", 15, 0, "1.15 or later"},
		{"3.5", 4, 14, "a version from 1.4 to 1.14"},
		{"2.7", 0, 15, "1.15 or earlier"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!streq(known[i].python, f->python))
			continue;
		if ((known[i].low && runtime_cmp(f, 1, known[i].low) < 0) ||
		    (known[i].high && runtime_cmp(f, 1, known[i].high) > 0))
			return refuse(out, "pythonVersion",
				      "Python %s is available when the runtime version is %s, not "
				      "with %s.",
				      f->python, known[i].rule, f->runtime);
		return 0;
	}
	return refuse(out, "pythonVersion", "'%s' is none of 3.7, 3.5, 2.7.", f->python);
}

static int check_runtime(struct facts *f, struct ml_refusal *out)
{
	if (!f->runtime)
		return refuse(out, "runtimeVersion", "The runtime version is required.");
	if (!parse_runtime(f->runtime, &f->major, &f->minor))
		return refuse(out, "runtimeVersion", "'%s' is no runtime version such as 1.15.",
			      f->runtime);
	if (!f->python)
		return refuse(out, "pythonVersion", "The Python version is required.");
	return check_python(f, out);
}

static int check_machine(const struct facts *f, struct ml_refusal *out)
{
	if (f->machine && !ml_machine_known(f->machine))
		return refuse(out, "machineType", "'%s' is no machine type for online prediction.",
			      f->machine);
	return 0;
}

static int check_deployment(const struct facts *f, struct ml_refusal *out)
{
	_cleanup_free_ char *memory = NULL;
	const char *bucket, *object;

	if (!f->deployment_uri)
		return f->container
			       ? 0
			       : refuse(out, "deploymentUri", "The deployment URI is required.");
	if (resource_gs_uri(f->deployment_uri, &memory, &bucket, &object) < 0)
		return refuse(out, "deploymentUri", "'%s' is no gs://BUCKET/DIRECTORY.",
			      f->deployment_uri);
	return 0;
}

static int check_framework(const struct facts *f, struct ml_refusal *out)
{
	if (f->framework && f->prediction_class)
		return refuse(out, "framework",
			      "A framework cannot be given together with predictionClass.");
	if (!f->mls1 && !(f->framework && streq(f->framework, "TENSORFLOW")))
		return refuse(out, f->prediction_class ? "predictionClass" : "framework",
			      f->prediction_class
				      ? "A prediction class needs a legacy (MLS1) machine type."
				      : "A Compute Engine (N1) machine type needs the framework "
					"TENSORFLOW.");
	if (f->framework && !streq(f->framework, "TENSORFLOW") && runtime_cmp(f, 1, 4) < 0)
		return refuse(out, "framework", "%s needs runtime version 1.4 or greater.",
			      f->framework);
	return 0;
}

static int check_packages(const struct facts *f, struct ml_refusal *out)
{
	struct json uris = json_get(f->v, "packageUris");

	for (struct json c = json_first(uris); json_present(c); c = json_next(c)) {
		_cleanup_free_ char *uri = json_strdup(c), *memory = NULL;
		const char *bucket, *object;

		if (!uri || resource_gs_uri(uri, &memory, &bucket, &object) < 0)
			return refuse(out, "packageUris", "'%s' is no gs://BUCKET/OBJECT.",
				      uri ? uri : "");
	}
	if (json_count(uris) && runtime_cmp(f, 1, 4) < 0)
		return refuse(out, "packageUris", "Packages need runtime version 1.4 or greater.");
	return 0;
}

/* module_name.class_name, the module possibly within packages. */
static bool is_class(const char *s)
{
	unsigned parts = 0;

	for (;; s++) {
		if (!isalpha((unsigned char)*s) && *s != '_')
			return false;
		while (isalnum((unsigned char)*s) || *s == '_')
			s++;
		parts++;
		if (!*s)
			return parts >= 2;
		if (*s != '.')
			return false;
	}
}

static int check_prediction_class(const struct facts *f, struct ml_refusal *out)
{
	if (!f->prediction_class)
		return 0;
	if (!is_class(f->prediction_class))
		return refuse(out, "predictionClass", "'%s' is no module_name.class_name.",
			      f->prediction_class);
	if (runtime_cmp(f, 1, 4) < 0)
		return refuse(out, "predictionClass",
			      "A prediction class needs runtime version 1.4 or greater.");
	if (json_count(json_get(f->v, "packageUris")) == 0)
		return refuse(out, "predictionClass",
			      "A prediction class needs packageUris: one of the packages must "
			      "contain it.");
	return 0;
}

static int check_scaling(const struct facts *f, struct ml_refusal *out)
{
	struct json automatic = json_get(f->v, "autoScaling");
	struct json manual = json_get(f->v, "manualScaling");
	struct json accelerator = json_get(f->v, "acceleratorConfig");
	int64_t min = 0, nodes = 0;

	if (given(automatic) && given(manual))
		return refuse(out, "manualScaling",
			      "Only one of autoScaling and manualScaling can be given.");
	if (given(json_get(automatic, "minNodes")) &&
	    (json_int64(json_get(automatic, "minNodes"), &min) < 0 || min < (f->mls1 ? 0 : 1)))
		return refuse(out, "autoScaling.minNodes", "minNodes must be at least %d.",
			      f->mls1 ? 0 : 1);
	if (given(manual) && (json_int64(json_get(manual, "nodes"), &nodes) < 0 || nodes < 1))
		return refuse(out, "manualScaling.nodes", "nodes must be at least 1.");
	if (!given(accelerator))
		return 0;
	if (f->mls1)
		return refuse(out, "acceleratorConfig",
			      "Accelerators need a Compute Engine (N1) machine type.");
	if (!given(manual))
		return refuse(out, "acceleratorConfig",
			      "Accelerators need manualScaling: autoScaling cannot be used with "
			      "GPUs.");
	return 0;
}

static int check_explanation(const struct facts *f, struct ml_refusal *out)
{
	static const struct {
		const char *arm, *count, *path;
	} arms[] = {
		{"integratedGradientsAttribution", "numIntegralSteps",
		 "explanationConfig.integratedGradientsAttribution"},
		{"sampledShapleyAttribution", "numPaths",
		 "explanationConfig.sampledShapleyAttribution"},
		{"xraiAttribution", "numIntegralSteps", "explanationConfig.xraiAttribution"},
	};
	struct json config = json_get(f->v, "explanationConfig");
	size_t found = 0;

	if (!given(config))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(arms); i++) {
		struct json arm = json_get(config, arms[i].arm);
		int64_t n = 0;

		if (!given(arm))
			continue;
		found++;
		if (json_int64(json_get(arm, arms[i].count), &n) < 0 || n < 1)
			return refuse(out, arms[i].path, "%s must be at least 1.", arms[i].count);
	}
	if (found != 1)
		return refuse(out, "explanationConfig",
			      "Exactly one attribution method is needed.");
	if (f->container || f->prediction_class ||
	    (f->framework && !streq(f->framework, "TENSORFLOW")))
		return refuse(out, "explanationConfig",
			      "Explanations are supported for TENSORFLOW only.");
	return 0;
}

static int check_image(struct json container, struct ml_refusal *out)
{
	_cleanup_free_ char *image = NULL, *host = NULL;
	int r = take_text(container, "image", &image, out);

	if (r < 0)
		return r;
	host = image ? strndup(image, strcspn(image, "/")) : NULL;
	if (!host || !ends_with(host, "-docker.pkg.dev") || streq(host, "-docker.pkg.dev") ||
	    !image[strlen(host)])
		return refuse(out, "container.image",
			      "'%s' is no image in Artifact Registry, "
			      "REGION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE.",
			      image ? image : "");
	return 0;
}

static int check_ports(struct json ports, struct ml_refusal *out)
{
	for (struct json c = json_first(ports); json_present(c); c = json_next(c)) {
		int64_t port = 0;

		if (json_int64(json_get(c, "containerPort"), &port) < 0 || port < 1 || port > 65535)
			return refuse(out, "container.ports",
				      "A port must be greater than 0 and less than 65536.");
	}
	return 0;
}

static int check_env(struct json env, struct ml_refusal *out)
{
	for (struct json c = json_first(env); json_present(c); c = json_next(c)) {
		_cleanup_free_ char *name = json_get_str(c, "name");
		const char *p = name ? name : "";

		if (!*p || isdigit((unsigned char)*p) || starts_with(p, "AIP_") ||
		    p[strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")])
			return refuse(out, "container.env",
				      "'%s' is no name for a variable: a C identifier that does "
				      "not begin with AIP_.",
				      p);
	}
	return 0;
}

static int check_container(const struct facts *f, struct ml_refusal *out)
{
	const struct {
		const char *field;
		bool there;
	} excluded[] = {
		{"runtimeVersion", f->runtime != NULL},
		{"pythonVersion", f->python != NULL},
		{"framework", f->framework != NULL},
		{"packageUris", json_count(json_get(f->v, "packageUris")) > 0},
		{"predictionClass", f->prediction_class != NULL},
	};
	struct json container = json_get(f->v, "container");
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(excluded); i++)
		if (excluded[i].there)
			return refuse(out, excluded[i].field,
				      "%s cannot be given together with container.",
				      excluded[i].field);
	if (!f->machine)
		return refuse(out, "machineType", "A container needs a machine type.");
	r = check_image(container, out);
	if (r == 0)
		r = check_ports(json_get(container, "ports"), out);
	return r < 0 ? r : check_env(json_get(container, "env"), out);
}

static int check_serving(struct facts *f, struct ml_refusal *out)
{
	int r;

	if (f->container)
		return check_container(f, out);
	if (given(json_get(f->v, "routes")))
		return refuse(out, "routes", "Routes need a container.");
	r = check_runtime(f, out);
	if (r == 0)
		r = check_packages(f, out);
	if (r == 0)
		r = check_prediction_class(f, out);
	return r < 0 ? r : check_framework(f, out);
}

int ml_check_version(struct json version, struct ml_refusal *out)
{
	_cleanup_(facts_free) struct facts f = {0};
	int r = take_facts(version, &f, out);

	if (r == 0)
		r = check_name(version, "version", out);
	if (r == 0)
		r = check_machine(&f, out);
	if (r == 0)
		r = check_deployment(&f, out);
	if (r == 0)
		r = check_serving(&f, out);
	if (r == 0)
		r = check_scaling(&f, out);
	if (r == 0)
		r = check_explanation(&f, out);
	if (r == 0 && f.service_account && !f.container && !f.prediction_class)
		return refuse(out, "serviceAccount",
			      "A service account needs container or predictionClass.");
	return r;
}

/* project.dataset.table: the last two have letters, digits and underscores. */
static bool is_table(const char *text)
{
	const char *table = strrchr(text, '.'), *dataset = table;

	while (dataset && dataset > text && dataset[-1] != '.')
		dataset--;
	if (!table || dataset <= text + 1 || dataset == table || !table[1])
		return false;
	for (const char *p = dataset; *p; p++)
		if (p != table && !isalnum((unsigned char)*p) && *p != '_')
			return false;
	for (const char *p = text; p < dataset - 1; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.:", *p))
			return false;
	return isalnum((unsigned char)text[0]);
}

static int check_logging(struct json config, struct ml_refusal *out)
{
	_cleanup_free_ char *table = NULL, *text = NULL;
	struct json percentage = json_get(config, "samplingPercentage");
	int r = 0;

	if (!given(config))
		return 0;
	r = take_text(config, "bigqueryTableName", &table, out);
	if (r < 0)
		return r;
	if (!table || !is_table(table))
		return refuse(out, "requestLoggingConfig.bigqueryTableName",
			      "'%s' is no project.dataset.table.", table ? table : "");
	if (given(percentage)) {
		size_t len;
		const char *raw = json_raw(percentage, &len);
		double d;

		text = json_type(percentage) == JSON_STRING ? json_strdup(percentage)
							    : strndup(raw, len);
		if (!text)
			return -ENOMEM;
		d = strtod(text, NULL);
		if (!(d >= 0 && d <= 1))
			return refuse(out, "requestLoggingConfig.samplingPercentage",
				      "%s is no fraction from 0 to 1.", text);
	}
	return 0;
}

static int check_node_paths(struct json current, bool mls1, const char *path, struct json body,
			    struct ml_refusal *out)
{
	bool manual = starts_with(path, "manualScaling");
	struct json value = json_path(body, path);
	int64_t n = manual || mls1 ? 0 : 1;

	if (!given(json_get(current, manual ? "manualScaling" : "autoScaling")))
		return refuse_code(out, API_FAILED_PRECONDITION, path,
				   "The version does not use %s.",
				   manual ? "manualScaling" : "autoScaling");
	if (manual && mls1)
		return refuse(out, path,
			      "nodes can be updated on a Compute Engine (N1) machine type only.");
	if (given(value) && json_int64(value, &n) < 0)
		n = -1;
	if (n < (manual || !mls1 ? 1 : 0))
		return refuse(out, path, "%s must be at least %d.", strchr(path, '.') + 1,
			      manual || !mls1 ? 1 : 0);
	return 0;
}

static int check_version_path(struct json current, bool mls1, const char *path, struct json body,
			      struct ml_refusal *out)
{
	if (streq(path, "description"))
		return 0;
	if (streq(path, "labels"))
		return mls1 ? refuse_code(out, API_FAILED_PRECONDITION, "labels",
					  "Labels cannot be updated on an MLS1 machine type.")
			    : 0;
	if (streq(path, "requestLoggingConfig"))
		return check_logging(json_get(body, path), out);
	if (streq(path, "autoScaling.minNodes") || streq(path, "manualScaling.nodes"))
		return check_node_paths(current, mls1, path, body, out);
	return refuse(out, "updateMask",
		      "'%s' cannot be updated: description, labels, requestLoggingConfig, "
		      "autoScaling.minNodes and manualScaling.nodes can.",
		      path);
}

int ml_check_version_patch(struct json current, const char *const *paths, size_t count,
			   struct json body, struct ml_refusal *out)
{
	_cleanup_free_ char *machine = json_get_str(current, "machineType");
	bool mls1 = ml_machine_is_mls1(machine ? machine : ML_MACHINE_DEFAULT);
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = check_version_path(current, mls1, paths[i], body, out);
	return r;
}

int ml_check_model_patch(const char *const *paths, size_t count, bool mls1, struct ml_refusal *out)
{
	for (size_t i = 0; i < count; i++) {
		if (streq(paths[i], "labels") && mls1)
			return refuse_code(out, API_FAILED_PRECONDITION, "labels",
					   "Labels cannot be updated on an MLS1 machine type.");
		if (!streq(paths[i], "description") && !streq(paths[i], "labels") &&
		    !streq(paths[i], "defaultVersion.name"))
			return refuse(out, "updateMask",
				      "'%s' cannot be updated: description, labels and "
				      "default_version.name can.",
				      paths[i]);
	}
	return 0;
}
