/* Reading autoscalers: every version, mistakes of people with place and cure, memory. */
#include "common/yx.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_default.h"
#include "tests/unit/common/run.h"

static struct arena arena;

static void start(void)
{
	arena_init(&arena, 1 << 24);
}

static void stop(void)
{
	arena_done(&arena);
}

static enum error_kind read_yaml(struct arena *a, bool strict, const char *yaml, struct codec *c,
	struct hpa *ret, struct error *err)
{
	struct jtree **documents;
	size_t n;

	*c = (struct codec){ .a = a, .strict = strict };
	enum error_kind kind = yx_parse(a, sv_of(yaml), "hpa.yaml", &documents, &n, err);
	if (kind != ERR_OK)
		return kind;
	ck_assert_uint_eq(n, 1);
	return hpa_decode(c, documents[0], ret, err);
}

#define HEAD(version)                                                                              \
	"apiVersion: autoscaling/" version                                                         \
	"\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: web\n"

static const char V2[] =
	HEAD("v2") "  namespace: shop\n"
		   "  generation: 3\n"
		   "  labels: {b: x, a: z}\n"
		   "  annotations: {autoscaling.alpha.kubernetes.io/metrics: '[]', note: hi}\n"
		   "  finalizers: [example.com/a]\n"
		   "  managedFields: [{manager: kubectl}]\n"
		   "spec:\n"
		   "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
		   "  minReplicas: 0\n"
		   "  maxReplicas: 9\n"
		   "  metrics:\n"
		   "  - type: Pods\n"
		   "    pods: {metric: {name: rps, selector: {matchLabels: {verb: get}}}, target: "
		   "{type: AverageValue, "
		   "averageValue: 2}}\n"
		   "  - {type: Nonsense}\n"
		   "  behavior:\n"
		   "    scaleDown: {stabilizationWindowSeconds: 60, policies: []}\n"
		   "status:\n"
		   "  currentReplicas: 3\n"
		   "  lastScaleTime: '2026-01-02T03:04:05Z'\n"
		   "  currentMetrics: []\n"
		   "  conditions: [{type: AbleToScale, status: 'True'}]\n";

START_TEST(an_object_of_v2_is_read_whole)
{
	struct codec c;
	struct hpa hpa;
	struct error err;

	ck_assert_msg(read_yaml(&arena, true, V2, &c, &hpa, &err) == ERR_OK, "%s", err.text);
	ck_assert(sv_is(hpa.api_version, "autoscaling/v2") && sv_is(hpa.meta.name, "web"));
	ck_assert(sv_is(hpa.meta.ns, "shop") && hpa.meta.generation == 3);
	ck_assert_uint_eq(hpa.meta.n_labels, 2);
	ck_assert(sv_is(hpa.meta.labels[0].key, "a"));
	ck_assert_uint_eq(hpa.meta.n_annotations, 1);
	ck_assert(sv_is(hpa.meta.annotations[0].key, "note"));
	ck_assert(sv_is(hpa.meta.rest, "{\"finalizers\":[\"example.com/a\"]}"));
	ck_assert(hpa.spec.min_replicas.set && hpa.spec.min_replicas.value == 0);
	ck_assert_int_eq(hpa.spec.max_replicas, 9);
	ck_assert_uint_eq(hpa.spec.n_metrics, 2);
	ck_assert_int_eq(hpa.spec.metrics[0].kind, HPA_METRIC_PODS);
	ck_assert_int_eq(hpa.spec.metrics[1].kind, HPA_METRIC_UNKNOWN);
	const struct hpa_source *pods = hpa.spec.metrics[0].member[HPA_METRIC_PODS];
	ck_assert(sv_is(pods->metric, "rps") && pods->selector->n_match_labels == 1);
	ck_assert_int_eq(quantity_milli(&pods->target.average_value.value), 2000);
	ck_assert(!pods->target.value.set && !pods->target.average_utilization.set);
	const struct hpa_rules *down = hpa.spec.behavior->scale_down;
	ck_assert(!hpa.spec.behavior->scale_up && down->has_policies && down->n_policies == 0);
	ck_assert(!down->select_policy.ptr && down->stabilization_window_sec.value == 60);
	ck_assert(hpa.status.has_last_scale_time && hpa.status.current_replicas == 3);
	ck_assert(hpa.status.has_current_metrics && hpa.status.n_current_metrics == 0);
	ck_assert(instant_wall_is_zero(hpa.status.conditions[0].last_transition));
}
END_TEST

