#pragma once
/* Whether a pass computes metrics at all. Pure. Rules: spec 4.3 steps 7 and 8, and 10; for our own
 * kind docs/own-kind.md. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "controller/hpa.h"
#include "controller/settings.h"

enum bounds_result {
	BOUNDS_COMPUTE,
	BOUNDS_DISABLED,  /* at zero replicas, and not by us */
	BOUNDS_ABOVE_MAX, /* straight to maxReplicas; no metric is read */
	BOUNDS_BELOW_MIN, /* straight to minReplicas */
};

/* Whether some count lies within the bounds; the schema sees to that, but an old server may have stored the object. errors: INVALID, naming the field. */
MUST_USE enum error_kind bounds_exist(const struct hpa_spec *spec, struct error *err);
/* minReplicas, or its default. In our own kind 0 counts as 1 where no metric could wake the target
 * up again. */
int32_t bounds_min_replicas(const struct hpa_spec *spec);
/* Some metric can be read without pods: Object, External, Prometheus with a single number. */
bool bounds_has_pod_free_metric(const struct hpa_spec *spec);
/* Zero is a count like any other: the gate is on, or the object is of our own kind. */
bool bounds_may_sleep(const struct settings *settings, const struct hpa *hpa);
/* We scaled it to zero: it may sleep, and the stored condition says so; or `asleep`, which we remember where the condition could not be stored (the default
 * mode only). */
bool bounds_scaled_to_zero(const struct settings *settings, const struct hpa *hpa, bool asleep);

/* While an override holds, metrics are always computed: it replaces the bounds, and nothing jumps. */
enum bounds_result bounds_check(const struct settings *settings, const struct hpa *hpa, bool asleep,
	int32_t current, struct wall now);
