/* Both guards over the metrics of one object. They only ever raise a proposal to the present count,
 * so what they do is the same as if the metric had failed: the others may still raise it. */
#include "controller/guard.h"

const char *guard_by_name(enum guard_by by)
{
	static const char *const NAMES[] = {
		[GUARD_NONE] = "",
		[GUARD_PARTIAL] = "PartialLoss",
		[GUARD_MASS] = "MassLoss",
	};
	return NAMES[by];
}

static int32_t count_i32(size_t n)
{
	return n > INT32_MAX ? INT32_MAX : (int32_t)n;
}

static int32_t rows_of(const struct pods_groups *groups)
{
	size_t n = 0;

	for (size_t i = 0; i < groups->pods.n; i++)
		n += groups->samples[i] != NULL;
	return count_i32(n);
}

static void look_at_rows(const struct guard_input *in, const struct metric_memory *known,
	const struct recommendation *r, struct guarded *g)
{
	struct guard_partial_input partial = {
		.ready_pods = count_i32(pods_count_running_ready(in->pods)),
	};

	if (!r->groups.reasons)
		return;
	g->rows = partial.rows = rows_of(&r->groups);
	if (known)
		partial.last_rows = known->rows;
	g->partial = guard_partial_compute(&partial);
}

static void look_at(const struct guard_input *in, size_t i, struct recommendation *r,
	struct guarded *g, struct metric_sight *sight)
{
	const struct metric_memory *known;

	*sight = (struct metric_sight){ .key = metric_memory_key(in->spec, i), .failed = !r->ok };
	known = metric_memory_find(in->memory, sight->key);
	g->lost = !r->ok && known && known->had_value;
	look_at_rows(in, known, r, g);
	if (r->ok)
		sight->rows = g->partial.remember;
	if (!in->enabled || !r->ok || r->replicas >= in->current)
		return;
	if (g->partial.unfit)
		g->by = GUARD_PARTIAL;
	else if (in->frozen && in->frozen[i])
		g->by = GUARD_MASS;
	else
		return;
	g->computed = r->replicas;
	r->replicas = in->current;
}

enum error_kind guard_compute(struct arena *a, const struct guard_input *in,
	struct recommendation *recommendations, struct guards *ret, struct error *err)
{
	size_t n = in->spec->n_metrics;
	struct guards all = { ARENA_ARRAY(a, n, struct guarded), n,
		ARENA_ARRAY(a, n, struct metric_sight) };

	if (!all.at || !all.sights)
		return arena_error(a, err);
	for (size_t i = 0; i < n; i++)
		look_at(in, i, &recommendations[i], &all.at[i], &all.sights[i]);
	*ret = all;
	return ERR_OK;
}
