/* Rules files: what is found in them, and how each rule is asked. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/rules_generate.h"
#include "cli/rules_list.h"
#include "cli/rules_report.h"

#define PODS "  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}\n"
#define SUM "  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'\n"
#define GOOD "rules:\n- seriesQuery: x\n" PODS SUM
#define QUERY(text) "rules:\n- seriesQuery: x\n" PODS "  metricsQuery: '" text "'\n"
#define EXTERNAL(rest) "externalRules:\n- seriesQuery: x\n" rest

static struct arena a;
static struct buf out;
static struct error err;

static void setup(void)
{
	arena_init(&a, 64 << 20);
	buf_init(&out, 1 << 20);
}

static void teardown(void)
{
	buf_done(&out);
	arena_done(&a);
}

/* The check of one file; the file is freed by the caller. */
static struct rules_check check(const char *yaml, struct rules_file *f)
{
	struct rules_check c = { .a = &a };

	*f = (struct rules_file){ 0 };
	enum error_kind kind = rules_file_load(&a, "r.yaml", sv_of(yaml), f, &err);
	if (kind == ERR_INVALID) {
		rules_check_unloaded(&c, "r.yaml", sv_of(err.text));
		return c;
	}
	ck_assert_msg(kind == ERR_OK, "%s", err.text);
	ck_assert_int_eq(rules_check_file(&c, f, &err), ERR_OK);
	return c;
}

