/* Wrapping arithmetic and range-checked conversions. */
#include <math.h>

#include "common/mem.h"
#include "controller/arith.h"
#include "tests/unit/controller/run.h"

START_TEST(additions_wrap_as_go_does)
{
	ck_assert_int_eq(arith_add(INT64_MAX, 1), INT64_MIN);
	ck_assert_int_eq(arith_add(INT64_MIN, -1), INT64_MAX);
	ck_assert_int_eq(arith_mul(INT64_MAX, 2), -2);
	ck_assert_int_eq(arith_add32(INT32_MAX, 1), INT32_MIN);
	ck_assert_int_eq(arith_sub32(INT32_MIN, 1), INT32_MAX);
	ck_assert_int_eq(arith_low32(INT64_C(0x1ffffffff)), -1);
}
END_TEST

START_TEST(division_truncates_and_never_traps)
{
	ck_assert_int_eq(arith_div(-7, 2), -3);
	ck_assert_int_eq(arith_div(INT64_MIN, -1), INT64_MIN);
	ck_assert_int_eq(arith_div(8, -1), -8);
}
END_TEST

static const struct {
	const char *what;
	double x;
	bool safe;
	int32_t strict;
	int32_t clamped;
} TO_I32[] = {
	{ "a fraction is cut off", 2.9, true, 2, 2 },
	{ "also below zero", -2.9, true, -2, -2 },
	{ "the largest integer fits", 2147483647.0, true, INT32_MAX, INT32_MAX },
	{ "a fraction above the largest still fits", 2147483647.5, true, INT32_MAX, INT32_MAX },
	{ "one more does not", 2147483648.0, false, INT32_MIN, INT32_MAX },
	{ "the smallest integer fits", -2147483648.0, true, INT32_MIN, INT32_MIN },
	{ "one less does not", -2147483649.0, false, INT32_MIN, INT32_MIN },
	{ "an infinity does not", INFINITY, false, INT32_MIN, INT32_MAX },
	{ "nor the other one", -INFINITY, false, INT32_MIN, INT32_MIN },
	{ "NaN is no number", NAN, false, INT32_MIN, 0 },
};

START_TEST(conversions_to_32_bits_know_their_range)
{
	int32_t got = 77;
	ck_assert_msg(arith_to_i32(TO_I32[_i].x, ARITH_SAFE, &got) == TO_I32[_i].safe, "%s",
		TO_I32[_i].what);
	ck_assert_int_eq(got, TO_I32[_i].safe ? TO_I32[_i].strict : 77);
	ck_assert(arith_to_i32(TO_I32[_i].x, ARITH_STRICT, &got));
	ck_assert_int_eq(got, TO_I32[_i].strict);
	ck_assert_int_eq(arith_clamp_i32(TO_I32[_i].x), TO_I32[_i].clamped);
}
END_TEST

START_TEST(conversions_to_64_bits_know_their_range)
{
	int64_t got = 77;
	ck_assert(!arith_to_i64(9223372036854775808.0, ARITH_SAFE, &got));
	ck_assert(!arith_to_i64(NAN, ARITH_SAFE, &got));
	ck_assert_int_eq(got, 77);
	ck_assert(arith_to_i64(9223372036854775808.0, ARITH_STRICT, &got));
	ck_assert_int_eq(got, INT64_MIN);
	ck_assert(arith_to_i64(-9223372036854775808.0, ARITH_SAFE, &got));
	ck_assert_int_eq(got, INT64_MIN);
	ck_assert(arith_to_i64(417.0, ARITH_SAFE, &got));
	ck_assert_int_eq(got, 417);
}
END_TEST

START_TEST(clamping_keeps_what_fits)
{
	ck_assert_int_eq(arith_clamp32(5), 5);
	ck_assert_int_eq(arith_clamp32(INT64_MAX), INT32_MAX);
	ck_assert_int_eq(arith_clamp32(INT64_MIN), INT32_MIN);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, additions_wrap_as_go_does);
	tcase_add_test(tcase, division_truncates_and_never_traps);
	tcase_add_loop_test(tcase, conversions_to_32_bits_know_their_range, 0, ARRAY_LEN(TO_I32));
	tcase_add_test(tcase, conversions_to_64_bits_know_their_range);
	tcase_add_test(tcase, clamping_keeps_what_fits);
}

int main(void)
{
	return run_case("arith", add);
}
