/* Quantities: what is accepted, how it is held, the numbers made of it and the text it goes back to. Expected values are the reference's. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "common/jtree.h"
#include "kube/quantity.h"
#include "tests/unit/kube/run.h"

static const struct {
	const char *what, *text, *canonical;
	int64_t milli, value;
	int sign;
	double approx;
} GOOD[] = {
	{ "zero", "0", "0", 0, 0, 0, 0 },
	{ "zeros", "00", "0", 0, 0, 0, 0 },
	{ "a sign alone is zero", "+", "0", 0, 0, 0, 0 },
	{ "minus nothing is zero", "-", "0", 0, 0, 0, 0 },
	{ "a point alone is zero", ".", "0", 0, 0, 0, 0 },
	{ "zero with a suffix", "0Mi", "0", 0, 0, 0, 0 },
	{ "a plus sign stays", "+1", "+1", 1000, 1, 1, 1 },
	{ "a point at the end stays", "1.", "1.", 1000, 1, 1, 1 },
	{ "a point at the start", ".5", "500m", 500, 1, 1, 0.5 },
	{ "leading zeros stay", "001", "001", 1000, 1, 1, 1 },
	{ "milli becomes whole", "1000m", "1", 1000, 1, 1, 1 },
	{ "a fraction becomes milli", "1.5", "1500m", 1500, 2, 1, 1.5 },
	{ "three zeros at the end go", "1.000", "1", 1000, 1, 1, 1 },
	{ "tenths of milli round up", "0.1m", "100u", 1, 1, 1, 0.0001 },
	{ "a nano", "1n", "1n", 1, 1, 1, 1 * (1.0 / 1e9) },
	{ "half a nano rounds up", "0.5n", "1n", 1, 1, 1, 1 * (1.0 / 1e9) },
	{ "a small negative rounds away", "-1n", "-1n", -1, -1, -1, -1 * (1.0 / 1e9) },
	{ "a large negative ends up one too high", "-0.1n", "-1n", 1, 1, -1, -1 * (1.0 / 1e9) },
	{ "many decimals of a negative", "-3.3333333333", "-3333333334n", -3332, -2, -1,
		-3333333334.0 * (1.0 / 1e9) },
	{ "many decimals", "3.3333333333", "3333333334n", 3334, 4, 1, 3333333334.0 * (1.0 / 1e9) },
	{ "kilo", "1k", "1k", 1000000, 1000, 1, 1000 },
	{ "micro", "1500u", "1500u", 2, 1, 1, 1500.0 * (1.0 / 1e6) },
	{ "digits become mega", "1000000", "1M", 1000000000, 1000000, 1, 1000000 },
	{ "giga", "2G", "2G", 2000000000000, 2000000000, 1, 2000000000 },
	{ "tera", "3T", "3T", 3000000000000000, 3000000000000, 1, 3000000000000 },
	{ "an exponent", "1E3", "1E3", 1000000, 1000, 1, 1000 },
	{ "an exponent with a sign", "1e+3", "1e+3", 1000000, 1000, 1, 1000 },
	{ "an exponent off three", "12e5", "1200e3", 1200000000, 1200000, 1, 1200000 },
	{ "an exponent below nano", "1e-12", "1e-9", 1, 1, 1, 1 * (1.0 / 1e9) },
	{ "peta is the last to fit", "1P", "1P", 1000000000000000000, 1000000000000000, 1, 1e15 },
	{ "exa is zero in milli", "1E", "1E", 0, 1000000000000000000, 1, 1e18 },
	{ "ten exa are zero", "10E", "10E", 0, 0, 1, 1e19 },
	{ "thousands wrap", "9223372036854776", "9223372036854776", -9223372036854775616,
		9223372036854776, 1, 9223372036854776.0 },
	{ "nineteen digits are large", "9223372036854775807", "9223372036854775807", -1000,
		INT64_MAX, 1, 9223372036854775807.0 },
	{ "a power above exa is lost", "1000E", "1", 0, 0, 1, 1e21 },
	{ "an exponent of a thousand", "1e400", "10e399", 0, 0, 1, (double)INFINITY },
	{ "an exponent of 32 bits and more", "1e4294967299", "1e4294967299", 1000000, 1000, 1,
		1000 },
	{ "the largest exponent wraps", "1e2147483647", "10e2147483646", 1, 0, 1,
		(double)INFINITY },
	{ "a power as Go makes it", "1e33", "1e33", 0, 0, 1, 1e32 * 1e1 },
	{ "kibi", "1Ki", "1Ki", 1024000, 1024, 1, 1024 },
	{ "kibi of seven digits", "1536Ki", "1536Ki", 1572864000, 1572864, 1, 1572864 },
	{ "a multiple of eight is made smaller", "2048Mi", "2Gi", 2147483648000, 2147483648, 1,
		2147483648.0 },
	{ "a fraction of kibi", "1.5Ki", "1536", 1536000, 1536, 1, 1536 },
	{ "a fraction that is no whole number", "1.1Ki", "1126400m", 1126400, 1127, 1, 1126.4 },
	{ "less than one is decimal", "0.0005Ki", "512m", 512, 1, 1, 512000000.0 * (1.0 / 1e9) },
	{ "more decimals than nano", "1.00000000000000000001Ki", "1024000000001n", 1024001, 1025, 1,
		1024000000001.0 * (1.0 / 1e9) },
	{ "negative kibi", "-1Ki", "-1Ki", -1024000, -1024, -1, -1024 },
	{ "negative fraction of kibi", "-1.5Ki", "-1536", -1536000, -1536, -1, -1536 },
	{ "mebi", "3Mi", "3Mi", 3145728000, 3145728, 1, 3145728 },
	{ "gibi", "1.5Gi", "1536Mi", 1610612736000, 1610612736, 1, 1610612736 },
	{ "tebi", "99Ti", "99Ti", 108851651149824000, 108851651149824, 1, 108851651149824.0 },
	{ "pebi", "1Pi", "1Pi", 1125899906842624000, 1125899906842624, 1, 1125899906842624.0 },
	{ "exbi is large", "1Ei", "1Ei", INT64_MIN, 1152921504606846976, 1, 1152921504606846976.0 },
	{ "binary stops at the largest integer", "8Ei", "9223372036854775807", -1000, INT64_MAX, 1,
		9223372036854775807.0 },
	{ "so does a negative", "-99921Pi", "-9223372036854775807", 1000, -INT64_MAX, -1,
		-9223372036854775807.0 },
	{ "and digits without end", "99999999999999999999999999999999999999999999Ki",
		"9223372036854775807", -1000, INT64_MAX, 1, 9223372036854775807.0 },
	{ "zero kibi in many digits", "0.000000000000Ki", "0", 0, 0, 0, 0 },
	{ "a fraction just above the cap", "9007199254740991.999999999999999999999Ki",
		"9223372036854775807", -1000, INT64_MAX, 1, 9223372036854775807.0 },
	{ "zero in many digits", "0.0000000000000000000", "0", 0, 0, 0, 0 },
	{ "huge", "170141183460469231731687303716", "170141183460469231731687303716",
		-4135612447373091680, -2678913503135258076, 1, 1.7014118346046924e+29 },
	{ "huge and rounded", "9999999999999999999999999999999999999999.9999999999", "10",
		7386721425538678784, -5047021154770878464, 1, 1e40 },
	{ "huge and negative", "-170141183460469231731687303716.5",
		"-170141183460469231731687303716500m", -614, 1, -1, -1.7014118346046924e+29 },
	{ "huge and zeros are cut", "170141183460469231731687303716.0000000000",
		"170141183460469231731687303716", -4135612447373091680, -2678913503135258076, 1,
		1.7014118346046924e+29 },
	{ "digits whose low 64 bits are zero", "18446744073709551616E", "18446744073709551616E", 0,
		0, 1, 1.8446744073709554e+37 },
	{ "huge by one digit", "170141183460469231731687303715.884105728",
		"170141183460469231731687303715884105728n", -4135612447373091795,
		-2678913503135258076, 1, 1.7014118346046924e+29 },
	{ "several digits are cut", "1.1234567891234567891", "1123456790n", 1124, 2, 1,
		1123456790.0 * (1.0 / 1e9) },
	{ "huge and one nano up", "170141183460469231731687303716.0000000001",
		"170141183460469231731687303716000000001n", -4135612447373091679,
		-2678913503135258075, 1, 1.7014118346046924e+29 },
	{ "huge and several digits are cut", "-170141183460469231731687303716.00000000012",
		"-170141183460469231731687303716000000001n", -114, 1, -1, -1.7014118346046924e+29 },
	{ "huge behind the point", "0.00000000000000000012345678901234567890e80",
		"12345678901234567890e42", -2546996695510548480, -8672516711338999808, 1,
		1.2345678901234569e+61 },
	{ "zero with an exponent", "0e5", "0", 0, 0, 0, 0 },
	{ "huge by its exponent", "12345678901234567890e100", "123456789012345678900e99", 0, 0, 1,
		1.234567890123457e+119 },
	{ "beyond the doubles", "12345678901234567890e400", "123456789012345678900e399", 0, 0, 1,
		(double)INFINITY },
};

static bool same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

START_TEST(a_text_gives_the_references_numbers)
{
	struct quantity q;
	struct error err;
	struct buf out;

	ck_assert_msg(quantity_parse(sv_of(GOOD[_i].text), &q, &err) == ERR_OK, "%s: %s",
		GOOD[_i].what, GOOD[_i].text);
	buf_init(&out, 1000);
	quantity_print(&out, &q);
	ck_assert_msg(
		sv_is(buf_sv(&out), GOOD[_i].canonical), "%s: %s", GOOD[_i].what, buf_text(&out));
	buf_done(&out);
	ck_assert_msg(quantity_milli(&q) == GOOD[_i].milli, "%s: milli %" PRId64, GOOD[_i].what,
		quantity_milli(&q));
	ck_assert_msg(quantity_value(&q) == GOOD[_i].value, "%s: value %" PRId64, GOOD[_i].what,
		quantity_value(&q));
	ck_assert_msg(quantity_sign(&q) == GOOD[_i].sign, "%s", GOOD[_i].what);
	ck_assert_msg(same_double(quantity_approx(&q), GOOD[_i].approx), "%s: %.17g", GOOD[_i].what,
		quantity_approx(&q));
}
END_TEST

#define FORM                                                                                       \
	"quantities must match the regular expression "                                            \
	"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
#define SUFFIX "unable to parse quantity's suffix"
#define NUMBER "unable to parse numeric part of quantity"

static const struct {
	const char *text, *error;
} BAD[] = {
	{ "", FORM },
	{ "1..2", FORM },
	{ "1 ", FORM },
	{ " 1", FORM },
	{ "0x10", FORM },
	{ "1_000", FORM },
	{ "NaN", FORM },
	{ "1e1.5", FORM },
	{ "1e+-5", FORM },
	{ "1Zi", FORM },
	{ "1\xc2\xb5", FORM },
	{ "1K", SUFFIX },
	{ "1i", SUFFIX },
	{ "1ki", SUFFIX },
	{ "1e", SUFFIX },
	{ "1e+", SUFFIX },
	{ "1m2", SUFFIX },
	{ "1ee3", SUFFIX },
	{ "1e9223372036854775808", SUFFIX },
	{ "Pi", NUMBER },
	{ "-.Ei", NUMBER },
	{ ".e-10", NUMBER },
};

START_TEST(a_wrong_text_is_refused_in_the_references_words)
{
	struct quantity q;
	struct error err;

	ck_assert_int_eq(quantity_parse(sv_of(BAD[_i].text), &q, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, BAD[_i].error);
}
END_TEST

static struct quantity parsed(const char *text)
{
	struct quantity q;
	struct error err;
	ck_assert_msg(quantity_parse(sv_of(text), &q, &err) == ERR_OK, "%s", text);
	return q;
}

static void check_text(const struct quantity *q, const char *expected)
{
	struct buf out;
	buf_init(&out, 1000);
	quantity_print(&out, q);
	ck_assert_str_eq(buf_text(&out), expected);
	buf_done(&out);
}

static const struct {
	int64_t milli;
	const char *decimal, *binary;
} MADE[] = {
	{ 0, "0", "0" },
	{ 1, "1m", "1m" },
	{ 1000, "1", "1" },
	{ 1500, "1500m", "1500m" },
	{ 1000000, "1k", "1000" },
	{ 1023000, "1023", "1023" },
	{ 1024000, "1024", "1Ki" },
	{ -1024000, "-1024", "-1Ki" },
	{ 1536000, "1536", "1536" },
	{ 104857600000, "104857600", "100Mi" },
	{ 189781333333, "189781333333m", "189781333333m" },
	{ INT64_MIN, "-9223372036854775808m", "-9223372036854775808m" },
};

START_TEST(a_computed_value_prints_in_its_format)
{
	struct quantity decimal = quantity_from_milli(MADE[_i].milli, QUANTITY_DECIMAL_SI);
	struct quantity binary = quantity_from_milli(MADE[_i].milli, QUANTITY_BINARY_SI);

	check_text(&decimal, MADE[_i].decimal);
	/* 1000 units in a binary format fall back to decimal. */
	check_text(&binary, _i == 4 ? "1k" : MADE[_i].binary);
	ck_assert_int_eq(quantity_milli(&decimal), MADE[_i].milli);
}
END_TEST

