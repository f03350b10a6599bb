/* What our own kind decides beyond Kubernetes. */
#include "tests/unit/controller/own_world.h"
#include "tests/unit/controller/run.h"

static struct own_world w;

static void teardown(void)
{
	own_world_done(&w);
}

#define TARGET                                                                                     \
	"\"scaleTargetRef\":{\"apiVersion\":\"apps/"                                               \
	"v1\",\"kind\":\"Deployment\",\"name\":\"web\"},"
/* 10 for each replica */
#define QUEUE_OPEN                                                                                 \
	"{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"queue\"},\"target\":{"        \
	"\"type\":\"AverageValue\",\"averageValue\":\"10\"}}"
#define QUEUE QUEUE_OPEN "}"
#define RATE                                                                                       \
	"{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"rate\"},\"target\":{\"type\":"        \
	"\"AverageValue\",\"averageValue\":\"10\"}}}"
#define NO_WINDOW "\"behavior\":{\"scaleDown\":{\"stabilizationWindowSeconds\":0}},"
#define UP_4                                                                                       \
	"\"behavior\":{\"scaleUp\":{\"policies\":[{\"type\":\"Pods\",\"value\":4,"                 \
	"\"periodSeconds\":15}]}},"
#define OVERRIDE(min, max)                                                                         \
	"\"override\":{\"minReplicas\":" #min ",\"maxReplicas\":" #max                             \
	",\"until\":\"2027-01-15T08:10:00Z\",\"reason\":\"INC-12\"},"
#define BOUNDS(min, max) "\"minReplicas\":" #min ",\"maxReplicas\":" #max ","
#define METRICS(list) "\"metrics\":[" list "]"

static const struct pass_row {
	const char *what, *spec;
	int32_t current;
	int64_t queue; /* -1: it fails */
	int32_t want;  /* the target's count after the pass */
	const char *reason;
} PASSES[] = {
	{ "without anything of our own, as in Kubernetes",
		"{" TARGET BOUNDS(1, 9) METRICS(QUEUE) "}", 3, 50, 5,
		"external metric queue(nil) above target" },
	{ "Recommend writes nothing",
		"{" TARGET BOUNDS(1, 9) "\"mode\":\"Recommend\"," METRICS(QUEUE) "}", 3, 50, 3,
		"external metric queue(nil) above target" },
	{ "nor does a mode that nobody knows",
		"{" TARGET BOUNDS(1, 9) "\"mode\":\"Paused\"," METRICS(QUEUE) "}", 3, 50, 3,
		"external metric queue(nil) above target" },
	{ "Recommend leaves a count that is out of bounds",
		"{" TARGET BOUNDS(5, 9) "\"mode\":\"Recommend\"," METRICS(QUEUE) "}", 3, 50, 3,
		"Current number of replicas below Spec.MinReplicas" },
	{ "an override raises beyond maxReplicas, twofold at a time",
		"{" TARGET BOUNDS(1, 5) OVERRIDE(20, 40) METRICS(QUEUE) "}", 5, 50, 10,
		"override: INC-12" },
	{ "an override obeys a policy",
		"{" TARGET BOUNDS(1, 5) UP_4 OVERRIDE(20, 40) METRICS(QUEUE) "}", 5, 50, 9,
		"override: INC-12" },
	{ "an override lowers", "{" TARGET BOUNDS(5, 20) OVERRIDE(1, 2) METRICS(QUEUE) "}", 8, 80,
		2, "override: INC-12" },
	{ "within an override the metrics decide",
		"{" TARGET BOUNDS(1, 5) OVERRIDE(2, 40) METRICS(QUEUE) "}", 5, 80, 8,
		"external metric queue(nil) above target" },
	{ "an override works when all metrics fail",
		"{" TARGET BOUNDS(1, 9) OVERRIDE(4, 6) METRICS(QUEUE) "}", 3, -1, 4,
		"override: INC-12" },
	{ "failed metrics within an override hold",
		"{" TARGET BOUNDS(1, 9) OVERRIDE(2, 6) METRICS(QUEUE) "}", 3, -1, 3, "" },
	{ "an override wakes what was put to zero by hand",
		"{" TARGET BOUNDS(1, 9) OVERRIDE(2, 6) METRICS(QUEUE) "}", 0, -1, 2,
		"override: INC-12" },
	{ "zero by hand stays", "{" TARGET BOUNDS(1, 9) METRICS(QUEUE) "}", 0, 50, 0, "" },
	{ "an override may put to zero", "{" TARGET BOUNDS(1, 9) OVERRIDE(0, 0) METRICS(QUEUE) "}",
		3, 50, 0, "override: INC-12" },
	{ "an override that Recommend only reports",
		"{" TARGET BOUNDS(1, 9) "\"mode\":\"Recommend\"," OVERRIDE(5, 6) METRICS(QUEUE) "}",
		3, 30, 3, "override: INC-12" },
	{ "zero that no metric could wake from counts as one",
		"{" TARGET BOUNDS(0, 9) NO_WINDOW METRICS(RATE) "}", 3, 0, 1,
		"All metrics below target" },
	{ "nothing to do goes to zero without the gate",
		"{" TARGET BOUNDS(0, 9) NO_WINDOW METRICS(QUEUE) "}", 3, 0, 0,
		"All metrics below target" },
};

