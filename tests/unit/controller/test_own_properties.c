/* Random objects of our kind: nothing that happens because a metric failed or lost rows lowers a
 * count, whatever else is the case. The seed is fixed; FLYBALL_SEED=n plays other worlds. */
#include <stdlib.h>

#include "tests/unit/controller/own_world.h"
#include "tests/unit/controller/run.h"

#define WORLDS 3000
#define PASSES 12

static uint64_t state;

/* xorshift64*: the same everywhere. */
static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(0x2545f4914f6cdd1d);
}

static int between(int low, int high)
{
	return low + (int)(next() % (uint64_t)(high - low + 1));
}

static bool chance(int percent)
{
	return between(1, 100) <= percent;
}

static void put_metric(struct buf *out)
{
	int kind = between(0, 3), target = between(1, 20);

	if (kind == 0)
		buf_printf(out,
			"{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"q\"},"
			"\"target\":{"
			"\"type\":\"AverageValue\",\"averageValue\":\"%d\"}}",
			target);
	else if (kind == 1)
		buf_printf(out,
			"{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"r\"},\"target\":{"
			"\"type\":"
			"\"AverageValue\",\"averageValue\":\"%d\"}}",
			target);
	else
		buf_printf(out,
			"{\"type\":\"Prometheus\",\"prometheus\":{\"name\":\"p\",\"query\":\"x\",%s"
			"\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"%d\"}}",
			kind == 2 ? "" : "\"podLabel\":\"pod\",", target);
	if (chance(50))
		buf_printf(out, ",\"fallback\":{\"failureDurationSeconds\":%d,\"replicas\":%d}",
			between(1, 60), between(1, 20));
	buf_put_str(out, "}");
}

static void put_rules(struct buf *out, const char *name)
{
	static const char *const SELECT[] = { "Max", "Min", "Disabled" };

	buf_printf(out,
		"\"%s\":{\"stabilizationWindowSeconds\":%d,\"selectPolicy\":\"%s\",\"policies\":[{"
		"\"type\":\"%s\",\"value\":%d,\"periodSeconds\":%d}]}",
		name, between(0, 4) * 15, SELECT[between(0, 20) == 0 ? 2 : between(0, 1)],
		chance(50) ? "Pods" : "Percent", between(1, 150), between(1, 4) * 15);
}

static void put_spec(struct buf *out, int max)
{
	int n = between(1, OWN_WORLD_METRICS);

	buf_printf(out, "{\"minReplicas\":%d,\"maxReplicas\":%d,", between(0, max), max);
	if (chance(60)) {
		buf_put_str(out, "\"behavior\":{");
		put_rules(out, "scaleUp");
		buf_put_str(out, ",");
		put_rules(out, "scaleDown");
		buf_put_str(out, "},");
	}
	buf_put_str(out, "\"metrics\":[");
	for (int i = 0; i < n; i++) {
		buf_put_str(out, i > 0 ? "," : "");
		put_metric(out);
	}
	buf_put_str(out, "]}");
}

static void make_world(struct own_world *w)
{
	int max = between(1, 20);
	struct buf spec;

	buf_init(&spec, 1 << 16);
	put_spec(&spec, max);
	own_world_make(w, buf_text(&spec), false);
	buf_done(&spec);
	w->scale.replicas = w->scale.status_replicas = between(1, max);
}

static bool is_within_bounds(const struct own_world *w)
{
	return w->scale.replicas <= w->hpa.spec.max_replicas;
}

static void roll_metrics(struct own_world *w)
{
	for (size_t i = 0; i < OWN_WORLD_METRICS; i++) {
		w->milli[i] = between(0, 60) * 1000;
		w->fails[i] = chance(30);
		w->frozen[i] = chance(20);
		w->rows[i] =
			chance(70) || w->scale.replicas == 0
				? -1
				: between(1, w->scale.replicas < OWN_WORLD_PODS ? w->scale.replicas
										: OWN_WORLD_PODS);
	}
}

static bool any_fails(const struct own_world *w)
{
	for (size_t i = 0; i < w->hpa.spec.n_metrics; i++)
		if (w->fails[i])
			return true;
	return false;
}

static bool all_held(const struct own_world *w)
{
	for (size_t i = 0; i < w->p.guards.n; i++)
		if (w->p.guards.at[i].by != GUARD_NONE)
			return true;
	return false;
}

static void check_pass(struct own_world *w, int32_t before, bool inside)
{
	if (inside && any_fails(w))
		ck_assert_msg(w->scale.replicas >= before, "a failing metric: %d -> %d", before,
			w->scale.replicas);
	if (inside && all_held(w))
		ck_assert_msg(w->scale.replicas >= before, "a guard: %d -> %d", before,
			w->scale.replicas);
	if (w->p.fallback.n_active > 0)
		ck_assert_int_ge(w->p.fallback.replicas, before);
	if (w->p.rescale)
		ck_assert_int_le(w->scale.replicas, w->hpa.spec.max_replicas);
	ck_assert(w->c.status.own->last_decision->n_constraints <= 8);
	ck_assert(w->c.status.own->summary.targets.len <= 512);
}

static void play(struct own_world *w)
{
	for (int i = 0; i < PASSES; i++) {
		int32_t before = w->scale.replicas;
		bool inside = is_within_bounds(w);
		roll_metrics(w);
		own_world_pass(w, i * 15);
		check_pass(w, before, inside);
	}
}

START_TEST(failures_fallbacks_and_guards_never_lower)
{
	for (int i = 0; i < WORLDS; i++) {
		struct own_world w;
		make_world(&w);
		play(&w);
		own_world_done(&w);
	}
}
END_TEST

static int32_t decide_once(
	const char *spec, int32_t current, bool guards, const struct own_world *like)
{
	struct own_world w;

	own_world_make(&w, spec, false);
	w.settings.guards = guards;
	w.scale.replicas = w.scale.status_replicas = current;
	memcpy(w.milli, like->milli, sizeof(w.milli));
	own_world_pass(&w, 0);
	memcpy(w.rows, like->rows, sizeof(w.rows));
	memcpy(w.fails, like->fails, sizeof(w.fails));
	memcpy(w.frozen, like->frozen, sizeof(w.frozen));
	w.scale.replicas = w.scale.status_replicas = current;
	own_world_pass(&w, 15);
	int32_t got = w.scale.replicas;
	own_world_done(&w);
	return got;
}

START_TEST(guards_only_ever_raise_what_would_be_decided)
{
	for (int i = 0; i < WORLDS; i++) {
		int max = between(1, 20), current = between(1, max);
		struct own_world like = { .scale.replicas = current };
		struct buf spec;
		buf_init(&spec, 1 << 16);
		put_spec(&spec, max);
		roll_metrics(&like);
		int32_t with = decide_once(buf_text(&spec), current, true, &like);
		int32_t without = decide_once(buf_text(&spec), current, false, &like);
		ck_assert_msg(with >= without || with >= current, "%d: %d with, %d without: %s",
			current, with, without, buf_text(&spec));
		buf_done(&spec);
	}
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, failures_fallbacks_and_guards_never_lower);
	tcase_add_test(t, guards_only_ever_raise_what_would_be_decided);
}

int main(void)
{
	const char *seed = getenv("FLYBALL_SEED");
	uint64_t n = 20261121;

	if (seed && !sv_to_u64(sv_of(seed), &n))
		return EXIT_FAILURE;
	state = n * 2 + 1;
	return run_case("own_properties", add);
}
