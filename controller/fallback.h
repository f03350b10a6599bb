#pragma once
/* Stage: metrics that have failed for long -> a floor under the count. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/instant.h"
#include "controller/hpa.h"
#include "controller/metric_memory.h"
#include "controller/recommend.h"

#define FALLBACK_NONE SIZE_MAX

struct fallback_input {
	const struct hpa_spec *spec;
	const struct recommendation *recommendations; /* one a metric */
	const struct metric_memory_list *memory;
	int32_t current;
	struct mono now;
};

struct fallback {
	size_t metric;	  /* whose floor is the highest, or FALLBACK_NONE */
	int32_t replicas; /* at least the present count: a fallback raises or holds */
	size_t n_active;
	bool waiting;	 /* a failing metric's fallback has not begun yet */
	struct mono due; /* waiting: when the first of them does */
};

struct fallback fallback_compute(const struct fallback_input *in);
