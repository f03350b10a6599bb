/* Field tables of metadata and of autoscaling/v2 (and v2beta2). Data only. */
#include "controller/hpa_fields.h"

/* clang-format off */
static const struct codec_field META[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_meta, name, CODEC_OMIT),
	CODEC_FIELD("generateName", CODEC_TEXT, struct hpa_meta, generate_name, CODEC_OMIT),
	CODEC_FIELD("namespace", CODEC_TEXT, struct hpa_meta, ns, CODEC_OMIT),
	CODEC_FIELD("uid", CODEC_TEXT, struct hpa_meta, uid, CODEC_OMIT),
	CODEC_FIELD("resourceVersion", CODEC_TEXT, struct hpa_meta, resource_version, CODEC_OMIT),
	CODEC_FIELD("generation", CODEC_I64, struct hpa_meta, generation, CODEC_OMIT),
	CODEC_TEXTS_OF("labels", CODEC_TEXT_MAP, struct hpa_meta, labels),
	CODEC_TEXTS_OF("annotations", CODEC_TEXT_MAP, struct hpa_meta, annotations),
	CODEC_SKIPPED("selfLink"), CODEC_SKIPPED("creationTimestamp"), CODEC_SKIPPED("deletionTimestamp"), CODEC_SKIPPED("deletionGracePeriodSeconds"),
	CODEC_SKIPPED("ownerReferences"), CODEC_SKIPPED("finalizers"), CODEC_SKIPPED("managedFields"),
};
const struct codec_object hpa_fields_meta = CODEC_OBJECT(struct hpa_meta, META);

static const struct codec_field META_REST[] = {
	CODEC_SKIPPED("selfLink"), CODEC_SKIPPED("creationTimestamp"), CODEC_SKIPPED("deletionTimestamp"), CODEC_SKIPPED("deletionGracePeriodSeconds"),
	CODEC_SKIPPED("ownerReferences"), CODEC_SKIPPED("finalizers"),
};
const struct codec_object hpa_fields_meta_rest = CODEC_OBJECT(struct hpa_meta, META_REST);

static const struct codec_field TOP[] = {
	CODEC_SKIPPED("apiVersion"), CODEC_SKIPPED("kind"), CODEC_SKIPPED("metadata"), CODEC_SKIPPED("spec"), CODEC_SKIPPED("status"),
};
const struct codec_object hpa_fields_top = CODEC_OBJECT(struct hpa, TOP);

static const struct codec_field REF[] = {
	CODEC_FIELD("kind", CODEC_TEXT, struct hpa_ref, kind, 0),
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_ref, name, 0),
	CODEC_FIELD("apiVersion", CODEC_TEXT, struct hpa_ref, api_version, CODEC_OMIT),
};
const struct codec_object hpa_fields_ref = CODEC_OBJECT(struct hpa_ref, REF);

static const struct codec_field TARGET[] = {
	CODEC_FIELD("type", CODEC_TEXT, struct hpa_target, type, 0),
	CODEC_FIELD("value", CODEC_OPT_QUANTITY, struct hpa_target, value, CODEC_OMIT),
	CODEC_FIELD("averageValue", CODEC_OPT_QUANTITY, struct hpa_target, average_value, CODEC_OMIT),
	CODEC_FIELD("averageUtilization", CODEC_OPT_I32, struct hpa_target, average_utilization, CODEC_OMIT),
};
static const struct codec_object TARGET_OBJECT = CODEC_OBJECT(struct hpa_target, TARGET);

static const struct codec_field IDENTIFIER[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_source, metric, 0),
	CODEC_POINTER_OF("selector", struct hpa_source, selector, label_selector_codec),
};
static const struct codec_object IDENTIFIER_OBJECT = CODEC_OBJECT(struct hpa_source, IDENTIFIER);

static const struct codec_field OBJECT[] = {
	CODEC_INLINE_OF("describedObject", struct hpa_source, described, hpa_fields_ref),
	CODEC_INLINE_OF("target", struct hpa_source, target, TARGET_OBJECT),
	CODEC_NESTED("metric", IDENTIFIER_OBJECT),
};
static const struct codec_object OBJECT_OBJECT = CODEC_OBJECT(struct hpa_source, OBJECT);

/* pods and external */
static const struct codec_field SERIES[] = {
	CODEC_NESTED("metric", IDENTIFIER_OBJECT),
	CODEC_INLINE_OF("target", struct hpa_source, target, TARGET_OBJECT),
};
static const struct codec_object SERIES_OBJECT = CODEC_OBJECT(struct hpa_source, SERIES);

