/* Instants and durations: Go's grammar, Go's words, and the calendar checked against libc. */
#include <stdio.h>
#include <time.h>

#include "common/instant.h"
#include "tests/unit/common/run.h"

#define AS_LAYOUT " as \"2006-01-02T15:04:05Z07:00\": cannot parse "

static const struct {
	const char *what, *text;
	int64_t sec;
	int32_t nsec;
	const char *error;
} INSTANTS[] = {
	{ "UTC", "2000-01-01T00:00:00Z", 946684800, 0, NULL },
	{ "before 1970", "1969-12-31T23:59:59Z", -1, 0, NULL },
	{ "Go's zero time", "0001-01-01T00:00:00Z", -62135596800, 0, NULL },
	{ "the last second of year 9999", "9999-12-31T23:59:59Z", 253402300799, 0, NULL },
	{ "year 0 exists", "0000-02-29T00:00:00Z", -62162121600, 0, NULL },
	{ "an offset is subtracted", "2000-01-01T05:30:00+05:30", 946684800, 0, NULL },
	{ "a negative offset is added", "1999-12-31T16:00:00-08:00", 946684800, 0, NULL },
	{ "an offset of 24:60 is fine", "2000-01-02T01:00:00+24:60", 946684800, 0, NULL },
	{ "a fraction", "2000-01-01T00:00:00.5Z", 946684800, 500000000, NULL },
	{ "a fraction behind a comma", "2000-01-01T00:00:00,000000001Z", 946684800, 1, NULL },
	{ "digits behind the ninth are dropped", "2000-01-01T00:00:00.1234567899Z", 946684800,
		123456789, NULL },
	{ "an hour of one digit", "2000-01-01T1:00:00Z", 946688400, 0, NULL },
	{ "a leap day", "2000-02-29T00:00:00Z", 951782400, 0, NULL },
	{ "no leap day in 1900", "1900-02-29T00:00:00Z", 0, 0,
		"parsing time \"1900-02-29T00:00:00Z\": day out of range" },
	{ "month 13", "2000-13-01T00:00:00Z", 0, 0,
		"parsing time \"2000-13-01T00:00:00Z\": month out of range" },
	{ "day 0", "2000-01-00T00:00:00Z", 0, 0,
		"parsing time \"2000-01-00T00:00:00Z\": day out of range" },
	{ "hour 24", "2000-01-01T24:00:00Z", 0, 0,
		"parsing time \"2000-01-01T24:00:00Z\": hour out of range" },
	{ "minute 60", "2000-01-01T23:60:00Z", 0, 0,
		"parsing time \"2000-01-01T23:60:00Z\": minute out of range" },
	{ "a leap second", "2016-12-31T23:59:60Z", 0, 0,
		"parsing time \"2016-12-31T23:59:60Z\": second out of range" },
	{ "offset hour 25", "2000-01-01T00:00:00+25:00", 0, 0,
		"parsing time \"2000-01-01T00:00:00+25:00\": time zone offset hour out of range" },
	{ "offset minute 61", "2000-01-01T00:00:00+25:61", 0, 0,
		"parsing time \"2000-01-01T00:00:00+25:61\": time zone offset minute out of "
		"range" },
	{ "no zone", "2000-01-01T00:00:00", 0, 0,
		"parsing time \"2000-01-01T00:00:00\"" AS_LAYOUT "\"\" as \"Z07:00\"" },
	{ "a zone without colon", "2000-01-01T00:00:00+0530", 0, 0,
		"parsing time \"2000-01-01T00:00:00+0530\"" AS_LAYOUT "\"+0530\" as \"Z07:00\"" },
	{ "a zone without sign", "2000-01-01T00:00:00 05:30", 0, 0,
		"parsing time \"2000-01-01T00:00:00 05:30\"" AS_LAYOUT "\" 05:30\" as \"Z07:00\"" },
	{ "a small t", "2000-01-01t00:00:00Z", 0, 0,
		"parsing time \"2000-01-01t00:00:00Z\"" AS_LAYOUT "\"t00:00:00Z\" as \"T\"" },
	{ "a minute of one digit", "2000-01-01T00:1:00Z", 0, 0,
		"parsing time \"2000-01-01T00:1:00Z\"" AS_LAYOUT "\"1:00Z\" as \"04\"" },
	{ "a year of two digits", "00-01-01T00:00:00Z", 0, 0,
		"parsing time \"00-01-01T00:00:00Z\"" AS_LAYOUT
		"\"00-01-01T00:00:00Z\" as \"2006\"" },
	{ "something behind it", "2000-01-01T00:00:00Z ", 0, 0,
		"parsing time \"2000-01-01T00:00:00Z \": extra text: \" \"" },
	{ "nothing", "", 0, 0, "parsing time \"\"" AS_LAYOUT "\"\" as \"2006\"" },
	{ "quotes and bytes are escaped", "\"\\\n\xc3\xa9", 0, 0,
		"parsing time \"\\\"\\\\\\x0a\\xc3\\xa9\"" AS_LAYOUT
		"\"\\\"\\\\\\x0a\\xc3\\xa9\" as \"2006\"" },
};

