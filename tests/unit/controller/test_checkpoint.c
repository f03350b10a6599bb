/* Histories as text and back: what is kept, what is refused, and that nobody loses replicas because a controller was followed by another one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/mem.h"
#include "controller/checkpoint.h"
#include "controller/conclude.h"
#include "controller/decide.h"
#include "tests/unit/controller/run.h"

/* 2026-01-01T00:00:00Z */
#define SERVER_BASE_SEC INT64_C(1767225600)
#define MAX_TEXT (1u << 20)

static struct arena arena;
static struct buf text;
static struct history before, after;
static struct error err;

static void setup(void)
{
	arena_init(&arena, 1 << 24);
	buf_init(&text, MAX_TEXT);
}

static void teardown(void)
{
	arena_done(&arena);
	buf_done(&text);
	history_done(&before);
	history_done(&after);
}

/* A machine that knows the server's clock to within early and late. */
static struct checkpoint_now clock_at(
	int64_t true_ns, int64_t mono_offset_ns, int64_t early_ns, int64_t late_ns)
{
	int64_t server_ns = SERVER_BASE_SEC * NS_PER_SEC + true_ns;

	return (struct checkpoint_now){ { true_ns + mono_offset_ns },
		{ server_ns - early_ns, server_ns + late_ns } };
}

static uint64_t write_one(const struct history *h, const struct checkpoint_now *now, bool complete)
{
	struct checkpoint_writer w;

	buf_clear(&text);
	checkpoint_begin(&w, &text, now, complete);
	ck_assert_int_eq(checkpoint_put(&w, SV("default/web"), SV("uid-1"), h, &err), ERR_OK);
	uint64_t digest = checkpoint_end(&w);
	ck_assert_int_eq(text.failed, ERR_OK);
	return digest;
}

static void restore_one(struct history *h, const struct checkpoint_now *now, bool exact)
{
	struct checkpoint_shard shard;

	ck_assert_msg(
		checkpoint_read(&arena, buf_sv(&text), &shard, &err) == ERR_OK, "%s", err.text);
	ck_assert_uint_le(shard.n_records, 1);
	ck_assert_int_eq(checkpoint_restore(
				 &shard, checkpoint_find(&shard, SV("uid-1")), exact, now, h, &err),
		ERR_OK);
}

static void recommend(int64_t sec, int32_t replicas)
{
	before.started = true;
	ck_assert_int_eq(history_recommend(&before, HISTORY_APPEND, replicas,
				 (struct mono){ sec * NS_PER_SEC }, &err),
		ERR_OK);
}

static int32_t replicas_of(const struct history *h, size_t i)
{
	return i < h->recommendations.n ? h->recommendations.at[i].replicas : -1;
}

START_TEST(a_complete_checkpoint_keeps_both_staircases)
{
	struct checkpoint_now now = clock_at(1000 * NS_PER_SEC, 0, 0, 0);

	recommend(100, 3);
	recommend(200, 9);
	recommend(300, 9);
	recommend(400, 2);
	recommend(500, 7);
	recommend(600, 4);
	recommend(700, 5);
	write_one(&before, &now, true);
	restore_one(&after, &now, true);
	ck_assert_uint_eq(after.recommendations.n, 5);
	ck_assert_int_eq(replicas_of(&after, 0), 9);
	ck_assert_int_eq(replicas_of(&after, 1), 2);
	ck_assert_int_eq(replicas_of(&after, 2), 7);
	ck_assert_int_eq(replicas_of(&after, 3), 4);
	ck_assert_int_eq(replicas_of(&after, 4), 5);
	ck_assert_int_eq(after.recommendations.at[0].at.ns, 300 * NS_PER_SEC);
	ck_assert(after.started && !after.gap);
}
END_TEST

