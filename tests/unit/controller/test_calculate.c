/* The calculator: the worked examples of the specification, and what lies beyond int64. */
#include <math.h>
#include <stdio.h>

#include "common/mem.h"
#include "controller/calculate.h"
#include "tests/unit/controller/run.h"

#define NOW_SEC 10000
#define MAX_PODS 12

/* How a pod of a table row looks. Ages in seconds. */
enum shape {
	GONE = 0, /* end of the row */
	OLD,	  /* Running, Ready, old */
	PENDING,
	SUCCEEDED,
	STRAY,	    /* a sample whose pod is not in the set */
	YOUNG_20,   /* started 60 s ago, Ready since 20 s */
	YOUNG_50,   /* started 60 s ago, Ready since 50 s */
	UNKNOWN_50, /* the same, Ready=Unknown */
	NEVER,	    /* started 600 s ago, Ready=False since 595 s */
	LATELY,	    /* started 600 s ago, Ready=False since 60 s */
	FAILED,
	DELETED,
};

#define NONE INT64_MIN /* no sample */

struct sample_pod {
	enum shape shape;
	int64_t milli;
};

static struct arena arena;
static struct pod pods[MAX_PODS];
static const struct pod *pod_list[MAX_PODS];
static struct reading_sample samples[MAX_PODS];
static char names[MAX_PODS][24];
static struct pod_set set;
static struct reading reading;

static struct wall ago(int sec)
{
	return (struct wall){ NOW_SEC - sec, 0 };
}

static struct pod shaped(enum shape shape)
{
	struct pod p = { .phase = POD_PHASE_RUNNING,
		.ready = POD_READY_TRUE,
		.has_started = true,
		.started = ago(5000),
		.ready_changed = ago(4990) };
	if (shape == PENDING)
		p.phase = POD_PHASE_PENDING;
	else if (shape == SUCCEEDED)
		p.phase = POD_PHASE_SUCCEEDED;
	else if (shape == FAILED)
		p.phase = POD_PHASE_FAILED;
	else if (shape == DELETED)
		p.deleted = true;
	if (shape == YOUNG_20 || shape == YOUNG_50 || shape == UNKNOWN_50) {
		p.started = ago(60);
		p.ready_changed = ago(shape == YOUNG_20 ? 20 : 50);
	}
	if (shape == UNKNOWN_50)
		p.ready = POD_READY_OTHER;
	if (shape == NEVER || shape == LATELY) {
		p.started = ago(600);
		p.ready_changed = ago(shape == NEVER ? 595 : 60);
		p.ready = POD_READY_FALSE;
	}
	return p;
}

/* Pods and samples of a row; names ascend, samples were taken 10 s ago over 30 s. */
static void fill(const struct sample_pod *row)
{
	size_t n_samples = 0;
	set = (struct pod_set){ pod_list, 0 };
	for (int i = 0; i < MAX_PODS && row[i].shape != GONE; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "p%02d", i);
		if (row[i].shape != STRAY) {
			pods[set.n] = shaped(row[i].shape);
			pods[set.n].name = sv_of(names[i]);
			pod_list[set.n] = &pods[set.n];
			set.n++;
		}
		if (row[i].milli != NONE)
			samples[n_samples++] = (struct reading_sample){ sv_of(names[i]),
				row[i].milli, ago(10), 30 * NS_PER_SEC };
	}
	reading = (struct reading){
		.kind = READING_VALUE, .samples = samples, .n_samples = n_samples
	};
}

static struct pods_groups group(bool is_cpu)
{
	struct pods_query query = { is_cpu, ago(0), 300 * NS_PER_SEC, 30 * NS_PER_SEC };
	struct pods_groups groups;
	struct error err;
	ck_assert_int_eq(pods_classify(&arena, &set, &reading, &query, &groups, &err), ERR_OK);
	return groups;
}

