#pragma once
/* Stage: a proposal and the recommendations of the last minutes -> a proposal that does not flap.
 * Pure. Rules: spec 9.1 step 1 (no behavior) and 9.2 step 1 (behavior). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/instant.h"
#include "controller/history.h"

struct stabilize_input {
	const struct history_recommendation *recommendations;
	size_t n_recommendations;
	int32_t current, desired;
	struct mono now;
	bool has_behavior;
	int64_t up_window_ns;	/* behavior only */
	int64_t down_window_ns; /* without behavior: the controller's flag */
};

enum stabilized_by {
	STABILIZED_NOT,	 /* the result is the proposal */
	STABILIZED_UP,	 /* recommendations of the up window, or the direction: ScaleUpStabilized */
	STABILIZED_DOWN, /* ScaleDownStabilized */
};

/* Index of "no recommendation": the proposal itself, or the present count, made the bound. */
#define STABILIZED_BY_NONE SIZE_MAX

struct stabilized {
	int32_t replicas;
	enum stabilized_by by;
	int32_t up_bound, down_bound; /* lowest of the up window, highest of the down window
					 (without behavior: up_bound is desired) */
	size_t up_holder,
		down_holder; /* the recommendation that made the bound, or STABILIZED_BY_NONE */
	size_t slot;	     /* where the proposal is to be stored: an index, or HISTORY_APPEND */
};

struct stabilized stabilize_compute(const struct stabilize_input *in);
