/* The highest proposal wins. As long as any metric fails the rest may only raise or keep the count:
 * what failed might have asked for more. 0 doubles as "nothing yet", so a proposal of 0 does not
 * hold its place against a negative one behind it. */
#include "controller/pick.h"

struct picked pick_compute(const struct recommendation *recommendations, size_t n, int32_t current)
{
	struct picked out = { .winner = PICK_NONE, .first_bad = PICK_NONE };
	for (size_t i = 0; i < n; i++) {
		const struct recommendation *r = &recommendations[i];
		if (!r->ok) {
			if (out.n_bad++ == 0)
				out.first_bad = i;
		} else if (out.replicas == 0 || r->replicas > out.replicas) {
			out.replicas = r->replicas;
			out.winner = i;
		}
	}
	out.ok = out.n_bad < n && (out.n_bad == 0 || out.replicas >= current);
	return out;
}