START_TEST(instants_are_read_as_go_reads_them)
{
	for (size_t i = 0; i < ARRAY_LEN(INSTANTS); i++) {
		struct wall t = { 7, 7 };
		struct error err = { 0 };
		enum error_kind kind = instant_wall_parse(sv_of(INSTANTS[i].text), &t, &err);
		if (INSTANTS[i].error) {
			ck_assert_msg(kind == ERR_INVALID && t.sec == 7, "%s is refused",
				INSTANTS[i].what);
			ck_assert_str_eq(err.text, INSTANTS[i].error);
		} else {
			ck_assert_msg(
				!kind && t.sec == INSTANTS[i].sec && t.nsec == INSTANTS[i].nsec,
				"%s: %lld.%09d %s", INSTANTS[i].what, (long long)t.sec, t.nsec,
				err.text);
		}
	}
}
END_TEST

START_TEST(a_very_long_text_is_refused_with_a_short_message)
{
	char text[5000];
	struct wall t;
	struct error err;

	memset(text, '\xff', sizeof(text));
	ck_assert_int_eq(instant_wall_parse(sv_from(text, sizeof(text)), &t, &err), ERR_INVALID);
	ck_assert_uint_lt(strlen(err.text), ERROR_TEXT_MAX - 1);
}
END_TEST

/* Every 1,009 hours over 8,000 years. */
START_TEST(the_calendar_agrees_with_libc)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 100);
	for (int64_t sec = INT64_C(-62135596800); sec < INT64_C(190000000000);
		sec += 3632400 + 61) {
		struct tm tm;
		char expected[64];
		time_t libc_sec = (time_t)sec;
		struct wall back;
		struct error err;
		ck_assert_ptr_nonnull(gmtime_r(&libc_sec, &tm));
		(void)snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02dZ",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			tm.tm_sec);
		buf_clear(&out);
		instant_wall_print(&out, (struct wall){ sec, 999999999 });
		ck_assert_str_eq(buf_text(&out), expected);
		ck_assert_int_eq(instant_wall_parse(buf_sv(&out), &back, &err), ERR_OK);
		ck_assert(back.sec == sec && back.nsec == 0);
	}
}
END_TEST

START_TEST(years_beyond_four_digits_are_printed_as_go_does)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 100);
	instant_wall_print(&out, (struct wall){ INT64_C(-62167219200) - 1, 0 });
	ck_assert_str_eq(buf_text(&out), "-0001-12-31T23:59:59Z");
	buf_clear(&out);
	instant_wall_print(&out, (struct wall){ INT64_C(253402300800), 0 });
	ck_assert_str_eq(buf_text(&out), "10000-01-01T00:00:00Z");
}
END_TEST

START_TEST(micro_times_have_six_digits)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 100);
	instant_wall_print_micro(&out, (struct wall){ 946684800, 1999 });
	ck_assert_str_eq(buf_text(&out), "2000-01-01T00:00:00.000001Z");
	buf_clear(&out);
	instant_wall_print_micro(&out, (struct wall){ -1, 999999999 });
	ck_assert_str_eq(buf_text(&out), "1969-12-31T23:59:59.999999Z");
}
END_TEST

