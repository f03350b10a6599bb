#pragma once
/* The bounds that `flyball override` puts in the place of an object's own for a while: object and wishes -> what is applied to it by server-side apply. Pure. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/opt.h"

/* Owns the override and nothing else, so that clearing it takes nothing along. */
#define SET_OVERRIDE_MANAGER "flyball-override"
/* As the schema of our kind allows. */
#define SET_OVERRIDE_MAX_REASON_BYTES 256

struct set_override {
	struct opt_i32 min, max; /* at least one */
	int64_t for_ns;
	const char *reason;
	bool clear; /* nothing else counts */
};

/* What the wishes must be whatever the object is. errors: INVALID. */
MUST_USE enum error_kind set_override_check(const struct set_override *o, struct error *err);
/* own: the object, JSON. `body` gets what to apply, `told` one line for people. A missing bound is the object's own, or the other one where that would cross it.
 * errors: INVALID (an object without bounds), NOMEM, LIMIT. */
MUST_USE enum error_kind set_override_compute(struct arena *a, struct sv own,
	const struct set_override *o, struct wall now, struct buf *body, struct buf *told,
	struct error *err);
/* Whether the object still has an override after it was cleared, and who owns it then: one line for people. */
bool set_override_remains(struct arena *a, struct sv own, struct buf *told);
