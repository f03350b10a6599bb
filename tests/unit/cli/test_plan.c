/* What a plan says. */
#include "cli/plan.h"
#include "cli/plan_json.h"
#include "cli/plan_words.h"
#include "tests/unit/cli/made_up.h"
#include "tests/unit/controller/run.h"

static struct made_up m;
static struct buf out;

static void setup(void)
{
	buf_init(&out, 1 << 20);
}

static void teardown(void)
{
	buf_done(&out);
}

static void plan(const char *yaml, int64_t replicas, const char *total)
{
	made_up_begin(&m, yaml);
	m.options.what_if.replicas = replicas;
	if (total)
		made_up_add(&m.options.what_if.totals, total);
	made_up_run(&m);
	plan_print(&out, &m.view);
}

START_TEST(the_running_example)
{
	plan(MADE_UP_PODS(""), 1, "rps=9");
	ck_assert_str_eq(buf_text(&out),
		"UP    default/web  Deployment/web  1 -> 4   wants 5, limited by ScaleUpLimit\n"
		"  metric  pods/rps   9 per pod, target 2   x4.50   wants 5   decides\n"
		"  limit   no spec.behavior: one pass may reach max(2 x 1, 4) = 4   bounds 1..10\n"
		"  next    5 at +15s if the total stays 9 (2.25 per pod, x1.125 > 1.1) and the new "
		"pods are Ready\n"
		"  assume  1 Ready pod, no window history; x.yaml:1 autoscaling/v2; rules of "
		"Kubernetes 1.36\n");
	made_up_done(&m);
}
END_TEST

static const struct {
	const char *name, *yaml;
	int64_t replicas;
	const char *total, *needles[3];
	enum plan_verdict verdict;
} ROWS[] = {
	{ "behavior lets it reach 5", MADE_UP_PODS("  behavior: {}\n"), 1, "rps=9",
		{ "1 -> 5\n", "policies of scaleUp allow 5", "steady at 5 if the total stays 9" },
		PLAN_UP },
	{ "a window holds a decrease", MADE_UP_PODS(""), 10, "rps=3",
		{ "stays at 10   wants 2, held by a stabilisation window", "2 at +5m15s",
			"x0.15 < 0.9" },
		PLAN_SAME },
	{ "a maximum keeps it wanting", MADE_UP_PODS(""), 9, "rps=90",
		{ "9 -> 10   wants 45, limited by TooManyReplicas", "keeps wanting 45", NULL },
		PLAN_UP },
	{ "above the maximum no metric is read", MADE_UP_PODS(""), 20, "rps=90",
		{ "20 -> 10\n", "Current number of replicas above Spec.MaxReplicas", NULL },
		PLAN_DOWN },
	{ "the pass after a bound needs a value", MADE_UP_PODS(""), 20, NULL,
		{ "20 -> 10\n", "cannot be decided at +15s", NULL }, PLAN_DOWN },
	{ "zero switches it off", MADE_UP_PODS(""), 0, "rps=90",
		{ "stays at 0\n", "switches the autoscaler off", NULL }, PLAN_SAME },
	{ "a metric without a value says which flag to give", MADE_UP_PODS(""), 3, NULL,
		{ "NONE  ", "add --total=rps=VALUE", "stays at 3" }, PLAN_UNDECIDED },
};

START_TEST(a_plan)
{
	plan(ROWS[_i].yaml, ROWS[_i].replicas, ROWS[_i].total);
	ck_assert_msg(plan_verdict_of(&m.view) == ROWS[_i].verdict, "%s", ROWS[_i].name);
	for (size_t i = 0; i < 3 && ROWS[_i].needles[i]; i++)
		ck_assert_msg(strstr(buf_text(&out), ROWS[_i].needles[i]), "%s: no '%s' in\n%s",
			ROWS[_i].name, ROWS[_i].needles[i], buf_text(&out));
	made_up_done(&m);
}
END_TEST

