/* Conversion: each version into each other, what is lost, what is kept as it was written, and what is refused. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/convert.h"
#include "cli/verbs.h"
#include "common/mem.h"
#include "common/yx_print.h"

#define HPA(version)                                                                               \
	"apiVersion: autoscaling/" version "\n"                                                    \
	"kind: HorizontalPodAutoscaler\n"                                                          \
	"metadata:\n"                                                                              \
	"  name: web\n"
#define SPEC                                                                                       \
	"spec:\n"                                                                                  \
	"  scaleTargetRef:\n"                                                                      \
	"    kind: Deployment\n"                                                                   \
	"    name: web\n"                                                                          \
	"    apiVersion: apps/v1\n"                                                                \
	"  minReplicas: 2\n"                                                                       \
	"  maxReplicas: 10\n"
#define ANNOTATION(name, json)                                                                     \
	"  annotations:\n    autoscaling.alpha.kubernetes.io/" name ": \"" json "\"\n"

struct row {
	const char *name, *text;
	enum convert_to to;
	const char *result;
	const char *lost; /* paths, one a line */
};

static const struct row ROWS[] = {
	{ "CPU utilization is v1's own field",
		HPA("v2") SPEC
		"  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      "
		"target:\n        type: Utilization\n        averageUtilization: 70\n",
		CONVERT_TO_V1, HPA("v1") SPEC "  targetCPUUtilizationPercentage: 70\n", "" },
	{ "v1's CPU utilization becomes a metric",
		HPA("v1") SPEC "  targetCPUUtilizationPercentage: 70\n", CONVERT_TO_V2,
		HPA("v2") SPEC
		"  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      "
		"target:\n        type: Utilization\n        averageUtilization: 70\n",
		"" },
	{ "a second CPU metric is lost in v1",
		HPA("v2") SPEC
		"  metrics:\n"
		"  - {type: Resource, resource: {name: cpu, target: {type: Utilization, "
		"averageUtilization: 70}}}\n"
		"  - {type: Resource, resource: {name: cpu, target: {type: Utilization, "
		"averageUtilization: 80}}}\n",
		CONVERT_TO_V1, HPA("v1") SPEC "  targetCPUUtilizationPercentage: 70\n",
		"spec.metrics[1]\n" },
	{ "other metrics travel through v1 in an annotation, quantities as written",
		HPA("v2") SPEC
		"  metrics:\n  - type: Pods\n    pods:\n      metric:\n        name: rps\n"
		"      target:\n        type: AverageValue\n        averageValue: 1000m\n",
		CONVERT_TO_V1,
		HPA("v1") ANNOTATION("metrics",
			"[{\\\"type\\\":\\\"Pods\\\",\\\"pods\\\":{\\\"metricName\\\":\\\"rps\\\","
			"\\\"targetAverageValue\\\":\\\"1000m\\\"}}]") SPEC,
		"" },
	{ "and come back",
		HPA("v1") ANNOTATION("metrics",
			"[{\\\"type\\\":\\\"Pods\\\",\\\"pods\\\":{\\\"metricName\\\":\\\"rps\\\","
			"\\\"targetAverageValue\\\":\\\"1000m\\\"}}]") SPEC,
		CONVERT_TO_V2,
		HPA("v2") SPEC
		"  metrics:\n  - type: Pods\n    pods:\n      metric:\n        name: rps\n"
		"      target:\n        type: AverageValue\n        averageValue: 1000m\n",
		"" },
	{ "v2beta1 is flatter",
		HPA("v2") SPEC "  metrics:\n"
			       "  - {type: Object, object: {describedObject: {kind: Service, name: "
			       "s}, metric: {name: m}, "
			       "target: {type: Value, value: 2k}}}\n",
		CONVERT_TO_V2BETA1,
		HPA("v2beta1") SPEC
		"  metrics:\n  - type: Object\n    object:\n      target:\n        "
		"kind: Service\n        name: s\n      metricName: m\n      "
		"targetValue: 2k\n",
		"" },
	{ "a type that the flat shape cannot say is lost",
		HPA("v2") SPEC "  metrics:\n"
			       "  - {type: External, external: {metric: {name: q}, target: {type: "
			       "AverageValue, value: \"2\"}}}\n",
		CONVERT_TO_V2BETA1,
		HPA("v2beta1") SPEC
		"  metrics:\n  - type: External\n    external:\n      metricName: q\n"
		"      targetValue: \"2\"\n",
		"spec.metrics[0].external.target.type\n" },
	{ "tolerance is lost in v2beta2",
		HPA("v2") SPEC
		"  behavior:\n    scaleUp:\n      selectPolicy: Min\n      tolerance: "
		"\"0.05\"\n",
		CONVERT_TO_V2BETA2,
		HPA("v2beta2") SPEC "  behavior:\n    scaleUp:\n      selectPolicy: Min\n",
		"spec.behavior.scaleUp.tolerance\n" },
	{ "v2beta2 has the JSON of v2", HPA("v2beta2") SPEC "  behavior:\n    scaleDown: {}\n",
		CONVERT_TO_V2, HPA("v2") SPEC "  behavior:\n    scaleDown: {}\n", "" },
	{ "our kind is v2 under another name, written as it was",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"
		"spec: {maxReplicas: 10, metrics: [{type: Pods, pods: {metric: {name: rps}, "
		"target: {type: "
		"AverageValue, averageValue: 2}}}]}\n",
		CONVERT_TO_OWN,
		"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nmetadata:\n  name: "
		"web\n"
		"spec:\n  maxReplicas: 10\n  metrics:\n  - type: Pods\n    pods:\n      metric:\n  "
		"      "
		"name: rps\n      target:\n        type: AverageValue\n        averageValue: 2\n",
		"" },
	{ "v1 becomes our kind by way of v2",
		HPA("v1") SPEC "  targetCPUUtilizationPercentage: 70\n", CONVERT_TO_OWN,
		"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nmetadata:\n  name: "
		"web\n" SPEC
		"  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n      "
		"target:\n        type: Utilization\n        averageUtilization: 70\n",
		"" },
	{ "the way back loses what only our kind has",
		"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nmetadata: {name: "
		"web}\n"
		"spec:\n  maxReplicas: 10\n  mode: Recommend\n  metrics:\n"
		"  - {type: Prometheus, prometheus: {name: q, query: q, target: {value: 1}}}\n"
		"  - {type: External, fallback: {replicas: 3}, external: {metric: {name: q}, "
		"target: {type: "
		"Value, value: 1}}}\n",
		CONVERT_TO_V2,
		HPA("v2") "spec:\n  maxReplicas: 10\n  metrics:\n  - type: External\n    "
			  "external:\n      "
			  "metric:\n        name: q\n      target:\n        type: Value\n        "
			  "value: 1\n",
		"spec.mode\nspec.metrics[0]\nspec.metrics[1].fallback\n" },
	{ "what only the API server writes is left out",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: "
		"web\n"
		"  uid: u\n  resourceVersion: \"1\"\n  generation: 2\n  creationTimestamp: null\n"
		"  managedFields: []\n  annotations:\n    "
		"kubectl.kubernetes.io/last-applied-configuration: x\n"
		"spec: {maxReplicas: 3}\nstatus: {currentReplicas: 3}\n",
		CONVERT_TO_OWN,
		"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nmetadata:\n  name: "
		"web\n"
		"spec:\n  maxReplicas: 3\n",
		"" },
	{ "the status does not travel through v1's annotations",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: "
		"web\n" SPEC
		"  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, "
		"averageUtilization: 70}}}]\n"
		"status:\n  conditions: [{type: AbleToScale, status: \"True\"}]\n",
		CONVERT_TO_V1, HPA("v1") SPEC "  targetCPUUtilizationPercentage: 70\n", "" },
	{ "other documents stay as they are", "kind: Service\nspec: {ports: [1]}\n", CONVERT_TO_V1,
		"kind: Service\nspec:\n  ports:\n  - 1\n", "" },
};

