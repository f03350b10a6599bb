/* What an explanation says, and that what it says would change a decision does change it. */
#include "cli/explain.h"
#include "cli/explain_json.h"
#include "cli/explain_limits.h"
#include "tests/unit/cli/made_up.h"
#include "tests/unit/controller/run.h"

static struct made_up m;
static struct buf out;
static struct explain_change change;

static void setup(void)
{
	buf_init(&out, 1 << 20);
}

static void teardown(void)
{
	buf_done(&out);
}

static void explain(const char *yaml, int64_t replicas, const char *total)
{
	made_up_begin(&m, yaml);
	m.options.what_if.replicas = replicas;
	if (total)
		made_up_add(&m.options.what_if.totals, total);
	made_up_run(&m);
	ck_assert_int_eq(explain_change_compute(&m.a, &m.view, &change, &m.err), ERR_OK);
	explain_print(&out, &m.view, &change, &explain_plain);
}

static void says(const char *needle)
{
	ck_assert_msg(strstr(buf_text(&out), needle), "no '%s' in\n%s", needle, buf_text(&out));
}

START_TEST(the_running_example_fits_a_screen)
{
	size_t lines = 0;

	explain(MADE_UP_PODS(""), 1, "rps=9");
	says("1 -> 4   wants 5, limited by ScaleUpLimit\n");
	says("  pods       1 counted: web-0 9\n");
	says("  sum        9 over 1 pod: 9 per pod\n");
	says("  ratio      9 per pod / target 2 = x4.50, outside the tolerance 0.9..1.1\n");
	says("  proposal   ceil(4.50 x 1 pod) = 5   decides\n");
	says("up to max(2 x 1, 4) = 4 in one pass");
	says("5 becomes 4, ScaleUpLimit\n");
	says("SuccessfulRescale: New size: 4; reason: pods metric rps above target\n");
	says("  not up     pods/rps at most 2.2 per pod (-76%)\n");
	ck_assert_ptr_null(strchr(buf_text(&out), '\033'));
	for (const char *at = buf_text(&out); *at; at++)
		lines += *at == '\n';
	ck_assert_uint_le(lines, 45);
	made_up_done(&m);
}
END_TEST

START_TEST(an_override_raises_whatever_a_metric_says)
{
	explain("apiVersion: flyball.dev/v1alpha1\n"
		"kind: HorizontalAutoscaler\n"
		"metadata: {name: web}\n"
		"spec:\n"
		"  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
		"  maxReplicas: 10\n"
		"  override: {minReplicas: 4, maxReplicas: 10, until: 9999-01-01T00:00:00Z, "
		"reason: x}\n"
		"  metrics:\n"
		"  - type: Pods\n"
		"    pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 2}}\n",
		2, "rps=6");
	says("  down       pods/rps at most 1 per pod (-67%), but the count goes to 4 all the "
	     "same\n");
	made_up_done(&m);
}
END_TEST

/* The tolerance lets 3 pods of 2 each go to 6.6; below, averages are cut to thousandths: 4.001 / 3 is 1.333, and ceil(0.6665 x 3) is 2. */
START_TEST(thresholds_are_the_nearest_values_that_turn)
{
	explain(MADE_UP_PODS(""), 3, "rps=6");
	const struct explain_metric_change *c = &change.metrics[0];
	ck_assert(change.computed && c->usable);
	ck_assert(c->turns[EXPLAIN_UP].found && c->turns[EXPLAIN_DOWN].found);
	ck_assert_int_eq(c->turns[EXPLAIN_UP].to_milli, 6603);
	ck_assert_int_eq(c->turns[EXPLAIN_UP].outcome.to, 4);
	ck_assert_int_eq(c->turns[EXPLAIN_UP].outcome.after_ns, 0);
	ck_assert_int_eq(c->turns[EXPLAIN_DOWN].to_milli, 4001);
	ck_assert_int_eq(c->turns[EXPLAIN_DOWN].outcome.to, 2);
	ck_assert_int_eq(c->turns[EXPLAIN_DOWN].outcome.after_ns, 315 * NS_PER_SEC);
	ck_assert(!change.time.moves);
	made_up_done(&m);
}
END_TEST

START_TEST(a_threshold_that_is_tried_decides_as_told)
{
	static const struct {
		const char *total;
		int32_t wanted;
	} tries[] = { { "rps=6.602", 3 }, { "rps=6.603", 4 }, { "rps=4.002", 3 },
		{ "rps=4.001", 2 } };

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		explain(MADE_UP_PODS(""), 3, tries[i].total);
		ck_assert_int_eq(m.pass.proposal.wanted, tries[i].wanted);
		made_up_done(&m);
	}
}
END_TEST

START_TEST(time_alone_ends_a_window)
{
	explain(MADE_UP_PODS(""), 10, "rps=3");
	ck_assert(change.time.moves);
	ck_assert_int_eq(change.time.after_ns, 315 * NS_PER_SEC);
	ck_assert_int_eq(change.time.to, 2);
	says("  time       2 at +5m15s if all values stay as they are\n");
	says("holds 10, the count at the first look, until +5m\n");
	says("but 12 is not reached: TooManyReplicas");
	made_up_done(&m);
}
END_TEST

