/* Facts of a cluster -> findings. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/doctor_rights.h"

static struct arena arena;
static struct doctor doctor;
static struct doctor_cluster cluster;
static struct doctor_rights rights;
static struct buf text;
static struct error err;

static struct discovery *discover(void)
{
	AUTO(discovery_builder_free) struct discovery_builder *b = NULL;

	ck_assert_int_eq(discovery_builder_new(&b, &err), ERR_OK);
	ck_assert_int_eq(
		discovery_builder_add_groups(b,
			SV("{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"autoscaling\","
			   "\"versions\":[{\"groupVersion\":\"autoscaling/"
			   "v2\",\"version\":\"v2\"}]},{"
			   "\"name\":\"keda.sh\",\"versions\":[{\"groupVersion\":\"keda.sh/"
			   "v1alpha1\","
			   "\"version\":\"v1alpha1\"}]}]}"),
			&err),
		ERR_OK);
	ck_assert_int_eq(
		discovery_builder_add_resources(b, SV("autoscaling"), SV("v2"),
			SV("{\"kind\":\"APIResourceList\",\"groupVersion\":\"autoscaling/v2\","
			   "\"resources\":[{\"name\":\"horizontalpodautoscalers\","
			   "\"namespaced\":true,\"kind\":\"HorizontalPodAutoscaler\",\"verbs\":["
			   "\"get\"]}]}"),
			&err),
		ERR_OK);
	return discovery_builder_finish(b);
}

static void setup(void)
{
	arena_init(&arena, 1 << 24);
	buf_init(&text, 1 << 20);
	doctor = (struct doctor){ .arena = &arena };
	cluster = (struct doctor_cluster){ .discovery = discover(), .now = { 1000000, 0 } };
}

static void teardown(void)
{
	discovery_unref((struct discovery *)(uintptr_t)cluster.discovery);
	arena_done(&arena);
	buf_done(&text);
}

static void give(struct doctor_list *list, struct sv *at, size_t n)
{
	*list = (struct doctor_list){ at, n, true };
}

static void check_told(const char *part)
{
	buf_clear(&text);
	doctor_print(&text, &doctor);
	ck_assert_msg(strstr(buf_text(&text), part) != NULL, "'%s' is not in:\n%s", part,
		buf_text(&text));
}

static const struct {
	int64_t skew_ns;
	const char *told;
} CLOCKS[] = {
	{ 0, "ok       the clock of X agrees" },
	{ -2 * NS_PER_SEC, "ok       the clock of X agrees" },
	{ 3 * NS_PER_SEC, "warning  the clock of X is 3s ahead of this machine's" },
	{ -40 * NS_PER_SEC, "problem  the clock of X is 40s behind this machine's" },
};

START_TEST(clocks)
{
	doctor_judge_clock(&doctor, "X", CLOCKS[_i].skew_ns);
	check_told(CLOCKS[_i].told);
}
END_TEST

START_TEST(apis_and_their_servers)
{
	struct sv services[] = {
		SV("{\"metadata\":{\"name\":\"v1beta1.metrics.k8s.io\"},\"spec\":{\"group\":"
		   "\"metrics.k8s.io\",\"version\":\"v1beta1\",\"service\":{\"namespace\":\"kube-"
		   "system\",\"name\":\"metrics-server\"}},\"status\":{\"conditions\":[{\"type\":"
		   "\"Available\",\"status\":\"True\"}]}}"),
		SV("{\"spec\":{\"group\":\"custom.metrics.k8s.io\",\"version\":\"v1beta1\","
		   "\"service\":{\"namespace\":\"monitoring\",\"name\":\"prometheus-adapter\"}},"
		   "\"status\":{\"conditions\":[{\"type\":\"Available\",\"status\":\"False\","
		   "\"message\":\"no endpoints\"}]}}"),
		SV("{\"spec\":{\"group\":\"apps\",\"version\":\"v1\"}}"),
	};

	give(&cluster.api_services, services, 3);
	doctor_judge_apis(&doctor, &cluster);
	check_told("ok       autoscaling/v2 HorizontalPodAutoscaler is served");
	check_told("note     flyball.dev/v1alpha1 HorizontalAutoscaler is not served");
	check_told("metrics.k8s.io/v1beta1 is served by kube-system/metrics-server");
	check_told("problem  custom.metrics.k8s.io/v1beta1 belongs to "
		   "monitoring/prometheus-adapter, which does not serve it: no endpoints");
	ck_assert(strstr(buf_text(&text), "apps/v1") == NULL);
}
END_TEST

#define WRITTEN(name, manager, time)                                                               \
	"{\"metadata\":{\"name\":\"" name                                                          \
	"\",\"namespace\":\"d\",\"managedFields\":[{\"manager\":\"" manager "\",\"time\":\"" time  \
	"\",\"fieldsV1\":{\"f:status\":{\"f:x\":{}}}}]},\"spec\":{\"scaleTargetRef\":{"            \
	"\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"web\"},\"maxReplicas\":3}}"

START_TEST(writers_of_statuses)
{
	struct sv natives[] = { SV(WRITTEN("a", "kcm", "1970-01-12T13:46:00Z")),
		SV(WRITTEN("b", "kcm", "1970-01-12T13:45:30Z")),
		SV(WRITTEN("c", "old", "1970-01-01T00:00:00Z")) };

	give(&cluster.natives, natives, 3);
	doctor_judge_writers(&doctor, &cluster);
	check_told("note     kcm wrote the status of 2 of 3 native objects last, the newest 40s "
		   "ago");
	check_told("KEDA is installed, with 0 ScaledObjects");
	ck_assert(!doctor_has(&doctor, DOCTOR_PROBLEM));
	natives[2] = SV(WRITTEN("c", "second", "1970-01-12T13:46:10Z"));
	doctor_judge_writers(&doctor, &cluster);
	check_told("problem  2 controllers wrote statuses of native objects within 10 minutes");
}
END_TEST

START_TEST(targets_with_two_autoscalers)
{
	struct sv natives[] = { SV(WRITTEN("a", "kcm", "1970-01-12T13:46:00Z")) };
	struct sv owns[] = {
		SV("{\"metadata\":{\"name\":\"o\",\"namespace\":\"d\"},\"spec\":{"
		   "\"scaleTargetRef\":"
		   "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"web\"},"
		   "\"maxReplicas\":3}}"),
		SV("{\"metadata\":{\"name\":\"r\",\"namespace\":\"d\"},\"spec\":{\"mode\":"
		   "\"Recommend\",\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":"
		   "\"Deployment\",\"name\":\"web\"},\"maxReplicas\":3}}"),
	};

	give(&cluster.natives, natives, 1);
	give(&cluster.owns, owns, 2);
	doctor_judge_writers(&doctor, &cluster);
	check_told("problem  fha/o in d: nothing is written because HorizontalPodAutoscaler a");
	ck_assert(strstr(buf_text(&text), "fha/r") == NULL);
	doctor_judge_leftovers(&doctor, &cluster, "ours");
	check_told("fha/o in d is Active: nobody would scale web any more");
}
END_TEST

START_TEST(leftovers)
{
	struct sv natives[] = { SV("{\"metadata\":{\"name\":\"a\",\"namespace\":\"d\","
				   "\"annotations\":{\"flyball.dev/adopted-spec\":\"{}\"}}}") };
	struct sv services[] = {
		SV("{\"metadata\":{\"name\":\"v1.x\"},\"spec\":{\"service\":{\"namespace\":"
		   "\"ours\",\"name\":\"flyball-adapter\"}}}"),
		SV("{\"metadata\":{\"name\":\"v1.y\"},\"spec\":{\"service\":{\"namespace\":"
		   "\"ours-too\",\"name\":\"z\"}}}"),
	};

	doctor_judge_leftovers(&doctor, &cluster, "ours");
	check_told("ok       an uninstallation would leave nothing orphaned");
	give(&cluster.natives, natives, 1);
	give(&cluster.api_services, services, 2);
	doctor_judge_leftovers(&doctor, &cluster, "ours");
	check_told("problem  hpa/a in d is adopted: it would stay idle");
	check_told("problem  APIService v1.x belongs to ours/flyball-adapter");
	ck_assert(strstr(buf_text(&text), "v1.y") == NULL);
}
END_TEST

static const struct doctor_right *find_right(const char *group, const char *resource)
{
	for (size_t i = 0; i < rights.n; i++) {
		if (strcmp(rights.at[i].group, group) == 0 &&
			strcmp(rights.at[i].resource, resource) == 0)
			return &rights.at[i];
	}
	return NULL;
}

/* RBAC denies a right that a Role grants by name to whoever asks for any object. */
START_TEST(rights_that_are_granted_by_name_are_asked_for_by_name)
{
	const struct doctor_subject self = { NULL, NULL };
	size_t n_named = 0;

	buf_clear(&text);
	doctor_rights_list(&arena, &cluster, "ours", &rights);
	for (size_t i = 0; i < rights.n; i++) {
		const struct doctor_right *r = &rights.at[i];
		bool by_name = (strcmp(r->resource, "leases") == 0 ||
				       strcmp(r->resource, "configmaps") == 0) &&
			       strcmp(r->verb, "create") != 0;
		ck_assert_msg(by_name == (r->name != NULL), "%s %s", r->verb, r->resource);
		n_named += by_name;
	}
	/* get and update of the Lease, and patch too of a checkpoint. */
	ck_assert_uint_eq(n_named, 5);
	const struct doctor_right *lease = find_right("coordination.k8s.io", "leases");
	doctor_rights_encode(&text, lease, &self);
	ck_assert_ptr_nonnull(strstr(buf_text(&text), "\"name\":\"flyball-controller\""));
}
END_TEST

