#include <check.h>
#include <stdlib.h>

#include "common/instant.h"
#include "sandbox/load.h"

static struct load parsed(const char *text)
{
	struct load l;
	struct error err;
	ck_assert_msg(load_parse(sv_of(text), &l, &err) == ERR_OK, "%s", err.text);
	return l;
}

static int64_t rate_at(const struct load *l, int64_t seconds)
{
	return (int64_t)(load_at(l, seconds * NS_PER_SEC) * 1000 + 0.5);
}

START_TEST(steps_hold_until_the_next_one)
{
	struct load l = parsed("5s:1,20s:9,1m:2.5");
	ck_assert_int_eq(rate_at(&l, 0), 0);
	ck_assert_int_eq(rate_at(&l, 5), 1000);
	ck_assert_int_eq(rate_at(&l, 19), 1000);
	ck_assert_int_eq(rate_at(&l, 20), 9000);
	ck_assert_int_eq(rate_at(&l, 600), 2500);
}
END_TEST

START_TEST(a_new_rate_replaces_what_lies_ahead)
{
	struct load l = parsed("0s:1,20s:9");
	load_set(&l, 10 * NS_PER_SEC, 4);
	ck_assert_int_eq(rate_at(&l, 9), 1000);
	ck_assert_int_eq(rate_at(&l, 10), 4000);
	ck_assert_int_eq(rate_at(&l, 30), 4000);
}
END_TEST

START_TEST(many_new_rates_do_not_overflow)
{
	struct load l = parsed("0s:1");
	for (int i = 1; i < 3 * LOAD_MAX_STEPS; i++)
		load_set(&l, i * NS_PER_SEC, i);
	ck_assert_uint_eq(l.n, LOAD_MAX_STEPS);
	ck_assert_int_eq(rate_at(&l, 1000), (3 * LOAD_MAX_STEPS - 1) * 1000);
}
END_TEST

static const char *const REFUSED[] = { "x", "5s", "5s:", "5s:-1", "5s:NaN", "9s:1,5s:1", "5:1",
	"5s:1e300" };

START_TEST(refused)
{
	struct load l;
	struct error err;
	ck_assert_int_eq(load_parse(sv_of(REFUSED[_i]), &l, &err), ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("load");
	TCase *tcase = tcase_create("load");
	tcase_add_test(tcase, steps_hold_until_the_next_one);
	tcase_add_test(tcase, a_new_rate_replaces_what_lies_ahead);
	tcase_add_test(tcase, many_new_rates_do_not_overflow);
	tcase_add_loop_test(tcase, refused, 0, (int)ARRAY_LEN(REFUSED));
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
