#pragma once
/* Kubernetes Events, sent in the background: never blocks, never fails towards the caller. One request at a time from a bounded queue; where one does not
 * fit, the oldest is dropped and counted. While the server cannot be reached the event at the head is tried again (at most 12 times, 10 s apart), and
 * where it puts events off, after as long as it says; what it refuses is dropped. */
#include <stdint.h>

#include "common/error.h"
#include "kube/client.h"
#include "kube/event_correlator.h"

struct events;

/* component: source.component and reportingComponent, e.g. "horizontal-pod-autoscaler". */
MUST_USE enum error_kind events_new(
	struct kube_client *client, const char *component, struct events **ret, struct error *err);
void events_free(struct events *e); /* what is queued is lost */
DEFINE_AUTO(struct events *, events_free)

/* The time between tries while the server cannot be reached, instead of 10 s; for tests. */
void events_set_retry_ns(struct events *e, int64_t ns);
/* Queues an event about an object, stamped with the present wall time. Texts are copied. An empty namespace is "default". */
void events_record(struct events *e, const struct event *event);
/* No event is begun before that instant: the server has more important things to do. The latest one counts. */
void events_hold(struct events *e, struct mono until);

/* Forgets what is queued. The event that is on its way may have arrived. */
void events_discard(struct events *e);

struct events_stats {
	uint64_t n_recorded; /* handed in */
	uint64_t n_sent;     /* created or counted up */
	uint64_t n_spam;     /* held back by the token buckets */
	uint64_t n_dropped;  /* queue full, no memory, given up */
	uint64_t n_refused;  /* by the server */
	size_t n_queued;     /* not settled yet */
};
struct events_stats events_stats(const struct events *e);

/* The JSON of a core/v1 Event, and of the patch that counts one up, in the order in which client-go writes them. Pure. */
void events_encode(struct buf *out, const char *component, const struct event *event,
	const struct event_plan *plan);
void events_encode_patch(struct buf *out, const struct event *event, const struct event_plan *plan);