static struct arena a;
static struct buf out;
static struct convert_notes notes;
static struct error err;

static void setup(void)
{
	arena_init(&a, 64u * 1024 * 1024);
	buf_init(&out, 1u << 20);
	buf_init(&notes.lost, 1u << 20);
	buf_init(&notes.problems, 1u << 20);
}

static void teardown(void)
{
	buf_done(&notes.problems);
	buf_done(&notes.lost);
	buf_done(&out);
	arena_done(&a);
}

/* Every document of the text, as YAML in `out`. */
static enum error_kind convert_text(struct sv text, enum convert_to to)
{
	struct manifest m = { 0 };
	struct jtree *made;

	enum error_kind kind = manifest_parse(&a, "f.yaml", text, &m, &err);
	for (size_t i = 0; i < m.n && kind == ERR_OK; i++) {
		kind = convert_document(&a, &m.at[i], to, &notes, &made, &err);
		if (kind == ERR_OK && made)
			yx_print(&out, made);
	}
	return kind;
}

/* The paths of the lines about losses. */
static const char *lost_paths(void)
{
	AUTO(buf_done) struct buf paths = { 0 };
	struct sv rest = buf_sv(&notes.lost);

	buf_init(&paths, 4096);
	while (rest.len > 0) {
		bool found;
		struct sv line = sv_cut(rest, '\n', &rest, &found);
		line = sv_skip(line, sv_find_sv(line, SV(": ")) + 2);
		buf_put_sv(&paths, sv_take(line, sv_find(line, ':')));
		buf_put_char(&paths, '\n');
	}
	return arena_strdup(&a, buf_sv(&paths));
}

