/* SPDX-License-Identifier: MIT */
/* Written by tests/schema/extract.py from Google's discovery documents; not by hand. */
#include "api/automl.h"

/* clang-format off */
static const struct message m_image_classification_model_metadata;
static const struct message m_image_object_detection_model_metadata;
static const struct message m_text_classification_model_metadata;
static const struct message m_text_extraction_model_metadata;
static const struct message m_text_sentiment_model_metadata;
static const struct message m_translation_model_metadata;
static const struct message m_image_classification_model_deployment_metadata;
static const struct message m_image_object_detection_model_deployment_metadata;
static const struct message m_model_export_output_config;
static const struct message m_classification_evaluation_metrics;
static const struct message m_image_object_detection_evaluation_metrics;
static const struct message m_text_extraction_evaluation_metrics;
static const struct message m_text_sentiment_evaluation_metrics;
static const struct message m_translation_evaluation_metrics;
static const struct message m_status;
static const struct message m_gcs_destination;
static const struct message m_gcr_destination;
static const struct message m_classification_evaluation_metrics_confidence_metrics_entry;
static const struct message m_classification_evaluation_metrics_confusion_matrix;
static const struct message m_bounding_box_metrics_entry;
static const struct message m_text_extraction_evaluation_metrics_confidence_metrics_entry;
static const struct message m_classification_evaluation_metrics_confusion_matrix_row;
static const struct message m_bounding_box_metrics_entry_confidence_metrics_entry;

static const char *const e_model_deployment_state[] = {
	"DEPLOYMENT_STATE_UNSPECIFIED",
	"DEPLOYED",
	"UNDEPLOYED",
	NULL,
};
static const struct field f_model[] = {
	{"name", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"displayName", FIELD_STRING, FIELD_REQUIRED | FIELD_MODEL_MASK, NULL, NULL},
	{"datasetId", FIELD_STRING, FIELD_REQUIRED | FIELD_IMMUTABLE, NULL, NULL},
	{"createTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"updateTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"deploymentState", FIELD_ENUM, FIELD_OUTPUT_ONLY, NULL, e_model_deployment_state},
	{"etag", FIELD_STRING, 0, NULL, NULL},
	{"labels", FIELD_STRING, FIELD_MAP | FIELD_MODEL_MASK, NULL, NULL},
	{"imageClassificationModelMetadata", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_image_classification_model_metadata, NULL},
	{"imageObjectDetectionModelMetadata", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_image_object_detection_model_metadata, NULL},
	{"textClassificationModelMetadata", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_text_classification_model_metadata, NULL},
	{"textExtractionModelMetadata", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_text_extraction_model_metadata, NULL},
	{"textSentimentModelMetadata", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_text_sentiment_model_metadata, NULL},
	{"translationModelMetadata", FIELD_MESSAGE, FIELD_IMMUTABLE, &m_translation_model_metadata, NULL},
};
const struct message automl_model = {"Model", f_model, ARRAY_SIZE(f_model)};

static const struct field f_deploy_model_request[] = {
	{"imageClassificationModelDeploymentMetadata", FIELD_MESSAGE, 0, &m_image_classification_model_deployment_metadata, NULL},
	{"imageObjectDetectionModelDeploymentMetadata", FIELD_MESSAGE, 0, &m_image_object_detection_model_deployment_metadata, NULL},
	{"name", FIELD_STRING, 0, NULL, NULL},
};
const struct message automl_deploy_model_request = {"DeployModelRequest", f_deploy_model_request, ARRAY_SIZE(f_deploy_model_request)};

static const struct field f_undeploy_model_request[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
};
const struct message automl_undeploy_model_request = {"UndeployModelRequest", f_undeploy_model_request, ARRAY_SIZE(f_undeploy_model_request)};

static const struct field f_export_model_request[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
	{"outputConfig", FIELD_MESSAGE, FIELD_REQUIRED, &m_model_export_output_config, NULL},
};
const struct message automl_export_model_request = {"ExportModelRequest", f_export_model_request, ARRAY_SIZE(f_export_model_request)};

