/* The self-metrics of passes. */
#include "controller/pass_metrics.h"
#include "tests/unit/controller/run.h"

#define PREFIX "horizontal_pod_autoscaler_controller_"

/* As Kubernetes 1.36 names them. */
static const char *const FAMILIES[] = {
	"# TYPE " PREFIX "reconciliations_total counter\n",
	"# TYPE " PREFIX "reconciliation_duration_seconds histogram\n",
	"# TYPE " PREFIX "metric_computation_total counter\n",
	"# TYPE " PREFIX "metric_computation_duration_seconds histogram\n",
	"# TYPE " PREFIX "num_horizontal_pod_autoscalers gauge\n",
	"# TYPE " PREFIX "desired_replicas gauge\n",
};

/* Of a pass over two metrics, of which the second failed. */
static const char *const LINES[] = {
	PREFIX "reconciliations_total{action=\"scale_up\",error=\"internal\"} 1\n",
	PREFIX "reconciliation_duration_seconds_bucket{action=\"scale_up\",error=\"internal\",le="
	       "\"0.512\"} 1\n",
	PREFIX "metric_computation_total{action=\"scale_up\",error=\"none\",metric_type=\"Pods\"} "
	       "1\n",
	PREFIX "metric_computation_duration_seconds_bucket{action=\"scale_up\",error=\"none\","
	       "metric_type=\"Pods\",le=\"0.128\"} 0\n",
	PREFIX "metric_computation_duration_seconds_bucket{action=\"scale_up\",error=\"none\","
	       "metric_type=\"Pods\",le=\"0.256\"} 1\n",
	PREFIX "metric_computation_duration_seconds_count{action=\"none\",error=\"internal\","
	       "metric_type=\"External\"} 1\n",
	PREFIX "desired_replicas{namespace=\"shop\",hpa_name=\"web\"} 5\n",
};

START_TEST(six_families_are_those_of_kubernetes)
{
	AUTO(selfmetrics_free) struct selfmetrics *m = selfmetrics_new();
	AUTO(buf_done) struct buf text = { 0 };
	struct hpa_metric metrics[] = { { .type = SV("Pods") }, { .type = SV("External") } };
	const struct hpa hpa = { .meta = { .ns = SV("shop"), .name = SV("web") },
		.spec = { .metrics = metrics, .n_metrics = 2 } };
	struct conclude_labels labels[] = { { CONCLUDE_SCALE_UP, CONCLUDE_NO_ERROR },
		{ CONCLUDE_NONE, CONCLUDE_INTERNAL } };
	const struct conclusion c = { .desired = 5,
		.labels = { CONCLUDE_SCALE_UP, CONCLUDE_INTERNAL },
		.metric_labels = labels,
		.n_metric_labels = 2 };
	struct error err;

	ck_assert_int_eq(pass_metrics_declare(m, &err), ERR_OK);
	pass_metrics_observe(m, &hpa, &c, (struct pass_metrics_time){ 0.3, 0.2 });
	buf_init(&text, 1 << 20);
	selfmetrics_print(m, &text);
	for (size_t i = 0; i < ARRAY_LEN(FAMILIES); i++)
		ck_assert_msg(strstr(buf_text(&text), FAMILIES[i]) != NULL, "%s", FAMILIES[i]);
	for (size_t i = 0; i < ARRAY_LEN(LINES); i++)
		ck_assert_msg(strstr(buf_text(&text), LINES[i]) != NULL, "%s in\n%s", LINES[i],
			buf_text(&text));
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, six_families_are_those_of_kubernetes);
}

int main(void)
{
	return run_case("pass_metrics", add);
}
