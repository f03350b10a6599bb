#pragma once
/* What passes have learnt of an overloaded API server. The order under pressure: the lease and scales are written, statuses wait, and events longest. */
#include <stdbool.h>
#include <stdint.h>

#include "common/instant.h"
#include "controller/status_turns.h"
#include "kube/client.h"
#include "kube/events.h"

struct pressure {
	struct mono until; /* statuses wait; ns 0: they never did */
	uint64_t
		n_deferred; /* status writes left to a later pass, for this reason or for the refresh interval */
	struct events *events;	    /* held back with them; NULL: none */
	struct status_turns values; /* of statuses in which only values differ */
};

/* Whether the server puts a write off, instead of refusing it. */
bool pressure_is_put_off(const struct client_answer *answer);
/* A scale or a status was put off for that long; 0: the server did not say. */
void pressure_note(struct pressure *p, int64_t wait_ns, struct mono now);
bool pressure_lasts(const struct pressure *p, struct mono now);