static const struct row {
	const char *name, *yaml;
	const char *findings; /* "line:name ..." in their order */
	const char *told;     /* in the report; NULL: nothing in particular */
} ROWS[] = {
	{ "a good rule", GOOD, "", "x on pods, namespaces" },
	{ "it is told how it is asked", GOOD, "",
		"  asked    one grouped query, coalesced over namespace,pod\n"
		"           sum by (pod, namespace) (x)\n" },
	{ "two unknown keys, each at its line", "rules:\n- seriesQuery: x\n  foo: 1\n  bar: 2\n",
		"3:file 4:file", "\"foo\"" },
	{ "a rule that does not compile hides no other",
		"rules:\n- seriesQuery: x\n  name: {matches: '('}\n" PODS SUM
		"- seriesQuery: y\n" PODS SUM,
		"2:rule", "y on pods" },
	{ "an empty selector", "rules:\n- seriesQuery: ''\n" PODS SUM, "2:series-empty", NULL },
	{ "a selector that does not parse", "rules:\n- seriesQuery: 'x{'\n" PODS SUM,
		"2:series-syntax", NULL },
	{ "a selector that is a call", "rules:\n- seriesQuery: 'rate(x[5m])'\n" PODS SUM,
		"2:series-syntax", "a function call" },
	{ "a selector of everything", "rules:\n- seriesQuery: '{namespace!=\"\"}'\n" PODS SUM,
		"2:series-broad", NULL },
	{ "a pattern over names is narrow enough",
		"rules:\n- seriesQuery: '{__name__=~\"http_.*\"}'\n" PODS SUM, "", "series of" },
	{ "a filter that refuses the only name",
		"rules:\n- seriesQuery: x\n  seriesFilters: [{isNot: '^x$'}]\n" PODS SUM,
		"2:name-rejects", NULL },
	{ "no resources at all", "rules:\n- seriesQuery: x\n" SUM, "2:no-resource", NULL },
	{ "no label for the namespace",
		"rules:\n- seriesQuery: x\n  resources: {overrides: {pod: {resource: pod}}}\n" SUM,
		"2:no-label", "unable to convert resource namespaces into label" },
	{ "a field that does not exist", QUERY("<<.Labels>>"), "2:template", ".Labels" },
	{ "a query that does not parse", QUERY("sum(<<.Series>>{<<.LabelMatchers>>}"),
		"2:query-syntax 2:query-syntax", "1:43: unclosed left parenthesis" },
	{ "a misspelt function", QUERY("ratee(<<.Series>>{<<.LabelMatchers>>}[5m])"),
		"2:query-syntax", "did you mean rate?" },
	{ "a range vector", QUERY("<<.Series>>{<<.LabelMatchers>>}[5m]"), "2:query-type", NULL },
	{ "rows without the object's label", QUERY("sum(<<.Series>>{<<.LabelMatchers>>})"),
		"2:no-row-label 2:no-row-label", "no label \"pod\"" },
	{ "rows without it behind a division by a scalar",
		QUERY("sum(<<.Series>>{<<.LabelMatchers>>}) / 2"), "2:no-row-label 2:no-row-label",
		NULL },
	{ "a label that group_left brings may be there",
		QUERY("sum(<<.Series>>{<<.LabelMatchers>>}) by (a) * on (a) group_left (pod, "
		      "namespace) "
		      "y{<<.LabelMatchers>>}"),
		"", "group_left () y" },
	{ "part of a name in a pattern",
		QUERY("sum(x{<<.LabelMatchers>>,pod=~\"<<index .LabelValuesByName \"pod\">>.*\"}) "
		      "by "
		      "(<<.GroupBy>>)"),
		"2:object-in-pattern", "holds the object" },
	{ "a side that reads every namespace",
		QUERY("sum(x{<<.LabelMatchers>>}) by (<<.GroupBy>>) / scalar(count(up))"),
		"2:other-namespaces", "up at 1:" },
	{ "unless the adapter adds it",
		"rules:\n- seriesQuery: x\n  enforceNamespace: true\n" PODS
		"  metricsQuery: 'sum(x{<<.LabelMatchers>>}) by (<<.GroupBy>>) / "
		"scalar(count(up))'\n",
		"", NULL },
	{ "two rules, one metric", GOOD "- seriesQuery: x\n" PODS SUM, "5:same-metric",
		"rule 1 of line 2" },
	{ "a resource of its own kind is taken on trust",
		"rules:\n- seriesQuery: x\n  resources: {overrides: {ns: {resource: namespace}, "
		"brand: "
		"{group: acme.io, resource: brand}}}\n" SUM,
		"", "brands.acme.io" },
	{ "a template for labels",
		"rules:\n- seriesQuery: x\n  resources: {template: 'kube_<<.Resource>>'}\n" SUM, "",
		"kube_pod=\"<kube_pod>\"" },
	{ "an external rule", EXTERNAL("  resources: {template: '<<.Resource>>'}\n" SUM), "",
		"external rule 1" },
	{ "an external rule may give a scalar",
		EXTERNAL("  resources: {namespaced: false}\n  metricsQuery: 'scalar(sum(x))'\n"),
		"2:ignores-namespace",
		"external rules that ignore the namespace: external rule 1" },
	{ "an external rule that forgets the matchers",
		EXTERNAL("  resources: {template: '<<.Resource>>'}\n  metricsQuery: 'sum(x)'\n"),
		"2:other-namespaces", "external rules that ignore the namespace: external rule 1" },
	{ "an external rule without a namespace label", EXTERNAL(SUM), "2:no-label", NULL },
	{ "resource metrics",
		"resourceRules:\n  cpu:\n    containerQuery: sum(x{<<.LabelMatchers>>}) by "
		"(<<.GroupBy>>)\n    nodeQuery: sum(x{<<.LabelMatchers>>})\n    resources: "
		"{overrides: {namespace: {resource: namespace}, pod: {resource: pod}, node: "
		"{resource: "
		"node}}}\n    containerLabel: container\n",
		"3:no-row-label", "cpu of containers  r.yaml:3  OK" },
};

START_TEST(finds)
{
	const struct row *row = &ROWS[_i];
	struct rules_file f;
	struct buf found;

	buf_init(&found, 10000);
	struct rules_check c = check(row->yaml, &f);
	for (size_t i = 0; i < c.n_findings; i++)
		buf_printf(&found, "%s%u:%s", i > 0 ? " " : "", c.findings[i].line,
			rules_findings[c.findings[i].id].name);
	rules_report_text(&out, &c);
	ck_assert_msg(strcmp(buf_text(&found), row->findings) == 0, "%s: %s\n%s", row->name,
		buf_text(&found), buf_text(&out));
	if (row->told)
		ck_assert_msg(strstr(buf_text(&out), row->told) != NULL, "%s: no %s in\n%s",
			row->name, row->told, buf_text(&out));
	buf_done(&found);
	rules_file_done(&f);
}
END_TEST

START_TEST(a_version_is_asked_for)
{
	struct rules_file f;
	struct rules_check c = { .a = &a, .version = { 2, 10 } };
	const char *yaml =
		QUERY("sum(last_over_time(x{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>)");

	ck_assert_int_eq(rules_file_load(&a, "r.yaml", sv_of(yaml), &f, &err), ERR_OK);
	ck_assert_int_eq(rules_check_file(&c, &f, &err), ERR_OK);
	ck_assert_uint_eq(c.n_findings, 1);
	ck_assert_str_eq(c.findings[0].cause, "1:5: last_over_time() needs Prometheus 2.26");
	rules_file_done(&f);
}
END_TEST

