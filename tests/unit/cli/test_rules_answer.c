/* Answers of two adapters: what counts as a difference. */
#include <check.h>
#include <stdlib.h>

#include "cli/rules_answer.h"

#define CUSTOM(items) "{\"kind\":\"MetricValueList\",\"metadata\":{},\"items\":[" items "]}"
#define POD(name, value)                                                                           \
	"{\"describedObject\":{\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"" name           \
	"\"},\"metric\":{\"name\":\"m\",\"selector\":null},\"timestamp\":\"2026-03-01T10:00:00Z\"" \
	",\"value\":\"" value "\"}"
#define EXTERNAL(items) "{\"kind\":\"ExternalMetricValueList\",\"items\":[" items "]}"
#define ROW(labels, value)                                                                         \
	"{\"metricName\":\"m\",\"metricLabels\":" labels ",\"value\":\"" value "\"}"
#define NOT_FOUND "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"code\":404}"

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
	const char *name;
	int before_status;
	const char *before;
	int after_status;
	const char *after;
	double tolerance;
	const char *differences;
} ROWS[] = {
	{ "the same", 200, CUSTOM(POD("a", "9")), 200, CUSTOM(POD("a", "9")), 0, "" },
	{ "the same number in another form", 200, CUSTOM(POD("a", "9")), 200,
		CUSTOM(POD("a", "9000m")), 0, "" },
	{ "in another order", 200, CUSTOM(POD("a", "9") "," POD("b", "1")), 200,
		CUSTOM(POD("b", "1") "," POD("a", "9")), 0, "" },
	{ "another number", 200, CUSTOM(POD("a", "9")), 200, CUSTOM(POD("a", "9100m")), 0.01,
		"  Pod shop/a  old 9  new 9100m\n" },
	{ "a number that is near enough", 200, CUSTOM(POD("a", "100")), 200,
		CUSTOM(POD("a", "101")), 0.01, "" },
	{ "negative numbers have their distance too", 200, CUSTOM(POD("a", "-100")), 200,
		CUSTOM(POD("a", "-102")), 0.01, "  Pod shop/a  old -100  new -102\n" },
	{ "one is missing", 200, CUSTOM(POD("a", "9") "," POD("b", "1")), 200,
		CUSTOM(POD("b", "1")), 0, "  Pod shop/a  old 9  new missing\n" },
	{ "one came along", 200, CUSTOM(""), 200, CUSTOM(POD("b", "1")), 0,
		"  Pod shop/b  old missing  new 1\n" },
	{ "both find nothing", 404, NOT_FOUND, 404, NOT_FOUND, 0, "" },
	{ "one finds nothing", 200, CUSTOM(""), 404, NOT_FOUND, 0,
		"  old 200   new 404 NotFound\n" },
	{ "an error that is no JSON", 502, "bad gateway", 404, NOT_FOUND, 0,
		"  old 502   new 404 NotFound\n" },
	{ "labels in another order", 200, EXTERNAL(ROW("{\"b\":\"2\",\"a\":\"1\"}", "5")), 200,
		EXTERNAL(ROW("{\"a\":\"1\",\"b\":\"2\"}", "5")), 0, "" },
	{ "rows with other labels", 200, EXTERNAL(ROW("{\"q\":\"x\"}", "5")), 200,
		EXTERNAL(ROW("{\"q\":\"y\"}", "5")), 0,
		"  {q=x}  old 5  new missing\n  {q=y}  old missing  new 5\n" },
	{ "rows without labels", 200, EXTERNAL(ROW("null", "5")), 200, EXTERNAL(ROW("{}", "6")), 0,
		"  {}  old 5  new 6\n" },
	{ "usage of containers", 200,
		"{\"kind\":\"PodMetricsList\",\"items\":[{\"metadata\":{\"name\":\"p\","
		"\"namespace\":"
		"\"n\"},\"containers\":[{\"name\":\"c\",\"usage\":{\"cpu\":\"100m\",\"memory\":"
		"\"1Mi\"}"
		"}]}]}",
		200,
		"{\"kind\":\"PodMetricsList\",\"items\":[{\"metadata\":{\"name\":\"p\","
		"\"namespace\":"
		"\"n\"},\"containers\":[{\"name\":\"c\",\"usage\":{\"cpu\":\"200m\",\"memory\":"
		"\"1Mi\"}"
		"}]}]}",
		0.1, "  n/p c cpu  old 100m  new 200m\n" },
	{ "usage of nodes", 200,
		"{\"kind\":\"NodeMetricsList\",\"items\":[{\"metadata\":{\"name\":\"n\"},\"usage\":"
		"{"
		"\"cpu\":\"1\"}}]}",
		200, "{\"kind\":\"NodeMetricsList\",\"items\":null}", 0,
		"  n cpu  old 1  new missing\n" },
	{ "a name cannot forge a line", 200, CUSTOM(POD("a\\n", "9")), 200, CUSTOM(""), 0,
		"  Pod shop/a\\n  old 9  new missing\n" },
};

