#pragma once
/* The lines of one metric: its pods and how they counted, sum, ratio, proposal. Pure. */
#include "cli/explain.h"

void explain_metric_print(struct buf *out, const struct source_view *view, size_t metric,
	const struct explain_style *style);