START_TEST(one_pass)
{
	const struct pass_row *row = &PASSES[_i];

	own_world_make(&w, row->spec, false);
	w.scale.replicas = w.scale.status_replicas = row->current;
	w.milli[0] = row->queue * 1000;
	w.fails[0] = row->queue < 0;
	own_world_pass(&w, 0);
	ck_assert_msg(w.scale.replicas == row->want, "%s: %d", row->what, (int)w.scale.replicas);
	ck_assert_msg(sv_is(w.p.reason, row->reason), "%s: %.*s", row->what, SV_ARG(w.p.reason));
}
END_TEST

START_TEST(recommend_reports_what_it_would_do)
{
	own_world_make(
		&w, "{" TARGET BOUNDS(1, 9) "\"mode\":\"Recommend\"," METRICS(QUEUE) "}", false);
	w.milli[0] = 50000;
	own_world_pass(&w, 0);
	ck_assert(!w.p.rescale && w.p.only_reported);
	ck_assert_int_eq(w.c.status.desired_replicas, 5);
	ck_assert_int_eq(w.c.status.current_replicas, 3);
	ck_assert(sv_is(w.c.status.own->summary.mode, "Recommend"));
	ck_assert(!w.c.status.has_last_scale_time);
}
END_TEST

START_TEST(an_override_ends_by_itself)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 9) OVERRIDE(6, 8) METRICS(QUEUE) "}", false);
	w.milli[0] = 30000;
	own_world_pass(&w, 0);
	ck_assert_int_eq(w.scale.replicas, 6);
	ck_assert_str_eq(own_world_condition(&w, "Overridden"), "OverrideActive");
	ck_assert_uint_eq(own_world_events(&w, "OverrideActive"), 1);
	ck_assert(sv_is(w.c.status.own->summary.mode, "Override"));
	own_world_pass(&w, 15);
	ck_assert_uint_eq(own_world_events(&w, "OverrideActive"), 0);
	own_world_pass(&w, 599);
	ck_assert_int_eq(w.scale.replicas, 6);
	own_world_pass(&w, 600);
	ck_assert_int_eq(w.scale.replicas, 3);
	ck_assert_ptr_null(own_world_condition(&w, "Overridden"));
}
END_TEST

START_TEST(a_selector_that_selects_nothing_does_not_stop_an_override)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 9) OVERRIDE(6, 8) METRICS(QUEUE) "}", false);
	w.target = (struct target_pods){ .problem = TARGET_NO_SELECTOR,
		.why = SV("selector is required") };
	own_world_pass(&w, 0);
	ck_assert_int_eq(w.scale.replicas, 6);
	ck_assert_str_eq(own_world_condition(&w, "ScalingActive"), "InvalidSelector");
}
END_TEST

