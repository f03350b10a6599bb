/* Which readings are too old, and what is left of them. */
#include "controller/reading_age.h"
#include "tests/unit/controller/run.h"

#define NOW 1800000000
#define MAX (300 * NS_PER_SEC)

static struct arena arena;
static struct error err;

static void setup(void)
{
	arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
	arena_done(&arena);
}

static struct wall at(int64_t age_sec)
{
	return (struct wall){ NOW - age_sec, 0 };
}

static const struct {
	const char *sentence;
	int64_t age_sec;
	bool fits;
} AGES[] = {
	{ "from now", 0, true },
	{ "as old as may be", 300, true },
	{ "a second older", 301, false },
	{ "ten minutes old", 600, false },
	{ "as far ahead as clocks differ", -60, true },
	{ "further ahead", -61, false },
};

START_TEST(values_are_judged_by_their_oldest_and_newest)
{
	const int64_t value = 5;

	for (int newest = 0; newest < 2; newest++) {
		struct reading r = { .kind = READING_VALUE,
			.values = &value,
			.n_values = 1,
			.oldest = at(newest ? 1 : AGES[_i].age_sec),
			.newest = at(newest ? AGES[_i].age_sec : 1) };
		ck_assert_int_eq(reading_age_check(&arena, &r, at(0), MAX, &err), ERR_OK);
		ck_assert_msg((r.kind == READING_VALUE) == AGES[_i].fits, "%s", AGES[_i].sentence);
		if (!AGES[_i].fits) {
			ck_assert_int_eq(r.kind, READING_STALE);
			ck_assert(r.why.len > 0 && r.n_values == 0);
		}
	}
}
END_TEST

START_TEST(samples_that_are_too_old_are_left_out)
{
	const struct reading_sample samples[] = { { .pod = SV("a"), .milli = 1, .at = at(10) },
		{ .pod = SV("b"), .milli = 2, .at = at(AGES[_i].age_sec) },
		{ .pod = SV("c"), .milli = 3, .at = WALL_ZERO }, { .pod = SV("d"), .milli = 4 } };
	struct reading r = { .kind = READING_VALUE, .samples = samples, .n_samples = 4 };

	ck_assert_int_eq(reading_age_check(&arena, &r, at(0), MAX, &err), ERR_OK);
	ck_assert_int_eq(r.kind, READING_VALUE);
	ck_assert_uint_eq(r.n_samples, AGES[_i].fits ? 4 : 3);
	ck_assert(sv_is(r.samples[1].pod, AGES[_i].fits ? "b" : "c"));
}
END_TEST

START_TEST(a_reading_of_which_nothing_is_left_is_stale)
{
	const struct reading_sample samples[] = { { .pod = SV("a"), .milli = 1, .at = at(900) } };
	struct reading r = { .kind = READING_VALUE, .samples = samples, .n_samples = 1 };

	ck_assert_int_eq(reading_age_check(&arena, &r, at(0), MAX, &err), ERR_OK);
	ck_assert_int_eq(r.kind, READING_STALE);
	ck_assert_ptr_null(r.samples);
}
END_TEST

START_TEST(what_is_no_value_stays_what_it_is)
{
	struct reading r = { .kind = READING_FAILED, .why = SV("down"), .oldest = at(9000) };

	ck_assert_int_eq(reading_age_check(&arena, &r, at(0), MAX, &err), ERR_OK);
	ck_assert_int_eq(r.kind, READING_FAILED);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
		tcase, values_are_judged_by_their_oldest_and_newest, 0, ARRAY_LEN(AGES));
	tcase_add_loop_test(tcase, samples_that_are_too_old_are_left_out, 0, ARRAY_LEN(AGES));
	tcase_add_test(tcase, a_reading_of_which_nothing_is_left_is_stale);
	tcase_add_test(tcase, what_is_no_value_stays_what_it_is);
}

int main(void)
{
	return run_case("reading_age", add);
}
