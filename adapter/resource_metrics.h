#pragma once
/* metrics.k8s.io: usage of pods and nodes from the resource rules. */
#include "adapter/steps.h"

/* The end of the step "route" of such a request, whose selectors are read: starts the questions. */
enum step_next resource_metrics_begin(struct request *r);
/* Ends the questions under way. Fine for requests of other kinds. */
void resource_metrics_cancel(struct request *r);