START_TEST(zero_by_an_override_is_left_when_it_ends)
{
	own_world_make(&w, "{" TARGET BOUNDS(2, 9) OVERRIDE(0, 0) METRICS(RATE) "}", false);
	w.milli[0] = 10000;
	own_world_pass(&w, 0);
	ck_assert_int_eq(w.scale.replicas, 0);
	ck_assert_str_eq(own_world_condition(&w, "ScaledToZero"), "ScaledToZero");
	own_world_pass(&w, 300);
	ck_assert_int_eq(w.scale.replicas, 0);
	/* A Pods metric cannot be read without pods, and need not be. */
	w.rows[0] = 0;
	own_world_pass(&w, 700);
	ck_assert_int_eq(w.scale.replicas, 2);
}
END_TEST

#define PERCENT                                                                                    \
	"\"behavior\":{\"scaleUp\":{\"policies\":[{\"type\":\"Percent\",\"value\":100,"            \
	"\"periodSeconds\":15}]},"                                                                 \
	"\"scaleDown\":{\"stabilizationWindowSeconds\":0}},"

START_TEST(what_sleeps_wakes_up)
{
	own_world_make(&w, "{" TARGET BOUNDS(0, 9) PERCENT METRICS(QUEUE) "}", false);
	own_world_pass(&w, 0);
	ck_assert_int_eq(w.scale.replicas, 0);
	own_world_pass(&w, 15);
	ck_assert_int_eq(w.scale.replicas, 0);
	w.milli[0] = 1000;
	own_world_pass(&w, 30);
	/* A percentage of nothing is nothing, but one replica is allowed. */
	ck_assert_int_eq(w.scale.replicas, 1);
	w.milli[0] = 40000;
	own_world_pass(&w, 45);
	ck_assert_int_eq(w.scale.replicas, 2);
}
END_TEST

#define PROMETHEUS(more, target)                                                                   \
	"{\"type\":\"Prometheus\",\"prometheus\":{\"name\":\"depth\",\"query\":\"q\"," more        \
	"\"target\":{" target "}}}"
#define VALUE_10 "\"type\":\"Value\",\"value\":\"10\""
#define AVERAGE_10 "\"type\":\"AverageValue\",\"averageValue\":\"10\""

static const struct prometheus_row {
	const char *what, *spec;
	int32_t current;
	bool slept; /* zero is our doing */
	int64_t value;
	int32_t want;
} PROMETHEUS_ROWS[] = {
	{ "a total as External counts it",
		"{" TARGET BOUNDS(0, 9) METRICS(PROMETHEUS("", AVERAGE_10)) "}", 3, false, 50, 5 },
	{ "a value as External counts it",
		"{" TARGET BOUNDS(0, 9) METRICS(PROMETHEUS("", VALUE_10)) "}", 3, false, 20, 6 },
	{ "rows of pods as Pods metrics count them",
		"{" TARGET BOUNDS(1, 9)
			METRICS(PROMETHEUS("\"podLabel\":\"pod\",", AVERAGE_10)) "}",
		3, false, 20, 6 },
	{ "any load wakes without an activationValue",
		"{" TARGET BOUNDS(0, 9) METRICS(PROMETHEUS("", VALUE_10)) "}", 0, true, 1, 1 },
	{ "the activationValue itself does not wake",
		"{" TARGET BOUNDS(0, 9)
			METRICS(PROMETHEUS("\"activationValue\":\"5\",", VALUE_10)) "}",
		0, true, 5, 0 },
	{ "more than the activationValue wakes",
		"{" TARGET BOUNDS(0, 9)
			METRICS(PROMETHEUS("\"activationValue\":\"5\",", VALUE_10)) "}",
		0, true, 6, 1 },
	{ "awake, the activationValue plays no part",
		"{" TARGET BOUNDS(0, 9)
			METRICS(PROMETHEUS("\"activationValue\":\"50\",", VALUE_10)) "}",
		3, false, 20, 6 },
	{ "zero by hand stays", "{" TARGET BOUNDS(0, 9) METRICS(PROMETHEUS("", VALUE_10)) "}", 0,
		false, 50, 0 },
};

