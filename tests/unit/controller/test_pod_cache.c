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
	tcase_add_test(tcase, every_failing_allocation_leaves_a_usable_cache);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
