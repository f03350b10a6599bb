#pragma once
/* The self-metrics of the machinery around the passes: what waits, what runs, what was not asked for. Beside pass_metrics.h, which counts passes. */
#include "common/selfmetrics.h"
#include "controller/drive.h"
#include "controller/schedule.h"

/* Where the numbers stand now; all but the depth only grow. */
struct live_metrics_facts {
	struct schedule_depth depth;
	struct scale_cache_stats scales;
	struct metric_share_stats share;
	uint64_t n_deferred; /* status writes left to a later pass */
	struct events_stats events;
	size_t n_pods;
	size_t decisions_bytes; /* of the last decisions */
};

MUST_USE enum error_kind live_metrics_declare(struct selfmetrics *m, struct error *err);
void live_metrics_set(struct selfmetrics *m, const struct live_metrics_facts *facts);
/* One failure that a pass told of, under its reason (FailedGetScale ...). */
void live_metrics_count_failure(struct selfmetrics *m, struct sv reason);
