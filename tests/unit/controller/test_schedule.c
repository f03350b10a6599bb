/* Whose turn it is: periods, groups, fairness, what is slow, what is put off. Time is made up. */
#include <stdio.h>

#include "controller/schedule.h"
#include "tests/unit/controller/run.h"

#define PERIOD (15 * NS_PER_SEC)

static struct schedule *s;
static struct schedule_item items[2000];

static void setup(void)
{
	s = schedule_new();
	ck_assert_ptr_nonnull(s);
	memset(items, 0, sizeof(items));
}

static void teardown(void)
{
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		schedule_remove(s, &items[i]);
	ck_assert_uint_eq(schedule_depth(s).n_items, 0);
	schedule_free(s);
}

static struct mono at(int64_t ns)
{
	return (struct mono){ 1000 * NS_PER_SEC + ns };
}

static void put(int i, const char *ns, int64_t period_ns, uint64_t spread, struct mono now)
{
	struct error err;
	ck_assert_int_eq(
		schedule_add(s, &items[i], sv_of(ns), period_ns, spread, now, &err), ERR_OK);
}

/* Runs everything that is due at a moment; how many passes that were. */
static int run(struct mono now)
{
	struct schedule_item *item;
	int n = 0;

	while ((item = schedule_next(s, now)) != NULL) {
		schedule_done(s, item, now);
		n++;
	}
	return n;
}

START_TEST(nothing_is_handed_out_before_the_start)
{
	put(0, "n", PERIOD, 1, at(0));
	ck_assert_ptr_null(schedule_next(s, at(100 * NS_PER_SEC)));
	schedule_start(s, at(0));
	ck_assert_int_eq(run(at(PERIOD)), 1);
	schedule_stop(s);
	ck_assert_ptr_null(schedule_next(s, at(1000 * NS_PER_SEC)));
}
END_TEST

START_TEST(first_turns_come_within_three_fifths_and_then_once_a_period)
{
	for (int i = 0; i < 1000; i++)
		put(i, "n", PERIOD, (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15), at(0));
	schedule_start(s, at(0));
	int first = 0, most = 0;
	for (int64_t t = 0; t <= PERIOD / 5 * 3; t += 100 * NS_PER_MS) {
		int n = run(at(t));
		first += n;
		most = n > most ? n : most;
	}
	/* Some of those that came at once have their place much later. */
	ck_assert_int_ge(first, 1000);
	ck_assert_int_le(first, 1100);
	ck_assert_int_le(most, 70);
	ck_assert_int_eq(run(at(PERIOD - 1)), 0);
	int second = 0;
	for (int64_t t = PERIOD; t < 2 * PERIOD; t += 100 * NS_PER_MS)
		second += run(at(t));
	ck_assert_int_eq(second, 1000);
}
END_TEST

START_TEST(few_objects_do_not_wait_for_their_place_after_a_start)
{
	for (int i = 0; i < 100; i++)
		put(i, "n", PERIOD, UINT64_MAX / 100 * (uint64_t)i, at(0));
	schedule_start(s, at(0));
	int n = 0;
	for (int64_t t = 0; t <= NS_PER_SEC; t += 10 * NS_PER_MS)
		n += run(at(t));
	ck_assert_int_eq(n, 100);
}
END_TEST

START_TEST(a_late_pass_does_not_push_the_next_one_back)
{
	struct schedule_item *item;

	put(0, "n", PERIOD, 0, at(0));
	schedule_start(s, at(0));
	item = schedule_next(s, at(2 * NS_PER_SEC));
	ck_assert_ptr_nonnull(item);
	ck_assert_int_eq(item->due.ns, at(0).ns);
	schedule_done(s, item, at(4 * NS_PER_SEC));
	ck_assert_int_eq(items[0].due.ns, at(PERIOD).ns);
}
END_TEST

START_TEST(missed_turns_are_not_made_up_for)
{
	put(0, "n", PERIOD, 0, at(0));
	schedule_start(s, at(0));
	ck_assert_int_eq(run(at(100 * PERIOD + 1)), 1);
	ck_assert_int_eq(items[0].due.ns, at(101 * PERIOD).ns);
}
END_TEST

START_TEST(a_group_is_due_together_whenever_its_members_came)
{
	schedule_start(s, at(0));
	put(0, "n", PERIOD, 77 * NS_PER_SEC, at(NS_PER_SEC));
	put(1, "n", PERIOD, 77 * NS_PER_SEC, at(6 * NS_PER_SEC));
	ck_assert_int_eq(run(at(6 * NS_PER_SEC)), 2);
	int64_t turn = 77 * NS_PER_SEC % (PERIOD / 5 * 3);
	(void)run(at(PERIOD + turn));
	(void)run(at(2 * PERIOD + turn));
	ck_assert_int_eq(items[0].due.ns, items[1].due.ns);
	ck_assert_int_eq(items[0].due.ns, at(3 * PERIOD + turn).ns);
}
END_TEST

