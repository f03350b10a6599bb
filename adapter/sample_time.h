#pragma once
/* sampleTimestamp: the time of the samples behind a value instead of the time at which the query was evaluated. Known only where the query is one plain
 * selector, alone or aggregated: then every row of the value has a row of the time. */
#include "adapter/naming.h"

/* errors: INVALID with the reason why the rule's query is not plain, LIMIT, NOMEM */
MUST_USE enum error_kind sample_time_check(
	struct arena *a, const struct mapper *m, const struct naming *n, struct error *err);
/* The question for the time (seconds since 1970) of the oldest sample behind each value of `query`, by the label that names objects.
 * errors: INVALID (not plain), LIMIT, NOMEM */
MUST_USE enum error_kind sample_time_query(
	struct arena *a, struct sv query, struct sv label, struct sv *ret, struct error *err);