static const char V2BETA1[] = HEAD(
	"v2beta1") "  annotations: {autoscaling.alpha.kubernetes.io/behavior: "
		   "'{\"scaleup\":{\"POLICIES\":[{\"type\":\"Pods\",\"value\":2,\"periodSeconds\":"
		   "60}]}}'}\n"
		   "spec:\n"
		   "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"
		   "  maxReplicas: 9\n"
		   "  metrics:\n"
		   "  - {type: Pods, pods: {metricName: rps, targetAverageValue: 2}}\n"
		   "  - {type: Object, object: {target: {kind: Service, name: web}, metricName: "
		   "qps, targetValue: 5}}\n"
		   "  - {type: Resource, resource: {name: cpu, targetAverageUtilization: 80}}\n"
		   "  - {type: Resource, resource: {name: memory, targetAverageValue: 1Gi}}\n"
		   "  - {type: External, external: {metricName: q, targetAverageValue: 5}}\n"
		   "  - {type: Object, object: {target: {kind: S, name: w}, metricName: q, "
		   "targetValue: 0, averageValue: 3}}\n"
		   "status:\n"
		   "  currentMetrics: [{type: Pods, pods: {metricName: rps}}, {type: External, "
		   "external: {metricName: q}}]\n";

START_TEST(the_flat_shape_of_v2beta1_gets_target_types)
{
	static const char *const types[] = { "AverageValue", "Value", "Utilization", "AverageValue",
		"AverageValue", "AverageValue" };
	struct codec c;
	struct hpa hpa;
	struct error err;

	ck_assert_msg(read_yaml(&arena, true, V2BETA1, &c, &hpa, &err) == ERR_OK, "%s", err.text);
	ck_assert_uint_eq(hpa.spec.n_metrics, ARRAY_LEN(types));
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct hpa_metric *m = &hpa.spec.metrics[i];
		ck_assert_msg(sv_is(m->member[m->kind]->target.type, types[i]), "metric %zu", i);
	}
	/* A zero targetValue beside an average is how the flat shape says "none". */
	ck_assert(!hpa.spec.metrics[5].member[HPA_METRIC_OBJECT]->target.value.set);
	ck_assert_int_eq(hpa.spec.behavior->scale_up->policies[0].period_sec, 60);
	ck_assert_uint_eq(hpa.meta.n_annotations, 0);
	ck_assert(hpa.status.current_metrics[0].member[HPA_METRIC_PODS]->average_value.set);
	ck_assert(hpa.status.current_metrics[1].member[HPA_METRIC_EXTERNAL]->value.set);
}
END_TEST

START_TEST(v2beta2_reads_as_v2)
{
	struct codec c;
	struct hpa hpa;
	struct error err;

	ck_assert_int_eq(read_yaml(&arena, true,
				 HEAD("v2beta2") "spec: {scaleTargetRef: {kind: D, name: w}, "
						 "maxReplicas: 2, behavior: "
						 "{scaleUp: {selectPolicy: ''}}}\n",
				 &c, &hpa, &err),
		ERR_OK);
	ck_assert_ptr_nonnull(hpa.spec.behavior->scale_up->select_policy.ptr);
	ck_assert_int_eq(hpa_decode_admit(&arena, &hpa, &err), ERR_OK);
	ck_assert_uint_eq(hpa.spec.n_metrics, 1);
}
END_TEST

