#include <check.h>
#include <stdlib.h>

#include "sandbox/table.h"

static const struct {
	int64_t seconds;
	const char *text;
} AGES[] = {
	{ -5, "<invalid>" },
	{ -1, "0s" },
	{ 0, "0s" },
	{ 119, "119s" },
	{ 120, "2m" },
	{ 121, "2m1s" },
	{ 599, "9m59s" },
	{ 600, "10m" },
	{ 10799, "179m" },
	{ 10800, "3h" },
	{ 12600, "3h30m" },
	{ 28800, "8h" },
	{ 172799, "47h" },
	{ 172800, "2d" },
	{ 176400, "2d1h" },
	{ 691200, "8d" },
	{ 63072000, "2y" },
	{ 63158400, "2y1d" },
	{ 252288000, "8y" },
};

START_TEST(ages)
{
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, 100);
	table_print_age(&out, AGES[_i].seconds);
	ck_assert_str_eq(buf_text(&out), AGES[_i].text);
}
END_TEST

static const struct {
	const char *name, *hpa, *want;
} TARGETS[] = {
	{ "a Pods metric shows average and target",
		"{\"spec\":{\"metrics\":[{\"type\":\"Pods\",\"pods\":{\"target\":{\"averageValue\":"
		"\"2\"}}}]},"
		"\"status\":{\"currentMetrics\":[{\"type\":\"Pods\",\"pods\":{\"current\":{"
		"\"averageValue\":\"1800m\"}}}]}}",
		"1800m/2" },
	{ "a metric without a status is unknown",
		"{\"spec\":{\"metrics\":[{\"type\":\"Pods\",\"pods\":{\"target\":{\"averageValue\":"
		"\"2\"}}}]}}",
		"<unknown>/2" },
	{ "utilization is a percentage with the resource in front",
		"{\"spec\":{\"metrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\","
		"\"target\":{\"averageUtilization\":80}}}]},"
		"\"status\":{\"currentMetrics\":[{\"resource\":{\"current\":{"
		"\"averageUtilization\":50}}}]}}",
		"cpu: 50%/80%" },
	{ "an External average says so",
		"{\"spec\":{\"metrics\":[{\"type\":\"External\",\"external\":{\"target\":{"
		"\"averageValue\":\"5\"}}}]}}",
		"<unknown>/5 (avg)" },
	{ "more than two metrics are counted",
		"{\"spec\":{\"metrics\":[{\"type\":\"Object\",\"object\":{\"target\":{\"value\":"
		"\"1\"}}},{\"type\":\"Object\",\"object\":{\"target\":"
		"{\"value\":\"2\"}}},{\"type\":\"Pods\",\"pods\":{\"target\":{\"averageValue\":"
		"\"3\"}}}]}}",
		"<unknown>/1, <unknown>/2 + 1 more..." },
	{ "no metrics", "{\"spec\":{}}", "<none>" },
};

START_TEST(targets)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct error err;
	json_t *hpa = NULL;

	buf_init(&out, 1000);
	ck_assert_int_eq(jx_parse(sv_of(TARGETS[_i].hpa), &hpa, &err), ERR_OK);
	table_print_hpa_targets(&out, hpa);
	ck_assert_msg(strcmp(buf_text(&out), TARGETS[_i].want) == 0, "%s: %s", TARGETS[_i].name,
		buf_text(&out));
	json_decref(hpa);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("table");
	TCase *tcase = tcase_create("table");
	tcase_add_loop_test(tcase, ages, 0, (int)ARRAY_LEN(AGES));
	tcase_add_loop_test(tcase, targets, 0, (int)ARRAY_LEN(TARGETS));
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
