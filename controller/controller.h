#pragma once
/* The control loop: watches autoscaler objects and pods, and looks at every object once a sync period. Stage `due` of the pass list. */
#include "common/buf.h"
#include "common/selfmetrics.h"
#include "controller/record.h"
#include "controller/settings.h"
#include "kube/client.h"

/* What the controller does with the cluster's own HorizontalPodAutoscalers. A cluster normally has a controller for them already, so writing is by
 * choice only. */
enum controller_native { CONTROLLER_OBSERVE, CONTROLLER_OWN, CONTROLLER_IGNORE };

struct controller_config {
	struct settings settings;
	int64_t sync_period_ns;
	enum controller_native native;
	struct record_config record;
};

struct controller;

/* client and metrics outlive the controller. */
MUST_USE enum error_kind controller_new(struct kube_client *client,
	const struct controller_config *config, struct selfmetrics *metrics,
	struct controller **ret, struct error *err);
void controller_free(struct controller *c);
DEFINE_AUTO(struct controller *, controller_free)
/* Both watches have delivered their first list. Until then nothing is decided. */
bool controller_is_ready(const struct controller *c);
/* Why it is not ready, in a few words. */
const char *controller_waits_for(const struct controller *c);
