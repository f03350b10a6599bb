#pragma once
/* Which series a query reads, over which windows, and what that costs a server: an estimate from the query's shape alone. Pure. */
#include "common/arena.h"
#include "common/buf.h"
#include "promql/ast.h"

struct query_cost_selector {
	const struct ast *vector;
	int64_t range_ns;     /* of a range selector; 0: the newest sample */
	bool unknown_window;  /* arithmetic in a duration decides */
	double n_evaluations; /* how often subqueries around it ask, 1 without any */
	int64_t subquery_ns;  /* how much further back they reach */
	double n_samples;     /* for each series, of all evaluations */
};

struct query_cost_options {
	int64_t scrape_interval_ns; /* between two samples of a series */
	int64_t n_series;	    /* that each selector finds */
};

struct query_cost {
	struct query_cost_selector *selectors; /* in the order of the query */
	size_t n_selectors;
	double n_series, n_samples, server_sec;
};

/* errors: NOMEM, LIMIT. */
MUST_USE enum error_kind query_cost_estimate(struct arena *a, const struct ast *root,
	const struct query_cost_options *options, struct query_cost *ret, struct error *err);
/* Two lines: the sum, and how it was estimated. */
void query_cost_print(struct buf *out, const struct query_cost *c,
	const struct query_cost_options *options, const char *indent);
