/* Overrides take the place of minReplicas and maxReplicas until their time is over. They do not
 * jump: the count that they ask for goes through the same policies as any other. One that the schema
 * would have refused counts as none. */
#include "controller/override.h"

#include "controller/own_kind.h"

struct override_bounds override_of(const struct hpa_spec *spec, struct wall now)
{
	const struct own_override *o = spec->own ? spec->own->override : NULL;

	if (!o || !o->min_replicas.set || !o->max_replicas.set || !o->has_until ||
		o->reason.len == 0 || o->min_replicas.value < 0 ||
		o->max_replicas.value < o->min_replicas.value ||
		instant_wall_cmp(now, o->until) >= 0)
		return (struct override_bounds){ 0 };
	return (struct override_bounds){
		.active = true,
		.min = o->min_replicas.value,
		.max = o->max_replicas.value,
		.until = o->until,
		.reason = o->reason,
	};
}

int32_t override_apply(const struct override_bounds *o, int32_t replicas)
{
	if (!o->active)
		return replicas;
	if (replicas < o->min)
		return o->min;
	return replicas > o->max ? o->max : replicas;
}
