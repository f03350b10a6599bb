#pragma once
/* Observing: our decision about an object against that of the cluster's own controller, as its status tells. Pure. Both look at other moments, so that a
 * difference of one pass says little; how long it lasts says more. */
#include <stdbool.h>

#include "common/buf.h"
#include "common/instant.h"
#include "controller/hpa.h"

struct divergence {
	bool compared; /* there was something to compare with */
	int32_t ours, theirs;
	struct mono since;	  /* of the present difference; meaningless without one */
	uint32_t n_same, n_other; /* passes, saturated */
};

/* One pass wanted `desired`. status: the object's as stored. False: it tells of no decision yet, or not of the last one. */
bool divergence_compare(
	struct divergence *d, const struct hpa_status *status, int32_t desired, struct mono now);
/* A pass without a decision of ours: nothing is compared. */
void divergence_forget(struct divergence *d);
/* ours - theirs; 0 when nothing was compared. */
int64_t divergence_of(const struct divergence *d);
/* `the cluster's controller wants 5, this one 7 (for 1m30s)`, or that both agree. */
void divergence_print(struct buf *out, const struct divergence *d, struct mono now);
