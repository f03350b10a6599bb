/* Questions to the metrics APIs, byte for byte. */
#include "common/mem.h"
#include "controller/ask.h"
#include "kube/label_selector.h"
#include "tests/unit/controller/run.h"

#define V2 "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default"

static struct label LABELS[] = { { { "code", 4 }, { "200", 3 } }, { { "verb", 4 }, { "GET", 3 } } };
static struct label BAD_LABELS[] = { { { "verb", 4 }, { "G E T", 5 } } };
static const struct label_selector TWO_LABELS = { .match_labels = LABELS, .n_match_labels = 2 };
static const struct label_selector BAD_LABEL = { .match_labels = BAD_LABELS, .n_match_labels = 1 };
static const struct label_selector EVERYTHING = { 0 };

/* Which targets a row sets. */
enum { VALUE = 1, AVERAGE = 2, PERCENT = 4 };

static const struct {
	const char *what;
	enum hpa_metric_kind kind;
	const char *metric;
	const struct label_selector *selector;
	const char *described_version, *described_kind, *described_name;
	const char *type;
	int targets;
	enum ask_state state;
	const char *text;
} ROWS[] = {
	/* clang-format off */
	{ "cpu of the pods", HPA_METRIC_RESOURCE, "cpu", NULL, NULL, NULL, NULL, "Utilization", PERCENT, ASK_REQUEST,
		"/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app%3Dweb%2Ctier+in+%28a%2Cb%29%2C%21x" },
	{ "a container's memory is the same question", HPA_METRIC_CONTAINER_RESOURCE, "memory", NULL, NULL, NULL, NULL, "AverageValue", AVERAGE,
		ASK_REQUEST, "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app%3Dweb%2Ctier+in+%28a%2Cb%29%2C%21x" },
	{ "a resource without target", HPA_METRIC_RESOURCE, "cpu", NULL, NULL, NULL, NULL, "Utilization", 0, ASK_INVALID,
		"invalid resource metric source: neither an average utilization target nor an average value (usage) target was set" },
	{ "a metric of all pods", HPA_METRIC_PODS, "qps", &TWO_LABELS, NULL, NULL, NULL, "AverageValue", AVERAGE, ASK_REQUEST,
		V2 "/pods/%2A/qps?labelSelector=app%3Dweb%2Ctier+in+%28a%2Cb%29%2C%21x&metricLabelSelector=code%3D200%2Cverb%3DGET" },
	{ "a metric name that cannot be a path segment", HPA_METRIC_PODS, "a/b%c", NULL, NULL, NULL, NULL, "AverageValue", AVERAGE, ASK_FAILED,
		"invalid subresource \"a/b%c\": [may not contain '/' may not contain '%']" },
	{ "a bad metric selector", HPA_METRIC_PODS, "qps", &BAD_LABEL, NULL, NULL, NULL, "AverageValue", AVERAGE, ASK_INVALID, NULL },
	{ "an object, whatever version its kind is named in", HPA_METRIC_OBJECT, "hits", NULL, "apps/v9", "Deployment", "web", "Value", VALUE,
		ASK_REQUEST, V2 "/deployments.apps/web/hits" },
	{ "a kind in lower case", HPA_METRIC_OBJECT, "hits", NULL, "apps/v1", "deployment", "web", "Value", VALUE, ASK_REQUEST,
		V2 "/deployments.apps/web/hits" },
	{ "a Namespace is always our own", HPA_METRIC_OBJECT, "hits", &EVERYTHING, "v1", "Namespace", "other", "AverageValue", AVERAGE, ASK_REQUEST,
		V2 "/metrics/hits" },
	{ "also where the version is no version", HPA_METRIC_OBJECT, "hits", NULL, "a/b/c", "Namespace", "other", "Value", VALUE, ASK_REQUEST,
		V2 "/metrics/hits" },
	{ "but not of another group", HPA_METRIC_OBJECT, "hits", NULL, "apps/v1", "Namespace", "x", "Value", VALUE, ASK_FAILED,
		"unable to map kind Namespace.apps to resource: no matches for kind \"Namespace\" in group \"apps\"" },
	{ "a kind of no group", HPA_METRIC_OBJECT, "hits", NULL, "", "Deployment", "x", "Value", VALUE, ASK_FAILED,
		"unable to map kind Deployment to resource: no matches for kind \"Deployment\" in group \"\"" },
	{ "type and field that disagree", HPA_METRIC_OBJECT, "hits", NULL, "apps/v1", "Deployment", "web", "Value", AVERAGE, ASK_INVALID,
		"invalid object metric source: neither a value target nor an average value target was set" },
	{ "an object's name that cannot be one", HPA_METRIC_OBJECT, "hits", NULL, "apps/v1", "Deployment", "..", "Value", VALUE, ASK_FAILED,
		"invalid resource name \"..\": [may not be '..']" },
	{ "an external metric is asked in lower case", HPA_METRIC_EXTERNAL, "MyQueue", &TWO_LABELS, NULL, NULL, NULL, "AverageValue", AVERAGE,
		ASK_REQUEST, "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/myqueue?labelSelector=code%3D200%2Cverb%3DGET" },
	{ "its name is escaped", HPA_METRIC_EXTERNAL, "q depth|a=b&c?", NULL, NULL, NULL, NULL, "Value", VALUE, ASK_REQUEST,
		"/apis/external.metrics.k8s.io/v1beta1/namespaces/default/q%20depth%7Ca=b&c%3F" },
	{ "an external metric without target", HPA_METRIC_EXTERNAL, "q", NULL, NULL, NULL, NULL, "Value", 0, ASK_INVALID,
		"invalid external metric source: neither a value target nor an average value target was set" },
	{ "an external name that cannot be one", HPA_METRIC_EXTERNAL, ".", NULL, NULL, NULL, NULL, "Value", VALUE, ASK_FAILED,
		"invalid resource \".\": [may not be '.']" },
	{ "a type that does not exist", HPA_METRIC_UNKNOWN, "q", NULL, NULL, NULL, NULL, "Value", VALUE, ASK_INVALID,
		"unknown metric source type \"Wishes\"" },
	/* clang-format on */
};

