/* sample_time.c: which rules are plain, and what is asked for their times. */
#include "adapter/sample_time.h"
#include "tests/unit/adapter/rule_world.h"

static const struct {
	const char *name, *query, *time; /* time NULL: not plain */
} QUERIES[] = {
	{ "a selector", "a{b=\"c\"}", "min by (pod) (timestamp(a{b=\"c\"}))" },
	{ "a selector in parentheses", "((a))", "min by (pod) (timestamp(a))" },
	{ "a sum", "sum(a{b=\"c\"}) by (pod)", "min by (pod) (timestamp(a{b=\"c\"}))" },
	{ "an average without", "avg without (x) ((a))", "min by (pod) (timestamp(a))" },
	{ "a rate", "sum(rate(a[2m])) by (pod)", NULL },
	{ "an offset", "a offset 5m", NULL },
	{ "a fixed time", "a @ 100", NULL },
	{ "the largest", "topk(1, a)", NULL },
	{ "two selectors", "a / b", NULL },
	{ "a sum of a sum", "sum(sum(a) by (pod))", NULL },
	{ "a number", "1", NULL },
};

START_TEST(plain_queries_have_a_time)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text = SV_NULL;
	struct error err = { 0 };

	arena_init(&a, 1u << 20);
	enum error_kind kind =
		sample_time_query(&a, sv_of(QUERIES[_i].query), SV("pod"), &text, &err);
	if (QUERIES[_i].time) {
		ck_assert_msg(kind == ERR_OK, "%s: %s", QUERIES[_i].name, err.text);
		ck_assert_msg(
			sv_is(text, QUERIES[_i].time), "%s: %.*s", QUERIES[_i].name, SV_ARG(text));
	} else {
		ck_assert_msg(kind == ERR_INVALID, "%s", QUERIES[_i].name);
		ck_assert_ptr_nonnull(strstr(err.text, "sampleTimestamp: the query must be one"));
	}
}
END_TEST

static const struct {
	const char *name, *text, *why;
} RULES[] = {
	{ "a plain rule",
		"rules:\n- sampleTimestamp: true\n" RULE_WORLD_LABELS
		"  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'\n",
		NULL },
	{ "a rate",
		"rules:\n- sampleTimestamp: true\n" RULE_WORLD_LABELS
		"  metricsQuery: 'rate(<<.Series>>{<<.LabelMatchers>>}[2m])'\n",
		"f: line 2: rules[0]: sampleTimestamp: the query must be one selector" },
	{ "no PromQL",
		"rules:\n- sampleTimestamp: true\n" RULE_WORLD_LABELS "  metricsQuery: 'a b'\n",
		"sampleTimestamp: 1:3: parse error" },
	{ "an external rule",
		"externalRules:\n- sampleTimestamp: true\n" RULE_WORLD_LABELS "  metricsQuery: a\n",
		"externalRules[0]: sampleTimestamp is for rules only" },
};

START_TEST(rules_are_checked_when_they_are_loaded)
{
	struct rule_world w;

	enum error_kind kind = rule_world_start(&w, RULES[_i].text, false);
	ck_assert_msg((kind == ERR_OK) == !RULES[_i].why, "%s: %s", RULES[_i].name, w.err.text);
	if (RULES[_i].why)
		ck_assert_msg(
			strstr(w.err.text, RULES[_i].why), "%s: %s", RULES[_i].name, w.err.text);
	rule_world_stop(&w);
}
END_TEST

static enum error_kind ask_time(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text;

	arena_init(&a, 1u << 20);
	return sample_time_query(&a, SV("sum(a{b=\"c\"}) by (pod)"), SV("pod"), &text, err);
}

START_TEST(out_of_memory_is_said)
{
	fail_each_allocation(ask_time);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, plain_queries_have_a_time, 0, ARRAY_LEN(QUERIES));
	tcase_add_test(tcase, out_of_memory_is_said);
	tcase_add_loop_test(tcase, rules_are_checked_when_they_are_loaded, 0, ARRAY_LEN(RULES));
}

int main(void)
{
	return run_case("sample_time", add);
}