/* In rising order; neighbours with a mark are equal. */
static const struct {
	const char *text;
	bool as_before;
} ORDER[] = {
	{ "-99999999999999999999999999999999999999999", false },
	{ "-1e40", false },
	{ "-2", false },
	{ "-1", false },
	{ "-1000m", true },
	{ "0", false },
	{ "0.00000000000000000000Ki", true },
	{ "1n", false },
	{ "999m", false },
	{ "1", false },
	{ "1000000000000000000000n", false },
	{ "1e12", true },
	{ "1100G", false },
	{ "1110G", false },
	{ "1Pi", false },
	{ "170141183460469231731687303716", false },
	{ "170141183460469231731687303716.1", false },
	{ "170141183460469231731687303717", false },
	{ "1e40", false },
};

START_TEST(values_compare_exactly)
{
	for (size_t i = 0; i < ARRAY_LEN(ORDER); i++) {
		for (size_t j = 0; j < ARRAY_LEN(ORDER); j++) {
			struct quantity a = parsed(ORDER[i].text), b = parsed(ORDER[j].text);
			int order = quantity_cmp(&a, &b);
			bool equal = i == j || (i == j + 1 && ORDER[i].as_before) ||
				     (j == i + 1 && ORDER[j].as_before);
			ck_assert_msg(equal ? order == 0 : (order > 0) == (i > j), "%s and %s: %d",
				ORDER[i].text, ORDER[j].text, order);
		}
	}
}
END_TEST

