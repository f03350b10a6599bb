#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/pod_cache.h"

static struct pod_cache *cache;
static struct arena arena;

static void setup(void)
{
	cache = pod_cache_new();
	ck_assert_ptr_nonnull(cache);
	arena_init(&arena, 1024 * 1024);
}

static void teardown(void)
{
	pod_cache_free(cache);
	arena_done(&arena);
}

static void put(const char *ns, const char *name, const char *label, const char *cpu)
{
	char json[512];
	struct error err;

	(void)snprintf(json, sizeof(json),
		"{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"labels\":{\"app\":\"%s\"}},"
		"\"spec\":{\"containers\":[{\"name\":\"c\","
		"\"resources\":{\"requests\":{\"cpu\":\"%s\"}}}]},\"status\":{\"phase\":"
		"\"Running\"}}",
		name, ns, label, cpu);
	ck_assert_msg(pod_cache_put(cache, sv_of(json), &err) == ERR_OK, "%s", err.text);
}

static struct pod_set choose(const char *ns, const char *selector_text)
{
	struct selector selector;
	struct pod_set set;
	struct error err;

	ck_assert_int_eq(
		selector_parse(&arena, sv_of(selector_text), &selector, NULL, &err), ERR_OK);
	ck_assert_int_eq(pod_cache_select(cache, &arena, sv_of(ns), &selector, &set, &err), ERR_OK);
	return set;
}

START_TEST(chosen_pods_are_sorted_and_of_one_namespace)
{
	put("n", "b", "web", "100m");
	put("n", "a", "web", "100m");
	put("n", "c", "db", "100m");
	put("m", "d", "web", "100m");
	struct pod_set set = choose("n", "app=web");

	ck_assert_uint_eq(set.n, 2);
	ck_assert(sv_is(set.at[0]->name, "a"));
	ck_assert(sv_is(set.at[1]->name, "b"));
	ck_assert_uint_eq(choose("nowhere", "app=web").n, 0);
	ck_assert_uint_eq(pod_cache_n(cache), 4);
}
END_TEST

START_TEST(siblings_share_labels_and_containers)
{
	put("n", "a", "web", "100m");
	put("n", "b", "web", "100m");
	put("n", "c", "web", "200m");
	struct pod_set set = choose("n", "app=web");

	ck_assert_ptr_eq(set.at[0]->labels, set.at[1]->labels);
	ck_assert_ptr_eq(set.at[0]->template, set.at[1]->template);
	ck_assert_ptr_ne(set.at[0]->template, set.at[2]->template);
	ck_assert_int_eq(
		quantity_milli(&set.at[2]->template->containers[0].requests.at[0].quantity), 200);
}
END_TEST

START_TEST(a_changed_pod_replaces_its_record)
{
	put("n", "a", "web", "100m");
	put("n", "a", "db", "100m");
	ck_assert_uint_eq(choose("n", "app=web").n, 0);
	ck_assert_uint_eq(choose("n", "app=db").n, 1);
	ck_assert_uint_eq(pod_cache_n(cache), 1);
	pod_cache_remove(cache, SV("n"), SV("a"));
	pod_cache_remove(cache, SV("n"), SV("a"));
	ck_assert_uint_eq(pod_cache_n(cache), 0);
	ck_assert_uint_eq(choose("n", "").n, 0);
}
END_TEST

START_TEST(a_broken_pod_leaves_the_record_as_it_was)
{
	struct error err;

	put("n", "a", "web", "100m");
	ck_assert_int_eq(
		pod_cache_put(cache,
			SV("{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"labels\":7}}"),
			&err),
		ERR_INVALID);
	ck_assert_uint_eq(choose("n", "app=web").n, 1);
}
END_TEST

START_TEST(times_are_kept_to_the_nanosecond)
{
	struct error err;

	ck_assert_int_eq(
		pod_cache_put(cache,
			SV("{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"},\"status\":{"
			   "\"startTime\":"
			   "\"2026-01-01T00:00:00.000000007Z\",\"conditions\":[{\"type\":\"Ready\","
			   "\"status\":\"Unknown\",\"lastTransitionTime\":"
			   "\"9999-12-31T23:59:59.999999999Z\"}]}}"),
			&err),
		ERR_OK);
	put("n", "b", "web", "100m");
	struct pod_set set = choose("n", "");

	ck_assert_uint_eq(set.n, 2);
	ck_assert_int_eq(set.at[0]->started.sec, 1767225600);
	ck_assert_int_eq(set.at[0]->started.nsec, 7);
	ck_assert_int_eq(set.at[0]->ready_changed.sec, INT64_C(253402300799));
	ck_assert_int_eq(set.at[0]->ready_changed.nsec, 999999999);
	ck_assert_int_eq(set.at[0]->ready, POD_READY_OTHER);
	ck_assert(set.at[0]->has_started && !set.at[1]->has_started);
	ck_assert(instant_wall_is_zero(set.at[1]->ready_changed));
	ck_assert_int_eq(set.at[1]->phase, POD_PHASE_RUNNING);
}
END_TEST

static void count_mark(struct sv ns, struct sv name, struct watch_mark *mark, void *arg)
{
	(void)ns;
	(void)name;
	*(uint64_t *)arg += mark->version;
}

