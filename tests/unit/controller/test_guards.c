/* The two guards: rows behind one reading, and sources that lose many objects at once. */
#include <check.h>
#include <stdio.h>

#include "controller/guard_mass.h"
#include "controller/guard_partial.h"
#include "tests/unit/controller/run.h"

static const struct partial_row {
	const char *what;
	int32_t last; /* -1: none */
	int32_t rows, ready;
	bool unfit;
} PARTIAL[] = {
	{ "the first reading has nothing to compare with", -1, 1, 10, false },
	{ "all pods report", 10, 10, 10, false },
	{ "70 % of both is enough", 10, 7, 10, false },
	{ "under 70 % of both is not", 10, 6, 10, true },
	{ "nothing at all is not", 10, 0, 10, true },
	{ "fewer rows because there are fewer pods", 10, 3, 3, false },
	{ "few rows that were few before", 3, 3, 10, false },
	{ "new pods that do not report yet", 4, 4, 10, false },
	{ "one row of two is a loss", 2, 1, 2, true },
	{ "no pod should report", 10, 0, 0, false },
	{ "70 % is rounded up: 2 of 3 is less", 3, 2, 3, true },
	{ "counts near the end of the range", INT32_MAX, INT32_MAX / 2, INT32_MAX, true },
};

START_TEST(a_sharp_drop_makes_a_reading_unfit)
{
	const struct partial_row *row = &PARTIAL[_i];
	const struct guard_partial_input in = {
		.rows = row->rows,
		.last_rows = row->last < 0 ? (struct opt_i32){ 0 } : opt_i32_of(row->last),
		.ready_pods = row->ready,
	};
	struct guard_partial got = guard_partial_compute(&in);

	ck_assert_msg(got.unfit == row->unfit, "%s", row->what);
	ck_assert_msg(got.remember.set == !row->unfit, "%s", row->what);
	ck_assert(!row->unfit || got.expected > row->rows);
}
END_TEST

START_TEST(rows_of_an_unfit_reading_are_not_what_the_next_is_compared_with)
{
	struct opt_i32 last = opt_i32_of(10);

	for (int pass = 0; pass < 5; pass++) {
		const struct guard_partial_input in = { 5, last, 10 };
		struct guard_partial got = guard_partial_compute(&in);
		ck_assert(got.unfit);
		if (got.remember.set)
			last = got.remember;
	}
	const struct guard_partial_input back = { 9, last, 10 };
	ck_assert(!guard_partial_compute(&back).unfit);
}
END_TEST

#define ROUND (15 * NS_PER_SEC)

static struct guard_mass guard;
static int64_t now_ns;

/* One round of `n` objects of which the first `lost` lose their reading. */
static void run_round(const char *source, unsigned n, unsigned lost)
{
	for (unsigned i = 0; i < n; i++)
		(void)guard_mass_note(&guard, sv_of(source), i < lost, (struct mono){ now_ns });
	now_ns += ROUND;
}

static bool frozen(const char *source)
{
	return guard_mass_is_frozen(&guard, sv_of(source));
}

static void setup(void)
{
	guard_mass_init(&guard, ROUND);
	now_ns = 1000 * NS_PER_SEC;
}

static const struct mass_row {
	const char *what;
	unsigned n, lost;
	bool frozen;
} MASS[] = {
	{ "nobody loses anything", 100, 0, false },
	{ "30 % of ten", 10, 3, true },
	{ "29 % of a hundred", 100, 29, false },
	{ "30 % of a hundred", 100, 30, true },
	{ "all of nine are too few to tell", 9, 9, false },
	{ "all of ten thousand", 10000, 10000, true },
};

START_TEST(many_losses_in_one_round_freeze_a_source)
{
	const struct mass_row *row = &MASS[_i];

	run_round("a", row->n, 0);
	run_round("a", row->n, row->lost);
	ck_assert_msg(frozen("a") == row->frozen, "%s", row->what);
	ck_assert(!frozen("b"));
}
END_TEST