static const struct {
	const char *what;
	struct sample_pod pods[MAX_PODS];
	int32_t current, percent;
	int64_t request_milli;
	int32_t expected, utilization;
	enum calculate_path path;
} UTILIZATION[] = {
	{ "a: a missing pod counts with its request on the way down",
		{ { OLD, 50 }, { OLD, 50 }, { OLD, 50 }, { OLD, NONE } }, 4, 50, 500, 3, 10,
		CALCULATE_FILLED },
	{ "b: a missing pod counts with nothing on the way up",
		{ { OLD, 500 }, { OLD, 500 }, { OLD, NONE } }, 3, 50, 500, 4, 100,
		CALCULATE_FILLED },
	{ "c: a pending pod counts with nothing on the way up",
		{ { OLD, 500 }, { OLD, 450 }, { PENDING, NONE } }, 3, 50, 500, 4, 95,
		CALCULATE_FILLED },
	{ "d: a pending pod does not count on the way down",
		{ { OLD, 100 }, { OLD, 100 }, { PENDING, NONE } }, 3, 50, 500, 1, 20,
		CALCULATE_SCALED },
	{ "e: a finished pod is a missing one", { { OLD, 500 }, { OLD, 500 }, { SUCCEEDED, NONE } },
		2, 50, 500, 4, 100, CALCULATE_FILLED },
	{ "f: a sample without a pod is ignored", { { OLD, 500 }, { OLD, 500 }, { STRAY, 9000 } },
		2, 50, 500, 4, 100, CALCULATE_SCALED },
	{ "h: a sample from before readiness does not count", { { OLD, 250 }, { YOUNG_20, 500 } },
		2, 50, 500, 2, 50, CALCULATE_WITHIN },
	{ "i: a sample all of readiness counts", { { OLD, 250 }, { YOUNG_50, 500 } }, 2, 50, 500, 3,
		75, CALCULATE_SCALED },
	{ "i: Ready=Unknown is not unready", { { OLD, 250 }, { UNKNOWN_50, 500 } }, 2, 50, 500, 3,
		75, CALCULATE_SCALED },
	{ "j: never ready since its start", { { OLD, 250 }, { NEVER, 500 } }, 2, 50, 500, 2, 50,
		CALCULATE_WITHIN },
	{ "k: unready of late counts", { { OLD, 250 }, { LATELY, 500 } }, 2, 50, 500, 3, 75,
		CALCULATE_SCALED },
	{ "l: 1.1 is within", { { OLD, 55 }, { OLD, 55 } }, 2, 50, 100, 2, 55, CALCULATE_WITHIN },
	{ "l: 0.9 is within", { { OLD, 45 }, { OLD, 45 } }, 2, 50, 100, 2, 45, CALCULATE_WITHIN },
	{ "m: 1.2 x 3 is a little less than 3.6", { { OLD, 300 }, { OLD, 300 }, { OLD, 300 } }, 3,
		50, 500, 4, 60, CALCULATE_SCALED },
	{ "failed and deleted pods are as if they were not there",
		{ { OLD, 500 }, { FAILED, 9000 }, { DELETED, 9000 } }, 1, 50, 500, 2, 100,
		CALCULATE_SCALED },
	{ "filling in may turn the direction around, which holds the count",
		{ { OLD, 400 }, { OLD, NONE } }, 2, 50, 500, 2, 80, CALCULATE_REVERSED },
	{ "filling in may end within the tolerance",
		{ { OLD, 550 }, { OLD, 550 }, { PENDING, NONE } }, 3, 70, 500, 3, 110,
		CALCULATE_FILLED_WITHIN },
	{ "filling in may turn the direction around on the way down, too",
		{ { OLD, 200 }, { OLD, NONE } }, 2, 50, 500, 2, 40, CALCULATE_REVERSED },
	{ "fewer pods than replicas go the wrong way on the way up",
		{ { OLD, 1000 }, { OLD, NONE } }, 10, 50, 500, 10, 200, CALCULATE_WRONG_WAY },
	{ "missing and pending pods both count with nothing on the way up",
		{ { OLD, 1500 }, { OLD, NONE }, { PENDING, NONE } }, 3, 50, 500, 6, 300,
		CALCULATE_FILLED },
	{ "a pending pod does not count on the way down, a missing one does",
		{ { OLD, 50 }, { OLD, NONE }, { PENDING, NONE } }, 3, 100, 500, 2, 10,
		CALCULATE_FILLED },
	{ "a target above 100 % is what a missing pod is taken to use",
		{ { OLD, 500 }, { OLD, NONE } }, 2, 200, 500, 2, 100, CALCULATE_FILLED },
	{ "more pods filled in than there are replicas go the wrong way and change nothing",
		{ { OLD, 50 }, { OLD, NONE }, { OLD, NONE }, { OLD, NONE } }, 1, 100, 500, 1, 10,
		CALCULATE_WRONG_WAY },
};

