#pragma once
/* metrics.k8s.io: usage of pods and nodes from the resource rules. */
#include "adapter/steps.h"

/* The step "route" of such a request: checks it and starts the questions. */
enum step_next resource_metrics_begin(struct request *r);
