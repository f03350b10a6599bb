/* ScaledObjects: what becomes of each trigger, what is told, what is refused; and cron windows as queries. */
#include <check.h>
#include <stdlib.h>

#include "cli/convert_cron.h"
#include "cli/convert_keda.h"
#include "common/mem.h"
#include "common/yx_print.h"

#define HEAD                                                                                       \
	"apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web}\nspec:\n"         \
	"  scaleTargetRef: {name: web}\n"
#define RESULT                                                                                     \
	"apiVersion: flyball.dev/v1alpha1\nkind: HorizontalAutoscaler\nmetadata:\n  name: web\n"   \
	"spec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: web\n"
#define PROMETHEUS(extra)                                                                          \
	"  - {type: prometheus, metadata: {serverAddress: 'http://p', query: up, threshold: 5, "   \
	"ignoreNullValues: \"false\"" extra "}}\n"

#define AT(host)                                                                                   \
	"  - {type: prometheus, metadata: {serverAddress: 'http://" host                           \
	"', query: up, threshold: 5}}\n"

struct row {
	const char *name, *text;
	const char *result; /* NULL: refused */
	const char *told[4];
};

static const struct row ROWS[] = {
	{ "cpu in percent; zero replicas need more than pods",
		HEAD
		"  triggers:\n  - {type: cpu, metricType: Utilization, metadata: {value: '70'}}\n",
		RESULT "  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n"
		       "      target:\n        type: Utilization\n        averageUtilization: 70\n"
		       "  minReplicas: 1\n  maxReplicas: 100\n",
		{ "spec.minReplicaCount: 0 became 1" } },
	{ "memory of one container, with the type where it stood of old",
		HEAD "  minReplicaCount: 2\n  triggers:\n  - {type: memory, metadata: {type: "
		     "AverageValue, value: 1Gi, containerName: app}}\n",
		RESULT
		"  metrics:\n  - type: ContainerResource\n    containerResource:\n      name: "
		"memory\n      container: app\n      target:\n        type: AverageValue\n"
		"        averageValue: 1Gi\n  minReplicas: 2\n  maxReplicas: 100\n",
		{ NULL } },
	{ "prometheus with activation; its server has to be named",
		HEAD "  triggers:\n" PROMETHEUS(", activationThreshold: 2"),
		RESULT
		"  metrics:\n  - type: Prometheus\n    prometheus:\n      name: prometheus-0\n"
		"      server: main\n      query: up\n      activationValue: \"2\"\n"
		"      target:\n        type: AverageValue\n        averageValue: \"5\"\n"
		"  minReplicas: 0\n  maxReplicas: 100\n",
		{ "server 'main' with the URL http://p" } },
	{ "a fallback in polls becomes one in seconds",
		HEAD "  pollingInterval: 10\n  fallback: {failureThreshold: 6, replicas: 4}\n"
		     "  triggers:\n" PROMETHEUS(""),
		RESULT
		"  metrics:\n  - type: Prometheus\n    prometheus:\n      name: prometheus-0\n"
		"      server: main\n      query: up\n      target:\n        type: "
		"AverageValue\n        averageValue: \"5\"\n    fallback:\n"
		"      failureDurationSeconds: 60\n      replicas: 4\n"
		"  minReplicas: 0\n  maxReplicas: 100\n",
		{ "spec.pollingInterval: lost" } },
	{ "no data is told, since it is zero for KEDA by default",
		HEAD
		"  minReplicaCount: 1\n  triggers:\n  - {type: cpu, metadata: {value: 70}}\n"
		"  - {type: prometheus, metricType: Value, metadata: {serverAddress: 'http://p', "
		"query: up, threshold: 5}}\n",
		RESULT "  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n"
		       "      target:\n        type: Utilization\n        averageUtilization: 70\n"
		       "  - type: Prometheus\n    prometheus:\n      name: prometheus-1\n"
		       "      server: main\n      query: up\n      target:\n        type: Value\n"
		       "        value: \"5\"\n  minReplicas: 1\n  maxReplicas: 100\n",
		{ "ignoreNullValues: no data counts as a failure" } },
	{ "a fallback that has no counterpart is told behind another trigger too",
		HEAD
		"  minReplicaCount: 1\n  fallback: {failureThreshold: 3, replicas: 6, behavior: "
		"currentReplicas}\n  triggers:\n  - {type: cpu, metadata: {value: 70}}\n"
		"  - {type: prometheus, metadata: {serverAddress: 'http://p', query: up, "
		"threshold: 5, ignoreNullValues: 'false'}}\n",
		RESULT "  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n"
		       "      target:\n        type: Utilization\n        averageUtilization: 70\n"
		       "  - type: Prometheus\n    prometheus:\n      name: prometheus-1\n"
		       "      server: main\n      query: up\n      target:\n        type: "
		       "AverageValue\n        averageValue: \"5\"\n  minReplicas: 1\n"
		       "  maxReplicas: 100\n",
		{ "spec.fallback.behavior: currentReplicas is lost" } },
	{ "two addresses never share a name",
		HEAD "  triggers:\n" AT("0") AT("1") AT("2") AT("3") AT("4") AT("5") AT("6") AT("7")
			AT("8") AT("9") AT("a") AT("b") AT("c") AT("d") AT("e") AT("f") AT("g"),
		NULL, { "spec.triggers: more than 16 different serverAddress" } },
	{ "a formula would decide something else",
		HEAD "  advanced: {scalingModifiers: {formula: a + b, target: '2'}}\n"
		     "  triggers:\n" PROMETHEUS(""),
		NULL, { "spec.advanced.scalingModifiers.formula" } },
	{ "nothing left to decide by", HEAD "  triggers:\n  - {type: kafka, metadata: {}}\n", NULL,
		{ "a trigger of type 'kafka'", "none of them can be expressed" } },
	{ "a target without a name",
		"apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web}\nspec:\n"
		"  triggers:\n" PROMETHEUS(""),
		NULL, { "spec.scaleTargetRef.name: expected the name" } },
	{ "more than the greatest count",
		HEAD "  minReplicaCount: 5\n  maxReplicaCount: 3\n  triggers:\n" PROMETHEUS(""),
		NULL, { "0 <= min <= max" } },
	{ "a utilization that is no number",
		HEAD "  triggers:\n  - {type: cpu, metadata: {value: most}}\n", NULL,
		{ "spec.triggers[0].metadata.value: expected a whole number of percent" } },
	{ "no spec", "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web}\n",
		NULL, { "spec: expected an object" } },
};

