/* Whole decisions over many passes: the two plays of the specification (15.2 with behavior, 15.3
 * without), tick by tick. */
#include <stdio.h>

#include "common/mem.h"
#include "controller/conclude.h"
#include "controller/decide.h"
#include "tests/unit/controller/run.h"

#define MAX_PODS 16
#define START_SEC INT64_C(946684800)

static struct arena arena;
static struct settings settings;
static struct hpa hpa;
static struct hpa_metric metrics[2];
static struct hpa_source cpu, queue;
static struct hpa_behavior behavior;
static struct hpa_rules up, down;
static struct hpa_policy up_policies[2], down_policies[1];
static struct history history;
static struct scale scale;
static struct pod pods[MAX_PODS];
static const struct pod *list[MAX_PODS];
static struct reading_sample samples[MAX_PODS];
static char names[MAX_PODS][24];
static struct error err;
static struct sv foreign;

/* cpu at 50 % of requests of 500m, and an External metric q at 100 a pod. */
static void setup(void)
{
	static struct pod_request request;
	static struct pod_container container = { .name = { "app", 3 },
		.requests = { &request, 1 } };
	static struct pod_template template = { .containers = &container, .n_containers = 1 };
	static struct pod_labels labels;
	request = (struct pod_request){ SV("cpu"), quantity_from_milli(500, QUANTITY_DECIMAL_SI) };
	arena_init(&arena, 1 << 24);
	settings = SETTINGS_DEFAULT;
	history = (struct history){ 0 };
	foreign = SV_NULL;
	scale = (struct scale){ .replicas = 1, .status_replicas = 1 };
	cpu = (struct hpa_source){ .resource = SV("cpu"),
		.target.average_utilization = opt_i32_of(50) };
	queue = (struct hpa_source){ .metric = SV("q") };
	queue.target.average_value =
		opt_quantity_of(quantity_from_milli(100000, QUANTITY_DECIMAL_SI));
	metrics[0] = (struct hpa_metric){ .type = SV("Resource"), .kind = HPA_METRIC_RESOURCE };
	metrics[0].member[HPA_METRIC_RESOURCE] = &cpu;
	metrics[1] = (struct hpa_metric){ .type = SV("External"), .kind = HPA_METRIC_EXTERNAL };
	metrics[1].member[HPA_METRIC_EXTERNAL] = &queue;
	hpa = (struct hpa){ .meta = { .name = SV("web"), .ns = SV("default") } };
	hpa.spec.min_replicas = opt_i32_of(2);
	hpa.spec.max_replicas = 12;
	hpa.spec.metrics = metrics;
	hpa.spec.n_metrics = 1;
	for (size_t i = 0; i < MAX_PODS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "web-%02zu", i);
		pods[i] = (struct pod){ .name = sv_of(names[i]),
			.labels = &labels,
			.template = &template,
			.phase = POD_PHASE_RUNNING,
			.ready = POD_READY_TRUE,
			.has_started = true,
			.started = { START_SEC - 7200, 0 },
			.ready_changed = { START_SEC - 7190, 0 } };
		list[i] = &pods[i];
	}
}

static void add_behavior(void)
{
	up_policies[0] = (struct hpa_policy){ SV("Pods"), 2, 60 };
	up_policies[1] = (struct hpa_policy){ SV("Percent"), 50, 60 };
	down_policies[0] = (struct hpa_policy){ SV("Percent"), 50, 60 };
	up = (struct hpa_rules){ .stabilization_window_sec = opt_i32_of(0),
		.select_policy = SV("Max"),
		.has_policies = true,
		.policies = up_policies,
		.n_policies = 2 };
	down = (struct hpa_rules){ .stabilization_window_sec = opt_i32_of(60),
		.select_policy = SV("Max"),
		.has_policies = true,
		.policies = down_policies,
		.n_policies = 1 };
	behavior = (struct hpa_behavior){ &up, &down };
	hpa.spec.behavior = &behavior;
	hpa.spec.n_metrics = 2;
}

