#pragma once
/* Leader election on a coordination.k8s.io/v1 Lease, with client-go's fields and timings, so that both can elect on the same Lease.
 * A holder may act only before its deadline (last successful renewal's start + renew deadline, on the boot-time clock, which runs on in a
 * suspended machine): ask lease_is_held with a fresh clock when a write is handed over. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "kube/client.h"

struct lease;

/* Callbacks come from the loop and must not free the lease. */
/* Zero durations are client-go's defaults. */
struct lease_config {
	struct kube_client *client;
	const char *namespace, *name, *identity; /* copied */
	int64_t duration_ns; /* 15 s: others wait that long after the last change they saw; whole seconds */
	int64_t renew_deadline_ns; /* 10 s: how long a holder goes on without a renewal; below duration */
	int64_t retry_period_ns; /* 2 s: between tries; half of it to all of it while waiting for the lease */
	/* We lead. */
	void (*on_started)(void *ctx);
	/* We no longer do: lost, too late, released (why is NULL after lease_release). It goes on as a candidate. */
	void (*on_stopped)(const struct error *why, void *ctx);
	/* The holder is another one than before, perhaps us. May be NULL. */
	void (*on_leader)(struct sv identity, void *ctx);
	/* One failed try, for the log. May be NULL. */
	void (*on_error)(const struct error *err, void *ctx);
	void *ctx;
};

/* errors: INVALID (durations that contradict each other, empty names), NOMEM. */
MUST_USE enum error_kind lease_new(
	const struct lease_config *config, struct lease **ret, struct error *err);
/* Stops without releasing and without callbacks. */
void lease_free(struct lease *l);
DEFINE_AUTO(struct lease *, lease_free)
/* True while we lead and the deadline has not passed. `now` must be read for this call: the loop's time may be minutes old
 * after a stop of the process. */
bool lease_is_held(const struct lease *l, struct mono now);
/* Nanoseconds left until the deadline; 0: not held. Bounds the timeout of a write. */
int64_t lease_left_ns(const struct lease *l, struct mono now);
/* The holder that was seen last; empty: none. Borrowed until the loop's next round. */
struct sv lease_leader(const struct lease *l);
/* Gives the lease back if we hold it, so that others need not wait (client-go's ReleaseOnCancel): on_stopped(NULL) at once, then `done` when the server
 * has answered or 3 s have passed. The lease does nothing more afterwards. */
void lease_release(struct lease *l, void (*done)(void *ctx), void *ctx);
