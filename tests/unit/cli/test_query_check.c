/* Queries: what is wrong with them, what they cost, and how they are explained. */
#include <check.h>
#include <stdlib.h>

#include "cli/query_check.h"
#include "cli/query_explain.h"
#include "common/instant.h"

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

static const struct row {
	const char *query, *told;
} ROWS[] = {
	{ "up", "" },
	{ "ratee(x[5m])", "1:1: unknown function with name \"ratee\"; did you mean rate?\n" },
	{ "xyzzyx(x)", "1:1: unknown function with name \"xyzzyx\"\n" },
	{ "holt_winters(x[5m], 0.1, 0.2)", "1:1: unknown function with name \"holt_winters\"; "
					   "since Prometheus 3.0 it is called "
					   "double_exponential_smoothing\n" },
	{ "sum(x) by", "1:10: unexpected end of input in grouping opts, expected \"(\"\n" },
	{ "rate(x)", "1:6: expected type range vector in call to function \"rate\", got instant "
		     "vector\n" },
	{ "info(x)", "1:1: info() needs --enable-feature=promql-experimental-functions\n" },
	{ "x +\n  yyy(z)", "2:3: unknown function with name \"yyy\"\n" },
};

START_TEST(checks)
{
	const struct query_check_options options = { .version = QUERY_VERSION_NEWEST };
	struct sv query = sv_of(ROWS[_i].query);
	struct query_check checked;

	ck_assert_int_eq(query_check(&a, query, &options, &checked, &err), ERR_OK);
	query_check_print(&out, NULL, query, &checked);
	ck_assert_str_eq(buf_text(&out), ROWS[_i].told);
}
END_TEST

START_TEST(a_feature_that_the_server_has_is_no_problem)
{
	static const char *const FEATURES[] = { "promql-experimental-functions", NULL };
	const struct query_check_options options = { QUERY_VERSION_NEWEST, FEATURES };
	const struct query_check_options old = { { 2, 50 }, FEATURES };
	struct query_check checked;

	ck_assert_int_eq(query_check(&a, SV("info(x)"), &options, &checked, &err), ERR_OK);
	ck_assert_uint_eq(checked.n_problems, 0);
	ck_assert_int_eq(query_check(&a, SV("info(x)"), &old, &checked, &err), ERR_OK);
	query_check_print(&out, "f", SV("info(x)"), &checked);
	ck_assert_str_eq(buf_text(&out), "f: 1:1: info() needs Prometheus 2.55\n");
}
END_TEST

static struct ast *parse(const char *query)
{
	struct ast *root;

	ck_assert_int_eq(parser_parse(&a, sv_of(query), PARSER_ALL, &root, NULL, &err), ERR_OK);
	return root;
}

static const struct cost_row {
	const char *query;
	size_t n_selectors;
	double n_samples; /* of one series each, a sample every 15 s */
} COSTS[] = {
	{ "1 + 1", 0, 0 },
	{ "x", 1, 1 },
	{ "rate(x[2m])", 1, 8 },
	{ "rate(x[5s])", 1, 1 },
	{ "x + y / z", 3, 3 },
	{ "max_over_time(rate(x[1m])[10m:30s])", 1, 80 },
	{ "max_over_time(x[10m:])", 1, 10 },
	{ "sum_over_time(avg_over_time(x[10m:1m])[1h:10m])", 1, 60 },
	{ "topk(scalar(k), x)", 2, 2 },
};

START_TEST(costs)
{
	const struct query_cost_options options = { 15 * NS_PER_SEC, 1 };
	struct query_cost cost;
	struct ast *root;
	const char *query = COSTS[_i].query;

	if (parser_parse(&a, sv_of(query), PARSER_ALL, &root, NULL, &err) != ERR_OK)
		ck_abort_msg("%s: %s", query, err.text);
	ck_assert_int_eq(query_cost_estimate(&a, root, &options, &cost, &err), ERR_OK);
	ck_assert_uint_eq(cost.n_selectors, COSTS[_i].n_selectors);
	ck_assert_double_eq_tol(cost.n_samples, COSTS[_i].n_samples, 1e-9);
	ck_assert_double_eq_tol(cost.server_sec,
		0.12e-3 + 5.6e-6 * (double)cost.n_selectors + 0.1e-6 * cost.n_samples, 1e-12);
}
END_TEST

