#pragma once
/* The counterfactual of one decision: which smallest change of a metric, or how much time, would make it another one. Found by asking the pure decision again with other
 * readings and later moments. Pure. */
#include "cli/source.h"

/* A change of the count that is looked for. */
enum explain_turn { EXPLAIN_UP, EXPLAIN_DOWN, EXPLAIN_N_TURNS };

/* What the passes make of readings that stay as they are. */
struct explain_outcome {
	bool moves;
	int64_t after_ns; /* moves: the pass that changes the count */
	int32_t to;
	/* Does not move: what was wanted at the end, and what kept it. */
	int32_t wanted;
	enum limited_by by;
	bool held; /* by a window to the end */
};

struct explain_threshold {
	bool found;   /* some value of this metric alone turns the proposal this way */
	bool already; /* it is turned this way now */
	struct calculation reached; /* found: the metric's calculation at the nearest such value */
	int64_t from_milli, to_milli; /* sums of the metric's values now and there */
	struct explain_outcome outcome;
	size_t blocker; /* not found: the metric that still decides, or PICK_NONE */
	bool failing;	/* not found: because the blocker cannot be read */
};

struct explain_metric_change {
	bool usable; /* it has values that can be scaled */
	struct explain_threshold turns[EXPLAIN_N_TURNS];
	/* Where the proposal is turned now: the nearest value at which it no longer is. */
	struct explain_threshold stay;
};

struct explain_change {
	/* false: no metric is read, nothing could be decided, or another autoscaler acts on the target */
	bool computed;
	struct explain_metric_change *metrics; /* one a metric */
	struct explain_outcome
		time; /* the same values, later passes; only where this pass moves nothing */
	/* Several metrics: the largest share of all values at which the proposal is below the count. */
	bool all_down_found;
	int64_t all_down_millionths;
	struct explain_outcome all_down;
};

/* errors: NOMEM, LIMIT. cost: some hundred decisions for each metric */
MUST_USE enum error_kind explain_change_compute(struct arena *a, const struct source_view *view,
	struct explain_change *ret, struct error *err);