START_TEST(compares)
{
	const struct row *row = &ROWS[_i];
	struct rules_answer before, after;

	ck_assert_int_eq(
		rules_answer_decode(&a, row->before_status, sv_of(row->before), &before, &err),
		ERR_OK);
	ck_assert_int_eq(
		rules_answer_decode(&a, row->after_status, sv_of(row->after), &after, &err),
		ERR_OK);
	size_t n = rules_answer_compare(&out, &before, &after, row->tolerance);
	ck_assert_msg(
		strcmp(buf_text(&out), row->differences) == 0, "%s: %s", row->name, buf_text(&out));
	ck_assert_int_eq(n > 0, row->differences[0] != '\0');
}
END_TEST

static const char *const REFUSED[] = {
	"",
	"[]",
	"{\"kind\":\"Pod\"}",
	"{\"kind\":\"MetricValueList\",\"items\":{}}",
	CUSTOM(POD("a", "nine")),
	CUSTOM("{}"),
};

START_TEST(refuses)
{
	struct rules_answer answer;

	ck_assert_int_eq(
		rules_answer_decode(&a, 200, sv_of(REFUSED[_i]), &answer, &err), ERR_INVALID);
}
END_TEST

START_TEST(names)
{
	struct rules_answer_name *list;
	size_t n;
	struct sv body = SV("{\"resources\":[{\"name\":\"pods/b\",\"namespaced\":true},{\"name\":"
			    "\"nodes/a\",\"namespaced\":false},{}]}");

	ck_assert_int_eq(rules_answer_names(&a, body, &list, &n, &err), ERR_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert(sv_is(list[0].name, "nodes/a") && !list[0].namespaced);
	ck_assert(sv_is(list[1].name, "pods/b") && list[1].namespaced);
	ck_assert_int_gt(rules_answer_order(&list[1], &list[0]), 0);
	ck_assert_int_eq(rules_answer_names(&a, SV("x"), &list, &n, &err), ERR_INVALID);
}
END_TEST

START_TEST(memory_that_runs_out_is_told)
{
	static const char BODY[] = EXTERNAL(ROW("{\"q\":\"x\",\"a\":\"b\"}", "5"));
	bool succeeded = false;

	for (unsigned long i = 1; i < 200 && !succeeded; i++) {
		struct arena small;
		struct rules_answer answer;
		arena_init(&small, 1 << 20);
		mem_fail_at(i, true);
		enum error_kind kind = rules_answer_decode(&small, 200, sv_of(BODY), &answer, &err);
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
	Suite *suite = suite_create("rules_answer");
	TCase *tcase = tcase_create("rules_answer");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, compares, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_loop_test(tcase, refuses, 0, (int)ARRAY_LEN(REFUSED));
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, memory_that_runs_out_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
