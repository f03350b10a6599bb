#pragma once
/* The self-metrics of passes: kube-controller-manager's six families under its own names (spec/hpa.md section 12), and ours. */
#include "common/selfmetrics.h"
#include "controller/conclude.h"
#include "controller/hpa.h"

MUST_USE enum error_kind pass_metrics_declare(struct selfmetrics *m, struct error *err);
/* How long a pass took, and of that the answers to its questions: these go out together, so that it is as long for each metric. */
struct pass_metrics_time {
	double pass_sec, metrics_sec;
};

/* Counts one pass, and its metrics. */
void pass_metrics_observe(struct selfmetrics *m, const struct hpa *hpa, const struct conclusion *c,
	struct pass_metrics_time time);
/* A pass that came to no conclusion (memory, discovery). */
void pass_metrics_observe_failure(struct selfmetrics *m, double seconds);
/* How late a pass started, and how many objects there are. */
void pass_metrics_observe_lateness(struct selfmetrics *m, double seconds);
void pass_metrics_set_objects(struct selfmetrics *m, size_t n);
/* Ours against the cluster's own controller: replicas more than theirs. compared false: there is nothing to compare with now. */
void pass_metrics_set_divergence(
	struct selfmetrics *m, const struct hpa *hpa, bool compared, int64_t replicas);
void pass_metrics_forget(struct selfmetrics *m, const char *ns, const char *name);
