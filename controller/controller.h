#pragma once
/* The control loop as a whole: watches autoscaler objects and pods, and, while it leads, looks at every object once in its period. */
#include "common/buf.h"
#include "common/selfmetrics.h"
#include "controller/prom_share.h"
#include "controller/record.h"
#include "controller/settings.h"
#include "kube/client.h"

/* What the controller does with the cluster's own HorizontalPodAutoscalers. A cluster normally has a controller for them already, so writing is by
 * choice only. */
enum controller_native { CONTROLLER_OBSERVE, CONTROLLER_OWN, CONTROLLER_IGNORE };

struct controller_config {
	struct settings settings;
	int64_t sync_period_ns;
	bool share_metrics;	   /* --metrics-sharing=auto; strict mode never shares */
	int64_t status_refresh_ns; /* how often a status is written that differs in the metrics' values only; not looked at in strict mode */
	enum controller_native native;
	const char *namespace; /* our own; needed for CONTROLLER_OWN; copied */
	int64_t canary_period_ns; /* how long another HPA controller may take to show itself; 0: the default */
	int64_t kind_look_ns; /* how often it is looked whether our kind is there; 0: the default */
	struct record_config record;
	/* Both NULL: no Prometheus server is configured. They outlive the controller. */
	const struct ask_prometheus_servers *prometheus;
	struct prom_share *prom_share;
	const char *work_note_dir; /* where it stands which object is in work; NULL: nowhere */
	int64_t decisions_bytes; /* of the last decisions, all objects together; 0: none are kept */
};

struct controller;
struct autoscalers;
struct decisions;
struct dispatch;

/* client and metrics outlive the controller. It is a standby at first: its watches are warm, it runs no pass and writes nothing. */
MUST_USE enum error_kind controller_new(struct kube_client *client,
	const struct controller_config *config, struct selfmetrics *metrics,
	struct controller **ret, struct error *err);
void controller_free(struct controller *c);
DEFINE_AUTO(struct controller *, controller_free)
/* Passes run from now on, as soon as the watches have delivered. Without leader election: call it at once. */
void controller_lead(struct controller *c);
/* A standby again: running passes are cancelled, what was not sent yet is never sent. */
void controller_step_down(struct controller *c);
/* The lease is another one's: what was to be told of our last decisions would be a write beside the new leader. */
void controller_discard_events(struct controller *c);
bool controller_is_leading(const struct controller *c);
/* Under a lease: how long it is held for certain, asked with a fresh clock before every write. NULL: no lease is needed. */
void controller_use_lease(struct controller *c, int64_t (*left_ns)(void *ctx), void *ctx);
/* Called each time before passes start to run, with all objects known: twice in one term if a watch had to begin anew. NULL: nobody is. */
void controller_before_passes(struct controller *c, void (*fn)(void *ctx), void *ctx);
/* All watches have delivered their first list. Until then nothing is decided. */
bool controller_is_ready(const struct controller *c);
/* Why it is not ready, in a few words. */
const char *controller_waits_for(const struct controller *c);
/* For what is stored about objects beyond a restart, and what holds them back. */
struct autoscalers *controller_autoscalers(struct controller *c);
struct dispatch *controller_dispatch(struct controller *c);
/* The last decisions; NULL: none are kept. */
struct decisions *controller_decisions(struct controller *c);