START_TEST(an_incomplete_one_keeps_what_was_higher_and_leaves_a_gap)
{
	struct checkpoint_now now = clock_at(1000 * NS_PER_SEC, 0, 0, 0);

	recommend(200, 9);
	recommend(400, 2);
	recommend(500, 7);
	recommend(600, 5);
	write_one(&before, &now, false);
	restore_one(&after, &now, false);
	ck_assert_uint_eq(after.recommendations.n, 2);
	ck_assert_int_eq(replicas_of(&after, 0), 9);
	ck_assert_int_eq(replicas_of(&after, 1), 7);
	ck_assert(after.gap);
}
END_TEST

START_TEST(what_does_not_change_is_the_same_checkpoint)
{
	struct checkpoint_now now = clock_at(1000 * NS_PER_SEC, 0, 0, 0);
	struct checkpoint_now later = clock_at(1060 * NS_PER_SEC, 0, 300 * NS_PER_MS, 0);

	recommend(600, 5);
	recommend(900, 5);
	uint64_t first = write_one(&before, &now, false);
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "\"objects\":[]"));
	recommend(1050, 5);
	ck_assert_uint_eq(write_one(&before, &later, false), first);
	recommend(1055, 4);
	ck_assert_uint_ne(write_one(&before, &later, false), first);
}
END_TEST

START_TEST(ages_are_never_longer_than_they_were)
{
	struct checkpoint_now a =
		clock_at(1000 * NS_PER_SEC, 5 * NS_PER_SEC, 300 * NS_PER_MS, 700 * NS_PER_MS);
	struct checkpoint_now b =
		clock_at(1010 * NS_PER_SEC, -900 * NS_PER_SEC, 600 * NS_PER_MS, 400 * NS_PER_MS);

	ck_assert_int_eq(
		history_add_event(&before.up, 3, 60, (struct mono){ 985 * NS_PER_SEC }, &err),
		ERR_OK);
	write_one(&before, &a, true);
	restore_one(&after, &b, true);
	/* It was 980 by the true clock, 80 by the second machine's. */
	int64_t true_ns = 80 * NS_PER_SEC;
	const struct history_event *e = &after.up.at[0];
	ck_assert_int_ge(e->at.ns, true_ns);
	ck_assert_int_le(e->at.ns, true_ns + 1400 * NS_PER_MS);
	ck_assert_int_le(e->at.ns - e->earlier_ms * NS_PER_MS, true_ns);
	ck_assert_int_ge(e->at.ns - e->earlier_ms * NS_PER_MS, true_ns - 1000 * NS_PER_MS);
	/* Handed on once more: the doubt stays. */
	write_one(&after, &b, true);
	restore_one(&before, &a, true);
	e = &before.up.at[0];
	ck_assert_int_ge(e->at.ns, 985 * NS_PER_SEC);
	ck_assert_int_le(e->at.ns - e->earlier_ms * NS_PER_MS, 985 * NS_PER_SEC);
}
END_TEST

START_TEST(a_server_clock_that_was_set_back_lengthens)
{
	struct checkpoint_now a = clock_at(5000 * NS_PER_SEC, 0, 0, 0);
	struct checkpoint_now b = clock_at(1000 * NS_PER_SEC, 0, 0, 0);

	recommend(4900, 5);
	write_one(&before, &a, true);
	restore_one(&after, &b, true);
	ck_assert_int_eq(after.recommendations.at[0].at.ns, b.mono.ns);
}
END_TEST

START_TEST(a_hold_and_an_open_write_are_handed_on)
{
	struct checkpoint_now now = clock_at(1000 * NS_PER_SEC, 0, 0, 0);

	before.hold_until.ns = 1200 * NS_PER_SEC;
	before.unsettled = true;
	write_one(&before, &now, true);
	restore_one(&after, &now, true);
	ck_assert_int_eq(after.hold_until.ns, 1200 * NS_PER_SEC);
	ck_assert(after.gap);
	ck_assert(!after.asleep);
	before.asleep = true;
	for (int complete = 0; complete < 2; complete++) {
		write_one(&before, &now, complete);
		restore_one(&after, &now, complete);
		ck_assert_int_eq(after.asleep, complete);
	}
	before.asleep = false;
	/* One that is over is not. */
	before.hold_until.ns = 900 * NS_PER_SEC;
	before.unsettled = false;
	write_one(&before, &now, true);
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "\"objects\":[]"));
}
END_TEST

