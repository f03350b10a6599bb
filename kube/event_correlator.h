#pragma once
/* Which event goes out, and how: a pure machine with bounded memory (client-go's rules, spec/hpa.md 4.6). Identical events are counted up
 * (PATCH) instead of created; from the tenth distinct message of one reason on, none more than 600 s after the last, they are merged
 * into one event; each object and type has 25 events, refilled one per 300 s. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"

/* What happened to whom. */
struct event {
	struct sv api_version, kind, namespace, name, uid, resource_version; /* the object */
	struct sv type; /* "Normal", "Warning" */
	struct sv reason;
	struct sv message;
};

enum event_action { EVENT_CREATE, EVENT_PATCH, EVENT_DROP };

struct event_plan {
	enum event_action action;
	struct sv
		name; /* of the Event object: "{object}.{unix nanoseconds in hex}"; borrowed until the next plan */
	int32_t count;
	struct wall first, last;
	bool combined; /* the message goes out behind EVENT_COMBINED_PREFIX, without a reporting component */
};

#define EVENT_COMBINED_PREFIX "(combined from similar events): "

struct event_correlator;
/* max_entries: of each of its three caches; 0: 4096 as the reference. The one that was used longest ago makes room. */
MUST_USE enum error_kind event_correlator_new(
	size_t max_entries, struct event_correlator **ret, struct error *err);
void event_correlator_free(struct event_correlator *c);
DEFINE_AUTO(struct event_correlator *, event_correlator_free)
/* at: when it happened; now: when it is about to be sent. The event counts as sent whatever becomes of it, as in the reference.
 * errors: NOMEM (then drop it). */
MUST_USE enum error_kind event_correlator_plan(struct event_correlator *c, const struct event *e,
	struct wall at, struct wall now, struct event_plan *ret, struct error *err);
