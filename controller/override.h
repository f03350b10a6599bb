#pragma once
/* Stage: an override of our own kind -> the bounds that hold, and the count within them. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "common/instant.h"
#include "common/sv.h"
#include "controller/hpa.h"

struct override_bounds {
	bool active;
	int32_t min, max;
	struct wall until;
	struct sv reason;
};

/* The override of the spec, if there is one that is complete and not over. */
struct override_bounds override_of(const struct hpa_spec *spec, struct wall now);
/* A count put between the bounds; as it is without an active override. */
int32_t override_apply(const struct override_bounds *o, int32_t replicas);