static const struct codec_field RESOURCE[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_source, resource, 0),
	CODEC_INLINE_OF("target", struct hpa_source, target, TARGET_OBJECT),
};
static const struct codec_object RESOURCE_OBJECT = CODEC_OBJECT(struct hpa_source, RESOURCE);

static const struct codec_field CONTAINER[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_source, resource, 0),
	CODEC_INLINE_OF("target", struct hpa_source, target, TARGET_OBJECT),
	CODEC_FIELD("container", CODEC_TEXT, struct hpa_source, container, 0),
};
static const struct codec_object CONTAINER_OBJECT = CODEC_OBJECT(struct hpa_source, CONTAINER);

#define METRIC_ROWS \
	CODEC_FIELD("type", CODEC_TEXT, struct hpa_metric, type, 0), \
	CODEC_POINTER_OF("object", struct hpa_metric, member[HPA_METRIC_OBJECT], OBJECT_OBJECT), \
	CODEC_POINTER_OF("pods", struct hpa_metric, member[HPA_METRIC_PODS], SERIES_OBJECT), \
	CODEC_POINTER_OF("resource", struct hpa_metric, member[HPA_METRIC_RESOURCE], RESOURCE_OBJECT), \
	CODEC_POINTER_OF("containerResource", struct hpa_metric, member[HPA_METRIC_CONTAINER_RESOURCE], CONTAINER_OBJECT), \
	CODEC_POINTER_OF("external", struct hpa_metric, member[HPA_METRIC_EXTERNAL], SERIES_OBJECT)

static const struct codec_field METRIC[] = { METRIC_ROWS };
static const struct codec_object METRIC_OBJECT = CODEC_OBJECT(struct hpa_metric, METRIC);

static const struct codec_field PROMETHEUS[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_prometheus, source.metric, 0),
	CODEC_FIELD("query", CODEC_TEXT, struct hpa_prometheus, query, 0),
	CODEC_FIELD("server", CODEC_TEXT, struct hpa_prometheus, server, CODEC_OMIT),
	CODEC_FIELD("podLabel", CODEC_TEXT, struct hpa_prometheus, pod_label, CODEC_OMIT),
	CODEC_FIELD("aliveQuery", CODEC_TEXT, struct hpa_prometheus, alive_query, CODEC_OMIT),
	CODEC_FIELD("activationValue", CODEC_OPT_QUANTITY, struct hpa_prometheus, activation_value, CODEC_OMIT),
	CODEC_FIELD("noData", CODEC_TEXT, struct hpa_prometheus, no_data, CODEC_OMIT),
	CODEC_INLINE_OF("target", struct hpa_prometheus, source.target, TARGET_OBJECT),
};
static const struct codec_object PROMETHEUS_OBJECT = CODEC_OBJECT(struct hpa_prometheus, PROMETHEUS);

static const struct codec_field FALLBACK[] = {
	CODEC_FIELD("failureDurationSeconds", CODEC_OPT_I32, struct own_fallback, failure_duration_sec, CODEC_OMIT),
	CODEC_FIELD("replicas", CODEC_OPT_I32, struct own_fallback, replicas, CODEC_OMIT),
};
static const struct codec_object FALLBACK_OBJECT = CODEC_OBJECT(struct own_fallback, FALLBACK);

static const struct codec_field METRIC_OWN[] = {
	METRIC_ROWS,
	CODEC_POINTER_OF("prometheus", struct hpa_metric, prometheus, PROMETHEUS_OBJECT),
	CODEC_POINTER_OF("fallback", struct hpa_metric, fallback, FALLBACK_OBJECT),
};
static const struct codec_object METRIC_OWN_OBJECT = CODEC_OBJECT(struct hpa_metric, METRIC_OWN);

static const struct codec_field POLICY[] = {
	CODEC_FIELD("type", CODEC_TEXT, struct hpa_policy, type, 0),
	CODEC_FIELD("value", CODEC_I32, struct hpa_policy, value, 0),
	CODEC_FIELD("periodSeconds", CODEC_I32, struct hpa_policy, period_sec, 0),
};
static const struct codec_object POLICY_OBJECT = CODEC_OBJECT(struct hpa_policy, POLICY);

#define POLICIES CODEC_NIL_LIST_OF("policies", struct hpa_rules, policies, POLICY_OBJECT, CODEC_OMIT)
#define WINDOW CODEC_FIELD("stabilizationWindowSeconds", CODEC_OPT_I32, struct hpa_rules, stabilization_window_sec, CODEC_OMIT)
#define SELECT CODEC_FIELD("selectPolicy", CODEC_TEXT, struct hpa_rules, select_policy, CODEC_OMIT | CODEC_NIL)

