#pragma once
/* Stage: each metric's proposal and what stands behind it -> the proposals that may be used. A
 * proposal below the present count that rests on a reading which has just lost a good part of its
 * rows, or on a source that has just failed for many, becomes the present count. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "controller/guard_partial.h"
#include "controller/hpa.h"
#include "controller/metric_memory.h"
#include "controller/recommend.h"

enum guard_by {
	GUARD_NONE,
	GUARD_PARTIAL, /* PartialLoss: guard_partial.h */
	GUARD_MASS,    /* MassLoss: guard_mass.h */
};

/* "PartialLoss", "MassLoss". */
const char *guard_by_name(enum guard_by by);

struct guard_input {
	const struct hpa_spec *spec;
	const struct pod_set *pods;
	const struct metric_memory_list *memory;
	const bool *frozen; /* one a metric: its source is frozen; NULL: none */
	int32_t current;
	bool enabled; /* false: only what has to be remembered is found out */
};

/* One metric. */
struct guarded {
	enum guard_by by; /* what holds its proposal */
	int32_t computed; /* held: what it proposed */
	int32_t rows;	  /* per-pod metrics with a reading: pods with a sample */
	struct guard_partial partial;
	bool lost; /* a value in the pass before, a failure now */
};

struct guards {
	struct guarded *at; /* one a metric; NULL: none was computed */
	size_t n;
	struct metric_sight *sights; /* one a metric: what the history is to remember */
};

/* Made in the arena; the replicas of held recommendations are changed. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind guard_compute(struct arena *a, const struct guard_input *in,
	struct recommendation *recommendations, struct guards *ret, struct error *err);
