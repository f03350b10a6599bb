/* Conditions. A pass may set AbleToScale several times; only the last stays, but each change of its
 * status on the way moves the time, so a scale write that keeps failing rewrites it in every pass,
 * as the reference's does. */
#include "controller/conditions.h"

#include <assert.h>

/* AbleToScale, ScalingActive, ScalingLimited, ScaledToZero; DecreaseBlocked, FallbackActive,
 * Overridden. */
#define CONDITION_TYPES 7

enum error_kind conditions_copy(
	struct arena *a, const struct hpa_status *status, struct conditions *ret, struct error *err)
{
	struct conditions c = { .n = status->n_conditions,
		.size = status->n_conditions + CONDITION_TYPES };
	c.at = ARENA_ARRAY(a, c.size, struct hpa_condition);
	if (!c.at)
		return arena_error(a, err);
	if (c.n > 0)
		memcpy(c.at, status->conditions, c.n * sizeof(c.at[0]));
	*ret = c;
	return ERR_OK;
}

void conditions_set(struct conditions *c, const struct conditions_entry *entry, struct wall now)
{
	struct hpa_condition *found = NULL;
	struct sv status = entry->truth ? SV("True") : SV("False");

	for (size_t i = 0; i < c->n && !found; i++)
		if (sv_is(c->at[i].type, entry->type))
			found = &c->at[i];
	if (!found) {
		assert(c->n < c->size);
		found = &c->at[c->n++];
		*found = (struct hpa_condition){ .type = sv_of(entry->type),
			.last_transition = WALL_ZERO };
	}
	if (!sv_eq(found->status, status))
		found->last_transition = now;
	found->status = status;
	found->reason = entry->reason;
	found->message = entry->message;
	if (c->generation.set)
		found->observed_generation = c->generation;
}

void conditions_remove(struct conditions *c, const char *type)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->n; i++)
		if (!sv_is(c->at[i].type, type))
			c->at[kept++] = c->at[i];
	c->n = kept;
}
