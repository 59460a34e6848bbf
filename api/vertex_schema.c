/* SPDX-License-Identifier: MIT */
/* Written by tests/schema/extract.py from Google's discovery documents; not by hand. */
#include "api/vertex.h"

/* clang-format off */
static const struct message m_predict_schemata;
static const struct message m_model_export_format;
static const struct message m_model_container_spec;
static const struct message m_deployed_model_ref;
static const struct message m_explanation_spec;
static const struct message m_model_data_stats;
static const struct message m_encryption_spec;
static const struct message m_model_source_info;
static const struct message m_model_original_model_info;
static const struct message m_model_base_model_source;
static const struct message m_checkpoint;
static const struct message m_export_model_request_output_config;
static const struct message m_model_evaluation_bias_config;
static const struct message m_model_evaluation_model_evaluation_explanation_spec;
static const struct message m_model_explanation;
static const struct message m_status;
static const struct message m_env_var;
static const struct message m_port;
static const struct message m_probe;
static const struct message m_explanation_metadata;
static const struct message m_explanation_parameters;
static const struct message m_genie_source;
static const struct message m_model_garden_source;
static const struct message m_gcs_destination;
static const struct message m_container_registry_destination;
static const struct message m_model_evaluation_slice_slice_slice_spec;
static const struct message m_attribution;
static const struct message m_probe_exec_action;
static const struct message m_probe_grpc_action;
static const struct message m_probe_http_get_action;
static const struct message m_probe_tcp_socket_action;
static const struct message m_explanation_metadata_input_metadata;
static const struct message m_explanation_metadata_output_metadata;
static const struct message m_examples;
static const struct message m_integrated_gradients_attribution;
static const struct message m_sampled_shapley_attribution;
static const struct message m_xrai_attribution;
static const struct message m_model_evaluation_slice_slice_slice_spec_slice_config;
static const struct message m_probe_http_header;
static const struct message m_explanation_metadata_input_metadata_feature_value_domain;
static const struct message m_explanation_metadata_input_metadata_visualization;
static const struct message m_examples_example_gcs_source;
static const struct message m_gcs_source;
static const struct message m_presets;
static const struct message m_blur_baseline_config;
static const struct message m_smooth_grad_config;
static const struct message m_model_evaluation_slice_slice_slice_spec_range;
static const struct message m_model_evaluation_slice_slice_slice_spec_value;
static const struct message m_feature_noise_sigma;
static const struct message m_feature_noise_sigma_noise_sigma_for_feature;

