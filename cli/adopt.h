#pragma once
/* A native autoscaler made idle with our object beside it, and the way back. Pure: objects as the API server gives them in, manifests out; nobody
 * applies anything here. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/jtree.h"

/* Keeps the original spec, as JSON, on the idle object. */
#define ADOPT_ANNOTATION "flyball.dev/adopted-spec"

struct adopt_pair {
	struct jtree *first, *second; /* to be applied in this order */
};

/* hpa: an autoscaling/v2 object. First the same with both directions disabled and bounds that no count of ours leaves, then ours with the original spec. `notes`:
 * what to know before applying it, one line each. errors: INVALID (adopted already, not convertible), NOMEM, LIMIT. */
MUST_USE enum error_kind adopt_take(struct arena *a, struct sv hpa, struct adopt_pair *ret,
	struct buf *notes, struct error *err);
/* First ours (JSON; empty: there is none, first is NULL) told to recommend only, then the native object as it was. errors: INVALID (not adopted), NOMEM, LIMIT. */
MUST_USE enum error_kind adopt_release(struct arena *a, struct sv hpa, struct sv own,
	struct adopt_pair *ret, struct buf *notes, struct error *err);
