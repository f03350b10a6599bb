#pragma once
/* The simulated time series: label sets with a bounded ring of samples each, as Prometheus would have scraped them. Knows no PromQL. */
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"

#define TIME_SERIES_MAX_LABELS 8

struct time_series_label {
	char *name, *value;
};

struct time_series_sample {
	int64_t time_ms;
	double value;
};

struct time_series {
	struct time_series_label
		labels[TIME_SERIES_MAX_LABELS]; /* sorted by name; __name__ among them */
	size_t n_labels;
	struct time_series_sample *ring;
	size_t first, n; /* oldest sample and how many */
	bool stale;	 /* its target is gone: no value after the last sample */
};

struct time_series_store;

MUST_USE struct time_series_store *time_series_store_new(void);
void time_series_store_free(struct time_series_store *s);
DEFINE_AUTO(struct time_series_store *, time_series_store_free)

/* Adds a sample; pairs are name, value, name, value ... in any order. Samples of a series come in ascending time. */
MUST_USE enum error_kind time_series_append(struct time_series_store *s, const char *const *pairs,
	size_t n_labels, int64_t time_ms, double value, struct error *err);
/* Marks all series with this label as ended; they are forgotten when their samples are older than the ring reaches. */
void time_series_end(struct time_series_store *s, const char *name, const char *value);
void time_series_forget_before(struct time_series_store *s, int64_t time_ms);

size_t time_series_n(const struct time_series_store *s);
const struct time_series *time_series_at(const struct time_series_store *s, size_t i);
/* The i-th oldest sample. */
struct time_series_sample time_series_sample_at(const struct time_series *s, size_t i);
/* "" when absent, as PromQL treats it. */
const char *time_series_label(const struct time_series *s, const char *name);