START_TEST(v1_is_not_defaulted_again_before_validation)
{
	static const char text[] =
		HEAD("v1") "  annotations: {autoscaling.alpha.kubernetes.io/behavior: "
			   "'{\"ScaleUp\":{}}'}\n"
			   "spec: {scaleTargetRef: {kind: D, name: w}, maxReplicas: 2}\n";
	struct codec c;
	struct hpa hpa;
	struct error err;

	ck_assert_int_eq(read_yaml(&arena, true, text, &c, &hpa, &err), ERR_OK);
	ck_assert_int_eq(hpa_decode_admit(&arena, &hpa, &err), ERR_OK);
	ck_assert(!hpa.spec.behavior->scale_up->has_policies && !hpa.spec.behavior->scale_down);
	ck_assert_int_eq(hpa.spec.min_replicas.value, 1);
	ck_assert_int_eq(
		hpa.spec.metrics[0].member[HPA_METRIC_RESOURCE]->target.average_utilization.value,
		80);
}
END_TEST

#define SPEC "spec:\n  scaleTargetRef: {kind: D, name: w}\n"

/* What people get wrong, and what they are told. */
static const struct {
	const char *yaml;
	uint32_t line, column;
	const char *path, *text;
} MISTAKES[] = {
	{ HEAD("v2") SPEC "  minReplica: 2\n", 7, 3, "spec.minReplica",
		"unknown field; did you mean minReplicas?" },
	{ HEAD("v2") SPEC "  MaxReplicas: 2\n", 7, 3, "spec.MaxReplicas",
		"unknown field; did you mean maxReplicas?" },
	{ HEAD("v2") SPEC "  zebra: 2\n", 7, 3, "spec.zebra",
		"unknown field; known are scaleTargetRef, minReplicas, maxReplicas, metrics, "
		"behavior" },
	{ HEAD("v2") SPEC "  maxReplicas: '9'\n", 7, 16, "spec.maxReplicas",
		"expected a whole number of 32 bits, got the string \"9\"" },
	{ HEAD("v2") SPEC "  maxReplicas: 9.5\n", 7, 16, "spec.maxReplicas",
		"expected a whole number of 32 bits, got the number 9.5" },
	{ HEAD("v2") SPEC "  maxReplicas: 3000000000\n", 7, 16, "spec.maxReplicas",
		"expected a whole number of 32 bits, got the number 3000000000" },
	{ HEAD("v2") SPEC "  metrics: {type: Pods}\n", 7, 12, "spec.metrics",
		"expected a list, got an object" },
	{ HEAD("v2") SPEC "  metrics:\n  - type: Pods\n    pods: {target: {averageValue: 5x}}\n", 9,
		35, "spec.metrics[0].pods.target.averageValue",
		"\"5x\" is no quantity: quantities must match the regular expression "
		"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" },
	{ HEAD("v2") SPEC "  metrics: [{pods: {target: {value: {}}}}]\n", 7, 37,
		"spec.metrics[0].pods.target.value",
		"expected a quantity such as \"250m\", got an object" },
	{ HEAD("v2") SPEC "  behavior: {scaleup: {}}\n", 7, 14, "spec.behavior.scaleup",
		"unknown field; did you mean scaleUp?" },
	{ HEAD("v2") SPEC "status: {lastScaleTime: yesterday}\n", 7, 25, "status.lastScaleTime",
		"parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse "
		"\"yesterday\" as \"2006\"" },
	{ HEAD("v2") SPEC "status: {lastScaleTime: 5}\n", 7, 25, "status.lastScaleTime",
		"expected a time such as \"2006-01-02T15:04:05Z\", got the number 5" },
	{ HEAD("v2") "  nme: web\n" SPEC, 5, 3, "metadata.nme",
		"unknown field; did you mean name?" },
	{ HEAD("v2") "  generation: x\n" SPEC, 5, 15, "metadata.generation",
		"expected a whole number, got the string \"x\"" },
	{ HEAD("v2") "  labels: {app: yes}\n" SPEC, 5, 17, "metadata.labels.app",
		"expected a string, got a boolean; put yes in quotes" },
	{ HEAD("v2") "  namespace: 0x1f\n" SPEC, 5, 14, "metadata.namespace",
		"expected a string, got a number; put 0x1f in quotes" },
	{ HEAD("v2") "specs: {}\n" SPEC, 5, 1, "specs", "unknown field; did you mean spec?" },
	{ HEAD("v2beta1") SPEC "  behavior: {}\n", 7, 3, "spec.behavior",
		"unknown field; known are scaleTargetRef, minReplicas, maxReplicas, metrics" },
	{ HEAD("v2beta2") SPEC "  behavior: {scaleUp: {tolerance: 1}}\n", 7, 24,
		"spec.behavior.scaleUp.tolerance",
		"unknown field; known are stabilizationWindowSeconds, selectPolicy, policies" },
	{ HEAD("v1") SPEC "  targetCPUUtilizationPercent: 5\n", 7, 3,
		"spec.targetCPUUtilizationPercent",
		"unknown field; did you mean targetCPUUtilizationPercentage?" },
	{ HEAD("v1") "  annotations: {autoscaling.alpha.kubernetes.io/metrics: '['}\n" SPEC, 0, 0,
		"metadata.annotations.autoscaling.alpha.kubernetes.io/metrics",
		"cannot be read and would be ignored: line 1, column 2: unexpected end of input" },
	{ HEAD("v1") "  annotations: {autoscaling.alpha.kubernetes.io/conditions: '[3]'}\n" SPEC, 0,
		0, "metadata.annotations.autoscaling.alpha.kubernetes.io/conditions",
		"cannot be read and would be ignored: value[0]: expected an object, got the number "
		"3" },
};