START_TEST(an_edit_is_due_at_once_and_does_not_count_twice)
{
	put(0, "n", PERIOD, 0, at(0));
	schedule_start(s, at(0));
	(void)run(at(0));
	schedule_hurry(s, &items[0], at(PERIOD - NS_PER_SEC));
	ck_assert_int_eq(run(at(PERIOD - NS_PER_SEC)), 1);
	ck_assert_int_eq(items[0].due.ns, at(2 * PERIOD).ns);
}
END_TEST

START_TEST(an_edit_during_a_pass_leads_to_another_one)
{
	put(0, "n", PERIOD, 0, at(0));
	schedule_start(s, at(0));
	struct schedule_item *item = schedule_next(s, at(0));
	schedule_hurry(s, item, at(1));
	ck_assert_ptr_null(schedule_next(s, at(1)));
	schedule_done(s, item, at(2));
	ck_assert_ptr_eq(schedule_next(s, at(2)), item);
	schedule_done(s, item, at(3));
	ck_assert_int_eq(item->due.ns, at(PERIOD).ns);
}
END_TEST

START_TEST(each_object_has_its_own_period)
{
	put(0, "n", 5 * NS_PER_SEC, 0, at(0));
	put(1, "n", 300 * NS_PER_SEC, 0, at(0));
	schedule_start(s, at(0));
	int n = 0;
	for (int64_t t = 0; t < 300 * NS_PER_SEC; t += NS_PER_SEC)
		n += run(at(t));
	ck_assert_int_eq(n, 60 + 1);
}
END_TEST

START_TEST(namespaces_take_turns)
{
	int big = 0, small = 0;

	for (int i = 0; i < 1000; i++)
		put(i, "big", PERIOD, 0, at(0));
	for (int i = 1000; i < 1010; i++)
		put(i, "small", PERIOD, 0, at(0));
	schedule_start(s, at(0));
	for (int i = 0; i < 20; i++) {
		struct schedule_item *item = schedule_next(s, at(0));
		ck_assert_ptr_nonnull(item);
		if (item < &items[1000])
			big++;
		else
			small++;
	}
	ck_assert_int_eq(big, 10);
	ck_assert_int_eq(small, 10);
}
END_TEST

START_TEST(so_many_run_at_a_time_and_slow_ones_do_not_count)
{
	int n = 0;
	struct mono wake;

	for (int i = 0; i < 200; i++)
		put(i, "n", PERIOD, 0, at(0));
	schedule_start(s, at(0));
	while (schedule_next(s, at(0)))
		n++;
	ck_assert_int_eq(n, SCHEDULE_MAX_PASSES);
	ck_assert_uint_eq(schedule_depth(s).n_ready, 200 - SCHEDULE_MAX_PASSES);
	ck_assert(schedule_wake(s, &wake));
	ck_assert_int_eq(wake.ns, at(SCHEDULE_SLOW_NS).ns);
	while (schedule_next(s, wake))
		n++;
	ck_assert_int_eq(n, 2 * SCHEDULE_MAX_PASSES);
	ck_assert_uint_eq(schedule_depth(s).n_slow, SCHEDULE_MAX_PASSES);
}
END_TEST

START_TEST(one_slow_namespace_leaves_room_for_others)
{
	for (int i = 0; i < 1990; i++)
		put(i, "slow", PERIOD, 0, at(0));
	schedule_start(s, at(0));
	for (int64_t t = 0; t < 100; t++)
		while (schedule_next(s, at(t * NS_PER_SEC)))
			;
	ck_assert_uint_eq(
		schedule_depth(s).n_slow + schedule_depth(s).n_running, SCHEDULE_MAX_SLOW / 2);
	put(1990, "fast", PERIOD, 0, at(100 * NS_PER_SEC));
	ck_assert_ptr_eq(schedule_next(s, at(100 * NS_PER_SEC)), &items[1990]);
}
END_TEST

