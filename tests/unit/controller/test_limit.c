/* Limits: min, max, policies. */
#include "common/mem.h"
#include "controller/limit.h"
#include "tests/unit/controller/run.h"

static const struct {
	const char *what;
	int32_t current, stabilized, min, max;
	int32_t replicas;
	enum limited_by by;
} PLAIN[] = {
	{ "a small count may go to four at once", 1, 9, 1, 10, 4, LIMIT_SCALE_UP },
	{ "larger ones may double", 4, 12, 2, 100, 8, LIMIT_SCALE_UP },
	{ "up to exactly the limit is within range", 4, 8, 2, 100, 8, LIMIT_NONE },
	{ "max binds where it is lower than the limit", 4, 12, 2, 6, 6, LIMIT_TOO_MANY },
	{ "max as high as the limit is what binds", 4, 12, 2, 8, 8, LIMIT_TOO_MANY },
	{ "nothing limits the way down but min", 90, 1, 2, 100, 2, LIMIT_TOO_FEW },
	{ "min binds whatever the direction", 0, 0, 3, 10, 3, LIMIT_TOO_FEW },
	{ "max binds even a decrease", 20, 15, 1, 10, 10, LIMIT_TOO_MANY },
	{ "doubling a huge count does not overflow", 1500000000, 1600000000, 1, 2000000000,
		1600000000, LIMIT_NONE },
};

START_TEST(without_behavior_one_pass_may_double)
{
	struct history none = { 0 };
	struct limit_input in = {
		.current = PLAIN[_i].current,
		.stabilized = PLAIN[_i].stabilized,
		.min_replicas = PLAIN[_i].min,
		.max_replicas = PLAIN[_i].max,
		.up_events = &none.up,
		.down_events = &none.down,
		.mode = ARITH_SAFE,
	};
	struct limited got = limit_compute(&in);
	ck_assert_msg(got.replicas == PLAIN[_i].replicas, "%s: %d", PLAIN[_i].what, got.replicas);
	ck_assert_msg(got.by == PLAIN[_i].by, "%s: by %d", PLAIN[_i].what, (int)got.by);
	ck_assert_int_eq(got.applied, got.replicas != PLAIN[_i].stabilized);
}
END_TEST

START_TEST(strict_doubling_of_a_huge_count_is_the_smallest_integer)
{
	struct history none = { 0 };
	struct limit_input in = { .current = 1500000000,
		.stabilized = 1600000000,
		.min_replicas = 1,
		.max_replicas = 2000000000,
		.up_events = &none.up,
		.down_events = &none.down,
		.mode = ARITH_STRICT };
	ck_assert_int_eq(limit_compute(&in).replicas, INT32_MIN);
}
END_TEST

/* One policy of a direction, nothing scaled before. */
static const struct {
	const char *what;
	bool up;
	const char *type;
	int32_t value, current, expected;
} PERCENT[] = {
	{ "30 % down of 90 is 62", false, "Percent", 30, 90, 62 },
	{ "9 % up of 100 is 110", true, "Percent", 9, 100, 110 },
	{ "10 % up of 50 is 56", true, "Percent", 10, 50, 56 },
	{ "10 % up of 90 is 100", true, "Percent", 10, 90, 100 },
	{ "10 % up of 100 is 111", true, "Percent", 10, 100, 111 },
	{ "50 % up of 3 is 5", true, "Percent", 50, 3, 5 },
	{ "100 % down is 0", false, "Percent", 100, 7, 0 },
	{ "2 pods up", true, "Pods", 2, 3, 5 },
	{ "2 pods down", false, "Pods", 2, 3, 1 },
	{ "Percent of zero stays at zero", true, "Percent", 900, 0, 0 },
	{ "pods beyond the range are clamped", true, "Pods", INT32_MAX, 3, INT32_MAX },
};

START_TEST(policies_leave_the_room_they_should)
{
	struct history none = { 0 };
	struct hpa_policy policy = { sv_of(PERCENT[_i].type), PERCENT[_i].value, 60 };
	struct limit_input in = {
		.current = PERCENT[_i].current, .up_events = &none.up, .down_events = &none.down
	};
	struct limit_room room = limit_policy_room(&in, &policy, PERCENT[_i].up);
	ck_assert_msg(
		room.replicas == PERCENT[_i].expected, "%s: %d", PERCENT[_i].what, room.replicas);
}
END_TEST

struct behavior_case {
	const char *what;
	const char *select;
	int32_t current, stabilized, min, max;
	int32_t replicas;
	enum limited_by by;
};

