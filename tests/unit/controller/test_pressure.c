/* Which answers put a write off, and how long the less important ones wait for it. */
#include "common/mem.h"
#include "controller/pressure.h"
#include "tests/unit/controller/run.h"

START_TEST(only_what_says_later_puts_off)
{
	static const struct {
		struct client_answer answer;
		bool put_off;
	} ROWS[] = {
		{ { .status = 429 }, true },
		{ { .status = 429, .retry_after_ns = 5 }, true },
		{ { .status = 503, .retry_after_ns = 5 }, true },
		{ { .status = 503 }, false },
		{ { .status = 409, .retry_after_ns = 5 }, false },
		{ { .status = 0 }, false },
		{ { .status = 200 }, false },
	};

	ck_assert(pressure_is_put_off(&ROWS[_i].answer) == ROWS[_i].put_off);
}
END_TEST

START_TEST(the_longest_wait_counts)
{
	struct pressure p = { 0 };
	struct mono now = { 1000 };

	ck_assert(!pressure_lasts(&p, now));
	pressure_note(&p, 500, now);
	pressure_note(&p, 100, now);
	ck_assert(pressure_lasts(&p, (struct mono){ 1499 }));
	ck_assert(!pressure_lasts(&p, (struct mono){ 1500 }));
	/* A server that does not say how long. */
	pressure_note(&p, 0, now);
	ck_assert(pressure_lasts(&p, (struct mono){ 999 + NS_PER_SEC }));
	ck_assert(!pressure_lasts(&p, (struct mono){ 1000 + NS_PER_SEC }));
	/* A page that says an hour. */
	pressure_note(&p, 3600 * NS_PER_SEC, now);
	ck_assert(pressure_lasts(&p, (struct mono){ 999 + 30 * NS_PER_SEC }));
	ck_assert(!pressure_lasts(&p, (struct mono){ 1000 + 30 * NS_PER_SEC }));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, only_what_says_later_puts_off, 0, 7);
	tcase_add_test(tcase, the_longest_wait_counts);
}

int main(void)
{
	return run_case("pressure", add);
}