START_TEST(a_mistake_is_told_with_its_place_and_cure)
{
	struct codec c;
	struct hpa hpa;
	struct error err;

	enum error_kind kind = read_yaml(&arena, true, MISTAKES[_i].yaml, &c, &hpa, &err);
	ck_assert_msg(kind == ERR_INVALID, "%s", MISTAKES[_i].text);
	ck_assert_uint_eq(c.n, 1);
	ck_assert_msg(sv_is(c.at[0].path, MISTAKES[_i].path), "%.*s", SV_ARG(c.at[0].path));
	if (sv_has_prefix(sv_of(MISTAKES[_i].text), SV("cannot be read")))
		ck_assert_msg(
			sv_has_prefix(c.at[0].text, SV("cannot be read and would be ignored: ")),
			"%.*s", SV_ARG(c.at[0].text));
	else
		ck_assert_msg(sv_is(c.at[0].text, MISTAKES[_i].text), "%.*s", SV_ARG(c.at[0].text));
	ck_assert_uint_eq(c.at[0].line, MISTAKES[_i].line);
	ck_assert_uint_eq(c.at[0].column, MISTAKES[_i].column);
	ck_assert(sv_has_prefix(sv_of(err.text), sv_of(MISTAKES[_i].path)));
}
END_TEST

START_TEST(the_api_is_read_leniently)
{
	struct codec c;
	struct hpa hpa;
	struct error err;

	ck_assert_int_eq(read_yaml(&arena, false, HEAD("v2") "extra: 1\n" SPEC "  minReplica: 2\n",
				 &c, &hpa, &err),
		ERR_OK);
	ck_assert(!hpa.spec.min_replicas.set);
	ck_assert_int_eq(read_yaml(&arena, false,
				 HEAD("v1") "  annotations: "
					    "{autoscaling.alpha.kubernetes.io/metrics: '['}\n" SPEC,
				 &c, &hpa, &err),
		ERR_OK);
	ck_assert_int_eq(hpa.spec.metrics[0].kind, HPA_METRIC_RESOURCE);
	/* Wrong types are wrong for the API, too. */
	ck_assert_int_eq(
		read_yaml(&arena, false, HEAD("v2") SPEC "  maxReplicas: many\n", &c, &hpa, &err),
		ERR_INVALID);
	ck_assert_str_eq(err.text,
		"spec.maxReplicas: expected a whole number of 32 bits, got the string \"many\"");
}
END_TEST

