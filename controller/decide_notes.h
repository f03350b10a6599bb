#pragma once
/* What a decision says beyond Kubernetes: the conditions DecreaseBlocked,
 * FallbackActive and Overridden, which are there while they hold, and an event
 * when one begins. Pure. */
#include "common/arena.h"
#include "common/error.h"

struct decide_input;
struct proposal;

/* Events that decide_notes may add. */
#define DECIDE_NOTES_EVENTS 3

/* The proposal is complete but for these; its events have the room. errors:
 * NOMEM, LIMIT. */
MUST_USE enum error_kind decide_notes(
	struct arena *a, const struct decide_input *in, struct proposal *p, struct error *err);
