#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/file.h"
#include "controller/controller_options.h"
#include "controller/kube_flags.h"

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

START_TEST(its_other_flags_mean_what_they_mean_there_or_nothing)
{
	struct controller_options o;
	struct error err;

	ck_assert_int_eq(parse("--logging-format=json", &o, &err), ERR_OK);
	ck_assert_int_eq(o.log_format, LOG_JSON);
	ck_assert_int_eq(parse("--v=2", &o, &err), ERR_OK);
	ck_assert_int_eq(o.log_level, LOG_INFO);
	ck_assert_int_eq(parse("-v=4", &o, &err), ERR_OK);
	ck_assert_int_eq(o.log_level, LOG_DEBUG);
	ck_assert(!o.secure.only_tls13);
	ck_assert_int_eq(parse("--tls-min-version=VersionTLS13", &o, &err), ERR_OK);
	ck_assert(o.secure.only_tls13);
	ck_assert_int_eq(o.secure.denied_ttl_ns, 10 * NS_PER_SEC);
	ck_assert_int_eq(
		parse("--authorization-webhook-cache-unauthorized-ttl=3s", &o, &err), ERR_OK);
	ck_assert_int_eq(o.secure.denied_ttl_ns, 3 * NS_PER_SEC);
	ck_assert_str_eq(o.idle_gate, "");
	ck_assert_int_eq(
		parse("--feature-gates=kube:HPAScaleToZero=true,CronJobsV2=false", &o, &err),
		ERR_OK);
	ck_assert(o.controller.settings.scale_to_zero);
	ck_assert_str_eq(o.idle_gate, "CronJobsV2");
}
END_TEST

/* Every flag that the documentation calls one without effect is accepted and changes nothing, and there are no others. */
START_TEST(flags_without_effect_are_accepted)
{
	const char *folder = getenv("FLYBALL_SOURCE_DIR");
	AUTO(arena_done) struct arena a = { 0 };
	struct option table[KUBE_FLAGS_MAX];
	struct controller_options o;
	struct sv text, flag;
	struct error err;
	char path[4096];
	bool found = true;
	size_t n = 0;

	arena_init(&a, 1u << 20);
	(void)snprintf(path, sizeof(path), "%s/docs/controller-flags.md", folder ? folder : ".");
	ck_assert_msg(file_read(&a, path, 1u << 18, &text, &err) == ERR_OK, "%s", err.text);
	text = sv_skip(text, sv_find_sv(text, SV("\n## Flags without effect")));
	for (; found; n++) {
		text = sv_skip(text, sv_find_sv(text, SV("`--")));
		flag = sv_cut(sv_skip(text, 1), '`', &text, &found);
		/* Where their own servers are is told by others. */
		if (!found || sv_is(flag, "--kubeconfig")) {
			n--;
			continue;
		}
		char *given = arena_printf(&a, "%.*s=true", SV_ARG(flag));
		ck_assert_msg(parse(given, &o, &err) == ERR_OK, "%s", err.text);
		ck_assert_ptr_null(o.kubeconfig);
	}
	ck_assert_uint_eq(n, kube_flags_fill(table));
}
END_TEST

START_TEST(kubeadms_command_line_starts_this_program)
{
	char line[][80] = { "flyball-controller", "--allocate-node-cidrs=true",
		"--authentication-kubeconfig=/etc/kubernetes/controller-manager.conf",
		"--bind-address=127.0.0.1", "--client-ca-file=/etc/kubernetes/pki/ca.crt",
		"--cluster-cidr=10.244.0.0/16", "--cluster-name", "kubernetes",
		"--controllers=*,bootstrapsigner,tokencleaner",
		"--kubeconfig=/etc/kubernetes/controller-manager.conf", "--leader-elect=true",
		"--kube-api-qps=50", "--kube-api-burst=100",
		"--concurrent-horizontal-pod-autoscaler-syncs=10",
		"--use-service-account-credentials=true", "--profiling=false" };
	char *argv[ARRAY_LEN(line)];
	struct controller_options o;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(line); i++)
		argv[i] = line[i];
	ck_assert_msg(controller_options_parse((int)ARRAY_LEN(line), argv, &o, &err) == ERR_OK,
		"%s", err.text);
	ck_assert_str_eq(o.kubeconfig, "/etc/kubernetes/controller-manager.conf");
	ck_assert(o.election.enabled);
	ck_assert_int_eq(o.controller.native, CONTROLLER_OBSERVE);
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
	{ "--feature-gates=HPANope=true",
		"--feature-gates=HPANope=true: unknown gate; expected HPAScaleToZero, "
		"HPAConfigurableTolerance or PodLevelResources" },
	{ "--feature-gates=AllAlpha=true",
		"--feature-gates=AllAlpha=true: unknown gate; expected HPAScaleToZero, "
		"HPAConfigurableTolerance or PodLevelResources" },
	{ "--feature-gates=hpa-scale=true",
		"--feature-gates=hpa-scale=true: unknown gate; expected HPAScaleToZero, "
		"HPAConfigurableTolerance or PodLevelResources" },
	{ "--master=https://elsewhere", "unknown flag --master; --help lists the flags" },
	{ "--tls-min-version=1.3",
		"--tls-min-version=1.3: expected VersionTLS10, VersionTLS11, VersionTLS12 or "
		"VersionTLS13" },
	{ "--horizontal-pod-autoscaler-tolerance=-1",
		"--horizontal-pod-autoscaler-tolerance=-1: expected a number from 0 to 1" },
	{ "--leader-elect-lease-duration=0s",
		"--leader-elect-lease-duration=0s: expected a duration from 1s to 1h0m0s" },
	{ "--tls-cert-file=a",
		"--tls-cert-file and --tls-private-key-file must be given together" },
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

