/* Facts of a cluster -> findings. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/doctor_rights.h"
#include "common/file.h"
#include "common/yx.h"

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
		SV("{\"spec\":{\"group\":\"external.metrics.k8s.io\",\"version\":\"v1beta1\","
		   "\"service\":{\"namespace\":\"a\",\"name\":\"new\"}}}"),
	};

	give(&cluster.api_services, services, ARRAY_LEN(services));
	doctor_judge_apis(&doctor, &cluster);
	check_told("ok       autoscaling/v2 HorizontalPodAutoscaler is served");
	check_told("note     flyball.dev/v1alpha1 HorizontalAutoscaler is not served");
	check_told("metrics.k8s.io/v1beta1 is served by kube-system/metrics-server");
	check_told("problem  custom.metrics.k8s.io/v1beta1 belongs to "
		   "monitoring/prometheus-adapter, which does not serve it: no endpoints");
	check_told("warning  external.metrics.k8s.io/v1beta1 belongs to a/new; whether that "
		   "serves it is not known yet");
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

#define LEASE(spec) SV("{\"metadata\":{\"name\":\"flyball-controller\"},\"spec\":{" spec "}}")
#define HELD(time)                                                                                 \
	LEASE("\"holderIdentity\":\"pod_1\",\"leaseDurationSeconds\":15,\"renewTime\":\"" time "\"")

/* It is 13:46:40 where doctor is. */
static const struct {
	struct sv lease;
	size_t n_owns;
	const char *told;
} LEASES[] = {
	{ HELD("1970-01-12T13:46:38.500000Z"), 1, "ok       pod_1 leads" },
	{ HELD("1970-01-12T13:46:50.000000Z"), 1, "ok       pod_1 leads" },
	{ HELD("1970-01-12T13:46:00.000000Z"), 1,
		"warning  no flyball-controller leads, so nobody decides about the 1 object of "
		"our "
		"kind: the Lease d/flyball-controller was renewed 40s ago by pod_1, and holds for "
		"15s" },
	{ HELD("1970-01-12T13:46:00.000000Z"), 0,
		"note     no flyball-controller leads: the Lease d/flyball-controller was renewed "
		"40s ago" },
	{ LEASE("\"holderIdentity\":\"\",\"leaseDurationSeconds\":1"), 0,
		"note     no flyball-controller leads: the Lease d/flyball-controller has no "
		"holder" },
	{ SV(""), 1,
		"warning  no flyball-controller leads, so nobody decides about the 1 object of "
		"our "
		"kind: the Lease d/flyball-controller does not exist" },
	{ LEASE("\"holderIdentity\":1"), 0, "warning  the Lease d/flyball-controller: " },
};

START_TEST(who_leads)
{
	struct sv owns[] = { SV("{}") };

	give(&cluster.owns, owns, LEASES[_i].n_owns);
	doctor_judge_leader(&doctor, &cluster, "d");
	ck_assert_uint_eq(doctor.n, 0);
	cluster.lease.json = LEASES[_i].lease;
	cluster.lease.known = true;
	doctor_judge_leader(&doctor, &cluster, "d");
	ck_assert_uint_eq(doctor.n, 1);
	check_told(LEASES[_i].told);
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
	/* get and update of the Lease, and patch too of a checkpoint; who authenticates whom is read. */
	ck_assert_uint_eq(n_named, 5 + 3);
	const struct doctor_right *lease = find_right("coordination.k8s.io", "leases");
	while (!lease->name)
		lease++;
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
	while (scale->need != DOCTOR_TO_ACT)
		scale++;
	doctor_rights_judge(&doctor, scale, false, &self);
	check_told("note     whoever asks may not update deployments/scale.apps: ");
	doctor_rights_judge(&doctor, scale, true, &self);
	check_told("problem  whoever asks may not update deployments/scale.apps: ");
}
END_TEST

/* One rule of a Role or ClusterRole. ns: empty for all. */
struct rule {
	const char *file;
	struct sv ns;
	const struct jtree *groups, *resources, *verbs, *names;
};

static struct rule rules[64];
static size_t n_rules;

