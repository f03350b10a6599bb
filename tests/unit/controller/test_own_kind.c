/* Our own kind as the API server stores it: read, defaulted, written back. */
#include <check.h>

#include "controller/hpa_decode.h"
#include "controller/hpa_encode.h"
#include "controller/hpa_status.h"
#include "controller/own_kind.h"
#include "tests/unit/controller/run.h"

static struct arena arena;

static void setup(void)
{
	arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
	arena_done(&arena);
}

#define HEAD                                                                                       \
	"{\"kind\":\"HorizontalAutoscaler\",\"apiVersion\":\"flyball.dev/v1alpha1\","              \
	"\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"resourceVersion\":\"7\"},"
#define SPEC                                                                                       \
	"{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"web\",\"apiVersion\":\"apps/"     \
	"v1\"},"                                                                                   \
	"\"minReplicas\":0,\"maxReplicas\":9,\"metrics\":["                                        \
	"{\"type\":\"Prometheus\",\"prometheus\":{\"name\":\"queue\",\"query\":\"sum(q)\","        \
	"\"server\":\"main\",\"podLabel\":\"pod\",\"aliveQuery\":\"up\","                          \
	"\"activationValue\":\"3\",\"noData\":\"Zero\","                                           \
	"\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"10\"}},"                         \
	"\"fallback\":{\"failureDurationSeconds\":60,\"replicas\":4}}],"                           \
	"\"mode\":\"Recommend\",\"override\":{\"minReplicas\":2,\"maxReplicas\":3,"                \
	"\"until\":\"2026-11-21T12:00:00Z\",\"reason\":\"INC-1\"},"                                \
	"\"syncPeriodSeconds\":30}"
#define STATUS                                                                                     \
	"{\"currentReplicas\":2,\"desiredReplicas\":3,"                                            \
	"\"currentMetrics\":[{\"type\":\"Prometheus\",\"prometheus\":{\"name\":\"queue\","         \
	"\"current\":{\"averageValue\":\"12\"}}}],"                                                \
	"\"lastDecision\":{\"rawDesiredReplicas\":5,\"finalDesiredReplicas\":3,"                   \
	"\"selectedMetric\":\"queue\",\"constraintsApplied\":[\"Override\"],"                      \
	"\"nextChangeTime\":\"2026-11-21T12:00:00Z\"},"                                            \
	"\"summary\":{\"reference\":\"Deployment/web\",\"targets\":\"queue 12/10\","               \
	"\"wants\":5,\"limitedBy\":\"Override\",\"mode\":\"Override\"}}"
#define FULL HEAD "\"spec\":" SPEC ",\"status\":" STATUS "}"

static struct hpa decode(const char *json)
{
	struct hpa hpa;
	struct error err = { 0 };

	ck_assert_msg(hpa_decode_stored(&arena, AUTOSCALER_OWN, sv_of(json), &hpa, &err) == ERR_OK,
		"%s", err.text);
	return hpa;
}

static void check_text(struct buf *out, const char *want)
{
	ck_assert_str_eq(buf_text(out), want);
	buf_done(out);
}

START_TEST(every_field_is_read)
{
	struct hpa hpa = decode(FULL);
	const struct own_spec *own = hpa.spec.own;
	const struct hpa_metric *m = &hpa.spec.metrics[0];

	ck_assert_int_eq(hpa.owner_kind, AUTOSCALER_OWN);
	ck_assert(own && own->mode == OWN_MODE_RECOMMEND && own->sync_period_sec.value == 30);
	ck_assert(own->override->min_replicas.value == 2 && own->override->max_replicas.value == 3);
	ck_assert(own->override->has_until && sv_is(own->override->reason, "INC-1"));
	ck_assert_int_eq(m->kind, HPA_METRIC_PROMETHEUS);
	ck_assert_ptr_eq(m->member[HPA_METRIC_PROMETHEUS], &m->prometheus->source);
	ck_assert(sv_is(m->prometheus->source.metric, "queue"));
	ck_assert(m->prometheus->source.target.average_value.set);
	ck_assert(sv_is(m->prometheus->query, "sum(q)") && sv_is(m->prometheus->server, "main"));
	ck_assert(m->prometheus->activation_value.set && sv_is(m->prometheus->no_data, "Zero"));
	ck_assert(
		m->fallback->failure_duration_sec.value == 60 && m->fallback->replicas.value == 4);
	ck_assert_int_eq(hpa.status.current_metrics[0].kind, HPA_METRIC_PROMETHEUS);
	ck_assert(hpa.status.own->last_decision->raw_desired.value == 5);
	ck_assert(sv_is(hpa.status.own->summary.targets, "queue 12/10"));
}
END_TEST

START_TEST(parts_are_written_as_they_were_read)
{
	struct hpa hpa = decode(FULL);
	struct buf out;
	struct jw w;

	buf_init(&out, 1 << 16);
	jw_init(&w, &out);
	hpa_encode_spec(&w, &hpa.spec);
	check_text(&out, SPEC);
	buf_init(&out, 1 << 16);
	jw_init(&w, &out);
	hpa_encode_status(&w, &hpa.status);
	check_text(&out, STATUS);
}
END_TEST

START_TEST(a_status_update_has_no_spec)
{
	struct hpa hpa = decode(FULL);
	struct buf out;

	buf_init(&out, 1 << 16);
	hpa_encode_with_status(&out, &hpa, &hpa.status);
	check_text(&out, HEAD "\"status\":" STATUS "}");
}
END_TEST

