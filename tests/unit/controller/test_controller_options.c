#include <check.h>
#include <stdlib.h>

#include "controller/controller_options.h"

static enum error_kind parse(const char *flag, struct controller_options *o, struct error *err)
{
	static char copy[256]; /* options point into it */
	char name[] = "flyball-controller";
	char *argv[] = { name, copy };

	(void)strncpy(copy, flag, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	return controller_options_parse(flag[0] != '\0' ? 2 : 1, argv, o, err);
}

START_TEST(defaults_are_those_of_kubernetes_and_write_nothing)
{
	struct controller_options o;
	struct error err;

	ck_assert_int_eq(parse("", &o, &err), ERR_OK);
	ck_assert_int_eq(o.controller.native, CONTROLLER_OBSERVE);
	ck_assert_int_eq(o.controller.sync_period_ns, 15 * NS_PER_SEC);
	ck_assert_int_eq(o.controller.settings.downscale_stabilization_ns, 300 * NS_PER_SEC);
	ck_assert(!o.controller.settings.scale_to_zero);
	ck_assert(o.controller.settings.configurable_tolerance);
	ck_assert_int_eq(o.controller.settings.arithmetic, ARITH_SAFE);
}
END_TEST

START_TEST(kube_controller_managers_spelling_is_taken)
{
	struct controller_options o;
	struct error err;

	ck_assert_int_eq(parse("--horizontal-pod-autoscaler-sync-period=30s", &o, &err), ERR_OK);
	ck_assert_int_eq(o.controller.sync_period_ns, 30 * NS_PER_SEC);
	ck_assert_int_eq(parse("--horizontal-pod-autoscaler-tolerance=0.2", &o, &err), ERR_OK);
	ck_assert(o.controller.settings.tolerance > 0.19 && o.controller.settings.tolerance < 0.21);
	ck_assert_int_eq(
		parse("--feature-gates=HPAScaleToZero=true,PodLevelResources=false", &o, &err),
		ERR_OK);
	ck_assert(o.controller.settings.scale_to_zero);
	ck_assert(!o.controller.settings.pod_level_resources);
	ck_assert_int_eq(parse("--compatibility=strict", &o, &err), ERR_OK);
	ck_assert_int_eq(o.controller.settings.arithmetic, ARITH_STRICT);
}
END_TEST

START_TEST(the_election_is_kube_controller_managers_and_off)
{
	struct controller_options o;
	struct error err;

	ck_assert_int_eq(parse("", &o, &err), ERR_OK);
	ck_assert(!o.election.enabled);
	ck_assert_str_eq(o.election.name, "flyball-controller");
	ck_assert_str_eq(o.election.namespace, "");
	ck_assert_int_eq(o.election.duration_ns, 15 * NS_PER_SEC);
	ck_assert_int_eq(o.election.renew_deadline_ns, 10 * NS_PER_SEC);
	ck_assert_int_eq(o.election.retry_period_ns, 2 * NS_PER_SEC);
	ck_assert_int_eq(parse("--leader-elect", &o, &err), ERR_OK);
	ck_assert(o.election.enabled);
	ck_assert_int_eq(parse("--leader-elect-lease-duration=3s", &o, &err), ERR_OK);
	ck_assert_int_eq(o.election.duration_ns, 3 * NS_PER_SEC);
	ck_assert_int_eq(parse("--leader-elect-resource-name=other", &o, &err), ERR_OK);
	ck_assert_str_eq(o.election.name, "other");
	ck_assert_int_eq(parse("--leader-elect-resource-lock=leases", &o, &err), ERR_OK);
}
END_TEST

static const struct {
	const char *flag, *error;
} REFUSED[] = {
	{ "--sync-period=0s", "--sync-period=0s: expected a duration from 100ms to 1h0m0s" },
	{ "--feature-gates=HPAScaleToZero",
		"--feature-gates=HPAScaleToZero: expected NAME=true or NAME=false" },
	{ "--feature-gates=Nope=true",
		"--feature-gates=Nope=true: unknown gate; expected HPAScaleToZero, "
		"HPAConfigurableTolerance or PodLevelResources" },
	{ "--horizontal-pod-autoscaler-tolerance=-1",
		"--horizontal-pod-autoscaler-tolerance=-1: expected a number from 0 to 1" },
	{ "--leader-elect-lease-duration=0s",
		"--leader-elect-lease-duration=0s: expected a duration from 1s to 1h0m0s" },
	{ "stray", "unexpected argument 'stray'; --help lists the flags" },
};

START_TEST(refused)
{
	struct controller_options o;
	struct error err;

	ck_assert_int_eq(parse(REFUSED[_i].flag, &o, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, REFUSED[_i].error);
}
END_TEST

START_TEST(help_names_every_mode)
{
	AUTO(buf_done) struct buf text = { 0 };
	buf_init(&text, 100000);
	controller_options_help(&text);
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "--native-hpas=observe|own|ignore"));
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "(default observe)"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("controller_options");
	TCase *tcase = tcase_create("controller_options");
	tcase_add_test(tcase, defaults_are_those_of_kubernetes_and_write_nothing);
	tcase_add_test(tcase, kube_controller_managers_spelling_is_taken);
	tcase_add_loop_test(tcase, refused, 0, (int)ARRAY_LEN(REFUSED));
	tcase_add_test(tcase, the_election_is_kube_controller_managers_and_off);
	tcase_add_test(tcase, help_names_every_mode);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
