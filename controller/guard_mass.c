/* Mass loss. Passes are spread over the period, so an outage is seen over two rounds of clock time:
 * losses of the running round and of the one before are added, and an outage that froze the source
 * is counted once. Only the step from a value to a failure counts. Objects that have been failing
 * for long add nothing but their number, so one tenant's broken objects freeze nobody. */
#include "controller/guard_mass.h"

#include "controller/words.h"

void guard_mass_init(struct guard_mass *g, int64_t round_ns)
{
	*g = (struct guard_mass){ .round_ns = round_ns > 0 ? round_ns : NS_PER_SEC };
}

struct sv guard_mass_source_of(struct arena *a, const struct hpa_metric *metric)
{
	switch (metric->kind) {
	case HPA_METRIC_RESOURCE:
	case HPA_METRIC_CONTAINER_RESOURCE:
		return SV("metrics.k8s.io");
	case HPA_METRIC_PODS:
	case HPA_METRIC_OBJECT:
		return SV("custom.metrics.k8s.io");
	case HPA_METRIC_EXTERNAL:
		return SV("external.metrics.k8s.io");
	case HPA_METRIC_PROMETHEUS:
		return metric->prometheus ? WORDS(a, SV("prometheus/"), metric->prometheus->server)
					  : SV("");
	case HPA_METRIC_UNKNOWN:
		break;
	}
	return SV("");
}

static const struct guard_mass_source *find(const struct guard_mass *g, struct sv source)
{
	for (size_t i = 0; i < g->n; i++)
		if (sv_is(source, g->sources[i].name))
			return &g->sources[i];
	return NULL;
}

/* NULL: no room, or a name that is none. */
static struct guard_mass_source *find_or_add(struct guard_mass *g, struct sv source)
{
	const struct guard_mass_source *found = find(g, source);

	if (found)
		return &g->sources[found - g->sources];
	if (g->n == GUARD_MASS_MAX_SOURCES || source.len == 0 ||
		source.len >= GUARD_MASS_NAME_BYTES)
		return NULL;
	struct guard_mass_source *s = &g->sources[g->n++];
	*s = (struct guard_mass_source){ 0 };
	memcpy(s->name, source.ptr, source.len);
	return s;
}

/* A round that nobody was decided in is none: time alone thaws nothing. */
static void roll(struct guard_mass_source *s, int64_t round)
{
	if (round == s->round)
		return;
	if (s->frozen) {
		s->clean = s->bad ? 0 : s->clean + 1;
		s->frozen = s->clean < GUARD_MASS_CLEAN_ROUNDS;
	}
	s->seen_before = s->seen;
	s->lost_before = round == s->round + 1 ? s->lost : 0;
	s->seen = s->lost = 0;
	s->bad = false;
	s->round = round;
}

static bool is_mass(const struct guard_mass_source *s)
{
	uint64_t seen = s->seen > s->seen_before ? s->seen : s->seen_before;
	uint64_t lost = (uint64_t)s->lost + s->lost_before;

	return seen >= GUARD_MASS_MIN_OBJECTS && lost * 100 >= seen * GUARD_MASS_PERCENT;
}

bool guard_mass_note(struct guard_mass *g, struct sv source, bool lost, struct mono now)
{
	struct guard_mass_source *s = find_or_add(g, source);

	if (!s)
		return false;
	roll(s, now.ns / g->round_ns);
	s->seen++;
	if (!lost)
		return false;
	s->lost++;
	if (!is_mass(s))
		return false;
	bool fresh = !s->frozen;
	s->frozen = s->bad = true;
	s->clean = 0;
	s->lost = s->lost_before = 0;
	s->n_freezes += fresh;
	return fresh;
}

bool guard_mass_is_frozen(const struct guard_mass *g, struct sv source)
{
	const struct guard_mass_source *s = find(g, source);

	return s && s->frozen;
}

void guard_mass_freeze(struct guard_mass *g, struct sv source)
{
	struct guard_mass_source *s = find_or_add(g, source);

	if (s)
		s->frozen = s->bad = true;
}
