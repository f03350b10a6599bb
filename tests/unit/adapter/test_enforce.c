/* enforce.c and probe.c: which rules can be enforced, and what becomes of their queries. */
#include "adapter/enforce.h"
#include "tests/unit/adapter/rule_world.h"

#define RULE(query)                                                                                \
	"rules:\n- enforceNamespace: true\n" RULE_WORLD_LABELS "  metricsQuery: '" query "'\n"
#define EXTERNAL(query)                                                                            \
	"externalRules:\n- enforceNamespace: true\n" RULE_WORLD_LABELS "  metricsQuery: '" query   \
	"'\n"

static const struct {
	const char *name, *text, *why; /* why NULL: fine */
} RULES[] = {
	{ "the usual rule",
		RULE("sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)"), NULL },
	{ "a query that ignores its matchers", RULE("sum(x)"), NULL },
	{ "a query about its own namespace only", RULE("x{ns=\"flyball-probe\"}"), NULL },
	{ "an external rule", EXTERNAL("sum(<<.Series>>{<<.LabelMatchers>>})"), NULL },
	{ "a query about another namespace", RULE("x{ns=\"kube-system\"}"),
		"f: line 2: rules[0]: enforceNamespace: 1:1: the selector has ns=\"kube-system\", "
		"which contradicts ns=\"flyball-probe\"" },
	{ "another namespace in a corner",
		RULE("sum(x) / on () group_left () max_over_time(avg(y{ns!~\".+\"})[5m:1m])"),
		"contradicts ns=\"flyball-probe\"" },
	{ "info()", RULE("info(x)"), "info() reads series by itself and cannot be restricted" },
	{ "a query that printing would change", RULE("x offset --18 - 5"),
		"enforceNamespace: the query's canonical form, x{ns=\"flyball-probe\"} offset 18 - "
		"5, means "
		"something else" },
	{ "no PromQL", RULE("sum(x"), "rules[0]: enforceNamespace: 1:6: parse error" },
	{ "a query in another dialect", RULE("sum(x) keep_metric_names"), "enforceNamespace: 1:8" },
	{ "no label for the namespace",
		"rules:\n- enforceNamespace: true\n  metricsQuery: x\n  resources: {overrides: "
		"{pod: "
		"{resource: pod}}}\n",
		"enforceNamespace: unable to convert resource namespaces into label" },
	{ "an external rule that says it is not namespaced",
		"externalRules:\n- enforceNamespace: true\n  metricsQuery: x\n  resources: "
		"{template: "
		"<<.Resource>>, namespaced: false}\n",
		"externalRules[0]: enforceNamespace contradicts resources.namespaced: false" },
	{ "nodes have no namespace",
		"rules:\n- enforceNamespace: true\n  metricsQuery: x\n  resources: {overrides: "
		"{ns: "
		"{resource: namespace}, node: {resource: node}}}\n",
		"the label \"node\" stands for nodes, which have no namespace" },
	{ "a template that fails", RULE("<<index .LabelValuesByName>>"), NULL },
	{ "not asked for", "rules:\n- metricsQuery: 'sum(x'\n", NULL },
};

START_TEST(rules_are_checked_when_they_are_loaded)
{
	struct rule_world w;

	enum error_kind kind = rule_world_start(&w, RULES[_i].text, false);
	/* A mistake of the template itself is told by the compiler of rules, before. */
	if (strstr(RULES[_i].text, "index .LabelValuesByName>>")) {
		ck_assert_int_eq(kind, ERR_INVALID);
	} else if (RULES[_i].why) {
		ck_assert_msg(kind == ERR_INVALID, "%s: taken", RULES[_i].name);
		ck_assert_msg(
			strstr(w.err.text, RULES[_i].why), "%s: %s", RULES[_i].name, w.err.text);
	} else {
		ck_assert_msg(kind == ERR_OK, "%s: %s", RULES[_i].name, w.err.text);
	}
	rule_world_stop(&w);
}
END_TEST