START_TEST(a_query_is_explained)
{
	static const struct sv LABELS[] = { SV("namespace"), SV("pod") };
	const struct query_explain_options options = {
		.cost = { 15 * NS_PER_SEC, 100 }, .object_labels = LABELS, .n_object_labels = 2
	};
	struct sv query = SV("sum(rate(x{namespace=\"a\",pod=\"p\"}[2m] offset 1h))");

	ck_assert_int_eq(query_explain(&a, query, parse(query.ptr), &options, &out, &err), ERR_OK);
	ck_assert_str_eq(buf_text(&out),
		"type       instant vector\n"
		"tree\n"
		"  sum                                                               instant "
		"vector\n"
		"    rate()                                                          instant "
		"vector\n"
		"      x{namespace=\"a\",pod=\"p\"}[2m] offset 1h                        range "
		"vector\n"
		"selectors\n"
		"  1:10  x{namespace=\"a\",pod=\"p\"} offset 1h  window 2m, 1h earlier\n"
		"cost       about 0.76 ms of the server's CPU: 0.12 ms, 5.6 us for each of 100 "
		"series, 0.10 us for each of 800 samples\n"
		"           assumed: 100 series for each selector (--series), a sample every 15s "
		"(--scrape-interval)\n"
		"asked as   one grouped query, coalesced over namespace,pod\n"
		"           sum by (namespace, pod) (rate(x[2m] offset 1h))\n");
}
END_TEST

static const struct asking_row {
	const char *query, *asked;
} ASKINGS[] = {
	{ "sum(x{pod=\"p\"}) / scalar(count(up{pod=\"p\"}))",
		"per object because scalar() at 1:19\n" },
	{ "sum(up)", "one query for all objects: nothing in it depends on the object\n" },
	{ "sum(x{pod=\"p\"}) or on () vector(0)",
		"one grouped query, coalesced over pod\n  sum by (pod) (x), and 0 for an object "
		"without a row\n" },
};

START_TEST(how_it_is_asked)
{
	static const struct sv LABELS[] = { SV("pod") };
	const struct asking_row *row = &ASKINGS[_i];

	ck_assert_int_eq(query_explain_asking(&a, sv_of(row->query), parse(row->query), LABELS, 1,
				 "  ", &out, &err),
		ERR_OK);
	ck_assert_str_eq(buf_text(&out), row->asked);
}
END_TEST

START_TEST(a_long_chain_and_a_deep_tree_end)
{
	const struct query_explain_options options = { .cost = { 15 * NS_PER_SEC, 1 } };
	struct buf query;

	buf_init(&query, 1 << 20);
	buf_put_str(&query, "x");
	for (int i = 0; i < 3000; i++)
		buf_put_str(&query, " + x");
	ck_assert_int_eq(
		query_explain(&a, buf_sv(&query), parse(buf_text(&query)), &options, &out, &err),
		ERR_OK);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "each of 3001 series"));
	buf_done(&query);
}
END_TEST

START_TEST(memory_that_runs_out_is_told)
{
	const struct query_check_options options = { .version = QUERY_VERSION_NEWEST };
	struct query_check checked;
	bool succeeded = false;

	for (unsigned long i = 1; i < 20 && !succeeded; i++) {
		struct arena small;
		arena_init(&small, 1 << 20);
		mem_fail_at(i, true);
		enum error_kind kind =
			query_check(&small, SV("xrate(y)"), &options, &checked, &err);
		mem_fail_at(0, false);
		ck_assert(kind == ERR_OK || kind == ERR_NOMEM);
		succeeded = kind == ERR_OK;
		arena_done(&small);
	}
	ck_assert(succeeded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("query_check");
	TCase *tcase = tcase_create("query_check");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, checks, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, a_feature_that_the_server_has_is_no_problem);
	tcase_add_loop_test(tcase, costs, 0, (int)ARRAY_LEN(COSTS));
	tcase_add_test(tcase, a_query_is_explained);
	tcase_add_loop_test(tcase, how_it_is_asked, 0, (int)ARRAY_LEN(ASKINGS));
	tcase_add_test(tcase, a_long_chain_and_a_deep_tree_end);
	tcase_add_test(tcase, memory_that_runs_out_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
