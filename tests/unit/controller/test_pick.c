/* Which proposal wins, and when too few metrics work. */
#include "common/mem.h"
#include "controller/pick.h"
#include "tests/unit/controller/run.h"

/* A metric that failed, in the lists below. */
#define BAD INT32_MAX

static const struct {
	const char *what;
	int32_t proposals[4];
	size_t n;
	int32_t current;
	bool ok;
	int32_t replicas;
	size_t winner, n_bad;
} ROWS[] = {
	{ "the highest wins", { 3, 8, 5 }, 3, 4, true, 8, 1, 0 },
	{ "of equal ones the first is named", { 5, 5 }, 2, 4, true, 5, 0, 0 },
	{ "one failure and an increase: it scales", { BAD, 8 }, 2, 4, true, 8, 1, 1 },
	{ "one failure and the same count: it keeps", { 4, BAD }, 2, 4, true, 4, 0, 1 },
	{ "one failure and a decrease: nothing is decided", { BAD, 3 }, 2, 4, false, 3, 1, 1 },
	{ "all failed", { BAD, BAD }, 2, 4, false, 0, PICK_NONE, 2 },
	{ "zero does not hold its place against a negative proposal", { 0, -3 }, 2, 4, true, -3, 1,
		0 },
	{ "a negative one gives way to a zero", { -3, 0 }, 2, 4, true, 0, 1, 0 },
	{ "-5, 0, -3 end at -3", { -5, 0, -3 }, 3, 4, true, -3, 2, 0 },
	{ "no metrics decide nothing", { 0 }, 0, 4, false, 0, PICK_NONE, 0 },
};

START_TEST(the_highest_proposal_wins)
{
	struct recommendation list[4] = { 0 };
	for (size_t i = 0; i < ROWS[_i].n; i++) {
		list[i].ok = ROWS[_i].proposals[i] != BAD;
		list[i].replicas = ROWS[_i].proposals[i];
	}
	struct picked got = pick_compute(list, ROWS[_i].n, ROWS[_i].current);
	ck_assert_msg(got.ok == ROWS[_i].ok, "%s", ROWS[_i].what);
	ck_assert_msg(got.replicas == ROWS[_i].replicas, "%s: %d", ROWS[_i].what, got.replicas);
	ck_assert_uint_eq(got.winner, ROWS[_i].winner);
	ck_assert_uint_eq(got.n_bad, ROWS[_i].n_bad);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, the_highest_proposal_wins, 0, ARRAY_LEN(ROWS));
}

int main(void)
{
	return run_case("pick", add);
}
