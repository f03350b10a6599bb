/* Writing autoscalers: member order, what travels in annotations, what comes back. */
#include "controller/hpa_decode.h"
#include "controller/hpa_default.h"
#include "controller/hpa_encode.h"
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

static struct hpa decode(const char *json)
{
	struct hpa hpa;
	struct error err;
	ck_assert_msg(
		hpa_decode_stored(&arena, AUTOSCALER_NATIVE, sv_of(json), &hpa, &err) == ERR_OK,
		"%s", err.text);
	return hpa;
}

static struct sv encode(const struct hpa *hpa, enum hpa_version version)
{
	struct buf out;
	struct jw w;
	struct error err;

	buf_init(&out, 1 << 20);
	jw_init(&w, &out);
	ck_assert_msg(hpa_encode(&w, &arena, hpa, version, &err) == ERR_OK, "%s", err.text);
	struct sv text = arena_sv(&arena, buf_sv(&out));
	buf_done(&out);
	return text;
}

#define META                                                                                       \
	"\"metadata\":{\"name\":\"web\",\"generateName\":\"we\",\"namespace\":\"shop\",\"uid\":"   \
	"\"u\","                                                                                   \
	"\"resourceVersion\":\"7\",\"generation\":2,\"labels\":{\"a\":\"1\"},\"annotations\":{"    \
	"\"x\":\"<y>\"},"                                                                          \
	"\"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"finalizers\":[\"a/b\"]}"
#define REF                                                                                        \
	"\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"web\",\"apiVersion\":\"apps/v1\"}"

/* All that an object of v2 can hold, as the API server writes it. `<` is written as Go's encoder does. */
static const char FULL[] =
	"{\"kind\":\"HorizontalPodAutoscaler\",\"apiVersion\":\"autoscaling/v2\"," META
	",\"spec\":{" REF ",\"minReplicas\":2,\"maxReplicas\":9,\"metrics\":["
	"{\"type\":\"Object\",\"object\":{\"describedObject\":{\"kind\":\"Service\",\"name\":\"s\"}"
	","
	"\"target\":{\"type\":\"Value\",\"value\":\"10\"},\"metric\":{\"name\":\"m\",\"selector\":{"
	"\"matchLabels\":{\"k\":\"v\"}}}}},"
	"{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"m\"},\"target\":{\"type\":"
	"\"AverageValue\",\"averageValue\":\"2\"}}},"
	"{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":"
	"\"Utilization\",\"averageUtilization\":70}}},"
	"{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"cpu\",\"target\":{"
	"\"type\":\"Utilization\","
	"\"averageUtilization\":70},\"container\":\"app\"}},"
	"{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"q\"},\"target\":{\"type\":"
	"\"AverageValue\",\"averageValue\":\"5\"}}}],"
	"\"behavior\":{\"scaleUp\":{\"stabilizationWindowSeconds\":0,\"selectPolicy\":\"Max\","
	"\"policies\":[{\"type\":\"Pods\","
	"\"value\":4,\"periodSeconds\":15}],\"tolerance\":\"10m\"},\"scaleDown\":{\"selectPolicy\":"
	"\"Min\"}}},"
	"\"status\":{\"observedGeneration\":2,\"lastScaleTime\":\"2026-01-02T03:04:05Z\","
	"\"currentReplicas\":3,\"desiredReplicas\":4,"
	"\"currentMetrics\":[{\"type\":\"Object\",\"object\":{\"metric\":{\"name\":\"m\"},"
	"\"current\":{\"value\":\"5\"},"
	"\"describedObject\":{\"kind\":\"Service\",\"name\":\"s\"}}},"
	"{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"m\"},\"current\":{\"averageValue\":"
	"\"3\"}}},"
	"{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"current\":{\"averageValue\":\"3\","
	"\"averageUtilization\":44}}},"
	"{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"cpu\",\"current\":{},"
	"\"container\":\"app\"}},"
	"{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"q\"},\"current\":{"
	"\"averageValue\":\"1\"}}},{\"type\":\"\"}],"
	"\"conditions\":[{\"type\":\"AbleToScale\",\"status\":\"True\",\"lastTransitionTime\":null,"
	"\"reason\":\"R\",\"message\":\"M\","
	"\"observedGeneration\":2},{\"type\":\"X\",\"status\":\"\",\"lastTransitionTime\":\"2026-"
	"01-02T03:04:05Z\"}]}}";

START_TEST(v2_comes_back_byte_for_byte)
{
	struct hpa hpa = decode(FULL);
	struct sv text = encode(&hpa, HPA_V2);
	struct buf expected;

	/* Only what Go escapes differs from the literal above. */
	buf_init(&expected, 1 << 20);
	struct sv full = sv_of(FULL);
	size_t at = sv_find(full, '<');
	buf_put_sv(&expected, sv_take(full, at));
	buf_put_str(&expected, "\\u003cy\\u003e");
	buf_put_sv(&expected, sv_skip(full, at + 3));
	ck_assert_str_eq(text.ptr, buf_text(&expected));
	buf_done(&expected);
}
END_TEST