static void teardown(void)
{
	history_done(&history);
	arena_done(&arena);
}

static const struct hpa_condition *condition(const char *type)
{
	for (size_t i = 0; i < hpa.status.n_conditions; i++)
		if (sv_is(hpa.status.conditions[i].type, type))
			return &hpa.status.conditions[i];
	return NULL;
}

struct tick {
	int t;
	int32_t replicas; /* of the scale before the pass */
	int64_t cpu_milli, queue;
	int32_t result;
	const char *able, *limited; /* reasons */
	bool limited_truth, writes_status;
	const char *event; /* NULL: none */
};

static void pass(const struct tick *tick)
{
	static const struct target_pods TARGET = { .problem = TARGET_OK };
	static const struct ask_question QUESTIONS[2] = { { .state = ASK_REQUEST },
		{ .state = ASK_REQUEST } };
	int64_t queue_milli = tick->queue * 1000;
	struct wall now = { START_SEC + tick->t, 0 };
	struct reading readings[2] = {
		{ .kind = READING_VALUE, .samples = samples, .n_samples = (size_t)scale.replicas },
		{ .kind = READING_VALUE, .values = &queue_milli, .n_values = 1 },
	};
	struct pod_set set = { list, (size_t)scale.replicas };
	for (size_t i = 0; i < set.n; i++)
		samples[i] = (struct reading_sample){ pods[i].name, tick->cpu_milli,
			{ now.sec - 10, 0 }, 30 * NS_PER_SEC };
	struct decide_input in = { &settings, &hpa, &scale, &TARGET, &set, QUESTIONS, readings,
		&history, foreign, NULL, { now, { tick->t * NS_PER_SEC } } };
	struct proposal p;
	struct conclusion c;
	ck_assert_int_eq(decide_compute(&arena, &in, &p, &err), ERR_OK);
	struct conclude_write write = { .ok = true, .now = p.now };
	const struct conclude_write *outcome = p.rescale ? &write : NULL;
	ck_assert_int_eq(conclude_remember(&history, &hpa, &p, outcome, &err), ERR_OK);
	ck_assert_int_eq(conclude_compute(&arena, &settings, &hpa, &p, outcome, &c, &err), ERR_OK);
	ck_assert_msg(
		scale.replicas == tick->replicas, "t=%d: starts at %d", tick->t, scale.replicas);
	ck_assert_msg(c.desired == tick->result, "t=%d: %d", tick->t, c.desired);
	ck_assert_msg(c.status_differs == tick->writes_status, "t=%d: status %d", tick->t,
		c.status_differs);
	hpa.status = c.status;
	scale.replicas = scale.status_replicas = c.desired;
	ck_assert_msg(sv_is(condition("AbleToScale")->reason, tick->able), "t=%d: %.*s", tick->t,
		SV_ARG(condition("AbleToScale")->reason));
	if (tick->limited) {
		ck_assert_msg(sv_is(condition("ScalingLimited")->reason, tick->limited),
			"t=%d: %.*s", tick->t, SV_ARG(condition("ScalingLimited")->reason));
		ck_assert_int_eq(
			sv_is(condition("ScalingLimited")->status, "True"), tick->limited_truth);
	}
	ck_assert_uint_eq(c.events.n, tick->event ? 1 : 0);
	if (tick->event)
		ck_assert_str_eq(c.events.at[0].message.ptr, tick->event);
}

#define UP_BY_CPU "; reason: cpu resource utilization (percentage of request) above target"
#define ALL_BELOW "; reason: All metrics below target"

