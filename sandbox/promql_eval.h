#pragma once
/* A small, honest part of PromQL over the simulated series: selectors with = != =~ !~; rate, irate, increase and the *_over_time family over a range
 * selector; sum, avg, min, max and count, with and without by; arithmetic with scalars; numbers and parentheses. Everything else is refused by
 * name. Semantics (lookback, extrapolation, staleness) are Prometheus'. Pure. */
#include "common/arena.h"
#include "common/error.h"
#include "sandbox/time_series.h"

struct eval_label {
	struct sv name, value;
};

struct eval_row {
	struct eval_label *labels; /* sorted by name */
	size_t n_labels;
	double value;
};

struct eval_result {
	bool is_scalar; /* one row without labels */
	struct eval_row *rows;
	size_t n;
};

/* Evaluates at one moment; rows live in the arena (labels may point into the series).
 * errors: INVALID, code 400: the query does not parse (Prometheus' text); code 422: it uses something that is not supported, which the text
 * names. LIMIT, NOMEM. */
MUST_USE enum error_kind promql_eval(struct arena *a, const struct time_series_store *series,
	struct sv query, int64_t time_ms, struct eval_result *ret, struct error *err);
/* The series that a selector such as `up{job="x"}` chooses and that have a sample in [start_ms, end_ms]; *ret in the arena. */
MUST_USE enum error_kind promql_eval_series(struct arena *a, const struct time_series_store *series,
	struct sv selector, int64_t start_ms, int64_t end_ms, const struct time_series ***ret,
	size_t *ret_n, struct error *err);
