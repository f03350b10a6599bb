#pragma once
/* Pure: answers of a Prometheus server -> the reading of a metric of type Prometheus.
 *
 *   without podLabel   exactly one number, from a scalar or from a vector of one row
 *   with podLabel      one row a pod; rows of other pods do not count, a pod without a row or with NaN is a missing one
 *
 * aliveQuery must give one number above zero, or the metric failed, whatever the query says. With noData Zero an empty answer and NaN are 0.
 * Infinities, native histograms, rows without a value and answers with warnings always fail. */
#include "common/arena.h"
#include "common/error.h"
#include "controller/hpa.h"
#include "controller/pods.h"
#include "controller/reading.h"
#include "controller/readings.h"

/* `alive` is NULL without aliveQuery; of the answers content_type is not looked at. pods: of the target, in byte order of names. Values are
 * rounded to thousandths; what is not zero stays so. Nothing points into the answers.
 * errors: NOMEM, LIMIT. cost: O(rows log pods) */
MUST_USE enum error_kind readings_prometheus(struct arena *a, const struct hpa_prometheus *metric,
	const struct pod_set *pods, const struct readings_answer *answer,
	const struct readings_answer *alive, struct reading *ret, struct error *err);