static const struct field f_model_evaluation[] = {
	{"annotationSpecId", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"classificationEvaluationMetrics", FIELD_MESSAGE, 0, &m_classification_evaluation_metrics, NULL},
	{"createTime", FIELD_TIMESTAMP, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"displayName", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"evaluatedExampleCount", FIELD_INT32, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"imageObjectDetectionEvaluationMetrics", FIELD_MESSAGE, 0, &m_image_object_detection_evaluation_metrics, NULL},
	{"name", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"textExtractionEvaluationMetrics", FIELD_MESSAGE, 0, &m_text_extraction_evaluation_metrics, NULL},
	{"textSentimentEvaluationMetrics", FIELD_MESSAGE, 0, &m_text_sentiment_evaluation_metrics, NULL},
	{"translationEvaluationMetrics", FIELD_MESSAGE, 0, &m_translation_evaluation_metrics, NULL},
};
const struct message automl_model_evaluation = {"ModelEvaluation", f_model_evaluation, ARRAY_SIZE(f_model_evaluation)};

static const struct field f_operation[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
	{"metadata", FIELD_ANY, FIELD_MAP, NULL, NULL},
	{"done", FIELD_BOOL, 0, NULL, NULL},
	{"error", FIELD_MESSAGE, 0, &m_status, NULL},
	{"response", FIELD_ANY, FIELD_MAP, NULL, NULL},
};
const struct message automl_operation = {"Operation", f_operation, ARRAY_SIZE(f_operation)};

static const struct field f_wait_operation_request[] = {
	{"name", FIELD_STRING, 0, NULL, NULL},
	{"timeout", FIELD_DURATION, 0, NULL, NULL},
};
const struct message automl_wait_operation_request = {"WaitOperationRequest", f_wait_operation_request, ARRAY_SIZE(f_wait_operation_request)};