static const struct {
	const char *what, *a, *b, *sum;
	int64_t value;
} SUMS[] = {
	{ "same scale", "100m", "200m", "300m", 1 },
	{ "the finer scale wins", "1", "5m", "1005m", 2 },
	{ "the other way round", "5m", "1", "1005m", 2 },
	{ "zero takes the other's format", "0", "1Ki", "1Ki", 1024 },
	{ "adding zero changes nothing", "1Ki", "0", "1Ki", 1024 },
	{ "the first format stays", "1Ki", "1024", "2Ki", 2048 },
	{ "int64 overflows into a large number", "9000000000000000000n", "9E", "9000000009G",
		9000000009000000000 },
	{ "large and small", "0.0000000001", "1", "1000000001n", 2 },
	{ "small and large", "1", "0.0000000001", "1000000001n", 2 },
	{ "two large ones", "1Ei", "1Ei", "2Ei", 2305843009213693952 },
	{ "small ones that need more digits", "9E", "9E", "18E", 0 },
	{ "a step of ten that overflows", "9E", "1m", "9000000000000000000001m",
		9000000000000000001 },
	{ "negative", "-1", "1500m", "500m", 1 },
	{ "a large zero keeps its units", "0Pi", "-33223M", "-33223M", -33223000000 },
	{ "and its decimals", "0.000Pi", "-1", "-1", -1 },
	{ "a zero with an exponent takes the finer units", "0.0000000001", "0e5", "1n", 1 },
	{ "even below nano", "-1.911P", "-0.0n", "-1911T", -324312021 },
	{ "scaled up by more than int64 holds", "-999999999999999999E", "-29039.5E",
		"-1000000000000029038500P", 2202321245433102336 },
};

