/* SPDX-License-Identifier: MIT */
/* Written by tests/schema/extract.py from Google's discovery documents; not by hand. */
#include "api/ml.h"

/* clang-format off */
static const struct message m_accelerator_config;
static const struct message m_request_logging_config;
static const struct message m_explanation_config;
static const struct message m_container_spec;
static const struct message m_route_map;
static const struct message m_auto_scaling;
static const struct message m_manual_scaling;
static const struct message m_status;
static const struct message m_capability;
static const struct message m_integrated_gradients_attribution;
static const struct message m_sampled_shapley_attribution;
static const struct message m_xrai_attribution;
static const struct message m_env_var;
static const struct message m_container_port;
static const struct message m_metric_spec;

static const struct field f_model[] = {
	{"name", FIELD_STRING, FIELD_REQUIRED | FIELD_IMMUTABLE, NULL, NULL},
	{"description", FIELD_STRING, FIELD_MODEL_MASK | FIELD_MULTILINE, NULL, NULL},
	{"defaultVersion", FIELD_MESSAGE, FIELD_OUTPUT_ONLY, &ml_version, NULL},
	{"regions", FIELD_STRING, FIELD_REPEATED | FIELD_IMMUTABLE, NULL, NULL},
	{"onlinePredictionLogging", FIELD_BOOL, FIELD_IMMUTABLE, NULL, NULL},
	{"onlinePredictionConsoleLogging", FIELD_BOOL, FIELD_IMMUTABLE, NULL, NULL},
	{"labels", FIELD_STRING, FIELD_MAP | FIELD_MODEL_MASK, NULL, NULL},
	{"etag", FIELD_BYTES, 0, NULL, NULL},
};
const struct message ml_model = {"Model", f_model, ARRAY_SIZE(f_model)};