static const struct codec_field RULES[] = {
	WINDOW, SELECT, POLICIES,
	CODEC_FIELD("tolerance", CODEC_OPT_QUANTITY, struct hpa_rules, tolerance, CODEC_OMIT),
};
static const struct codec_object RULES_OBJECT = CODEC_OBJECT(struct hpa_rules, RULES);
static const struct codec_field RULES_V2BETA2[] = { WINDOW, SELECT, POLICIES };
static const struct codec_object RULES_V2BETA2_OBJECT = CODEC_OBJECT(struct hpa_rules, RULES_V2BETA2);

static const struct codec_field BEHAVIOR[] = {
	CODEC_POINTER_OF("scaleUp", struct hpa_behavior, scale_up, RULES_OBJECT),
	CODEC_POINTER_OF("scaleDown", struct hpa_behavior, scale_down, RULES_OBJECT),
};
static const struct codec_object BEHAVIOR_OBJECT = CODEC_OBJECT(struct hpa_behavior, BEHAVIOR);
static const struct codec_field BEHAVIOR_V2BETA2[] = {
	CODEC_POINTER_OF("scaleUp", struct hpa_behavior, scale_up, RULES_V2BETA2_OBJECT),
	CODEC_POINTER_OF("scaleDown", struct hpa_behavior, scale_down, RULES_V2BETA2_OBJECT),
};
static const struct codec_object BEHAVIOR_V2BETA2_OBJECT = CODEC_OBJECT(struct hpa_behavior, BEHAVIOR_V2BETA2);

#define SPEC_HEAD \
	CODEC_INLINE_OF("scaleTargetRef", struct hpa_spec, target, hpa_fields_ref), \
	CODEC_FIELD("minReplicas", CODEC_OPT_I32, struct hpa_spec, min_replicas, CODEC_OMIT), \
	CODEC_FIELD("maxReplicas", CODEC_I32, struct hpa_spec, max_replicas, 0)

static const struct codec_field SPEC[] = {
	SPEC_HEAD,
	CODEC_LIST_OF("metrics", struct hpa_spec, metrics, METRIC_OBJECT, CODEC_OMIT),
	CODEC_POINTER_OF("behavior", struct hpa_spec, behavior, BEHAVIOR_OBJECT),
};
const struct codec_object hpa_fields_spec = CODEC_OBJECT(struct hpa_spec, SPEC);
static const struct codec_field SPEC_V2BETA2[] = {
	SPEC_HEAD,
	CODEC_LIST_OF("metrics", struct hpa_spec, metrics, METRIC_OBJECT, CODEC_OMIT),
	CODEC_POINTER_OF("behavior", struct hpa_spec, behavior, BEHAVIOR_V2BETA2_OBJECT),
};
const struct codec_object hpa_fields_spec_v2beta2 = CODEC_OBJECT(struct hpa_spec, SPEC_V2BETA2);

static const struct codec_field OVERRIDE[] = {
	CODEC_FIELD("minReplicas", CODEC_OPT_I32, struct own_override, min_replicas, CODEC_OMIT),
	CODEC_FIELD("maxReplicas", CODEC_OPT_I32, struct own_override, max_replicas, CODEC_OMIT),
	{ .name = "until", .type = CODEC_OPT_TIME, .flags = CODEC_OMIT,
	  .offset = offsetof(struct own_override, until), .has = offsetof(struct own_override, has_until) },
	CODEC_FIELD("reason", CODEC_TEXT, struct own_override, reason, CODEC_OMIT),
};
static const struct codec_object OVERRIDE_OBJECT = CODEC_OBJECT(struct own_override, OVERRIDE);

static const struct codec_field SPEC_OWN[] = {
	SPEC_HEAD,
	CODEC_LIST_OF("metrics", struct hpa_spec, metrics, METRIC_OWN_OBJECT, CODEC_OMIT),
	CODEC_POINTER_OF("behavior", struct hpa_spec, behavior, BEHAVIOR_OBJECT),
	CODEC_FIELD("mode", CODEC_TEXT, struct hpa_own_spec, own.mode_text, CODEC_OMIT),
	CODEC_POINTER_OF("override", struct hpa_own_spec, own.override, OVERRIDE_OBJECT),
	CODEC_FIELD("syncPeriodSeconds", CODEC_OPT_I32, struct hpa_own_spec, own.sync_period_sec, CODEC_OMIT),
};
const struct codec_object hpa_fields_spec_own = CODEC_OBJECT(struct hpa_own_spec, SPEC_OWN);

