#pragma once
/* Stage: how many pods a per-pod reading covers, how many it covered before, how many pods are
 * ready -> whether it may lower the count. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "common/opt.h"

/* Below this share of the last fit reading and of the ready pods a reading counts as partly lost.
 * A rollout replaces up to 25 % of the pods at a time, so ordinary work stays above. */
#define GUARD_PARTIAL_PERCENT 70

struct guard_partial_input {
	int32_t rows;		  /* pods with a sample */
	struct opt_i32 last_rows; /* the same of the last fit reading; unset: there was none */
	int32_t ready_pods;	  /* pods that should report */
};

struct guard_partial {
	bool unfit;		 /* to lower the count */
	int32_t expected;	 /* rows from which on it is fit again */
	struct opt_i32 remember; /* the rows to compare the next reading with; unset: as before */
};

struct guard_partial guard_partial_compute(const struct guard_partial_input *in);
