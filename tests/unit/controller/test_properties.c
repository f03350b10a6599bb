/* What no input may break (safety invariants of the decision): random objects, pods, readings and
 * histories over many passes. Each test prints its seed; FLYBALL_SEED=N repeats a run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/mem.h"
#include "controller/conclude.h"
#include "controller/decide.h"
#include "controller/hpa_status.h"
#include "tests/unit/controller/run.h"

#define WORLDS 300
#define PASSES 40
#define MAX_PODS 12
#define MAX_METRICS 3

static uint64_t seed, state;

/* splitmix64 */
static uint64_t random_bits(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int32_t between(int32_t low, int32_t high)
{
	return low + (int32_t)(random_bits() % (uint64_t)(high - low + 1));
}

static bool chance(int percent)
{
	return between(1, 100) <= percent;
}

struct write {
	int64_t at_sec;
	int32_t from, to;
};

struct world {
	struct arena arena;
	struct settings settings;
	struct hpa hpa;
	struct hpa_metric metrics[MAX_METRICS];
	struct hpa_source sources[MAX_METRICS];
	struct hpa_behavior behavior;
	struct hpa_rules up, down;
	struct hpa_policy up_policies[2], down_policies[2];
	struct pod pods[MAX_PODS];
	const struct pod *list[MAX_PODS];
	char names[MAX_PODS][24];
	struct pod_set set;
	struct reading_sample samples[MAX_METRICS][MAX_PODS];
	int64_t values[MAX_METRICS][2];
	struct reading readings[MAX_METRICS];
	struct ask_question questions[MAX_METRICS];
	struct history history;
	struct scale scale;
	int64_t now_sec, wall_jump_sec;
	struct write log[PASSES];
	size_t n_log;
};

static const struct pod_labels NO_LABELS;
static struct pod_request requests[] = {
	{ SV("cpu"), { .small = 500, .scale = -3 } },
	{ SV("memory"), { .small = 1 << 20 } },
};
static struct pod_container containers[] = {
	{ .name = SV("web"), .requests = { requests, 2 } },
	{ .name = SV("proxy"), .role = POD_CONTAINER_SIDECAR, .requests = { requests, 2 } },
	{ .name = SV("no requests") },
};
static const struct pod_template TEMPLATE = { .containers = containers, .n_containers = 2 };
static const struct pod_template INCOMPLETE = { .containers = containers, .n_containers = 3 };

static void make_rules(struct hpa_rules *rules, struct hpa_policy *policies)
{
	static const char *const SELECT[] = { NULL, "Max", "Min", "Disabled" };
	*rules = (struct hpa_rules){ .select_policy = sv_of(SELECT[between(0, 3)]),
		.has_policies = true,
		.policies = policies };
	if (chance(70))
		rules->stabilization_window_sec = opt_i32_of(between(0, 4) * 30);
	rules->n_policies = (size_t)between(1, 2);
	for (size_t i = 0; i < rules->n_policies; i++) {
		bool percent = chance(50);
		policies[i] = (struct hpa_policy){ percent ? SV("Percent") : SV("Pods"),
			between(1, percent ? 200 : 5), between(1, 8) * 15 };
	}
}

static void make_metric(struct world *w, size_t i)
{
	static const struct sv TYPES[] = { { "Object", 6 }, { "Pods", 4 }, { "Resource", 8 },
		{ "ContainerResource", 17 }, { "External", 8 } };
	enum hpa_metric_kind kind = (enum hpa_metric_kind)between(0, HPA_METRIC_EXTERNAL);
	bool total = kind == HPA_METRIC_EXTERNAL || kind == HPA_METRIC_OBJECT;
	struct opt_quantity target =
		opt_quantity_of(quantity_from_milli(between(1, 5000), QUANTITY_DECIMAL_SI));
	struct hpa_target *t = &w->sources[i].target;
	w->sources[i] = (struct hpa_source){ .metric = SV("load"),
		.resource = chance(50) ? SV("cpu") : SV("memory"),
		.container = SV("web") };
	if (total && chance(40))
		*t = (struct hpa_target){ .type = SV("Value"), .value = target };
	else if (!total && kind != HPA_METRIC_PODS && chance(60))
		t->average_utilization = opt_i32_of(between(1, 200));
	else
		t->average_value = target;
	w->metrics[i] = (struct hpa_metric){ .type = TYPES[kind], .kind = kind };
	w->metrics[i].member[kind] = &w->sources[i];
}

static void make_world(struct world *w)
{
	*w = (struct world){ .settings = SETTINGS_DEFAULT, .now_sec = 1000 };
	arena_init(&w->arena, 1 << 22);
	w->settings.scale_to_zero = chance(30);
	w->settings.downscale_stabilization_ns = between(0, 5) * 60 * NS_PER_SEC;
	w->hpa.meta = (struct hpa_meta){ .name = SV("web"), .ns = SV("default") };
	w->hpa.spec.min_replicas = opt_i32_of(between(w->settings.scale_to_zero ? 0 : 1, 5));
	w->hpa.spec.max_replicas = w->hpa.spec.min_replicas.value + between(chance(10) ? 0 : 1, 30);
	w->hpa.spec.metrics = w->metrics;
	w->hpa.spec.n_metrics = (size_t)between(1, MAX_METRICS);
	for (size_t i = 0; i < w->hpa.spec.n_metrics; i++)
		make_metric(w, i);
	if (chance(60)) {
		make_rules(&w->up, w->up_policies);
		make_rules(&w->down, w->down_policies);
		w->behavior = (struct hpa_behavior){ &w->up, &w->down };
		w->hpa.spec.behavior = &w->behavior;
	}
	w->scale.replicas = between(0, 40);
}

static void free_world(struct world *w)
{
	history_done(&w->history);
	arena_done(&w->arena);
}

static void make_pods(struct world *w)
{
	w->set = (struct pod_set){ w->list, (size_t)between(0, MAX_PODS) };
	for (size_t i = 0; i < w->set.n; i++) {
		(void)snprintf(w->names[i], sizeof(w->names[i]), "p%02zu", i);
		w->pods[i] = (struct pod){
			.name = sv_of(w->names[i]),
			.labels = &NO_LABELS,
			.template = chance(1) ? &INCOMPLETE : &TEMPLATE,
			.started = { w->now_sec - between(0, 1000), 0 },
			.ready_changed = { w->now_sec - between(0, 1000), 0 },
			.has_started = chance(95),
			.phase = (uint8_t)(chance(70) ? (int)POD_PHASE_RUNNING
						      : between(0, POD_PHASE_FAILED)),
			.ready = (uint8_t)between(0, POD_READY_OTHER),
			.deleted = chance(5),
		};
		w->list[i] = &w->pods[i];
	}
}

/* Mostly ordinary loads, now and then something that no number can express. */
static int64_t make_value(void)
{
	if (chance(3))
		return (int64_t)random_bits();
	return chance(2) ? -between(0, 5000) : between(0, 100000);
}

static void make_reading(struct world *w, size_t i)
{
	struct reading *r = &w->readings[i];
	*r = (struct reading){ .kind = READING_VALUE };
	if (chance(15)) {
		*r = (struct reading){ .kind = (enum reading_kind)between(
					       READING_FAILED, READING_NOT_FINITE),
			.why = SV("no") };
		return;
	}
	if (w->metrics[i].kind == HPA_METRIC_EXTERNAL || w->metrics[i].kind == HPA_METRIC_OBJECT) {
		r->values = w->values[i];
		r->n_values = w->metrics[i].kind == HPA_METRIC_OBJECT ? 1 : (size_t)between(1, 2);
		for (size_t k = 0; k < r->n_values; k++)
			w->values[i][k] = make_value();
		return;
	}
	r->samples = w->samples[i];
	for (size_t k = 0; k < w->set.n; k++)
		if (chance(85))
			w->samples[i][r->n_samples++] = (struct reading_sample){ w->pods[k].name,
				make_value(), { w->now_sec - between(0, 60), 0 },
				between(0, 60) * NS_PER_SEC };
}

static enum error_kind try_decide(const struct world *w, struct arena *a,
	const struct settings *settings, struct proposal *ret, struct error *err)
{
	static const struct target_pods TARGET = { .problem = TARGET_OK };
	struct decide_input in = {
		.settings = settings,
		.hpa = &w->hpa,
		.scale = &w->scale,
		.target = &TARGET,
		.pods = &w->set,
		.questions = w->questions,
		.readings = w->readings,
		.history = &w->history,
		.now = { { w->now_sec + w->wall_jump_sec, 0 }, { w->now_sec * NS_PER_SEC } },
	};
	return decide_compute(a, &in, ret, err);
}

static struct proposal decide_in(
	const struct world *w, struct arena *a, const struct settings *settings)
{
	struct proposal p;
	struct error err;
	ck_assert_int_eq(try_decide(w, a, settings, &p, &err), ERR_OK);
	return p;
}

static struct proposal decide(struct world *w)
{
	return decide_in(w, &w->arena, &w->settings);
}

/* Writes what was proposed, most of the time with success, and keeps the status. */
static void act(struct world *w, const struct proposal *p)
{
	struct conclude_write write = { .ok = chance(90), .error = SV("no"), .now = p->now };
	const struct conclude_write *outcome = p->rescale && !p->failed ? &write : NULL;
	struct conclusion c;
	struct error err;
	ck_assert_int_eq(conclude_remember(&w->history, &w->hpa, p, outcome, &err), ERR_OK);
	ck_assert_int_eq(
		conclude_compute(&w->arena, &w->settings, &w->hpa, p, outcome, &c, &err), ERR_OK);
	w->hpa.status = c.status;
	if (!c.rescaled)
		return;
	w->log[w->n_log++] = (struct write){ w->now_sec, p->current, p->desired };
	w->scale.replicas = p->desired;
}

static void step(struct world *w)
{
	w->now_sec += chance(80) ? 15 : between(0, 200);
	w->scale.status_replicas = chance(80) ? w->scale.replicas : between(0, 40);
	make_pods(w);
	for (size_t i = 0; i < w->hpa.spec.n_metrics; i++)
		make_reading(w, i);
}

#define HOLDS(condition, what) ck_assert_msg(condition, "%s; FLYBALL_SEED=%" PRIu64, what, seed)

static bool any_metric_failed(const struct world *w, const struct proposal *p)
{
	for (size_t i = 0; i < p->n_recommendations; i++)
		if (!p->recommendations[i].ok || w->readings[i].kind != READING_VALUE)
			return true;
	return false;
}

START_TEST(a_write_stays_within_min_and_max)
{
	for (int i = 0; i < WORLDS; i++) {
		struct world w;
		make_world(&w);
		for (int pass = 0; pass < PASSES; pass++) {
			step(&w);
			struct proposal p = decide(&w);
			if (p.rescale && !p.failed) {
				HOLDS(p.desired >= w.hpa.spec.min_replicas.value,
					"a write below minReplicas");
				HOLDS(p.desired <= w.hpa.spec.max_replicas,
					"a write above maxReplicas");
			}
			act(&w, &p);
		}
		free_world(&w);
	}
}
END_TEST

START_TEST(no_failed_metric_lowers_the_count)
{
	for (int i = 0; i < WORLDS; i++) {
		struct world w;
		make_world(&w);
		for (int pass = 0; pass < PASSES; pass++) {
			step(&w);
			struct proposal p = decide(&w);
			if (p.bounds == BOUNDS_COMPUTE && any_metric_failed(&w, &p))
				HOLDS(!p.rescale || p.desired > p.current,
					"a decrease beside a failed metric");
			if (p.failed)
				HOLDS(!p.rescale, "a write without a decision");
			act(&w, &p);
		}
		free_world(&w);
	}
}
END_TEST

/* Whatever is wrong with every reading: failed, empty, stale, not finite. */
START_TEST(without_a_number_nothing_is_written)
{
	for (int i = 0; i < WORLDS; i++) {
		struct world w;
		make_world(&w);
		for (int pass = 0; pass < PASSES; pass++) {
			bool blind = chance(30);
			step(&w);
			for (size_t k = 0; k < w.hpa.spec.n_metrics && blind; k++)
				w.readings[k] = (struct reading){
					.kind = (enum reading_kind)between(
						READING_FAILED, READING_NOT_FINITE),
					.why = SV("no"),
				};
			struct proposal p = decide(&w);
			if (blind && p.bounds == BOUNDS_COMPUTE)
				HOLDS(p.failed && !p.rescale, "a write without any number");
			act(&w, &p);
		}
		free_world(&w);
	}
}
END_TEST

START_TEST(numbers_out_of_range_fail_the_metric)
{
	for (int i = 0; i < WORLDS; i++) {
		struct world w;
		make_world(&w);
		w.scale.replicas = w.scale.status_replicas = w.hpa.spec.max_replicas;
		w.hpa.spec.n_metrics = 1;
		w.metrics[0].kind = HPA_METRIC_EXTERNAL;
		w.metrics[0].member[HPA_METRIC_EXTERNAL] = &w.sources[0];
		w.sources[0].target =
			(struct hpa_target){ .average_value = w.sources[0].target.average_value };
		w.sources[0].target.average_value =
			opt_quantity_of(quantity_from_milli(1000, QUANTITY_DECIMAL_SI));
		w.readings[0] = (struct reading){
			.kind = READING_VALUE, .values = w.values[0], .n_values = 2
		};
		w.values[0][0] = INT64_MAX - between(0, 1000);
		w.values[0][1] = between(1001, 100000);
		struct proposal p = decide(&w);
		if (p.bounds == BOUNDS_COMPUTE) {
			HOLDS(p.failed && !p.rescale, "an overflowing sum led to a write");
			HOLDS(p.recommendations[0].calculation.problem == CALCULATE_OUT_OF_RANGE,
				"an overflow went unnoticed");
		}
		free_world(&w);
	}
}
END_TEST

/* What our own writes added (or removed) later than `since`. */
static int64_t changed_since(const struct world *w, int64_t since_sec, bool up)
{
	int64_t sum = 0;
	for (size_t i = 0; i < w->n_log; i++)
		if (w->log[i].at_sec > since_sec && (w->log[i].to > w->log[i].from) == up)
			sum += up ? w->log[i].to - w->log[i].from : w->log[i].from - w->log[i].to;
	return sum;
}

/* As far as the most generous policy lets a pass go, from the log of writes and not from the
 * history. */
static double allowed(
	const struct world *w, const struct hpa_rules *rules, int32_t current, bool up)
{
	double best = current;
	if (sv_is(rules->select_policy, "Disabled"))
		return best;
	for (size_t i = 0; i < rules->n_policies; i++) {
		const struct hpa_policy *policy = &rules->policies[i];
		int64_t since = w->now_sec - policy->period_sec;
		double base = (double)(current - changed_since(w, since, true) +
				       changed_since(w, since, false));
		double change = sv_is(policy->type, "Percent") ? base * policy->value / 100.0 + 1.0
							       : policy->value;
		double reach = up ? base + change : base - change;
		if (up ? reach > best : reach < best)
			best = reach;
	}
	return best;
}

/* Slots of outdated events are reused, which forgets events that a later, longer period would
 * count: rules stay the same here. */
START_TEST(policies_bound_what_a_period_changes)
{
	for (int i = 0; i < WORLDS; i++) {
		struct world w;
		make_world(&w);
		for (int pass = 0; pass < PASSES; pass++) {
			step(&w);
			struct proposal p = decide(&w);
			bool computed =
				p.bounds == BOUNDS_COMPUTE && p.rescale && !p.lifted_from_zero;
			if (computed && w.hpa.spec.behavior && p.desired > p.current)
				HOLDS(p.desired <= allowed(&w, &w.up, p.current, true) + 0.001,
					"an increase beyond every policy");
			if (computed && w.hpa.spec.behavior && p.desired < p.current)
				HOLDS(p.desired >= allowed(&w, &w.down, p.current, false) - 0.001,
					"a decrease beyond every policy");
			if (computed && !w.hpa.spec.behavior && p.desired > p.current)
				HOLDS(p.desired <= (p.current < 2 ? 4 : 2 * p.current) ||
						p.desired == w.hpa.spec.min_replicas.value,
					"more than doubled without behavior");
			act(&w, &p);
		}
		free_world(&w);
	}
}
END_TEST

START_TEST(a_decrease_stays_above_every_recommendation_of_the_window)
{
	for (int i = 0; i < WORLDS; i++) {
		struct world w;
		make_world(&w);
		for (int pass = 0; pass < PASSES; pass++) {
			step(&w);
			struct proposal p = decide(&w);
			int64_t window_ns = w.settings.downscale_stabilization_ns;
			if (w.hpa.spec.behavior && w.down.stabilization_window_sec.set)
				window_ns = w.down.stabilization_window_sec.value * NS_PER_SEC;
			for (size_t k = 0;
				k < p.n_history && p.recommended && p.desired < p.current; k++) {
				int32_t floor = p.history[k].replicas;
				floor = floor > w.hpa.spec.max_replicas ? w.hpa.spec.max_replicas
									: floor;
				floor = floor > p.current ? p.current : floor;
				if (p.history[k].at.ns > p.now.mono.ns - window_ns)
					HOLDS(p.desired >= floor,
						"a decrease below a recommendation of the window");
			}
			act(&w, &p);
		}
		free_world(&w);
	}
}
END_TEST

/* The same world twice, once with a wall clock that is set back and forth: metrics other than cpu
 * do not look at it. */
START_TEST(a_wall_clock_that_jumps_changes_nothing)
{
	for (int i = 0; i < WORLDS; i++) {
		int32_t counts[PASSES];
		uint64_t start = state;
		for (int run = 0; run < 2; run++) {
			struct world w;
			state = start;
			make_world(&w);
			for (size_t k = 0; k < MAX_METRICS; k++)
				w.sources[k].resource = SV("memory");
			for (int pass = 0; pass < PASSES; pass++) {
				step(&w);
				int64_t jump = between(-100000, 100000);
				w.wall_jump_sec = run == 1 ? jump : 0;
				struct proposal p = decide(&w);
				if (run == 1)
					HOLDS(counts[pass] == p.desired,
						"the wall clock moved a decision");
				counts[pass] = p.desired;
				act(&w, &p);
			}
			free_world(&w);
		}
	}
}
END_TEST

struct outcome {
	struct proposal proposal;
	struct conclusion conclusion;
};

static struct outcome outcome_in(const struct world *w, struct arena *a, enum arith_mode mode)
{
	struct settings settings = w->settings;
	struct outcome o;
	struct error err;
	settings.arithmetic = mode;
	o.proposal = decide_in(w, a, &settings);
	struct conclude_write write = { .ok = true, .now = o.proposal.now };
	bool writes = o.proposal.rescale && !o.proposal.failed;
	ck_assert_int_eq(conclude_compute(a, &settings, &w->hpa, &o.proposal,
				 writes ? &write : NULL, &o.conclusion, &err),
		ERR_OK);
	return o;
}

static bool same_events(const struct decide_events *a, const struct decide_events *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; i < a->n && same; i++)
		same = a->at[i].warning == b->at[i].warning &&
		       sv_eq(a->at[i].reason, b->at[i].reason) &&
		       sv_eq(a->at[i].message, b->at[i].message);
	return same;
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
	const struct proposal *p = &a->proposal, *q = &b->proposal;
	const struct conclusion *c = &a->conclusion, *d = &b->conclusion;
	return p->failed == q->failed && p->rescale == q->rescale && p->desired == q->desired &&
	       p->wanted == q->wanted && p->recommended == q->recommended &&
	       p->stabilized.slot == q->stabilized.slot && sv_eq(p->reason, q->reason) &&
	       sv_eq(c->error, d->error) && c->status_differs == d->status_differs &&
	       hpa_status_eq(&c->status, &d->status) && same_events(&c->events, &d->events);
}

