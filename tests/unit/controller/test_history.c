/* What is remembered, and which slots are used again. */
#include "common/mem.h"
#include "controller/history.h"
#include "tests/unit/controller/run.h"

static struct mono at(int sec)
{
	return (struct mono){ sec * NS_PER_SEC };
}

static struct history h;
static struct error err;

static void teardown(void)
{
	history_done(&h);
}

START_TEST(the_list_starts_once_with_the_present_count)
{
	ck_assert_int_eq(history_start(&h, 3, at(0), &err), ERR_OK);
	ck_assert_int_eq(history_start(&h, 9, at(15), &err), ERR_OK);
	ck_assert_uint_eq(h.recommendations.n, 1);
	ck_assert_int_eq(h.recommendations.at[0].replicas, 3);
}
END_TEST

START_TEST(a_slot_is_overwritten_in_place)
{
	ck_assert_int_eq(history_start(&h, 3, at(0), &err), ERR_OK);
	ck_assert_int_eq(history_recommend(&h, HISTORY_APPEND, 4, at(15), &err), ERR_OK);
	ck_assert_int_eq(history_recommend(&h, 0, 5, at(30), &err), ERR_OK);
	ck_assert_uint_eq(h.recommendations.n, 2);
	ck_assert_int_eq(h.recommendations.at[0].replicas, 5);
}
END_TEST

START_TEST(an_event_counts_until_it_is_as_old_as_the_period)
{
	ck_assert_int_eq(history_add_event(&h.up, 2, 60, at(15), &err), ERR_OK);
	ck_assert_int_eq(history_sum(&h.up, 60, at(74)), 2);
	ck_assert_int_eq(history_sum(&h.up, 60, at(75)), 0);
}
END_TEST

START_TEST(an_event_that_may_be_older_counts_for_certain_until_then)
{
	ck_assert_int_eq(history_add_event(&h.up, 2, 60, at(15), &err), ERR_OK);
	h.up.at[0].earlier_ms = 2000;
	ck_assert_int_eq(history_sum_certain(&h.up, 60, at(72)), 2);
	ck_assert_int_eq(history_sum_certain(&h.up, 60, at(73)), 0);
	ck_assert_int_eq(history_sum(&h.up, 60, at(74)), 2);
}
END_TEST

START_TEST(an_outdated_event_gives_up_its_slot_but_counts_if_the_period_grows)
{
	ck_assert_int_eq(history_add_event(&h.up, 2, 60, at(0), &err), ERR_OK);
	ck_assert_int_eq(history_add_event(&h.up, 3, 60, at(60), &err), ERR_OK);
	ck_assert_uint_eq(h.up.n, 2);
	ck_assert_int_eq(history_sum(&h.up, 120, at(70)), 5);
	ck_assert_int_eq(history_add_event(&h.up, 7, 60, at(61), &err), ERR_OK);
	ck_assert_uint_eq(h.up.n, 2);
	ck_assert_int_eq(history_sum(&h.up, 1800, at(70)), 10);
}
END_TEST

START_TEST(a_full_list_loses_its_oldest)
{
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq(history_recommend(&h, HISTORY_APPEND, i, at(i), &err), ERR_OK);
	ck_assert_uint_eq(h.recommendations.n, 4096);
	for (size_t i = 0; i < h.recommendations.n; i++)
		ck_assert_int_ge(h.recommendations.at[i].replicas, 5000 - 4096);
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq(history_add_event(&h.up, 1, 100000, at(i), &err), ERR_OK);
	ck_assert_uint_eq(h.up.n, 4096);
}
END_TEST

START_TEST(without_memory_nothing_changes)
{
	mem_fail_at(1, true);
	ck_assert_int_eq(history_start(&h, 3, at(0), &err), ERR_NOMEM);
	ck_assert_int_eq(history_add_event(&h.up, 1, 60, at(0), &err), ERR_NOMEM);
	mem_fail_at(0, false);
	ck_assert(!h.started);
	ck_assert_uint_eq(h.up.n, 0);
}
END_TEST

START_TEST(clearing_forgets_everything)
{
	ck_assert_int_eq(history_start(&h, 3, at(0), &err), ERR_OK);
	ck_assert_int_eq(history_add_event(&h.down, 1, 60, at(0), &err), ERR_OK);
	history_clear(&h);
	ck_assert(!h.started);
	ck_assert_int_eq(history_sum(&h.down, 60, at(1)), 0);
	history_done(NULL);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, the_list_starts_once_with_the_present_count);
	tcase_add_test(tcase, a_slot_is_overwritten_in_place);
	tcase_add_test(tcase, an_event_counts_until_it_is_as_old_as_the_period);
	tcase_add_test(tcase, an_event_that_may_be_older_counts_for_certain_until_then);
	tcase_add_test(tcase, an_outdated_event_gives_up_its_slot_but_counts_if_the_period_grows);
	tcase_add_test(tcase, a_full_list_loses_its_oldest);
	tcase_add_test(tcase, without_memory_nothing_changes);
	tcase_add_test(tcase, clearing_forgets_everything);
}

int main(void)
{
	return run_case("history", add);
}