START_TEST(utilization_counts_pods_as_it_should)
{
	struct calculate_input in = { UTILIZATION[_i].current, { 0.1, 0.1 }, ARITH_SAFE };
	int64_t requests[MAX_PODS];
	arena_init(&arena, 1 << 20);
	fill(UTILIZATION[_i].pods);
	for (size_t i = 0; i < set.n; i++)
		requests[i] = UTILIZATION[_i].request_milli;
	struct pods_groups groups = group(true);
	for (int mode = 0; mode < 2; mode++) {
		in.mode = mode ? ARITH_STRICT : ARITH_SAFE;
		struct calculation got =
			calculate_utilization(&in, &groups, requests, UTILIZATION[_i].percent);
		ck_assert_int_eq(got.problem, CALCULATE_OK);
		ck_assert_msg(got.replicas == UTILIZATION[_i].expected, "%s: %d",
			UTILIZATION[_i].what, got.replicas);
		ck_assert_msg(got.utilization == UTILIZATION[_i].utilization, "%s: %d %%",
			UTILIZATION[_i].what, got.utilization);
		ck_assert_msg(got.path == UTILIZATION[_i].path, "%s: path %d", UTILIZATION[_i].what,
			(int)got.path);
	}
	arena_done(&arena);
}
END_TEST

static const struct {
	const char *what;
	struct sample_pod pods[MAX_PODS];
	int32_t current;
	int64_t target_milli;
	bool cpu;
	enum calculate_problem problem;
	int32_t expected;
	int64_t usage_milli;
} AVERAGE[] = {
	{ "g: a sample without a pod counts in the average, not in the pods",
		{ { OLD, 500 }, { OLD, 500 }, { STRAY, 2000 } }, 2, 250, true, CALCULATE_OK, 8,
		1000 },
	{ "a missing pod is taken to use the target on the way down",
		{ { OLD, 100 }, { OLD, 100 }, { OLD, NONE } }, 3, 1000, false, CALCULATE_OK, 2,
		100 },
	{ "a missing pod does not matter where the ratio is one",
		{ { OLD, 1000 }, { OLD, 1000 }, { OLD, NONE } }, 3, 1000, false, CALCULATE_OK, 3,
		1000 },
	{ "a pending pod's sample is thrown away", { { OLD, 2000 }, { PENDING, 9000 } }, 2, 1000,
		false, CALCULATE_OK, 2, 2000 },
	{ "the start-up rules are for cpu only", { { OLD, 1000 }, { YOUNG_20, 3000 } }, 2, 1000,
		false, CALCULATE_OK, 4, 2000 },
	{ "no usable sample at all", { { OLD, NONE }, { PENDING, 5 } }, 2, 1000, false,
		CALCULATE_NO_METRICS, 0, 0 },
	{ "sums beyond 64 bits", { { OLD, INT64_MAX }, { OLD, 1 } }, 2, 1000, false,
		CALCULATE_OUT_OF_RANGE, 0, 0 },
	{ "below 64 bits", { { OLD, INT64_MIN + 1 }, { OLD, -2 } }, 2, 1000, false,
		CALCULATE_OUT_OF_RANGE, 0, 0 },
	{ "beyond 64 bits only with what was filled in",
		{ { OLD, 5 }, { OLD, NONE }, { OLD, NONE } }, 2, INT64_MAX, false,
		CALCULATE_OUT_OF_RANGE, 0, 5 },
	{ "a proposal beyond 32 bits after filling in", { { OLD, 9000000000000 }, { OLD, NONE } },
		2, 1, false, CALCULATE_OUT_OF_RANGE, 0, 9000000000000 },
	{ "usage is cut off, not rounded", { { OLD, 100 }, { OLD, 101 } }, 2, 1000, false,
		CALCULATE_OK, 1, 100 },
};

