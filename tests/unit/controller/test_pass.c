/* The machine: what it wants, in which order, and what it makes of failures. One HPA on an External
 * metric with a fake world. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "controller/pass.h"
#include "tests/unit/controller/run.h"

#define SCALE(count)                                                                               \
	"{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/"                                        \
	"v1\",\"metadata\":{\"name\":\"web\",\"resourceVersion\":\"7\"},"                          \
	"\"spec\":{\"replicas\":" #count "},\"status\":{\"replicas\":" #count                      \
	",\"selector\":\"app=web\"}}"

static struct arena arena;
static struct history history;
static struct settings settings;
static struct hpa hpa;
static struct hpa_metric metric;
static struct hpa_source source;
static struct discovery discovery;
static struct error err;

/* What the fake world answers. */
static struct {
	const char *scale, *reading;
	const char *get_error, *reread_error, *put_error, *status_error;
	int put_code;
	unsigned n_put_errors; /* this many PUTs fail */
	char log[2048];
	int64_t clock_ns;
} world;

static void setup(void)
{
	static struct discovery_resource resources[] = { { .name = { "deployments", 11 },
		.kind = { "Deployment", 10 } } };
	static struct discovery_version versions[] = {
		{ .version = { "v1", 2 }, .resources = resources, .n_resources = 1 }
	};
	static struct discovery_group groups[] = { { .name = { "apps", 4 },
		.preferred = { "v1", 2 },
		.versions = versions,
		.n_versions = 1 } };
	discovery = (struct discovery){ .groups = groups, .n_groups = 1 };
	arena_init(&arena, 1 << 20);
	history = (struct history){ 0 };
	settings = SETTINGS_DEFAULT;
	source = (struct hpa_source){ .metric = SV("load") };
	source.target.average_value =
		opt_quantity_of(quantity_from_milli(1000, QUANTITY_DECIMAL_SI));
	metric = (struct hpa_metric){ .type = SV("External"), .kind = HPA_METRIC_EXTERNAL };
	metric.member[HPA_METRIC_EXTERNAL] = &source;
	hpa = (struct hpa){ .meta = { .name = SV("web"), .ns = SV("default") } };
	hpa.spec.target = (struct hpa_ref){ SV("Deployment"), SV("web"), SV("apps/v1") };
	hpa.spec.min_replicas = opt_i32_of(1);
	hpa.spec.max_replicas = 20;
	hpa.spec.metrics = &metric;
	hpa.spec.n_metrics = 1;
	memset(&world, 0, sizeof(world));
	world.scale = SCALE(4);
	world.reading = "{\"items\":[{\"value\":\"6\"}]}";
}

static void teardown(void)
{
	history_done(&history);
	arena_done(&arena);
}

static void log_line(const char *what)
{
	ck_assert_uint_lt(strlen(world.log) + strlen(what) + 2, sizeof(world.log));
	strcat(world.log, *world.log ? " " : "");
	strcat(world.log, what);
}

static struct decide_now now(void)
{
	return (struct decide_now){ { 1000000 + world.clock_ns / NS_PER_SEC, 0 },
		{ world.clock_ns } };
}

static struct pass_answer answer(const char *error, int code, const char *body)
{
	return (struct pass_answer){
		.failed = error != NULL,
		.http_status = error ? code : 200,
		.error = sv_of(error),
		.body = sv_of(body),
		.now = now(),
	};
}

