/* number.c and duration.c. */
#include <math.h>

#include "promql/duration.h"
#include "promql/number.h"
#include "tests/unit/common/run.h"

static const struct {
	const char *what, *text;
	double value;
	const char *error;
} LITERALS[] = {
	{ "an integer", "42", 42, NULL },
	{ "hexadecimal", "0x1F", 31, NULL },
	{ "octal by its zero", "017", 15, NULL },
	{ "no octal", "08", 8, NULL },
	{ "binary", "0b11", 3, NULL },
	{ "underscores", "1_000.5", 1000.5, NULL },
	{ "an exponent", "1e3", 1000, NULL },
	{ "infinite", "Inf", (double)INFINITY, NULL },
	{ "too large", "1e400", (double)INFINITY,
		"strconv.ParseFloat: parsing \"1e400\": value out of range" },
	{ "no number", "1x\n", 0, "strconv.ParseFloat: parsing \"1x\\n\": invalid syntax" },
};

START_TEST(literals_are_integers_of_any_base_or_floats)
{
	struct error err = { 0 };
	double value = -1;

	enum error_kind kind = number_parse_literal(sv_of(LITERALS[_i].text), &value, &err);

	ck_assert_double_eq(value, LITERALS[_i].value);
	ck_assert_int_eq(kind, LITERALS[_i].error ? ERR_INVALID : ERR_OK);
	ck_assert_str_eq(err.text, LITERALS[_i].error ? LITERALS[_i].error : "");
}
END_TEST

START_TEST(integers_keep_to_their_range)
{
	uint64_t u = 0;
	int64_t i = 0;

	ck_assert(number_parse_u64(SV("18446744073709551615"), &u) && u == UINT64_MAX);
	ck_assert(!number_parse_u64(SV("18446744073709551616"), &u));
	ck_assert(!number_parse_u64(SV("-1"), &u));
	ck_assert(!number_parse_u64(SV(""), &u));
	ck_assert(!number_parse_u64(SV("1__0"), &u));
	ck_assert(number_parse_i64(SV("-9223372036854775808"), &i) && i == INT64_MIN);
	ck_assert(number_parse_i64(SV("+9223372036854775807"), &i) && i == INT64_MAX);
	ck_assert(!number_parse_i64(SV("9223372036854775808"), &i));
	ck_assert(!number_parse_i64(SV("-9223372036854775809"), &i));
	ck_assert(!number_parse_i64(SV("-"), &i));
}
END_TEST

START_TEST(values_are_printed_as_the_server_prints_them)
{
	static const struct {
		double value;
		const char *text, *sample;
	} rows[] = { { 1.5, "1.5", "1.5" }, { 1e21, "1000000000000000000000", "1e+21" },
		{ 1e-7, "0.0000001", "1e-07" }, { 0, "0", "0" }, { (double)NAN, "NaN", "NaN" },
		{ (double)-INFINITY, "-Inf", "-Inf" }, { (double)INFINITY, "+Inf", "+Inf" },
		{ -123456789, "-123456789", "-123456789" } };
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 1000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		number_print(&out, rows[i].value);
		ck_assert_str_eq(buf_text(&out), rows[i].text);
		buf_clear(&out);
		number_print_sample(&out, rows[i].value);
		ck_assert_str_eq(buf_text(&out), rows[i].sample);
	}
}
END_TEST

START_TEST(seconds_become_nanoseconds)
{
	ck_assert_int_eq(number_seconds_to_ns(1.5), INT64_C(1500000000));
	ck_assert_int_eq(number_seconds_to_ns(-0.25), INT64_C(-250000000));
	ck_assert_int_eq(number_seconds_to_ns(1e300), INT64_MIN);
	ck_assert_int_eq(number_seconds_to_ns((double)NAN), INT64_MIN);
	ck_assert_double_eq(number_ns_to_seconds(INT64_C(1500000000)), 1.5);
}
END_TEST

#define MS INT64_C(1000000)

static const struct {
	const char *what, *text;
	int64_t ns;
	const char *printed; /* NULL: as it was read */
	const char *error;
} DURATIONS[] = {
	{ "minutes", "5m", 300000 * MS, NULL, NULL },
	{ "all units", "1y2w3d4h5m6s7ms",
		(INT64_C(31536000000) + 14 * INT64_C(86400000) + 3 * INT64_C(86400000) +
			4 * 3600000 + 5 * 60000 + 6007) *
			MS,
		"382d4h5m6s7ms", NULL },
	{ "a week", "7d", 7 * INT64_C(86400000) * MS, "1w", NULL },
	{ "days that are no weeks", "90d", 90 * INT64_C(86400000) * MS, NULL, NULL },
	{ "zero", "0", 0, "0s", NULL },
	{ "empty", "", 0, NULL, "empty duration string" },
	{ "no unit", "5", 0, NULL, "not a valid duration string: \"5\"" },
	{ "an unknown unit", "5q", 0, NULL, "unknown unit \"q\" in duration \"5q\"" },
	{ "units that rise", "5m1h", 0, NULL, "not a valid duration string: \"5m1h\"" },
	{ "a unit twice", "5m5m", 0, NULL, "not a valid duration string: \"5m5m\"" },
	{ "a sign", "-5m", 0, NULL, "not a valid duration string: \"-5m\"" },
	{ "no number", "m", 0, NULL, "not a valid duration string: \"m\"" },
	{ "too long", "300y", 0, NULL, "duration out of range" },
	{ "far too long", "99999999999999999999y", 0, NULL,
		"not a valid duration string: \"99999999999999999999y\"" },
};

START_TEST(durations_are_read_and_printed)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct error err = { 0 };
	int64_t ns = 0;

	enum error_kind kind = duration_parse(sv_of(DURATIONS[_i].text), &ns, &err);

	ck_assert_str_eq(err.text, DURATIONS[_i].error ? DURATIONS[_i].error : "");
	ck_assert_int_eq(kind, DURATIONS[_i].error ? ERR_INVALID : ERR_OK);
	if (kind)
		return;
	ck_assert_int_eq(ns, DURATIONS[_i].ns);
	buf_init(&out, 1000);
	duration_print(&out, ns);
	ck_assert_str_eq(
		buf_text(&out), DURATIONS[_i].printed ? DURATIONS[_i].printed : DURATIONS[_i].text);
	buf_clear(&out);
	if (ns) {
		duration_print(&out, -ns);
		ck_assert_int_eq(buf_text(&out)[0], '-');
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, literals_are_integers_of_any_base_or_floats, 0, ARRAY_LEN(LITERALS));
	tcase_add_test(tcase, integers_keep_to_their_range);
	tcase_add_test(tcase, values_are_printed_as_the_server_prints_them);
	tcase_add_test(tcase, seconds_become_nanoseconds);
	tcase_add_loop_test(tcase, durations_are_read_and_printed, 0, ARRAY_LEN(DURATIONS));
}

int main(void)
{
	return run_case("numbers", add);
}