START_TEST(a_disabled_direction_is_told)
{
	explain(MADE_UP_PODS("  behavior: {scaleDown: {selectPolicy: Disabled, "
			     "stabilizationWindowSeconds: 0}}\n"),
		4, "rps=2");
	says("scale down is disabled\n");
	says("  time       alone changes nothing: ScaleDownLimit keeps 4\n");
	made_up_done(&m);
}
END_TEST

START_TEST(the_recommendation_that_holds_is_named_with_its_end)
{
	struct history before = { .started = true };
	struct explain_window windows[2];

	made_up_begin(&m, MADE_UP_PODS(""));
	m.options.what_if.replicas = 5;
	made_up_add(&m.options.what_if.totals, "rps=4");
	made_up_run(&m);
	/* The same pass behind a history: 8 was recommended 100 s before. */
	struct proposal *p = &m.pass.proposal;
	ck_assert_int_eq(history_recommend(&before, HISTORY_APPEND, 8,
				 (struct mono){ p->now.mono.ns - 100 * NS_PER_SEC }, &m.err),
		ERR_OK);
	const struct stabilize_input in = { .recommendations = before.recommendations.at,
		.n_recommendations = 1,
		.current = 5,
		.desired = 2,
		.now = p->now.mono,
		.down_window_ns = 300 * NS_PER_SEC };
	p->seed = false;
	p->stabilized = stabilize_compute(&in);
	m.view.before = &before;
	ck_assert_uint_eq(explain_limits_windows(&m.view, windows), 1);
	ck_assert(windows[0].holds && windows[0].has_holder && !windows[0].seed);
	ck_assert_int_eq(windows[0].bound, 8);
	ck_assert_int_eq(windows[0].age_ns, 100 * NS_PER_SEC);
	ck_assert_int_eq(windows[0].ends_ns, 200 * NS_PER_SEC);
	explain_limits_print(&out, &m.view, &explain_plain);
	says("recommended 1m40s ago, until +3m20s\n");
	history_done(&before);
	made_up_done(&m);
}
END_TEST

#define TWO_METRICS                                                                                \
	MADE_UP_PODS("")                                                                           \
	"  - type: External\n    external: {metric: {name: queue}, target: {type: AverageValue, "  \
	"averageValue: 10}}\n"

START_TEST(one_of_two_metrics_cannot_lower_the_count_alone)
{
	made_up_begin(&m, TWO_METRICS);
	m.options.what_if.replicas = 4;
	made_up_add(&m.options.what_if.totals, "rps=8");
	made_up_add(&m.options.what_if.totals, "queue=40");
	made_up_run(&m);
	ck_assert_int_eq(explain_change_compute(&m.a, &m.view, &change, &m.err), ERR_OK);
	ck_assert(!change.metrics[0].turns[EXPLAIN_DOWN].found);
	ck_assert_uint_eq(change.metrics[0].turns[EXPLAIN_DOWN].blocker, 1);
	ck_assert(change.metrics[0].turns[EXPLAIN_UP].found);
	ck_assert(change.all_down_found);
	/* Both at 3 of 4: 6/2 and 30/10, to a thousandth of a unit. */
	ck_assert_int_eq(change.all_down_millionths, 750024);
	explain_print(&out, &m.view, &change, &explain_plain);
	says("pods/rps: no value of it alone; metric 2 decides\n");
	says("all metrics together at x0.75: 3 at +5m15s");
	made_up_done(&m);
}
END_TEST

START_TEST(a_metric_that_cannot_be_read_keeps_the_count)
{
	made_up_begin(&m, TWO_METRICS);
	m.options.what_if.replicas = 4;
	made_up_add(&m.options.what_if.totals, "rps=12");
	made_up_run(&m);
	ck_assert_int_eq(explain_change_compute(&m.a, &m.view, &change, &m.err), ERR_OK);
	ck_assert(!change.metrics[1].usable);
	explain_print(&out, &m.view, &change, &explain_plain);
	says("failed");
	says("1 of 2 metrics failed, so the count may not fall\n");
	says("external/queue: not known, it has no usable value\n");
	made_up_done(&m);
}
END_TEST

static const struct {
	const char *name, *yaml;
	int64_t replicas;
	const char *total, *needle;
} SHORT[] = {
	{ "above the maximum", MADE_UP_PODS(""), 20, "rps=9",
		"more than maxReplicas; no metric is read" },
	{ "at zero", MADE_UP_PODS(""), 0, "rps=9", "switches the autoscaler off" },
	{ "without a value", MADE_UP_PODS(""), 2, NULL, "pick         nothing: " },
};

START_TEST(nothing_is_computed_where_nothing_is_decided)
{
	explain(SHORT[_i].yaml, SHORT[_i].replicas, SHORT[_i].total);
	ck_assert_msg(!change.computed, "%s", SHORT[_i].name);
	says(SHORT[_i].needle);
	ck_assert_ptr_null(strstr(buf_text(&out), "What would change it"));
	made_up_done(&m);
}
END_TEST

