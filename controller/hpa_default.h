#pragma once
/* What the API server fills in before it stores an object (spec 1.3). Pure. */
#include "common/arena.h"
#include "controller/hpa.h"

/* autoscaling/v2: minReplicas 1; CPU at 80 % without metrics; behavior, if there is any, completed. Defaults are made in the arena, which
 * must live as long as the object. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind hpa_default(struct arena *a, struct hpa *hpa, struct error *err);
/* What v1 defaults before it is converted: minReplicas only. */
void hpa_default_min_replicas(struct hpa_spec *spec);
/* A Resource metric on cpu. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind hpa_default_cpu_metric(
	struct arena *a, int32_t utilization, struct hpa_metric *ret, struct error *err);
/* The same where spec.metrics is empty, at 80 %. */
MUST_USE enum error_kind hpa_default_metrics(
	struct arena *a, struct hpa_spec *spec, struct error *err);
