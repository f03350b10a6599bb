#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/demo_view.h"

static struct demo_view view;
static struct buf out;

static void setup(void)
{
	view = (struct demo_view){ .total_ms = 10000, .target = "2" };
	buf_init(&out, 1000000);
}

static void teardown(void)
{
	buf_done(&out);
}

static void add(int64_t at_ms, double load, int64_t replicas, bool outage)
{
	const struct demo_sample sample = { at_ms, load, replicas, replicas, outage };
	demo_view_add(&view, &sample);
}

START_TEST(the_picture_has_no_colour_codes_unless_asked)
{
	add(0, 1, 1, false);
	demo_view_draw(&out, &view, 60, false);
	ck_assert_ptr_null(strchr(buf_text(&out), '\033'));
	buf_clear(&out);
	demo_view_draw(&out, &view, 60, true);
	ck_assert_ptr_nonnull(strchr(buf_text(&out), '\033'));
}
END_TEST

START_TEST(an_outage_is_named)
{
	add(5000, 9, 5, true);
	demo_view_draw(&out, &view, 80, false);
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "Prometheus does not answer: replicas are held"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "per pod    unknown, target 2"));
}
END_TEST

START_TEST(an_empty_view_and_a_narrow_terminal_are_drawn)
{
	demo_view_draw(&out, &view, 1, false);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "flyball demo  0 of 10 s"));
}
END_TEST

START_TEST(more_samples_than_there_is_room_for_halve_the_resolution)
{
	for (int i = 0; i < 3 * DEMO_MAX_SAMPLES; i++)
		add(i, 1, i, false);
	ck_assert_uint_le(view.n, DEMO_MAX_SAMPLES);
	ck_assert_int_eq(view.samples[0].replicas, 0);
	ck_assert_int_eq(view.samples[view.n - 1].replicas, 3 * DEMO_MAX_SAMPLES - 1);
}
END_TEST

START_TEST(a_line_tells_the_decision_once_and_then_the_state)
{
	(void)strcpy(view.decision, "New size: 4; reason: x above target");
	(void)strcpy(view.state, "recommended size matches current size");
	add(1000, 9, 1, false);
	add(1500, 9, 4, false);
	demo_view_line(&out, &view);
	ck_assert_str_eq(buf_text(&out),
		"  1.5s  load 9.0  per pod unknown  target 2  replicas 4 (4 ready)  New size: 4; "
		"reason: x above target\n");
	buf_clear(&out);
	add(2000, 9, 4, false);
	demo_view_line(&out, &view);
	ck_assert_str_eq(buf_text(&out),
		"  2.0s  load 9.0  per pod unknown  target 2  replicas 4 (4 ready)  recommended "
		"size matches current size\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("demo_view");
	TCase *tcase = tcase_create("demo_view");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_picture_has_no_colour_codes_unless_asked);
	tcase_add_test(tcase, an_outage_is_named);
	tcase_add_test(tcase, an_empty_view_and_a_narrow_terminal_are_drawn);
	tcase_add_test(tcase, more_samples_than_there_is_room_for_halve_the_resolution);
	tcase_add_test(tcase, a_line_tells_the_decision_once_and_then_the_state);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