/* All inputs equal, a second time in other memory. */
START_TEST(equal_inputs_give_equal_outcomes)
{
	for (int i = 0; i < WORLDS; i++) {
		AUTO(arena_done) struct arena other = { 0 };
		struct world w;
		arena_init(&other, 1 << 22);
		make_world(&w);
		for (int pass = 0; pass < PASSES; pass++) {
			step(&w);
			struct outcome first = outcome_in(&w, &w.arena, ARITH_SAFE);
			struct outcome second = outcome_in(&w, &other, ARITH_SAFE);
			HOLDS(same_outcome(&first, &second), "two outcomes of one input");
			act(&w, &first.proposal);
			arena_clear(&other);
		}
		free_world(&w);
	}
}
END_TEST

/* Whether safe arithmetic refused a number of this metric, or computed exactly what strict
 * arithmetic wraps: a percentage, or an average over no replica. */
static bool left_the_range(const struct world *w, const struct recommendation *r, size_t metric)
{
	const struct calculation *c = &r->calculation;
	int64_t percent;
	switch (c->problem) {
	case CALCULATE_BAD_TARGET:
	case CALCULATE_OUT_OF_RANGE:
	case CALCULATE_NEGATIVE_SUM:
		return true;
	case CALCULATE_OK:
	case CALCULATE_NO_PODS:
	case CALCULATE_NO_METRICS:
	case CALCULATE_NO_REQUESTS:
		break;
	}
	if (w->sources[metric].target.average_utilization.set)
		return __builtin_mul_overflow(c->total_milli, INT64_C(100), &percent);
	return w->scale.status_replicas == 0;
}