START_TEST(rights_of_metrics_are_asked_for_once_each)
{
	struct sv natives[] = {
		SV("{\"metadata\":{\"name\":\"a\",\"namespace\":\"d\"},\"spec\":{"
		   "\"scaleTargetRef\":"
		   "{\"kind\":\"Deployment\",\"name\":\"w\"},\"maxReplicas\":3,\"metrics\":["
		   "{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"qps\"},\"target\":{"
		   "\"type\":"
		   "\"AverageValue\",\"averageValue\":\"1\"}}},{\"type\":\"Pods\",\"pods\":{"
		   "\"metric\":{\"name\":\"qps\"},\"target\":{\"type\":\"AverageValue\","
		   "\"averageValue\":\"2\"}}},{\"type\":\"External\",\"external\":{\"metric\":{"
		   "\"name\":\"queue\"},\"target\":{\"type\":\"Value\",\"value\":\"1\"}}}]}}"),
	};
	const struct doctor_subject account = { "ours", "me" }, self = { NULL, NULL };

	doctor_rights_list(&arena, &cluster, "ours", &rights);
	size_t n = rights.n;
	ck_assert_ptr_nonnull(find_right("keda.sh", "scaledobjects"));
	ck_assert_ptr_null(find_right("flyball.dev", "horizontalautoscalers"));
	give(&cluster.natives, natives, 1);
	doctor_rights_list(&arena, &cluster, "ours", &rights);
	ck_assert_uint_eq(rights.n, n + 2);
	const struct doctor_right *pods = find_right("custom.metrics.k8s.io", "pods");
	ck_assert_ptr_nonnull(pods);
	doctor_rights_encode(&text, pods, &account);
	ck_assert_str_eq(buf_text(&text),
		"{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\","
		"\"spec\":{\"user\":\"system:serviceaccount:ours:me\",\"groups\":["
		"\"system:serviceaccounts\",\"system:serviceaccounts:ours\","
		"\"system:authenticated\"],\"resourceAttributes\":{\"verb\":\"get\",\"group\":"
		"\"custom.metrics.k8s.io\",\"resource\":\"pods\",\"subresource\":\"qps\","
		"\"namespace\":\"d\"}}}");
	buf_clear(&text);
	doctor_rights_encode(&text, find_right("external.metrics.k8s.io", "queue"), &self);
	ck_assert(strstr(buf_text(&text), "SelfSubjectAccessReview") != NULL);
	doctor_rights_judge(&doctor, pods, false, &account);
	check_told("problem  ours/me may not get pods/qps.custom.metrics.k8s.io in d: ");
	check_told("kube-system/horizontal-pod-autoscaler only");
	const struct doctor_right *scale = find_right("apps", "statefulsets");
	ck_assert_ptr_nonnull(scale);
	doctor_rights_judge(&doctor, scale, false, &self);
	check_told("note     whoever asks may not update statefulsets/scale.apps: ");
	doctor_rights_judge(&doctor, scale, true, &self);
	check_told("problem  whoever asks may not update statefulsets/scale.apps: ");
}
END_TEST

