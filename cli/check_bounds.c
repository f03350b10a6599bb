/* Traps of minReplicas and maxReplicas. */
#include "cli/check.h"

void check_bounds_min_is_max(struct check *c, const struct check_autoscaler *s)
{
	const struct hpa_spec *spec = &s->hpa.spec;

	/* A missing maxReplicas reads as 0, and is told as missing. */
	if (spec->max_replicas > 0 && spec->min_replicas.value == spec->max_replicas)
		check_find(c, CHECK_MIN_IS_MAX, &s->object, "spec.maxReplicas",
			"minReplicas and maxReplicas are both %d", spec->max_replicas);
}

/* At zero pods a percentage of them is zero. The limit without behavior is four pods. */
void check_bounds_never_wakes(struct check *c, const struct check_autoscaler *s)
{
	const struct hpa_spec *spec = &s->hpa.spec;
	const struct hpa_rules *up = spec->behavior ? spec->behavior->scale_up : NULL;
	size_t n_pods = 0;

	if (!spec->min_replicas.set || spec->min_replicas.value != 0 || !up)
		return;
	if (sv_is(up->select_policy, "Disabled")) {
		check_find(c, CHECK_NEVER_WAKES, &s->object, "spec.behavior.scaleUp.selectPolicy",
			"minReplicas is 0 and scaling up is Disabled: at zero it stays at zero");
		return;
	}
	for (size_t i = 0; i < up->n_policies; i++)
		n_pods += sv_is(up->policies[i].type, "Pods");
	bool smallest = sv_is(up->select_policy, "Min");
	if (smallest ? n_pods == up->n_policies : n_pods > 0)
		return;
	check_find(c, CHECK_NEVER_WAKES, &s->object, "spec.behavior.scaleUp.policies",
		smallest ? "minReplicas is 0 and selectPolicy Min takes the Percent policy: a "
			   "percentage "
			   "of zero pods is zero"
			 : "minReplicas is 0 and all policies are of type Percent: a percentage of "
			   "zero pods "
			   "is zero");
}
