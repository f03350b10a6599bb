/* Outside minReplicas..maxReplicas the count is put right before anything is asked. At zero an
 * object sleeps, unless it was us who put it to sleep: then metrics without pods can wake it. */
#include "controller/bounds.h"

#include <inttypes.h>

#include "controller/override.h"

enum error_kind bounds_exist(const struct hpa_spec *spec, struct error *err)
{
	if (spec->max_replicas < 1)
		return error_set(err, ERR_INVALID,
			"spec.maxReplicas: expected at least 1, got %" PRId32, spec->max_replicas);
	if (spec->min_replicas.set && spec->min_replicas.value < 0)
		return error_set(err, ERR_INVALID,
			"spec.minReplicas: expected at least 0, got %" PRId32,
			spec->min_replicas.value);
	if (spec->min_replicas.set && spec->min_replicas.value > spec->max_replicas)
		return error_set(err, ERR_INVALID,
			"spec.maxReplicas: expected at least minReplicas (%" PRId32
			"), got %" PRId32,
			spec->min_replicas.value, spec->max_replicas);
	return ERR_OK;
}

int32_t bounds_min_replicas(const struct hpa_spec *spec)
{
	int32_t min = spec->min_replicas.set ? spec->min_replicas.value : 1;
	bool never_wakes = spec->own && min == 0 && !bounds_has_pod_free_metric(spec);
	return never_wakes ? 1 : min;
}

bool bounds_has_pod_free_metric(const struct hpa_spec *spec)
{
	for (size_t i = 0; i < spec->n_metrics; i++) {
		const struct hpa_metric *m = &spec->metrics[i];
		if (m->kind == HPA_METRIC_OBJECT || m->kind == HPA_METRIC_EXTERNAL)
			return true;
		if (m->kind == HPA_METRIC_PROMETHEUS && m->prometheus &&
			m->prometheus->pod_label.len == 0)
			return true;
	}
	return false;
}

bool bounds_may_sleep(const struct settings *settings, const struct hpa *hpa)
{
	return settings->scale_to_zero || hpa->spec.own != NULL;
}

bool bounds_scaled_to_zero(const struct settings *settings, const struct hpa *hpa, bool asleep)
{
	if (!bounds_may_sleep(settings, hpa))
		return false;
	if (asleep && settings->arithmetic != ARITH_STRICT)
		return true;
	for (size_t i = 0; i < hpa->status.n_conditions; i++)
		if (sv_is(hpa->status.conditions[i].type, "ScaledToZero"))
			return sv_is(hpa->status.conditions[i].status, "True");
	return false;
}

enum bounds_result bounds_check(const struct settings *settings, const struct hpa *hpa, bool asleep,
	int32_t current, struct wall now)
{
	int32_t min = bounds_min_replicas(&hpa->spec);
	if (override_of(&hpa->spec, now).active)
		return BOUNDS_COMPUTE;
	if (current == 0) {
		bool ours = bounds_scaled_to_zero(settings, hpa, asleep);
		bool wakes = ours && (min != 0 || bounds_has_pod_free_metric(&hpa->spec));
		return wakes ? BOUNDS_COMPUTE : BOUNDS_DISABLED;
	}
	if (current > hpa->spec.max_replicas)
		return BOUNDS_ABOVE_MAX;
	return current < min ? BOUNDS_BELOW_MIN : BOUNDS_COMPUTE;
}