START_TEST(answers_to_access_reviews)
{
	bool allowed = false;

	ck_assert_int_eq(
		doctor_rights_decode(&arena, SV("{\"status\":{\"allowed\":true}}"), &allowed, &err),
		ERR_OK);
	ck_assert(allowed);
	ck_assert_int_eq(doctor_rights_decode(
				 &arena, SV("{\"status\":{\"allowed\":\"true\"}}"), &allowed, &err),
		ERR_INVALID);
	ck_assert_int_eq(doctor_rights_decode(&arena, SV("{"), &allowed, &err), ERR_INVALID);
}
END_TEST

START_TEST(more_findings_than_fit_are_counted)
{
	for (int i = 0; i < DOCTOR_MAX_FINDINGS + 3; i++)
		doctor_add(&doctor, DOCTOR_NOTE, NULL, "finding \033[31m %d", i);
	check_told("and 3 more that are not told");
	ck_assert(strchr(buf_text(&text), '\033') == NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doctor");
	TCase *t = tcase_create("doctor");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, clocks, 0, (int)ARRAY_LEN(CLOCKS));
	tcase_add_test(t, apis_and_their_servers);
	tcase_add_test(t, writers_of_statuses);
	tcase_add_test(t, targets_with_two_autoscalers);
	tcase_add_test(t, leftovers);
	tcase_add_test(t, rights_that_are_granted_by_name_are_asked_for_by_name);
	tcase_add_test(t, rights_of_metrics_are_asked_for_once_each);
	tcase_add_test(t, answers_to_access_reviews);
	tcase_add_test(t, more_findings_than_fit_are_counted);
	suite_add_tcase(suite, t);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
