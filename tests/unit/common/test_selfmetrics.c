#include <check.h>
#include <stdlib.h>

#include "common/selfmetrics.h"

static struct selfmetrics *m;
static struct buf out;

static void setup(void)
{
	static const char *const LABELS[] = { "action", "error", NULL };
	static const double BUCKETS[] = { 0.001, 0.5 };
	struct error err;

	m = selfmetrics_new();
	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(selfmetrics_declare(m, SELFMETRICS_COUNTER, "passes_total", "Passes.",
				 LABELS, NULL, 0, &err),
		ERR_OK);
	ck_assert_int_eq(selfmetrics_declare(
				 m, SELFMETRICS_GAUGE, "objects", "Objects.", NULL, NULL, 0, &err),
		ERR_OK);
	ck_assert_int_eq(selfmetrics_declare(m, SELFMETRICS_HISTOGRAM, "seconds", "Time.", NULL,
				 BUCKETS, 2, &err),
		ERR_OK);
	buf_init(&out, 100000);
}

static void teardown(void)
{
	selfmetrics_free(m);
	buf_done(&out);
}

static bool printed(const char *line)
{
	buf_clear(&out);
	selfmetrics_print(m, &out);
	return sv_find_sv(buf_sv(&out), sv_of(line)) < out.len;
}

START_TEST(counters_add_per_label_set)
{
	const char *const none[] = { "none", "a\"b\\c\nd", NULL };
	selfmetrics_add(m, "passes_total", none, 1);
	selfmetrics_add(m, "passes_total", none, 2);
	ck_assert_msg(printed("passes_total{action=\"none\",error=\"a\\\"b\\\\c\\nd\"} 3\n"), "%s",
		buf_text(&out));
	ck_assert(printed("# TYPE passes_total counter\n"));
	selfmetrics_remove(m, "passes_total", none);
	ck_assert(!printed("passes_total{"));
}
END_TEST

START_TEST(gauges_hold_the_last_value)
{
	selfmetrics_set(m, "objects", NULL, 5);
	selfmetrics_set(m, "objects", NULL, 7);
	ck_assert(printed("objects 7\n"));
}
END_TEST

START_TEST(histograms_are_cumulative_and_bounds_belong_to_the_lower_bucket)
{
	selfmetrics_observe(m, "seconds", NULL, 0.001);
	selfmetrics_observe(m, "seconds", NULL, 0.25);
	selfmetrics_observe(m, "seconds", NULL, 2);
	ck_assert(printed("seconds_bucket{le=\"0.001\"} 1\nseconds_bucket{le=\"0.5\"} "
			  "2\nseconds_bucket{le=\"+Inf\"} 3\n"));
	ck_assert(printed("seconds_sum 2.251\nseconds_count 3\n"));
}
END_TEST

START_TEST(too_many_series_are_dropped_and_counted)
{
	char name[16];
	for (int i = 0; i < 10001; i++) {
		for (int k = 0, rest = i; k < 5; k++, rest /= 10)
			name[k] = (char)('0' + rest % 10);
		name[5] = '\0';
		const char *const values[] = { name, "", NULL };
		selfmetrics_add(m, "passes_total", values, 1);
	}
	buf_done(&out);
	buf_init(&out, 10000000);
	ck_assert(printed("flyball_selfmetrics_dropped_total 1\n"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("selfmetrics");
	TCase *tcase = tcase_create("selfmetrics");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, counters_add_per_label_set);
	tcase_add_test(tcase, gauges_hold_the_last_value);
	tcase_add_test(tcase, histograms_are_cumulative_and_bounds_belong_to_the_lower_bucket);
	tcase_add_test(tcase, too_many_series_are_dropped_and_counted);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
