/* Which autoscaler uses which metric. */
#include <check.h>
#include <stdlib.h>

#include "cli/rules_uses.h"
#include "cli/source_file.h"

#define HPA(name, metric)                                                                          \
	"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: " name        \
	", namespace: shop}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, "    \
	"name: web}\n  maxReplicas: 3\n  metrics:\n  - " metric "\n---\n"
#define PODS                                                                                       \
	"{type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: "     \
	"\"2\"}}}"
#define OBJECT                                                                                     \
	"{type: Object, object: {metric: {name: rps}, describedObject: {apiVersion: "              \
	"networking.k8s.io/v1, kind: Ingress, name: main}, target: {type: Value, value: 10k}}}"
#define EXTERNAL                                                                                   \
	"{type: External, external: {metric: {name: lag}, target: {type: AverageValue, "           \
	"averageValue: 500m}}}"
#define CPU                                                                                        \
	"{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: "  \
	"50}}}"

static const char YAML[] =
	HPA("a", PODS) HPA("b", OBJECT) HPA("c", EXTERNAL) HPA("d", CPU) HPA("e", PODS);

static struct arena a;
static struct rules_uses uses;
static struct error err;

static void setup(void)
{
	const struct source_file_options options = { .ns = "default" };
	struct source_file_list list = { 0 };
	struct buf problems;
	size_t size = 0;

	arena_init(&a, 64 << 20);
	buf_init(&problems, 65536);
	uses = (struct rules_uses){ 0 };
	ck_assert_int_eq(
		source_file_parse(&a, "f.yaml", sv_of(YAML), &options, &list, &problems, &err),
		ERR_OK);
	ck_assert_str_eq(buf_text(&problems), "");
	for (size_t i = 0; i < list.n; i++)
		ck_assert_int_eq(rules_uses_add(&a, &list.at[i].hpa, &uses, &size, &err), ERR_OK);
	buf_done(&problems);
}

static void teardown(void)
{
	arena_done(&a);
}

static const struct row {
	const char *name;
	const char *ns, *metric, *kind, *object, *told;
} ROWS[] = {
	{ "of pods, by two", "shop", "rps", "Pod", "web-0",
		"  used by hpa/a, target 2 and 1 more" },
	{ "of an object", "shop", "rps", "Ingress", "main", "  used by hpa/b, target 10k" },
	{ "of another object", "shop", "rps", "Ingress", "other", "" },
	{ "external", "shop", "lag", "", "", "  used by hpa/c, target 500m" },
	{ "of any namespace", "", "lag", "", "", "  used by hpa/c, target 500m" },
	{ "of another namespace", "default", "rps", "Pod", "web-0", "" },
	{ "resource metrics are not the adapter's", "shop", "cpu", "Pod", "web-0", "" },
};

START_TEST(tells)
{
	const struct row *row = &ROWS[_i];
	struct buf out;

	buf_init(&out, 1000);
	rules_uses_print(&out, &uses, sv_of(row->ns), sv_of(row->metric), sv_of(row->kind),
		sv_of(row->object));
	ck_assert_msg(strcmp(buf_text(&out), row->told) == 0, "%s: %s", row->name, buf_text(&out));
	buf_done(&out);
}
END_TEST

START_TEST(reads)
{
	ck_assert_uint_eq(uses.n, 4);
	ck_assert(sv_is(uses.at[1].described_kind, "Ingress"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rules_uses");
	TCase *tcase = tcase_create("rules_uses");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, tells, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, reads);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