START_TEST(adding_and_subtracting_carry_and_saturate)
{
	struct wall t = { 100, 900000000 };

	ck_assert(instant_wall_cmp(
			  instant_wall_add_ns(t, 200000000), (struct wall){ 101, 100000000 }) == 0);
	ck_assert(
		instant_wall_cmp(instant_wall_add_ns(t, -1900000000), (struct wall){ 99, 0 }) == 0);
	ck_assert(instant_wall_cmp(
			  instant_wall_add_ns(t, -900000001), (struct wall){ 99, 999999999 }) == 0);
	ck_assert(instant_wall_add_ns((struct wall){ INT64_MAX, 0 }, INT64_MAX).sec == INT64_MAX);
	ck_assert(instant_wall_add_ns((struct wall){ INT64_MIN, 0 }, INT64_MIN).sec == INT64_MIN);
	ck_assert_int_eq(instant_wall_sub_ns(t, (struct wall){ 101, 0 }), -100000000);
	ck_assert_int_eq(instant_wall_sub_ns((struct wall){ 101, 0 }, t), 100000000);
	ck_assert_int_eq(instant_wall_sub_ns(t, WALL_ZERO), INT64_MAX);
	ck_assert_int_eq(instant_wall_sub_ns(WALL_ZERO, t), INT64_MIN);
	ck_assert_int_eq(
		instant_wall_sub_ns((struct wall){ INT64_MAX, 0 }, (struct wall){ INT64_MIN, 0 }),
		INT64_MAX);
	/* The ends themselves are reachable. */
	struct wall far = instant_wall_add_ns(t, INT64_MIN);
	ck_assert_int_eq(instant_wall_sub_ns(far, t), INT64_MIN);
	far = instant_wall_add_ns(t, INT64_MAX);
	ck_assert_int_eq(instant_wall_sub_ns(far, t), INT64_MAX);
}
END_TEST

START_TEST(order_looks_at_seconds_then_nanoseconds)
{
	ck_assert_int_lt(instant_wall_cmp((struct wall){ 1, 999999999 }, (struct wall){ 2, 0 }), 0);
	ck_assert_int_gt(instant_wall_cmp((struct wall){ 2, 1 }, (struct wall){ 2, 0 }), 0);
	ck_assert(instant_wall_is_zero(WALL_ZERO));
	ck_assert(!instant_wall_is_zero((struct wall){ 0, 0 }));
}
END_TEST

START_TEST(the_clocks_go_forward)
{
	struct mono before = instant_mono_now();
	struct wall wall = instant_wall_now();

	ck_assert_int_ge(instant_mono_now().ns, before.ns);
	ck_assert_int_gt(before.ns, 0);
	ck_assert_int_gt(wall.sec, 1700000000);
	ck_assert(wall.nsec >= 0 && wall.nsec < NS_PER_SEC);
}
END_TEST

