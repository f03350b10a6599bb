/* What versions of Prometheus take of the language. */
#include <check.h>
#include <stdlib.h>

#include "cli/query_version.h"

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
	const char *query, *version;
	const char *findings; /* "position:text|..." */
} ROWS[] = {
	{ "sum by (pod) (rate(x[5m]))", "2.0", "" },
	{ "absent_over_time(x[5m])", "2.15", "0:absent_over_time() needs Prometheus 2.16" },
	{ "absent_over_time(x[5m])", "2.16", "" },
	{ "x[5m:1m]", "2.6", "0:a subquery needs Prometheus 2.7" },
	{ "sum(x) + group(y)", "2.19", "9:group() needs Prometheus 2.20" },
	{ "rate(x[1h30m])", "2.20", "7:a duration of several units needs Prometheus 2.21" },
	{ "rate(x[90m])", "2.20", "" },
	{ "x @ 5", "2.24", "0:the @ modifier needs Prometheus 2.25" },
	{ "x @ 5", "2.32", "0:the @ modifier needs --enable-feature=promql-at-modifier" },
	{ "x @ end()", "2.33", "" },
	{ "x offset -5m", "2.30",
		"0:a negative offset needs --enable-feature=promql-negative-offset" },
	{ "x atan2 y", "2.30", "0:atan2 needs Prometheus 2.31" },
	{ "pi() + x", "2.30", "0:pi() needs Prometheus 2.31" },
	{ "clamp(x, 0, 1)", "2.25", "0:clamp() needs Prometheus 2.26" },
	{ "day_of_year(x)", "2.35", "0:day_of_year() needs Prometheus 2.36" },
	{ "histogram_count(x)", "2.39", "0:histogram_count() needs Prometheus 2.40" },
	{ "mad_over_time(x[5m])", "2.42", "0:mad_over_time() needs Prometheus 2.49" },
	{ "mad_over_time(x[5m])", "3.15",
		"0:mad_over_time() needs --enable-feature=promql-experimental-functions" },
	{ "first_over_time(x[5m])", "3.10",
		"0:first_over_time() needs --enable-feature=promql-experimental-functions" },
	{ "first_over_time(x[5m])", "3.14", "" },
	{ "limitk(1, x)", "2.53", "0:limitk() needs Prometheus 2.54" },
	{ "x > 1_000", "2.53", "4:underscores in a number needs Prometheus 2.54" },
	{ "x[300]", "2.53", "2:a number as a duration needs Prometheus 2.54" },
	{ "x > 5m", "2.53", "4:a duration as a number needs Prometheus 2.54" },
	{ "{\"a.b\"}", "2.55", "0:the metric name \"a.b\" needs Prometheus 3.0" },
	{ "x{\"a.b\"=\"c\"}", "2.55", "0:the label name \"a.b\" needs Prometheus 3.0" },
	{ "{\"plain\"}", "3.0", "" },
	{ "x[5m*2]", "3.3", "0:arithmetic in a range needs Prometheus 3.4" },
	{ "x offset (1h/2)", "3.13",
		"0:arithmetic in an offset needs --enable-feature=promql-duration-expr" },
	{ "x[5m*2]", "3.14", "" },
	{ "rate(x[5m] anchored)", "3.15",
		"5:anchored needs --enable-feature=promql-extended-range-selectors" },
	{ "x + fill(0) y", "3.15", "0:fill needs --enable-feature=promql-binop-fill-modifiers" },
	{ "x >/ 5", "3.10", "0:the operator >/ needs Prometheus 3.11" },
	{ "info(x) + absent_over_time(y[1h1m])", "2.10",
		"0:info() needs Prometheus 2.55|10:absent_over_time() needs Prometheus 2.16|"
		"29:a duration of several units needs Prometheus 2.21" },
};

START_TEST(finds)
{
	const struct row *row = &ROWS[_i];
	struct query_version version;
	struct query_version_finding *found;
	struct ast *root;
	struct buf text;
	size_t n;

	buf_init(&text, 10000);
	ck_assert_int_eq(query_version_parse(sv_of(row->version), &version, &err), ERR_OK);
	ck_assert_msg(parser_parse(&a, sv_of(row->query), PARSER_ALL, &root, NULL, &err) == ERR_OK,
		"%s: %s", row->query, err.text);
	ck_assert_int_eq(
		query_version_check(&a, sv_of(row->query), root, version, &found, &n, &err),
		ERR_OK);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s%u:%s", i > 0 ? "|" : "", found[i].start, found[i].text);
	ck_assert_msg(strcmp(buf_text(&text), row->findings) == 0, "%s for %s: %s", row->query,
		row->version, buf_text(&text));
	buf_done(&text);
}
END_TEST

static const struct {
	const char *text;
	unsigned major, minor; /* 0.0: refused */
} VERSIONS[] = {
	{ "2.42", 2, 42 },
	{ "v2.42.1", 2, 42 },
	{ "3.15.0", 3, 15 },
	{ "3", 0, 0 },
	{ "1.8", 0, 0 },
	{ "", 0, 0 },
	{ "2.x", 0, 0 },
	{ "100.1", 0, 0 },
};

START_TEST(versions)
{
	struct query_version version = { 0, 0 };

	enum error_kind kind = query_version_parse(sv_of(VERSIONS[_i].text), &version, &err);
	ck_assert_int_eq(kind, VERSIONS[_i].major > 0 ? ERR_OK : ERR_INVALID);
	ck_assert_uint_eq(version.major, VERSIONS[_i].major);
	ck_assert_uint_eq(version.minor, VERSIONS[_i].minor);
	if (kind != ERR_OK)
		ck_assert_ptr_nonnull(strstr(err.text, "expected one from 2.0 on"));
}
END_TEST

START_TEST(memory_that_runs_out_is_told)
{
	struct query_version_finding *found;
	struct ast *root;
	struct sv query = SV("info(x)");
	size_t n;

	ck_assert_int_eq(parser_parse(&a, query, PARSER_ALL, &root, NULL, &err), ERR_OK);
	for (unsigned long i = 1; i < 3; i++) {
		struct arena small;
		arena_init(&small, 1 << 20);
		mem_fail_at(i, true);
		enum error_kind kind = query_version_check(
			&small, query, root, (struct query_version){ 2, 0 }, &found, &n, &err);
		mem_fail_at(0, false);
		arena_done(&small);
		ck_assert(kind == ERR_OK || kind == ERR_NOMEM);
		if (i == 1)
			ck_assert_int_eq(kind, ERR_NOMEM);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("query_version");
	TCase *tcase = tcase_create("query_version");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, finds, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_loop_test(tcase, versions, 0, (int)ARRAY_LEN(VERSIONS));
	tcase_add_test(tcase, memory_that_runs_out_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