START_TEST(the_play_with_behavior)
{
	/* clang-format off */
	static const struct tick TICKS[] = {
		{ 0, 3, 260, 250, 3, "ReadyForNewScale", "DesiredWithinRange", false, true, NULL },
		{ 15, 3, 400, 250, 5, "SucceededRescale", "DesiredWithinRange", false, true, "New size: 5" UP_BY_CPU },
		{ 30, 5, 400, 250, 5, "ReadyForNewScale", "ScaleUpLimit", true, true, NULL },
		{ 45, 5, 300, 1200, 5, "ReadyForNewScale", "ScaleUpLimit", true, true, NULL },
		{ 60, 5, 300, 1200, 5, "ReadyForNewScale", "ScaleUpLimit", true, false, NULL },
		{ 75, 5, 300, 1200, 8, "SucceededRescale", "ScaleUpLimit", true, true, "New size: 8; reason: external metric q(nil) above target" },
		{ 90, 8, 20, 100, 8, "ScaleDownStabilized", "DesiredWithinRange", false, true, NULL },
		{ 105, 8, 20, 100, 8, "ScaleDownStabilized", "DesiredWithinRange", false, false, NULL },
		{ 120, 8, 20, 100, 8, "ScaleDownStabilized", "DesiredWithinRange", false, false, NULL },
		{ 135, 8, 20, 100, 4, "SucceededRescale", "ScaleDownLimit", true, true, "New size: 4" ALL_BELOW },
		{ 150, 4, 20, 100, 4, "ReadyForNewScale", "ScaleDownLimit", true, true, NULL },
		{ 165, 4, 20, 100, 4, "ReadyForNewScale", "ScaleDownLimit", true, false, NULL },
		{ 180, 4, 20, 100, 4, "ReadyForNewScale", "ScaleDownLimit", true, false, NULL },
		{ 195, 4, 20, 100, 2, "SucceededRescale", "TooFewReplicas", true, true, "New size: 2" ALL_BELOW },
		{ 210, 2, 20, 100, 2, "ReadyForNewScale", "TooFewReplicas", true, true, NULL },
		{ 225, 2, 20, 100, 2, "ReadyForNewScale", "TooFewReplicas", true, false, NULL },
	};
	/* clang-format on */
	static const struct history_recommendation AFTER_75[] = { { { 0 }, 3 },
		{ { 75 * NS_PER_SEC }, 12 }, { { 15 * NS_PER_SEC }, 5 }, { { 30 * NS_PER_SEC }, 8 },
		{ { 45 * NS_PER_SEC }, 12 }, { { 60 * NS_PER_SEC }, 12 } };
	scale.replicas = scale.status_replicas = 3;
	add_behavior();
	for (size_t i = 0; i < ARRAY_LEN(TICKS); i++) {
		pass(&TICKS[i]);
		if (TICKS[i].t != 75)
			continue;
		ck_assert_uint_eq(history.recommendations.n, ARRAY_LEN(AFTER_75));
		for (size_t k = 0; k < ARRAY_LEN(AFTER_75); k++) {
			ck_assert_int_eq(
				history.recommendations.at[k].replicas, AFTER_75[k].replicas);
			ck_assert_int_eq(history.recommendations.at[k].at.ns, AFTER_75[k].at.ns);
		}
	}
	ck_assert_int_eq(condition("AbleToScale")->last_transition.sec, START_SEC);
	ck_assert_int_eq(condition("ScalingLimited")->last_transition.sec, START_SEC + 135);
	ck_assert_int_eq(hpa.status.last_scale_time.sec, START_SEC + 195);
}
END_TEST

START_TEST(the_play_without_behavior)
{
	/* clang-format off */
	static const struct tick TICKS[] = {
		{ 0, 1, 400, 0, 2, "SucceededRescale", NULL, false, true, "New size: 2; reason: Current number of replicas below Spec.MinReplicas" },
		{ 15, 2, 400, 0, 4, "SucceededRescale", "DesiredWithinRange", false, true, "New size: 4" UP_BY_CPU },
		{ 30, 4, 400, 0, 7, "SucceededRescale", "DesiredWithinRange", false, true, "New size: 7" UP_BY_CPU },
		{ 45, 7, 400, 0, 12, "SucceededRescale", "DesiredWithinRange", false, true, "New size: 12" UP_BY_CPU },
		{ 60, 12, 20, 0, 12, "ScaleDownStabilized", "DesiredWithinRange", false, true, NULL },
		{ 75, 12, 20, 0, 12, "ScaleDownStabilized", "DesiredWithinRange", false, false, NULL },
		{ 390, 12, 20, 0, 2, "SucceededRescale", "TooFewReplicas", true, true, "New size: 2" ALL_BELOW },
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_LEN(TICKS); i++)
		pass(&TICKS[i]);
	ck_assert_uint_eq(hpa.status.n_conditions, 3);
}
END_TEST

