/* Bounds that no count fits into. */
#include <check.h>
#include <stdlib.h>

#include "controller/bounds.h"
#include "controller/own_kind.h"

static const struct {
	const char *what;
	bool has_min;
	int32_t min, max;
	const char *error; /* NULL: none */
} ROWS[] = {
	{ "some count fits", true, 1, 10, NULL },
	{ "one count fits", true, 3, 3, NULL },
	{ "zero may be the least", true, 0, 1, NULL },
	{ "a default needs no bound", false, 0, 1, NULL },
	{ "no maximum is stored as 0", false, 0, 0,
		"spec.maxReplicas: expected at least 1, got 0" },
	{ "negative maximum", true, 1, -3, "spec.maxReplicas: expected at least 1, got -3" },
	{ "negative minimum", true, -1, 5, "spec.minReplicas: expected at least 0, got -1" },
	{ "the wrong way round", true, 9, 2,
		"spec.maxReplicas: expected at least minReplicas (9), got 2" },
};

START_TEST(bounds_without_a_count_are_named)
{
	const struct hpa_spec spec = { .min_replicas = { .set = ROWS[_i].has_min,
					       .value = ROWS[_i].min },
		.max_replicas = ROWS[_i].max };
	struct error err = { 0 };
	enum error_kind kind = bounds_exist(&spec, &err);

	ck_assert_msg(kind == (ROWS[_i].error ? ERR_INVALID : ERR_OK), "%s", ROWS[_i].what);
	if (ROWS[_i].error)
		ck_assert_str_eq(err.text, ROWS[_i].error);
}
END_TEST

static struct hpa_prometheus ONE_NUMBER = { .query = SV("sum(x)") },
			     BY_POD = { .query = SV("x"), .pod_label = SV("pod") };
static const struct {
	const char *what;
	struct hpa_metric metric;
	bool wakes;
} METRICS[] = {
	{ "an object has no pods", { .kind = HPA_METRIC_OBJECT }, true },
	{ "neither has a queue", { .kind = HPA_METRIC_EXTERNAL }, true },
	{ "one number has none", { .kind = HPA_METRIC_PROMETHEUS, .prometheus = &ONE_NUMBER },
		true },
	{ "a row a pod has", { .kind = HPA_METRIC_PROMETHEUS, .prometheus = &BY_POD }, false },
	{ "a type without its member is no metric", { .kind = HPA_METRIC_PROMETHEUS }, false },
	{ "pods have", { .kind = HPA_METRIC_PODS }, false },
};

START_TEST(zero_of_our_kind_needs_a_metric_that_wakes)
{
	const struct own_spec own = { 0 };
	struct hpa_metric metric = METRICS[_i].metric;
	struct hpa_spec spec = { .own = &own,
		.min_replicas = { .set = true },
		.max_replicas = 5,
		.metrics = &metric,
		.n_metrics = 1 };

	ck_assert_msg(
		bounds_has_pod_free_metric(&spec) == METRICS[_i].wakes, "%s", METRICS[_i].what);
	ck_assert_int_eq(bounds_min_replicas(&spec), METRICS[_i].wakes ? 0 : 1);
	spec.own = NULL;
	ck_assert_int_eq(bounds_min_replicas(&spec), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bounds");
	TCase *tcase = tcase_create("bounds");

	tcase_add_loop_test(tcase, bounds_without_a_count_are_named, 0, ARRAY_LEN(ROWS));
	tcase_add_loop_test(
		tcase, zero_of_our_kind_needs_a_metric_that_wakes, 0, ARRAY_LEN(METRICS));
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