START_TEST(sums_are_exact)
{
	struct quantity a = parsed(SUMS[_i].a), b = parsed(SUMS[_i].b), sum;
	struct buf out;

	ck_assert_msg(quantity_add(&a, &b, &sum), "%s", SUMS[_i].what);
	buf_init(&out, 1000);
	quantity_print(&out, &sum);
	ck_assert_msg(sv_is(buf_sv(&out), SUMS[_i].sum), "%s: %s", SUMS[_i].what, buf_text(&out));
	buf_done(&out);
	ck_assert_msg(quantity_value(&sum) == SUMS[_i].value, "%s: %" PRId64, SUMS[_i].what,
		quantity_value(&sum));
}
END_TEST

START_TEST(a_sum_beyond_int64_is_large)
{
	struct quantity a = quantity_from_milli(INT64_MAX, QUANTITY_DECIMAL_SI), b = parsed("1m"),
			sum;
	int64_t milli;
	ck_assert(quantity_add(&a, &b, &sum));
	check_text(&sum, "9223372036854775808m");
	ck_assert(!quantity_milli_checked(&sum, &milli));
	ck_assert_int_eq(quantity_milli(&sum), INT64_MIN);
}
END_TEST

START_TEST(a_binary_sum_loses_its_power_beyond_exbi)
{
	struct quantity sum = parsed("1Ei");
	for (int i = 0; i < 10; i++)
		ck_assert(quantity_add(&sum, &sum, &sum));
	check_text(&sum, "1");
}
END_TEST

