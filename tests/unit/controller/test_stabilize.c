/* Stabilisation windows, with and without behavior. */
#include "common/mem.h"
#include "controller/stabilize.h"
#include "tests/unit/controller/run.h"

#define AT(sec, count)                                                                             \
	{                                                                                          \
		{ (sec)*NS_PER_SEC }, (count)                                                      \
	}

static const struct {
	const char *what;
	struct history_recommendation recommendations[4];
	size_t n;
	int32_t current, desired;
	int now_sec;
	bool has_behavior;
	int up_sec, down_sec;
	int32_t replicas;
	enum stabilized_by by;
	size_t slot;
} ROWS[] = {
	{ "without behavior an increase is never held back", { AT(0, 2) }, 1, 2, 9, 15, false, 0,
		300, 9, STABILIZED_NOT, HISTORY_APPEND },
	{ "without behavior the highest of the window holds a decrease", { AT(0, 5), AT(10, 7) }, 2,
		7, 1, 15, false, 0, 300, 7, STABILIZED_DOWN, HISTORY_APPEND },
	{ "without behavior a recommendation as old as the window still counts", { AT(0, 7) }, 1, 7,
		1, 300, false, 0, 300, 7, STABILIZED_DOWN, HISTORY_APPEND },
	{ "a second later it does not, and its slot is free", { AT(0, 7) }, 1, 7, 1, 301, false, 0,
		300, 1, STABILIZED_NOT, 0 },
	{ "of several free slots the last is used", { AT(0, 7), AT(1, 6), AT(400, 2) }, 3, 7, 1,
		401, false, 0, 300, 2, STABILIZED_DOWN, 1 },
	{ "somebody scaled down by hand: the window scales back up", { AT(0, 12) }, 1, 3, 2, 15,
		false, 0, 300, 12, STABILIZED_DOWN, HISTORY_APPEND },
	{ "with behavior the present count is held inside the windows", { AT(0, 12) }, 1, 8, 1, 15,
		true, 0, 60, 8, STABILIZED_DOWN, HISTORY_APPEND },
	{ "with behavior a recommendation as old as the window no longer counts", { AT(0, 12) }, 1,
		8, 1, 60, true, 0, 60, 1, STABILIZED_NOT, HISTORY_APPEND },
	{ "and its slot is free only when it is older than both windows", { AT(0, 12) }, 1, 8, 1,
		61, true, 0, 60, 1, STABILIZED_NOT, 0 },
	{ "a lower recommendation of the up window holds an increase", { AT(0, 3) }, 1, 3, 9, 15,
		true, 60, 300, 3, STABILIZED_UP, HISTORY_APPEND },
	{ "the lowest of the up window is as far as it goes up", { AT(0, 5), AT(5, 4) }, 2, 3, 9,
		15, true, 60, 300, 4, STABILIZED_UP, HISTORY_APPEND },
	{ "higher recommendations cannot raise the present count", { AT(0, 20) }, 1, 4, 2, 15, true,
		0, 300, 4, STABILIZED_DOWN, HISTORY_APPEND },
};

START_TEST(windows_hold_what_they_should)
{
	struct stabilize_input in = {
		.recommendations = ROWS[_i].recommendations,
		.n_recommendations = ROWS[_i].n,
		.current = ROWS[_i].current,
		.desired = ROWS[_i].desired,
		.now = { ROWS[_i].now_sec * NS_PER_SEC },
		.has_behavior = ROWS[_i].has_behavior,
		.up_window_ns = ROWS[_i].up_sec * NS_PER_SEC,
		.down_window_ns = ROWS[_i].down_sec * NS_PER_SEC,
	};
	struct stabilized got = stabilize_compute(&in);
	ck_assert_msg(got.replicas == ROWS[_i].replicas, "%s: %d", ROWS[_i].what, got.replicas);
	ck_assert_msg(got.by == ROWS[_i].by, "%s: by %d", ROWS[_i].what, (int)got.by);
	ck_assert_msg(got.slot == ROWS[_i].slot, "%s: slot %zu", ROWS[_i].what, got.slot);
}
END_TEST

START_TEST(the_recommendation_that_held_is_named)
{
	struct history_recommendation list[] = { AT(0, 5), AT(5, 9), AT(10, 7) };
	struct stabilize_input in = {
		.recommendations = list,
		.n_recommendations = 3,
		.current = 9,
		.desired = 1,
		.now = { 15 * NS_PER_SEC },
		.down_window_ns = 300 * NS_PER_SEC,
	};
	ck_assert_uint_eq(stabilize_compute(&in).down_holder, 1);
	in.desired = 20;
	ck_assert_uint_eq(stabilize_compute(&in).down_holder, STABILIZED_BY_NONE);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, windows_hold_what_they_should, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, the_recommendation_that_held_is_named);
}

int main(void)
{
	return run_case("stabilize", add);
}