START_TEST(averages_count_pods_as_they_should)
{
	struct calculate_input in = { AVERAGE[_i].current, { 0.1, 0.1 }, ARITH_SAFE };
	arena_init(&arena, 1 << 20);
	fill(AVERAGE[_i].pods);
	struct pods_groups groups = group(AVERAGE[_i].cpu);
	struct calculation got = calculate_average(&in, &groups, AVERAGE[_i].target_milli);
	ck_assert_msg(got.problem == AVERAGE[_i].problem, "%s: problem %d", AVERAGE[_i].what,
		(int)got.problem);
	ck_assert_msg(
		got.replicas == AVERAGE[_i].expected, "%s: %d", AVERAGE[_i].what, got.replicas);
	ck_assert_int_eq(got.usage_milli, AVERAGE[_i].usage_milli);
	arena_done(&arena);
}
END_TEST

START_TEST(a_value_is_multiplied_by_pods_that_are_running_and_ready)
{
	static const struct sample_pod ROW[] = { { OLD, NONE }, { LATELY, NONE }, { GONE, NONE } };
	struct calculate_input in = { 4, { 0.1, 0.1 }, ARITH_SAFE };
	struct pod_set nobody = { 0 };
	fill(ROW);
	ck_assert_int_eq(calculate_value(&in, &set, 5000, 2000).replicas, 3);
	ck_assert_int_eq(calculate_value(&in, &set, 2100, 2000).replicas, 4);
	ck_assert_int_eq(calculate_value(&in, &nobody, 2100, 2000).problem, CALCULATE_OK);
	ck_assert_int_eq(calculate_value(&in, &nobody, 5000, 2000).problem, CALCULATE_NO_PODS);
	ck_assert_int_eq(calculate_value(&in, &set, INT64_MAX, 1).replicas, INT32_MAX);
	ck_assert_int_eq(calculate_value(&in, &set, INT64_MIN, 1).problem, CALCULATE_OUT_OF_RANGE);
	in.current = 0;
	ck_assert_msg(calculate_value(&in, &nobody, 2100, 2000).replicas == 2,
		"no tolerance and no pods at zero");
}
END_TEST

START_TEST(a_total_is_divided_among_the_replicas_of_the_status)
{
	struct calculate_input in = { 3, { 0.1, 0.1 }, ARITH_SAFE };
	struct calculate_per_replica q = { 1250, 100, 3, true };
	struct calculation got = calculate_per_replica_average(&in, &q);
	ck_assert_int_eq(got.replicas, 13);
	ck_assert_int_eq(got.usage_milli, 417);
	q.usage_milli = 300;
	q.status_replicas = 3;
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).replicas, 3);
	q.usage_milli = INT64_MAX;
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).replicas, INT32_MAX);
	q.external = false;
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).problem, CALCULATE_OUT_OF_RANGE);
	in.mode = ARITH_STRICT;
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).replicas, INT32_MIN);
}
END_TEST

START_TEST(without_replicas_in_the_status_the_whole_is_reported)
{
	struct calculate_input in = { 0, { 0.1, 0.1 }, ARITH_SAFE };
	struct calculate_per_replica q = { 1250, 100, 0, true };
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).usage_milli, 1250);
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).replicas, 13);
	in.mode = ARITH_STRICT;
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).usage_milli, INT64_MIN);
	q.usage_milli = INT64_MAX;
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).usage_milli, INT64_MAX);
}
END_TEST

START_TEST(external_sums_treat_overflow_and_signs_as_the_reference)
{
	static const int64_t MIXED[] = { -5000, 20000 }, LATE[] = { 20000, -5000 },
			     HUGE_SUM[] = { INT64_MAX, 1, -7 };
	static const int64_t LOW[] = { INT64_MIN, -1 };
	ck_assert_int_eq(calculate_external_value(MIXED, 2, ARITH_STRICT).total_milli, 15000);
	ck_assert_int_eq(
		calculate_external_value(HUGE_SUM, 3, ARITH_STRICT).total_milli, INT64_MAX);
	ck_assert_int_eq(calculate_external_value(LOW, 2, ARITH_STRICT).total_milli, INT64_MAX);
	ck_assert_int_eq(
		calculate_external_value(LOW, 2, ARITH_SAFE).problem, CALCULATE_OUT_OF_RANGE);
	ck_assert_int_eq(calculate_external_value(MIXED, 2, ARITH_SAFE).total_milli, 15000);
	ck_assert_int_eq(calculate_external_average(MIXED, 2, ARITH_STRICT).total_milli, INT64_MAX);
	ck_assert_int_eq(
		calculate_external_average(MIXED, 2, ARITH_SAFE).problem, CALCULATE_NEGATIVE_SUM);
	ck_assert_int_eq(calculate_external_average(LATE, 2, ARITH_SAFE).total_milli, 15000);
	ck_assert_int_eq(
		calculate_external_average(HUGE_SUM, 3, ARITH_STRICT).total_milli, INT64_MAX);
	ck_assert_int_eq(calculate_external_average(HUGE_SUM, 3, ARITH_SAFE).problem,
		CALCULATE_OUT_OF_RANGE);
}
END_TEST

