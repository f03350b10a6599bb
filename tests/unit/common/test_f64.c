/* Doubles as text, the expected texts and bits being Go's. */
#include <math.h>
#include <stdio.h>

#include "common/f64.h"
#include "tests/unit/common/run.h"

static uint64_t bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static double of_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static const struct {
	const char *what, *text;
	enum f64_status status;
	uint64_t bits;
} READ[] = {
	{ "zero", "0", F64_OK, 0 },
	{ "negative zero", "-0", F64_OK, UINT64_C(0x8000000000000000) },
	{ "a small decimal", "123.45", F64_OK, UINT64_C(0x405edccccccccccd) },
	{ "a plus sign", "+1.5e+1", F64_OK, UINT64_C(0x402e000000000000) },
	{ "no digit before the point", ".5", F64_OK, UINT64_C(0x3fe0000000000000) },
	{ "no digit behind the point", "5.", F64_OK, UINT64_C(0x4014000000000000) },
	{ "15 digits and 10^22", "123456789012345e22", F64_OK, UINT64_C(0x476db89cafccd3a9) },
	{ "16 digits", "9007199254740993", F64_OK, UINT64_C(0x4340000000000000) },
	{ "a half way case with one digit more", "9007199254740993.0000000000000001", F64_OK,
		UINT64_C(0x4340000000000001) },
	{ "the largest", "1.7976931348623157e308", F64_OK, UINT64_C(0x7fefffffffffffff) },
	{ "one too large", "1.7976931348623159e308", F64_RANGE, UINT64_C(0x7ff0000000000000) },
	{ "far too large", "-1e99999999999", F64_RANGE, UINT64_C(0xfff0000000000000) },
	{ "two to the power of 64", "18446744073709551616", F64_OK, UINT64_C(0x43f0000000000000) },
	{ "the smallest", "4.9e-324", F64_OK, 1 },
	{ "too small is zero", "-1e-99999999999", F64_OK, UINT64_C(0x8000000000000000) },
	{ "zero with a large exponent", "0e99999999999", F64_OK, 0 },
	{ "underscores between digits", "1_000.5", F64_OK, UINT64_C(0x408f440000000000) },
	{ "hexadecimal", "0x1.8p1", F64_OK, UINT64_C(0x4008000000000000) },
	{ "hexadecimal with underscores", "0X_1Fp0", F64_OK, UINT64_C(0x403f000000000000) },
	{ "infinity", "inf", F64_OK, UINT64_C(0x7ff0000000000000) },
	{ "negative infinity, long and in capitals", "-INFINITY", F64_OK,
		UINT64_C(0xfff0000000000000) },
	{ "plus infinity", "+Inf", F64_OK, UINT64_C(0x7ff0000000000000) },
	{ "NaN has no sign", "-nan", F64_SYNTAX, 0 },
	{ "nothing", "", F64_SYNTAX, 0 },
	{ "only a sign", "-", F64_SYNTAX, 0 },
	{ "only a point", ".", F64_SYNTAX, 0 },
	{ "two points", "1.2.3", F64_SYNTAX, 0 },
	{ "an exponent without digits", "1e+", F64_SYNTAX, 0 },
	{ "a blank in front", " 1", F64_SYNTAX, 0 },
	{ "a blank behind", "1 ", F64_SYNTAX, 0 },
	{ "an underscore at the end", "1_", F64_SYNTAX, 0 },
	{ "two underscores", "1__0", F64_SYNTAX, 0 },
	{ "an underscore before the point", "1_.0", F64_SYNTAX, 0 },
	{ "hexadecimal without exponent", "0x10", F64_SYNTAX, 0 },
	{ "a hexadecimal prefix alone", "0x", F64_SYNTAX, 0 },
	{ "half an infinity", "infin", F64_SYNTAX, 0 },
	{ "libc's nan with payload", "nan(1)", F64_SYNTAX, 0 },
	{ "a suffix", "1f", F64_SYNTAX, 0 },
};

START_TEST(texts_are_read_as_go_reads_them)
{
	for (size_t i = 0; i < ARRAY_LEN(READ); i++) {
		double value = 0;
		enum f64_status status = f64_parse(sv_of(READ[i].text), &value);
		ck_assert_msg(status == READ[i].status && bits_of(value) == READ[i].bits,
			"%s: status %d, bits %llx", READ[i].what, (int)status,
			(unsigned long long)bits_of(value));
	}
	double value = 0;
	ck_assert_int_eq(f64_parse(SV("NaN"), &value), F64_OK);
	ck_assert(isnan(value));
	ck_assert_int_eq(f64_parse(SV("1\0"), &value), F64_SYNTAX);
}
END_TEST

/* More digits than the copy holds: the first ones and "something follows" decide. */
START_TEST(digits_beyond_the_copy_still_count)
{
	char text[3000];
	double value;

	memset(text, '0', sizeof(text));
	memcpy(text, "9007199254740993.", 17);
	ck_assert_int_eq(f64_parse(sv_from(text, sizeof(text)), &value), F64_OK);
	ck_assert(bits_of(value) == UINT64_C(0x4340000000000000));
	text[2999] = '1';
	ck_assert_int_eq(f64_parse(sv_from(text, sizeof(text)), &value), F64_OK);
	ck_assert(bits_of(value) == UINT64_C(0x4340000000000001));
	memset(text, '9', sizeof(text));
	memcpy(text + sizeof(text) - 6, "e-2994", 6);
	ck_assert_int_eq(f64_parse(sv_from(text, sizeof(text)), &value), F64_OK);
	ck_assert(bits_of(value) == bits_of(1));
}
END_TEST

