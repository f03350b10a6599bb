#pragma once
/* Readings in a tape. Pure. */
#include "common/jw.h"
#include "controller/arith.h"
#include "controller/hpa.h"
#include "controller/reading.h"

/* One row of http: what the question `target` about this metric came to, for a decoder of this
 * arithmetic. */
void tape_reading_put(struct jw *w, const struct hpa *hpa, const struct hpa_metric *metric,
	struct sv target, const struct reading *reading, enum arith_mode mode);