START_TEST(prometheus_metrics)
{
	static struct hpa_condition slept = { .type = { "ScaledToZero", 12 },
		.status = { "True", 4 } };
	const struct prometheus_row *row = &PROMETHEUS_ROWS[_i];

	own_world_make(&w, row->spec, false);
	w.scale.replicas = w.scale.status_replicas = row->current;
	w.milli[0] = row->value * 1000;
	if (row->slept) {
		w.hpa.status.conditions = &slept;
		w.hpa.status.n_conditions = 1;
	}
	own_world_pass(&w, 0);
	ck_assert_msg(w.scale.replicas == row->want, "%s: %d", row->what, (int)w.scale.replicas);
	ck_assert(!w.p.failed);
}
END_TEST

START_TEST(prometheus_metrics_fail_in_words)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 9) METRICS(PROMETHEUS("", VALUE_10)) "}", false);
	w.fails[0] = true;
	own_world_pass(&w, 0);
	ck_assert(w.p.failed && w.scale.replicas == 3);
	ck_assert_str_eq(own_world_condition(&w, "ScalingActive"), "FailedGetPrometheusMetric");
	ck_assert(sv_is(w.c.status.own->last_decision->constraints[0], "MetricsFailed"));
}
END_TEST

#define FALLBACK(n) ",\"fallback\":{\"replicas\":" #n "}}"

START_TEST(a_fallback_raises_after_its_time)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 9) METRICS(QUEUE_OPEN FALLBACK(5)) "}", false);
	w.milli[0] = 30000;
	own_world_pass(&w, 0);
	w.fails[0] = true;
	for (int64_t t = 15; t < 195; t += 15) {
		own_world_pass(&w, t);
		ck_assert(w.p.failed && w.scale.replicas == 3);
	}
	own_world_pass(&w, 195);
	ck_assert_int_eq(w.scale.replicas, 5);
	ck_assert_str_eq(own_world_condition(&w, "FallbackActive"), "MetricFailed");
	ck_assert_str_eq(own_world_condition(&w, "ScalingActive"), "FailedGetExternalMetric");
	ck_assert_uint_eq(own_world_events(&w, "MetricFailed"), 1);
	ck_assert(sv_is(w.c.status.own->last_decision->constraints[0], "Fallback"));
	own_world_pass(&w, 210);
	ck_assert_uint_eq(own_world_events(&w, "MetricFailed"), 0);
	w.fails[0] = false;
	own_world_pass(&w, 225);
	ck_assert_ptr_null(own_world_condition(&w, "FallbackActive"));
	/* Back to what the metric says only when the window has passed. */
	ck_assert_int_eq(w.scale.replicas, 5);
	own_world_pass(&w, 211 + 301);
	ck_assert_int_eq(w.scale.replicas, 3);
}
END_TEST

START_TEST(a_fallback_never_lowers)
{
	own_world_make(
		&w, "{" TARGET BOUNDS(1, 9) METRICS(QUEUE_OPEN FALLBACK(2) "," RATE) "}", false);
	w.scale.replicas = w.scale.status_replicas = 7;
	w.fails[0] = true;
	w.milli[1] = 1000;
	for (int64_t t = 0; t < 1000; t += 15)
		own_world_pass(&w, t);
	ck_assert_int_eq(w.scale.replicas, 7);
	/* The other metric may still raise. */
	w.milli[1] = 12000;
	own_world_pass(&w, 1000);
	ck_assert_int_eq(w.scale.replicas, 9);
}
END_TEST