START_TEST(converts)
{
	const struct row *row = &ROWS[_i];

	ck_assert_msg(
		convert_text(sv_of(row->text), row->to) == ERR_OK, "%s: %s", row->name, err.text);
	ck_assert_msg(notes.problems.len == 0, "%s: %s", row->name, buf_text(&notes.problems));
	ck_assert_msg(
		strcmp(buf_text(&out), row->result) == 0, "%s:\n%s", row->name, buf_text(&out));
	ck_assert_msg(strcmp(lost_paths(), row->lost) == 0, "%s: lost %s", row->name,
		buf_text(&notes.lost));
}
END_TEST

/* Objects that every version can express come back from each of them as they were. */
START_TEST(a_round_trip_changes_nothing)
{
	static const char *const specs[] = {
		"  metrics:\n  - type: Resource\n    resource:\n      name: memory\n      target:\n"
		"        type: AverageValue\n        averageValue: 0.5Gi\n",
		"  metrics:\n  - type: ContainerResource\n    containerResource:\n      name: cpu\n"
		"      target:\n        type: Utilization\n        averageUtilization: 60\n"
		"      container: app\n",
		"  metrics:\n  - type: External\n    external:\n      metric:\n        name: q\n"
		"        selector:\n          matchLabels:\n            a: \"yes\"\n"
		"          matchExpressions:\n          - key: b\n            operator: In\n"
		"            values:\n            - c\n"
		"      target:\n        type: Value\n        value: 5Ki\n",
		"  metrics:\n  - type: Object\n    object:\n      describedObject:\n        kind: "
		"Ingress\n"
		"        name: main\n        apiVersion: networking.k8s.io/v1\n      target:\n"
		"        type: AverageValue\n        averageValue: 2000m\n      metric:\n        "
		"name: rps\n",
		"  metrics:\n  - type: Pods\n    pods:\n      metric:\n        name: rps\n      "
		"target:\n"
		"        type: AverageValue\n        averageValue: \"2\"\n"
		"  behavior:\n    scaleUp:\n      stabilizationWindowSeconds: 0\n"
		"      selectPolicy: Disabled\n    scaleDown:\n      policies:\n      - type: "
		"Percent\n"
		"        value: 10\n        periodSeconds: 60\n",
	};
	enum convert_to to = (enum convert_to)(_i / (int)ARRAY_LEN(specs));
	struct sv before =
		sv_of(arena_printf(&a, "%s%s", HPA("v2") SPEC, specs[_i % (int)ARRAY_LEN(specs)]));

	ck_assert_int_eq(convert_text(before, to), ERR_OK);
	struct sv between = arena_sv(&a, buf_sv(&out));
	buf_clear(&out);
	ck_assert_msg(convert_text(between, CONVERT_TO_V2) == ERR_OK, "%s", err.text);
	ck_assert_msg(sv_eq(buf_sv(&out), before), "by way of\n%.*s came\n%s", SV_ARG(between),
		buf_text(&out));
	ck_assert_str_eq(buf_text(&notes.lost), "");
	ck_assert_str_eq(buf_text(&notes.problems), "");
}
END_TEST

