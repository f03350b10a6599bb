/* Field tables of autoscaling/v1, of its annotations, and of v2beta1, whose metrics have the annotations' flat shape. Data only. */
#include "controller/hpa_fields.h"

/* clang-format off */
static const struct codec_field OBJECT[] = {
	CODEC_INLINE_OF("target", struct hpa_source, described, hpa_fields_ref),
	CODEC_FIELD("metricName", CODEC_TEXT, struct hpa_source, metric, 0),
	CODEC_FIELD("targetValue", CODEC_OPT_QUANTITY, struct hpa_source, target.value, CODEC_ZERO),
	CODEC_POINTER_OF("selector", struct hpa_source, selector, label_selector_codec),
	CODEC_FIELD("averageValue", CODEC_OPT_QUANTITY, struct hpa_source, target.average_value, CODEC_OMIT),
};
static const struct codec_object OBJECT_OBJECT = CODEC_OBJECT(struct hpa_source, OBJECT);

static const struct codec_field PODS[] = {
	CODEC_FIELD("metricName", CODEC_TEXT, struct hpa_source, metric, 0),
	CODEC_FIELD("targetAverageValue", CODEC_OPT_QUANTITY, struct hpa_source, target.average_value, CODEC_ZERO),
	CODEC_POINTER_OF("selector", struct hpa_source, selector, label_selector_codec),
};
static const struct codec_object PODS_OBJECT = CODEC_OBJECT(struct hpa_source, PODS);

#define RESOURCE_HEAD \
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_source, resource, 0), \
	CODEC_FIELD("targetAverageUtilization", CODEC_OPT_I32, struct hpa_source, target.average_utilization, CODEC_OMIT), \
	CODEC_FIELD("targetAverageValue", CODEC_OPT_QUANTITY, struct hpa_source, target.average_value, CODEC_OMIT)

static const struct codec_field RESOURCE[] = { RESOURCE_HEAD };
static const struct codec_object RESOURCE_OBJECT = CODEC_OBJECT(struct hpa_source, RESOURCE);
static const struct codec_field CONTAINER[] = {
	RESOURCE_HEAD,
	CODEC_FIELD("container", CODEC_TEXT, struct hpa_source, container, 0),
};
static const struct codec_object CONTAINER_OBJECT = CODEC_OBJECT(struct hpa_source, CONTAINER);

static const struct codec_field EXTERNAL[] = {
	CODEC_FIELD("metricName", CODEC_TEXT, struct hpa_source, metric, 0),
	CODEC_POINTER_OF("metricSelector", struct hpa_source, selector, label_selector_codec),
	CODEC_FIELD("targetValue", CODEC_OPT_QUANTITY, struct hpa_source, target.value, CODEC_OMIT),
	CODEC_FIELD("targetAverageValue", CODEC_OPT_QUANTITY, struct hpa_source, target.average_value, CODEC_OMIT),
};
static const struct codec_object EXTERNAL_OBJECT = CODEC_OBJECT(struct hpa_source, EXTERNAL);

static const struct codec_field METRIC[] = {
	CODEC_FIELD("type", CODEC_TEXT, struct hpa_metric, type, 0),
	CODEC_POINTER_OF("object", struct hpa_metric, member[HPA_METRIC_OBJECT], OBJECT_OBJECT),
	CODEC_POINTER_OF("pods", struct hpa_metric, member[HPA_METRIC_PODS], PODS_OBJECT),
	CODEC_POINTER_OF("resource", struct hpa_metric, member[HPA_METRIC_RESOURCE], RESOURCE_OBJECT),
	CODEC_POINTER_OF("containerResource", struct hpa_metric, member[HPA_METRIC_CONTAINER_RESOURCE], CONTAINER_OBJECT),
	CODEC_POINTER_OF("external", struct hpa_metric, member[HPA_METRIC_EXTERNAL], EXTERNAL_OBJECT),
};
const struct codec_object hpa_fields_metric_flat = CODEC_OBJECT(struct hpa_metric, METRIC);

static const struct codec_field OBJECT_STATUS[] = {
	CODEC_INLINE_OF("target", struct hpa_current, described, hpa_fields_ref),
	CODEC_FIELD("metricName", CODEC_TEXT, struct hpa_current, metric, 0),
	CODEC_FIELD("currentValue", CODEC_OPT_QUANTITY, struct hpa_current, value, CODEC_ZERO),
	CODEC_POINTER_OF("selector", struct hpa_current, selector, label_selector_codec),
	CODEC_FIELD("averageValue", CODEC_OPT_QUANTITY, struct hpa_current, average_value, CODEC_OMIT),
};
static const struct codec_object OBJECT_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, OBJECT_STATUS);