START_TEST(all_mistakes_are_told_up_to_a_bound)
{
	struct buf yaml;
	struct codec c;
	struct hpa hpa;
	struct error err;

	buf_init(&yaml, 1 << 20);
	buf_put_str(&yaml, HEAD("v2") SPEC);
	for (int i = 0; i < 300; i++)
		buf_printf(&yaml, "  unknown%d: 1\n", i);
	ck_assert_int_eq(read_yaml(&arena, true, buf_text(&yaml), &c, &hpa, &err), ERR_INVALID);
	ck_assert_uint_eq(c.n, 200);
	buf_done(&yaml);
}
END_TEST

static const struct {
	const char *json, *error;
} OTHER[] = {
	{ "[]", "expected one HorizontalPodAutoscaler, got a list" },
	{ "null", "expected one HorizontalPodAutoscaler, got null" },
	{ "{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\"}",
		"kind: expected HorizontalPodAutoscaler, got \"Deployment\"" },
	{ "{\"kind\":\"HorizontalPodAutoscaler\",\"apiVersion\":\"autoscaling/v3\"}",
		"apiVersion: expected autoscaling/v2, v2beta2, v2beta1 or v1, got "
		"\"autoscaling/v3\"" },
	{ "{\"kind\":\"HorizontalPodAutoscaler\",\"apiVersion\":1}",
		"apiVersion: expected autoscaling/v2, v2beta2, v2beta1 or v1, got \"\"" },
};

