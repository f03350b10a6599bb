/* What counts as another decision. */
#include <check.h>
#include <stdlib.h>

#include "controller/drive_tape.h"

static struct hpa_condition condition = { .type = SV("ScalingActive"),
	.status = SV("True"),
	.reason = SV("ValidMetricFound"),
	.message = SV("the HPA was able to compute") };
static struct conclusion usual = {
	.status = { .desired_replicas = 3, .conditions = &condition, .n_conditions = 1 },
};

static bool differs(const struct conclusion *c)
{
	return drive_tape_outcome(c) != drive_tape_outcome(&usual);
}

START_TEST(counts_conditions_errors_and_writes_make_a_difference)
{
	struct conclusion c = usual;
	struct hpa_condition other = condition;

	c.status.desired_replicas = 4;
	ck_assert(differs(&c));
	c = usual;
	c.rescaled = true;
	ck_assert(differs(&c));
	c = usual;
	c.labels.error = CONCLUDE_INTERNAL;
	ck_assert(differs(&c));
	c = usual;
	c.status.conditions = &other;
	other.reason = SV("FailedGetPodsMetric");
	ck_assert(differs(&c));
	other = condition;
	other.status = SV("False");
	ck_assert(differs(&c));
	c.status.n_conditions = 0;
	ck_assert(differs(&c));
}
END_TEST

START_TEST(values_and_times_make_none)
{
	struct conclusion c = usual;
	struct hpa_condition other = condition;

	other.message = SV("another text");
	other.last_transition = (struct wall){ 5, 0 };
	c.status.conditions = &other;
	c.status.last_scale_time = (struct wall){ 7, 0 };
	c.status.current_replicas = 2;
	ck_assert(!differs(&c));
	ck_assert(drive_tape_outcome(&c) != 0);
}
END_TEST

START_TEST(without_a_recording_and_a_store_nobody_wants_a_tape)
{
	struct drive_context c = { 0 };

	ck_assert(!drive_tape_is_wanted(&c));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("drive_tape");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, counts_conditions_errors_and_writes_make_a_difference);
	tcase_add_test(tcase, values_and_times_make_none);
	tcase_add_test(tcase, without_a_recording_and_a_store_nobody_wants_a_tape);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
