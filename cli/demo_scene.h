#pragma once
/* The stage of the demo: sandbox, adapter and controller as processes, the objects of the running example in the sandbox, and what a client sees
 * of them. */
#include <signal.h>
#include <stdint.h>

#include "cli/demo_view.h"
#include "cli/process.h"
#include "common/http_client.h"
#include "common/loop.h"

/* How fast the demo's loop turns: one pass and the windows that belong to it. */
struct demo_pace {
	int64_t sync_ms;	  /* --sync-period of the controller */
	int64_t rate_window_sec;  /* of the adapter's rule */
	int64_t stabilization_ms; /* scale-down window of the controller */
	int64_t scrape_ms;
	int64_t startup_ms; /* until a pod is Ready */
};

struct demo_scene {
	char folder[256];      /* temporary: kubeconfig, rules, logs */
	char bin_folder[4096]; /* where the programs are */
	char kubeconfig[300];
	struct process sandbox, adapter, controller;
	char api_url[64], prometheus_url[64];
	struct loop *loop;
	struct http_client *client;
	struct http_endpoint *api;
	const volatile sig_atomic_t *interrupted;
};

/* The autoscaler that the demo applies, as YAML. */
extern const char demo_scene_hpa[];

/* Starts everything and waits until the metric is served or `patience_ms` is over. UNAVAIL as soon as *interrupted is not 0. */
MUST_USE enum error_kind demo_scene_open(struct demo_scene *s, const struct demo_pace *pace,
	int64_t patience_ms, const volatile sig_atomic_t *interrupted, struct error *err);
/* Ends the processes and removes the folder, unless its logs are wanted. Works on a half-open scene. */
void demo_scene_close(struct demo_scene *s, bool keep_logs);
MUST_USE enum error_kind demo_scene_set_load(struct demo_scene *s, double rps, struct error *err);
MUST_USE enum error_kind demo_scene_set_prometheus(
	struct demo_scene *s, bool down, struct error *err);
/* Reads load, Deployment, autoscaler and its newest event into the view; at_ms is the time of the sample. */
MUST_USE enum error_kind demo_scene_observe(
	struct demo_scene *s, struct demo_view *v, int64_t at_ms, struct error *err);
/* The name of a program that ended by itself, or NULL. */
const char *demo_scene_casualty(struct demo_scene *s);