/* Up: Pods 2 and Percent 50; down: Pods 1 and Percent 50. */
static const struct behavior_case BEHAVIOR[] = {
	{ "Max takes the larger step up", "Max", 10, 40, 1, 100, 15, LIMIT_SCALE_UP },
	{ "Min takes the smaller step up", "Min", 10, 40, 1, 100, 12, LIMIT_SCALE_UP },
	{ "Max takes the larger step down", "Max", 10, 1, 1, 100, 5, LIMIT_SCALE_DOWN },
	{ "Min takes the smaller step down", "Min", 10, 1, 1, 100, 9, LIMIT_SCALE_DOWN },
	{ "Disabled lets nothing go up", "Disabled", 10, 40, 1, 100, 10, LIMIT_SCALE_UP },
	{ "Disabled lets nothing go down", "Disabled", 10, 1, 1, 100, 10, LIMIT_SCALE_DOWN },
	{ "max binds an increase", "Max", 10, 40, 1, 12, 12, LIMIT_TOO_MANY },
	{ "min binds a decrease", "Max", 10, 1, 7, 100, 7, LIMIT_TOO_FEW },
	{ "min does not bind an increase", "Max", 4, 5, 8, 100, 5, LIMIT_NONE },
	{ "nothing binds where nothing moves", "Max", 3, 3, 5, 100, 3, LIMIT_NONE },
	{ "nil is Max", NULL, 10, 40, 1, 100, 15, LIMIT_SCALE_UP },
};

START_TEST(behavior_limits_each_direction)
{
	const struct behavior_case *row = &BEHAVIOR[_i];
	struct history none = { 0 };
	struct hpa_policy up[] = { { SV("Pods"), 2, 60 }, { SV("Percent"), 50, 60 } };
	struct hpa_policy down[] = { { SV("Pods"), 1, 60 }, { SV("Percent"), 50, 60 } };
	struct hpa_rules up_rules = { .select_policy = sv_of(row->select),
		.has_policies = true,
		.policies = up,
		.n_policies = 2 };
	struct hpa_rules down_rules = up_rules;
	down_rules.policies = down;
	struct limit_input in = {
		.current = row->current,
		.stabilized = row->stabilized,
		.min_replicas = row->min,
		.max_replicas = row->max,
		.up = &up_rules,
		.down = &down_rules,
		.up_events = &none.up,
		.down_events = &none.down,
	};
	struct limited got = limit_compute(&in);
	ck_assert_msg(got.replicas == row->replicas, "%s: %d", row->what, got.replicas);
	ck_assert_msg(got.by == row->by, "%s: by %d", row->what, (int)got.by);
}
END_TEST

START_TEST(what_was_scaled_within_the_period_uses_up_the_room)
{
	struct history h = { 0 };
	struct error err;
	struct hpa_policy policy = { SV("Pods"), 4, 60 };
	struct limit_input in = {
		.current = 8, .up_events = &h.up, .down_events = &h.down, .now = { 60 * NS_PER_SEC }
	};
	ck_assert_int_eq(
		history_add_event(&h.up, 3, 60, (struct mono){ NS_PER_SEC }, &err), ERR_OK);
	ck_assert_int_eq(
		history_add_event(&h.down, 1, 60, (struct mono){ NS_PER_SEC }, &err), ERR_OK);
	ck_assert_int_eq(limit_policy_room(&in, &policy, true).replicas, 8 - 3 + 1 + 4);
	in.now.ns = 61 * NS_PER_SEC;
	ck_assert_msg(limit_policy_room(&in, &policy, true).replicas == 12,
		"events exactly as old as the period no longer count");
	history_done(&h);
}
END_TEST

START_TEST(strict_policies_wrap_and_then_let_nothing_move)
{
	struct history none = { 0 };
	struct hpa_policy policy = { SV("Pods"), INT32_MAX, 60 };
	struct hpa_rules rules = { .has_policies = true, .policies = &policy, .n_policies = 1 };
	struct limit_input in = { .current = 3,
		.stabilized = 9,
		.min_replicas = 1,
		.max_replicas = 20,
		.up = &rules,
		.down = &rules,
		.up_events = &none.up,
		.down_events = &none.down,
		.mode = ARITH_STRICT };
	ck_assert_int_eq(limit_compute(&in).replicas, 3);
	in.mode = ARITH_SAFE;
	ck_assert_int_eq(limit_compute(&in).replicas, 9);
}
END_TEST

START_TEST(an_unknown_policy_type_repeats_the_one_before)
{
	struct history none = { 0 };
	struct hpa_policy up[] = { { SV("Pods"), 2, 60 }, { SV("Nodes"), 50, 60 } };
	struct hpa_rules rules = { .has_policies = true, .policies = up, .n_policies = 2 };
	struct limit_input in = { .current = 3,
		.stabilized = 9,
		.min_replicas = 1,
		.max_replicas = 20,
		.up = &rules,
		.down = &rules,
		.up_events = &none.up,
		.down_events = &none.down };
	ck_assert_int_eq(limit_compute(&in).replicas, 5);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, without_behavior_one_pass_may_double, 0, ARRAY_LEN(PLAIN));
	tcase_add_test(tcase, strict_doubling_of_a_huge_count_is_the_smallest_integer);
	tcase_add_loop_test(tcase, policies_leave_the_room_they_should, 0, ARRAY_LEN(PERCENT));
	tcase_add_loop_test(tcase, behavior_limits_each_direction, 0, ARRAY_LEN(BEHAVIOR));
	tcase_add_test(tcase, what_was_scaled_within_the_period_uses_up_the_room);
	tcase_add_test(tcase, strict_policies_wrap_and_then_let_nothing_move);
	tcase_add_test(tcase, an_unknown_policy_type_repeats_the_one_before);
}

int main(void)
{
	return run_case("limit", add);
}