START_TEST(digits_without_end_are_infinite)
{
	char text[400];
	struct quantity q;
	struct error err;
	memset(text, '7', sizeof(text));
	ck_assert_int_eq(quantity_parse(sv_from(text, sizeof(text)), &q, &err), ERR_OK);
	ck_assert(isinf(quantity_approx(&q)));
}
END_TEST

START_TEST(a_factor_beyond_int64_is_the_smallest_integer)
{
	struct quantity a = parsed("-999999999999999999E"), b = parsed("-29039.5E"), sum;
	ck_assert(quantity_add(&a, &b, &sum));
	ck_assert_int_eq(quantity_milli(&sum), INT64_MIN);
}
END_TEST

START_TEST(sums_that_128_bits_do_not_hold_are_refused)
{
	static const char *const pairs[][2] = {
		{ "170141183460469231731687303716", "1" },
		{ "1", "170141183460469231731687303716" },
		{ "1e40", "1n" },
		{ "1n", "1e40" },
		{ "100000000000000000000000000000", "100000000000000000000000000000" },
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct quantity a = parsed(pairs[i][0]), b = parsed(pairs[i][1]), sum;
		ck_assert_msg(!quantity_add(&a, &b, &sum), "%s + %s", pairs[i][0], pairs[i][1]);
	}
}
END_TEST

static const struct {
	const char *text;
	bool fits;
	int64_t milli;
} CHECKED[] = {
	{ "250m", true, 250 },
	{ "1n", true, 1 },
	{ "-1n", true, -1 },
	{ "-3.3333333333", true, -3334 },
	{ "9223372036854775.807", true, INT64_MAX },
	{ "-9223372036854775.808", true, INT64_MIN },
	{ "9223372036854775.808", false, 0 },
	{ "-9223372036854775.809", false, 0 },
	{ "1P", true, 1000000000000000000 },
	{ "1E", false, 0 },
	{ "1e400", false, 0 },
	{ "0e400", true, 0 },
	{ "1Ei", false, 0 },
	{ "170141183460469231731687303716", false, 0 },
};

START_TEST(checked_milli_never_wraps)
{
	struct quantity q = parsed(CHECKED[_i].text);
	int64_t milli = 77;

	ck_assert_msg(
		quantity_milli_checked(&q, &milli) == CHECKED[_i].fits, "%s", CHECKED[_i].text);
	ck_assert_msg(milli == (CHECKED[_i].fits ? CHECKED[_i].milli : 77), "%s: %" PRId64,
		CHECKED[_i].text, milli);
}
END_TEST

