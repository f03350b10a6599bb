#pragma once
/* What a pass has to say as events of its object. */
#include "common/arena.h"
#include "common/error.h"

struct decide_event {
	bool warning;
	struct sv reason, message;
};

struct decide_events {
	struct decide_event *at;
	size_t n, size;
};

/* Appends to a list that has room for it. */
void decide_events_add(
	struct decide_events *events, bool warning, struct sv reason, struct sv message);
/* An empty list with room for `size` events in the arena. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind decide_events_make(
	struct arena *a, size_t size, struct decide_events *ret, struct error *err);
