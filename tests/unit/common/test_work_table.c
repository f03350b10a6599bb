/* Blame, rest, trial and release, with times from the test. */
#include "common/work_table.h"
#include "tests/unit/common/run.h"

static struct work_table table;

static void setup(void)
{
	work_table_clear(&table);
}

static void crash_with(struct sv key, int64_t at_sec)
{
	work_table_enter(&table.slots[0], key, at_sec);
	work_table_resume(&table, at_sec);
}

START_TEST(what_ended_well_is_no_suspect)
{
	work_table_enter(&table.slots[0], SV("a"), 100);
	ck_assert(work_table_leave(&table.slots[0]));
	work_table_resume(&table, 101);
	ck_assert_uint_eq(table.slots[0].key_len, 0);
	ck_assert_uint_eq(table.n_crashes, 0);
}
END_TEST

START_TEST(one_crash_is_no_quarantine_two_are)
{
	crash_with(SV("a"), 100);
	ck_assert_uint_eq(table.slots[0].n_crashes, 1);
	ck_assert(!work_table_rests(&table.slots[0], 100));
	ck_assert_int_eq(work_table_rest_ends_sec(&table.slots[0]), 0);
	crash_with(SV("a"), 110);
	ck_assert(work_table_rests(&table.slots[0], 110));
	ck_assert(work_table_rests(&table.slots[0], 110 + WORK_TABLE_REST_SEC - 1));
	ck_assert(!work_table_rests(&table.slots[0], 110 + WORK_TABLE_REST_SEC));
}
END_TEST

START_TEST(what_has_the_processor_is_blamed_alone)
{
	work_table_enter(&table.slots[0], SV("waits"), 100);
	work_table_enter(&table.slots[1], SV("runs"), 100);
	table.running = 2;
	work_table_resume(&table, 100);
	ck_assert_uint_eq(table.slots[0].key_len, 0);
	ck_assert_uint_eq(table.slots[1].n_crashes, 1);
	ck_assert_uint_eq(table.running, 0);
}
END_TEST

START_TEST(without_it_all_that_wait_are_blamed)
{
	work_table_enter(&table.slots[3], SV("a"), 100);
	work_table_enter(&table.slots[7], SV("b"), 100);
	work_table_resume(&table, 100);
	ck_assert_uint_eq(table.slots[3].n_crashes, 1);
	ck_assert_uint_eq(table.slots[7].n_crashes, 1);
}
END_TEST

START_TEST(what_has_no_key_is_blamed_on_nobody)
{
	work_table_enter(&table.slots[3], SV("a"), 100);
	table.running = WORK_TABLE_OTHER;
	ck_assert(work_table_is_valid(&table));
	work_table_resume(&table, 100);
	ck_assert_uint_eq(table.n_crashes, 1);
	ck_assert_uint_eq(table.slots[3].key_len, 0);
}
END_TEST

START_TEST(an_end_that_keeps_suspects_is_no_crash)
{
	crash_with(SV("a"), 100);
	crash_with(SV("a"), 100);
	work_table_enter(&table.slots[1], SV("b"), 100);
	work_table_end(&table);
	work_table_resume(&table, 101);
	ck_assert_uint_eq(table.n_crashes, 2);
	ck_assert_uint_eq(table.slots[0].n_crashes, 2);
	ck_assert_uint_eq(table.slots[1].key_len, 0);
}
END_TEST

START_TEST(a_trial_is_one_at_a_time_and_releases)
{
	crash_with(SV("a"), 100);
	crash_with(SV("a"), 100);
	int64_t later = 100 + WORK_TABLE_REST_SEC;
	work_table_enter(&table.slots[0], SV("a"), later);
	ck_assert(work_table_rests(&table.slots[0], later));
	ck_assert(work_table_leave(&table.slots[0]));
	ck_assert_uint_eq(table.slots[0].n_crashes, 0);
}
END_TEST