static const char *const e_version_state[] = {
	"UNKNOWN",
	"READY",
	"CREATING",
	"FAILED",
	"DELETING",
	"UPDATING",
	NULL,
};
static const char *const e_version_framework[] = {
	"FRAMEWORK_UNSPECIFIED",
	"TENSORFLOW",
	"SCIKIT_LEARN",
	"XGBOOST",
	NULL,
};
static const struct field f_version[] = {
	{"name", FIELD_STRING, FIELD_REQUIRED | FIELD_IMMUTABLE, NULL, NULL},
	{"description", FIELD_STRING, FIELD_VERSION_MASK | FIELD_MULTILINE, NULL, NULL},
	{"isDefault", FIELD_BOOL, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"deploymentUri", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"createTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"lastUseTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"runtimeVersion", FIELD_STRING, FIELD_REQUIRED | FIELD_IMMUTABLE, NULL, NULL},
	{"machineType", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"state", FIELD_ENUM, FIELD_OUTPUT_ONLY, NULL, e_version_state},
	{"errorMessage", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"packageUris", FIELD_STRING, FIELD_REPEATED | FIELD_IMMUTABLE, NULL, NULL},
	{"labels", FIELD_STRING, FIELD_MAP | FIELD_VERSION_MASK, NULL, NULL},
	{"etag", FIELD_BYTES, 0, NULL, NULL},
	{"framework", FIELD_ENUM, FIELD_IMMUTABLE, NULL, e_version_framework},
	{"pythonVersion", FIELD_STRING, FIELD_REQUIRED | FIELD_IMMUTABLE, NULL, NULL},
	{"acceleratorConfig", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_accelerator_config, NULL},
	{"serviceAccount", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"requestLoggingConfig", FIELD_MESSAGE, FIELD_VERSION_MASK, &m_request_logging_config, NULL},
	{"explanationConfig", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_explanation_config, NULL},
	{"container", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_container_spec, NULL},
	{"routes", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_route_map, NULL},
	{"autoScaling", FIELD_MESSAGE, FIELD_VERSION_MASK | FIELD_UNION_ARM, &m_auto_scaling, NULL},
	{"manualScaling", FIELD_MESSAGE, FIELD_VERSION_MASK | FIELD_UNION_ARM, &m_manual_scaling, NULL},
	{"predictionClass", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"lastMigrationTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"lastMigrationModelId", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
};
const struct message ml_version = {"Version", f_version, ARRAY_SIZE(f_version)};

const struct message ml_set_default_version_request = {"SetDefaultVersionRequest", NULL, 0};

static const struct field f_operation[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
	{"metadata", FIELD_ANY, FIELD_MAP, NULL, NULL},
	{"done", FIELD_BOOL, 0, NULL, NULL},
	{"error", FIELD_MESSAGE, 0, &m_status, NULL},
	{"response", FIELD_ANY, FIELD_MAP, NULL, NULL},
};
const struct message ml_operation = {"Operation", f_operation, ARRAY_SIZE(f_operation)};

static const char *const e_operation_metadata_operation_type[] = {
	"OPERATION_TYPE_UNSPECIFIED",
	"CREATE_VERSION",
	"DELETE_VERSION",
	"DELETE_MODEL",
	"UPDATE_MODEL",
	"UPDATE_VERSION",
	"UPDATE_CONFIG",
	NULL,
};
static const struct field f_operation_metadata[] = {
	{"createTime", FIELD_TIMESTAMP, 0, NULL, NULL},
	{"startTime", FIELD_TIMESTAMP, 0, NULL, NULL},
	{"endTime", FIELD_TIMESTAMP, 0, NULL, NULL},
	{"isCancellationRequested", FIELD_BOOL, 0, NULL, NULL},
	{"operationType", FIELD_ENUM, 0, NULL, e_operation_metadata_operation_type},
	{"modelName", FIELD_STRING, 0, NULL, NULL},
	{"version", FIELD_MESSAGE, 0, &ml_version, NULL},
	{"projectNumber", FIELD_INT64, 0, NULL, NULL},
	{"labels", FIELD_STRING, FIELD_MAP, NULL, NULL},
};
const struct message ml_operation_metadata = {"OperationMetadata", f_operation_metadata, ARRAY_SIZE(f_operation_metadata)};

static const struct field f_location[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
	{"capabilities", FIELD_MESSAGE, FIELD_REPEATED, &m_capability, NULL},
};
const struct message ml_location = {"Location", f_location, ARRAY_SIZE(f_location)};

static const char *const e_accelerator_config_type[] = {
	"ACCELERATOR_TYPE_UNSPECIFIED",
	"NVIDIA_TESLA_K80",
	"NVIDIA_TESLA_P100",
	"NVIDIA_TESLA_V100",
	"NVIDIA_TESLA_P4",
	"NVIDIA_TESLA_T4",
	"NVIDIA_TESLA_A100",
	"TPU_V2",
	"TPU_V3",
	"TPU_V2_POD",
	"TPU_V3_POD",
	"TPU_V4_POD",
	NULL,
};
static const struct field f_accelerator_config[] = {
	{"count", FIELD_INT64, 0, NULL, NULL},
	{"type", FIELD_ENUM, 0, NULL, e_accelerator_config_type},
};
static const struct message m_accelerator_config = {"AcceleratorConfig", f_accelerator_config, ARRAY_SIZE(f_accelerator_config)};

static const struct field f_request_logging_config[] = {
	{"bigqueryTableName", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
	{"samplingPercentage", FIELD_FLOAT, 0, NULL, NULL},
};
static const struct message m_request_logging_config = {"RequestLoggingConfig", f_request_logging_config, ARRAY_SIZE(f_request_logging_config)};

static const struct field f_explanation_config[] = {
	{"integratedGradientsAttribution", FIELD_MESSAGE, 0, &m_integrated_gradients_attribution, NULL},
	{"sampledShapleyAttribution", FIELD_MESSAGE, 0, &m_sampled_shapley_attribution, NULL},
	{"xraiAttribution", FIELD_MESSAGE, 0, &m_xrai_attribution, NULL},
};
static const struct message m_explanation_config = {"ExplanationConfig", f_explanation_config, ARRAY_SIZE(f_explanation_config)};

static const struct field f_container_spec[] = {
	{"args", FIELD_STRING, FIELD_REPEATED | FIELD_IMMUTABLE, NULL, NULL},
	{"command", FIELD_STRING, FIELD_REPEATED | FIELD_IMMUTABLE, NULL, NULL},
	{"env", FIELD_MESSAGE, FIELD_REPEATED | FIELD_IMMUTABLE, &m_env_var, NULL},
	{"image", FIELD_STRING, 0, NULL, NULL},
	{"ports", FIELD_MESSAGE, FIELD_REPEATED | FIELD_IMMUTABLE, &m_container_port, NULL},
};
static const struct message m_container_spec = {"ContainerSpec", f_container_spec, ARRAY_SIZE(f_container_spec)};

static const struct field f_route_map[] = {
	{"health", FIELD_STRING, 0, NULL, NULL},
	{"predict", FIELD_STRING, 0, NULL, NULL},
};
static const struct message m_route_map = {"RouteMap", f_route_map, ARRAY_SIZE(f_route_map)};

static const struct field f_auto_scaling[] = {
	{"minNodes", FIELD_INT32, FIELD_VERSION_MASK, NULL, NULL},
	{"maxNodes", FIELD_INT32, FIELD_IMMUTABLE, NULL, NULL},
	{"metrics", FIELD_MESSAGE, FIELD_REPEATED | FIELD_IMMUTABLE, &m_metric_spec, NULL},
};
static const struct message m_auto_scaling = {"AutoScaling", f_auto_scaling, ARRAY_SIZE(f_auto_scaling)};

static const struct field f_manual_scaling[] = {
	{"nodes", FIELD_INT32, FIELD_VERSION_MASK, NULL, NULL},
};
static const struct message m_manual_scaling = {"ManualScaling", f_manual_scaling, ARRAY_SIZE(f_manual_scaling)};

static const struct field f_status[] = {
	{"code", FIELD_INT32, 0, NULL, NULL},
	{"message", FIELD_STRING, 0, NULL, NULL},
	{"details", FIELD_ANY, FIELD_REPEATED, NULL, NULL},
};
static const struct message m_status = {"Status", f_status, ARRAY_SIZE(f_status)};

static const char *const e_capability_type[] = {
	"TYPE_UNSPECIFIED",
	"TRAINING",
	"BATCH_PREDICTION",
	"ONLINE_PREDICTION",
	NULL,
};
static const char *const e_capability_available_accelerators[] = {
	"ACCELERATOR_TYPE_UNSPECIFIED",
	"NVIDIA_TESLA_K80",
	"NVIDIA_TESLA_P100",
	"NVIDIA_TESLA_V100",
	"NVIDIA_TESLA_P4",
	"NVIDIA_TESLA_T4",
	"NVIDIA_TESLA_A100",
	"TPU_V2",
	"TPU_V3",
	"TPU_V2_POD",
	"TPU_V3_POD",
	"TPU_V4_POD",
	NULL,
};
static const struct field f_capability[] = {
	{"type", FIELD_ENUM, 0, NULL, e_capability_type},
	{"availableAccelerators", FIELD_ENUM, FIELD_REPEATED, NULL, e_capability_available_accelerators},
};
static const struct message m_capability = {"Capability", f_capability, ARRAY_SIZE(f_capability)};

static const struct field f_integrated_gradients_attribution[] = {
	{"numIntegralSteps", FIELD_INT32, 0, NULL, NULL},
};
static const struct message m_integrated_gradients_attribution = {"IntegratedGradientsAttribution", f_integrated_gradients_attribution, ARRAY_SIZE(f_integrated_gradients_attribution)};

static const struct field f_sampled_shapley_attribution[] = {
	{"numPaths", FIELD_INT32, 0, NULL, NULL},
};
static const struct message m_sampled_shapley_attribution = {"SampledShapleyAttribution", f_sampled_shapley_attribution, ARRAY_SIZE(f_sampled_shapley_attribution)};

static const struct field f_xrai_attribution[] = {
	{"numIntegralSteps", FIELD_INT32, 0, NULL, NULL},
};
static const struct message m_xrai_attribution = {"XraiAttribution", f_xrai_attribution, ARRAY_SIZE(f_xrai_attribution)};

static const struct field f_env_var[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
	{"value", FIELD_STRING, 0, NULL, NULL},
};
static const struct message m_env_var = {"EnvVar", f_env_var, ARRAY_SIZE(f_env_var)};

static const struct field f_container_port[] = {
	{"containerPort", FIELD_INT32, 0, NULL, NULL},
};
static const struct message m_container_port = {"ContainerPort", f_container_port, ARRAY_SIZE(f_container_port)};

static const char *const e_metric_spec_name[] = {
	"METRIC_NAME_UNSPECIFIED",
	"CPU_USAGE",
	"GPU_DUTY_CYCLE",
	NULL,
};
static const struct field f_metric_spec[] = {
	{"name", FIELD_ENUM, 0, NULL, e_metric_spec_name},
	{"target", FIELD_INT32, 0, NULL, NULL},
};
static const struct message m_metric_spec = {"MetricSpec", f_metric_spec, ARRAY_SIZE(f_metric_spec)};