START_TEST(as_json)
{
	struct rules_file f;
	struct rules_check c = check(QUERY("sum(<<.Series>>{<<.LabelMatchers>>})"), &f);

	rules_report_json(&out, &c);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"finding\": \"no-row-label\""));
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "\"groupedQuery\": \"sum by (namespace, pod) (x)\""));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\"errors\": 2"));
	rules_file_done(&f);
}
END_TEST

static const struct {
	const char *prefix, *interval;
	const char *told; /* in the text; or in the refusal */
	bool good;
} GENERATED[] = {
	{ "", "5m", "[5m])) by (<<.GroupBy>>)'", true },
	{ "kube_", "2m", "template: 'kube_<<.Resource>>'", true },
	{ "kube_", "2m", "'{kube_namespace!=\"\",__name__!~\"^container_.*\"}'", true },
	{ "", "5x", "--rate-interval", false },
	{ "a-b", "5m", "--label-prefix", false },
	{ "'", "5m", "--label-prefix", false },
};

START_TEST(the_documentation_shows_the_table)
{
	FILE *f = fopen("docs/rules.md", "re");
	char line[2000];
	size_t n = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		for (size_t i = 0; i < RULES_N_FINDINGS; i++) {
			char head[100];
			(void)snprintf(head, sizeof(head), "| `%s` | %s | ", rules_findings[i].name,
				rules_findings[i].severity == RULES_ERROR ? "error" : "warning");
			if (strncmp(line, head, strlen(head)) != 0)
				continue;
			ck_assert_ptr_nonnull(strstr(line, rules_findings[i].what));
			ck_assert_ptr_nonnull(strstr(line, rules_findings[i].cure));
			n++;
		}
	}
	(void)fclose(f);
	ck_assert_uint_eq(n, RULES_N_FINDINGS);
}
END_TEST

START_TEST(generated_rules_load)
{
	const struct rules_generate_options o = { GENERATED[_i].prefix, GENERATED[_i].interval };
	struct buf text;
	struct rules_file f;

	buf_init(&text, 1 << 20);
	enum error_kind kind = rules_generate(&o, &text, &err);
	ck_assert_int_eq(kind, GENERATED[_i].good ? ERR_OK : ERR_INVALID);
	ck_assert_ptr_nonnull(
		strstr(GENERATED[_i].good ? buf_text(&text) : err.text, GENERATED[_i].told));
	if (GENERATED[_i].good) {
		struct rules_check c = check(buf_text(&text), &f);
		ck_assert_uint_eq(c.n_rules, 6);
		ck_assert_uint_eq(rules_check_count(&c, RULES_ERROR), 0);
		rules_list_print(&out, &f);
		ck_assert_ptr_nonnull(strstr(buf_text(&out), "rule 6  r.yaml:"));
		rules_file_done(&f);
	}
	buf_done(&text);
}
END_TEST

START_TEST(memory_that_runs_out_is_told)
{
	const char *yaml =
		QUERY("sum(x{<<.LabelMatchers>>}) by (<<.GroupBy>>) / scalar(count(up))");
	bool succeeded = false;

	for (unsigned long i = 1; i < 2000 && !succeeded; i++) {
		struct arena small;
		struct rules_file f = { 0 };
		arena_init(&small, 16 << 20);
		struct rules_check c = { .a = &small };
		mem_fail_at(i, true);
		enum error_kind kind = rules_file_load(&small, "r.yaml", sv_of(yaml), &f, &err);
		if (kind == ERR_OK)
			kind = rules_check_file(&c, &f, &err);
		mem_fail_at(0, false);
		ck_assert_msg(
			kind == ERR_OK || kind == ERR_NOMEM, "allocation %lu: %s", i, err.text);
		succeeded = kind == ERR_OK && c.n_findings == 1;
		rules_file_done(&f);
		arena_done(&small);
	}
	ck_assert(succeeded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rules_check");
	TCase *tcase = tcase_create("rules_check");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, finds, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, a_version_is_asked_for);
	tcase_add_test(tcase, as_json);
	tcase_add_test(tcase, the_documentation_shows_the_table);
	tcase_add_loop_test(tcase, generated_rules_load, 0, (int)ARRAY_LEN(GENERATED));
	tcase_add_test(tcase, memory_that_runs_out_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