static const struct codec_field PODS_STATUS[] = {
	CODEC_FIELD("metricName", CODEC_TEXT, struct hpa_current, metric, 0),
	CODEC_FIELD("currentAverageValue", CODEC_OPT_QUANTITY, struct hpa_current, average_value, CODEC_ZERO),
	CODEC_POINTER_OF("selector", struct hpa_current, selector, label_selector_codec),
};
static const struct codec_object PODS_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, PODS_STATUS);

#define RESOURCE_STATUS_HEAD \
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_current, resource, 0), \
	CODEC_FIELD("currentAverageUtilization", CODEC_OPT_I32, struct hpa_current, average_utilization, CODEC_OMIT), \
	CODEC_FIELD("currentAverageValue", CODEC_OPT_QUANTITY, struct hpa_current, average_value, CODEC_ZERO)

static const struct codec_field RESOURCE_STATUS[] = { RESOURCE_STATUS_HEAD };
static const struct codec_object RESOURCE_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, RESOURCE_STATUS);
static const struct codec_field CONTAINER_STATUS[] = {
	RESOURCE_STATUS_HEAD,
	CODEC_FIELD("container", CODEC_TEXT, struct hpa_current, container, 0),
};
static const struct codec_object CONTAINER_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, CONTAINER_STATUS);

static const struct codec_field EXTERNAL_STATUS[] = {
	CODEC_FIELD("metricName", CODEC_TEXT, struct hpa_current, metric, 0),
	CODEC_POINTER_OF("metricSelector", struct hpa_current, selector, label_selector_codec),
	CODEC_FIELD("currentValue", CODEC_OPT_QUANTITY, struct hpa_current, value, CODEC_ZERO),
	CODEC_FIELD("currentAverageValue", CODEC_OPT_QUANTITY, struct hpa_current, average_value, CODEC_OMIT),
};
static const struct codec_object EXTERNAL_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, EXTERNAL_STATUS);

static const struct codec_field METRIC_STATUS[] = {
	CODEC_FIELD("type", CODEC_TEXT, struct hpa_metric_status, type, 0),
	CODEC_POINTER_OF("object", struct hpa_metric_status, member[HPA_METRIC_OBJECT], OBJECT_STATUS_OBJECT),
	CODEC_POINTER_OF("pods", struct hpa_metric_status, member[HPA_METRIC_PODS], PODS_STATUS_OBJECT),
	CODEC_POINTER_OF("resource", struct hpa_metric_status, member[HPA_METRIC_RESOURCE], RESOURCE_STATUS_OBJECT),
	CODEC_POINTER_OF("containerResource", struct hpa_metric_status, member[HPA_METRIC_CONTAINER_RESOURCE],
		CONTAINER_STATUS_OBJECT),
	CODEC_POINTER_OF("external", struct hpa_metric_status, member[HPA_METRIC_EXTERNAL], EXTERNAL_STATUS_OBJECT),
};
const struct codec_object hpa_fields_metric_status_flat = CODEC_OBJECT(struct hpa_metric_status, METRIC_STATUS);

#define SPEC_HEAD \
	CODEC_INLINE_OF("scaleTargetRef", struct hpa_spec, target, hpa_fields_ref), \
	CODEC_FIELD("minReplicas", CODEC_OPT_I32, struct hpa_spec, min_replicas, CODEC_OMIT), \
	CODEC_FIELD("maxReplicas", CODEC_I32, struct hpa_spec, max_replicas, 0)
#define STATUS_HEAD \
	CODEC_FIELD("observedGeneration", CODEC_OPT_I64, struct hpa_status, observed_generation, CODEC_OMIT), \
	{ .name = "lastScaleTime", .type = CODEC_OPT_TIME, .flags = CODEC_OMIT, \
	  .offset = offsetof(struct hpa_status, last_scale_time), .has = offsetof(struct hpa_status, has_last_scale_time) }, \
	CODEC_FIELD("currentReplicas", CODEC_I32, struct hpa_status, current_replicas, 0), \
	CODEC_FIELD("desiredReplicas", CODEC_I32, struct hpa_status, desired_replicas, 0)