static enum error_kind serve(struct pass *p, const struct pass_want *want)
{
	struct pass_answer a;
	struct pod_set pods = { 0 };
	struct readings_answer metric_answer = { .http_status = 200, .body = sv_of(world.reading) };
	char text[64];
	switch (want->kind) {
	case PASS_WANT_GET_SCALE:
		a = answer(strstr(world.log, "PUT") ? world.reread_error : world.get_error, 404,
			world.scale);
		log_line("GET");
		return pass_answer_scale(p, &a, &err);
	case PASS_WANT_PODS:
		log_line("pods");
		return pass_answer_pods(p, &pods, NULL, 0, now(), &err);
	case PASS_WANT_READINGS:
		log_line(want->questions[0].target.ptr);
		return pass_answer_metric(p, 0, &metric_answer, &err);
	case PASS_WANT_PUT_SCALE:
		(void)snprintf(text, sizeof(text), "PUT%" PRId32, want->replicas);
		log_line(text);
		world.clock_ns += want->delay_ns;
		a = answer(world.n_put_errors > 0 ? world.put_error : NULL, world.put_code,
			world.scale);
		world.n_put_errors -= world.n_put_errors > 0;
		return pass_answer_scale(p, &a, &err);
	case PASS_WANT_PUT_STATUS:
		log_line("status");
		a = answer(world.status_error, 500, "");
		return pass_answer_status(p, &a, &err);
	case PASS_WANT_NOTHING:
		break;
	}
	return ERR_OK;
}

/* NULL: the pass could not go on. */
static const struct conclusion *run(struct pass *p)
{
	struct pass_input in = { .arena = &arena,
		.settings = &settings,
		.hpa = &hpa,
		.discovery = &discovery,
		.history = &history };
	struct pass_want want;
	pass_begin(p, &in, now());
	for (int steps = 0; steps < 100; steps++) {
		if (pass_next(p, &want, &err))
			return NULL;
		if (want.kind == PASS_WANT_NOTHING)
			return pass_result(p);
		if (serve(p, &want))
			return NULL;
	}
	ck_abort_msg("the pass does not end");
}

#define METRIC_PATH "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/load"

START_TEST(effects_come_in_their_order)
{
	struct pass p;
	const struct conclusion *c = run(&p);
	ck_assert_str_eq(world.log, "GET pods " METRIC_PATH " pods PUT6 status");
	ck_assert(c->rescaled);
	ck_assert_int_eq(c->status.desired_replicas, 6);
	ck_assert_ptr_null(c->error.ptr);
	ck_assert_uint_eq(c->events.n, 1);
	ck_assert_str_eq(c->events.at[0].message.ptr,
		"New size: 6; reason: external metric load(nil) above target");
	ck_assert_uint_eq(history.recommendations.n, 2);
}
END_TEST

START_TEST(the_scale_is_written_as_it_was_read)
{
	struct pass p;
	struct pass_input in = { .arena = &arena,
		.settings = &settings,
		.hpa = &hpa,
		.discovery = &discovery,
		.history = &history };
	struct pass_want want;
	pass_begin(&p, &in, now());
	do {
		ck_assert_int_eq(pass_next(&p, &want, &err), ERR_OK);
		if (want.kind == PASS_WANT_PUT_SCALE)
			break;
		ck_assert_int_eq(serve(&p, &want), ERR_OK);
	} while (want.kind != PASS_WANT_NOTHING);
	ck_assert_str_eq(want.body.ptr,
		"{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/"
		"v1\",\"metadata\":{\"name\":\"web\","
		"\"resourceVersion\":\"7\"},\"spec\":{\"replicas\":6},\"status\":{\"replicas\":4,"
		"\"selector\":\"app=web\"}}");
	ck_assert(sv_is(want.path.subresource, "scale"));
	struct pass_want again;
	ck_assert_int_eq(pass_next(&p, &again, &err), ERR_OK);
	ck_assert_ptr_eq(again.body.ptr, want.body.ptr);
}
END_TEST

START_TEST(a_conflict_is_tried_again_five_times_in_all)
{
	struct pass p;
	world.put_error = "conflict";
	world.put_code = 409;
	world.n_put_errors = 2;
	ck_assert(run(&p)->rescaled);
	ck_assert_str_eq(world.log, "GET pods " METRIC_PATH " pods PUT6 GET PUT6 GET PUT6 status");
	world.log[0] = '\0';
	world.n_put_errors = 99;
	const struct conclusion *c = run(&p);
	ck_assert_str_eq(world.log, "GET pods " METRIC_PATH
				    " pods PUT6 GET PUT6 GET PUT6 GET PUT6 GET PUT6 GET status");
	ck_assert(!c->rescaled);
	ck_assert_str_eq(c->error.ptr, "failed to rescale Deployment/default/web: conflict");
}
END_TEST