static void convert(const char *text, struct convert_notes *notes, struct buf *out)
{
	struct arena a;
	struct manifest m = { 0 };
	struct jtree *made;
	struct error err;

	arena_init(&a, 16u << 20);
	buf_init(&notes->lost, 65536);
	buf_init(&notes->problems, 65536);
	buf_init(out, 65536);
	ck_assert_int_eq(manifest_parse(&a, "so.yaml", sv_of(text), &m, &err), ERR_OK);
	ck_assert_uint_eq(m.n, 1);
	ck_assert(convert_keda_is(m.at[0].tree));
	ck_assert_int_eq(
		convert_document(&a, &m.at[0], CONVERT_TO_OWN, notes, &made, &err), ERR_OK);
	if (made)
		yx_print(out, made);
	arena_done(&a);
}

START_TEST(scaled_object)
{
	const struct row *row = &ROWS[_i];
	struct convert_notes notes = { 0 };
	struct buf out;

	convert(row->text, &notes, &out);
	const char *told = buf_text(row->result ? &notes.lost : &notes.problems);
	if (row->result) {
		ck_assert_msg(
			notes.problems.len == 0, "%s: %s", row->name, buf_text(&notes.problems));
		ck_assert_msg(strcmp(buf_text(&out), row->result) == 0, "%s:\n%s", row->name,
			buf_text(&out));
	} else {
		ck_assert_msg(out.len == 0, "%s: not refused", row->name);
		buf_put_sv(&notes.problems, buf_sv(&notes.lost));
		told = buf_text(&notes.problems);
	}
	for (size_t i = 0; i < 4 && row->told[i]; i++)
		ck_assert_msg(strstr(told, row->told[i]) != NULL, "%s: '%s' is not in\n%s",
			row->name, row->told[i], told);
	buf_done(&notes.lost);
	buf_done(&notes.problems);
	buf_done(&out);
}
END_TEST

START_TEST(paused_recommends)
{
	struct convert_notes notes = { 0 };
	struct buf out;

	convert("apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web, "
		"annotations: "
		"{autoscaling.keda.sh/paused: 'true'}}\nspec:\n  scaleTargetRef: {name: web}\n"
		"  triggers:\n" PROMETHEUS("") "  - {type: prometheus, metadata: {serverAddress: "
					       "'http://q', query: up, "
					       "threshold: 1}}\n",
		&notes, &out);
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "mode: Recommend"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "server: server-2"));
	ck_assert_ptr_nonnull(strstr(buf_text(&notes.lost), "became mode: Recommend"));
	buf_done(&notes.lost);
	buf_done(&notes.problems);
	buf_done(&out);
}
END_TEST