START_TEST(json_has_the_same_numbers)
{
	struct jw w;
	struct arena a;
	struct jtree *t;
	int64_t number;

	plan(MADE_UP_PODS(""), 1, "rps=9");
	buf_clear(&out);
	jw_init(&w, &out);
	plan_json_encode(&w, &m.view);
	arena_init(&a, 1 << 20);
	ck_assert_int_eq(jtree_parse(&a, buf_sv(&out), &t, &m.err), ERR_OK);
	ck_assert(jtree_i64(jtree_get(t, "desiredReplicas"), &number) && number == 4);
	ck_assert(jtree_i64(jtree_get(t, "wantedReplicas"), &number) && number == 5);
	ck_assert(sv_is(jtree_text(jtree_get(t, "limitedBy")), "ScaleUpLimit"));
	ck_assert(sv_is(
		jtree_text(jtree_get(jtree_get(t, "metrics")->first, "currentAverageValue")), "9"));
	ck_assert(jtree_i64(jtree_get(jtree_get(t, "next")->first, "desiredReplicas"), &number) &&
		  number == 5);
	arena_done(&a);
	made_up_done(&m);
}
END_TEST

START_TEST(what_another_autoscaler_keeps_it_from_is_told)
{
	struct jw w;

	made_up_begin(&m, MADE_UP_PODS(""));
	m.options.what_if.replicas = 1;
	m.foreign = SV("nothing is written because of somebody else");
	made_up_add(&m.options.what_if.totals, "rps=9");
	made_up_run(&m);
	plan_print(&out, &m.view);
	ck_assert_str_eq(buf_text(&out),
		"SAME  default/web  Deployment/web  stays at 1, alone it would go to 4   wants 5, "
		"limited by ScaleUpLimit\n"
		"  metric  pods/rps   9 per pod, target 2   x4.50   wants 5   decides\n"
		"  limit   no spec.behavior: one pass may reach max(2 x 1, 4) = 4   bounds 1..10\n"
		"  reason  nothing is written because of somebody else\n"
		"  assume  1 Ready pod, no window history; x.yaml:1 autoscaling/v2; rules of "
		"Kubernetes 1.36\n");
	buf_clear(&out);
	jw_init(&w, &out);
	plan_json_encode(&w, &m.view);
	ck_assert(strstr(
		buf_text(&out), "\"foreign\":\"nothing is written because of somebody else\""));
	made_up_done(&m);
}
END_TEST

START_TEST(an_object_without_a_pass_is_undecided)
{
	const struct source_view view = {
		.ns = SV("a"), .name = SV("b"), .problem = "it is broken"
	};

	plan_print(&out, &view);
	ck_assert_str_eq(buf_text(&out), "NONE  a/b  cannot be decided\n  reason  it is broken\n");
	ck_assert_int_eq(plan_verdict_of(&view), PLAN_UNDECIDED);
}
END_TEST

static const struct {
	int64_t ns;
	const char *text;
} DURATIONS[] = {
	{ 0, "0s" },
	{ 15 * NS_PER_SEC, "15s" },
	{ 300 * NS_PER_SEC, "5m" },
	{ 315 * NS_PER_SEC, "5m15s" },
	{ 3600 * NS_PER_SEC, "1h" },
	{ 500 * NS_PER_MS, "0.5s" },
};

START_TEST(a_duration)
{
	plan_words_duration(&out, DURATIONS[_i].ns);
	ck_assert_str_eq(buf_text(&out), DURATIONS[_i].text);
}
END_TEST

static const struct {
	const char *resource;
	int64_t milli;
	const char *text;
} AMOUNTS[] = {
	{ "cpu", 2250, "2.25" },
	{ "cpu", 9000, "9" },
	{ "cpu", 1, "0.001" },
	{ "cpu", -1500, "-1.5" },
	{ "memory", INT64_C(1610612736) * 1000, "1.5Gi" },
	{ "memory", 512000, "512" },
};

START_TEST(an_amount)
{
	struct hpa_source source = { .resource = sv_of(AMOUNTS[_i].resource) };
	struct hpa_metric metric = { .kind = HPA_METRIC_RESOURCE };

	metric.member[HPA_METRIC_RESOURCE] = &source;
	plan_words_amount(&out, &metric, AMOUNTS[_i].milli);
	ck_assert_str_eq(buf_text(&out), AMOUNTS[_i].text);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_running_example);
	tcase_add_loop_test(tcase, a_plan, 0, (int)ARRAY_LEN(ROWS));
	tcase_add_test(tcase, json_has_the_same_numbers);
	tcase_add_test(tcase, what_another_autoscaler_keeps_it_from_is_told);
	tcase_add_test(tcase, an_object_without_a_pass_is_undecided);
	tcase_add_loop_test(tcase, a_duration, 0, (int)ARRAY_LEN(DURATIONS));
	tcase_add_loop_test(tcase, an_amount, 0, (int)ARRAY_LEN(AMOUNTS));
}

int main(void)
{
	return run_case("plan", add);
}
