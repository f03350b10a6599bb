#pragma once
/* Stage: one metric, its reading, the pods -> how many replicas it proposes, and its entry in the
 * status. Pure. Rules: spec 7.1 to 7.9 and 8.3. */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "controller/ask.h"
#include "controller/calculate.h"
#include "controller/hpa.h"
#include "controller/pods.h"
#include "controller/reading.h"
#include "controller/scale.h"
#include "controller/settings.h"

struct recommend_input {
	const struct settings *settings;
	const struct hpa *hpa;
	const struct scale *scale;
	const struct pod_set *pods;
	struct calculate_tolerance tolerance;
	struct wall now;
};

struct recommendation {
	bool ok;
	int32_t replicas;		 /* ok only */
	struct hpa_metric_status status; /* type empty unless ok */
	/* A failure: the reason of condition and event, the text of the event, and the error that
	 * the pass returns. */
	const char *reason;
	struct sv inner, outer;
	bool spec_error; /* the metric's type is unknown */
	/* How it came about, for the trace. */
	struct calculation calculation;
	struct pods_groups groups;     /* per-pod metrics only; reasons NULL: not classified */
	const int64_t *requests_milli; /* Utilization: per pod; NULL: not asked for */
	int64_t target_milli;
};

/* The tolerances of an object: the flag, replaced per direction where spec.behavior has its own. */
struct calculate_tolerance recommend_tolerance(
	const struct settings *settings, const struct hpa_spec *spec);

/* The groups of a per-pod metric that has a reading and pods; leaves *ret alone otherwise. errors:
 * NOMEM, LIMIT. */
MUST_USE enum error_kind recommend_classify(struct arena *a, const struct recommend_input *in,
	const struct hpa_metric *metric, const struct ask_question *question,
	const struct reading *reading, struct pods_groups *ret, struct error *err);

/* ret->groups comes from recommend_classify, the rest is filled here. A failing metric is a result
 * and no error. `question` and `reading` belong to `metric`; the reading is not looked at unless
 * the question was a request. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind recommend_compute(struct arena *a, const struct recommend_input *in,
	const struct hpa_metric *metric, const struct ask_question *question,
	const struct reading *reading, struct recommendation *ret, struct error *err);

/* The metric's name in messages: "cpu resource utilization (percentage of request)". ptr NULL: no
 * memory. */
MUST_USE struct sv recommend_name(struct arena *a, const struct hpa_metric *metric);