static const struct codec_field CURRENT[] = {
	CODEC_FIELD("value", CODEC_OPT_QUANTITY, struct hpa_current, value, CODEC_OMIT),
	CODEC_FIELD("averageValue", CODEC_OPT_QUANTITY, struct hpa_current, average_value, CODEC_OMIT),
	CODEC_FIELD("averageUtilization", CODEC_OPT_I32, struct hpa_current, average_utilization, CODEC_OMIT),
};
static const struct codec_object CURRENT_OBJECT = CODEC_OBJECT(struct hpa_current, CURRENT);

static const struct codec_field CURRENT_IDENTIFIER[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_current, metric, 0),
	CODEC_POINTER_OF("selector", struct hpa_current, selector, label_selector_codec),
};
static const struct codec_object CURRENT_IDENTIFIER_OBJECT = CODEC_OBJECT(struct hpa_current, CURRENT_IDENTIFIER);

static const struct codec_field OBJECT_STATUS[] = {
	CODEC_NESTED("metric", CURRENT_IDENTIFIER_OBJECT),
	CODEC_NESTED("current", CURRENT_OBJECT),
	CODEC_INLINE_OF("describedObject", struct hpa_current, described, hpa_fields_ref),
};
static const struct codec_object OBJECT_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, OBJECT_STATUS);

static const struct codec_field SERIES_STATUS[] = {
	CODEC_NESTED("metric", CURRENT_IDENTIFIER_OBJECT),
	CODEC_NESTED("current", CURRENT_OBJECT),
};
static const struct codec_object SERIES_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, SERIES_STATUS);

static const struct codec_field RESOURCE_STATUS[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_current, resource, 0),
	CODEC_NESTED("current", CURRENT_OBJECT),
};
static const struct codec_object RESOURCE_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, RESOURCE_STATUS);

static const struct codec_field CONTAINER_STATUS[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_current, resource, 0),
	CODEC_NESTED("current", CURRENT_OBJECT),
	CODEC_FIELD("container", CODEC_TEXT, struct hpa_current, container, 0),
};
static const struct codec_object CONTAINER_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, CONTAINER_STATUS);

#define METRIC_STATUS_ROWS \
	CODEC_FIELD("type", CODEC_TEXT, struct hpa_metric_status, type, 0), \
	CODEC_POINTER_OF("object", struct hpa_metric_status, member[HPA_METRIC_OBJECT], OBJECT_STATUS_OBJECT), \
	CODEC_POINTER_OF("pods", struct hpa_metric_status, member[HPA_METRIC_PODS], SERIES_STATUS_OBJECT), \
	CODEC_POINTER_OF("resource", struct hpa_metric_status, member[HPA_METRIC_RESOURCE], RESOURCE_STATUS_OBJECT), \
	CODEC_POINTER_OF("containerResource", struct hpa_metric_status, member[HPA_METRIC_CONTAINER_RESOURCE], \
		CONTAINER_STATUS_OBJECT), \
	CODEC_POINTER_OF("external", struct hpa_metric_status, member[HPA_METRIC_EXTERNAL], SERIES_STATUS_OBJECT)

static const struct codec_field METRIC_STATUS[] = { METRIC_STATUS_ROWS };
static const struct codec_object METRIC_STATUS_OBJECT = CODEC_OBJECT(struct hpa_metric_status, METRIC_STATUS);

static const struct codec_field PROMETHEUS_STATUS[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct hpa_current, metric, 0),
	CODEC_NESTED("current", CURRENT_OBJECT),
};
static const struct codec_object PROMETHEUS_STATUS_OBJECT = CODEC_OBJECT(struct hpa_current, PROMETHEUS_STATUS);

static const struct codec_field METRIC_STATUS_OWN[] = {
	METRIC_STATUS_ROWS,
	CODEC_POINTER_OF("prometheus", struct hpa_metric_status, member[HPA_METRIC_PROMETHEUS],
		PROMETHEUS_STATUS_OBJECT),
};
static const struct codec_object METRIC_STATUS_OWN_OBJECT = CODEC_OBJECT(struct hpa_metric_status, METRIC_STATUS_OWN);

static const struct codec_field CONDITION[] = {
	CODEC_FIELD("type", CODEC_TEXT, struct hpa_condition, type, 0),
	CODEC_FIELD("status", CODEC_TEXT, struct hpa_condition, status, 0),
	CODEC_FIELD("lastTransitionTime", CODEC_TIME, struct hpa_condition, last_transition, 0),
	CODEC_FIELD("reason", CODEC_TEXT, struct hpa_condition, reason, CODEC_OMIT),
	CODEC_FIELD("message", CODEC_TEXT, struct hpa_condition, message, CODEC_OMIT),
	CODEC_FIELD("observedGeneration", CODEC_OPT_I64, struct hpa_condition, observed_generation, CODEC_OMIT),
};
const struct codec_object hpa_fields_condition = CODEC_OBJECT(struct hpa_condition, CONDITION);