START_TEST(what_is_put_off_waits_even_when_it_is_edited)
{
	put(0, "n", PERIOD, 0, at(0));
	schedule_put_off(s, &items[0], at(600 * NS_PER_SEC));
	schedule_start(s, at(0));
	ck_assert_int_eq(run(at(599 * NS_PER_SEC)), 0);
	schedule_hurry(s, &items[0], at(599 * NS_PER_SEC));
	ck_assert_int_eq(run(at(599 * NS_PER_SEC)), 0);
	ck_assert_int_eq(run(at(600 * NS_PER_SEC)), 1);
}
END_TEST

START_TEST(stopping_forgets_what_ran)
{
	for (int i = 0; i < 100; i++)
		put(i, "n", PERIOD, 0, at(0));
	schedule_start(s, at(0));
	(void)!schedule_next(s, at(0));
	(void)!schedule_next(s, at(2 * NS_PER_SEC));
	schedule_stop(s);
	struct schedule_depth depth = schedule_depth(s);
	ck_assert_uint_eq(depth.n_ready + depth.n_running + depth.n_slow, 0);
	schedule_start(s, at(5 * NS_PER_SEC));
	ck_assert_int_eq(run(at(5 * NS_PER_SEC)), 100);
}
END_TEST

/* Whatever happens in whatever order, no item is lost and none runs twice at once. */
START_TEST(no_item_is_lost_in_a_long_mix_of_everything)
{
	uint64_t random = (uint64_t)_i + 1;
	struct schedule_item *running[SCHEDULE_MAX_SLOW];
	size_t n = 0;
	bool in[300] = { false };

	schedule_start(s, at(0));
	for (int64_t step = 0; step < 20000; step++) {
		struct mono now = at(step * 20 * NS_PER_MS);
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
		int i = (int)(random >> 33) % 300;
		switch ((random >> 20) % 8) {
		case 0:
			if (!in[i])
				put(i, i % 3 ? "a" : "b", PERIOD, random, now);
			in[i] = true;
			break;
		case 1:
			for (size_t k = 0; k < n; k++)
				if (running[k] == &items[i])
					running[k--] = running[--n];
			schedule_remove(s, &items[i]);
			in[i] = false;
			break;
		case 2:
			if (in[i])
				schedule_hurry(s, &items[i], now);
			break;
		case 3:
			if (n > 0)
				schedule_done(s, running[--n], now);
			break;
		default: {
			struct schedule_item *item = schedule_next(s, now);
			for (size_t k = 0; k < n; k++)
				ck_assert_ptr_ne(running[k], item);
			if (item)
				running[n++] = item;
		}
		}
		struct schedule_depth depth = schedule_depth(s);
		ck_assert_uint_eq(depth.n_running + depth.n_slow, n);
	}
	size_t expected = 0;
	for (int i = 0; i < 300; i++)
		expected += in[i];
	ck_assert_uint_eq(schedule_depth(s).n_items, expected);
}
END_TEST

START_TEST(an_item_that_finds_no_memory_is_not_in)
{
	struct error err;

	for (unsigned long i = 1; i < 8; i++) {
		mem_fail_at(i, true);
		enum error_kind rc = schedule_add(s, &items[0], SV("n"), PERIOD, 0, at(0), &err);
		mem_fail_at(0, false);
		ck_assert_uint_eq(schedule_depth(s).n_items, rc == ERR_OK ? 1 : 0);
		schedule_remove(s, &items[0]);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nothing_is_handed_out_before_the_start);
	tcase_add_test(tcase, first_turns_come_within_three_fifths_and_then_once_a_period);
	tcase_add_test(tcase, few_objects_do_not_wait_for_their_place_after_a_start);
	tcase_add_test(tcase, a_late_pass_does_not_push_the_next_one_back);
	tcase_add_test(tcase, missed_turns_are_not_made_up_for);
	tcase_add_test(tcase, a_group_is_due_together_whenever_its_members_came);
	tcase_add_test(tcase, an_edit_is_due_at_once_and_does_not_count_twice);
	tcase_add_test(tcase, an_edit_during_a_pass_leads_to_another_one);
	tcase_add_test(tcase, each_object_has_its_own_period);
	tcase_add_test(tcase, namespaces_take_turns);
	tcase_add_test(tcase, so_many_run_at_a_time_and_slow_ones_do_not_count);
	tcase_add_test(tcase, one_slow_namespace_leaves_room_for_others);
	tcase_add_test(tcase, what_is_put_off_waits_even_when_it_is_edited);
	tcase_add_test(tcase, stopping_forgets_what_ran);
	tcase_add_loop_test(tcase, no_item_is_lost_in_a_long_mix_of_everything, 0, 4);
	tcase_add_test(tcase, an_item_that_finds_no_memory_is_not_in);
}

int main(void)
{
	return run_case("schedule", add);
}
