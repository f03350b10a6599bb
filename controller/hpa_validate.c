/* Validation of the spec: bounds, target, the list of metrics, behavior. Pure. Errors are collected, not only the first, in the order of
 * the reference's checks. */
#include "controller/hpa_validate.h"

#include "controller/hpa_validate_parts.h"

#define MAX_WINDOW_SEC 3600
#define MAX_PERIOD_SEC 1800

static void check_bounds(struct field_error_list *l, const struct codec_path *path,
	const struct hpa_spec *spec, bool scale_to_zero)
{
	struct opt_i32 min = spec->min_replicas;
	int32_t max = spec->max_replicas;
	int32_t lowest = scale_to_zero ? 0 : 1;

	if (min.set && min.value < lowest)
		hpa_validate_add_i64(l, path, "minReplicas", min.value,
			scale_to_zero ? "must be greater than or equal to 0"
				      : "must be greater than or equal to 1");
	if (max == 0)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, path, "maxReplicas",
			"must be set and greater than 0");
	else if (max < 0)
		hpa_validate_add_i64(
			l, path, "maxReplicas", max, "must be greater than or equal to 1");
	if (min.set && max < min.value)
		hpa_validate_add_i64(l, path, "maxReplicas", max,
			"must be greater than or equal to `minReplicas`");
}

static void check_metrics(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_spec *spec)
{
	bool wakes = false;

	for (size_t i = 0; i < spec->n_metrics; i++) {
		struct codec_path at = { .up = path, .index = i };
		enum hpa_metric_kind kind = spec->metrics[i].kind;
		hpa_validate_metric(l, &at, &spec->metrics[i]);
		wakes = wakes || kind == HPA_METRIC_OBJECT || kind == HPA_METRIC_EXTERNAL ||
			kind == HPA_METRIC_PROMETHEUS;
	}
	if (spec->min_replicas.set && spec->min_replicas.value == 0 && !wakes)
		hpa_validate_add(l, FIELD_ERROR_FORBIDDEN, path, NULL,
			spec->own ? "must specify at least one Object, External or Prometheus "
				    "metric to support scaling to zero replicas"
				  : "must specify at least one Object or External metric to "
				    "support scaling to zero replicas");
}

static void check_policy(
	struct field_error_list *l, const struct codec_path *path, const struct hpa_policy *policy)
{
	if (!sv_is(policy->type, "Percent") && !sv_is(policy->type, "Pods"))
		hpa_validate_add_json(l, FIELD_ERROR_NOT_SUPPORTED, path, "type", policy->type,
			"supported values: \"Percent\", \"Pods\"");
	if (policy->value <= 0)
		hpa_validate_add_i64(l, path, "value", policy->value, "must be greater than zero");
	if (policy->period_sec <= 0)
		hpa_validate_add_i64(
			l, path, "periodSeconds", policy->period_sec, "must be greater than zero");
	if (policy->period_sec > MAX_PERIOD_SEC)
		hpa_validate_add_i64(l, path, "periodSeconds", policy->period_sec,
			"must be less than or equal to 1800");
}

static void check_rules(struct field_error_list *l, const struct codec_path *path,
	const struct hpa_rules *rules, bool tolerance)
{
	struct opt_i32 window = rules->stabilization_window_sec;
	struct sv select = rules->select_policy;
	struct codec_path policies = { .up = path, .member = SV("policies") };

	if (window.set && window.value < 0)
		hpa_validate_add_i64(l, path, "stabilizationWindowSeconds", window.value,
			"must be greater than or equal to zero");
	if (window.set && window.value > MAX_WINDOW_SEC)
		hpa_validate_add_i64(l, path, "stabilizationWindowSeconds", window.value,
			"must be less than or equal to 3600");
	if (select.ptr && !sv_is(select, "Disabled") && !sv_is(select, "Max") &&
		!sv_is(select, "Min"))
		hpa_validate_add_json(l, FIELD_ERROR_NOT_SUPPORTED, path, "selectPolicy", select,
			"supported values: \"Disabled\", \"Max\", \"Min\"");
	if (rules->n_policies == 0)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, path, "policies",
			"must specify at least one Policy");
	for (size_t i = 0; i < rules->n_policies; i++) {
		struct codec_path at = { .up = &policies, .index = i };
		check_policy(l, &at, &rules->policies[i]);
	}
	if (tolerance && rules->tolerance.set && quantity_sign(&rules->tolerance.value) < 0)
		hpa_validate_add_quantity(l, path, "tolerance", &rules->tolerance.value,
			"must be greater than or equal to 0");
}

void hpa_validate(
	const struct hpa *hpa, struct hpa_validate_options options, struct field_error_list *ret)
{
	const struct hpa_spec *spec = &hpa->spec;
	const struct hpa_behavior *behavior = spec->behavior;
	struct codec_path root = { .member = SV("spec") };
	struct codec_path target = { .up = &root, .member = SV("scaleTargetRef") };
	struct codec_path metrics = { .up = &root, .member = SV("metrics") };
	struct codec_path rules = { .up = &root, .member = SV("behavior") };
	struct codec_path up = { .up = &rules, .member = SV("scaleUp") };
	struct codec_path down = { .up = &rules, .member = SV("scaleDown") };

	hpa_validate_meta(ret, &hpa->meta);
	check_bounds(ret, &root, spec, options.scale_to_zero);
	hpa_validate_ref(
		ret, &target, &spec->target, sv_is(spec->target.kind, "ReplicationController"));
	check_metrics(ret, &metrics, spec);
	if (behavior && behavior->scale_up)
		check_rules(ret, &up, behavior->scale_up, options.configurable_tolerance);
	if (behavior && behavior->scale_down)
		check_rules(ret, &down, behavior->scale_down, options.configurable_tolerance);
}