static const struct {
	const char *what, *text;
	int64_t ns;
	const char *printed; /* NULL: an error */
	const char *error;
} DURATIONS[] = {
	{ "zero needs no unit", "0", 0, "0s", NULL },
	{ "zero with a sign", "-0", 0, "0s", NULL },
	{ "seconds", "30s", 30 * NS_PER_SEC, "30s", NULL },
	{ "all units", "1h2m3s4ms5us6ns", 3723004005006, "1h2m3.004005006s", NULL },
	{ "minutes above 60", "90m", 5400 * NS_PER_SEC, "1h30m0s", NULL },
	{ "any order, and again", "1s1h1s", 3602 * NS_PER_SEC, "1h0m2s", NULL },
	{ "micro sign", "1\xc2\xb5s", 1000, "1\xc2\xb5s", NULL },
	{ "Greek mu", "1\xce\xbcs", 1000, "1\xc2\xb5s", NULL },
	{ "a fraction of hours", "1.5h", 5400 * NS_PER_SEC, "1h30m0s", NULL },
	{ "no digit before the point", ".5s", 500 * NS_PER_MS, "500ms", NULL },
	{ "no digit behind the point", "5.s", 5 * NS_PER_SEC, "5s", NULL },
	{ "negative", "-1.5ms", -1500000, "-1.5ms", NULL },
	{ "less than a nanosecond", "0.9ns", 0, "0s", NULL },
	{ "decimals beyond 63 bits", "0.10000000000000000000000001s", 100 * NS_PER_MS, "100ms",
		NULL },
	{ "the largest", "9223372036854775807ns", INT64_MAX, "2562047h47m16.854775807s", NULL },
	{ "the smallest", "-9223372036854775808ns", INT64_MIN, "-2562047h47m16.854775808s", NULL },
	{ "one too large", "9223372036854775808ns", 0, NULL,
		"time: invalid duration \"9223372036854775808ns\"" },
	{ "too large in one unit", "2562048h", 0, NULL, "time: invalid duration \"2562048h\"" },
	{ "too large in sum", "2562047h48m", 0, NULL, "time: invalid duration \"2562047h48m\"" },
	{ "more than 64 bits", "99999999999999999999s", 0, NULL,
		"time: invalid duration \"99999999999999999999s\"" },
	{ "no unit", "5", 0, NULL, "time: missing unit in duration \"5\"" },
	{ "days", "1d", 0, NULL, "time: unknown unit \"d\" in duration \"1d\"" },
	{ "a blank", "5 s", 0, NULL, "time: unknown unit \" s\" in duration \"5 s\"" },
	{ "only a point", ".", 0, NULL, "time: invalid duration \".\"" },
	{ "only a sign", "+", 0, NULL, "time: invalid duration \"+\"" },
	{ "nothing", "", 0, NULL, "time: invalid duration \"\"" },
	{ "words", "soon", 0, NULL, "time: invalid duration \"soon\"" },
	{ "a sign inside", "1h-1m", 0, NULL, "time: unknown unit \"h-\" in duration \"1h-1m\"" },
};

START_TEST(durations_are_read_and_printed_as_go_does)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 100);
	for (size_t i = 0; i < ARRAY_LEN(DURATIONS); i++) {
		int64_t ns = 7;
		struct error err = { 0 };
		enum error_kind kind = instant_duration_parse(sv_of(DURATIONS[i].text), &ns, &err);
		if (!DURATIONS[i].printed) {
			ck_assert_msg(
				kind == ERR_INVALID && ns == 7, "%s is refused", DURATIONS[i].what);
			ck_assert_str_eq(err.text, DURATIONS[i].error);
			continue;
		}
		ck_assert_msg(!kind && ns == DURATIONS[i].ns, "%s: %lld %s", DURATIONS[i].what,
			(long long)ns, err.text);
		buf_clear(&out);
		instant_duration_print(&out, ns);
		ck_assert_str_eq(buf_text(&out), DURATIONS[i].printed);
	}
}
END_TEST

START_TEST(printed_durations_use_the_unit_that_fits)
{
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {
		{ 1, "1ns" },
		{ 999, "999ns" },
		{ 1100, "1.1\xc2\xb5s" },
		{ 999999, "999.999\xc2\xb5s" },
		{ 1000001, "1.000001ms" },
		{ 60 * NS_PER_SEC, "1m0s" },
		{ 3600 * NS_PER_SEC + 1, "1h0m0.000000001s" },
	};
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 100);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		instant_duration_print(&out, rows[i].ns);
		ck_assert_str_eq(buf_text(&out), rows[i].text);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, instants_are_read_as_go_reads_them);
	tcase_add_test(tcase, a_very_long_text_is_refused_with_a_short_message);
	tcase_add_test(tcase, the_calendar_agrees_with_libc);
	tcase_add_test(tcase, years_beyond_four_digits_are_printed_as_go_does);
	tcase_add_test(tcase, micro_times_have_six_digits);
	tcase_add_test(tcase, adding_and_subtracting_carry_and_saturate);
	tcase_add_test(tcase, order_looks_at_seconds_then_nanoseconds);
	tcase_add_test(tcase, the_clocks_go_forward);
	tcase_add_test(tcase, durations_are_read_and_printed_as_go_does);
	tcase_add_test(tcase, printed_durations_use_the_unit_that_fits);
}

int main(void)
{
	return run_case("instant", add);
}
