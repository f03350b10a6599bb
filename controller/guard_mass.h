#pragma once
/* Guard over all objects: when many of those that ask one metrics source lose their reading at once,
 * it is the source that fails, and what it still says is not used to lower anybody's count until it
 * has been quiet for a while. Pure: time is input, nothing is asked. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/instant.h"
#include "common/sv.h"
#include "controller/hpa.h"

/* A source freezes when at least this share of at least so many objects went from a value to a
 * failure within a round. */
#define GUARD_MASS_PERCENT 30
#define GUARD_MASS_MIN_OBJECTS 10
/* Rounds in a row without that, after which it thaws. */
#define GUARD_MASS_CLEAN_ROUNDS 2
/* Sources: the three metrics APIs and the configured Prometheus servers. What does not fit is not
 * guarded. */
#define GUARD_MASS_MAX_SOURCES 64
#define GUARD_MASS_NAME_BYTES 80

struct guard_mass_source {
	char name[GUARD_MASS_NAME_BYTES];
	int64_t round;			   /* the running one */
	uint32_t seen, lost;		   /* objects in it; lost: from a value to a failure */
	uint32_t seen_before, lost_before; /* in the round before */
	bool frozen, bad;		   /* bad: the running round froze it, or would have */
	unsigned clean;			   /* frozen: clean rounds so far */
	uint64_t n_freezes;
};

struct guard_mass {
	int64_t round_ns; /* length of a round: the sync period */
	struct guard_mass_source sources[GUARD_MASS_MAX_SOURCES];
	size_t n;
};

void guard_mass_init(struct guard_mass *g, int64_t round_ns);

/* What answers a metric: "metrics.k8s.io", "prometheus/main". In the arena or static; ptr NULL: no
 * memory; empty: nothing does. */
MUST_USE struct sv guard_mass_source_of(struct arena *a, const struct hpa_metric *metric);

/* One object was decided that asks this source; once a pass and source. `lost`: its reading was a
 * value in the pass before and is a failure now. True: this froze the source. */
bool guard_mass_note(struct guard_mass *g, struct sv source, bool lost, struct mono now);
bool guard_mass_is_frozen(const struct guard_mass *g, struct sv source);
/* Freezes a source that is recorded as frozen. */
void guard_mass_freeze(struct guard_mass *g, struct sv source);