static const struct {
	const char *json;
	bool ok;
	int64_t milli;
} JSON[] = {
	{ "\"250m\"", true, 250 },
	{ "\" 250m  \"", true, 250 },
	{ "\"\xc2\xa0\xe3\x80\x80"
	  "1\xe2\x80\x89\"",
		true, 1000 },
	{ "1.5", true, 1500 },
	{ "1e3", true, 1000000 },
	{ "null", true, 0 },
	{ "\"\\t1\"", false, 0 },
	{ "\"1 \"", true, 1000 },
	{ "\"\"", false, 0 },
	{ "\"  \"", false, 0 },
	{ "true", false, 0 },
	{ "{}", false, 0 },
	{ "[1]", false, 0 },
};

START_TEST(json_values_are_trimmed_and_read)
{
	struct arena a;
	struct jtree *t;
	struct quantity q;
	struct error err;

	arena_init(&a, 1 << 16);
	ck_assert_int_eq(jtree_parse(&a, sv_of(JSON[_i].json), &t, &err), ERR_OK);
	enum error_kind kind = quantity_decode(t, &q, &err);
	ck_assert_msg(kind == (JSON[_i].ok ? ERR_OK : ERR_INVALID), "%s", JSON[_i].json);
	if (JSON[_i].ok)
		ck_assert_int_eq(quantity_milli(&q), JSON[_i].milli);
	else
		ck_assert_str_eq(err.text, FORM);
	arena_done(&a);
}
END_TEST

START_TEST(approximations_multiply_as_the_reference_does)
{
	/* 144 of the 999 milli values are not the nearest double. */
	int n_off = 0;
	for (int i = 1; i < 1000; i++) {
		struct quantity q = quantity_from_milli(i, QUANTITY_DECIMAL_SI);
		n_off += !same_double(quantity_approx(&q), (double)i / 1000.0);
	}
	ck_assert_int_eq(n_off, 144);
	struct quantity zero = parsed("0e400");
	ck_assert(isnan(quantity_approx(&zero)));
	zero = parsed("0.0000000000000000000e400");
	ck_assert(isnan(quantity_approx(&zero)));
	struct quantity deep = parsed("-12345678901234567890e400");
	ck_assert(isinf(quantity_approx(&deep)) && quantity_approx(&deep) < 0);
	deep = parsed("12345678901234567890e50");
	ck_assert(same_double(quantity_approx(&deep), 12345678901234567890e59 * (1.0 / 1e9)));
}
END_TEST

START_TEST(formats_have_names)
{
	ck_assert_str_eq(quantity_format_name(QUANTITY_DECIMAL_SI), "DecimalSI");
	ck_assert_str_eq(quantity_format_name(QUANTITY_BINARY_SI), "BinarySI");
	ck_assert_str_eq(quantity_format_name(QUANTITY_DECIMAL_EXPONENT), "DecimalExponent");
	ck_assert_str_eq(quantity_format_name((enum quantity_format)9), "unknown");
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_text_gives_the_references_numbers, 0, ARRAY_LEN(GOOD));
	tcase_add_loop_test(
		tcase, a_wrong_text_is_refused_in_the_references_words, 0, ARRAY_LEN(BAD));
	tcase_add_loop_test(tcase, a_computed_value_prints_in_its_format, 0, ARRAY_LEN(MADE));
	tcase_add_test(tcase, values_compare_exactly);
	tcase_add_loop_test(tcase, sums_are_exact, 0, ARRAY_LEN(SUMS));
	tcase_add_test(tcase, a_sum_beyond_int64_is_large);
	tcase_add_test(tcase, a_binary_sum_loses_its_power_beyond_exbi);
	tcase_add_test(tcase, digits_without_end_are_infinite);
	tcase_add_test(tcase, a_factor_beyond_int64_is_the_smallest_integer);
	tcase_add_test(tcase, sums_that_128_bits_do_not_hold_are_refused);
	tcase_add_loop_test(tcase, checked_milli_never_wraps, 0, ARRAY_LEN(CHECKED));
	tcase_add_loop_test(tcase, json_values_are_trimmed_and_read, 0, ARRAY_LEN(JSON));
	tcase_add_test(tcase, approximations_multiply_as_the_reference_does);
	tcase_add_test(tcase, formats_have_names);
}

int main(void)
{
	return run_case("quantity", add);
}