static const struct field f_image_classification_model_metadata[] = {
	{"baseModelId", FIELD_STRING, 0, NULL, NULL},
	{"modelType", FIELD_STRING, 0, NULL, NULL},
	{"nodeCount", FIELD_INT64, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"nodeQps", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"stopReason", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"trainBudgetMilliNodeHours", FIELD_INT64, 0, NULL, NULL},
	{"trainCostMilliNodeHours", FIELD_INT64, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_image_classification_model_metadata = {"ImageClassificationModelMetadata", f_image_classification_model_metadata, ARRAY_SIZE(f_image_classification_model_metadata)};

static const struct field f_image_object_detection_model_metadata[] = {
	{"modelType", FIELD_STRING, 0, NULL, NULL},
	{"nodeCount", FIELD_INT64, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"nodeQps", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"stopReason", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"trainBudgetMilliNodeHours", FIELD_INT64, 0, NULL, NULL},
	{"trainCostMilliNodeHours", FIELD_INT64, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_image_object_detection_model_metadata = {"ImageObjectDetectionModelMetadata", f_image_object_detection_model_metadata, ARRAY_SIZE(f_image_object_detection_model_metadata)};

static const char *const e_text_classification_model_metadata_classification_type[] = {
	"CLASSIFICATION_TYPE_UNSPECIFIED",
	"MULTICLASS",
	"MULTILABEL",
	NULL,
};
static const struct field f_text_classification_model_metadata[] = {
	{"classificationType", FIELD_ENUM, FIELD_OUTPUT_ONLY, NULL, e_text_classification_model_metadata_classification_type},
};
static const struct message m_text_classification_model_metadata = {"TextClassificationModelMetadata", f_text_classification_model_metadata, ARRAY_SIZE(f_text_classification_model_metadata)};

static const struct message m_text_extraction_model_metadata = {"TextExtractionModelMetadata", NULL, 0};

static const struct message m_text_sentiment_model_metadata = {"TextSentimentModelMetadata", NULL, 0};

static const struct field f_translation_model_metadata[] = {
	{"baseModel", FIELD_STRING, 0, NULL, NULL},
	{"sourceLanguageCode", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"targetLanguageCode", FIELD_STRING, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_translation_model_metadata = {"TranslationModelMetadata", f_translation_model_metadata, ARRAY_SIZE(f_translation_model_metadata)};

static const struct field f_image_classification_model_deployment_metadata[] = {
	{"nodeCount", FIELD_INT64, 0, NULL, NULL},
};
static const struct message m_image_classification_model_deployment_metadata = {"ImageClassificationModelDeploymentMetadata", f_image_classification_model_deployment_metadata, ARRAY_SIZE(f_image_classification_model_deployment_metadata)};

static const struct field f_image_object_detection_model_deployment_metadata[] = {
	{"nodeCount", FIELD_INT64, 0, NULL, NULL},
};
static const struct message m_image_object_detection_model_deployment_metadata = {"ImageObjectDetectionModelDeploymentMetadata", f_image_object_detection_model_deployment_metadata, ARRAY_SIZE(f_image_object_detection_model_deployment_metadata)};

static const struct field f_model_export_output_config[] = {
	{"modelFormat", FIELD_STRING, 0, NULL, NULL},
	{"gcsDestination", FIELD_MESSAGE, FIELD_REQUIRED, &m_gcs_destination, NULL},
	{"gcrDestination", FIELD_MESSAGE, FIELD_ONLY_IN_BETA, &m_gcr_destination, NULL},
	{"params", FIELD_STRING, FIELD_MAP, NULL, NULL},
};
static const struct message m_model_export_output_config = {"ModelExportOutputConfig", f_model_export_output_config, ARRAY_SIZE(f_model_export_output_config)};

static const struct field f_classification_evaluation_metrics[] = {
	{"annotationSpecId", FIELD_STRING, FIELD_REPEATED | FIELD_OUTPUT_ONLY, NULL, NULL},
	{"auPrc", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"auRoc", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"confidenceMetricsEntry", FIELD_MESSAGE, FIELD_REPEATED | FIELD_OUTPUT_ONLY, &m_classification_evaluation_metrics_confidence_metrics_entry, NULL},
	{"confusionMatrix", FIELD_MESSAGE, FIELD_OUTPUT_ONLY, &m_classification_evaluation_metrics_confusion_matrix, NULL},
	{"logLoss", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_classification_evaluation_metrics = {"ClassificationEvaluationMetrics", f_classification_evaluation_metrics, ARRAY_SIZE(f_classification_evaluation_metrics)};

static const struct field f_image_object_detection_evaluation_metrics[] = {
	{"boundingBoxMeanAveragePrecision", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"boundingBoxMetricsEntries", FIELD_MESSAGE, FIELD_REPEATED | FIELD_OUTPUT_ONLY, &m_bounding_box_metrics_entry, NULL},
	{"evaluatedBoundingBoxCount", FIELD_INT32, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_image_object_detection_evaluation_metrics = {"ImageObjectDetectionEvaluationMetrics", f_image_object_detection_evaluation_metrics, ARRAY_SIZE(f_image_object_detection_evaluation_metrics)};

static const struct field f_text_extraction_evaluation_metrics[] = {
	{"auPrc", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"confidenceMetricsEntries", FIELD_MESSAGE, FIELD_REPEATED | FIELD_OUTPUT_ONLY, &m_text_extraction_evaluation_metrics_confidence_metrics_entry, NULL},
};
static const struct message m_text_extraction_evaluation_metrics = {"TextExtractionEvaluationMetrics", f_text_extraction_evaluation_metrics, ARRAY_SIZE(f_text_extraction_evaluation_metrics)};

static const struct field f_text_sentiment_evaluation_metrics[] = {
	{"confusionMatrix", FIELD_MESSAGE, FIELD_OUTPUT_ONLY, &m_classification_evaluation_metrics_confusion_matrix, NULL},
	{"f1Score", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"linearKappa", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"meanAbsoluteError", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"meanSquaredError", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"precision", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"quadraticKappa", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"recall", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_text_sentiment_evaluation_metrics = {"TextSentimentEvaluationMetrics", f_text_sentiment_evaluation_metrics, ARRAY_SIZE(f_text_sentiment_evaluation_metrics)};

static const struct field f_translation_evaluation_metrics[] = {
	{"baseBleuScore", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"bleuScore", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_translation_evaluation_metrics = {"TranslationEvaluationMetrics", f_translation_evaluation_metrics, ARRAY_SIZE(f_translation_evaluation_metrics)};

static const struct field f_status[] = {
	{"code", FIELD_INT32, 0, NULL, NULL},
	{"message", FIELD_STRING, 0, NULL, NULL},
	{"details", FIELD_ANY, FIELD_REPEATED, NULL, NULL},
};
static const struct message m_status = {"Status", f_status, ARRAY_SIZE(f_status)};

static const struct field f_gcs_destination[] = {
	{"outputUriPrefix", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_gcs_destination = {"GcsDestination", f_gcs_destination, ARRAY_SIZE(f_gcs_destination)};

static const struct field f_gcr_destination[] = {
	{"outputUri", FIELD_STRING, FIELD_REQUIRED, NULL, NULL},
};
static const struct message m_gcr_destination = {"GcrDestination", f_gcr_destination, ARRAY_SIZE(f_gcr_destination)};

static const struct field f_classification_evaluation_metrics_confidence_metrics_entry[] = {
	{"confidenceThreshold", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"f1Score", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"f1ScoreAt1", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"falseNegativeCount", FIELD_INT64, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"falsePositiveCount", FIELD_INT64, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"falsePositiveRate", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"falsePositiveRateAt1", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"positionThreshold", FIELD_INT32, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"precision", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"precisionAt1", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"recall", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"recallAt1", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"trueNegativeCount", FIELD_INT64, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"truePositiveCount", FIELD_INT64, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_classification_evaluation_metrics_confidence_metrics_entry = {"ClassificationEvaluationMetricsConfidenceMetricsEntry", f_classification_evaluation_metrics_confidence_metrics_entry, ARRAY_SIZE(f_classification_evaluation_metrics_confidence_metrics_entry)};

static const struct field f_classification_evaluation_metrics_confusion_matrix[] = {
	{"annotationSpecId", FIELD_STRING, FIELD_REPEATED | FIELD_OUTPUT_ONLY, NULL, NULL},
	{"displayName", FIELD_STRING, FIELD_REPEATED | FIELD_OUTPUT_ONLY, NULL, NULL},
	{"row", FIELD_MESSAGE, FIELD_REPEATED | FIELD_OUTPUT_ONLY, &m_classification_evaluation_metrics_confusion_matrix_row, NULL},
};
static const struct message m_classification_evaluation_metrics_confusion_matrix = {"ClassificationEvaluationMetricsConfusionMatrix", f_classification_evaluation_metrics_confusion_matrix, ARRAY_SIZE(f_classification_evaluation_metrics_confusion_matrix)};

static const struct field f_bounding_box_metrics_entry[] = {
	{"confidenceMetricsEntries", FIELD_MESSAGE, FIELD_REPEATED | FIELD_OUTPUT_ONLY, &m_bounding_box_metrics_entry_confidence_metrics_entry, NULL},
	{"iouThreshold", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"meanAveragePrecision", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_bounding_box_metrics_entry = {"BoundingBoxMetricsEntry", f_bounding_box_metrics_entry, ARRAY_SIZE(f_bounding_box_metrics_entry)};

static const struct field f_text_extraction_evaluation_metrics_confidence_metrics_entry[] = {
	{"confidenceThreshold", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"f1Score", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"precision", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"recall", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_text_extraction_evaluation_metrics_confidence_metrics_entry = {"TextExtractionEvaluationMetricsConfidenceMetricsEntry", f_text_extraction_evaluation_metrics_confidence_metrics_entry, ARRAY_SIZE(f_text_extraction_evaluation_metrics_confidence_metrics_entry)};

static const struct field f_classification_evaluation_metrics_confusion_matrix_row[] = {
	{"exampleCount", FIELD_INT32, FIELD_REPEATED | FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_classification_evaluation_metrics_confusion_matrix_row = {"ClassificationEvaluationMetricsConfusionMatrixRow", f_classification_evaluation_metrics_confusion_matrix_row, ARRAY_SIZE(f_classification_evaluation_metrics_confusion_matrix_row)};

static const struct field f_bounding_box_metrics_entry_confidence_metrics_entry[] = {
	{"confidenceThreshold", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"f1Score", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"precision", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
	{"recall", FIELD_FLOAT, FIELD_OUTPUT_ONLY, NULL, NULL},
};
static const struct message m_bounding_box_metrics_entry_confidence_metrics_entry = {"BoundingBoxMetricsEntryConfidenceMetricsEntry", f_bounding_box_metrics_entry_confidence_metrics_entry, ARRAY_SIZE(f_bounding_box_metrics_entry_confidence_metrics_entry)};