/* A file with this text, as --config and another flag. */
static enum error_kind parse_with_file(
	const char *yaml, const char *flag, struct controller_options *o, struct error *err)
{
	static char path[] = "/tmp/flyball-options-XXXXXX";
	static char config[64], copy[256];
	char name[] = "flyball-controller";
	char *argv[] = { name, config, copy };

	memset(path + sizeof(path) - 7, 'X', 6);
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
	ck_assert_int_eq(close(fd), 0);
	(void)snprintf(config, sizeof(config), "--config=%s", path);
	(void)snprintf(copy, sizeof(copy), "%s", flag);
	enum error_kind kind = controller_options_parse(3, argv, o, err);
	ck_assert_int_eq(unlink(path), 0);
	return kind;
}

START_TEST(the_file_says_what_the_command_line_does_not)
{
	struct controller_options o;
	struct error err;

	ck_assert_msg(parse_with_file("native-hpas: own\n"
				      "sync-period: 20s\n"
				      "port: 8080\n"
				      "secure-port: 8443\n"
				      "leader-elect: true\n"
				      "feature-gates: [HPAScaleToZero=true]\n"
				      "servers: []\n",
			      "--sync-period=30s", &o, &err) == ERR_OK,
		"%s", err.text);
	ck_assert_int_eq(o.controller.native, CONTROLLER_OWN);
	ck_assert_int_eq(o.controller.sync_period_ns, 30 * NS_PER_SEC);
	ck_assert_int_eq(o.port, 8080);
	ck_assert_int_eq(o.secure.port, 8443);
	ck_assert(o.election.enabled);
	ck_assert(o.controller.settings.scale_to_zero);
	ck_assert_ptr_nonnull(o.config_file);
	controller_options_done(&o);
}
END_TEST

START_TEST(a_wrong_file_is_told_with_its_line)
{
	struct controller_options o;
	struct error err;

	ck_assert_int_eq(
		parse_with_file("port: 1\nsync-perod: 1s\n", "--port=2", &o, &err), ERR_INVALID);
	ck_assert_ptr_nonnull(
		strstr(err.text, ":2: unknown flag --sync-perod; did you mean --sync-period?"));
	controller_options_done(&o);
	ck_assert_int_eq(parse_with_file("config: x\n", "--port=2", &o, &err), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(err.text, "only the command line may have it"));
	controller_options_done(&o);
}
END_TEST

/* "  -x, --some-name=VALUE  text" -> "some\-name", as the page has it; false: no line of a flag. */
static bool page_name(struct sv line, struct buf *out)
{
	struct sv rest;
	bool found;
	size_t at = sv_find_sv(line, SV("--"));

	if (!sv_has_prefix(line, SV("  ")) || at > sizeof("  -x, ") - 1)
		return false;
	struct sv name = sv_cut(sv_skip(line, at + 2), ' ', &rest, &found);
	name = sv_cut(name, '=', &rest, &found);
	buf_clear(out);
	buf_put_str(out, "\\-\\-");
	for (size_t i = 0; i < name.len; i++)
		buf_printf(out, name.ptr[i] == '-' ? "\\%c" : "%c", name.ptr[i]);
	return true;
}

START_TEST(the_manual_page_lists_every_flag_of_the_help)
{
	AUTO(buf_done) struct buf help = { 0 }, man = { 0 }, name = { 0 };
	size_t n = 0;

	buf_init(&help, 100000);
	buf_init(&man, 100000);
	buf_init(&name, 1000);
	controller_options_help(&help);
	controller_options_man(&man);
	struct sv rest = buf_sv(&help);
	for (bool found = true; found;) {
		struct sv line = sv_cut(rest, '\n', &rest, &found);
		if (!page_name(line, &name))
			continue;
		n++;
		ck_assert_msg(strstr(buf_text(&man), buf_text(&name)) != NULL, "%s is missing",
			buf_text(&name));
	}
	ck_assert_uint_ge(n, 30);
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
	tcase_add_test(tcase, its_other_flags_mean_what_they_mean_there_or_nothing);
	tcase_add_test(tcase, flags_without_effect_are_accepted);
	tcase_add_test(tcase, kubeadms_command_line_starts_this_program);
	tcase_add_loop_test(tcase, refused, 0, (int)ARRAY_LEN(REFUSED));
	tcase_add_test(tcase, the_election_is_kube_controller_managers_and_off);
	tcase_add_test(tcase, help_names_every_mode);
	tcase_add_test(tcase, the_file_says_what_the_command_line_does_not);
	tcase_add_test(tcase, a_wrong_file_is_told_with_its_line);
	tcase_add_test(tcase, the_manual_page_lists_every_flag_of_the_help);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
