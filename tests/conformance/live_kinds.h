#pragma once
/* What the API server of the recorded cases serves, as its two discovery documents. */
#include "common/buf.h"

/* The answer of /api or /apis, in the aggregated form. `custom`: the version of custom.metrics.k8s.io that is preferred. */
void live_kinds_print(struct buf *out, bool apis, const char *custom);