static struct discovery_resource RESOURCES[] = { { .name = { "deployments", 11 },
	.kind = { "Deployment", 10 } } };
static struct discovery_version APPS[] = {
	{ .version = { "v1", 2 }, .resources = RESOURCES, .n_resources = 1 }
};
static struct discovery_version CUSTOM[] = { { .version = { "v1beta1", 7 } },
	{ .version = { "v2", 2 } } };
static struct discovery_group GROUPS[] = {
	{ .name = { "apps", 4 }, .preferred = { "v1", 2 }, .versions = APPS, .n_versions = 1 },
	{ .name = { "custom.metrics.k8s.io", 21 },
		.preferred = { "v2", 2 },
		.versions = CUSTOM,
		.n_versions = 2 },
};

START_TEST(questions_are_worded_as_the_reference_words_them)
{
	struct opt_quantity one = opt_quantity_of(quantity_from_milli(1000, QUANTITY_DECIMAL_SI));
	struct hpa_source source = {
		.described = { sv_of(ROWS[_i].described_kind), sv_of(ROWS[_i].described_name),
			sv_of(ROWS[_i].described_version) },
		.metric = sv_of(ROWS[_i].metric),
		.resource = sv_of(ROWS[_i].metric),
		.selector = ROWS[_i].selector,
		.target.type = sv_of(ROWS[_i].type),
	};
	if (ROWS[_i].targets & VALUE)
		source.target.value = one;
	if (ROWS[_i].targets & AVERAGE)
		source.target.average_value = one;
	if (ROWS[_i].targets & PERCENT)
		source.target.average_utilization = opt_i32_of(50);
	struct hpa_metric metric = { .type = SV("Wishes"), .kind = ROWS[_i].kind };
	if (metric.kind != HPA_METRIC_UNKNOWN)
		metric.member[metric.kind] = &source;
	struct hpa hpa = { .meta.ns = SV("default"),
		.spec = { .metrics = &metric, .n_metrics = 1 } };
	struct discovery discovery = { .groups = GROUPS, .n_groups = 1 };
	struct ask_input in = {
		.hpa = &hpa,
		.pod_selector = SV("app=web,tier in (a,b),!x"),
		.discovery = &discovery,
		.custom_version = SV("v1beta2"),
	};
	AUTO(arena_done) struct arena a = { 0 };
	struct ask_question *q;
	struct error err;
	arena_init(&a, 1 << 20);
	ck_assert_int_eq(ask_questions(&a, &in, &q, &err), ERR_OK);
	ck_assert_msg(q->state == ROWS[_i].state, "%s: state %d, %.*s", ROWS[_i].what,
		(int)q->state, SV_ARG(q->why));
	struct sv text = q->state == ASK_REQUEST ? q->target : q->why;
	if (ROWS[_i].text)
		ck_assert_msg(sv_is(text, ROWS[_i].text), "%s: %.*s", ROWS[_i].what, SV_ARG(text));
}
END_TEST

START_TEST(without_a_custom_metrics_api_only_custom_metrics_fail)
{
	struct hpa_source source = { .metric = SV("qps") };
	struct hpa_metric metric = { .kind = HPA_METRIC_PODS, .member[HPA_METRIC_PODS] = &source };
	struct hpa hpa = { .meta.ns = SV("default"),
		.spec = { .metrics = &metric, .n_metrics = 1 } };
	struct ask_input in = {
		.hpa = &hpa, .pod_selector = SV("app=web"), .custom_problem = SV("none there")
	};
	AUTO(arena_done) struct arena a = { 0 };
	struct ask_question *q;
	struct error err;
	arena_init(&a, 1 << 20);
	ck_assert_int_eq(ask_questions(&a, &in, &q, &err), ERR_OK);
	ck_assert_int_eq(q->state, ASK_FAILED);
	ck_assert(sv_is(q->why, "none there"));
	metric.member[HPA_METRIC_PODS] = NULL;
	ck_assert_int_eq(ask_questions(&a, &in, &q, &err), ERR_OK);
	ck_assert_int_eq(q->state, ASK_INVALID);
}
END_TEST

START_TEST(the_version_of_custom_metrics_is_one_we_know)
{
	struct discovery none = { .groups = GROUPS, .n_groups = 1 },
			 some = { .groups = GROUPS, .n_groups = 2 };
	struct discovery_group unknown = {
		.name = SV("custom.metrics.k8s.io"), .versions = &CUSTOM[1], .n_versions = 1
	};
	struct discovery other = { .groups = &unknown, .n_groups = 1 };
	struct sv version = SV(""), problem = SV("");
	ck_assert(!ask_custom_version(&none, &version, &problem));
	ck_assert(sv_is(problem, "no custom metrics API (custom.metrics.k8s.io) registered"));
	ck_assert(!ask_custom_version(NULL, &version, &problem));
	ck_assert(!ask_custom_version(&other, &version, &problem));
	ck_assert(sv_is(problem, "no known available metric versions found"));
	ck_assert_msg(ask_custom_version(&some, &version, &problem),
		"the first known one where the preferred is none");
	ck_assert(sv_is(version, "v1beta1"));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, questions_are_worded_as_the_reference_words_them, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, without_a_custom_metrics_api_only_custom_metrics_fail);
	tcase_add_test(tcase, the_version_of_custom_metrics_is_one_we_know);
}

int main(void)
{
	return run_case("ask", add);
}
