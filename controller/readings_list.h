#pragma once
/* The JSON of a metrics answer -> its items, reduced to the numbers that one metric needs. Part of
 * readings.c, in a file of its own because it is all that knows the three wire formats. Pure. */
#include "common/arena.h"
#include "common/error.h"
#include "controller/reading.h"
#include "controller/readings.h"

struct readings_list {
	struct sv problem; /* on INVALID: the client's error text, in the arena */
	size_t n_items;
	bool not_finite;		/* safe arithmetic: a value does not fit */
	struct reading_sample *samples; /* per-pod metrics, in the answer's order */
	size_t n_samples;
	struct sv *bare; /* keep_bare: names of items without a usable value */
	size_t n_bare, bare_size;
	int64_t *values; /* Object, External */
	size_t n_values;
	struct wall oldest, newest; /* of the values that have a timestamp */
};

/* errors: INVALID (`problem` is set), NOMEM, LIMIT. */
MUST_USE enum error_kind readings_list_decode(struct arena *a, const struct readings_query *query,
	const struct readings_answer *answer, bool keep_bare, struct readings_list *ret,
	struct error *err);
