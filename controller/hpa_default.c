/* Defaults of autoscaling/v2. Pure. A behavior that is set, even empty, gets both directions: every field the user left out comes from the
 * default rules, and a present but empty list of policies counts as given (validation then refuses it). */
#include "controller/hpa_default.h"

#define CPU_UTILIZATION 80
#define POLICY_PERIOD_SEC 15

static const struct hpa_policy UP_POLICIES[] = {
	{ SV("Pods"), 4, POLICY_PERIOD_SEC },
	{ SV("Percent"), 100, POLICY_PERIOD_SEC },
};
static const struct hpa_policy DOWN_POLICIES[] = {
	{ SV("Percent"), 100, POLICY_PERIOD_SEC },
};

void hpa_default_min_replicas(struct hpa_spec *spec)
{
	if (!spec->min_replicas.set)
		spec->min_replicas = opt_i32_of(1);
}

enum error_kind hpa_default_cpu_metric(
	struct arena *a, int32_t utilization, struct hpa_metric *ret, struct error *err)
{
	struct hpa_source *source = ARENA_NEW(a, struct hpa_source);

	if (!source)
		return arena_error(a, err);
	source->resource = SV("cpu");
	source->target.type = SV("Utilization");
	source->target.average_utilization = opt_i32_of(utilization);
	*ret = (struct hpa_metric){ .type = SV("Resource"), .kind = HPA_METRIC_RESOURCE };
	ret->member[HPA_METRIC_RESOURCE] = source;
	return ERR_OK;
}

enum error_kind hpa_default_metrics(struct arena *a, struct hpa_spec *spec, struct error *err)
{
	if (spec->n_metrics > 0)
		return ERR_OK;
	struct hpa_metric *metric = ARENA_NEW(a, struct hpa_metric);
	if (!metric)
		return arena_error(a, err);
	enum error_kind kind = hpa_default_cpu_metric(a, CPU_UTILIZATION, metric, err);
	if (kind == ERR_OK) {
		spec->metrics = metric;
		spec->n_metrics = 1;
	}
	return kind;
}

/* The default rules with everything that the user set laid over them. */
static enum error_kind complete(struct arena *a, struct hpa_rules **rules,
	struct hpa_rules defaults, const struct hpa_policy *policies, size_t n_policies,
	struct error *err)
{
	const struct hpa_rules *user = *rules;
	struct hpa_rules *made = ARENA_NEW(a, struct hpa_rules);

	if (!made)
		return arena_error(a, err);
	*made = defaults;
	if (user) {
		made->tolerance = user->tolerance;
		if (user->select_policy.ptr)
			made->select_policy = user->select_policy;
		if (user->stabilization_window_sec.set)
			made->stabilization_window_sec = user->stabilization_window_sec;
	}
	made->has_policies = true;
	if (user && user->has_policies) {
		made->policies = user->policies;
		made->n_policies = user->n_policies;
	} else {
		made->policies = ARENA_ARRAY(a, n_policies, struct hpa_policy);
		if (!made->policies)
			return arena_error(a, err);
		for (size_t i = 0; i < n_policies; i++)
			made->policies[i] = policies[i];
		made->n_policies = n_policies;
	}
	*rules = made;
	return ERR_OK;
}

enum error_kind hpa_default(struct arena *a, struct hpa *hpa, struct error *err)
{
	struct hpa_behavior *behavior = hpa->spec.behavior;
	struct hpa_rules up = { .select_policy = SV("Max"),
		.stabilization_window_sec = { true, 0 } };
	/* No window: the controller fills in its own flag. */
	struct hpa_rules down = { .select_policy = SV("Max") };

	hpa_default_min_replicas(&hpa->spec);
	enum error_kind kind = hpa_default_metrics(a, &hpa->spec, err);
	if (kind != ERR_OK || !behavior)
		return kind;
	kind = complete(a, &behavior->scale_up, up, UP_POLICIES, ARRAY_LEN(UP_POLICIES), err);
	if (kind == ERR_OK)
		kind = complete(a, &behavior->scale_down, down, DOWN_POLICIES,
			ARRAY_LEN(DOWN_POLICIES), err);
	return kind;
}
