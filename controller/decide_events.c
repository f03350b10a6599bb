/* Lists of the events of a pass: room for all that can come is made before the first. */
#include "controller/decide_events.h"

#include <assert.h>

enum error_kind decide_events_make(
	struct arena *a, size_t size, struct decide_events *ret, struct error *err)
{
	struct decide_event *at = ARENA_ARRAY(a, size, struct decide_event);
	if (!at)
		return arena_error(a, err);
	*ret = (struct decide_events){ .at = at, .size = size };
	return ERR_OK;
}

void decide_events_add(
	struct decide_events *events, bool warning, struct sv reason, struct sv message)
{
	assert(events->n < events->size);
	events->at[events->n++] = (struct decide_event){ warning, reason, message };
}
