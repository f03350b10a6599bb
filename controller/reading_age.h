#pragma once
/* Readings that are too old, or from a future that no clock's error explains, are no readings. Not in the reference, which never looks at the age. Pure. */
#include "common/arena.h"
#include "common/error.h"
#include "controller/reading.h"

/* As long as Prometheus itself takes a sample for present. */
#define READING_AGE_MAX_NS (300 * NS_PER_SEC)
/* Clocks of different machines. */
#define READING_AGE_SKEW_NS (60 * NS_PER_SEC)

/* Leaves out samples of pods that are unfit (the pods count as missing); a reading of which nothing is left, or that has one unfit value, becomes STALE.
 * Without a timestamp nothing is unfit. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind reading_age_check(struct arena *a, struct reading *reading,
	struct wall now, int64_t max_age_ns, struct error *err);