static const struct {
	uint64_t bits;
	const char *g, *f, *json;
} PRINT[] = {
	{ 0, "0", "0", "0" },
	{ UINT64_C(0x8000000000000000), "-0", "-0", "-0" },
	{ UINT64_C(0x3fb999999999999a), "0.1", "0.1", "0.1" },
	{ UINT64_C(0x40f86a0000000000), "100000", "100000", "100000" },
	{ UINT64_C(0x412e848000000000), "1e+06", "1000000", "1000000" },
	{ UINT64_C(0xc19d6f3454000000), "-1.23456789e+08", "-123456789", "-123456789" },
	{ UINT64_C(0x3f1a36e2eb1c432d), "0.0001", "0.0001", "0.0001" },
	{ UINT64_C(0x3ee4f8b588e368f1), "1e-05", "0.00001", "0.00001" },
	{ UINT64_C(0x3eb0c6f7a0b5ed8d), "1e-06", "0.000001", "0.000001" },
	{ UINT64_C(0x3e7ad7f29abcaf48), "1e-07", "0.0000001", "1e-7" },
	{ UINT64_C(0x4415af1d78b58c40), "1e+20", "100000000000000000000", "100000000000000000000" },
	{ UINT64_C(0x444b1ae4d6e2ef50), "1e+21", "1000000000000000000000", "1e+21" },
	/* The nearest decimal of 16 digits does not read back; the next one does. */
	{ UINT64_C(0x3d30000000000000), "5.684341886080802e-14", "0.00000000000005684341886080802",
		"5.684341886080802e-14" },
	{ UINT64_C(0x3fd3333333333334), "0.30000000000000004", "0.30000000000000004",
		"0.30000000000000004" },
	{ UINT64_C(0x7fefffffffffffff), "1.7976931348623157e+308", NULL,
		"1.7976931348623157e+308" },
	{ 1, "5e-324", NULL, "5e-324" },
	{ UINT64_C(0x7ff8000000000001), "NaN", "NaN", "null" },
	{ UINT64_C(0x7ff0000000000000), "+Inf", "+Inf", "null" },
	{ UINT64_C(0xfff0000000000000), "-Inf", "-Inf", "null" },
};

START_TEST(doubles_are_printed_as_go_prints_them)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 1000);
	for (size_t i = 0; i < ARRAY_LEN(PRINT); i++) {
		double value = of_bits(PRINT[i].bits);
		buf_clear(&out);
		f64_print_go_g(&out, value);
		ck_assert_str_eq(buf_text(&out), PRINT[i].g);
		buf_clear(&out);
		f64_print_json(&out, value);
		ck_assert_str_eq(buf_text(&out), PRINT[i].json);
		buf_clear(&out);
		f64_print_go_f(&out, value);
		if (PRINT[i].f)
			ck_assert_str_eq(buf_text(&out), PRINT[i].f);
		else
			ck_assert_uint_gt(out.len, 300);
	}
}
END_TEST

/* Powers of two and their neighbours, where shortest printing is hard, then random bits. */
START_TEST(what_is_printed_reads_back_and_is_not_longer_than_libc_needs)
{
	AUTO(buf_done) struct buf out = { 0 };
	uint64_t random = 88172645463325252;

	buf_init(&out, 1000);
	for (int i = 0; i < 60000; i++) {
		uint64_t bits = (uint64_t)(i / 3) << 52 | (uint64_t)(i % 3);
		if (i >= 3 * 2047) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			bits = random;
		}
		double value = of_bits(bits);
		double back = 0;
		if (!isfinite(value))
			continue;
		buf_clear(&out);
		f64_print_go_g(&out, value);
		ck_assert_int_eq(f64_parse(buf_sv(&out), &back), F64_OK);
		ck_assert_msg(bits_of(back) == bits, "%s", buf_text(&out));
		char libc[64];
		int digits = 1;
		do
			(void)snprintf(libc, sizeof(libc), "%.*e", digits - 1, value);
		while (bits_of(strtod(libc, NULL)) != bits && ++digits < 18);
		ck_assert_uint_le(out.len, strlen(libc) + 3);
	}
}
END_TEST

/* Up to 20 digits with a point somewhere and an exponent: the sizes where the short way ends. */
START_TEST(short_decimals_are_rounded_as_libc_rounds_them)
{
	uint64_t random = 88172645463325252ULL;

	for (int i = 0; i < 300000; i++) {
		char text[64];
		double value = 0;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		uint64_t digits = random >> (random & 63);
		int decimals = (int)(random >> 6 & 31), exponent = (int)(random >> 11 & 63) - 32;

		/* Halfway cases: an odd multiple of half a unit of the 53rd bit. */
		if (i % 3 == 0)
			digits = (digits >> 10 | UINT64_C(1) << 53) * 2 + 1;
		(void)snprintf(text, sizeof(text), "%s%0*llu", i & 1 ? "-" : "", decimals,
			(unsigned long long)digits);
		size_t len = strlen(text), behind = (size_t)decimals % len;

		if (behind && text[len - behind - 1] != '-') {
			memmove(text + len - behind + 1, text + len - behind, behind + 1);
			text[len - behind] = '.';
		}
		if (i % 5 == 0)
			(void)snprintf(text + strlen(text), 8, "e%+d", exponent);
		ck_assert_int_eq(f64_parse(sv_of(text), &value), F64_OK);
		ck_assert_msg(bits_of(value) == bits_of(strtod(text, NULL)), "%s", text);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, texts_are_read_as_go_reads_them);
	tcase_add_test(tcase, digits_beyond_the_copy_still_count);
	tcase_add_test(tcase, doubles_are_printed_as_go_prints_them);
	tcase_add_test(tcase, short_decimals_are_rounded_as_libc_rounds_them);
	tcase_add_test(tcase, what_is_printed_reads_back_and_is_not_longer_than_libc_needs);
}

int main(void)
{
	return run_case("f64", add);
}