START_TEST(huge_loads_fail_the_metric_instead_of_scaling_down)
{
	static const struct sample_pod CORES[] = { { OLD, 3000000000000 }, { OLD, 3000000000000 },
		{ GONE, 0 } };
	static const struct sample_pod MEMORY[] = { { OLD, 35000000000000000 },
		{ OLD, 35000000000000000 }, { OLD, 35000000000000000 }, { GONE, 0 } };
	struct calculate_input in = { 3, { 0.1, 0.1 }, ARITH_SAFE };
	int64_t requests[] = { 40000000000000000, 40000000000000000, 40000000000000000 };
	arena_init(&arena, 1 << 20);

	fill(CORES);
	struct pods_groups groups = group(true);
	ck_assert_int_eq(calculate_average(&in, &groups, 1).problem, CALCULATE_OUT_OF_RANGE);
	in.mode = ARITH_STRICT;
	ck_assert_int_eq(calculate_average(&in, &groups, 1).replicas, INT32_MIN);

	fill(MEMORY);
	groups = group(false);
	ck_assert_msg(calculate_utilization(&in, &groups, requests, 50).utilization < 0,
		"the reference wraps");
	in.mode = ARITH_SAFE;
	ck_assert_int_eq(calculate_utilization(&in, &groups, requests, 50).utilization, 87);
	arena_done(&arena);
}
END_TEST

START_TEST(utilization_beyond_its_types_fails_the_metric)
{
	static const struct sample_pod ROW[] = { { OLD, INT64_MAX / 4 }, { OLD, INT64_MAX / 4 },
		{ GONE, 0 } };
	static const struct sample_pod NEGATIVE[] = { { OLD, INT64_MIN / 4 }, { GONE, 0 } };
	static const struct sample_pod DOWN[] = { { OLD, 1000 }, { OLD, NONE }, { GONE, 0 } };
	struct calculate_input in = { 2, { 0.1, 0.1 }, ARITH_SAFE };
	int64_t tiny[] = { 1, 1 }, vast[] = { INT64_MAX, INT64_MAX },
		large[] = { 1000, INT64_MAX - 1000 };
	arena_init(&arena, 1 << 20);
	fill(ROW);
	struct pods_groups groups = group(true);
	ck_assert_int_eq(
		calculate_utilization(&in, &groups, tiny, 50).problem, CALCULATE_OUT_OF_RANGE);
	ck_assert_int_eq(
		calculate_utilization(&in, &groups, vast, 50).problem, CALCULATE_OUT_OF_RANGE);
	samples[0].milli = samples[1].milli = INT64_MAX;
	ck_assert_int_eq(
		calculate_utilization(&in, &groups, tiny, 50).problem, CALCULATE_OUT_OF_RANGE);
	in.mode = ARITH_STRICT;
	ck_assert_int_eq(calculate_utilization(&in, &groups, vast, 50).request_milli, -2);
	in.mode = ARITH_SAFE;
	fill(NEGATIVE);
	groups = group(true);
	ck_assert_int_eq(
		calculate_utilization(&in, &groups, tiny, 50).problem, CALCULATE_OUT_OF_RANGE);
	fill(DOWN);
	groups = group(true);
	ck_assert_msg(
		calculate_utilization(&in, &groups, large, 200).problem == CALCULATE_OUT_OF_RANGE,
		"twice the missing pod's request is too much");
	arena_done(&arena);
}
END_TEST

