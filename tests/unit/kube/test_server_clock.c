/* Dates of HTTP, and what a row of answers tells about the server's clock. */
#include "kube/server_clock.h"
#include "tests/unit/kube/run.h"

static const struct {
	const char *date;
	int64_t sec; /* -1: refused */
} DATES[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", -1 },
	{ "Sat, 01 Jan 2000 00:00:00 GMT", 946684800 },
	{ "Tue, 29 Feb 2000 12:00:00 GMT", 951825600 },
	{ "Sat, 21 Nov 2026 14:57:16 GMT", 1795273036 },
	{ "Thu, 31 Dec 2099 23:59:59 GMT", 4102444799 },
	{ "Sat, 21 Nov 2026 14:57:16 UTC", -1 },
	{ "Sat, 21 Foo 2026 14:57:16 GMT", -1 },
	{ "Sat, 32 Nov 2026 14:57:16 GMT", -1 },
	{ "Sat, 21 Nov 2026 24:57:16 GMT", -1 },
	{ "Saturday, 21-Nov-26 14:57:16 GMT", -1 },
	{ "", -1 },
};

START_TEST(dates)
{
	struct error err;
	int64_t sec = -1;

	enum error_kind rc = server_clock_parse(sv_of(DATES[_i].date), &sec, &err);
	ck_assert_int_eq(rc, DATES[_i].sec < 0 ? ERR_INVALID : ERR_OK);
	ck_assert_int_eq(sec, DATES[_i].sec);
}
END_TEST

#define AT_0 "Sat, 21 Nov 2026 14:57:16 GMT"
#define AT_1 "Sat, 21 Nov 2026 14:57:17 GMT"
#define AN_HOUR_ON "Sat, 21 Nov 2026 15:57:17 GMT"
#define SEC_0 INT64_C(1795273036)

static struct mono ms(int64_t n)
{
	return (struct mono){ n * NS_PER_MS };
}

static void is_between(const struct server_clock *c, int64_t at_ms, int64_t low, int64_t high)
{
	struct server_time t;

	ck_assert(server_clock_at(c, ms(at_ms), &t));
	ck_assert_int_eq(t.earliest_ns / NS_PER_MS - SEC_0 * 1000, low);
	ck_assert_int_eq(t.latest_ns / NS_PER_MS - SEC_0 * 1000, high);
}

START_TEST(one_answer_tells_a_second_and_its_way)
{
	struct server_clock c = { 0 };
	struct server_time t;

	ck_assert(!server_clock_at(&c, ms(0), &t));
	server_clock_observe(&c, sv_of("nonsense"), ms(0), ms(1));
	ck_assert(!server_clock_at(&c, ms(0), &t));
	server_clock_observe(&c, SV(AT_0), ms(5000), ms(5020));
	is_between(&c, 5020, 0, 1020);
}
END_TEST

START_TEST(every_answer_narrows_it)
{
	struct server_clock c = { 0 };

	server_clock_observe(&c, SV(AT_0), ms(5000), ms(5010));
	server_clock_observe(&c, SV(AT_1), ms(5200), ms(5210));
	/* Between the two the second went over: it is known to 210 ms and a little drift. */
	is_between(&c, 5210, 1000, 1210);
}
END_TEST

START_TEST(clocks_drift)
{
	struct server_clock c = { 0 };

	server_clock_observe(&c, SV(AT_0), ms(5000), ms(5000));
	is_between(&c, 5000 + 3600 * 1000, 3600 * 1000 - 1800, 3600 * 1000 + 1000 + 1800);
}
END_TEST

START_TEST(two_servers_that_disagree_widen_it)
{
	struct server_clock c = { 0 };

	server_clock_observe(&c, SV(AT_0), ms(5000), ms(5000));
	server_clock_observe(&c, SV(AN_HOUR_ON), ms(6000), ms(6000));
	is_between(&c, 6000, 999, 3602 * 1000);
}
END_TEST

START_TEST(a_wrong_clock_is_put_right)
{
	const struct server_time t = { 100 * NS_PER_SEC, 101 * NS_PER_SEC };
	static const struct {
		struct wall ours, right;
	} ROWS[] = {
		{ { 100, 500 }, { 100, 500 } },
		{ { 100, 0 }, { 100, 0 } },
		{ { 101, 0 }, { 101, 0 } },
		{ { 99, 999999999 }, { 100, 0 } },
		{ { 4000, 7 }, { 101, 0 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
		ck_assert_int_eq(
			instant_wall_cmp(server_clock_correct(&t, ROWS[i].ours), ROWS[i].right), 0);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, dates, 0, (int)ARRAY_LEN(DATES));
	tcase_add_test(tcase, one_answer_tells_a_second_and_its_way);
	tcase_add_test(tcase, every_answer_narrows_it);
	tcase_add_test(tcase, clocks_drift);
	tcase_add_test(tcase, two_servers_that_disagree_widen_it);
	tcase_add_test(tcase, a_wrong_clock_is_put_right);
}

int main(void)
{
	return run_case("server_clock", add);
}
