/* Turns of objects that are decided in the same second, and of those that are not. */
#include "controller/status_turns.h"
#include "tests/unit/controller/run.h"

#define PERIOD_NS (15 * NS_PER_SEC)

static struct mono at(int64_t sec)
{
	return (struct mono){ sec * NS_PER_SEC };
}

static void take_all(struct status_turns *t, struct mono now)
{
	for (unsigned i = 0; i < STATUS_TURNS_PER_SEC; i++)
		(void)status_turns_take(t, now, PERIOD_NS);
}

START_TEST(a_second_has_so_many_turns_and_the_next_pass_as_many)
{
	struct status_turns t = { 0 };

	for (unsigned i = 0; i < 3 * STATUS_TURNS_PER_SEC; i++) {
		const int64_t n_passes = i / STATUS_TURNS_PER_SEC;
		const int64_t wanted =
			n_passes == 0 ? at(1000).ns : at(1000 + 15 * n_passes).ns - PERIOD_NS / 2;
		ck_assert_int_eq(status_turns_take(&t, at(1000), PERIOD_NS).ns, wanted);
	}
	/* Another second is free. */
	ck_assert_int_eq(status_turns_take(&t, at(1001), PERIOD_NS).ns, at(1001).ns);
	/* The passes that were given away are. */
	ck_assert_int_eq(
		status_turns_take(&t, at(1015), PERIOD_NS).ns, at(1015 + 30).ns - PERIOD_NS / 2);
}
END_TEST

START_TEST(what_is_over_counts_no_more)
{
	struct status_turns t = { 0 };

	take_all(&t, at(5));
	ck_assert_int_eq(status_turns_take(&t, at(5 + STATUS_TURNS_SEC), PERIOD_NS).ns,
		at(5 + STATUS_TURNS_SEC).ns);
	/* After a long silence as well. */
	take_all(&t, at(100000));
	ck_assert_int_eq(status_turns_take(&t, at(900000), PERIOD_NS).ns, at(900000).ns);
}
END_TEST

START_TEST(who_finds_none_has_the_last)
{
	const int64_t n_passes = (STATUS_TURNS_SEC - 1) / 15;
	struct status_turns t = { 0 };

	for (int64_t i = 0; i <= n_passes; i++)
		take_all(&t, at(7));
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(status_turns_take(&t, at(7), PERIOD_NS).ns,
			at(7 + 15 * n_passes).ns - PERIOD_NS / 2);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_second_has_so_many_turns_and_the_next_pass_as_many);
	tcase_add_test(tcase, what_is_over_counts_no_more);
	tcase_add_test(tcase, who_finds_none_has_the_last);
}

int main(void)
{
	return run_case("status_turns", add);
}
