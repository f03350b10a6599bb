#pragma once
/* The load that comes over the simulated application: requests per second as a function of time, from a list of steps. Pure. */
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"

#define LOAD_MAX_STEPS 64

struct load {
	struct load_step {
		int64_t at_ns; /* since the start */
		double rps;
	} steps[LOAD_MAX_STEPS];
	size_t n;
};

/* "0s:1,20s:9,60s:3" -> steps in ascending time. INVALID names the step. */
MUST_USE enum error_kind load_parse(struct sv text, struct load *ret, struct error *err);
/* Requests per second at a moment. */
double load_at(const struct load *l, int64_t since_start_ns);
/* Sets the rate from `at_ns` on; later steps are dropped. */
void load_set(struct load *l, int64_t at_ns, double rps);
