#pragma once
/* Stage: a decision -> what the status of our own kind says about it:
 * lastDecision and the columns of `kubectl get`. Pure. Everything in it is
 * bounded. */
#include "common/arena.h"
#include "common/error.h"
#include "controller/decide.h"
#include "controller/own_kind.h"

/* When the same metrics would give another count: a window, a policy, a fallback's wait or an
 * override ends. Whole seconds, rounded up. Looks at the history, so it is asked before that is
 * brought up to date. */
struct decide_next own_report_find_next(const struct proposal *p);

/* Made in the arena. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind own_report(struct arena *a, const struct hpa *hpa,
	const struct proposal *p, const struct own_status **ret, struct error *err);