static const struct {
	const char *name, *text, *problem;
} REFUSED[] = {
	{ "a misspelt field", HPA("v2") SPEC "  metric: []\n",
		"f.yaml:12:3: spec.metric: unknown field; did you mean metrics?\n" },
	{ "a wrong type", HPA("v2") "spec: {maxReplicas: \"3\"}\n",
		"f.yaml:5:21: spec.maxReplicas: expected a whole number of 32 bits, got the string "
		"\"3\"\n" },
	{ "an unknown version", HPA("v3") SPEC,
		"f.yaml:1:1: apiVersion: expected autoscaling/v2, v2beta2, v2beta1 or v1, got "
		"\"autoscaling/v3\"\n" },
	{ "a misspelt field of our kind",
		"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nspec: {modus: "
		"Active}\n",
		"f.yaml:3:8: spec.modus: unknown field; did you mean mode?\n" },
	{ "an annotation that cannot be read", HPA("v1") ANNOTATION("metrics", "[") SPEC,
		"f.yaml:1:1: metadata.annotations.autoscaling.alpha.kubernetes.io/metrics: cannot "
		"be read "
		"and would be ignored: line 1, column 2: " },
};

START_TEST(refuses)
{
	ck_assert_int_eq(convert_text(sv_of(REFUSED[_i].text), CONVERT_TO_V2), ERR_OK);
	ck_assert_str_eq(buf_text(&out), "");
	ck_assert_msg(sv_has_prefix(buf_sv(&notes.problems), sv_of(REFUSED[_i].problem)), "%s: %s",
		REFUSED[_i].name, buf_text(&notes.problems));
}
END_TEST

/* Out of memory is told, whenever it happens. */
START_TEST(memory_that_runs_out_is_told)
{
	unsigned long failed = 1;

	for (unsigned long at = 1; failed > 0; at++) {
		arena_done(&a);
		unsigned long before = mem_n_failures();
		mem_fail_at(at, true);
		enum error_kind kind = convert_text(sv_of(ROWS[3].text), ROWS[3].to);
		mem_fail_at(0, false);
		failed = mem_n_failures() - before;
		ck_assert(kind == ERR_NOMEM || buf_check(&out, "it", &err) == ERR_NOMEM ||
			  failed == 0);
		teardown();
		setup();
	}
}
END_TEST

static int run_command(char *a1, char *a2, char *a3)
{
	char verb[] = "convert";
	char *argv[] = { verb, a1, a2, a3, NULL };

	return cmd_convert(!a1 ? 1 : !a2 ? 2 : !a3 ? 3 : 4, argv);
}

START_TEST(exit_codes)
{
	char good[] = "/tmp/flyball-convert-XXXXXX", bad[] = "/tmp/flyball-convert-XXXXXX";
	char file[] = "-f", to_v1[] = "--to=autoscaling/v1", to_v3[] = "--to=autoscaling/v3";
	char json[] = "-ojson", none[] = "/nonexistent/x.yaml", help[] = "--help";
	static const char good_text[] = HPA("v2") SPEC "---\nkind: Service\n";
	static const char bad_text[] = HPA("v2") SPEC "---\n" HPA("v2") "spec: {max: 3}\n";
	int fds[] = { mkstemp(good), mkstemp(bad) };

	ck_assert_int_gt(write(fds[0], good_text, strlen(good_text)), 0);
	ck_assert_int_gt(write(fds[1], bad_text, strlen(bad_text)), 0);
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	ck_assert_int_eq(run_command(file, good, NULL), 0);
	ck_assert_int_eq(run_command(file, good, to_v1), 0);
	ck_assert_int_eq(run_command(file, good, json), 0);
	ck_assert_int_eq(run_command(help, NULL, NULL), 0);
	ck_assert_int_eq(run_command(file, bad, NULL), 2);
	ck_assert_int_eq(run_command(file, none, NULL), 2);
	ck_assert_int_eq(run_command(file, good, to_v3), 2);
	ck_assert_int_eq(run_command(good, NULL, NULL), 2);
	ck_assert_int_eq(run_command(NULL, NULL, NULL), 2);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		(void)close(fds[i]);
	(void)unlink(good);
	(void)unlink(bad);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("convert");
	TCase *tcase = tcase_create("convert");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, converts, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_loop_test(tcase, a_round_trip_changes_nothing, 0, 5 * 5); /* specs by versions */
	tcase_add_loop_test(tcase, refuses, 0, (int)ARRAY_LEN(REFUSED));
	tcase_add_test(tcase, memory_that_runs_out_is_told);
	tcase_add_test(tcase, exit_codes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
