#pragma once
/* Which event goes out, and how: a pure machine with bounded memory (client-go's rules, spec/hpa.md 4.6). Identical events are counted up
 * (PATCH) instead of created; from the tenth distinct message of one reason within 600 s on they are merged into one event; each object
 * and type has 25 events, refilled one per 300 s. */
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
	int32_t count; /* 1 for CREATE */
	struct wall first, last;
	bool combined;	 /* message gets the prefix EVENT_COMBINED_PREFIX */
	int64_t name_ns; /* CREATE: the hex part of the name */
	struct sv name;	 /* PATCH: of the event to patch; borrowed until the next call */
	void *entry;	 /* for event_correlator_settle; valid until the next plan */
};

#define EVENT_COMBINED_PREFIX "(combined from similar events): "

struct event_correlator;
/* max_entries: of each of its three caches; 0: 4096 as the reference. The oldest used entry makes room. */
MUST_USE enum error_kind event_correlator_new(const char *component, size_t max_entries,
	struct event_correlator **ret, struct error *err);
void event_correlator_free(struct event_correlator *c);
DEFINE_AUTO(struct event_correlator *, event_correlator_free)
/* at: when it happened; now: when it is about to be sent. errors: NOMEM (then drop it). */
MUST_USE enum error_kind event_correlator_plan(struct event_correlator *c, const struct event *e,
	struct wall at, struct wall now, struct event_plan *ret, struct error *err);
/* What the server made of the last plan: the name under which the event now exists, and its count. */
MUST_USE enum error_kind event_correlator_settle(struct event_correlator *c,
	const struct event_plan *plan, struct sv name, int32_t count, struct error *err);
