#pragma once
/* Every rule of `flyball check`: one row each. docs/check.md shows the same table. */
struct check;
struct check_autoscaler;

enum check_severity { CHECK_ERROR, CHECK_WARNING };

/* Looks at one autoscaler, once all files are read. */
typedef void (*check_trap_fn)(struct check *c, const struct check_autoscaler *s);

/* X(ID, "name", severity, what it means, cure, function; NULL: found while reading) */
/* clang-format off */
#define CHECK_RULES(X) \
	X(SYNTAX, "syntax", ERROR, "the text is neither YAML nor JSON", \
	  "correct the text at this place", NULL) \
	X(VERSION, "api-version", ERROR, "an apiVersion or kind that no autoscaler has", \
	  "write apiVersion: autoscaling/v2 and kind: HorizontalPodAutoscaler", NULL) \
	X(OLD_VERSION, "removed-version", WARNING, "an API version that clusters no longer serve (v2beta1: until 1.24, v2beta2: until 1.25)", \
	  "flyball convert -f FILE --to=autoscaling/v2", NULL) \
	X(UNKNOWN_FIELD, "unknown-field", ERROR, "a field that the API does not have; it would be dropped or refused", \
	  "correct the spelling or the indentation, or remove the field", NULL) \
	X(WRONG_TYPE, "wrong-type", ERROR, "a value that its field cannot hold", \
	  "write a value of the type that is expected", NULL) \
	X(INVALID, "invalid", ERROR, "what the API server's validation refuses, in its words", \
	  "give the field a value that is allowed", NULL) \
	X(RULES_FILE, "rules-file", ERROR, "a rules file that the adapter does not load, or a rule in it", \
	  "correct the rule; the adapter would go on without it or not start", NULL) \
	X(SAME_OBJECT, "same-object-twice", WARNING, "two autoscalers of the same kind, namespace and name", \
	  "rename or remove one: of the two, the one applied last remains", check_neighbours_same_object) \
	X(TWO_AUTOSCALERS, "two-autoscalers", ERROR, "two autoscalers for one target: both scale it, or both stop (AmbiguousSelector)", \
	  "remove one; several metrics may stand in one autoscaler", check_neighbours_two_autoscalers) \
	X(OVERLAP, "overlapping-selectors", ERROR, "the target's selector also takes the pods of another workload", \
	  "give each workload a label of its own, in the selector and in the pod template", check_neighbours_overlap) \
	X(TARGET_GROUP, "target-group-wrong", ERROR, "scaleTargetRef names an API group that has no such kind: the target is never found", \
	  "write apiVersion: apps/v1", check_target_group) \
	X(NOT_SCALABLE, "target-not-scalable", ERROR, "scaleTargetRef names a kind that has no replicas to set", \
	  "name a Deployment, a StatefulSet or another kind with a scale subresource", check_target_scalable) \
	X(REPLICAS, "replicas-in-target", WARNING, "the target's manifest sets replicas: each apply undoes the autoscaler's work", \
	  "remove spec.replicas from the manifest of the target (first from what kubectl last applied, or the count drops to 1)", \
	  check_target_replicas) \
	X(STARTS_AT_ZERO, "target-starts-at-zero", WARNING, "the target's manifest says replicas: 0, which switches autoscaling off", \
	  "remove spec.replicas, or start with at least 1", check_target_zero) \
	X(MISSING_REQUEST, "missing-request", ERROR, "a container without a request under a Utilization target: the whole metric fails", \
	  "set resources.requests (or limits, which stand in for it) on every container, or use a target of type AverageValue, or a ContainerResource metric", \
	  check_target_requests) \
	X(NO_CONTAINER, "container-unknown", ERROR, "a ContainerResource metric names a container that the target does not have", \
	  "name a container of the target's pod template", check_target_container) \
	X(OUT_OF_REACH, "utilization-out-of-reach", ERROR, "the limits keep usage below target and tolerance: it never scales up", \
	  "lower averageUtilization, or raise the limits above the requests", check_target_reach) \
	X(SLOW_START, "window-below-startup", WARNING, "the scale-down window is shorter than the start of a pod", \
	  "make behavior.scaleDown.stabilizationWindowSeconds longer than the probes' initial delay", check_target_startup) \
	X(MIN_IS_MAX, "min-equals-max", WARNING, "minReplicas equals maxReplicas: there is nothing to decide", \
	  "raise maxReplicas, or remove the autoscaler", check_bounds_min_is_max) \
	X(NEVER_WAKES, "zero-never-wakes", ERROR, "minReplicas 0 with scale-up policies that allow nothing at zero pods: it never wakes up", \
	  "add a policy of type Pods to behavior.scaleUp, with selectPolicy Max", check_bounds_never_wakes) \
	X(TYPE_FAILS, "target-type-fails", ERROR, "an Object metric whose target.type names a field that is not set: the metric fails", \
	  "make target.type agree with the field that is set", check_metrics_type_fails) \
	X(QUERY, "query-invalid", ERROR, "a Prometheus metric whose query does not parse or gives another type than it must: the metric fails", \
	  "correct the query at this line and column of it; flyball query check tries it", check_own_queries) \
	X(TYPE_IGNORED, "target-type-ignored", WARNING, "target.type names another field than the one that decides", \
	  "make target.type agree with the field that is set", check_metrics_type_ignored) \
	X(NO_SELECTOR, "external-without-selector", WARNING, "an External metric without selector: every series of that name is added up", \
	  "add metric.selector.matchLabels", check_metrics_selector) \
	X(CAPITALS, "external-capitals", WARNING, "an External metric with capital letters: the request for it is sent in lower case", \
	  "serve the metric under a lower-case name", check_metrics_capitals) \
	X(SMALL_MEMORY, "memory-looks-like-cpu", WARNING, "averageValue of memory below 1 MiB: the unit is bytes", \
	  "write a quantity such as 500Mi", check_metrics_small_memory) \
	X(LARGE_CPU, "cpu-looks-like-memory", WARNING, "averageValue of cpu of 128 cores and more: the unit is cores", \
	  "write a quantity such as 500m", check_metrics_large_cpu) \
	X(DUPLICATE, "duplicate-metric", WARNING, "the same metric twice: only the stricter target ever decides", \
	  "keep the one with the lower target", check_metrics_duplicate) \
	X(NEVER_DECIDES, "policy-never-decides", WARNING, "a policy that another one outdoes at every size from minReplicas to maxReplicas", \
	  "remove the policy, or change its value or selectPolicy", check_behavior_never_decides) \
	X(DISABLED_POLICIES, "disabled-with-policies", WARNING, "selectPolicy Disabled with policies that can therefore never act", \
	  "remove the policies, or selectPolicy", check_behavior_disabled) \
	X(DISABLED_BOTH, "disabled-both-ways", WARNING, "both directions are Disabled: the autoscaler does nothing between its bounds", \
	  "remove one of the two, or the autoscaler", check_behavior_disabled_both) \
	X(SHORT_PERIOD, "period-below-pass", WARNING, "a policy's period shorter than the 15 s between two passes acts once a pass", \
	  "write periodSeconds: 15 or more", check_behavior_period) \
	X(STOPS_DOWN, "tolerance-stops-down", ERROR, "a scale-down tolerance of 1 (100 %) or more: it never scales down", \
	  "write a fraction: 0.05 is 5 %", check_behavior_tolerance_down) \
	X(LARGE_TOLERANCE, "tolerance-looks-like-percent", WARNING, "a scale-up tolerance of 1 (100 %) or more", \
	  "write a fraction: 0.05 is 5 %", check_behavior_tolerance_up) \
	X(DEAD_ANNOTATION, "dead-annotation", WARNING, "an annotation of autoscaling/v1 on an object of another version is dropped", \
	  "move what it says into the spec", check_behavior_annotations)