static const struct {
	const char *name, *query;
	size_t n; /* of "one", "t.wo" */
	const char *enforced, *why;
} QUERIES[] = {
	{ "every selector", "sum(rate(a[2m])) by (pod) / b{c=\"d\"}", 1,
		"sum by (pod) (rate(a{ns=\"one\"}[2m])) / b{c=\"d\",ns=\"one\"}", NULL },
	{ "inside of subqueries", "max_over_time(sum(a)[1h:1m] offset 1d)", 1,
		"max_over_time(sum(a{ns=\"one\"})[1h:1m] offset 1d)", NULL },
	{ "once where it is already", "a{ns=\"one\"}", 1, "a{ns=\"one\"}", NULL },
	{ "beside one that is wider", "a{ns=~\"o.*\"}", 1, "a{ns=\"one\",ns=~\"o.*\"}", NULL },
	{ "inside of absent and behind or", "absent(a) or b", 1,
		"absent(a{ns=\"one\"}) or b{ns=\"one\"}", NULL },
	{ "names without a metric name", "{__name__=~\"a|b\"}", 1, "{__name__=~\"a|b\",ns=\"one\"}",
		NULL },
	{ "of several namespaces, as literals", "a", 2, "a{ns=~\"one|t\\\\.wo\"}", NULL },
	{ "a selector of a request", "a{ns=\"other\"}", 1, NULL,
		"enforceNamespace: 1:1: the selector has ns=\"other\", which contradicts "
		"ns=\"one\"" },
	{ "a selector that wants none", "a{ns=\"\"}", 1, NULL, "contradicts ns=\"one\"" },
	{ "text that ends its selector", "a{x=\"\"} or b{y=\"", 1, NULL, "enforceNamespace: 1:" },
};

START_TEST(queries_get_their_matchers)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct sv names[] = { SV("one"), SV("t.wo") };
	struct sv text = SV_NULL;
	struct error err = { 0 };

	arena_init(&a, 1u << 20);
	enum error_kind kind = enforce_query(
		&a, sv_of(QUERIES[_i].query), SV("ns"), names, QUERIES[_i].n, &text, &err);
	if (QUERIES[_i].enforced) {
		ck_assert_msg(kind == ERR_OK, "%s: %s", QUERIES[_i].name, err.text);
		ck_assert_msg(sv_is(text, QUERIES[_i].enforced), "%s: %.*s", QUERIES[_i].name,
			SV_ARG(text));
	} else {
		ck_assert_int_eq(kind, ERR_INVALID);
		ck_assert_msg(
			strstr(err.text, QUERIES[_i].why), "%s: %s", QUERIES[_i].name, err.text);
	}
}
END_TEST

START_TEST(no_namespace_is_no_licence)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct sv none = SV("");
	struct sv text;
	struct error err;

	arena_init(&a, 1u << 20);
	ck_assert_int_eq(enforce_query(&a, SV("a"), SV("ns"), &none, 1, &text, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "enforceNamespace: no namespace given");
}
END_TEST

START_TEST(kinds_without_a_namespace_cannot_be_enforced)
{
	struct rule_world w;

	ck_assert_int_eq(rule_world_start(&w, "", false), ERR_OK);
	ck_assert(enforce_is_possible(w.m, (struct mapper_name){ SV(""), SV("pods") }));
	ck_assert(enforce_is_possible(w.m, (struct mapper_name){ SV(""), SV("namespaces") }));
	ck_assert(!enforce_is_possible(w.m, (struct mapper_name){ SV(""), SV("nodes") }));
	ck_assert(!enforce_is_possible(w.m, (struct mapper_name){ SV("x"), SV("unknowns") }));
	rule_world_stop(&w);
}
END_TEST

static enum error_kind enforce_one(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct sv names[] = { SV("one"), SV("two") };
	struct sv text;

	arena_init(&a, 1u << 20);
	return enforce_query(&a, SV("sum(a{b=\"c\"}) / d"), SV("ns"), names, 2, &text, err);
}

START_TEST(out_of_memory_is_said)
{
	fail_each_allocation(enforce_one);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, rules_are_checked_when_they_are_loaded, 0, ARRAY_LEN(RULES));
	tcase_add_loop_test(tcase, queries_get_their_matchers, 0, ARRAY_LEN(QUERIES));
	tcase_add_test(tcase, out_of_memory_is_said);
	tcase_add_test(tcase, no_namespace_is_no_licence);
	tcase_add_test(tcase, kinds_without_a_namespace_cannot_be_enforced);
}

int main(void)
{
	return run_case("enforce", add);
}