START_TEST(growth_counts_by_fifteen_seconds)
{
	static const int32_t WANT[] = { 6, 6, 6, 12, 12, 12, 24, 24 };

	own_world_make(
		&w, "{" TARGET BOUNDS(1, 100) "\"syncPeriodSeconds\":5," METRICS(QUEUE) "}", false);
	w.milli[0] = 1000000;
	for (size_t i = 0; i < ARRAY_LEN(WANT); i++) {
		own_world_pass(&w, (int64_t)i * 5);
		ck_assert_msg(w.scale.replicas == WANT[i], "%zu: %d", i, (int)w.scale.replicas);
	}
}
END_TEST

START_TEST(a_native_object_grows_with_every_pass)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 100) METRICS(QUEUE) "}", true);
	w.milli[0] = 1000000;
	own_world_pass(&w, 0);
	own_world_pass(&w, 5);
	ck_assert_int_eq(w.scale.replicas, 12);
	ck_assert(!w.c.status.own);
}
END_TEST

static const struct guard_row {
	const char *what;
	bool native, guards;
	int32_t rows;
	bool frozen;
	const char *condition;
	int32_t want;
} GUARDS[] = {
	{ "all rows: it is lowered", false, true, 10, false, NULL, 2 },
	{ "under 70 % of the rows: it is held", false, true, 6, false, "PartialLoss", 10 },
	{ "of a native object too", true, true, 6, false, "PartialLoss", 10 },
	{ "a frozen source: it is held", false, true, 10, true, "MassLoss", 10 },
	{ "of a native object too", true, true, 10, true, "MassLoss", 10 },
	{ "without the guards it is lowered, frozen or not", true, false, 10, true, NULL, 2 },
};

START_TEST(guards_hold_the_count)
{
	const struct guard_row *row = &GUARDS[_i];

	own_world_make(&w, "{" TARGET BOUNDS(1, 20) NO_WINDOW METRICS(RATE) "}", row->native);
	w.settings.guards = row->guards;
	w.scale.replicas = w.scale.status_replicas = 10;
	w.milli[0] = 10000;
	own_world_pass(&w, 0);
	ck_assert_int_eq(w.scale.replicas, 10);
	w.milli[0] = 2000;
	w.rows[0] = row->rows;
	w.frozen[0] = row->frozen;
	own_world_pass(&w, 15);
	ck_assert_msg(w.scale.replicas == row->want, "%s: %d", row->what, (int)w.scale.replicas);
	const char *condition = own_world_condition(&w, "DecreaseBlocked");
	ck_assert_msg(
		row->condition ? condition && strcmp(condition, row->condition) == 0 : !condition,
		"%s: %s", row->what, condition);
	if (!row->condition)
		return;
	ck_assert_uint_eq(own_world_events(&w, row->condition), 1);
	own_world_pass(&w, 30);
	ck_assert_int_eq(w.scale.replicas, row->want);
	ck_assert_uint_eq(own_world_events(&w, row->condition), 0);
	w.rows[0] = -1;
	w.frozen[0] = false;
	own_world_pass(&w, 45);
	ck_assert_int_eq(w.scale.replicas, 2);
	ck_assert_ptr_null(own_world_condition(&w, "DecreaseBlocked"));
}
END_TEST

/* The object is edited; what was remembered stays. */
static void edit(const char *spec, bool native)
{
	struct error err;
	const char *json = arena_printf(&w.arena,
		"{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},\"spec\":%s}", spec);

	ck_assert_int_eq(hpa_decode_stored(&w.arena, native ? AUTOSCALER_NATIVE : AUTOSCALER_OWN,
				 sv_of(json), &w.hpa, &err),
		ERR_OK);
	ck_assert_int_eq(hpa_default(&w.arena, &w.hpa, &err), ERR_OK);
}

#define RATED(bounds) "{" TARGET bounds NO_WINDOW METRICS(RATE) "}"