START_TEST(rests_double_up_to_a_bound)
{
	int64_t rest_sec[12];
	for (size_t i = 0; i < 12; i++) {
		crash_with(SV("a"), 100);
		rest_sec[i] = work_table_rest_ends_sec(&table.slots[0]) - 100;
	}
	ck_assert_int_eq(rest_sec[1], WORK_TABLE_REST_SEC);
	ck_assert_int_eq(rest_sec[2], 2 * WORK_TABLE_REST_SEC);
	ck_assert_int_eq(rest_sec[3], 4 * WORK_TABLE_REST_SEC);
	ck_assert_int_eq(rest_sec[11], WORK_TABLE_REST_MAX_SEC);
	table.slots[0].n_crashes = UINT32_MAX;
	ck_assert_int_eq(work_table_rest_ends_sec(&table.slots[0]), 100 + WORK_TABLE_REST_MAX_SEC);
}
END_TEST

START_TEST(old_crashes_are_forgotten)
{
	crash_with(SV("a"), 100);
	crash_with(SV("a"), 100 + WORK_TABLE_FORGET_SEC + 1);
	ck_assert_uint_eq(table.slots[0].n_crashes, 1);
	crash_with(SV("a"), 100 + WORK_TABLE_FORGET_SEC + 2);
	ck_assert_uint_eq(table.slots[0].n_crashes, 2);
	work_table_resume(&table, 102 + 2 * WORK_TABLE_FORGET_SEC + WORK_TABLE_REST_SEC + 1);
	ck_assert_uint_eq(table.slots[0].key_len, 0);
}
END_TEST

START_TEST(a_clock_that_was_set_back_makes_no_rest_longer)
{
	crash_with(SV("a"), 100000);
	crash_with(SV("a"), 100000);
	work_table_resume(&table, 500);
	ck_assert_int_eq(work_table_rest_ends_sec(&table.slots[0]), 500 + WORK_TABLE_REST_SEC);
}
END_TEST

START_TEST(long_keys_stay_distinct)
{
	char one[1000], other[1000], room[2][WORK_TABLE_KEY_MAX];
	memset(one, 'k', sizeof(one));
	memset(other, 'k', sizeof(other));
	other[999] = 'l';
	struct sv a = work_table_key(sv_from(one, 1000), room[0]);
	struct sv b = work_table_key(sv_from(other, 1000), room[1]);
	ck_assert_uint_eq(a.len, WORK_TABLE_KEY_MAX);
	ck_assert(!sv_eq(a, b));
	ck_assert(sv_eq(work_table_key(SV("short"), room[0]), SV("short")));
	ck_assert_uint_gt(work_table_key(SV(""), room[0]).len, 0);
}
END_TEST

START_TEST(damage_is_noticed)
{
	struct work_table other = table;
	ck_assert(work_table_is_valid(&table));
	other.magic[0]++;
	ck_assert(!work_table_is_valid(&other));
	other = table;
	other.slots[5].key_len = WORK_TABLE_KEY_MAX + 1;
	ck_assert(!work_table_is_valid(&other));
	other = table;
	other.running = WORK_TABLE_SLOTS + 1;
	ck_assert(!work_table_is_valid(&other));
	other = table;
	other.n_slots++;
	ck_assert(!work_table_is_valid(&other));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, what_ended_well_is_no_suspect);
	tcase_add_test(tcase, one_crash_is_no_quarantine_two_are);
	tcase_add_test(tcase, what_has_the_processor_is_blamed_alone);
	tcase_add_test(tcase, without_it_all_that_wait_are_blamed);
	tcase_add_test(tcase, what_has_no_key_is_blamed_on_nobody);
	tcase_add_test(tcase, an_end_that_keeps_suspects_is_no_crash);
	tcase_add_test(tcase, a_trial_is_one_at_a_time_and_releases);
	tcase_add_test(tcase, rests_double_up_to_a_bound);
	tcase_add_test(tcase, old_crashes_are_forgotten);
	tcase_add_test(tcase, a_clock_that_was_set_back_makes_no_rest_longer);
	tcase_add_test(tcase, long_keys_stay_distinct);
	tcase_add_test(tcase, damage_is_noticed);
}

int main(void)
{
	return run_case("work_table", add);
}
