#include <check.h>
#include <stdlib.h>

#include "sandbox/workload.h"

static struct store *store;
static struct time_series_store *series;
static struct workload *workload;
static struct wall now;

static void setup(void)
{
	const struct workload_config config = { .app = "app", .ns = "n" };
	struct error err;

	jx_init();
	now = (struct wall){ 1000000000, 0 };
	ck_assert_int_eq(store_new(&store, &err), ERR_OK);
	series = time_series_store_new();
	ck_assert_int_eq(workload_new(store, series, &config, &workload, &err), ERR_OK);
}

static void teardown(void)
{
	workload_free(workload);
	time_series_store_free(series);
	store_free(store);
}

static void create(const char *kind, const char *text)
{
	json_t *doc = NULL;
	struct error err;

	ck_assert_int_eq(jx_parse(sv_of(text), &doc, &err), ERR_OK);
	ck_assert_msg(store_create(store, resources_of_kind(kind), doc, now, &err) == ERR_OK, "%s",
		err.text);
	json_decref(doc);
}

static enum error_kind step(struct error *err)
{
	now.sec++;
	return workload_step(workload, now, 4, err);
}

static void steps(int n)
{
	struct error err;

	for (int i = 0; i < n; i++)
		ck_assert_msg(step(&err) == ERR_OK, "%s", err.text);
}

static size_t live_series(void)
{
	size_t n = 0;

	for (size_t i = 0; i < time_series_n(series); i++)
		n += !time_series_at(series, i)->stale;
	return n;
}

#define DEPLOYMENT(name)                                                                           \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"n\"},\"spec\":{\"replicas\":2,"      \
	"\"selector\":{\"matchLabels\":{\"app\":\"" name "\"}},"                                   \
	"\"template\":{\"metadata\":{\"labels\":{\"app\":\"" name "\"}},"                          \
	"\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}"

START_TEST(the_series_of_a_pod_that_others_deleted_end)
{
	const struct resource *pods = resources_of_kind("Pod");
	struct store_list all;
	struct error err;

	create("Deployment", DEPLOYMENT("app"));
	steps(4);
	ck_assert_uint_eq(live_series(), 4);
	ck_assert_int_eq(store_list(store, pods, SV("n"), &all, &err), ERR_OK);
	ck_assert_uint_eq(all.n, 2);
	ck_assert_int_eq(store_delete(store, pods, SV("n"), sv_of(all.at[0]->name), &err), ERR_OK);
	store_list_done(&all);
	steps(4);
	ck_assert_uint_eq(live_series(), 4);
	ck_assert_uint_eq(time_series_n(series), 6);
}
END_TEST

START_TEST(a_deployment_that_cannot_be_served_stops_no_other)
{
	struct error err;

	/* One of its pods has lost its status, start time included. */
	create("Deployment", DEPLOYMENT("aaa"));
	steps(1);
	struct store_list all;
	const struct resource *pods = resources_of_kind("Pod");
	ck_assert_int_eq(store_list(store, pods, SV("n"), &all, &err), ERR_OK);
	json_t *pod = store_get(store, pods, SV("n"), sv_of(all.at[0]->name));
	store_list_done(&all);
	ck_assert_int_eq(json_object_clear(json_object_get(pod, "status")), 0);
	ck_assert_int_eq(store_update(store, pods, pod, &err), ERR_OK);
	json_decref(pod);
	create("Deployment", DEPLOYMENT("app"));
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(step(&err), ERR_INVALID);
	ck_assert_uint_eq(live_series(), 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workload");
	TCase *tcase = tcase_create("workload");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_series_of_a_pod_that_others_deleted_end);
	tcase_add_test(tcase, a_deployment_that_cannot_be_served_stops_no_other);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