/* Rows that never come back: 6 of 10 pods report for good. docs/own-kind.md lists the ways. */
static const struct way_out {
	const char *what;
	bool native;
	const char *first, *then; /* edits; then: a pass later, NULL for none */
	int32_t by_hand;	  /* the count that somebody sets; 0: nobody */
	int32_t most;		  /* the count at the end at most */
} WAYS_OUT[] = {
	{ "none", true, RATED(BOUNDS(1, 20)), NULL, 0, 10 },
	{ "an override", false, RATED(BOUNDS(1, 20) OVERRIDE(1, 3)), NULL, 0, 3 },
	{ "maxReplicas", true, RATED(BOUNDS(1, 4)), NULL, 0, 4 },
	{ "fewer pods", true, RATED(BOUNDS(1, 20)), NULL, 8, 7 },
	{ "the metric taken out and put back", true,
		"{" TARGET BOUNDS(1, 20) NO_WINDOW METRICS(QUEUE) "}", RATED(BOUNDS(1, 20)), 0, 9 },
};

START_TEST(a_held_guard_has_ways_out)
{
	const struct way_out *row = &WAYS_OUT[_i];

	own_world_make(&w, RATED(BOUNDS(1, 20)), row->native);
	w.scale.replicas = w.scale.status_replicas = 10;
	w.milli[0] = 10000;
	own_world_pass(&w, 0);
	w.milli[0] = 2000;
	w.rows[0] = 6;
	own_world_pass(&w, 15);
	ck_assert_int_eq(w.scale.replicas, 10);
	if (row->by_hand)
		w.scale.replicas = w.scale.status_replicas = row->by_hand;
	edit(row->first, row->native);
	if (row->then) {
		/* The other metric wants the present count. */
		w.milli[0] = 100000;
		own_world_pass(&w, 30);
		ck_assert_int_eq(w.scale.replicas, 10);
		w.milli[0] = 2000;
		edit(row->then, row->native);
	}
	own_world_pass(&w, 45);
	ck_assert_msg(row->most == 10 ? w.scale.replicas == 10 : w.scale.replicas <= row->most,
		"%s: %d", row->what, (int)w.scale.replicas);
}
END_TEST

START_TEST(a_guard_lets_increases_through)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 20) METRICS(RATE) "}", false);
	w.scale.replicas = w.scale.status_replicas = 10;
	w.milli[0] = 10000;
	own_world_pass(&w, 0);
	w.rows[0] = 5;
	w.milli[0] = 40000;
	w.frozen[0] = true;
	own_world_pass(&w, 15);
	ck_assert_int_gt(w.scale.replicas, 10);
	ck_assert_ptr_null(own_world_condition(&w, "DecreaseBlocked"));
}
END_TEST

START_TEST(lost_readings_are_seen)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 20) METRICS(QUEUE) "}", true);
	w.fails[0] = true;
	own_world_pass(&w, 0);
	ck_assert(!w.p.guards.at[0].lost);
	w.fails[0] = false;
	own_world_pass(&w, 15);
	w.fails[0] = true;
	own_world_pass(&w, 30);
	ck_assert(w.p.guards.at[0].lost);
	own_world_pass(&w, 45);
	ck_assert(!w.p.guards.at[0].lost);
}
END_TEST

static void check_wall(struct wall got, int64_t want_sec)
{
	ck_assert_int_eq(got.sec - OWN_WORLD_START_SEC, want_sec);
	ck_assert_int_eq(got.nsec, 0);
}

