#pragma once
/* What is served beside the metrics APIs: discovery, health, version, our own metrics, OpenAPI. */
#include "adapter/steps.h"

/* The reply for a path that is no metric. */
void ops_document(struct request *r);