START_TEST(other_failing_writes_are_not_tried_again)
{
	struct pass p;
	world.put_error = "denied";
	world.put_code = 403;
	world.n_put_errors = 1;
	const struct conclusion *c = run(&p);
	ck_assert_str_eq(world.log, "GET pods " METRIC_PATH " pods PUT6 GET status");
	ck_assert_str_eq(c->events.at[0].message.ptr,
		"New size: 6; reason: external metric load(nil) above target; error: denied");
	ck_assert_int_eq(c->status.desired_replicas, 0);
}
END_TEST

static struct hpa_policy one_pod_a_minute = { { "Pods", 4 }, 1, 60 };
static struct hpa_rules one_rule = { .policies = &one_pod_a_minute, .n_policies = 1 };
static struct hpa_behavior one_step = { .scale_up = &one_rule, .scale_down = &one_rule };

/* A write fails this way, and the scale cannot be read again. */
static void lose_a_write(int code)
{
	struct pass p;

	hpa.spec.behavior = &one_step;
	one_rule.stabilization_window_sec = opt_i32_of(0);
	world.put_error = world.reread_error = "gone";
	world.put_code = code;
	world.n_put_errors = 99;
	ck_assert(!run(&p)->rescaled);
	world.n_put_errors = 0;
	world.reread_error = NULL;
	world.log[0] = '\0';
	world.clock_ns += NS_PER_SEC;
}

static const struct {
	const char *what;
	int code;
	const char *found; /* the scale in the next pass */
	bool strict;
	bool counted;  /* as a step that was done */
	bool is_still; /* it may still arrive */
} LOST[] = {
	{ "the write that nobody answered has happened", 0, SCALE(5), false, true, false },
	{ "a server that failed had written", 504, SCALE(5), false, true, false },
	{ "a conflict with our own first try", 409, SCALE(5), false, true, false },
	{ "the old count: not yet, or never", 0, SCALE(4), false, false, true },
	{ "somebody else's count tells nothing of ours", 0, SCALE(9), false, false, false },
	{ "a refusal is an answer", 403, SCALE(5), false, false, false },
	{ "strict: a failed write is none", 0, SCALE(5), true, false, false },
};

START_TEST(a_write_that_may_have_happened_is_settled_by_the_count)
{
	struct pass p;
	struct pass_input in = { .arena = &arena,
		.settings = &settings,
		.hpa = &hpa,
		.discovery = &discovery,
		.history = &history };
	struct pass_want want;

	settings.arithmetic = LOST[_i].strict ? ARITH_STRICT : ARITH_SAFE;
	lose_a_write(LOST[_i].code);
	ck_assert_msg(history.up.n == 0, "%s", LOST[_i].what);
	world.scale = LOST[_i].found;
	pass_begin(&p, &in, now());
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(pass_next(&p, &want, &err), ERR_OK);
		if (i == 0)
			ck_assert_int_eq(serve(&p, &want), ERR_OK);
	}
	ck_assert_msg((history.up.n == 1) == LOST[_i].counted, "%s", LOST[_i].what);
	ck_assert_msg(history.lost.open == LOST[_i].is_still, "%s", LOST[_i].what);
}
END_TEST

START_TEST(a_lost_step_is_no_reason_for_a_second_one)
{
	struct pass p;

	lose_a_write(0);
	ck_assert(history.unsettled);
	world.scale = SCALE(5);
	ck_assert_int_eq(run(&p)->status.desired_replicas, 5);
	ck_assert_ptr_null(strstr(world.log, "PUT6"));
	ck_assert(!history.unsettled);
	ck_assert_int_eq(history.up.at[0].change, 1);
	/* When the period is over, the next step is due. */
	world.clock_ns += 61 * NS_PER_SEC;
	ck_assert_int_eq(run(&p)->status.desired_replicas, 6);
}
END_TEST