START_TEST(what_is_known_of_metrics_is_handed_on)
{
	struct checkpoint_now a = clock_at(1000 * NS_PER_SEC, 0, 0, 0);
	struct checkpoint_now b = clock_at(1010 * NS_PER_SEC, 5 * NS_PER_SEC, 0, 0);
	const struct metric_sight seen[] = { { .key = UINT64_MAX - 7, .rows = opt_i32_of(30) },
		{ .key = 5, .failed = true }, { .key = 6 } };

	ck_assert_int_eq(metric_memory_update(&before.metrics, seen, ARRAY_LEN(seen),
				 (struct mono){ 900 * NS_PER_SEC }, &err),
		ERR_OK);
	for (int complete = 0; complete < 2; complete++) {
		write_one(&before, &a, complete);
		restore_one(&after, &b, complete);
		ck_assert_uint_eq(after.metrics.n, 2);
		const struct metric_memory *m = metric_memory_find(&after.metrics, UINT64_MAX - 7);
		ck_assert(m && m->rows.set && m->rows.value == 30 && !m->failing && m->had_value);
		m = metric_memory_find(&after.metrics, 5);
		ck_assert(m && !m->rows.set && m->failing && !m->had_value);
		ck_assert_int_eq(m->failing_since.ns, 905 * NS_PER_SEC);
	}
}
END_TEST

#define HEAD "{\"version\":1,\"slackMs\":0,"
#define ONE(members) HEAD "\"objects\":[{\"uid\":\"u\"," members "}]}"

static const char *const REFUSED[] = {
	"",
	"{}",
	"[]",
	"{\"version\":2,\"slackMs\":0,\"objects\":[]}",
	"{\"version\":1,\"slackMs\":-1,\"objects\":[]}",
	"{\"version\":1,\"objects\":[]}",
	HEAD "\"objects\":{}}",
	HEAD "\"objects\":[7]}",
	HEAD "\"objects\":[{}]}",
	ONE("\"recommendations\":7"),
	ONE("\"recommendations\":[7]"),
	ONE("\"recommendations\":[[1767225600000]]"),
	ONE("\"recommendations\":[[1767225600000,-1]]"),
	ONE("\"recommendations\":[[5,1]]"),
	ONE("\"up\":[[1767225600000,99999999999]]"),
	ONE("\"down\":[[9223372036854775807,1]]"),
	ONE("\"down\":[[1767225600000,1,70000]]"),
	ONE("\"holdMs\":\"soon\""),
	ONE("\"metrics\":7"),
	ONE("\"metrics\":[[1]]"),
	ONE("\"metrics\":[[1,-2]]"),
	ONE("\"metrics\":[[1,3,4]]"),
};

START_TEST(refused)
{
	struct checkpoint_shard shard;

	ck_assert_int_eq(checkpoint_read(&arena, sv_of(REFUSED[_i]), &shard, &err), ERR_INVALID);
}
END_TEST

START_TEST(without_a_checkpoint_there_is_a_gap)
{
	struct checkpoint_now now = clock_at(1000 * NS_PER_SEC, 0, 0, 0);

	recommend(100, 3);
	ck_assert_int_eq(checkpoint_restore(NULL, NULL, true, &now, &before, &err), ERR_OK);
	ck_assert(before.gap && !before.started);
	ck_assert_uint_eq(before.recommendations.n, 0);
}
END_TEST

START_TEST(without_memory_there_is_a_gap)
{
	struct checkpoint_now now = clock_at(1000 * NS_PER_SEC, 0, 0, 0);
	struct checkpoint_shard shard;

	recommend(100, 3);
	write_one(&before, &now, true);
	ck_assert_int_eq(checkpoint_read(&arena, buf_sv(&text), &shard, &err), ERR_OK);
	mem_fail_at(1, true);
	ck_assert_int_eq(
		checkpoint_restore(&shard, shard.records, true, &now, &after, &err), ERR_NOMEM);
	mem_fail_at(0, false);
	ck_assert(after.gap && !after.started);
}
END_TEST