START_TEST(a_status_update_carries_another_status)
{
	struct hpa hpa = decode(FULL);
	struct hpa_status status = { .desired_replicas = 1 };
	struct buf out;

	buf_init(&out, 1 << 20);
	hpa_encode_with_status(&out, &hpa, &status);
	ck_assert(sv_has_suffix(
		buf_sv(&out), SV("\"status\":{\"desiredReplicas\":1,\"currentMetrics\":null}}")));
	ck_assert(sv_find_sv(buf_sv(&out), SV("\"finalizers\":[\"a/b\"]")) < out.len);
	buf_done(&out);
}
END_TEST

START_TEST(the_parts_are_written_alone)
{
	struct hpa hpa = decode("{\"metadata\":{},\"spec\":{\"maxReplicas\":3}}");
	struct buf out;
	struct jw w;

	buf_init(&out, 4000);
	jw_init(&w, &out);
	hpa_encode_spec(&w, &hpa.spec);
	ck_assert_str_eq(buf_text(&out),
		"{\"scaleTargetRef\":{\"kind\":\"\",\"name\":\"\"},\"maxReplicas\":3}");
	buf_clear(&out);
	jw_init(&w, &out);
	hpa_encode_status(&w, &hpa.status);
	ck_assert_str_eq(buf_text(&out), "{\"desiredReplicas\":0,\"currentMetrics\":null}");
	buf_done(&out);
}
END_TEST

static bool holds(struct sv text, const char *part)
{
	return sv_find_sv(text, sv_of(part)) < text.len;
}

START_TEST(v1_keeps_the_rest_in_annotations)
{
	struct hpa hpa = decode(FULL);
	struct sv text = encode(&hpa, HPA_V1);

	ck_assert(holds(text, "\"apiVersion\":\"autoscaling/v1\""));
	ck_assert(holds(text,
		"\"spec\":{" REF
		",\"minReplicas\":2,\"maxReplicas\":9,\"targetCPUUtilizationPercentage\":70}"));
	ck_assert(holds(text, "\"currentCPUUtilizationPercentage\":44}}"));
	ck_assert(holds(text, "{\\\"type\\\":\\\"Object\\\",\\\"object\\\":{\\\"target\\\":{"
			      "\\\"kind\\\":\\\"Service\\\",\\\"name\\\":\\\"s\\\"},"
			      "\\\"metricName\\\":\\\"m\\\",\\\"targetValue\\\":\\\"10\\\","));
	ck_assert(holds(text,
		"\\\"Tolerance\\\":\\\"10m\\\"},\\\"ScaleDown\\\":{"
		"\\\"StabilizationWindowSeconds\\\":null,"
		"\\\"SelectPolicy\\\":\\\"Min\\\",\\\"Policies\\\":null,\\\"Tolerance\\\":null}}"));
	ck_assert(!holds(text, "\\\"targetAverageUtilization\\\":70},"));

	/* And back: the external average value has gained a zero value on its way, as in the reference. */
	struct hpa again = decode(text.ptr);
	ck_assert_uint_eq(again.meta.n_annotations, 1);
	ck_assert_uint_eq(again.spec.n_metrics, 5);
	ck_assert_int_eq(again.spec.metrics[4].kind, HPA_METRIC_RESOURCE);
	ck_assert_uint_eq(again.status.n_current_metrics, 6);
	ck_assert(again.status.current_metrics[4].member[HPA_METRIC_EXTERNAL]->value.set);
	ck_assert_int_eq(again.spec.behavior->scale_up->policies[0].value, 4);
	ck_assert_uint_eq(again.status.n_conditions, 2);
}
END_TEST

START_TEST(the_beta_versions_are_written_too)
{
	struct hpa hpa = decode(FULL);
	struct sv v2beta2 = encode(&hpa, HPA_V2BETA2), v2beta1 = encode(&hpa, HPA_V2BETA1);

	ck_assert(holds(v2beta2, "\"apiVersion\":\"autoscaling/v2beta2\"") &&
		  !holds(v2beta2, "tolerance"));
	ck_assert(holds(v2beta1, "\"apiVersion\":\"autoscaling/v2beta1\""));
	ck_assert(holds(v2beta1, "\"metrics\":[{\"type\":\"Object\",\"object\":{\"target\":{"));
	ck_assert(holds(v2beta1, "autoscaling.alpha.kubernetes.io/behavior\":\""));
	ck_assert(!holds(v2beta1, "\"behavior\":{"));
	struct hpa again = decode(v2beta1.ptr);
	ck_assert_uint_eq(again.spec.n_metrics, 5);
	ck_assert_int_eq(again.spec.behavior->scale_up->policies[0].value, 4);
}
END_TEST