START_TEST(a_lost_write_that_never_arrives_is_made_again)
{
	struct pass p;

	lose_a_write(0);
	ck_assert(run(&p)->rescaled);
	ck_assert_ptr_nonnull(strstr(world.log, "PUT5"));
	ck_assert(!history.lost.open);
	ck_assert_uint_eq(history.up.n, 1);
}
END_TEST

/* What the condition would say got lost: the object has to wake up all the same. */
START_TEST(zero_by_our_doing_is_remembered)
{
	struct pass p;

	settings.scale_to_zero = true;
	hpa.spec.min_replicas = opt_i32_of(0);
	world.reading = "{\"items\":[{\"value\":\"0\"}]}";
	run(&p);
	world.clock_ns += 400 * NS_PER_SEC;
	if (_i == 0) {
		world.put_error = world.reread_error = "gone";
		world.put_code = 0;
		world.n_put_errors = 99;
	}
	ck_assert_int_eq(run(&p)->rescaled, _i == 1);
	world.n_put_errors = 0;
	world.reread_error = NULL;
	world.clock_ns += 15 * NS_PER_SEC;
	world.scale = SCALE(0);
	const struct conclusion *c = run(&p);
	ck_assert(c->status_differs);
	ck_assert(bounds_scaled_to_zero(&settings, &(struct hpa){ .status = c->status }, false));
	world.reading = "{\"items\":[{\"value\":\"2\"}]}";
	ck_assert_int_eq(run(&p)->status.desired_replicas, 2);
	/* Somebody else's zero is not ours. */
	world.scale = SCALE(2);
	run(&p);
	ck_assert(!history.asleep);
	world.scale = SCALE(0);
	ck_assert(!run(&p)->rescaled);
}
END_TEST

START_TEST(a_target_that_cannot_be_read_ends_the_pass)
{
	struct pass p;
	world.get_error = "gone";
	const struct conclusion *c = run(&p);
	ck_assert_str_eq(world.log, "GET status");
	ck_assert_str_eq(
		c->error.ptr, "failed to query scale subresource for Deployment/default/web: gone");
	ck_assert(!history.started);
}
END_TEST

START_TEST(a_target_of_no_kind_asks_for_nothing)
{
	struct pass p;
	hpa.spec.target.kind = SV("Gadget");
	ck_assert_str_eq(run(&p)->error.ptr,
		"unable to determine resource for scale target reference: no "
		"matches for kind \"Gadget\" in group \"apps\"");
	ck_assert_str_eq(world.log, "status");
	hpa.spec.target.api_version = SV("a/b/c");
	const struct conclusion *c = run(&p);
	ck_assert_str_eq(c->error.ptr, "invalid API version in scale target reference: unexpected "
				       "GroupVersion string: a/b/c");
	ck_assert_int_eq(c->labels.error, CONCLUDE_SPEC);
}
END_TEST

START_TEST(outside_the_bounds_nothing_is_asked)
{
	struct pass p;
	hpa.spec.max_replicas = 3;
	ck_assert_str_eq(run(&p)->events.at[0].message.ptr,
		"New size: 3; reason: Current number of replicas above Spec.MaxReplicas");
	ck_assert_str_eq(world.log, "GET PUT3 status");
	ck_assert_msg(history.started && history.recommendations.n == 1,
		"only the present count is remembered");
}
END_TEST

START_TEST(a_failing_status_write_is_told_and_hides_other_errors)
{
	struct pass p;
	world.status_error = "boom";
	const struct conclusion *c = run(&p);
	ck_assert_str_eq(c->error.ptr, "failed to update status for web: boom");
	ck_assert_uint_eq(c->events.n, 2);
	ck_assert(sv_is(c->events.at[1].reason, "FailedUpdateStatus"));
	ck_assert_msg(history.recommendations.n == 2, "what was done is remembered all the same");
}
END_TEST

START_TEST(failed_metrics_keep_the_count)
{
	struct pass p;
	world.reading = "{\"items\":[{\"value\":\"1E\"}]}";
	const struct conclusion *c = run(&p);
	ck_assert_str_eq(world.log, "GET pods " METRIC_PATH " pods status");
	ck_assert(sv_is(c->events.at[0].reason, "FailedGetExternalMetric"));
	ck_assert_uint_eq(c->n_events_before, 1);
	ck_assert(sv_is(c->events.at[1].reason, "FailedComputeMetricsReplicas"));
	ck_assert_int_eq(c->metric_labels[0].error, CONCLUDE_INTERNAL);
}
END_TEST