static void add_rules(const char *file, struct sv ns, const struct jtree *list)
{
	JTREE_FOREACH (r, list) {
		ck_assert_uint_lt(n_rules, ARRAY_LEN(rules));
		rules[n_rules++] = (struct rule){ file, ns, jtree_get(r, "apiGroups"),
			jtree_get(r, "resources"), jtree_get(r, "verbs"),
			jtree_get(r, "resourceNames") };
	}
}

/* What the roles that Kubernetes itself has let do. */
static const struct jtree *built_in(struct sv name)
{
	static const char DELEGATOR[] =
		"[{apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]},"
		" {apiGroups: [authorization.k8s.io], resources: [subjectaccessreviews], verbs: "
		"[create]}]";
	static const char READER[] =
		"[{apiGroups: [\"\"], resources: [configmaps], resourceNames: "
		"[extension-apiserver-authentication], verbs: [get, list, watch]}]";
	struct jtree **documents;
	size_t n;
	const char *yaml = sv_is(name, "system:auth-delegator")			      ? DELEGATOR
			   : sv_is(name, "extension-apiserver-authentication-reader") ? READER
										      : NULL;

	if (!yaml)
		return NULL;
	ck_assert_int_eq(yx_parse(&arena, sv_of(yaml), "built in", &documents, &n, &err), ERR_OK);
	return documents[0];
}

/* The rules that its files give to the controller. */
static void read_manifest(const char *file)
{
	const char *folder = getenv("FLYBALL_SOURCE_DIR");
	char path[4096];
	struct jtree **documents;
	struct sv yaml;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/manifests/%s", folder ? folder : ".", file);
	ck_assert_msg(file_read(&arena, path, 1u << 20, &yaml, &err) == ERR_OK, "%s", err.text);
	ck_assert_int_eq(yx_parse(&arena, yaml, path, &documents, &n, &err), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		const struct jtree *t = documents[i];
		struct sv kind = jtree_text(jtree_get(t, "kind"));
		struct sv name = jtree_text(jtree_at(t, "metadata", "name", NULL));
		struct sv ns = jtree_text(jtree_at(t, "metadata", "namespace", NULL));
		if (sv_is(ns, "flyball-system"))
			ns = SV("ours");
		/* For people. */
		if (sv_is(name, "flyball-explain-live"))
			continue;
		if (sv_is(kind, "ClusterRole") || sv_is(kind, "Role"))
			add_rules(file, ns, jtree_get(t, "rules"));
		if (sv_is(kind, "ClusterRoleBinding") || sv_is(kind, "RoleBinding"))
			add_rules(file, ns,
				built_in(jtree_text(jtree_at(t, "roleRef", "name", NULL))));
	}
}

static bool holds(const struct jtree *list, struct sv word)
{
	JTREE_FOREACH (item, list)
		if (sv_eq(jtree_text(item), word) || sv_is(jtree_text(item), "*"))
			return true;
	return false;
}

/* "pods", "deployments/scale", or "*\/scale" */
static bool is_of(struct sv pattern, const struct doctor_right *r)
{
	bool found;
	struct sv sub, resource = sv_cut(pattern, '/', &sub, &found);

	return sv_is(pattern, "*") ||
	       (sv_is(sub, r->subresource) &&
		       (sv_is(resource, "*") || sv_is(resource, r->resource)));
}

static bool grants(
	const struct rule *rule, struct sv verb, struct sv resource, const struct doctor_right *r)
{
	return sv_is(verb, r->verb) && is_of(resource, r) && holds(rule->groups, sv_of(r->group)) &&
	       (rule->ns.len == 0 || sv_is(rule->ns, r->ns)) &&
	       (r->name ? !rule->names || holds(rule->names, sv_of(r->name)) : !rule->names);
}

static bool is_granted(const struct doctor_right *r)
{
	for (size_t i = 0; i < n_rules; i++)
		JTREE_FOREACH (resource, rules[i].resources)
			JTREE_FOREACH (verb, rules[i].verbs)
				if (grants(&rules[i], jtree_text(verb), jtree_text(resource), r))
					return true;
	return false;
}

