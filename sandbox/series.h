#pragma once
/* The simulated time series: label sets with a bounded ring of samples each, as Prometheus would have scraped them. Knows no PromQL. */
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"

#define SERIES_MAX_LABELS 8

struct series_label {
	char *name, *value;
};

struct series_sample {
	int64_t time_ms;
	double value;
};

struct series {
	struct series_label labels[SERIES_MAX_LABELS]; /* sorted by name; __name__ among them */
	size_t n_labels;
	struct series_sample *ring;
	size_t first, n; /* oldest sample and how many */
	bool stale;	 /* its target is gone: no value after the last sample */
};

struct series_store;

MUST_USE struct series_store *series_store_new(void);
void series_store_free(struct series_store *s);
DEFINE_AUTO(struct series_store *, series_store_free)

/* Adds a sample; pairs are name, value, name, value ... in any order. Samples of a series come in ascending time. */
MUST_USE enum error_kind series_append(struct series_store *s, const char *const *pairs,
	size_t n_labels, int64_t time_ms, double value, struct error *err);
/* Marks all series with this label as ended; they are forgotten when their samples are older than the ring reaches. */
void series_end(struct series_store *s, const char *name, const char *value);
void series_forget_before(struct series_store *s, int64_t time_ms);

size_t series_n(const struct series_store *s);
const struct series *series_at(const struct series_store *s, size_t i);
/* The i-th oldest sample. */
struct series_sample series_sample_at(const struct series *s, size_t i);
/* "" when absent, as PromQL treats it. */
const char *series_label(const struct series *s, const char *name);
