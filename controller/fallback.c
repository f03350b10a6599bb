/* Fallbacks of our own kind. A metric that fails keeps the others from lowering the count, as in
 * Kubernetes; one with a fallback besides asks for its floor once it has failed for its time. The
 * floor is never below the present count: nothing that happens because a metric failed lowers it. */
#include "controller/fallback.h"

#include "controller/own_kind.h"

/* The moment a metric's fallback begins. */
static struct mono begins(const struct fallback_input *in, size_t i)
{
	const struct own_fallback *f = in->spec->metrics[i].fallback;
	const struct metric_memory *known =
		metric_memory_find(in->memory, metric_memory_key(in->spec, i));
	int64_t since_ns = known && known->failing ? known->failing_since.ns : in->now.ns;
	int64_t wait_sec =
		f->failure_duration_sec.set ? f->failure_duration_sec.value : OWN_KIND_FALLBACK_SEC;

	return (struct mono){ since_ns + (wait_sec > 0 ? wait_sec : 0) * NS_PER_SEC };
}

struct fallback fallback_compute(const struct fallback_input *in)
{
	struct fallback out = { .metric = FALLBACK_NONE, .replicas = in->current };

	for (size_t i = 0; i < in->spec->n_metrics; i++) {
		const struct own_fallback *f = in->spec->metrics[i].fallback;
		if (!f || !f->replicas.set || in->recommendations[i].ok)
			continue;
		struct mono begin = begins(in, i);
		if (begin.ns > in->now.ns) {
			out.due = out.waiting && out.due.ns < begin.ns ? out.due : begin;
			out.waiting = true;
			continue;
		}
		if (out.n_active++ == 0 || f->replicas.value > out.replicas)
			out.metric = i;
		if (f->replicas.value > out.replicas)
			out.replicas = f->replicas.value;
	}
	return out;
}