static const struct codec_field SPEC_V2BETA1[] = {
	SPEC_HEAD,
	CODEC_LIST_OF("metrics", struct hpa_spec, metrics, hpa_fields_metric_flat, CODEC_OMIT),
};
const struct codec_object hpa_fields_spec_v2beta1 = CODEC_OBJECT(struct hpa_spec, SPEC_V2BETA1);

static const struct codec_field STATUS_V2BETA1[] = {
	STATUS_HEAD,
	CODEC_NIL_LIST_OF("currentMetrics", struct hpa_status, current_metrics, hpa_fields_metric_status_flat, 0),
	CODEC_LIST_OF("conditions", struct hpa_status, conditions, hpa_fields_condition, 0),
};
const struct codec_object hpa_fields_status_v2beta1 = CODEC_OBJECT(struct hpa_status, STATUS_V2BETA1);

/* The reference marshals its internal type here: capital names, nothing left out. */
static const struct codec_field POLICY_INTERNAL[] = {
	CODEC_FIELD("Type", CODEC_TEXT, struct hpa_policy, type, 0),
	CODEC_FIELD("Value", CODEC_I32, struct hpa_policy, value, 0),
	CODEC_FIELD("PeriodSeconds", CODEC_I32, struct hpa_policy, period_sec, 0),
};
static const struct codec_object POLICY_INTERNAL_OBJECT = CODEC_OBJECT(struct hpa_policy, POLICY_INTERNAL);
static const struct codec_field RULES_INTERNAL[] = {
	CODEC_FIELD("StabilizationWindowSeconds", CODEC_OPT_I32, struct hpa_rules, stabilization_window_sec, 0),
	CODEC_FIELD("SelectPolicy", CODEC_TEXT, struct hpa_rules, select_policy, CODEC_NIL),
	CODEC_NIL_LIST_OF("Policies", struct hpa_rules, policies, POLICY_INTERNAL_OBJECT, 0),
	CODEC_FIELD("Tolerance", CODEC_OPT_QUANTITY, struct hpa_rules, tolerance, 0),
};
static const struct codec_object RULES_INTERNAL_OBJECT = CODEC_OBJECT(struct hpa_rules, RULES_INTERNAL);
static const struct codec_field BEHAVIOR_INTERNAL[] = {
	{ .name = "ScaleUp", .type = CODEC_POINTER, .offset = offsetof(struct hpa_behavior, scale_up),
	  .object = &RULES_INTERNAL_OBJECT },
	{ .name = "ScaleDown", .type = CODEC_POINTER, .offset = offsetof(struct hpa_behavior, scale_down),
	  .object = &RULES_INTERNAL_OBJECT },
};
const struct codec_object hpa_fields_behavior_internal = CODEC_OBJECT(struct hpa_behavior, BEHAVIOR_INTERNAL);

static const struct codec_field SPEC_V1[] = {
	CODEC_INLINE_OF("scaleTargetRef", struct hpa_v1_spec, spec.target, hpa_fields_ref),
	CODEC_FIELD("minReplicas", CODEC_OPT_I32, struct hpa_v1_spec, spec.min_replicas, CODEC_OMIT),
	CODEC_FIELD("maxReplicas", CODEC_I32, struct hpa_v1_spec, spec.max_replicas, 0),
	CODEC_FIELD("targetCPUUtilizationPercentage", CODEC_OPT_I32, struct hpa_v1_spec, cpu_utilization, CODEC_OMIT),
};
const struct codec_object hpa_fields_spec_v1 = CODEC_OBJECT(struct hpa_v1_spec, SPEC_V1);

static const struct codec_field STATUS_V1[] = {
	CODEC_FIELD("observedGeneration", CODEC_OPT_I64, struct hpa_v1_status, status.observed_generation, CODEC_OMIT),
	{ .name = "lastScaleTime", .type = CODEC_OPT_TIME, .flags = CODEC_OMIT,
	  .offset = offsetof(struct hpa_v1_status, status.last_scale_time),
	  .has = offsetof(struct hpa_v1_status, status.has_last_scale_time) },
	CODEC_FIELD("currentReplicas", CODEC_I32, struct hpa_v1_status, status.current_replicas, 0),
	CODEC_FIELD("desiredReplicas", CODEC_I32, struct hpa_v1_status, status.desired_replicas, 0),
	CODEC_FIELD("currentCPUUtilizationPercentage", CODEC_OPT_I32, struct hpa_v1_status, cpu_utilization, CODEC_OMIT),
};
const struct codec_object hpa_fields_status_v1 = CODEC_OBJECT(struct hpa_v1_status, STATUS_V1);
/* clang-format on */
