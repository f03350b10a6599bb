/* Text views. */
#include "common/sv.h"
#include "tests/unit/common/run.h"

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

START_TEST(order_is_that_of_bytes)
{
	static const struct {
		const char *what;
		struct sv a, b;
		int order;
	} rows[] = {
		{ "nothing equals nothing", SV_NULL, SV(""), 0 },
		{ "a prefix comes first", SV("pod"), SV("pods"), -1 },
		{ "upper case comes before lower case", SV("Z"), SV("a"), -1 },
		{ "bytes above ASCII come last", SV("\xc3\xa9"), SV("z"), 1 },
		{ "a NUL counts", SV("a\0b"), SV("a"), 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_msg(
			sign(sv_cmp(rows[i].a, rows[i].b)) == rows[i].order, "%s", rows[i].what);
		ck_assert_msg(sign(sv_cmp(rows[i].b, rows[i].a)) == -rows[i].order, "%s, turned",
			rows[i].what);
		ck_assert_msg(sv_eq(rows[i].a, rows[i].b) == (rows[i].order == 0), "%s: equality",
			rows[i].what);
	}
}
END_TEST

START_TEST(case_is_folded_for_ascii_only)
{
	ck_assert(sv_eq_nocase(SV("Content-Type"), SV("content-TYPE")));
	ck_assert(!sv_eq_nocase(SV("content"), SV("content-type")));
	ck_assert(!sv_eq_nocase(SV("[x"), SV("{x")));
	ck_assert(!sv_eq_nocase(SV("\xc3\x89"), SV("\xc3\xa9")));
}
END_TEST

START_TEST(prefixes_and_suffixes)
{
	struct sv name = SV("http_requests_total");

	ck_assert(sv_has_prefix(name, SV("http_")));
	ck_assert(sv_has_prefix(name, SV("")));
	ck_assert(sv_has_suffix(name, SV("_total")));
	ck_assert(sv_has_suffix(name, SV_NULL));
	ck_assert(!sv_has_prefix(SV("h"), SV("http")));
	ck_assert(!sv_has_suffix(SV("l"), SV("total")));
	ck_assert(!sv_has_suffix(name, SV("_tota")));
}
END_TEST

START_TEST(finding_gives_the_length_when_absent)
{
	ck_assert_uint_eq(sv_find(SV("a/b/c"), '/'), 1);
	ck_assert_uint_eq(sv_find(SV("abc"), '/'), 3);
	ck_assert_uint_eq(sv_find(SV_NULL, '/'), 0);
	ck_assert_uint_eq(sv_find_sv(SV("a<<b>>"), SV(">>")), 4);
	ck_assert_uint_eq(sv_find_sv(SV("abc"), SV("d")), 3);
	ck_assert_uint_eq(sv_find_sv(SV("abc"), SV("")), 0);
	ck_assert_uint_eq(sv_find_sv(SV_NULL, SV("x")), 0);
}
END_TEST

START_TEST(cutting_clamps)
{
	ck_assert(sv_is(sv_skip(SV("abc"), 1), "bc"));
	ck_assert(sv_is(sv_skip(SV("abc"), 9), ""));
	ck_assert(sv_is(sv_take(SV("abc"), 2), "ab"));
	ck_assert(sv_is(sv_take(SV("abc"), 9), "abc"));
	ck_assert_uint_eq(sv_skip(SV_NULL, 5).len, 0);
}
END_TEST

START_TEST(cut_takes_one_part_at_a_time)
{
	struct sv rest = SV("a,,b");
	bool found;

	ck_assert(sv_is(sv_cut(rest, ',', &rest, &found), "a"));
	ck_assert(found);
	ck_assert(sv_is(sv_cut(rest, ',', &rest, &found), ""));
	ck_assert(found);
	ck_assert(sv_is(sv_cut(rest, ',', &rest, &found), "b"));
	ck_assert(!found);
	ck_assert_uint_eq(rest.len, 0);
}
END_TEST

START_TEST(trim_removes_blanks_at_both_ends_only)
{
	ck_assert(sv_is(sv_trim(SV(" \t a b\r\n")), "a b"));
	ck_assert(sv_is(sv_trim(SV(" \n ")), ""));
	ck_assert(sv_is(sv_trim(SV("\va")), "\va"));
}
END_TEST

START_TEST(whole_numbers)
{
	static const struct {
		const char *what, *text;
		bool ok;
		int64_t value;
	} rows[] = {
		{ "zero", "0", true, 0 },
		{ "a plus sign is allowed", "+7", true, 7 },
		{ "leading zeros are allowed", "007", true, 7 },
		{ "the largest", "9223372036854775807", true, INT64_MAX },
		{ "the smallest", "-9223372036854775808", true, INT64_MIN },
		{ "one too large", "9223372036854775808", false, 0 },
		{ "one too small", "-9223372036854775809", false, 0 },
		{ "more than 64 bits", "18446744073709551616", false, 0 },
		{ "nothing", "", false, 0 },
		{ "only a sign", "-", false, 0 },
		{ "two signs", "--1", false, 0 },
		{ "a blank in front", " 1", false, 0 },
		{ "a fraction", "1.0", false, 0 },
		{ "a letter behind", "1x", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t value = 0;
		bool ok = sv_to_i64(sv_of(rows[i].text), &value);
		ck_assert_msg(ok == rows[i].ok && value == rows[i].value, "%s", rows[i].what);
	}
	uint64_t value = 0;
	ck_assert(sv_to_u64(SV("18446744073709551615"), &value) && value == UINT64_MAX);
	ck_assert(!sv_to_u64(SV("+1"), &value));
	ck_assert(!sv_to_u64(SV("-1"), &value));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, order_is_that_of_bytes);
	tcase_add_test(tcase, case_is_folded_for_ascii_only);
	tcase_add_test(tcase, prefixes_and_suffixes);
	tcase_add_test(tcase, finding_gives_the_length_when_absent);
	tcase_add_test(tcase, cutting_clamps);
	tcase_add_test(tcase, cut_takes_one_part_at_a_time);
	tcase_add_test(tcase, trim_removes_blanks_at_both_ends_only);
	tcase_add_test(tcase, whole_numbers);
}

int main(void)
{
	return run_case("sv", add);
}
