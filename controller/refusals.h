#pragma once
/* What a server refused a moment ago in a way that time alone does not heal (403, 404, 405): asked again once a minute. Bounded; with more than
 * it can hold some are asked more often. Pure. */
#include "common/error.h"
#include "common/instant.h"
#include "common/map.h"

#define REFUSALS_RETRY_NS (60 * NS_PER_SEC)

struct refusals {
	struct map by_target; /* -> struct refusal */
};

void refusals_init(struct refusals *r);
void refusals_done(struct refusals *r);
/* False: nothing stands against asking. Else *ret is what the server said. */
bool refusals_find(const struct refusals *r, struct sv target, struct mono now, struct error *ret);
/* Without memory nothing is kept. */
void refusals_note(
	struct refusals *r, struct sv target, const struct error *failed, struct mono now);
void refusals_forget(struct refusals *r, struct sv target);
