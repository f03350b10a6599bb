#pragma once
/* Stage: a stabilised count -> what this pass may write: policies, and min and max. Pure.
 * Rules: spec 9.1 step 3 (no behavior) and 9.2 step 3 (behavior). */
#include <stdbool.h>
#include <stdint.h>

#include "common/instant.h"
#include "controller/arith.h"
#include "controller/history.h"
#include "controller/hpa.h"

enum limited_by {
	LIMIT_NONE,	 /* DesiredWithinRange */
	LIMIT_TOO_FEW,	 /* TooFewReplicas: minReplicas */
	LIMIT_TOO_MANY,	 /* TooManyReplicas: maxReplicas */
	LIMIT_SCALE_UP,	 /* ScaleUpLimit: policies, or max(2 x current, 4) */
	LIMIT_SCALE_DOWN /* ScaleDownLimit: policies */
};

/* For limit_input.step_sec: 15 seconds, less one for passes that begin a little early. */
#define LIMIT_STEP_SEC 14

struct limit_input {
	int32_t current, stabilized;
	int32_t min_replicas, max_replicas;
	const struct hpa_rules *up, *down; /* both NULL: no behavior */
	const struct history_events *up_events, *down_events;
	struct mono now;
	enum arith_mode mode;
	/* Without behavior: what one step may double is the count of so many seconds ago, by our own
	 * scale events, instead of the present one. 0: the present one. */
	int32_t step_sec;
};

struct limited {
	int32_t replicas;
	enum limited_by by; /* as the condition's reason names it */
	bool applied;	    /* replicas differs from the stabilised count: the condition is True */
	bool has_rate;	    /* the rate limit was computed */
	int32_t rate; /* the most (up) or fewest (down) replicas that the policies allow now */
};

struct limited limit_compute(const struct limit_input *in);

/* One policy's say, for explain. */
struct limit_room {
	int64_t added, removed; /* by our own scaling within the policy's period */
	int32_t base;		/* the count at the period's start: current - added + removed */
	int32_t replicas;	/* as far as this policy lets the pass go */
};
/* `p` belongs to in->up when `up`, else to in->down. */
struct limit_room limit_policy_room(
	const struct limit_input *in, const struct hpa_policy *p, bool up);
