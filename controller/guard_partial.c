/* Partial loss: an agent, a shard of Prometheus or a node's kubelet stops to report, and the average
 * over the pods that are left may be far too low. Both comparisons must fail: rows that follow the
 * number of ready pods down are a workload that became smaller, and rows that were always few are a
 * metric that only some pods have. While a reading is unfit its rows are not remembered, so the
 * guard holds until the rows come back or the pods that should report are gone. */
#include "controller/guard_partial.h"

/* The least number of rows that is not below the share of `of`. */
static int32_t share(int32_t of)
{
	int64_t percent = (int64_t)of * GUARD_PARTIAL_PERCENT;

	return (int32_t)((percent + 99) / 100);
}

struct guard_partial guard_partial_compute(const struct guard_partial_input *in)
{
	struct guard_partial out = { .remember = opt_i32_of(in->rows) };

	if (!in->last_rows.set)
		return out;
	int32_t of_last = share(in->last_rows.value), of_ready = share(in->ready_pods);
	out.expected = of_last < of_ready ? of_last : of_ready;
	out.unfit = in->rows < out.expected;
	if (out.unfit)
		out.remember = (struct opt_i32){ 0 };
	return out;
}
