/* Stabilisation. Two algorithms that share one list: without behavior only a decrease is held back,
 * by the highest recommendation of the window; with behavior the present count is pulled into the
 * range that the two windows span. Comparisons with the cut are deliberately not the same in the
 * two (a recommendation exactly as old as its window). */
#include "controller/stabilize.h"

static struct stabilized without_behavior(const struct stabilize_input *in)
{
	int64_t cut_ns = in->now.ns - in->down_window_ns;
	struct stabilized out = {
		.up_bound = in->desired,
		.down_bound = in->desired,
		.up_holder = STABILIZED_BY_NONE,
		.down_holder = STABILIZED_BY_NONE,
		.slot = HISTORY_APPEND,
	};

	for (size_t i = 0; i < in->n_recommendations; i++) {
		const struct history_recommendation *r = &in->recommendations[i];
		if (r->at.ns < cut_ns) {
			out.slot = i;
		} else if (r->replicas > out.down_bound) {
			out.down_bound = r->replicas;
			out.down_holder = i;
		}
	}
	out.replicas = out.down_bound;
	out.by = out.replicas != in->desired ? STABILIZED_DOWN : STABILIZED_NOT;
	return out;
}

static struct stabilized with_behavior(const struct stabilize_input *in)
{
	int64_t up_cut_ns = in->now.ns - in->up_window_ns;
	int64_t down_cut_ns = in->now.ns - in->down_window_ns;
	struct stabilized out = {
		.up_bound = in->desired,
		.down_bound = in->desired,
		.up_holder = STABILIZED_BY_NONE,
		.down_holder = STABILIZED_BY_NONE,
		.slot = HISTORY_APPEND,
	};

	for (size_t i = 0; i < in->n_recommendations; i++) {
		const struct history_recommendation *r = &in->recommendations[i];
		if (r->at.ns > up_cut_ns && r->replicas < out.up_bound) {
			out.up_bound = r->replicas;
			out.up_holder = i;
		}
		if (r->at.ns > down_cut_ns && r->replicas > out.down_bound) {
			out.down_bound = r->replicas;
			out.down_holder = i;
		}
		if (r->at.ns < up_cut_ns && r->at.ns < down_cut_ns)
			out.slot = i;
	}

	out.replicas = in->current;
	if (out.replicas < out.up_bound)
		out.replicas = out.up_bound;
	if (out.replicas > out.down_bound)
		out.replicas = out.down_bound;
	if (out.replicas != in->desired)
		out.by = in->desired >= in->current ? STABILIZED_UP : STABILIZED_DOWN;
	return out;
}

struct stabilized stabilize_compute(const struct stabilize_input *in)
{
	return in->has_behavior ? with_behavior(in) : without_behavior(in);
}
