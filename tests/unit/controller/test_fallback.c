/* Fallbacks of metrics that fail, what is remembered of metrics, and overrides. */
#include <check.h>

#include "controller/fallback.h"
#include "controller/override.h"
#include "controller/own_kind.h"
#include "tests/unit/controller/run.h"

#define SEC(s) ((struct mono){ (int64_t)(s)*NS_PER_SEC })

static struct hpa_source sources[3];
static struct hpa_metric metrics[3];
static struct own_fallback fallbacks[3];
static struct recommendation recommendations[3];
static struct metric_memory_list memory;
static struct hpa_spec spec;

static void setup(void)
{
	static const char *const NAMES[] = { "one", "two", "three" };

	for (size_t i = 0; i < 3; i++) {
		sources[i] = (struct hpa_source){ .metric = sv_of(NAMES[i]) };
		metrics[i] =
			(struct hpa_metric){ .type = SV("External"), .kind = HPA_METRIC_EXTERNAL };
		metrics[i].member[HPA_METRIC_EXTERNAL] = &sources[i];
		fallbacks[i] = (struct own_fallback){ 0 };
		recommendations[i] = (struct recommendation){ .ok = true, .replicas = 1 };
	}
	spec = (struct hpa_spec){ .metrics = metrics, .n_metrics = 3 };
}

static void teardown(void)
{
	metric_memory_done(&memory);
}

/* One pass in which metric i fails if its bit is set. */
static void see(int64_t now_sec, unsigned failing)
{
	struct metric_sight seen[3];
	struct error err;

	for (size_t i = 0; i < 3; i++)
		seen[i] = (struct metric_sight){ .key = metric_memory_key(&spec, i),
			.failed = (failing >> i & 1) != 0 };
	ck_assert_int_eq(metric_memory_update(&memory, seen, 3, SEC(now_sec), &err), ERR_OK);
}

static struct fallback compute(int32_t current, int64_t now_sec)
{
	const struct fallback_input in = { &spec, recommendations, &memory, current, SEC(now_sec) };
	return fallback_compute(&in);
}

static void fall_back(size_t i, int32_t replicas, int32_t after_sec)
{
	fallbacks[i].replicas = opt_i32_of(replicas);
	if (after_sec >= 0)
		fallbacks[i].failure_duration_sec = opt_i32_of(after_sec);
	metrics[i].fallback = &fallbacks[i];
	recommendations[i].ok = false;
}

static const struct row {
	const char *what;
	int32_t replicas, after_sec; /* after -1: the default */
	int32_t current;
	int64_t at_sec; /* the metric fails since 100 */
	bool active;
	int32_t want;
} ROWS[] = {
	{ "not yet", 5, 60, 3, 159, false, 3 },
	{ "after its time", 5, 60, 3, 160, true, 5 },
	{ "long after", 5, 60, 3, 100000, true, 5 },
	{ "the default is 180 seconds: before", 5, -1, 3, 279, false, 3 },
	{ "the default is 180 seconds: then", 5, -1, 3, 280, true, 5 },
	{ "never lowers", 5, 60, 9, 500, true, 9 },
	{ "the floor is there already", 5, 60, 5, 500, true, 5 },
	{ "at once", 5, 0, 3, 100, true, 5 },
};

START_TEST(a_floor_after_long_failure)
{
	const struct row *row = &ROWS[_i];

	fall_back(0, row->replicas, row->after_sec);
	see(100, 1);
	see(130, 1);
	struct fallback got = compute(row->current, row->at_sec);
	ck_assert_msg((got.n_active > 0) == row->active, "%s", row->what);
	ck_assert_msg(got.replicas == row->want, "%s: %d", row->what, (int)got.replicas);
	ck_assert_msg((got.metric == 0) == row->active, "%s", row->what);
	ck_assert_msg(got.waiting == !row->active, "%s", row->what);
}
END_TEST

START_TEST(a_value_between_begins_the_time_anew)
{
	fall_back(0, 5, 60);
	see(100, 1);
	see(130, 0);
	see(145, 1);
	struct fallback got = compute(3, 204);
	ck_assert(got.n_active == 0 && got.waiting && got.due.ns == SEC(205).ns);
	ck_assert(compute(3, 205).n_active == 1);
}
END_TEST

START_TEST(the_first_failure_begins_it)
{
	fall_back(0, 5, 60);
	struct fallback got = compute(3, 1000);
	ck_assert(got.n_active == 0 && got.due.ns == SEC(1060).ns);
}
END_TEST

START_TEST(the_highest_floor_counts)
{
	fall_back(0, 5, 60);
	fall_back(1, 8, 60);
	fall_back(2, 20, 600);
	see(100, 7);
	struct fallback got = compute(3, 200);
	ck_assert(got.n_active == 2 && got.metric == 1 && got.replicas == 8);
	ck_assert(got.waiting && got.due.ns == SEC(700).ns);
}
END_TEST

START_TEST(metrics_that_work_have_none)
{
	fall_back(0, 5, 60);
	see(100, 1);
	recommendations[0].ok = true;
	ck_assert(compute(3, 500).n_active == 0);
	recommendations[0].ok = false;
	metrics[0].fallback = NULL;
	ck_assert(compute(3, 500).n_active == 0);
}
END_TEST

