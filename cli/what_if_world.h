#pragma once
/* What a pass sees of a made-up cluster: the kinds that an object names, its pods, and readings of the values given. Pure, all in an arena. */
#include "cli/what_if.h"

/* Every kind that the object refers to exists, and custom.metrics.k8s.io. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind what_if_world_discovery(
	struct arena *a, const struct hpa *hpa, struct discovery **ret, struct error *err);

/* One moment of the target. */
struct what_if_world {
	int32_t replicas;
	int32_t not_ready;	     /* of these, pending */
	const int64_t *totals_milli; /* per metric */
	const bool *given;	     /* per metric */
	struct decide_now now;
};

/* What all pods together use when each pod shows the value. errors: INVALID (too large). */
MUST_USE enum error_kind what_if_world_total(const struct hpa *hpa, const struct hpa_metric *m,
	const struct what_if_value *value, int32_t n_pods, int64_t *ret_milli, struct error *err);
/* The percentage of the requests that a total is: thousandths of a percent for each of `n_pods`. */
int64_t what_if_world_percent(
	const struct hpa *hpa, const struct hpa_metric *m, int64_t total_milli, int32_t n_pods);

/* The Scale as the API server would send it. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind what_if_world_scale(struct arena *a, const struct hpa *hpa,
	const struct what_if_world *world, struct sv *ret, struct error *err);
/* Pods sorted by name; the last ones are those that are not ready. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind what_if_world_pods(struct arena *a, const struct hpa *hpa,
	const struct what_if_world *world, struct pod_set *ret, struct error *err);
/* Metric i: its total in equal shares over the ready pods, or a failure that says which flag to give. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind what_if_world_reading(struct arena *a, const struct hpa *hpa,
	const struct what_if_world *world, const struct pod_set *pods, size_t i,
	struct reading *ret, struct error *err);
