#pragma once
/* When statuses in which only values differ are written: objects that are decided together, and in the same order each time, have turns in different passes. */
#include <stdint.h>

#include "common/instant.h"

/* In one second: a quarter of what one core of an API server can do. */
#define STATUS_TURNS_PER_SEC 120
/* Turns are given out for so long: to 65,000 objects that are decided together every 15 s, or to 16,000 of every minute. */
#define STATUS_TURNS_SEC 8192

struct status_turns {
	int64_t first_sec; /* of those that are counted */
	uint16_t n[STATUS_TURNS_SEC];
};

/* The first pass with a turn left, of an object that has one now and then every period_ns (more than 0): now, or half a period before a later one. Who finds
 * none has the last one. */
struct mono status_turns_take(struct status_turns *t, struct mono now, int64_t period_ns);
