#pragma once
/* The lines of one metric: its pods and how they counted, sum, ratio, proposal. Pure. */
#include "cli/explain.h"

void explain_metric_print(struct buf *out, const struct source_view *view, size_t metric,
	const struct explain_style *style);
/* The pods of one reason as a list: "web-1 9, web-2 8.5", or the lowest and highest of many. */
void explain_metric_pods(struct buf *out, const struct hpa_metric *m,
	const struct pods_groups *groups, enum pods_reason reason);
size_t explain_metric_count(const struct pods_groups *groups, enum pods_reason reason);