#define NOW "hour() * 60 + minute()"

static const struct {
	const char *name, *timezone, *start, *end, *replicas;
	const char *query; /* NULL: refused */
	const char *why;
} CRONS[] = {
	{ "every day", "UTC", "0 8 * * *", "30 18 * * *", "10",
		"10 * ((" NOW " >= bool 480) * (" NOW " < bool 1110))", NULL },
	{ "past midnight", "Etc/UTC", "0 22 * * *", "0 6 * * *", "3",
		"3 * ((" NOW " >= bool 1320) + (" NOW " < bool 360))", NULL },
	{ "working days", "UTC", "0 8  * * 1-5", " 0 9 * * 1-5", "2",
		"2 * ((" NOW " >= bool 480) * (" NOW " < bool 540)) * (day_of_week() >= bool 1) * "
		"(day_of_week() <= bool 5)",
		NULL },
	{ "Sunday is 0 and 7", "UTC", "0 8 * * 7", "0 9 * * 7", "2",
		"2 * ((" NOW " >= bool 480) * (" NOW " < bool 540)) * (day_of_week() == bool 0)",
		NULL },
	{ "a range that ends on Sunday", "UTC", "0 8 * * 6-7", "0 9 * * 6-7", "2",
		"2 * ((" NOW " >= bool 480) * (" NOW " < bool 540)) * clamp_max((day_of_week() >= "
		"bool 6) + (day_of_week() == bool 0), 1)",
		NULL },
	{ "all week, spelled out", "UTC", "0 8 * * 0-7", "0 9 * * 0-7", "2",
		"2 * ((" NOW " >= bool 480) * (" NOW " < bool 540))", NULL },
	{ "another zone", "Asia/Tokyo", "0 8 * * *", "0 9 * * *", "1", NULL, "timezone" },
	{ "every five minutes", "UTC", "*/5 8 * * *", "0 9 * * *", "1", NULL, "one minute" },
	{ "a month", "UTC", "0 8 * 12 *", "0 9 * 12 *", "1", NULL, "months" },
	{ "days that differ", "UTC", "0 8 * * 1", "0 9 * * 2", "1", NULL, "different days" },
	{ "days by name", "UTC", "0 8 * * MON", "0 9 * * MON", "1", NULL, "neither one number" },
	{ "days backwards", "UTC", "0 8 * * 5-1", "0 9 * * 5-1", "1", NULL, "backwards" },
	{ "midnight on some days", "UTC", "0 22 * * 1", "0 6 * * 1", "1", NULL, "past midnight" },
	{ "no window", "UTC", "0 8 * * *", "0 8 * * *", "1", NULL, "same time" },
	{ "four fields", "UTC", "0 8 * *", "0 9 * * *", "1", NULL, "five fields" },
	{ "six fields", "UTC", "0 0 8 * * *", "0 9 * * *", "1", NULL, "more than five" },
	{ "no replicas", "UTC", "0 8 * * *", "0 9 * * *", "0", NULL, "no positive number" },
};

START_TEST(cron_window)
{
	const struct convert_cron cron = { sv_of(CRONS[_i].timezone), sv_of(CRONS[_i].start),
		sv_of(CRONS[_i].end), sv_of(CRONS[_i].replicas) };
	struct error err;
	struct buf out;

	buf_init(&out, 4096);
	enum error_kind kind = convert_cron_query(&cron, &out, &err);
	if (CRONS[_i].query) {
		ck_assert_msg(kind == ERR_OK, "%s: %s", CRONS[_i].name, err.text);
		ck_assert_msg(strcmp(buf_text(&out), CRONS[_i].query) == 0, "%s: %s",
			CRONS[_i].name, buf_text(&out));
	} else {
		ck_assert_msg(kind == ERR_INVALID && out.len == 0, "%s", CRONS[_i].name);
		ck_assert_msg(strstr(err.text, CRONS[_i].why) != NULL, "%s: %s", CRONS[_i].name,
			err.text);
	}
	buf_done(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("convert_keda");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);

	tcase_add_loop_test(t, scaled_object, 0, (int)(sizeof(ROWS) / sizeof(ROWS[0])));
	tcase_add_test(t, paused_recommends);
	tcase_add_loop_test(t, cron_window, 0, (int)(sizeof(CRONS) / sizeof(CRONS[0])));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