START_TEST(shards_are_spread)
{
	unsigned n[4] = { 0 };

	for (int i = 0; i < 4000; i++) {
		char uid[40];
		(void)snprintf(uid, sizeof(uid), "0b6ef2c1-0000-4000-8000-%012d", i);
		n[checkpoint_shard_of(sv_of(uid), 4)]++;
	}
	for (int i = 0; i < 4; i++)
		ck_assert_uint_ge(n[i], 800);
}
END_TEST

/* Many failovers against a memory that never lost anything. */

#define WORLDS 400
#define PASSES 120
#define LONGEST_SEC 300

static uint64_t seed, state;

/* splitmix64 */
static uint64_t random_bits(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static int64_t between(int64_t low, int64_t high)
{
	return low + (int64_t)(random_bits() % (uint64_t)(high - low + 1));
}

static bool chance(int percent)
{
	return between(1, 100) <= percent;
}

struct world {
	struct arena arena;
	struct settings settings;
	struct hpa hpa;
	struct hpa_metric metric;
	struct hpa_source source;
	struct hpa_behavior behavior;
	struct hpa_rules up, down;
	struct hpa_policy up_policies[2], down_policies[2];
	struct scale scale;
	int64_t value;
	struct history full; /* what an uninterrupted run remembers, by the true clock */
	struct history held; /* what the present controller does, by its machine's */
	int64_t true_ns, offset_ns;
	struct buf saved; /* the last checkpoint */
	int n_decreases, n_held;
};

static void make_rules(struct hpa_rules *rules, struct hpa_policy *policies)
{
	static const char *const SELECT[] = { NULL, "Max", "Min", "Disabled" };

	*rules = (struct hpa_rules){ .select_policy = sv_of(SELECT[between(0, 3)]),
		.has_policies = true,
		.policies = policies };
	if (chance(80))
		rules->stabilization_window_sec = opt_i32_of((int32_t)between(0, 6) * 30);
	rules->n_policies = (size_t)between(1, 2);
	for (size_t i = 0; i < rules->n_policies; i++) {
		bool percent = chance(50);
		policies[i] = (struct hpa_policy){ percent ? SV("Percent") : SV("Pods"),
			(int32_t)between(1, percent ? 100 : 8), (int32_t)between(1, 20) * 15 };
	}
}

static void make_world(struct world *w)
{
	*w = (struct world){ .settings = SETTINGS_DEFAULT, .true_ns = 10000 * NS_PER_SEC };
	arena_init(&w->arena, 1 << 24);
	buf_init(&w->saved, MAX_TEXT);
	w->settings.tolerance = 0;
	w->settings.downscale_stabilization_ns = between(0, 4) * 60 * NS_PER_SEC;
	w->hpa.meta = (struct hpa_meta){ .name = SV("web"), .ns = SV("default") };
	w->hpa.spec.min_replicas = opt_i32_of(1);
	w->hpa.spec.max_replicas = 60;
	w->source = (struct hpa_source){ .metric = SV("load"),
		.target = { .average_value = opt_quantity_of(
				    quantity_from_milli(1000, QUANTITY_DECIMAL_SI)) } };
	w->metric = (struct hpa_metric){ .type = SV("External"), .kind = HPA_METRIC_EXTERNAL };
	w->metric.member[HPA_METRIC_EXTERNAL] = &w->source;
	w->hpa.spec.metrics = &w->metric;
	w->hpa.spec.n_metrics = 1;
	if (chance(75)) {
		make_rules(&w->up, w->up_policies);
		make_rules(&w->down, w->down_policies);
		/* Kubernetes' memory of events that its own direction no longer counts depends on which slot was free: no such periods here. */
		w->up_policies[0].period_sec = w->down_policies[0].period_sec = LONGEST_SEC;
		w->behavior = (struct hpa_behavior){ &w->up, &w->down };
		w->hpa.spec.behavior = &w->behavior;
	}
	w->scale.replicas = (int32_t)between(1, 40);
}

static void free_world(struct world *w)
{
	history_done(&w->full);
	history_done(&w->held);
	buf_done(&w->saved);
	arena_done(&w->arena);
}

static struct proposal decide(struct world *w, const struct history *h, int64_t mono_ns, bool lost)
{
	static const struct target_pods TARGET = { .problem = TARGET_OK };
	static const struct pod_set NO_PODS = { NULL, 0 };
	static const struct ask_question QUESTION = { .state = ASK_REQUEST };
	const struct reading reading = { .kind = lost ? READING_FAILED : READING_VALUE,
		.why = SV("no"),
		.values = &w->value,
		.n_values = 1 };
	const struct decide_input in = {
		.settings = &w->settings,
		.hpa = &w->hpa,
		.scale = &w->scale,
		.target = &TARGET,
		.pods = &NO_PODS,
		.questions = &QUESTION,
		.readings = &reading,
		.history = h,
		.now = { { SERVER_BASE_SEC + w->true_ns / NS_PER_SEC, 0 }, { mono_ns } },
	};
	struct proposal p;

	ck_assert_int_eq(decide_compute(&w->arena, &in, &p, &err), ERR_OK);
	return p;
}

/* One pass of the present controller. The full memory is told what really happened. `lost`: it dies before it writes the status. */
static void pass(struct world *w, bool lost)
{
	bool no_metric = chance(8);
	if (chance(60))
		w->value = between(1, 60) * 1000;
	if (chance(4))
		w->scale.replicas = (int32_t)between(1, 60); /* kubectl scale */
	w->scale.status_replicas = w->scale.replicas;

	struct proposal p = decide(w, &w->held, w->true_ns + w->offset_ns, no_metric);
	struct proposal q = decide(w, &w->full, w->true_ns, no_metric);
	struct conclude_write write = { .ok = chance(95), .error = SV("no"), .now = p.now };
	const struct conclude_write *outcome = p.rescale && !p.failed ? &write : NULL;
	struct conclusion c;

	if (outcome && p.desired < p.current) {
		ck_assert_msg(q.desired <= p.desired && !q.failed,
			"%" PRId32 " to %" PRId32 ", uninterrupted %" PRId32
			"; FLYBALL_SEED=%" PRIu64,
			p.current, p.desired, q.desired, seed);
		w->n_decreases++;
	}
	w->n_held += p.held;
	ck_assert_int_eq(conclude_remember(&w->held, &w->hpa, &p, outcome, &err), ERR_OK);
	q.desired = p.desired;
	write.now = q.now;
	ck_assert_int_eq(conclude_remember(&w->full, &w->hpa, &q, outcome, &err), ERR_OK);
	write.now = p.now;
	ck_assert_int_eq(
		conclude_compute(&w->arena, &w->settings, &w->hpa, &p, outcome, &c, &err), ERR_OK);
	if (!lost)
		w->hpa.status = c.status;
	if (c.rescaled)
		w->scale.replicas = p.desired;
	w->true_ns += chance(85) ? 15 * NS_PER_SEC : between(1, 90000) * NS_PER_MS;
}

static struct checkpoint_now machine_now(const struct world *w)
{
	return clock_at(w->true_ns, w->offset_ns, between(0, 1000) * NS_PER_MS,
		between(0, 1000) * NS_PER_MS);
}

static void save(struct world *w, bool complete)
{
	struct checkpoint_now now = machine_now(w);

	write_one(&w->held, &now, complete);
	buf_clear(&w->saved);
	buf_put_sv(&w->saved, buf_sv(&text));
}

static void take_over(struct world *w, bool exact)
{
	w->offset_ns = between(-9000, 100000) * NS_PER_SEC;
	struct checkpoint_now now = machine_now(w);

	buf_clear(&text);
	buf_put_sv(&text, buf_sv(&w->saved));
	if (w->saved.len > 0)
		restore_one(&w->held, &now, exact);
	else
		ck_assert_int_eq(
			checkpoint_restore(NULL, NULL, exact, &now, &w->held, &err), ERR_OK);
	arena_clear(&arena);
}

/* Whatever the last controller may have done without telling: a decrease is never deeper than one that remembers everything would make. */
START_TEST(no_failover_causes_a_decrease)
{
	int n_decreases = 0, n_held = 0;

	for (int i = 0; i < WORLDS; i++) {
		struct world w;
		make_world(&w);
		for (int n = 0; n < PASSES; n++) {
			bool crash = chance(4);
			pass(&w, crash && chance(50));
			if (crash) {
				w.true_ns += 17 * NS_PER_SEC;
				take_over(&w, false);
			} else if (chance(5)) {
				save(&w, true);
				w.true_ns += between(0, 3000) * NS_PER_MS;
				take_over(&w, true);
			} else if (chance(30)) {
				save(&w, false);
			}
		}
		n_decreases += w.n_decreases;
		n_held += w.n_held;
		free_world(&w);
	}
	ck_assert_msg(n_decreases > 5 * WORLDS && n_held > WORLDS,
		"%d decreases, %d held: the worlds are too quiet", n_decreases, n_held);
}
END_TEST

/* An orderly hand-over neither delays nor deepens anything where the clocks are exact. */
START_TEST(an_orderly_hand_over_changes_nothing)
{
	for (int i = 0; i < WORLDS / 4; i++) {
		struct world w;
		make_world(&w);
		for (int n = 0; n < PASSES; n++) {
			struct checkpoint_now a = clock_at(w.true_ns, w.offset_ns, 0, 0);
			write_one(&w.held, &a, true);
			w.offset_ns = between(-9000, 100000) * NS_PER_SEC;
			struct checkpoint_now b = clock_at(w.true_ns, w.offset_ns, 0, 0);
			restore_one(&w.held, &b, true);
			arena_clear(&arena);
			struct proposal p = decide(&w, &w.held, b.mono.ns, false);
			struct proposal q = decide(&w, &w.full, w.true_ns, false);
			ck_assert_msg(p.desired == q.desired, "FLYBALL_SEED=%" PRIu64, seed);
			pass(&w, false);
			w.true_ns -= w.true_ns % NS_PER_MS;
		}
		free_world(&w);
	}
}
END_TEST

static void seed_setup(void)
{
	const char *given = getenv("FLYBALL_SEED");

	setup();
	if (!given || !sv_to_u64(sv_of(given), &seed))
		ck_assert_int_eq(getrandom(&seed, sizeof(seed), 0), (ssize_t)sizeof(seed));
	state = seed;
	printf("FLYBALL_SEED=%" PRIu64 "\n", seed);
	fflush(stdout);
}

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, seed_setup, teardown);
	tcase_add_test(tcase, a_complete_checkpoint_keeps_both_staircases);
	tcase_add_test(tcase, an_incomplete_one_keeps_what_was_higher_and_leaves_a_gap);
	tcase_add_test(tcase, what_does_not_change_is_the_same_checkpoint);
	tcase_add_test(tcase, ages_are_never_longer_than_they_were);
	tcase_add_test(tcase, a_server_clock_that_was_set_back_lengthens);
	tcase_add_test(tcase, a_hold_and_an_open_write_are_handed_on);
	tcase_add_test(tcase, what_is_known_of_metrics_is_handed_on);
	tcase_add_loop_test(tcase, refused, 0, (int)ARRAY_LEN(REFUSED));
	tcase_add_test(tcase, without_a_checkpoint_there_is_a_gap);
	tcase_add_test(tcase, without_memory_there_is_a_gap);
	tcase_add_test(tcase, shards_are_spread);
	tcase_add_test(tcase, no_failover_causes_a_decrease);
	tcase_add_test(tcase, an_orderly_hand_over_changes_nothing);
}

int main(void)
{
	return run_case("checkpoint", add);
}
