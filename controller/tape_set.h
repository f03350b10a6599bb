#pragma once
/* Changing a tape before it is replayed: "spec.maxReplicas=20", "spec.metrics[0].pods.target.
 * averageValue=3", "config.tolerance=0.2". Pure. */
#include "common/arena.h"
#include "common/error.h"
#include "common/jtree.h"

/* The value is JSON, or else a string. spec means the spec of the autoscaler, and those that steps
 * put in its place. Objects on the way are made where they are missing, elements of lists are not.
 * What is made is in the arena or points into `text`. errors: INVALID naming --set, NOMEM, LIMIT. */
MUST_USE enum error_kind tape_set_apply(
	struct arena *a, struct jtree *root, const char *text, struct error *err);
/* Whether the assignment is one to the spec. */
bool tape_set_is_spec(const char *text);
