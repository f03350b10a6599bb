#pragma once
/* What is remembered about each metric of one object between passes: since when it has failed, and
 * how many rows its last good reading had. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"
#include "common/opt.h"
#include "controller/hpa.h"

struct metric_memory {
	uint64_t key;	/* metric_memory_key: survives a change of the list around it */
	bool had_value; /* its last reading was one */
	bool failing;
	struct mono failing_since; /* failing: the first pass that saw it */
	struct opt_i32 rows; /* pods with a sample in the last reading that was fit to lower */
};

struct metric_memory_list {
	struct metric_memory *at;
	size_t n, size;
};

/* What one pass saw of one metric. */
struct metric_sight {
	uint64_t key;
	bool failed;
	struct opt_i32 rows; /* as above, to be remembered; unset: what was known stays */
};

/* The metric's identity: type, names and query, and how many like it come before it. */
uint64_t metric_memory_key(const struct hpa_spec *spec, size_t i);
/* NULL: nothing is known of it. */
const struct metric_memory *metric_memory_find(const struct metric_memory_list *list, uint64_t key);
/* The list for the next pass: what is not in `seen` is forgotten. errors: NOMEM, nothing changed. */
MUST_USE enum error_kind metric_memory_update(struct metric_memory_list *list,
	const struct metric_sight *seen, size_t n, struct mono now, struct error *err);
/* Makes `to` (zeroed, or used before) the same as `from`. errors: NOMEM, `to` is empty. */
MUST_USE enum error_kind metric_memory_copy(
	struct metric_memory_list *to, const struct metric_memory_list *from, struct error *err);
void metric_memory_done(struct metric_memory_list *list);
