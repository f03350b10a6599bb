/* Passes told to the mass guard and to Prometheus. */
#include <check.h>

#include "controller/guard_observe.h"
#include "tests/unit/controller/own_world.h"
#include "tests/unit/controller/run.h"

#define TWO_SOURCES                                                                                \
	"{\"maxReplicas\":9,\"metrics\":["                                                         \
	"{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"a\"},\"target\":{\"type\":"   \
	"\"Value\",\"value\":\"10\"}}},"                                                           \
	"{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"b\"},\"target\":{\"type\":"   \
	"\"Value\",\"value\":\"10\"}}},"                                                           \
	"{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"c\"},\"target\":{\"type\":"           \
	"\"AverageValue\",\"averageValue\":\"10\"}}}]}"

static struct own_world w;
static struct guard_mass guard;
static struct selfmetrics *metrics;

static void setup(void)
{
	struct error err;

	own_world_make(&w, TWO_SOURCES, false);
	guard_mass_init(&guard, 15 * NS_PER_SEC);
	metrics = selfmetrics_new();
	ck_assert_int_eq(guard_observe_declare(metrics, &err), ERR_OK);
	w.milli[0] = w.milli[1] = w.milli[2] = 10000;
	own_world_pass(&w, 0);
}

static void teardown(void)
{
	selfmetrics_free(metrics);
	own_world_done(&w);
}

static void observe(int times)
{
	for (int i = 0; i < times; i++)
		guard_observe(&guard, metrics, &w.hpa, &w.p);
}

static bool prints(const char *text)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	selfmetrics_print(metrics, &out);
	bool found = strstr(buf_text(&out), text) != NULL;
	buf_done(&out);
	return found;
}

START_TEST(an_object_counts_once_for_each_source)
{
	observe(1);
	ck_assert_uint_eq(guard.n, 2);
	ck_assert_str_eq(guard.sources[0].name, "external.metrics.k8s.io");
	ck_assert_str_eq(guard.sources[1].name, "custom.metrics.k8s.io");
	ck_assert(guard.sources[0].seen == 1 && guard.sources[1].seen == 1);
	ck_assert(guard.sources[0].lost == 0);
}
END_TEST

START_TEST(a_source_that_fails_for_many_freezes_and_thaws)
{
	observe(12);
	w.fails[1] = true;
	own_world_pass(&w, 15);
	observe(12);
	ck_assert(guard_mass_is_frozen(&guard, SV("external.metrics.k8s.io")));
	ck_assert(!guard_mass_is_frozen(&guard, SV("custom.metrics.k8s.io")));
	ck_assert(prints("flyball_controller_source_frozen{source=\"external.metrics.k8s.io\"} 1"));
	ck_assert(prints(
		"flyball_controller_source_freezes_total{source=\"external.metrics.k8s.io\"} 1"));
	for (int64_t t = 30; t <= 60; t += 15) {
		own_world_pass(&w, t);
		observe(12);
	}
	ck_assert(!guard_mass_is_frozen(&guard, SV("external.metrics.k8s.io")));
	ck_assert(prints("flyball_controller_source_frozen{source=\"external.metrics.k8s.io\"} 0"));
}
END_TEST

START_TEST(what_a_guard_holds_is_counted)
{
	w.milli[0] = w.milli[1] = w.milli[2] = 1000;
	w.frozen[0] = true;
	own_world_pass(&w, 15);
	observe(1);
	ck_assert(prints("flyball_controller_guard_held_total{guard=\"MassLoss\"} 1"));
	ck_assert(!prints("guard=\"PartialLoss\""));
}
END_TEST

START_TEST(a_pass_without_metrics_tells_nothing)
{
	struct proposal empty = { 0 };

	guard_observe(&guard, metrics, &w.hpa, &empty);
	ck_assert_uint_eq(guard.n, 0);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_object_counts_once_for_each_source);
	tcase_add_test(t, a_source_that_fails_for_many_freezes_and_thaws);
	tcase_add_test(t, what_a_guard_holds_is_counted);
	tcase_add_test(t, a_pass_without_metrics_tells_nothing);
}

int main(void)
{
	return run_case("guard_observe", add);
}