START_TEST(a_target_that_another_one_scales_is_left_alone)
{
	/* clang-format off */
	static const struct tick TICKS[] = {
		{ 0, 1, 400, 0, 1, "ForeignAutoscaler", NULL, false, true, "hpa other scales it" },
		{ 15, 1, 400, 0, 1, "ForeignAutoscaler", NULL, false, false, "hpa other scales it" },
	};
	static const struct tick AFTERWARDS = { 30, 1, 400, 0, 2, "SucceededRescale", NULL, false, true,
		"New size: 2; reason: Current number of replicas below Spec.MinReplicas" };
	/* clang-format on */
	foreign = SV("hpa other scales it");
	for (size_t i = 0; i < ARRAY_LEN(TICKS); i++) {
		pass(&TICKS[i]);
		ck_assert(sv_is(condition("AbleToScale")->status, "False"));
	}
	foreign = SV_NULL;
	pass(&AFTERWARDS);
	scale.replicas = scale.status_replicas = 4;
	foreign = SV("hpa other scales it");
	pass(&(struct tick){ 45, 4, 400, 0, 4, "ForeignAutoscaler", "DesiredWithinRange", false,
		true, "hpa other scales it" });
	ck_assert(
		!hpa.status.has_last_scale_time || hpa.status.last_scale_time.sec < START_SEC + 45);
}
END_TEST

/* Objects that validation would refuse, as they may come from an old store: no crash, and nothing moves. */
START_TEST(broken_objects_move_nothing)
{
	static const struct target_pods TARGET = { .problem = TARGET_OK };
	static const struct ask_question QUESTION = { .state = ASK_INVALID,
		.why = { "unknown", 7 } };
	static const int64_t LOAD = 1200000;
	struct ask_question request = { .state = ASK_REQUEST };
	struct reading reading = { .kind = READING_VALUE, .values = &LOAD, .n_values = 1 };
	struct pod_set set = { list, 3 };
	struct decide_input in = { &settings, &hpa, &scale, &TARGET, &set, &request, &reading,
		&history, foreign, NULL, { { START_SEC, 0 }, { 0 } } };
	struct proposal p;

	scale.replicas = scale.status_replicas = 3;
	metrics[0] = metrics[1];
	behavior = (struct hpa_behavior){ NULL, NULL };
	metrics[0].member[HPA_METRIC_EXTERNAL] = &queue;
	queue.target.average_value =
		opt_quantity_of(quantity_from_milli(100000, QUANTITY_DECIMAL_SI));
	hpa.spec.behavior = &behavior;
	ck_assert_int_eq(decide_compute(&arena, &in, &p, &err), ERR_OK);
	ck_assert_msg(!p.rescale && p.wanted == 12, "without rules nothing may go up");

	hpa.spec.behavior = NULL;
	metrics[0] = (struct hpa_metric){ .type = SV("Wishes"), .kind = HPA_METRIC_UNKNOWN };
	in.questions = &QUESTION;
	ck_assert_int_eq(decide_compute(&arena, &in, &p, &err), ERR_OK);
	ck_assert(p.failed && !p.rescale);
	ck_assert(sv_is(p.events.at[0].reason, "InvalidMetricSourceType"));

	hpa.spec.n_metrics = 0;
	ck_assert_int_eq(decide_compute(&arena, &in, &p, &err), ERR_OK);
	ck_assert(p.failed && !p.rescale);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_play_with_behavior);
	tcase_add_test(tcase, the_play_without_behavior);
	tcase_add_test(tcase, a_target_that_another_one_scales_is_left_alone);
	tcase_add_test(tcase, broken_objects_move_nothing);
}

int main(void)
{
	return run_case("decide", add);
}
