#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "sandbox/promql_eval.h"

static struct time_series_store *store;
static struct arena arena;

/* Two pods' counters, one sample a second from t = 1 s to 60 s, growing by 2 and by 3 a second; pod c ended at 30 s. */
static void setup(void)
{
	struct error err;

	store = time_series_store_new();
	arena_init(&arena, 16 * 1024 * 1024);
	for (int t = 1; t <= 60; t++) {
		const char *const a[] = { "__name__", "hits_total", "pod", "a", "ns", "x" };
		const char *const b[] = { "__name__", "hits_total", "pod", "b", "ns", "x" };
		const char *const c[] = { "__name__", "hits_total", "pod", "c", "ns", "y" };
		ck_assert_int_eq(
			time_series_append(store, a, 3, t * 1000, 100 + 2 * t, &err), ERR_OK);
		ck_assert_int_eq(
			time_series_append(store, b, 3, t * 1000, 100 + 3 * t, &err), ERR_OK);
		if (t <= 30)
			ck_assert_int_eq(
				time_series_append(store, c, 3, t * 1000, t, &err), ERR_OK);
	}
	time_series_end(store, "pod", "c");
}

static void teardown(void)
{
	time_series_store_free(store);
	arena_done(&arena);
}

/* want: the value of the only row; n: how many rows. */
static const struct {
	const char *name, *query;
	size_t n;
	double want;
} ROWS[] = {
	{ "an equality selects", "hits_total{pod=\"a\"}", 1, 220 },
	{ "an inequality selects the rest", "hits_total{pod!=\"a\",ns=\"x\"}", 1, 280 },
	{ "a pattern is anchored", "hits_total{pod=~\"a|bb\"}", 1, 220 },
	{ "a negated pattern", "hits_total{pod!~\"a\"}", 1, 280 },
	{ "an absent label reads as empty", "hits_total{pod=\"a\",zone=\"\"}", 1, 220 },
	{ "an ended series has no value", "hits_total{pod=\"c\"}", 0, 0 },
	{ "rate per second", "rate(hits_total{pod=\"a\"}[10s])", 1, 2 },
	{ "irate of the last two", "irate(hits_total{pod=\"b\"}[10s])", 1, 3 },
	{ "increase over the window", "increase(hits_total{pod=\"a\"}[10s])", 1, 20 },
	{ "a rate of one sample is nothing", "rate(hits_total{pod=\"a\"}[1s])", 0, 0 },
	{ "max over time", "max_over_time(hits_total{pod=\"a\"}[10s])", 1, 220 },
	{ "min over time leaves out the left edge", "min_over_time(hits_total{pod=\"a\"}[10s])", 1,
		202 },
	{ "avg over time", "avg_over_time(hits_total{pod=\"a\"}[2s])", 1, 219 },
	{ "count over time", "count_over_time(hits_total{pod=\"a\"}[10s])", 1, 10 },
	{ "sum over all", "sum(rate(hits_total[10s]))", 1, 5 },
	{ "sum by a label", "sum(rate(hits_total[10s])) by (ns)", 1, 5 },
	{ "avg", "avg(rate(hits_total[10s]))", 1, 2.5 },
	{ "min", "min(hits_total)", 1, 220 },
	{ "max", "max(hits_total)", 1, 280 },
	{ "count", "count(hits_total)", 1, 2 },
	{ "without", "sum without (pod) (hits_total)", 1, 500 },
	{ "arithmetic with a scalar", "2 * hits_total{pod=\"a\"} - 40 / 2", 1, 420 },
	{ "a scalar alone", "1 + 2 * 3", 1, 7 },
	{ "a negative sign", "-hits_total{pod=\"a\"}", 1, -220 },
	{ "by pod gives two rows", "sum(rate(hits_total[10s])) by (pod)", 2, 2 },
};

START_TEST(evaluates)
{
	struct eval_result result;
	struct error err;

	ck_assert_msg(
		promql_eval(&arena, store, sv_of(ROWS[_i].query), 60000, &result, &err) == ERR_OK,
		"%s: %s", ROWS[_i].name, err.text);
	ck_assert_msg(result.n == ROWS[_i].n, "%s: %zu rows", ROWS[_i].name, result.n);
	if (result.n > 0)
		ck_assert_msg(fabs(result.rows[0].value - ROWS[_i].want) < 1e-9, "%s: %g",
			ROWS[_i].name, result.rows[0].value);
}
END_TEST

static const struct {
	const char *query, *names;
	int code;
} REFUSED[] = {
	{ "topk(1, hits_total)", "aggregation", 422 },
	{ "hits_total / hits_total", "two vectors", 422 },
	{ "hits_total > 3", "operator", 422 },
	{ "histogram_quantile(0.9, hits_total)", "histogram_quantile", 422 },
	{ "hits_total offset 5m", "offset", 422 },
	{ "rate(hits_total[5m:1m])", "subquery", 422 },
	{ "hits_total @ 5", "@", 422 },
	{ "sum(", "parse error", 0 },
	{ "hits_total[5m]", "range vector", 422 },
};

START_TEST(refuses_by_name)
{
	struct eval_result result;
	struct error err;

	ck_assert_int_eq(promql_eval(&arena, store, sv_of(REFUSED[_i].query), 60000, &result, &err),
		ERR_INVALID);
	ck_assert_int_eq(err.code, REFUSED[_i].code);
	ck_assert_msg(
		strstr(err.text, REFUSED[_i].names) != NULL, "%s: %s", REFUSED[_i].query, err.text);
}
END_TEST

START_TEST(series_are_found_by_selector_and_time)
{
	const struct time_series **found;
	struct error err;
	size_t n;

	ck_assert_int_eq(promql_eval_series(&arena, store, SV("{__name__=~\"hits.*\"}"), 0, 60000,
				 &found, &n, &err),
		ERR_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(
		promql_eval_series(&arena, store, SV("hits_total"), 40000, 60000, &found, &n, &err),
		ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(promql_eval_series(
				 &arena, store, SV("sum(hits_total)"), 0, 60000, &found, &n, &err),
		ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("promql_eval");
	TCase *tcase = tcase_create("promql_eval");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, evaluates, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_loop_test(tcase, refuses_by_name, 0, (int)ARRAY_LEN(REFUSED));
	tcase_add_test(tcase, series_are_found_by_selector_and_time);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
