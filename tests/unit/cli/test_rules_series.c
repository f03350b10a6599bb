/* Series of a rule: what becomes of them, and what is said when nothing does; the addresses of servers. */
#include <check.h>
#include <stdlib.h>

#include "cli/prom_source.h"
#include "cli/rules_test.h"

#define PODS "  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}\n"
#define SUM "  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'\n"
#define LISTING(entries) "{\"status\":\"success\",\"data\":[" entries "]}"
#define SERIES(labels) "{\"__name__\":\"x\"" labels "}"
#define KUBERNETES                                                                                 \
	",\"kubernetes_pod_name\":\"p\",\"kubernetes_namespace\":\"n\",\"instance\":\"i\""

static struct arena a;
static struct error err;

static void setup(void)
{
	arena_init(&a, 64 << 20);
}

static void teardown(void)
{
	arena_done(&a);
}

static const struct row {
	const char *name, *rule, *listing;
	const char *metrics;	  /* "name on resources;" ... */
	const char *cause, *cure; /* when there are none */
} ROWS[] = {
	{ "kept", PODS SUM, LISTING(SERIES(",\"namespace\":\"n\",\"pod\":\"p\"")),
		"x on pods, namespaces; ", NULL, NULL },
	{ "a series with more labels stands for those with fewer", PODS SUM,
		LISTING(SERIES(",\"namespace\":\"n\"") "," SERIES(
			",\"namespace\":\"n\",\"pod\":\"p\"")),
		"x on pods, namespaces; ", NULL, NULL },
	{ "pods go first, whatever their label is called",
		"  resources: {template: '<<.Resource>>'}\n" SUM,
		LISTING(SERIES(",\"namespace\":\"n\",\"job\":\"j\",\"pod\":\"p\"")),
		"x on pods, jobs, namespaces; ", NULL, NULL },
	{ "two labels of one resource",
		"  resources: {overrides: {a: {resource: pod}, b: {resource: pods}}}\n" SUM,
		LISTING(SERIES(",\"a\":\"n\",\"b\":\"j\"")), "x on pods; ", NULL, NULL },
	{ "Prometheus' own label is taken for a Job",
		"  resources: {template: '<<.Resource>>'}\n" SUM, LISTING(SERIES(",\"job\":\"j\"")),
		"x on jobs (only job); ", NULL, NULL },
	{ "unless an override says so",
		"  resources: {overrides: {job: {group: batch, resource: job}}}\n" SUM,
		LISTING(SERIES(",\"job\":\"j\"")), "x on jobs; ", NULL, NULL },
	{ "nothing there", PODS SUM, LISTING(""), "", "no series match x", "" },
	{ "labels of another name", PODS SUM, LISTING(SERIES(KUBERNETES)), "",
		"0 of 1 series kept: resources.overrides names labels \"namespace\", \"pod\", "
		"absent",
		"series carry \"kubernetes_pod_name\" and \"kubernetes_namespace\": overrides: "
		"{kubernetes_pod_name: {resource: pod}, kubernetes_namespace: {resource: "
		"namespace}}" },
	{ "a template that finds no label", "  resources: {template: 'kube_<<.Resource>>'}\n" SUM,
		LISTING(SERIES(KUBERNETES) "," SERIES(",\"job\":\"j\"")), "",
		"0 of 2 series kept: resources.template names label \"kube_pod\", absent",
		"series carry \"kubernetes_pod_name\"" },
	{ "no label that looks like one", PODS SUM, LISTING(SERIES(",\"job\":\"j\"")), "", "absent",
		"series carry none that looks like one" },
	{ "refused by a filter", "  seriesFilters: [{isNot: '^x'}]\n" PODS SUM,
		LISTING(SERIES(",\"namespace\":\"n\",\"pod\":\"p\"")), "",
		"0 of 1 series kept: seriesFilters or name.matches refuse x", "not anchored" },
	{ "a name that becomes empty", "  name: {matches: '^(.*)$', as: '$1_ps'}\n" PODS SUM,
		LISTING(SERIES(",\"namespace\":\"n\",\"pod\":\"p\"")), "",
		"0 of 1 series kept: name.as makes an empty name", "${1}_suffix" },
};

START_TEST(sorts)
{
	const struct row *row = &ROWS[_i];
	const char *yaml = arena_printf(&a, "rules:\n- seriesQuery: x\n%s", row->rule);
	struct rules_file f;
	struct series *listing;
	struct rules_series found;
	struct buf text, cause, cure;

	buf_init(&text, 10000);
	buf_init(&cause, 10000);
	buf_init(&cure, 10000);
	ck_assert_msg(
		rules_file_load(&a, "r.yaml", sv_of(yaml), &f, &err) == ERR_OK, "%s", err.text);
	ck_assert_int_eq(series_new(&listing, &err), ERR_OK);
	ck_assert_int_eq(series_feed(listing, sv_of(row->listing), &err), ERR_OK);
	ck_assert_int_eq(series_end(listing, &err), ERR_OK);
	ck_assert_int_eq(rules_series_sort(&a, listing, &f, &f.rules[0], &found, &err), ERR_OK);
	for (size_t i = 0; i < found.n_metrics; i++) {
		const struct rules_series_metric *m = &found.metrics[i];
		buf_printf(&text, "%.*s on ", SV_ARG(m->name));
		for (size_t k = 0; k < m->n_resources; k++)
			buf_printf(
				&text, "%s%.*s", k > 0 ? ", " : "", SV_ARG(m->resources[k].plural));
		buf_printf(&text, "%s; ", m->only_job ? " (only job)" : "");
	}
	ck_assert_msg(
		strcmp(buf_text(&text), row->metrics) == 0, "%s: %s", row->name, buf_text(&text));
	if (row->cause) {
		rules_test_explain_nothing(&cause, &cure, &f, &f.rules[0], &found);
		ck_assert_msg(strstr(buf_text(&cause), row->cause) != NULL, "%s: %s", row->name,
			buf_text(&cause));
		ck_assert_msg(strstr(buf_text(&cure), row->cure) != NULL, "%s: %s", row->name,
			buf_text(&cure));
	}
	series_free(listing);
	buf_done(&text);
	buf_done(&cause);
	buf_done(&cure);
	rules_file_done(&f);
}
END_TEST

static const struct {
	const char *selector, *series, *made;
} SELECTORS[] = {
	{ "x{a=\"b\"}", "x", "x{a=\"b\"}" },
	{ "{__name__=~\"^c_.*\",pod!=\"\"}", "c_x",
		"{__name__=\"c_x\",__name__=~\"^c_.*\",pod!=\"\"}" },
	{ "rate(x[5m])", "x", NULL },
	{ "{", "x", NULL },
};

START_TEST(selectors)
{
	struct sv made = SV("");

	enum error_kind kind = rules_example_selector(
		&a, sv_of(SELECTORS[_i].selector), sv_of(SELECTORS[_i].series), &made, &err);
	ck_assert_int_eq(kind, SELECTORS[_i].made ? ERR_OK : ERR_INVALID);
	if (SELECTORS[_i].made)
		ck_assert_msg(sv_is(made, SELECTORS[_i].made), "%.*s", SV_ARG(made));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rules_series");
	TCase *tcase = tcase_create("rules_series");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, sorts, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_loop_test(tcase, selectors, 0, (int)ARRAY_LEN(SELECTORS));
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
