#pragma once
/* What a metrics API said about one metric of one object. Tagged, because zero is the dangerous
 * number: unless the kind is READING_VALUE there is no number at all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/instant.h"
#include "common/sv.h"

enum reading_kind {
	READING_FAILED,	    /* nothing usable came back: `why` says what */
	READING_EMPTY,	    /* an answer without items */
	READING_STALE,	    /* older than the caller accepts */
	READING_NOT_FINITE, /* NaN, an infinity, or more than int64 thousandths */
	READING_VALUE,
};

/* One pod's value of a Resource, ContainerResource or Pods metric. */
struct reading_sample {
	struct sv pod;
	int64_t milli;
	struct wall at; /* WALL_ZERO: the answer had no timestamp */
	int64_t window_ns;
};

struct reading {
	enum reading_kind kind;
	struct sv why; /* all kinds but VALUE: the client's error text, as messages quote it */
	const struct reading_sample *samples; /* per-pod metrics: strictly ascending by pod name */
	size_t n_samples;
	const int64_t
		*values; /* External: in the answer's order; Object: exactly one. Thousandths */
	size_t n_values;
	struct wall oldest,
		newest; /* Object, External: of the values; WALL_ZERO or zeroed: without a timestamp */
};