START_TEST(what_a_computed_status_lacks_is_written_as_nil)
{
	struct hpa hpa = decode("{\"metadata\":{\"name\":\"n\"}}");
	struct sv text = encode(&hpa, HPA_V2BETA2);

	ck_assert(holds(text, "\"status\":{\"currentReplicas\":0,\"desiredReplicas\":0,"
			      "\"currentMetrics\":null,\"conditions\":null}}"));
	ck_assert(holds(encode(&hpa, HPA_V1), "\"metadata\":{\"name\":\"n\"},"));
	ck_assert_str_eq(hpa_encode_version_name((enum hpa_version)9), "");
}
END_TEST

START_TEST(defaults_fill_only_what_is_missing)
{
	struct error err;
	struct hpa hpa = decode("{\"spec\":{\"maxReplicas\":3,\"behavior\":{}}}");
	ck_assert_int_eq(hpa_default(&arena, &hpa, &err), ERR_OK);
	struct sv text = encode(&hpa, HPA_V2);
	ck_assert(holds(text, "\"minReplicas\":1,"));
	ck_assert(holds(text, "\"averageUtilization\":80}"));
	ck_assert(holds(text, "\"behavior\":{\"scaleUp\":{\"stabilizationWindowSeconds\":0,"
			      "\"selectPolicy\":\"Max\",\"policies\":[{\"type\":\"Pods\","
			      "\"value\":4,\"periodSeconds\":15},{\"type\":\"Percent\",\"value\":"
			      "100,\"periodSeconds\":15}]},\"scaleDown\":{"
			      "\"selectPolicy\":\"Max\",\"policies\":[{\"type\":\"Percent\","
			      "\"value\":100,\"periodSeconds\":15}]}}"));

	hpa = decode(FULL);
	ck_assert_int_eq(hpa_default(&arena, &hpa, &err), ERR_OK);
	text = encode(&hpa, HPA_V2);
	ck_assert(holds(text, "\"scaleDown\":{\"selectPolicy\":\"Min\",\"policies\":[{\"type\":"
			      "\"Percent\",\"value\":100,"));
	ck_assert(holds(text, "\"policies\":[{\"type\":\"Pods\",\"value\":4,\"periodSeconds\":15}],"
			      "\"tolerance\":\"10m\"}"));
	ck_assert_uint_eq(hpa.spec.n_metrics, 5);

	hpa = decode("{\"spec\":{\"behavior\":{\"scaleUp\":{\"policies\":[]}}}}");
	ck_assert_int_eq(hpa_default(&arena, &hpa, &err), ERR_OK);
	ck_assert(hpa.spec.behavior->scale_up->has_policies &&
		  hpa.spec.behavior->scale_up->n_policies == 0);

	hpa = decode("{\"spec\":{}}");
	ck_assert_int_eq(hpa_default(&arena, &hpa, &err), ERR_OK);
	ck_assert_ptr_null(hpa.spec.behavior);
}
END_TEST

static enum error_kind some_work(struct error *err)
{
	static const enum hpa_version versions[] = { HPA_V2, HPA_V2BETA2, HPA_V2BETA1, HPA_V1 };
	AUTO(arena_done) struct arena a = { 0 };
	struct hpa hpa;

	arena_init(&a, 1 << 22);
	enum error_kind kind = hpa_decode_stored(&a, AUTOSCALER_NATIVE, sv_of(FULL), &hpa, err);
	if (kind == ERR_OK)
		kind = hpa_default(&a, &hpa, err);
	for (size_t i = 0; i < ARRAY_LEN(versions) && kind == ERR_OK; i++) {
		AUTO(buf_done) struct buf out = { 0 };
		struct jw w;
		buf_init(&out, 1 << 20);
		jw_init(&w, &out);
		kind = hpa_encode(&w, &a, &hpa, versions[i], err);
	}
	return kind;
}

START_TEST(memory_may_run_out_anywhere)
{
	fail_each_allocation(some_work);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, v2_comes_back_byte_for_byte);
	tcase_add_test(tcase, a_status_update_carries_another_status);
	tcase_add_test(tcase, the_parts_are_written_alone);
	tcase_add_test(tcase, v1_keeps_the_rest_in_annotations);
	tcase_add_test(tcase, the_beta_versions_are_written_too);
	tcase_add_test(tcase, what_a_computed_status_lacks_is_written_as_nil);
	tcase_add_test(tcase, defaults_fill_only_what_is_missing);
	tcase_add_test(tcase, memory_may_run_out_anywhere);
}

int main(void)
{
	return run_case("hpa_encode", add);
}