START_TEST(requests_that_sum_to_zero_and_bad_targets_fail_the_metric)
{
	static const struct sample_pod ROW[] = { { OLD, 500 }, { GONE, 0 } },
				       STRAYS[] = { { OLD, NONE }, { STRAY, 5 }, { GONE, 0 } };
	struct calculate_input in = { 1, { 0.1, 0.1 }, ARITH_SAFE };
	int64_t none[] = { 0, 0 }, some[] = { 5, 5 };
	arena_init(&arena, 1 << 20);
	fill(ROW);
	struct pods_groups groups = group(true);
	ck_assert_int_eq(
		calculate_utilization(&in, &groups, none, 50).problem, CALCULATE_NO_REQUESTS);
	ck_assert_int_eq(
		calculate_utilization(&in, &groups, some, 0).problem, CALCULATE_BAD_TARGET);
	ck_assert_int_eq(calculate_average(&in, &groups, 0).problem, CALCULATE_BAD_TARGET);
	ck_assert_int_eq(calculate_value(&in, &set, 5, 0).problem, CALCULATE_BAD_TARGET);
	struct calculate_per_replica q = { 5, 0, 1, true };
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).problem, CALCULATE_BAD_TARGET);
	struct pods_groups empty = { 0 };
	ck_assert_int_eq(
		calculate_utilization(&in, &empty, some, 50).problem, CALCULATE_NO_METRICS);
	in.mode = ARITH_STRICT;
	ck_assert_int_eq(calculate_utilization(&in, &groups, some, 0).replicas, INT32_MIN);
	ck_assert_int_eq(calculate_value(&in, &set, 5, 0).replicas, INT32_MAX);
	ck_assert_int_eq(calculate_per_replica_average(&in, &q).replicas, INT32_MAX);
	in.mode = ARITH_SAFE;
	fill(STRAYS);
	groups = group(true);
	ck_assert_int_eq(
		calculate_utilization(&in, &groups, some, 50).problem, CALCULATE_NO_REQUESTS);
	arena_done(&arena);
}
END_TEST

/* Two records of one name, the first of a pod that is being deleted: the reference counts the
 * second as ready, but throws the name's sample away. */
START_TEST(a_name_that_is_there_twice_counts_as_the_reference_counts_it)
{
	static const struct sample_pod ROW[] = { { OLD, 1000 }, { DELETED, 4000 }, { OLD, 4000 },
		{ GONE, 0 } };
	struct calculate_input in = { 2, { 0.1, 0.1 }, ARITH_SAFE };
	arena_init(&arena, 1 << 20);
	fill(ROW);
	pods[2].name = pods[1].name;
	reading.n_samples = 2;
	struct pods_groups groups = group(false);
	ck_assert_uint_eq(groups.n_ready, 2);
	ck_assert_uint_eq(groups.n_values, 1);
	struct calculation got = calculate_average(&in, &groups, 500);
	ck_assert_int_eq(got.usage_milli, 1000);
	ck_assert_int_eq(got.replicas, 4);
	arena_done(&arena);
}
END_TEST

START_TEST(tolerance_bounds_are_inside)
{
	struct calculate_tolerance t = { .up = 0.1, .down = 0.2 };
	ck_assert(calculate_within(&t, 1.1));
	ck_assert(calculate_within(&t, 0.8));
	ck_assert(!calculate_within(&t, 1.1000000000000003));
	ck_assert(!calculate_within(&t, 0.79999));
	ck_assert(!calculate_within(&t, NAN));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, utilization_counts_pods_as_it_should, 0, ARRAY_LEN(UTILIZATION));
	tcase_add_loop_test(tcase, averages_count_pods_as_they_should, 0, ARRAY_LEN(AVERAGE));
	tcase_add_test(tcase, a_value_is_multiplied_by_pods_that_are_running_and_ready);
	tcase_add_test(tcase, a_total_is_divided_among_the_replicas_of_the_status);
	tcase_add_test(tcase, without_replicas_in_the_status_the_whole_is_reported);
	tcase_add_test(tcase, external_sums_treat_overflow_and_signs_as_the_reference);
	tcase_add_test(tcase, huge_loads_fail_the_metric_instead_of_scaling_down);
	tcase_add_test(tcase, utilization_beyond_its_types_fails_the_metric);
	tcase_add_test(tcase, requests_that_sum_to_zero_and_bad_targets_fail_the_metric);
	tcase_add_test(tcase, a_name_that_is_there_twice_counts_as_the_reference_counts_it);
	tcase_add_test(tcase, tolerance_bounds_are_inside);
}

int main(void)
{
	return run_case("calculate", add);
}