START_TEST(other_documents_are_refused_in_one_line)
{
	struct codec c = { .a = &arena };
	struct jtree *t;
	struct hpa hpa;
	struct error err;

	ck_assert_int_eq(jtree_parse(&arena, sv_of(OTHER[_i].json), &t, &err), ERR_OK);
	ck_assert_int_eq(hpa_decode(&c, t, &hpa, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, OTHER[_i].error);
}
END_TEST

START_TEST(stored_objects_may_lack_kind_and_version)
{
	struct hpa hpa;
	struct error err;

	ck_assert_int_eq(hpa_decode_stored(&arena, AUTOSCALER_NATIVE,
				 SV("{\"metadata\":{\"name\":\"x\"},\"spec\":{\"maxReplicas\":4}}"),
				 &hpa, &err),
		ERR_OK);
	ck_assert(sv_is(hpa.meta.name, "x") && hpa.spec.max_replicas == 4);
	ck_assert_int_eq(hpa_decode_stored(&arena, AUTOSCALER_NATIVE,
				 SV("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}"), &hpa, &err),
		ERR_INVALID);
	ck_assert_int_eq(
		hpa_decode_stored(&arena, AUTOSCALER_NATIVE, SV("{"), &hpa, &err), ERR_INVALID);
	ck_assert_int_eq(
		hpa_decode_stored(&arena, AUTOSCALER_NATIVE, SV("[]"), &hpa, &err), ERR_INVALID);
}
END_TEST

START_TEST(parts_are_read_alone)
{
	struct hpa_spec spec;
	struct hpa_status status;
	struct jtree *t;
	struct error err;

	ck_assert_int_eq(
		jtree_parse(&arena, SV("{\"maxReplicas\":3,\"metrics\":[{\"type\":\"External\"}]}"),
			&t, &err),
		ERR_OK);
	ck_assert_int_eq(hpa_decode_spec(&arena, AUTOSCALER_NATIVE, t, &spec, &err), ERR_OK);
	ck_assert(spec.max_replicas == 3 && spec.metrics[0].kind == HPA_METRIC_EXTERNAL);
	ck_assert_int_eq(
		jtree_parse(&arena,
			SV("{\"currentMetrics\":[{\"type\":\"Pods\"}],\"desiredReplicas\":2}"), &t,
			&err),
		ERR_OK);
	ck_assert_int_eq(hpa_decode_status(&arena, AUTOSCALER_NATIVE, t, &status, &err), ERR_OK);
	ck_assert(
		status.desired_replicas == 2 && status.current_metrics[0].kind == HPA_METRIC_PODS);
	ck_assert_int_eq(jtree_parse(&arena,
				 SV("{\"maxReplicas\":\"3\",\"desiredReplicas\":\"2\"}"), &t, &err),
		ERR_OK);
	ck_assert_int_eq(hpa_decode_spec(&arena, AUTOSCALER_NATIVE, t, &spec, &err), ERR_INVALID);
	ck_assert_int_eq(
		hpa_decode_status(&arena, AUTOSCALER_NATIVE, t, &status, &err), ERR_INVALID);
	ck_assert_str_eq(err.text,
		"status.desiredReplicas: expected a whole number of 32 bits, got the string \"2\"");
}
END_TEST

/* v1 with everything that can travel in annotations */
static const char V1[] =
	"{\"apiVersion\":\"autoscaling/"
	"v1\",\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":{\"name\":\"w\",\"annotations\":{"
	"\"autoscaling.alpha.kubernetes.io/"
	"metrics\":\"[{\\\"type\\\":\\\"Pods\\\",\\\"pods\\\":{\\\"metricName\\\":\\\"m\\\"}}]\","
	"\"autoscaling.alpha.kubernetes.io/"
	"behavior\":\"{\\\"ScaleUp\\\":{\\\"Policies\\\":[{}]}}\","
	"\"autoscaling.alpha.kubernetes.io/"
	"current-metrics\":\"[{\\\"type\\\":\\\"Pods\\\",\\\"pods\\\":{}}]\","
	"\"autoscaling.alpha.kubernetes.io/"
	"conditions\":\"[{\\\"type\\\":\\\"X\\\"}]\"},\"finalizers\":[\"a/b\"]},"
	"\"spec\":{\"scaleTargetRef\":{},\"maxReplicas\":1,\"targetCPUUtilizationPercentage\":5},"
	"\"status\":{\"currentCPUUtilizationPercentage\":4}}";

static enum error_kind some_work(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct codec c;
	struct hpa hpa;

	arena_init(&a, 1 << 22);
	enum error_kind kind = hpa_decode_stored(&a, AUTOSCALER_NATIVE, sv_of(V1), &hpa, err);
	if (kind == ERR_OK) {
		kind = read_yaml(&a, true, V2, &c, &hpa, err);
	}
	if (kind == ERR_OK)
		kind = hpa_decode_admit(&a, &hpa, err);
	if (kind == ERR_OK && read_yaml(&a, true, MISTAKES[0].yaml, &c, &hpa, err) != ERR_INVALID)
		kind = err->kind;
	return kind;
}

START_TEST(memory_may_run_out_anywhere)
{
	fail_each_allocation(some_work);
}
END_TEST

START_TEST(an_arena_too_small_is_a_limit)
{
	for (size_t max = 0; max < 30000; max += 16) {
		struct arena small;
		struct hpa hpa;
		struct error err;
		arena_init(&small, max);
		enum error_kind kind =
			hpa_decode_stored(&small, AUTOSCALER_NATIVE, sv_of(V1), &hpa, &err);
		if (kind == ERR_OK)
			kind = hpa_default(&small, &hpa, &err);
		ck_assert_msg(kind == ERR_OK || kind == ERR_LIMIT || kind == ERR_NOMEM, "%zu: %s",
			max, err.text);
		arena_done(&small);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, an_object_of_v2_is_read_whole);
	tcase_add_test(tcase, the_flat_shape_of_v2beta1_gets_target_types);
	tcase_add_test(tcase, v2beta2_reads_as_v2);
	tcase_add_test(tcase, v1_is_not_defaulted_again_before_validation);
	tcase_add_loop_test(
		tcase, a_mistake_is_told_with_its_place_and_cure, 0, ARRAY_LEN(MISTAKES));
	tcase_add_test(tcase, the_api_is_read_leniently);
	tcase_add_test(tcase, all_mistakes_are_told_up_to_a_bound);
	tcase_add_loop_test(tcase, other_documents_are_refused_in_one_line, 0, ARRAY_LEN(OTHER));
	tcase_add_test(tcase, stored_objects_may_lack_kind_and_version);
	tcase_add_test(tcase, parts_are_read_alone);
	tcase_add_test(tcase, memory_may_run_out_anywhere);
	tcase_add_test(tcase, an_arena_too_small_is_a_limit);
}

int main(void)
{
	return run_case("hpa_decode", add);
}