#define STATUS_HEAD(replicas_how) \
	CODEC_FIELD("observedGeneration", CODEC_OPT_I64, struct hpa_status, observed_generation, CODEC_OMIT), \
	{ .name = "lastScaleTime", .type = CODEC_OPT_TIME, .flags = CODEC_OMIT, \
	  .offset = offsetof(struct hpa_status, last_scale_time), .has = offsetof(struct hpa_status, has_last_scale_time) }, \
	CODEC_FIELD("currentReplicas", CODEC_I32, struct hpa_status, current_replicas, (replicas_how)), \
	CODEC_FIELD("desiredReplicas", CODEC_I32, struct hpa_status, desired_replicas, 0)

static const struct codec_field STATUS[] = {
	STATUS_HEAD(CODEC_OMIT),
	CODEC_NIL_LIST_OF("currentMetrics", struct hpa_status, current_metrics, METRIC_STATUS_OBJECT, 0),
	CODEC_LIST_OF("conditions", struct hpa_status, conditions, hpa_fields_condition, CODEC_OMIT),
};
const struct codec_object hpa_fields_status = CODEC_OBJECT(struct hpa_status, STATUS);
static const struct codec_field STATUS_V2BETA2[] = {
	STATUS_HEAD(0),
	CODEC_NIL_LIST_OF("currentMetrics", struct hpa_status, current_metrics, METRIC_STATUS_OBJECT, 0),
	CODEC_LIST_OF("conditions", struct hpa_status, conditions, hpa_fields_condition, 0),
};
const struct codec_object hpa_fields_status_v2beta2 = CODEC_OBJECT(struct hpa_status, STATUS_V2BETA2);

static const struct codec_field DECISION[] = {
	CODEC_FIELD("rawDesiredReplicas", CODEC_OPT_I32, struct own_decision, raw_desired, CODEC_OMIT),
	CODEC_FIELD("finalDesiredReplicas", CODEC_OPT_I32, struct own_decision, final_desired, CODEC_OMIT),
	CODEC_FIELD("selectedMetric", CODEC_TEXT, struct own_decision, selected_metric, CODEC_OMIT),
	{ .name = "constraintsApplied", .type = CODEC_TEXTS, .flags = CODEC_OMIT,
	  .offset = offsetof(struct own_decision, constraints), .count = offsetof(struct own_decision, n_constraints) },
	{ .name = "nextChangeTime", .type = CODEC_OPT_TIME, .flags = CODEC_OMIT,
	  .offset = offsetof(struct own_decision, next_change), .has = offsetof(struct own_decision, has_next_change) },
};
static const struct codec_object DECISION_OBJECT = CODEC_OBJECT(struct own_decision, DECISION);

static const struct codec_field SUMMARY[] = {
	CODEC_FIELD("reference", CODEC_TEXT, struct own_summary, reference, CODEC_OMIT),
	CODEC_FIELD("targets", CODEC_TEXT, struct own_summary, targets, CODEC_OMIT),
	CODEC_FIELD("wants", CODEC_OPT_I32, struct own_summary, wants, CODEC_OMIT),
	CODEC_FIELD("limitedBy", CODEC_TEXT, struct own_summary, limited_by, CODEC_OMIT),
	CODEC_FIELD("mode", CODEC_TEXT, struct own_summary, mode, CODEC_OMIT),
};
static const struct codec_object SUMMARY_OBJECT = CODEC_OBJECT(struct own_summary, SUMMARY);

static const struct codec_field STATUS_OWN[] = {
	STATUS_HEAD(0),
	/* A custom resource takes no null where Kubernetes writes one. */
	CODEC_NIL_LIST_OF("currentMetrics", struct hpa_status, current_metrics, METRIC_STATUS_OWN_OBJECT, CODEC_OMIT),
	CODEC_LIST_OF("conditions", struct hpa_status, conditions, hpa_fields_condition, CODEC_OMIT),
	CODEC_POINTER_OF("lastDecision", struct hpa_own_status, own.last_decision, DECISION_OBJECT),
	CODEC_INLINE_OF("summary", struct hpa_own_status, own.summary, SUMMARY_OBJECT),
};
const struct codec_object hpa_fields_status_own = CODEC_OBJECT(struct hpa_own_status, STATUS_OWN);
/* clang-format on */
