#pragma once
/* An object of our own kind without what autoscaling/v2 does not have, for conversion. Pure. */
#include "common/jtree.h"
#include "controller/own_kind.h"

/* By kind and group; the version may still be wrong. */
bool own_as_v2_is_own(const struct jtree *t);
/* The object as autoscaling/v2, in the arena: the status and other members of the spec and of its metrics are left out, places are kept.
 * NULL without memory. */
MUST_USE struct jtree *own_as_v2(struct arena *a, const struct jtree *t);