START_TEST(both_arithmetics_agree_on_numbers_within_range)
{
	int n_compared = 0, n_parted = 0;
	for (int i = 0; i < WORLDS; i++) {
		struct world w;
		make_world(&w);
		for (int pass = 0; pass < PASSES; pass++) {
			/* Only the default mode remembers that zero replicas are its doing. */
			bool parted = w.history.asleep;
			step(&w);
			struct outcome safe = outcome_in(&w, &w.arena, ARITH_SAFE);
			struct outcome strict = outcome_in(&w, &w.arena, ARITH_STRICT);
			for (size_t k = 0; k < safe.proposal.n_recommendations; k++)
				parted |= left_the_range(&w, &safe.proposal.recommendations[k], k);
			n_compared += !parted;
			n_parted += parted;
			HOLDS(parted || same_outcome(&safe, &strict),
				"strict arithmetic decided otherwise");
			act(&w, &safe.proposal);
		}
		free_world(&w);
	}
	HOLDS(n_compared > n_parted && n_parted > 0, "one of both sides was hardly tried");
}
END_TEST

/* Room for one more allocation each time, until there is enough. */
START_TEST(without_memory_there_is_no_decision)
{
	for (int i = 0; i < WORLDS / 30; i++) {
		enum error_kind kind = ERR_LIMIT;
		struct world w;
		make_world(&w);
		step(&w);
		for (size_t room = 16; kind != ERR_OK; room += 16) {
			AUTO(arena_done) struct arena small = { 0 };
			struct proposal p = { .desired = -7 };
			struct conclusion c = { .desired = -7 };
			struct conclude_write write = { .ok = chance(50), .error = SV("no") };
			struct error err;
			arena_init(&small, room);
			kind = try_decide(&w, &small, &w.settings, &p, &err);
			HOLDS(kind == ERR_OK || p.desired == -7, "half a proposal");
			if (kind == ERR_OK)
				kind = conclude_compute(&small, &w.settings, &w.hpa, &p,
					p.rescale && !p.failed ? &write : NULL, &c, &err);
			HOLDS(kind == ERR_OK || c.desired == -7, "half a conclusion");
			HOLDS(kind == ERR_OK || kind == ERR_LIMIT, "another error");
		}
		free_world(&w);
	}
}
END_TEST

static void setup(void)
{
	const char *given = getenv("FLYBALL_SEED");
	if (!given || !sv_to_u64(sv_of(given), &seed))
		ck_assert_int_eq(getrandom(&seed, sizeof(seed), 0), (ssize_t)sizeof(seed));
	state = seed;
	printf("FLYBALL_SEED=%" PRIu64 "\n", seed);
	fflush(stdout);
}

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_write_stays_within_min_and_max);
	tcase_add_test(tcase, no_failed_metric_lowers_the_count);
	tcase_add_test(tcase, without_a_number_nothing_is_written);
	tcase_add_test(tcase, numbers_out_of_range_fail_the_metric);
	tcase_add_test(tcase, policies_bound_what_a_period_changes);
	tcase_add_test(tcase, a_decrease_stays_above_every_recommendation_of_the_window);
	tcase_add_test(tcase, a_wall_clock_that_jumps_changes_nothing);
	tcase_add_test(tcase, equal_inputs_give_equal_outcomes);
	tcase_add_test(tcase, both_arithmetics_agree_on_numbers_within_range);
	tcase_add_test(tcase, without_memory_there_is_no_decision);
}

int main(void)
{
	return run_case("properties", add);
}