START_TEST(memory_follows_a_metric_through_an_edit)
{
	struct hpa_metric first = metrics[0];

	fall_back(1, 5, 60);
	see(100, 2);
	/* "two" becomes the first of the list. */
	metrics[0] = metrics[1];
	metrics[1] = first;
	recommendations[1].ok = true;
	recommendations[0].ok = false;
	ck_assert(compute(3, 170).n_active == 1);
	/* Another metric in its place is another metric. */
	sources[1].metric = SV("four");
	ck_assert(compute(3, 170).n_active == 0);
}
END_TEST

START_TEST(metrics_of_the_same_name_are_told_apart)
{
	sources[1].metric = sources[0].metric;
	ck_assert(metric_memory_key(&spec, 0) != metric_memory_key(&spec, 1));
	fall_back(1, 5, 60);
	see(100, 2);
	ck_assert(compute(3, 170).metric == 1);
}
END_TEST

START_TEST(rows_stay_until_there_are_new_ones)
{
	struct metric_sight seen = { .key = 7, .rows = opt_i32_of(9) };
	struct metric_memory_list copy = { 0 };
	struct error err;

	ck_assert_int_eq(metric_memory_update(&memory, &seen, 1, SEC(1), &err), ERR_OK);
	seen.rows = (struct opt_i32){ 0 };
	seen.failed = true;
	ck_assert_int_eq(metric_memory_update(&memory, &seen, 1, SEC(2), &err), ERR_OK);
	const struct metric_memory *m = metric_memory_find(&memory, 7);
	ck_assert(m->rows.value == 9 && m->failing && !m->had_value);
	ck_assert_int_eq(metric_memory_copy(&copy, &memory, &err), ERR_OK);
	ck_assert(copy.n == 1 && metric_memory_find(&copy, 7)->failing_since.ns == SEC(2).ns);
	ck_assert_int_eq(metric_memory_update(&copy, NULL, 0, SEC(3), &err), ERR_OK);
	ck_assert(!metric_memory_find(&copy, 7));
	metric_memory_done(&copy);
}
END_TEST

static const struct override_row {
	const char *what;
	struct opt_i32 min, max;
	int64_t until_sec; /* -1: none; now is 1000 */
	const char *reason;
	bool active;
	int32_t given, want;
} OVERRIDES[] = {
	{ "raises to its least", { true, 5 }, { true, 9 }, 2000, "x", true, 3, 5 },
	{ "lowers to its most", { true, 5 }, { true, 9 }, 2000, "x", true, 12, 9 },
	{ "lets be what is between", { true, 5 }, { true, 9 }, 2000, "x", true, 7, 7 },
	{ "to zero", { true, 0 }, { true, 0 }, 2000, "x", true, 7, 0 },
	{ "is over at its time", { true, 5 }, { true, 9 }, 1000, "x", false, 3, 3 },
	{ "counts until the moment before", { true, 5 }, { true, 9 }, 1001, "x", true, 3, 5 },
	{ "needs a minimum", { false, 0 }, { true, 9 }, 2000, "x", false, 3, 3 },
	{ "needs a maximum", { true, 5 }, { false, 0 }, 2000, "x", false, 3, 3 },
	{ "needs an end", { true, 5 }, { true, 9 }, -1, "x", false, 3, 3 },
	{ "needs a reason", { true, 5 }, { true, 9 }, 2000, "", false, 3, 3 },
	{ "needs bounds in order", { true, 9 }, { true, 5 }, 2000, "x", false, 3, 3 },
	{ "takes no negative count", { true, -2 }, { true, 5 }, 2000, "x", false, 9, 9 },
};

START_TEST(overrides_bound_the_count)
{
	const struct override_row *row = &OVERRIDES[_i];
	struct own_override o = { row->min, row->max, row->until_sec >= 0, { row->until_sec, 0 },
		sv_of(row->reason) };
	struct own_spec own = { .override = &o };
	struct hpa_spec s = { .own = &own };
	struct override_bounds got = override_of(&s, (struct wall){ 1000, 0 });

	ck_assert_msg(got.active == row->active, "%s", row->what);
	ck_assert_msg(override_apply(&got, row->given) == row->want, "%s", row->what);
}
END_TEST

START_TEST(objects_without_one_have_none)
{
	struct own_spec own = { 0 };
	struct hpa_spec s = { 0 };

	ck_assert(!override_of(&s, (struct wall){ 0 }).active);
	s.own = &own;
	ck_assert(!override_of(&s, (struct wall){ 0 }).active);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_floor_after_long_failure, 0, ARRAY_LEN(ROWS));
	tcase_add_test(t, a_value_between_begins_the_time_anew);
	tcase_add_test(t, the_first_failure_begins_it);
	tcase_add_test(t, the_highest_floor_counts);
	tcase_add_test(t, metrics_that_work_have_none);
	tcase_add_test(t, memory_follows_a_metric_through_an_edit);
	tcase_add_test(t, metrics_of_the_same_name_are_told_apart);
	tcase_add_test(t, rows_stay_until_there_are_new_ones);
	tcase_add_loop_test(t, overrides_bound_the_count, 0, ARRAY_LEN(OVERRIDES));
	tcase_add_test(t, objects_without_one_have_none);
}

int main(void)
{
	return run_case("fallback", add);
}