START_TEST(the_status_says_how_the_count_came_about)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 20) UP_4 METRICS(QUEUE "," RATE) "}", false);
	w.milli[0] = 180000;
	w.milli[1] = 10000;
	own_world_pass(&w, 0);
	const struct own_decision *d = w.c.status.own->last_decision;
	ck_assert(d->raw_desired.value == 18 && d->final_desired.value == 7);
	ck_assert(sv_is(d->selected_metric, "external metric queue(nil)"));
	ck_assert(d->n_constraints == 1 && sv_is(d->constraints[0], "ScaleUpLimit"));
	const struct own_summary *s = &w.c.status.own->summary;
	ck_assert(sv_is(s->reference, "Deployment/web") && sv_is(s->mode, "Active"));
	ck_assert(s->wants.value == 18 && sv_is(s->limited_by, "scale-up policy"));
	ck_assert_msg(sv_is(s->targets, "queue: 60/10 (avg), rate: 10/10 (avg)"), "%.*s",
		SV_ARG(s->targets));
	own_world_pass(&w, 5);
	/* The four pods of the first pass leave the period at 15. */
	check_wall(w.c.status.own->last_decision->next_change, 15);
	/* Going down: the window holds until what was wanted at 5 is five minutes old. */
	w.milli[0] = 10000;
	w.milli[1] = 1000;
	own_world_pass(&w, 20);
	d = w.c.status.own->last_decision;
	ck_assert(sv_is(d->constraints[0], "ScaleDownStabilized"));
	check_wall(d->next_change, 305);
	w.fails[0] = true;
	own_world_pass(&w, 35);
	ck_assert(w.c.status.own->last_decision->raw_desired.set == false);
	ck_assert_msg(sv_is(w.c.status.own->summary.targets,
			      "queue: <unknown>/10 (avg), rate: 1/10 (avg)"),
		"%.*s", SV_ARG(w.c.status.own->summary.targets));
}
END_TEST

START_TEST(many_metrics_are_cut_short)
{
	own_world_make(&w,
		"{" TARGET BOUNDS(5, 20) METRICS(QUEUE "," RATE "," QUEUE "," RATE "," RATE) "}",
		false);
	own_world_pass(&w, 0);
	ck_assert(sv_is(w.c.status.own->summary.targets,
		"queue: <unknown>/10 (avg), rate: <unknown>/10 "
		"(avg), queue: <unknown>/10 (avg) + 2 more"));
}
END_TEST

START_TEST(the_same_decision_is_the_same_status)
{
	own_world_make(&w, "{" TARGET BOUNDS(1, 20) OVERRIDE(3, 4) METRICS(QUEUE) "}", false);
	w.milli[0] = 30000;
	own_world_pass(&w, 0);
	own_world_pass(&w, 15);
	ck_assert(!w.c.status_differs);
	own_world_pass(&w, 30);
	ck_assert(!w.c.status_differs);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, one_pass, 0, ARRAY_LEN(PASSES));
	tcase_add_test(t, recommend_reports_what_it_would_do);
	tcase_add_test(t, an_override_ends_by_itself);
	tcase_add_test(t, a_selector_that_selects_nothing_does_not_stop_an_override);
	tcase_add_test(t, zero_by_an_override_is_left_when_it_ends);
	tcase_add_test(t, what_sleeps_wakes_up);
	tcase_add_loop_test(t, prometheus_metrics, 0, ARRAY_LEN(PROMETHEUS_ROWS));
	tcase_add_test(t, prometheus_metrics_fail_in_words);
	tcase_add_test(t, a_fallback_raises_after_its_time);
	tcase_add_test(t, a_fallback_never_lowers);
	tcase_add_test(t, growth_counts_by_fifteen_seconds);
	tcase_add_test(t, a_native_object_grows_with_every_pass);
	tcase_add_loop_test(t, guards_hold_the_count, 0, ARRAY_LEN(GUARDS));
	tcase_add_loop_test(t, a_held_guard_has_ways_out, 0, (int)ARRAY_LEN(WAYS_OUT));
	tcase_add_test(t, a_guard_lets_increases_through);
	tcase_add_test(t, lost_readings_are_seen);
	tcase_add_test(t, the_status_says_how_the_count_came_about);
	tcase_add_test(t, many_metrics_are_cut_short);
	tcase_add_test(t, the_same_decision_is_the_same_status);
}

int main(void)
{
	return run_case("own_decide", add);
}