/* clang-format on */

enum check_rule_id {
#define CHECK_RULE_ID(id, name, severity, summary, cure, trap) CHECK_##id,
	CHECK_RULES(CHECK_RULE_ID)
#undef CHECK_RULE_ID
		CHECK_N_RULES
};

struct check_rule {
	const char *name;
	enum check_severity severity;
	const char *summary, *cure;
	check_trap_fn trap; /* NULL: found while reading */
};

extern const struct check_rule check_rules[CHECK_N_RULES];

void check_neighbours_same_object(struct check *c, const struct check_autoscaler *s);
void check_neighbours_two_autoscalers(struct check *c, const struct check_autoscaler *s);
void check_neighbours_overlap(struct check *c, const struct check_autoscaler *s);
void check_target_group(struct check *c, const struct check_autoscaler *s);
void check_target_scalable(struct check *c, const struct check_autoscaler *s);
void check_target_replicas(struct check *c, const struct check_autoscaler *s);
void check_target_zero(struct check *c, const struct check_autoscaler *s);
void check_target_requests(struct check *c, const struct check_autoscaler *s);
void check_target_container(struct check *c, const struct check_autoscaler *s);
void check_target_reach(struct check *c, const struct check_autoscaler *s);
void check_target_startup(struct check *c, const struct check_autoscaler *s);
void check_bounds_min_is_max(struct check *c, const struct check_autoscaler *s);
void check_bounds_never_wakes(struct check *c, const struct check_autoscaler *s);
void check_metrics_type_fails(struct check *c, const struct check_autoscaler *s);
void check_own_queries(struct check *c, const struct check_autoscaler *s);
void check_metrics_type_ignored(struct check *c, const struct check_autoscaler *s);
void check_metrics_selector(struct check *c, const struct check_autoscaler *s);
void check_metrics_capitals(struct check *c, const struct check_autoscaler *s);
void check_metrics_small_memory(struct check *c, const struct check_autoscaler *s);
void check_metrics_large_cpu(struct check *c, const struct check_autoscaler *s);
void check_metrics_duplicate(struct check *c, const struct check_autoscaler *s);
void check_behavior_never_decides(struct check *c, const struct check_autoscaler *s);
void check_behavior_disabled(struct check *c, const struct check_autoscaler *s);
void check_behavior_disabled_both(struct check *c, const struct check_autoscaler *s);
void check_behavior_period(struct check *c, const struct check_autoscaler *s);
void check_behavior_tolerance_down(struct check *c, const struct check_autoscaler *s);
void check_behavior_tolerance_up(struct check *c, const struct check_autoscaler *s);
void check_behavior_annotations(struct check *c, const struct check_autoscaler *s);
