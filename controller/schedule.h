#pragma once
/* Stage `due`: which object's pass runs next. Each object has a period of its own and a place in it; objects of one spread group share the place, so that
 * they are decided together. Of what is due, namespaces take turns, so that one tenant's thousands of objects do not make the others late. Knows no
 * loop and no objects: the caller embeds an item in each of its own, brings the time along, and runs what schedule_next hands out. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "common/sv.h"

/* Passes at a time: enough to hide the API server's latency, few enough not to flood it. */
#define SCHEDULE_MAX_PASSES 32
/* A pass that runs for longer waits for somebody who is slow. It no longer counts among those, or a hanging metrics API would hold up everybody. */
#define SCHEDULE_SLOW_NS NS_PER_SEC
/* So many may wait like that (each holds its arena), at most half of them of one namespace. */
#define SCHEDULE_MAX_SLOW 1024

/* A leader that takes over has been waited for: so many objects do not wait for their place as well, but follow each other at this distance. */
#define SCHEDULE_START_ITEMS 500u
#define SCHEDULE_START_NS (2 * NS_PER_MS)

struct schedule;
struct schedule_namespace;

enum schedule_state {
	SCHEDULE_OUT, /* not in a schedule */
	SCHEDULE_WAITING,
	SCHEDULE_READY,
	SCHEDULE_RUNNING,
	SCHEDULE_SLOW,
};

/* Zeroed by the caller; private but for reading `due`, `started` and `state`. */
struct schedule_item {
	struct mono due;     /* of the next pass; while it runs, of this one */
	struct mono started; /* of the pass that runs, or ran last */
	enum schedule_state state;
	bool again;		/* due again right after the pass that runs */
	struct mono not_before; /* put off until then */
	int64_t period_ns;
	uint64_t spread;
	struct schedule_namespace *ns;
	size_t heap_at;
	struct schedule_item *next, *previous; /* in the queue or list of its state */
};

MUST_USE struct schedule *schedule_new(void);
/* The items are gone by then. */
void schedule_free(struct schedule *s);
DEFINE_AUTO(struct schedule *, schedule_free)

/* Starts: every item gets its first turn within the first three fifths of its period from `now` on, the first ones within a second. Before, and after schedule_stop, nothing is handed out. */
void schedule_start(struct schedule *s, struct mono now);
/* Running items are no longer running; the caller has ended their passes. */
void schedule_stop(struct schedule *s);
bool schedule_is_started(const struct schedule *s);

/* A new item: due at once if the schedule is started. `spread` chooses its place in the period: equal numbers, equal places. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind schedule_add(struct schedule *s, struct schedule_item *item, struct sv ns,
	int64_t period_ns, uint64_t spread, struct mono now, struct error *err);
/* In whatever state it is; one that is out is left alone. */
void schedule_remove(struct schedule *s, struct schedule_item *item);
/* Takes effect after its next pass. */
void schedule_set_period(struct schedule_item *item, int64_t period_ns);
void schedule_set_spread(struct schedule_item *item, uint64_t spread);
/* Its object changed: due at once, or right after the pass that runs. */
void schedule_hurry(struct schedule *s, struct schedule_item *item, struct mono now);
/* Nothing before `until`, whatever happens: for what must be tried slowly. The past lifts it. */
void schedule_put_off(struct schedule *s, struct schedule_item *item, struct mono until);

/* The item whose pass is to start now; NULL: none is due, or too many run. It is RUNNING from here on. */
struct schedule_item *schedule_next(struct schedule *s, struct mono now);
/* Its pass is over: waits for its next turn. */
void schedule_done(struct schedule *s, struct schedule_item *item, struct mono now);
/* When schedule_next is worth asking again, apart from after schedule_done. False: never. */
bool schedule_wake(const struct schedule *s, struct mono *ret);

struct schedule_depth {
	size_t n_items, n_ready, n_running, n_slow;
};
struct schedule_depth schedule_depth(const struct schedule *s);