START_TEST(marks_of_the_watch_stay_with_the_pod)
{
	uint64_t sum = 0;

	put("n", "a", "web", "100m");
	put("n", "b", "web", "100m");
	ck_assert_ptr_null(pod_cache_marks.find(cache, SV("n"), SV("c")));
	ck_assert_ptr_null(pod_cache_marks.find(cache, SV("m"), SV("a")));
	pod_cache_marks.find(cache, SV("n"), SV("a"))->version = 7;
	pod_cache_marks.find(cache, SV("n"), SV("b"))->version = 8;
	put("n", "a", "db", "200m");
	pod_cache_marks.each(cache, count_mark, &sum);
	ck_assert_uint_eq(sum, 15);
	ck_assert_uint_eq(pod_cache_marks.n(cache), 2);
	pod_cache_remove(cache, SV("n"), SV("a"));
	put("n", "a", "db", "200m");
	ck_assert_uint_eq(pod_cache_marks.find(cache, SV("n"), SV("a"))->version, 0);
}
END_TEST

/* Against a plain list, over many additions, changes and removals. */
START_TEST(what_is_chosen_is_what_a_look_at_every_pod_would_choose)
{
	static const char *const SELECTORS[] = { "app=a1", "app=a1,env=e2", "env in (e1)",
		"env in (e1,e2),app=a3", "app!=a1", "!env", "", "app=nobody", "common=yes,app=a2" };
	struct {
		bool in;
		int app, env;
	} model[60] = { 0 };
	uint64_t random = (uint64_t)_i + 1;

	for (int step = 0; step < 3000; step++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
		int i = (int)(random >> 33) % 60;
		char name[16], json[512], env[32] = "";
		struct error err;
		(void)snprintf(name, sizeof(name), "p%02d", i);
		if ((random >> 20) % 3 == 0) {
			pod_cache_remove(cache, sv_of(i % 2 ? "m" : "n"), sv_of(name));
			model[i].in = false;
		} else {
			model[i].in = true;
			model[i].app = (int)(random >> 40) % 4;
			model[i].env = (int)(random >> 50) % 3;
			if (model[i].env)
				(void)snprintf(env, sizeof(env), ",\"env\":\"e%d\"", model[i].env);
			(void)snprintf(json, sizeof(json),
				"{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"labels\":{"
				"\"common\":\"yes\",\"app\":\"a%d\"%s}}}",
				name, i % 2 ? "m" : "n", model[i].app, env);
			ck_assert_int_eq(pod_cache_put(cache, sv_of(json), &err), ERR_OK);
		}
		if (step % 50)
			continue;
		for (size_t k = 0; k < sizeof(SELECTORS) / sizeof(SELECTORS[0]); k++) {
			struct selector selector;
			ck_assert_int_eq(
				selector_parse(&arena, sv_of(SELECTORS[k]), &selector, NULL, &err),
				ERR_OK);
			struct pod_set set = choose("n", SELECTORS[k]);
			size_t n = 0, all = 0;
			for (int p = 0; p < 60; p += 2) {
				char app[8], e[8], expected[16];
				(void)snprintf(app, sizeof(app), "a%d", model[p].app);
				(void)snprintf(e, sizeof(e), "e%d", model[p].env);
				const struct label labels[] = { { SV("common"), SV("yes") },
					{ SV("app"), sv_of(app) }, { SV("env"), sv_of(e) } };
				all += model[p].in;
				if (!model[p].in ||
					!selector_matches(&selector, labels, model[p].env ? 3 : 2))
					continue;
				(void)snprintf(expected, sizeof(expected), "p%02d", p);
				ck_assert_msg(n < set.n && sv_is(set.at[n]->name, expected), "%s",
					SELECTORS[k]);
				n++;
			}
			ck_assert_uint_eq(set.n, n);
			ck_assert_uint_eq(pod_cache_n_in(cache, SV("n")), all);
		}
		arena_clear(&arena);
	}
}
END_TEST

START_TEST(every_failing_allocation_leaves_a_usable_cache)
{
	unsigned long before = mem_n_allocations();
	put("n", "a", "web", "100m");
	unsigned long n = mem_n_allocations() - before;

	for (unsigned long i = 1; i <= n; i++) {
		struct error err;
		mem_fail_at(i, true);
		enum error_kind rc = pod_cache_put(cache,
			SV("{\"metadata\":{\"name\":\"z\",\"namespace\":\"q\",\"labels\":{\"app\":"
			   "\"new\"}},\"spec\":{\"containers\":[{\"name\":\"y\"}]}}"),
			&err);
		mem_fail_at(0, false);
		ck_assert(rc == ERR_OK || rc == ERR_NOMEM);
		pod_cache_remove(cache, SV("q"), SV("z"));
		ck_assert_uint_eq(choose("n", "app=web").n, 1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pod_cache");
	TCase *tcase = tcase_create("pod_cache");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, chosen_pods_are_sorted_and_of_one_namespace);
	tcase_add_test(tcase, siblings_share_labels_and_containers);
	tcase_add_test(tcase, a_changed_pod_replaces_its_record);
	tcase_add_test(tcase, a_broken_pod_leaves_the_record_as_it_was);
	tcase_add_test(tcase, times_are_kept_to_the_nanosecond);
	tcase_add_test(tcase, marks_of_the_watch_stay_with_the_pod);
	tcase_add_loop_test(tcase, what_is_chosen_is_what_a_look_at_every_pod_would_choose, 0, 3);
	tcase_add_test(tcase, every_failing_allocation_leaves_a_usable_cache);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
