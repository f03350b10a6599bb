/* Bounds that no count fits into. */
#include <check.h>
#include <stdlib.h>

#include "controller/bounds.h"

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

int main(void)
{
	Suite *suite = suite_create("bounds");
	TCase *tcase = tcase_create("bounds");

	tcase_add_loop_test(tcase, bounds_without_a_count_are_named, 0, ARRAY_LEN(ROWS));
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
