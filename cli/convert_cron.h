#pragma once
/* KEDA's cron trigger as a PromQL expression without selectors: the count inside the window, 0 outside of it. Pure. */
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

struct convert_cron {
	struct sv timezone, start, end; /* five fields each */
	struct sv replicas;		/* as written */
};

/* What can be said: one minute of the hour and one hour each, every day or the same days of the week, in UTC. errors: INVALID, why it cannot be
 * said in PromQL; nothing was written then. */
MUST_USE enum error_kind convert_cron_query(
	const struct convert_cron *cron, struct buf *out, struct error *err);