static const char *const e_model_supported_deployment_resources_types[] = {
	"DEPLOYMENT_RESOURCES_TYPE_UNSPECIFIED",
	"DEDICATED_RESOURCES",
	"AUTOMATIC_RESOURCES",
	"SHARED_RESOURCES",
	NULL,
};
static const struct field f_model[] = {
	{"name", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"versionId", FIELD_STRING, FIELD_OUTPUT_ONLY | FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, NULL, NULL},
	{"versionAliases", FIELD_STRING, FIELD_REPEATED | FIELD_VERSION_LEVEL, NULL, NULL},
	{"versionCreateTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, NULL, NULL},
	{"versionUpdateTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, NULL, NULL},
	{"displayName", FIELD_STRING, FIELD_REQUIRED | FIELD_MODEL_MASK, NULL, NULL},
	{"description", FIELD_STRING, FIELD_MODEL_MASK | FIELD_MULTILINE, NULL, NULL},
	{"versionDescription", FIELD_STRING, FIELD_VERSION_MASK | FIELD_MULTILINE | FIELD_VERSION_LEVEL, NULL, NULL},
	{"defaultCheckpointId", FIELD_STRING, FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, NULL, NULL},
	{"predictSchemata", FIELD_MESSAGE, FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, &m_predict_schemata, NULL},
	{"metadataSchemaUri", FIELD_STRING, FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, NULL, NULL},
	{"metadata", FIELD_ANY, FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, NULL, NULL},
	{"supportedExportFormats", FIELD_MESSAGE, FIELD_REPEATED | FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, &m_model_export_format, NULL},
	{"trainingPipeline", FIELD_STRING, FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, NULL, NULL},
	{"pipelineJob", FIELD_STRING, FIELD_IMMUTABLE | FIELD_NOT_IN_BETA | FIELD_VERSION_LEVEL, NULL, NULL},
	{"containerSpec", FIELD_MESSAGE, FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, &m_model_container_spec, NULL},
	{"artifactUri", FIELD_STRING, FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, NULL, NULL},
	{"supportedDeploymentResourcesTypes", FIELD_ENUM, FIELD_REPEATED | FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, NULL, e_model_supported_deployment_resources_types},
	{"supportedInputStorageFormats", FIELD_STRING, FIELD_REPEATED | FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, NULL, NULL},
	{"supportedOutputStorageFormats", FIELD_STRING, FIELD_REPEATED | FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, NULL, NULL},
	{"createTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"updateTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"deployedModels", FIELD_MESSAGE, FIELD_REPEATED | FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, &m_deployed_model_ref, NULL},
	{"explanationSpec", FIELD_MESSAGE, FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, &m_explanation_spec, NULL},
	{"etag", FIELD_STRING, 0, NULL, NULL},
	{"labels", FIELD_STRING, FIELD_MAP | FIELD_MODEL_MASK | FIELD_VERSION_MASK, NULL, NULL},
	{"dataStats", FIELD_MESSAGE, FIELD_IMMUTABLE | FIELD_NOT_IN_BETA | FIELD_VERSION_LEVEL, &m_model_data_stats, NULL},
	{"encryptionSpec", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_encryption_spec, NULL},
	{"modelSourceInfo", FIELD_MESSAGE, FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, &m_model_source_info, NULL},
	{"originalModelInfo", FIELD_MESSAGE, FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, &m_model_original_model_info, NULL},
	{"metadataArtifact", FIELD_STRING, FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, NULL, NULL},
	{"baseModelSource", FIELD_MESSAGE, FIELD_IMMUTABLE | FIELD_VERSION_LEVEL, &m_model_base_model_source, NULL},
	{"satisfiesPzs", FIELD_BOOL, FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, NULL, NULL},
	{"satisfiesPzi", FIELD_BOOL, FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, NULL, NULL},
	{"checkpoints", FIELD_MESSAGE, FIELD_REPEATED | FIELD_OUTPUT_ONLY | FIELD_VERSION_LEVEL, &m_checkpoint, NULL},
};
const struct message vertex_model = {"Model", f_model, ARRAY_SIZE(f_model)};

static const struct field f_upload_model_request[] = {
	{"parentModel", FIELD_STRING, 0, NULL, NULL},
	{"modelId", FIELD_STRING, 0, NULL, NULL},
	{"model", FIELD_MESSAGE, FIELD_REQUIRED, &vertex_model, NULL},
	{"serviceAccount", FIELD_STRING, 0, NULL, NULL},
};
const struct message vertex_upload_model_request = {"UploadModelRequest", f_upload_model_request, ARRAY_SIZE(f_upload_model_request)};

static const struct field f_merge_version_aliases_request[] = {
	{"versionAliases", FIELD_STRING, FIELD_REPEATED | FIELD_REQUIRED, NULL, NULL},
};
const struct message vertex_merge_version_aliases_request = {"MergeVersionAliasesRequest", f_merge_version_aliases_request, ARRAY_SIZE(f_merge_version_aliases_request)};

static const struct field f_export_model_request[] = {
	{"outputConfig", FIELD_MESSAGE, FIELD_REQUIRED, &m_export_model_request_output_config, NULL},
};
const struct message vertex_export_model_request = {"ExportModelRequest", f_export_model_request, ARRAY_SIZE(f_export_model_request)};

static const struct field f_copy_model_request[] = {
	{"customServiceAccount", FIELD_STRING, FIELD_NOT_IN_BETA, NULL, NULL},
	{"encryptionSpec", FIELD_MESSAGE, 0, &m_encryption_spec, NULL},
	{"modelId", FIELD_STRING, 0, NULL, NULL},
	{"parentModel", FIELD_STRING, 0, NULL, NULL},
	{"sourceModel", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
};
const struct message vertex_copy_model_request = {"CopyModelRequest", f_copy_model_request, ARRAY_SIZE(f_copy_model_request)};

static const struct field f_model_evaluation[] = {
	{"annotationSchemaUri", FIELD_STRING, FIELD_NOT_IN_BETA, NULL, NULL},
	{"biasConfigs", FIELD_MESSAGE, FIELD_ONLY_IN_BETA, &m_model_evaluation_bias_config, NULL},
	{"createTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"dataItemSchemaUri", FIELD_STRING, FIELD_NOT_IN_BETA, NULL, NULL},
	{"displayName", FIELD_STRING, 0, NULL, NULL},
	{"explanationSpecs", FIELD_MESSAGE, FIELD_REPEATED, &m_model_evaluation_model_evaluation_explanation_spec, NULL},
	{"metadata", FIELD_ANY, 0, NULL, NULL},
	{"metrics", FIELD_ANY, 0, NULL, NULL},
	{"metricsSchemaUri", FIELD_STRING, 0, NULL, NULL},
	{"modelExplanation", FIELD_MESSAGE, 0, &m_model_explanation, NULL},
	{"name", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"sliceDimensions", FIELD_STRING, FIELD_REPEATED, NULL, NULL},
};
const struct message vertex_model_evaluation = {"ModelEvaluation", f_model_evaluation, ARRAY_SIZE(f_model_evaluation)};

static const struct field f_operation[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
	{"metadata", FIELD_ANY, FIELD_MAP, NULL, NULL},
	{"done", FIELD_BOOL, 0, NULL, NULL},
	{"error", FIELD_MESSAGE, 0, &m_status, NULL},
	{"response", FIELD_ANY, FIELD_MAP, NULL, NULL},
};
const struct message vertex_operation = {"Operation", f_operation, ARRAY_SIZE(f_operation)};

static const struct field f_predict_schemata[] = {
	{"instanceSchemaUri", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"parametersSchemaUri", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"predictionSchemaUri", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
};
static const struct message m_predict_schemata = {"PredictSchemata", f_predict_schemata, ARRAY_SIZE(f_predict_schemata)};

static const char *const e_model_export_format_exportable_contents[] = {
	"EXPORTABLE_CONTENT_UNSPECIFIED",
	"ARTIFACT",
	"IMAGE",
	NULL,
};
static const struct field f_model_export_format[] = {
	{"id", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"exportableContents", FIELD_ENUM, FIELD_REPEATED | FIELD_OUTPUT_ONLY, NULL, e_model_export_format_exportable_contents},
};
static const struct message m_model_export_format = {"ModelExportFormat", f_model_export_format, ARRAY_SIZE(f_model_export_format)};

static const struct field f_model_container_spec[] = {
	{"args", FIELD_STRING, FIELD_REPEATED | FIELD_IMMUTABLE, NULL, NULL},
	{"command", FIELD_STRING, FIELD_REPEATED | FIELD_IMMUTABLE, NULL, NULL},
	{"deploymentTimeout", FIELD_DURATION, FIELD_IMMUTABLE, NULL, NULL},
	{"env", FIELD_MESSAGE, FIELD_REPEATED | FIELD_IMMUTABLE, &m_env_var, NULL},
	{"grpcPorts", FIELD_MESSAGE, FIELD_REPEATED | FIELD_IMMUTABLE, &m_port, NULL},
	{"healthProbe", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_probe, NULL},
	{"healthRoute", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"imageUri", FIELD_STRING, FIELD_REQUIRED | FIELD_IMMUTABLE, NULL, NULL},
	{"invokeRoutePrefix", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"livenessProbe", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_probe, NULL},
	{"ports", FIELD_MESSAGE, FIELD_REPEATED | FIELD_IMMUTABLE, &m_port, NULL},
	{"predictRoute", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"sharedMemorySizeMb", FIELD_INT64, FIELD_IMMUTABLE, NULL, NULL},
	{"startupProbe", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_probe, NULL},
};
static const struct message m_model_container_spec = {"ModelContainerSpec", f_model_container_spec, ARRAY_SIZE(f_model_container_spec)};

static const struct field f_deployed_model_ref[] = {
	{"checkpointId", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"deployedModelId", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
	{"endpoint", FIELD_STRING, FIELD_IMMUTABLE, NULL, NULL},
};
static const struct message m_deployed_model_ref = {"DeployedModelRef", f_deployed_model_ref, ARRAY_SIZE(f_deployed_model_ref)};

static const struct field f_explanation_spec[] = {
	{"metadata", FIELD_MESSAGE, 0, &m_explanation_metadata, NULL},
	{"parameters", FIELD_MESSAGE, FIELD_REQUIRED, &m_explanation_parameters, NULL},
};
static const struct message m_explanation_spec = {"ExplanationSpec", f_explanation_spec, ARRAY_SIZE(f_explanation_spec)};

static const struct field f_model_data_stats[] = {
	{"testAnnotationsCount", FIELD_INT64, 0, NULL, NULL},
	{"testDataItemsCount", FIELD_INT64, 0, NULL, NULL},
	{"trainingAnnotationsCount", FIELD_INT64, 0, NULL, NULL},
	{"trainingDataItemsCount", FIELD_INT64, 0, NULL, NULL},
	{"validationAnnotationsCount", FIELD_INT64, 0, NULL, NULL},
	{"validationDataItemsCount", FIELD_INT64, 0, NULL, NULL},
};
static const struct message m_model_data_stats = {"ModelDataStats", f_model_data_stats, ARRAY_SIZE(f_model_data_stats)};

static const struct field f_encryption_spec[] = {
	{"kmsKeyName", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_encryption_spec = {"EncryptionSpec", f_encryption_spec, ARRAY_SIZE(f_encryption_spec)};

static const char *const e_model_source_info_source_type[] = {
	"MODEL_SOURCE_TYPE_UNSPECIFIED",
	"AUTOML",
	"CUSTOM",
	"BQML",
	"MODEL_GARDEN",
	"GENIE",
	"CUSTOM_TEXT_EMBEDDING",
	"MARKETPLACE",
	NULL,
};
static const struct field f_model_source_info[] = {
	{"copy", FIELD_BOOL, 0, NULL, NULL},
	{"sourceType", FIELD_ENUM, 0, NULL, e_model_source_info_source_type},
};
static const struct message m_model_source_info = {"ModelSourceInfo", f_model_source_info, ARRAY_SIZE(f_model_source_info)};

static const struct field f_model_original_model_info[] = {
	{"model", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_model_original_model_info = {"ModelOriginalModelInfo", f_model_original_model_info, ARRAY_SIZE(f_model_original_model_info)};

static const struct field f_model_base_model_source[] = {
	{"genieSource", FIELD_MESSAGE, 0, &m_genie_source, NULL},
	{"modelGardenSource", FIELD_MESSAGE, 0, &m_model_garden_source, NULL},
};
static const struct message m_model_base_model_source = {"ModelBaseModelSource", f_model_base_model_source, ARRAY_SIZE(f_model_base_model_source)};

static const struct field f_checkpoint[] = {
	{"checkpointId", FIELD_STRING, 0, NULL, NULL},
	{"epoch", FIELD_INT64, 0, NULL, NULL},
	{"step", FIELD_INT64, 0, NULL, NULL},
};
static const struct message m_checkpoint = {"Checkpoint", f_checkpoint, ARRAY_SIZE(f_checkpoint)};

static const struct field f_export_model_request_output_config[] = {
	{"exportFormatId", FIELD_STRING, 0, NULL, NULL},
	{"artifactDestination", FIELD_MESSAGE, 0, &m_gcs_destination, NULL},
	{"imageDestination", FIELD_MESSAGE, 0, &m_container_registry_destination, NULL},
};
static const struct message m_export_model_request_output_config = {"OutputConfig", f_export_model_request_output_config, ARRAY_SIZE(f_export_model_request_output_config)};

static const struct field f_model_evaluation_bias_config[] = {
	{"biasSlices", FIELD_MESSAGE, 0, &m_model_evaluation_slice_slice_slice_spec, NULL},
	{"labels", FIELD_STRING, FIELD_REPEATED, NULL, NULL},
};
static const struct message m_model_evaluation_bias_config = {"ModelEvaluationBiasConfig", f_model_evaluation_bias_config, ARRAY_SIZE(f_model_evaluation_bias_config)};

static const struct field f_model_evaluation_model_evaluation_explanation_spec[] = {
	{"explanationSpec", FIELD_MESSAGE, 0, &m_explanation_spec, NULL},
	{"explanationType", FIELD_STRING, 0, NULL, NULL},
};
static const struct message m_model_evaluation_model_evaluation_explanation_spec = {"ModelEvaluationModelEvaluationExplanationSpec", f_model_evaluation_model_evaluation_explanation_spec, ARRAY_SIZE(f_model_evaluation_model_evaluation_explanation_spec)};

static const struct field f_model_explanation[] = {
	{"meanAttributions", FIELD_MESSAGE, FIELD_REPEATED | FIELD_OUTPUT_ONLY, &m_attribution, NULL},
};
static const struct message m_model_explanation = {"ModelExplanation", f_model_explanation, ARRAY_SIZE(f_model_explanation)};

static const struct field f_status[] = {
	{"code", FIELD_INT32, 0, NULL, NULL},
	{"message", FIELD_STRING, 0, NULL, NULL},
	{"details", FIELD_ANY, FIELD_REPEATED, NULL, NULL},
};
static const struct message m_status = {"Status", f_status, ARRAY_SIZE(f_status)};

static const struct field f_env_var[] = {
	{"name", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
	{"value", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_env_var = {"EnvVar", f_env_var, ARRAY_SIZE(f_env_var)};

static const struct field f_port[] = {
	{"containerPort", FIELD_INT32, 0, NULL, NULL},
};
static const struct message m_port = {"Port", f_port, ARRAY_SIZE(f_port)};

static const struct field f_probe[] = {
	{"exec", FIELD_MESSAGE, 0, &m_probe_exec_action, NULL},
	{"failureThreshold", FIELD_INT32, 0, NULL, NULL},
	{"grpc", FIELD_MESSAGE, 0, &m_probe_grpc_action, NULL},
	{"httpGet", FIELD_MESSAGE, 0, &m_probe_http_get_action, NULL},
	{"initialDelaySeconds", FIELD_INT32, 0, NULL, NULL},
	{"periodSeconds", FIELD_INT32, 0, NULL, NULL},
	{"successThreshold", FIELD_INT32, 0, NULL, NULL},
	{"tcpSocket", FIELD_MESSAGE, 0, &m_probe_tcp_socket_action, NULL},
	{"timeoutSeconds", FIELD_INT32, 0, NULL, NULL},
};
static const struct message m_probe = {"Probe", f_probe, ARRAY_SIZE(f_probe)};

static const struct field f_explanation_metadata[] = {
	{"featureAttributionsSchemaUri", FIELD_STRING, 0, NULL, NULL},
	{"inputs", FIELD_MESSAGE, FIELD_MAP | FIELD_REQUIRED, &m_explanation_metadata_input_metadata, NULL},
	{"latentSpaceSource", FIELD_STRING, 0, NULL, NULL},
	{"outputs", FIELD_MESSAGE, FIELD_MAP | FIELD_REQUIRED, &m_explanation_metadata_output_metadata, NULL},
};
static const struct message m_explanation_metadata = {"ExplanationMetadata", f_explanation_metadata, ARRAY_SIZE(f_explanation_metadata)};

static const struct field f_explanation_parameters[] = {
	{"examples", FIELD_MESSAGE, 0, &m_examples, NULL},
	{"integratedGradientsAttribution", FIELD_MESSAGE, 0, &m_integrated_gradients_attribution, NULL},
	{"outputIndices", FIELD_ANY, FIELD_REPEATED, NULL, NULL},
	{"sampledShapleyAttribution", FIELD_MESSAGE, 0, &m_sampled_shapley_attribution, NULL},
	{"topK", FIELD_INT32, 0, NULL, NULL},
	{"xraiAttribution", FIELD_MESSAGE, 0, &m_xrai_attribution, NULL},
};
static const struct message m_explanation_parameters = {"ExplanationParameters", f_explanation_parameters, ARRAY_SIZE(f_explanation_parameters)};

static const struct field f_genie_source[] = {
	{"baseModelUri", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_genie_source = {"GenieSource", f_genie_source, ARRAY_SIZE(f_genie_source)};

static const struct field f_model_garden_source[] = {
	{"publicModelName", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
	{"skipHfModelCache", FIELD_BOOL, 0, NULL, NULL},
	{"versionId", FIELD_STRING, 0, NULL, NULL},
};
static const struct message m_model_garden_source = {"ModelGardenSource", f_model_garden_source, ARRAY_SIZE(f_model_garden_source)};

static const struct field f_gcs_destination[] = {
	{"outputUriPrefix", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_gcs_destination = {"GcsDestination", f_gcs_destination, ARRAY_SIZE(f_gcs_destination)};

static const struct field f_container_registry_destination[] = {
	{"outputUri", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_container_registry_destination = {"ContainerRegistryDestination", f_container_registry_destination, ARRAY_SIZE(f_container_registry_destination)};

static const struct field f_model_evaluation_slice_slice_slice_spec[] = {
	{"configs", FIELD_MESSAGE, FIELD_MAP, &m_model_evaluation_slice_slice_slice_spec_slice_config, NULL},
};
static const struct message m_model_evaluation_slice_slice_slice_spec = {"ModelEvaluationSliceSliceSliceSpec", f_model_evaluation_slice_slice_slice_spec, ARRAY_SIZE(f_model_evaluation_slice_slice_slice_spec)};

static const struct field f_attribution[] = {
	{"approximationError", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"baselineOutputValue", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"featureAttributions", FIELD_ANY, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"instanceOutputValue", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"outputDisplayName", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"outputIndex", FIELD_INT32, FIELD_REPEATED | FIELD_OUTPUT_ONLY, NULL, NULL},
	{"outputName", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_attribution = {"Attribution", f_attribution, ARRAY_SIZE(f_attribution)};

static const struct field f_probe_exec_action[] = {
	{"command", FIELD_STRING, FIELD_REPEATED, NULL, NULL},
};
static const struct message m_probe_exec_action = {"ProbeExecAction", f_probe_exec_action, ARRAY_SIZE(f_probe_exec_action)};

static const struct field f_probe_grpc_action[] = {
	{"port", FIELD_INT32, 0, NULL, NULL},
	{"service", FIELD_STRING, 0, NULL, NULL},
};
static const struct message m_probe_grpc_action = {"ProbeGrpcAction", f_probe_grpc_action, ARRAY_SIZE(f_probe_grpc_action)};

static const struct field f_probe_http_get_action[] = {
	{"host", FIELD_STRING, 0, NULL, NULL},
	{"httpHeaders", FIELD_MESSAGE, FIELD_REPEATED, &m_probe_http_header, NULL},
	{"path", FIELD_STRING, 0, NULL, NULL},
	{"port", FIELD_INT32, 0, NULL, NULL},
	{"scheme", FIELD_STRING, 0, NULL, NULL},
};
static const struct message m_probe_http_get_action = {"ProbeHttpGetAction", f_probe_http_get_action, ARRAY_SIZE(f_probe_http_get_action)};

static const struct field f_probe_tcp_socket_action[] = {
	{"host", FIELD_STRING, 0, NULL, NULL},
	{"port", FIELD_INT32, 0, NULL, NULL},
};
static const struct message m_probe_tcp_socket_action = {"ProbeTcpSocketAction", f_probe_tcp_socket_action, ARRAY_SIZE(f_probe_tcp_socket_action)};

static const char *const e_explanation_metadata_input_metadata_encoding[] = {
	"ENCODING_UNSPECIFIED",
	"IDENTITY",
	"BAG_OF_FEATURES",
	"BAG_OF_FEATURES_SPARSE",
	"INDICATOR",
	"COMBINED_EMBEDDING",
	"CONCAT_EMBEDDING",
	NULL,
};
static const struct field f_explanation_metadata_input_metadata[] = {
	{"denseShapeTensorName", FIELD_STRING, 0, NULL, NULL},
	{"encodedBaselines", FIELD_ANY, FIELD_REPEATED, NULL, NULL},
	{"encodedTensorName", FIELD_STRING, 0, NULL, NULL},
	{"encoding", FIELD_ENUM, 0, NULL, e_explanation_metadata_input_metadata_encoding},
	{"featureValueDomain", FIELD_MESSAGE, 0, &m_explanation_metadata_input_metadata_feature_value_domain, NULL},
	{"groupName", FIELD_STRING, 0, NULL, NULL},
	{"indexFeatureMapping", FIELD_STRING, FIELD_REPEATED, NULL, NULL},
	{"indicesTensorName", FIELD_STRING, 0, NULL, NULL},
	{"inputBaselines", FIELD_ANY, FIELD_REPEATED, NULL, NULL},
	{"inputTensorName", FIELD_STRING, 0, NULL, NULL},
	{"modality", FIELD_STRING, 0, NULL, NULL},
	{"visualization", FIELD_MESSAGE, 0, &m_explanation_metadata_input_metadata_visualization, NULL},
};
static const struct message m_explanation_metadata_input_metadata = {"ExplanationMetadataInputMetadata", f_explanation_metadata_input_metadata, ARRAY_SIZE(f_explanation_metadata_input_metadata)};

static const struct field f_explanation_metadata_output_metadata[] = {
	{"displayNameMappingKey", FIELD_STRING, 0, NULL, NULL},
	{"indexDisplayNameMapping", FIELD_ANY, 0, NULL, NULL},
	{"outputTensorName", FIELD_STRING, 0, NULL, NULL},
};
static const struct message m_explanation_metadata_output_metadata = {"ExplanationMetadataOutputMetadata", f_explanation_metadata_output_metadata, ARRAY_SIZE(f_explanation_metadata_output_metadata)};

static const struct field f_examples[] = {
	{"exampleGcsSource", FIELD_MESSAGE, 0, &m_examples_example_gcs_source, NULL},
	{"gcsSource", FIELD_MESSAGE, FIELD_ONLY_IN_BETA, &m_gcs_source, NULL},
	{"nearestNeighborSearchConfig", FIELD_ANY, 0, NULL, NULL},
	{"neighborCount", FIELD_INT32, 0, NULL, NULL},
	{"presets", FIELD_MESSAGE, 0, &m_presets, NULL},
};
static const struct message m_examples = {"Examples", f_examples, ARRAY_SIZE(f_examples)};

static const struct field f_integrated_gradients_attribution[] = {
	{"blurBaselineConfig", FIELD_MESSAGE, 0, &m_blur_baseline_config, NULL},
	{"smoothGradConfig", FIELD_MESSAGE, 0, &m_smooth_grad_config, NULL},
	{"stepCount", FIELD_INT32, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_integrated_gradients_attribution = {"IntegratedGradientsAttribution", f_integrated_gradients_attribution, ARRAY_SIZE(f_integrated_gradients_attribution)};

static const struct field f_sampled_shapley_attribution[] = {
	{"pathCount", FIELD_INT32, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_sampled_shapley_attribution = {"SampledShapleyAttribution", f_sampled_shapley_attribution, ARRAY_SIZE(f_sampled_shapley_attribution)};

static const struct field f_xrai_attribution[] = {
	{"blurBaselineConfig", FIELD_MESSAGE, 0, &m_blur_baseline_config, NULL},
	{"smoothGradConfig", FIELD_MESSAGE, 0, &m_smooth_grad_config, NULL},
	{"stepCount", FIELD_INT32, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_xrai_attribution = {"XraiAttribution", f_xrai_attribution, ARRAY_SIZE(f_xrai_attribution)};

static const struct field f_model_evaluation_slice_slice_slice_spec_slice_config[] = {
	{"allValues", FIELD_BOOL, 0, NULL, NULL},
	{"range", FIELD_MESSAGE, 0, &m_model_evaluation_slice_slice_slice_spec_range, NULL},
	{"value", FIELD_MESSAGE, 0, &m_model_evaluation_slice_slice_slice_spec_value, NULL},
};
static const struct message m_model_evaluation_slice_slice_slice_spec_slice_config = {"ModelEvaluationSliceSliceSliceSpecSliceConfig", f_model_evaluation_slice_slice_slice_spec_slice_config, ARRAY_SIZE(f_model_evaluation_slice_slice_slice_spec_slice_config)};

static const struct field f_probe_http_header[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
	{"value", FIELD_STRING, 0, NULL, NULL},
};
static const struct message m_probe_http_header = {"ProbeHttpHeader", f_probe_http_header, ARRAY_SIZE(f_probe_http_header)};

static const struct field f_explanation_metadata_input_metadata_feature_value_domain[] = {
	{"maxValue", FIELD_FLOAT, 0, NULL, NULL},
	{"minValue", FIELD_FLOAT, 0, NULL, NULL},
	{"originalMean", FIELD_FLOAT, 0, NULL, NULL},
	{"originalStddev", FIELD_FLOAT, 0, NULL, NULL},
};
static const struct message m_explanation_metadata_input_metadata_feature_value_domain = {"ExplanationMetadataInputMetadataFeatureValueDomain", f_explanation_metadata_input_metadata_feature_value_domain, ARRAY_SIZE(f_explanation_metadata_input_metadata_feature_value_domain)};

static const char *const e_explanation_metadata_input_metadata_visualization_color_map[] = {
	"COLOR_MAP_UNSPECIFIED",
	"PINK_GREEN",
	"VIRIDIS",
	"RED",
	"GREEN",
	"RED_GREEN",
	"PINK_WHITE_GREEN",
	NULL,
};
static const char *const e_explanation_metadata_input_metadata_visualization_overlay_type[] = {
	"OVERLAY_TYPE_UNSPECIFIED",
	"NONE",
	"ORIGINAL",
	"GRAYSCALE",
	"MASK_BLACK",
	NULL,
};
static const char *const e_explanation_metadata_input_metadata_visualization_polarity[] = {
	"POLARITY_UNSPECIFIED",
	"POSITIVE",
	"NEGATIVE",
	"BOTH",
	NULL,
};
static const char *const e_explanation_metadata_input_metadata_visualization_type[] = {
	"TYPE_UNSPECIFIED",
	"PIXELS",
	"OUTLINES",
	NULL,
};
static const struct field f_explanation_metadata_input_metadata_visualization[] = {
	{"clipPercentLowerbound", FIELD_FLOAT, 0, NULL, NULL},
	{"clipPercentUpperbound", FIELD_FLOAT, 0, NULL, NULL},
	{"colorMap", FIELD_ENUM, 0, NULL, e_explanation_metadata_input_metadata_visualization_color_map},
	{"overlayType", FIELD_ENUM, 0, NULL, e_explanation_metadata_input_metadata_visualization_overlay_type},
	{"polarity", FIELD_ENUM, 0, NULL, e_explanation_metadata_input_metadata_visualization_polarity},
	{"type", FIELD_ENUM, 0, NULL, e_explanation_metadata_input_metadata_visualization_type},
};
static const struct message m_explanation_metadata_input_metadata_visualization = {"ExplanationMetadataInputMetadataVisualization", f_explanation_metadata_input_metadata_visualization, ARRAY_SIZE(f_explanation_metadata_input_metadata_visualization)};

static const char *const e_examples_example_gcs_source_data_format[] = {
	"DATA_FORMAT_UNSPECIFIED",
	"JSONL",
	NULL,
};
static const struct field f_examples_example_gcs_source[] = {
	{"dataFormat", FIELD_ENUM, 0, NULL, e_examples_example_gcs_source_data_format},
	{"gcsSource", FIELD_MESSAGE, 0, &m_gcs_source, NULL},
};
static const struct message m_examples_example_gcs_source = {"ExamplesExampleGcsSource", f_examples_example_gcs_source, ARRAY_SIZE(f_examples_example_gcs_source)};

static const struct field f_gcs_source[] = {
	{"uris", FIELD_STRING, FIELD_REPEATED | FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_gcs_source = {"GcsSource", f_gcs_source, ARRAY_SIZE(f_gcs_source)};

static const char *const e_presets_modality[] = {
	"MODALITY_UNSPECIFIED",
	"IMAGE",
	"TEXT",
	"TABULAR",
	NULL,
};
static const char *const e_presets_query[] = {
	"PRECISE",
	"FAST",
	NULL,
};
static const struct field f_presets[] = {
	{"modality", FIELD_ENUM, 0, NULL, e_presets_modality},
	{"query", FIELD_ENUM, 0, NULL, e_presets_query},
};
static const struct message m_presets = {"Presets", f_presets, ARRAY_SIZE(f_presets)};

static const struct field f_blur_baseline_config[] = {
	{"maxBlurSigma", FIELD_FLOAT, 0, NULL, NULL},
};
static const struct message m_blur_baseline_config = {"BlurBaselineConfig", f_blur_baseline_config, ARRAY_SIZE(f_blur_baseline_config)};

static const struct field f_smooth_grad_config[] = {
	{"featureNoiseSigma", FIELD_MESSAGE, 0, &m_feature_noise_sigma, NULL},
	{"noiseSigma", FIELD_FLOAT, 0, NULL, NULL},
	{"noisySampleCount", FIELD_INT32, 0, NULL, NULL},
};
static const struct message m_smooth_grad_config = {"SmoothGradConfig", f_smooth_grad_config, ARRAY_SIZE(f_smooth_grad_config)};

static const struct field f_model_evaluation_slice_slice_slice_spec_range[] = {
	{"high", FIELD_FLOAT, 0, NULL, NULL},
	{"low", FIELD_FLOAT, 0, NULL, NULL},
};
static const struct message m_model_evaluation_slice_slice_slice_spec_range = {"ModelEvaluationSliceSliceSliceSpecRange", f_model_evaluation_slice_slice_slice_spec_range, ARRAY_SIZE(f_model_evaluation_slice_slice_slice_spec_range)};

static const struct field f_model_evaluation_slice_slice_slice_spec_value[] = {
	{"floatValue", FIELD_FLOAT, 0, NULL, NULL},
	{"stringValue", FIELD_STRING, 0, NULL, NULL},
};
static const struct message m_model_evaluation_slice_slice_slice_spec_value = {"ModelEvaluationSliceSliceSliceSpecValue", f_model_evaluation_slice_slice_slice_spec_value, ARRAY_SIZE(f_model_evaluation_slice_slice_slice_spec_value)};

static const struct field f_feature_noise_sigma[] = {
	{"noiseSigma", FIELD_MESSAGE, FIELD_REPEATED, &m_feature_noise_sigma_noise_sigma_for_feature, NULL},
};
static const struct message m_feature_noise_sigma = {"FeatureNoiseSigma", f_feature_noise_sigma, ARRAY_SIZE(f_feature_noise_sigma)};

static const struct field f_feature_noise_sigma_noise_sigma_for_feature[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
	{"sigma", FIELD_FLOAT, 0, NULL, NULL},
};
static const struct message m_feature_noise_sigma_noise_sigma_for_feature = {"FeatureNoiseSigmaNoiseSigmaForFeature", f_feature_noise_sigma_noise_sigma_for_feature, ARRAY_SIZE(f_feature_noise_sigma_noise_sigma_for_feature)};
