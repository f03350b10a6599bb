#pragma once
/* Our own metrics: counters, gauges and histograms with labels, printed in Prometheus' text format. */
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct selfmetrics;
enum selfmetrics_kind { SELFMETRICS_COUNTER, SELFMETRICS_GAUGE, SELFMETRICS_HISTOGRAM };

MUST_USE struct selfmetrics *selfmetrics_new(void);
void selfmetrics_free(struct selfmetrics *m);
DEFINE_AUTO(struct selfmetrics *, selfmetrics_free)

/* Declares a family; label_names NULL-terminated (may be NULL). name and help are static text; buckets: upper bounds without +Inf. */
MUST_USE enum error_kind selfmetrics_declare(struct selfmetrics *m, enum selfmetrics_kind kind,
	const char *name, const char *help, const char *const *label_names, const double *buckets,
	size_t n_buckets, struct error *err);
/* label_values NULL-terminated in the order of the names. Unknown families are a bug; beyond a bound of series (10,000 per
 * family) new ones are dropped and counted in flyball_selfmetrics_dropped_total. */
void selfmetrics_add(
	struct selfmetrics *m, const char *name, const char *const *label_values, double delta);
void selfmetrics_set(
	struct selfmetrics *m, const char *name, const char *const *label_values, double value);
void selfmetrics_observe(
	struct selfmetrics *m, const char *name, const char *const *label_values, double value);
void selfmetrics_remove(struct selfmetrics *m, const char *name, const char *const *label_values);
void selfmetrics_print(const struct selfmetrics *m, struct buf *out);
