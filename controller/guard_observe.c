/* Passes -> struct guard_mass and self-metrics. An object counts once for each source that it asks,
 * however many of its metrics do. */
#include "controller/guard_observe.h"

#include <stdio.h>

#include "common/arena.h"

#define HELD "flyball_controller_guard_held_total"
#define FREEZES "flyball_controller_source_freezes_total"
#define FROZEN "flyball_controller_source_frozen"

/* Names of sources; 50 metrics of the longest. */
#define MAX_SCRATCH_BYTES 65536

static const char *const GUARD_LABELS[] = { "guard", NULL };
static const char *const SOURCE_LABELS[] = { "source", NULL };

enum error_kind guard_observe_declare(struct selfmetrics *m, struct error *err)
{
	if (selfmetrics_declare(m, SELFMETRICS_COUNTER, HELD,
		    "Proposals to lower a count that a guard held.", GUARD_LABELS, NULL, 0, err))
		return err->kind;
	if (selfmetrics_declare(m, SELFMETRICS_COUNTER, FREEZES,
		    "How often a metrics source failed for so many autoscalers at once that it may "
		    "not lower counts.",
		    SOURCE_LABELS, NULL, 0, err))
		return err->kind;
	return selfmetrics_declare(m, SELFMETRICS_GAUGE, FROZEN,
		"1 while a metrics source may not lower counts.", SOURCE_LABELS, NULL, 0, err);
}

static void tell_sources(const struct guard_mass *g, struct selfmetrics *m)
{
	for (size_t i = 0; i < g->n; i++) {
		const char *const values[] = { g->sources[i].name, NULL };
		selfmetrics_set(m, FROZEN, values, g->sources[i].frozen ? 1 : 0);
	}
}

/* The source of metric i was noted already for an earlier one. */
static bool is_repeated(const struct sv *sources, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (sv_eq(sources[k], sources[i]))
			return true;
	return false;
}

static bool any_lost(const struct proposal *p, const struct sv *sources, size_t i)
{
	for (size_t k = i; k < p->guards.n; k++)
		if (p->guards.at[k].lost && sv_eq(sources[k], sources[i]))
			return true;
	return false;
}

static void note_sources(struct guard_mass *g, struct selfmetrics *m, const struct proposal *p,
	const struct sv *sources)
{
	bool changed = false;

	for (size_t i = 0; i < p->guards.n; i++) {
		if (is_repeated(sources, i))
			continue;
		bool was = guard_mass_is_frozen(g, sources[i]);
		bool froze = guard_mass_note(g, sources[i], any_lost(p, sources, i), p->now.mono);
		if (froze) {
			char name[GUARD_MASS_NAME_BYTES];
			const char *const values[] = { name, NULL };
			(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(sources[i]));
			selfmetrics_add(m, FREEZES, values, 1);
		}
		changed = changed || was != guard_mass_is_frozen(g, sources[i]);
	}
	if (changed)
		tell_sources(g, m);
}

void guard_observe(struct guard_mass *g, struct selfmetrics *m, const struct hpa *hpa,
	const struct proposal *p)
{
	AUTO(arena_done) struct arena a = { 0 };

	if (!p->guards.at || p->guards.n > hpa->spec.n_metrics)
		return;
	for (size_t i = 0; i < p->guards.n; i++) {
		const char *const values[] = { guard_by_name(p->guards.at[i].by), NULL };
		if (p->guards.at[i].by != GUARD_NONE)
			selfmetrics_add(m, HELD, values, 1);
	}
	arena_init(&a, MAX_SCRATCH_BYTES);
	struct sv *sources = ARENA_ARRAY(&a, p->guards.n, struct sv);
	for (size_t i = 0; sources && i < p->guards.n; i++) {
		sources[i] = guard_mass_source_of(&a, &hpa->spec.metrics[i]);
		if (!sources[i].ptr)
			return;
	}
	if (sources)
		note_sources(g, m, p, sources);
}