static bool is_asked_for(const struct rule *rule, struct sv verb, struct sv resource)
{
	for (size_t i = 0; i < rights.n; i++)
		if (grants(rule, verb, resource, &rights.at[i]))
			return true;
	return false;
}

/* Granted because Kubernetes' own HPA controller has it; we do without. */
static bool is_for_form(const struct rule *rule, struct sv verb)
{
	return (holds(rule->groups, SV("custom.metrics.k8s.io")) && sv_is(verb, "list")) ||
	       (holds(rule->groups, SV("external.metrics.k8s.io")) && sv_is(verb, "get")) ||
	       (holds(rule->resources, SV("events")) && sv_is(verb, "update"));
}

START_TEST(rights_are_those_that_the_manifests_grant)
{
	static const char *const FILES[] = { "base/controller-rbac.yaml",
		"overlays/our-kind/writer-rbac.yaml", "overlays/own/writer-rbac.yaml" };
	struct sv owns[] = {
		SV("{\"metadata\":{\"name\":\"a\",\"namespace\":\"d\"},\"spec\":{"
		   "\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"w\"},\"maxReplicas\":3,"
		   "\"metrics\":[{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"qps\"},"
		   "\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"1\"}}},{\"type\":"
		   "\"External\",\"external\":{\"metric\":{\"name\":\"queue\"},\"target\":{"
		   "\"type\":"
		   "\"Value\",\"value\":\"1\"}}},{\"type\":\"Resource\",\"resource\":{\"name\":"
		   "\"cpu\","
		   "\"target\":{\"type\":\"Utilization\",\"averageUtilization\":50}}}]}}"),
	};

	n_rules = 0;
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++)
		read_manifest(FILES[i]);
	give(&cluster.owns, owns, 1);
	doctor_rights_list(&arena, &cluster, "ours", &rights);
	for (size_t i = 0; i < rights.n; i++)
		ck_assert_msg(is_granted(&rights.at[i]), "no manifest grants: %s %s/%s.%s in '%s'",
			rights.at[i].verb, rights.at[i].resource, rights.at[i].subresource,
			rights.at[i].group, rights.at[i].ns);
	for (size_t i = 0; i < n_rules; i++)
		JTREE_FOREACH (resource, rules[i].resources)
			JTREE_FOREACH (verb, rules[i].verbs)
				ck_assert_msg(is_for_form(&rules[i], jtree_text(verb)) ||
						      is_asked_for(&rules[i], jtree_text(verb),
							      jtree_text(resource)),
					"%s: nobody looks at %.*s %.*s", rules[i].file,
					SV_ARG(jtree_text(verb)), SV_ARG(jtree_text(resource)));
}
END_TEST

START_TEST(what_only_the_https_port_needs_is_a_warning)
{
	const struct doctor_subject account = { "ours", "me" };

	doctor_rights_list(&arena, &cluster, "ours", &rights);
	const struct doctor_right *reviews = find_right("authentication.k8s.io", "tokenreviews");
	ck_assert_ptr_nonnull(reviews);
	doctor_rights_judge(&doctor, reviews, true, &account);
	check_told("warning  ours/me may not create tokenreviews.authentication.k8s.io: the HTTPS "
		   "port knows nobody by a token");
	check_told("only --secure-port needs it");
	ck_assert(!doctor_has(&doctor, DOCTOR_PROBLEM));
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
	tcase_add_loop_test(t, who_leads, 0, (int)ARRAY_LEN(LEASES));
	tcase_add_test(t, targets_with_two_autoscalers);
	tcase_add_test(t, leftovers);
	tcase_add_test(t, rights_that_are_granted_by_name_are_asked_for_by_name);
	tcase_add_test(t, rights_of_metrics_are_asked_for_once_each);
	tcase_add_test(t, rights_are_those_that_the_manifests_grant);
	tcase_add_test(t, what_only_the_https_port_needs_is_a_warning);
	tcase_add_test(t, answers_to_access_reviews);
	tcase_add_test(t, more_findings_than_fit_are_counted);
	suite_add_tcase(suite, t);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
