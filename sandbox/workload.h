#pragma once
/* The simulated part of the cluster: Deployments get a ReplicaSet and pods, pods become Running and, after a start-up delay, Ready; the load is
 * spread over the Ready pods of one application, whose request counters are scraped into the series. Stands for the deployment controller, the
 * kubelet, the application and the scrape. */
#include "sandbox/load.h"
#include "sandbox/store.h"
#include "sandbox/time_series.h"

struct workload_config {
	int64_t startup_delay_ns; /* from creation of a pod to Ready */
	const char *app; /* Deployment that gets the load; its metrics are named after it */
	const char *ns;
};

struct workload;

MUST_USE enum error_kind workload_new(struct store *store, struct time_series_store *series,
	const struct workload_config *config, struct workload **ret, struct error *err);
void workload_free(struct workload *w);
DEFINE_AUTO(struct workload *, workload_free)

/* One step of the simulation: brings pods and statuses towards the Deployments, counts the requests of the time since the last step and
 * takes a scrape. `rps` is the load now. Failures (memory) leave the step undone; the next one tries again. */
MUST_USE enum error_kind workload_step(
	struct workload *w, struct wall now, double rps, struct error *err);