START_TEST(json_holds_every_stage)
{
	static const char *const members[] = { "metricStages", "windows", "policies", "events",
		"conditions", "change" };
	struct jtree *t;
	struct jw w;

	explain(MADE_UP_PODS("  behavior: {}\n"), 1, "rps=9");
	buf_clear(&out);
	jw_init(&w, &out);
	explain_json_encode(&w, &m.view, &change);
	ck_assert_int_eq(jtree_parse(&m.a, buf_sv(&out), &t, &m.err), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		ck_assert_msg(jtree_get(t, members[i]) != NULL, "%s", members[i]);
	made_up_done(&m);
}
END_TEST

/* What the text tells in `set by` and `compared`. */
START_TEST(json_of_a_live_object_tells_of_others)
{
	static struct hpa_condition conditions[] = {
		{ .type = { "AbleToScale", 11 }, .status = { "True", 4 } },
		{ .type = { "ScalingActive", 13 }, .status = { "True", 4 } },
	};
	static const struct {
		size_t n_conditions;
		const char *told;
	} ROWS[] = {
		{ 2, "\"setBy\":\"kubectl (Update)\",\"clusterController\":{\"decided\":true,"
		     "\"desiredReplicas\":3,\"difference\":2}" },
		{ 0, "\"setBy\":\"kubectl (Update)\",\"clusterController\":{\"decided\":false}" },
	};
	char cluster;
	struct jw w;

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		explain(MADE_UP_PODS("  behavior: {}\n"), 1, "rps=9");
		struct hpa_status *status = &m.list.at[0].hpa.status;
		status->desired_replicas = 3;
		status->conditions = conditions;
		status->n_conditions = ROWS[i].n_conditions;
		buf_clear(&out);
		jw_init(&w, &out);
		explain_json_encode(&w, &m.view, &change);
		ck_assert_ptr_null(strstr(buf_text(&out), "clusterController"));
		/* It is asked no more. */
		m.view.live = (void *)&cluster;
		m.view.author = SV("kubectl (Update)");
		buf_clear(&out);
		jw_init(&w, &out);
		explain_json_encode(&w, &m.view, &change);
		ck_assert_msg(strstr(buf_text(&out), ROWS[i].told) != NULL, "%s", buf_text(&out));
		made_up_done(&m);
	}
}
END_TEST

START_TEST(colours_are_ended_on_every_line)
{
	made_up_begin(&m, MADE_UP_PODS(""));
	m.options.what_if.replicas = 1;
	made_up_add(&m.options.what_if.totals, "rps=9");
	made_up_run(&m);
	ck_assert_int_eq(explain_change_compute(&m.a, &m.view, &change, &m.err), ERR_OK);
	explain_print(&out, &m.view, &change, &explain_colours);
	for (const char *line = buf_text(&out); *line; line = strchr(line, '\n') + 1) {
		const char *end = strchr(line, '\n');
		const char *last = NULL;
		for (const char *at = line; at < end; at++)
			last = *at == '\033' ? at : last;
		ck_assert(!last || strncmp(last, "\033[0m", 4) == 0);
	}
	made_up_done(&m);
}
END_TEST

START_TEST(without_memory_nothing_is_told)
{
	for (unsigned long n = 1;; n++) {
		made_up_begin(&m, MADE_UP_PODS(""));
		m.options.what_if.replicas = 3;
		made_up_add(&m.options.what_if.totals, "rps=6");
		made_up_run(&m);
		mem_fail_at(n, true);
		enum error_kind kind = explain_change_compute(&m.a, &m.view, &change, &m.err);
		mem_fail_at(0, false);
		made_up_done(&m);
		if (kind == ERR_OK)
			break;
		ck_assert_int_eq(kind, ERR_NOMEM);
		ck_assert_uint_lt(n, 1000);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_running_example_fits_a_screen);
	tcase_add_test(tcase, an_override_raises_whatever_a_metric_says);
	tcase_add_test(tcase, thresholds_are_the_nearest_values_that_turn);
	tcase_add_test(tcase, a_threshold_that_is_tried_decides_as_told);
	tcase_add_test(tcase, time_alone_ends_a_window);
	tcase_add_test(tcase, a_disabled_direction_is_told);
	tcase_add_test(tcase, the_recommendation_that_holds_is_named_with_its_end);
	tcase_add_test(tcase, one_of_two_metrics_cannot_lower_the_count_alone);
	tcase_add_test(tcase, a_metric_that_cannot_be_read_keeps_the_count);
	tcase_add_loop_test(
		tcase, nothing_is_computed_where_nothing_is_decided, 0, (int)ARRAY_LEN(SHORT));
	tcase_add_test(tcase, json_holds_every_stage);
	tcase_add_test(tcase, json_of_a_live_object_tells_of_others);
	tcase_add_test(tcase, colours_are_ended_on_every_line);
	tcase_add_test(tcase, without_memory_nothing_is_told);
}

int main(void)
{
	return run_case("explain", add);
}
