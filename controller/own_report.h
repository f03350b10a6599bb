#pragma once
/* Stage: a decision -> what the status of our own kind says about it:
 * lastDecision and the columns of `kubectl get`. Pure. Everything in it is
 * bounded. */
#include "common/arena.h"
#include "common/error.h"
#include "controller/decide.h"
#include "controller/own_kind.h"

/* Made in the arena. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind own_report(struct arena *a, const struct hpa *hpa,
	const struct proposal *p, const struct own_status **ret, struct error *err);
