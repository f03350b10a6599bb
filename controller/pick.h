#pragma once
/* Stage: the metrics' proposals -> one. Pure. Rules: spec 8.2. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/recommend.h"

#define PICK_NONE SIZE_MAX

struct picked {
	bool ok;	  /* false: too few metrics worked, nothing may be decided from them */
	int32_t replicas; /* ok: the highest proposal */
	size_t winner;	  /* its metric, or PICK_NONE */
	size_t n_bad;	  /* metrics that failed; ok with some of them is a partial failure */
	size_t first_bad; /* or PICK_NONE */
};

struct picked pick_compute(const struct recommendation *recommendations, size_t n, int32_t current);