START_TEST(items_of_lists_carry_no_kind)
{
	struct hpa hpa = decode("{\"metadata\":{\"name\":\"web\"},\"spec\":" SPEC "}");

	ck_assert(hpa.owner_kind == AUTOSCALER_OWN && hpa.spec.own);
	ck_assert_int_eq(hpa.spec.metrics[0].kind, HPA_METRIC_PROMETHEUS);
}
END_TEST

START_TEST(what_is_missing_is_defaulted)
{
	struct hpa hpa = decode(HEAD "\"spec\":{\"maxReplicas\":3,\"behavior\":{}}}");

	ck_assert(hpa.spec.min_replicas.set && hpa.spec.min_replicas.value == 1);
	ck_assert(hpa.spec.n_metrics == 1 && hpa.spec.metrics[0].kind == HPA_METRIC_RESOURCE);
	ck_assert(hpa.spec.behavior->scale_up->n_policies == 2);
	ck_assert(hpa.spec.own->mode == OWN_MODE_ACTIVE && !hpa.spec.own->override);
	ck_assert(hpa.status.own && !hpa.status.own->last_decision);
}
END_TEST

START_TEST(a_native_object_has_none_of_it)
{
	struct hpa hpa;
	struct error err;

	ck_assert_int_eq(
		hpa_decode_stored(&arena, AUTOSCALER_NATIVE,
			SV("{\"spec\":{\"maxReplicas\":3,\"mode\":\"Recommend\",\"metrics\":[{"
			   "\"type\":\"Prometheus\",\"prometheus\":{\"name\":\"q\"},"
			   "\"fallback\":{\"replicas\":3}}]}}"),
			&hpa, &err),
		ERR_OK);
	ck_assert(hpa.owner_kind == AUTOSCALER_NATIVE && !hpa.spec.own && !hpa.status.own);
	ck_assert_int_eq(hpa.spec.metrics[0].kind, HPA_METRIC_UNKNOWN);
	ck_assert(!hpa.spec.metrics[0].prometheus && !hpa.spec.metrics[0].fallback);
}
END_TEST

static const struct mode_row {
	const char *name, *mode;
	enum own_mode want;
} MODES[] = {
	{ "Active acts", "Active", OWN_MODE_ACTIVE },
	{ "Recommend only reports", "Recommend", OWN_MODE_RECOMMEND },
	{ "an empty mode is the default", "", OWN_MODE_ACTIVE },
	{ "a mode that the schema refuses must not act", "Paused", OWN_MODE_UNKNOWN },
	{ "modes have one spelling", "active", OWN_MODE_UNKNOWN },
};

START_TEST(modes_are_recognised)
{
	const struct mode_row *row = &MODES[_i];
	const char *json = arena_printf(
		&arena, HEAD "\"spec\":{\"maxReplicas\":3,\"mode\":\"%s\"}}", row->mode);

	ck_assert_msg(decode(json).spec.own->mode == row->want, "%s", row->name);
}
END_TEST

START_TEST(a_change_of_our_own_members_is_a_change)
{
	struct hpa a = decode(FULL), b = decode(FULL);
	struct own_status changed = *a.status.own;
	struct own_decision decision = *a.status.own->last_decision;

	ck_assert(hpa_status_eq(&a.status, &b.status));
	b.status.own = &changed;
	changed.summary.targets = SV("queue 13/10");
	ck_assert(!hpa_status_eq(&a.status, &b.status));
	changed = *a.status.own;
	changed.last_decision = &decision;
	ck_assert(hpa_status_eq(&a.status, &b.status));
	decision.next_change.sec++;
	ck_assert(!hpa_status_eq(&a.status, &b.status));
	changed.last_decision = NULL;
	ck_assert(!hpa_status_eq(&a.status, &b.status));
	b.status.own = NULL;
	ck_assert(!hpa_status_eq(&a.status, &b.status));
}
END_TEST

static const struct bad_row {
	const char *name, *json, *want;
} BAD[] = {
	{ "a version of ours that does not exist",
		"{\"kind\":\"HorizontalAutoscaler\",\"apiVersion\":\"flyball.dev/v2\"}",
		"apiVersion: expected flyball.dev/v1alpha1, got \"flyball.dev/v2\"" },
	{ "our group with Kubernetes' kind",
		"{\"kind\":\"HorizontalPodAutoscaler\",\"apiVersion\":\"flyball.dev/v1alpha1\"}",
		"apiVersion: expected autoscaling/v2, v2beta2, v2beta1 or v1, got "
		"\"flyball.dev/v1alpha1\"" },
	{ "an until that is no time", HEAD "\"spec\":{\"override\":{\"until\":\"soon\"}}}",
		"spec.override.until" },
};

START_TEST(mistakes_are_named)
{
	struct error err;
	struct hpa hpa;

	ck_assert_int_eq(hpa_decode_stored(&arena, AUTOSCALER_OWN, sv_of(BAD[_i].json), &hpa, &err),
		ERR_INVALID);
	ck_assert_msg(strstr(err.text, BAD[_i].want) != NULL, "%s: %s", BAD[_i].name, err.text);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_field_is_read);
	tcase_add_test(t, parts_are_written_as_they_were_read);
	tcase_add_test(t, a_status_update_has_no_spec);
	tcase_add_test(t, items_of_lists_carry_no_kind);
	tcase_add_test(t, what_is_missing_is_defaulted);
	tcase_add_test(t, a_native_object_has_none_of_it);
	tcase_add_test(t, a_change_of_our_own_members_is_a_change);
	tcase_add_loop_test(t, modes_are_recognised, 0, ARRAY_LEN(MODES));
	tcase_add_loop_test(t, mistakes_are_named, 0, ARRAY_LEN(BAD));
}

int main(void)
{
	return run_case("own_kind", add);
}