START_TEST(two_clean_rounds_thaw_it)
{
	run_round("a", 20, 0);
	run_round("a", 20, 20);
	run_round("a", 20, 0);
	ck_assert(frozen("a"));
	run_round("a", 20, 0);
	ck_assert(frozen("a"));
	run_round("a", 20, 0);
	ck_assert(!frozen("a"));
}
END_TEST

START_TEST(a_new_loss_begins_the_count_anew)
{
	run_round("a", 20, 0);
	run_round("a", 20, 20);
	run_round("a", 20, 0);
	run_round("a", 20, 10);
	run_round("a", 20, 0);
	run_round("a", 20, 0);
	ck_assert(frozen("a"));
	run_round("a", 20, 0);
	ck_assert(!frozen("a"));
}
END_TEST

START_TEST(objects_that_stay_broken_freeze_nobody)
{
	/* Half of them fail in every round: no step from a value to a failure. */
	for (int i = 0; i < 20; i++)
		run_round("a", 40, 0);
	ck_assert(!frozen("a"));
}
END_TEST

START_TEST(one_object_that_flaps_does_not_keep_it_frozen)
{
	run_round("a", 20, 0);
	run_round("a", 20, 20);
	for (int i = 0; i < 3; i++)
		run_round("a", 20, 1);
	ck_assert(!frozen("a"));
}
END_TEST

START_TEST(an_outage_across_two_rounds_is_one_outage)
{
	run_round("a", 20, 0);
	run_round("a", 20, 3);
	ck_assert(!frozen("a"));
	run_round("a", 20, 3);
	ck_assert(frozen("a"));
}
END_TEST

START_TEST(losses_long_ago_do_not_add_up)
{
	for (int i = 0; i < 10; i++) {
		run_round("a", 20, 3);
		run_round("a", 20, 0);
	}
	ck_assert(!frozen("a"));
}
END_TEST

START_TEST(time_in_which_nobody_is_decided_thaws_nothing)
{
	run_round("a", 20, 0);
	run_round("a", 20, 20);
	now_ns += 100 * ROUND;
	ck_assert(frozen("a"));
	run_round("a", 20, 0);
	ck_assert(frozen("a"));
}
END_TEST

START_TEST(a_freeze_is_told_once)
{
	unsigned told = 0;

	run_round("a", 20, 0);
	for (int i = 0; i < 20; i++)
		told += guard_mass_note(&guard, SV("a"), true, (struct mono){ now_ns });
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(guard.sources[0].n_freezes, 1);
}
END_TEST

START_TEST(there_is_room_for_so_many_sources_only)
{
	char name[32];

	for (unsigned i = 0; i < 2 * GUARD_MASS_MAX_SOURCES; i++) {
		(void)snprintf(name, sizeof(name), "prometheus/%u", i);
		run_round(name, 1, 0);
	}
	ck_assert_uint_eq(guard.n, GUARD_MASS_MAX_SOURCES);
	run_round("", 20, 20);
	guard_mass_freeze(&guard, SV("prometheus/3"));
	ck_assert(frozen("prometheus/3") && !frozen(""));
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, a_sharp_drop_makes_a_reading_unfit, 0, ARRAY_LEN(PARTIAL));
	tcase_add_test(t, rows_of_an_unfit_reading_are_not_what_the_next_is_compared_with);
	tcase_add_loop_test(t, many_losses_in_one_round_freeze_a_source, 0, ARRAY_LEN(MASS));
	tcase_add_test(t, two_clean_rounds_thaw_it);
	tcase_add_test(t, a_new_loss_begins_the_count_anew);
	tcase_add_test(t, objects_that_stay_broken_freeze_nobody);
	tcase_add_test(t, one_object_that_flaps_does_not_keep_it_frozen);
	tcase_add_test(t, an_outage_across_two_rounds_is_one_outage);
	tcase_add_test(t, losses_long_ago_do_not_add_up);
	tcase_add_test(t, time_in_which_nobody_is_decided_thaws_nothing);
	tcase_add_test(t, a_freeze_is_told_once);
	tcase_add_test(t, there_is_room_for_so_many_sources_only);
}

int main(void)
{
	return run_case("guards", add);
}
