#pragma once
/* Functions over the samples of one series in a window, as Prometheus computes them. Pure. */
#include <stdbool.h>

#include "promql/functions.h"
#include "sandbox/time_series.h"

/* Samples of `series` with start_ms < time <= end_ms: the i-th is time_series_sample_at(series, first + i). */
struct range_window {
	const struct time_series *series;
	size_t first, n;
	int64_t start_ms, end_ms;
};

struct range_window range_function_window(
	const struct time_series *s, int64_t end_ms, int64_t range_ms);
/* The newest sample in (now - lookback, now]; false: none, or the series has ended. */
bool range_function_latest(const struct time_series *s, int64_t now_ms, int64_t lookback_ms,
	struct time_series_sample *ret);

/* False: no result for this series (too few samples). */
typedef bool (*range_function_fn)(const struct range_window *w, double *ret);
/* NULL: not one of ours. */
range_function_fn range_function_find(enum function_id id);
