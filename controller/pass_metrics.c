/* Names and buckets are interface: dashboards made for kube-controller-manager go on working. */
#include "controller/pass_metrics.h"

#include <stdio.h>

#define PREFIX "horizontal_pod_autoscaler_controller_"
#define DIVERGENCE "flyball_controller_divergence_replicas"
#define COMPARED "flyball_controller_compared_passes_total"

/* 0.001 * 2^k, k = 0..14. */
#define N_BUCKETS 15

static const char *const PASS_LABELS[] = { "action", "error", NULL };
static const char *const METRIC_LABELS[] = { "action", "error", "metric_type", NULL };
static const char *const COMPARED_LABELS[] = { "decision", NULL };
static const char *const OBJECT_LABELS[] = { "namespace", "hpa_name", NULL };

enum error_kind pass_metrics_declare(struct selfmetrics *m, struct error *err)
{
	double buckets[N_BUCKETS];

	for (int k = 0; k < N_BUCKETS; k++)
		buckets[k] = 0.001 * (double)(1 << k);
	const struct {
		enum selfmetrics_kind kind;
		const char *name, *help;
		const char *const *labels;
	} families[] = {
		{ SELFMETRICS_COUNTER, PREFIX "reconciliations_total",
			"Passes over autoscaler objects.", PASS_LABELS },
		{ SELFMETRICS_HISTOGRAM, PREFIX "reconciliation_duration_seconds",
			"Duration of a pass.", PASS_LABELS },
		{ SELFMETRICS_COUNTER, PREFIX "metric_computation_total",
			"Metrics that were computed.", METRIC_LABELS },
		{ SELFMETRICS_HISTOGRAM, PREFIX "metric_computation_duration_seconds",
			"Duration of the computation of a metric: from the questions of its pass "
			"to "
			"the last answer.",
			METRIC_LABELS },
		{ SELFMETRICS_GAUGE, PREFIX "num_horizontal_pod_autoscalers", "Autoscaler objects.",
			NULL },
		{ SELFMETRICS_GAUGE, PREFIX "desired_replicas",
			"Replica count that the last pass wanted.", OBJECT_LABELS },
		{ SELFMETRICS_GAUGE, DIVERGENCE,
			"Observing: replicas that we want more than the cluster's controller does.",
			OBJECT_LABELS },
		{ SELFMETRICS_COUNTER, COMPARED,
			"Observing: passes whose decision was compared with that of the cluster's "
			"controller.",
			COMPARED_LABELS },
		{ SELFMETRICS_HISTOGRAM, "flyball_controller_lateness_seconds",
			"How late a pass started.", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		bool histogram = families[i].kind == SELFMETRICS_HISTOGRAM;
		if (selfmetrics_declare(m, families[i].kind, families[i].name, families[i].help,
			    families[i].labels, histogram ? buckets : NULL,
			    histogram ? N_BUCKETS : 0, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static void count_pass(struct selfmetrics *m, const char *action, const char *error, double seconds)
{
	const char *const values[] = { action, error, NULL };

	selfmetrics_add(m, PREFIX "reconciliations_total", values, 1);
	selfmetrics_observe(m, PREFIX "reconciliation_duration_seconds", values, seconds);
}

/* Label values of one object. */
struct object_labels {
	char ns[256], name[256];
	const char *values[3];
};

static void name_object(struct object_labels *l, const struct hpa *hpa)
{
	(void)snprintf(l->ns, sizeof(l->ns), "%.*s", SV_ARG(hpa->meta.ns));
	(void)snprintf(l->name, sizeof(l->name), "%.*s", SV_ARG(hpa->meta.name));
	l->values[0] = l->ns;
	l->values[1] = l->name;
	l->values[2] = NULL;
}

static void set_desired(struct selfmetrics *m, const struct hpa *hpa, int32_t desired)
{
	struct object_labels labels;

	name_object(&labels, hpa);
	selfmetrics_set(m, PREFIX "desired_replicas", labels.values, (double)desired);
}

void pass_metrics_set_divergence(
	struct selfmetrics *m, const struct hpa *hpa, bool compared, int64_t replicas)
{
	const char *const verdict[] = { replicas == 0 ? "same" : "other", NULL };
	struct object_labels labels;

	name_object(&labels, hpa);
	if (!compared) {
		selfmetrics_remove(m, DIVERGENCE, labels.values);
		return;
	}
	selfmetrics_set(m, DIVERGENCE, labels.values, (double)replicas);
	selfmetrics_add(m, COMPARED, verdict, 1);
}

void pass_metrics_observe(struct selfmetrics *m, const struct hpa *hpa, const struct conclusion *c,
	struct pass_metrics_time time)
{
	count_pass(m, conclude_action_name(c->labels.action), conclude_error_name(c->labels.error),
		time.pass_sec);
	for (size_t i = 0; i < c->n_metric_labels && i < hpa->spec.n_metrics; i++) {
		char type[64];
		const char *const values[] = { conclude_action_name(c->metric_labels[i].action),
			conclude_error_name(c->metric_labels[i].error), type, NULL };
		(void)snprintf(type, sizeof(type), "%.*s", SV_ARG(hpa->spec.metrics[i].type));
		selfmetrics_add(m, PREFIX "metric_computation_total", values, 1);
		selfmetrics_observe(
			m, PREFIX "metric_computation_duration_seconds", values, time.metrics_sec);
	}
	if (!c->failed)
		set_desired(m, hpa, c->desired);
}

void pass_metrics_observe_failure(struct selfmetrics *m, double seconds)
{
	count_pass(m, conclude_action_name(CONCLUDE_NONE), conclude_error_name(CONCLUDE_INTERNAL),
		seconds);
}

void pass_metrics_observe_lateness(struct selfmetrics *m, double seconds)
{
	selfmetrics_observe(m, "flyball_controller_lateness_seconds", NULL, seconds);
}

void pass_metrics_set_objects(struct selfmetrics *m, size_t n)
{
	selfmetrics_set(m, PREFIX "num_horizontal_pod_autoscalers", NULL, (double)n);
}

void pass_metrics_forget(struct selfmetrics *m, const char *ns, const char *name)
{
	const char *const values[] = { ns, name, NULL };
	selfmetrics_remove(m, PREFIX "desired_replicas", values);
	selfmetrics_remove(m, DIVERGENCE, values);
}
