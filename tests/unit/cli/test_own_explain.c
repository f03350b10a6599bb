/* plan and explain of our own kind from a file. */
#include <check.h>

#include "cli/explain.h"
#include "cli/plan.h"
#include "cli/source_file.h"
#include "tests/unit/controller/own_world.h"
#include "tests/unit/controller/run.h"

#define TARGET                                                                                     \
	"\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":"         \
	"\"web\"},"
#define BOUNDS(min, max) "\"minReplicas\":" #min ",\"maxReplicas\":" #max ","
#define OVERRIDE                                                                                   \
	"\"override\":{\"minReplicas\":20,\"maxReplicas\":40,\"until\":\"2027-01-15T08:10:00Z\","  \
	"\"reason\":\"INC-12\"},"
#define QUEUE                                                                                      \
	"\"metrics\":[{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"queue\"},"       \
	"\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"10\"}},"                         \
	"\"fallback\":{\"failureDurationSeconds\":60,\"replicas\":7}}]"
#define RATE                                                                                       \
	"\"metrics\":[{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"rate\"},\"target\":{"    \
	"\"type\":\"AverageValue\",\"averageValue\":\"10\"}}}]"

static struct own_world w;
static struct pass pass;

static void teardown(void)
{
	own_world_done(&w);
}

/* What explain prints of the last pass, without the counterfactual. */
static const char *explained(void)
{
	static const struct history NONE = { 0 };
	const struct explain_change change = { 0 };
	struct source_view view = {
		.ns = SV("shop"),
		.name = SV("web"),
		.hpa = &w.hpa,
		.pass = &pass,
		.before = &NONE,
		.origin = SV("a test"),
		.settings = &w.settings,
		.sync_period_ns = 15 * NS_PER_SEC,
	};
	struct buf out;

	pass = (struct pass){ .decided = true,
		.proposal = w.p,
		.readings = w.readings,
		.scale = w.scale,
		.concluded = true,
		.conclusion = w.c };
	buf_init(&out, 1 << 16);
	explain_print(&out, &view, &change, &explain_plain);
	const char *text = arena_strdup(&w.arena, buf_sv(&out));
	buf_done(&out);
	return text;
}

static const struct row {
	const char *what, *spec;
	int64_t value; /* -1: it fails */
	int passes;
	const char *tells;
} ROWS[] = {
	{ "an override, and what it makes of the count", "{" TARGET BOUNDS(1, 9) OVERRIDE QUEUE "}",
		30, 1, "override     20..40 until 2027-01-15T08:10:00Z (INC-12): 3 becomes 20\n" },
	{ "its bounds instead of the spec's", "{" TARGET BOUNDS(1, 9) OVERRIDE QUEUE "}", 30, 1,
		"minReplicas 20, maxReplicas 40: 20 becomes 6, ScaleUpLimit\n" },
	{ "the growth of our kind", "{" TARGET BOUNDS(1, 9) QUEUE "}", 90, 1,
		"up to twice the count of 15 s ago, or 4: 6 now" },
	{ "Recommend, and what it keeps back",
		"{" TARGET BOUNDS(1, 9) "\"mode\":\"Recommend\"," QUEUE "}", 50, 1,
		"mode         Recommend: 5 is reported and not written\n" },
	{ "Recommend in the headline", "{" TARGET BOUNDS(1, 9) "\"mode\":\"Recommend\"," QUEUE "}",
		50, 1, "SAME  shop/web (fha)  Deployment/web  stays at 3, recommends 5\n" },
	{ "a mode that nobody knows", "{" TARGET BOUNDS(1, 9) "\"mode\":\"Paused\"," QUEUE "}", 50,
		1, "mode         \"Paused\" is unknown: nothing is written\n" },
	{ "a fallback to come", "{" TARGET BOUNDS(1, 9) QUEUE "}", -1, 1,
		"fallback     begins at +1m if the metric goes on failing\n" },
	{ "a fallback that holds", "{" TARGET BOUNDS(1, 9) QUEUE "}", -1, 5,
		"fallback     at least 7: metric 1 has failed for its time\n" },
};

START_TEST(explain_tells_our_stages)
{
	const struct row *row = &ROWS[_i];

	own_world_make(&w, row->spec, false);
	w.milli[0] = row->value * 1000;
	w.fails[0] = row->value < 0;
	for (int i = 0; i < row->passes; i++)
		own_world_pass(&w, i * 15);
	const char *text = explained();
	ck_assert_msg(strstr(text, row->tells) != NULL, "%s:\n%s", row->what, text);
}
END_TEST

START_TEST(explain_tells_what_a_guard_holds)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 20) RATE "}", false);
	w.scale.replicas = w.scale.status_replicas = 10;
	w.milli[0] = 10000;
	own_world_pass(&w, 0);
	w.milli[0] = 2000;
	w.rows[0] = 4;
	own_world_pass(&w, 15);
	const char *text = explained();
	ck_assert_msg(strstr(text, "guard        holds 10: metric 1 asks for 7, but only 4 pods "
				   "report; it may lower the count again from 7 on\n"),
		"%s", text);
	w.rows[0] = -1;
	w.frozen[0] = true;
	own_world_pass(&w, 30);
	text = explained();
	ck_assert_msg(strstr(text, "many autoscalers lost the metrics of its source at once\n"),
		"%s", text);
}
END_TEST

START_TEST(a_native_object_is_told_as_ever)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 9) QUEUE "}", true);
	w.milli[0] = 50000;
	own_world_pass(&w, 0);
	const char *text = explained();
	ck_assert_msg(strstr(text, "UP    shop/web  Deployment/web  3 -> 5\n"), "%s", text);
	ck_assert(!strstr(text, "override") && !strstr(text, "fallback") && !strstr(text, "guard"));
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, explain_tells_our_stages, 0, ARRAY_LEN(ROWS));
	tcase_add_test(t, explain_tells_what_a_guard_holds);
	tcase_add_test(t, a_native_object_is_told_as_ever);
}

int main(void)
{
	return run_case("own_explain", add);
}