START_TEST(an_unchanged_status_is_not_written)
{
	struct pass p;
	world.reading = "{\"items\":[{\"value\":\"4\"}]}";
	struct hpa_status first = run(&p)->status;
	hpa.status = first;
	world.clock_ns += 15 * NS_PER_SEC;
	world.log[0] = '\0';
	ck_assert(!run(&p)->status_differs);
	ck_assert_str_eq(world.log, "GET pods " METRIC_PATH " pods");
}
END_TEST

START_TEST(a_pass_without_memory_writes_no_scale)
{
	struct pass p;
	for (unsigned i = 1;; i++) {
		arena_done(&arena);
		history_done(&history);
		world.log[0] = '\0';
		mem_fail_at(i, true);
		const struct conclusion *c = run(&p);
		mem_fail_at(0, false);
		if (c && c->rescaled)
			break;
		ck_assert_msg(
			!c && (err.kind == ERR_NOMEM || err.kind == ERR_LIMIT), "allocation %u", i);
		ck_assert_uint_lt(i, 1000);
	}
}
END_TEST

/* A stage as README's table shows it. */
#define ROW(name, where, file, way) { #name, #where, file, way },
static const struct {
	const char *name, *where, *file, *way;
} STAGES[] = { PASS_STAGES(ROW) };

START_TEST(the_readme_tells_the_stages)
{
	char path[4096], line[1024], expected[1024];
	const char *root = getenv("FLYBALL_SOURCE_DIR");
	(void)snprintf(path, sizeof(path), "%s/controller/README.md", root ? root : ".");
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	size_t n = 0;
	bool in_table = false;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "| stage |", 9) == 0) {
			in_table = true;
			ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
			continue;
		}
		if (in_table && line[0] != '|')
			break;
		if (!in_table)
			continue;
		ck_assert_uint_lt(n, ARRAY_LEN(STAGES));
		char where[16] = "";
		for (size_t i = 0; STAGES[n].where[i]; i++)
			where[i] = (char)(STAGES[n].where[i] | 0x20);
		(void)snprintf(expected, sizeof(expected), "| %s | %s | %s | %s |", STAGES[n].name,
			where, STAGES[n].file, STAGES[n].way);
		ck_assert_str_eq(line, expected);
		n++;
	}
	(void)fclose(file);
	ck_assert_uint_eq(n, ARRAY_LEN(STAGES));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, effects_come_in_their_order);
	tcase_add_test(tcase, the_scale_is_written_as_it_was_read);
	tcase_add_test(tcase, a_conflict_is_tried_again_five_times_in_all);
	tcase_add_test(tcase, other_failing_writes_are_not_tried_again);
	tcase_add_loop_test(
		tcase, a_write_that_may_have_happened_is_settled_by_the_count, 0, ARRAY_LEN(LOST));
	tcase_add_test(tcase, a_lost_step_is_no_reason_for_a_second_one);
	tcase_add_test(tcase, a_lost_write_that_never_arrives_is_made_again);
	tcase_add_loop_test(tcase, zero_by_our_doing_is_remembered, 0, 2);
	tcase_add_test(tcase, a_target_that_cannot_be_read_ends_the_pass);
	tcase_add_test(tcase, a_target_of_no_kind_asks_for_nothing);
	tcase_add_test(tcase, outside_the_bounds_nothing_is_asked);
	tcase_add_test(tcase, a_failing_status_write_is_told_and_hides_other_errors);
	tcase_add_test(tcase, failed_metrics_keep_the_count);
	tcase_add_test(tcase, an_unchanged_status_is_not_written);
	tcase_add_test(tcase, a_pass_without_memory_writes_no_scale);
	tcase_add_test(tcase, the_readme_tells_the_stages);
}

int main(void)
{
	return run_case("pass", add);
}
