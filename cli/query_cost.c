/* Tree -> selectors -> a figure. The factors were measured on Prometheus 2.42 with instant queries over 100 to 150,000 series; what the query then
 * does with the samples (joins, sorting, regular expressions over many label values) is not in them. */
#include "cli/query_cost.h"

#include <stdlib.h>

#include "common/instant.h"
#include "promql/duration.h"

#define SEC_PER_QUERY 0.12e-3
#define SEC_PER_SERIES 5.6e-6
#define SEC_PER_SAMPLE 0.10e-6
/* The server's evaluation interval, which is the step of a subquery that names none: 1 m by default. */
#define DEFAULT_STEP_NS (60 * NS_PER_SEC)
#define MAX_SELECTORS 10000

struct walk {
	struct arena *a;
	const struct query_cost_options *options;
	struct query_cost *cost;
	bool too_many;
};

/* What stands around a node. */
struct around {
	double n_evaluations;
	int64_t subquery_ns;
	bool unknown;
};

static void add(struct walk *w, const struct ast *vector, const struct ast *matrix,
	const struct around *around)
{
	struct query_cost *c = w->cost;
	double per_series = 1;

	if (c->n_selectors == MAX_SELECTORS) {
		w->too_many = true;
		return;
	}
	struct query_cost_selector *s = &c->selectors[c->n_selectors++];
	*s = (struct query_cost_selector){ .vector = vector,
		.range_ns = matrix ? matrix->matrix.range_ns : 0,
		.unknown_window = around->unknown || (matrix && matrix->matrix.range_expr),
		.n_evaluations = around->n_evaluations,
		.subquery_ns = around->subquery_ns };
	if (s->range_ns > 0)
		per_series = (double)(s->range_ns / w->options->scrape_interval_ns);
	s->n_samples = (per_series < 1 ? 1 : per_series) * s->n_evaluations;
	c->n_series += (double)w->options->n_series;
	c->n_samples += s->n_samples * (double)w->options->n_series;
}

static void enter_subquery(const struct ast *n, struct around *around)
{
	int64_t step_ns = n->subquery.step_ns > 0 ? n->subquery.step_ns : DEFAULT_STEP_NS;
	double times = (double)(n->subquery.range_ns / step_ns);

	around->n_evaluations *= times < 1 ? 1 : times;
	around->subquery_ns += n->subquery.range_ns;
	around->unknown |= n->subquery.range_expr || n->subquery.step_expr;
}

/* Down the left spine with a loop, into everything else by recursion: that is at most PARSER_MAX_DEPTH deep. */
static void visit(struct walk *w, const struct ast *n, struct around around)
{
	while (n) {
		const struct ast *left = ast_left(n);
		if (n->kind == AST_VECTOR)
			add(w, n, NULL, &around);
		if (n->kind == AST_MATRIX) {
			add(w, n->matrix.vector, n, &around);
			return;
		}
		if (n->kind == AST_SUBQUERY)
			enter_subquery(n, &around);
		for (size_t i = left ? 1 : 0; ast_child(n, i); i++)
			visit(w, ast_child(n, i), around);
		n = left;
	}
}

static int compare(const void *a, const void *b)
{
	const struct query_cost_selector *x = a, *y = b;

	return x->vector->start < y->vector->start ? -1 : x->vector->start > y->vector->start;
}

enum error_kind query_cost_estimate(struct arena *a, const struct ast *root,
	const struct query_cost_options *options, struct query_cost *ret, struct error *err)
{
	struct walk w = { .a = a, .options = options, .cost = ret };

	*ret = (struct query_cost){ 0 };
	ret->selectors = ARENA_ARRAY(a, MAX_SELECTORS, struct query_cost_selector);
	if (!ret->selectors)
		return arena_error(a, err);
	visit(&w, root, (struct around){ .n_evaluations = 1 });
	if (w.too_many)
		return error_set(err, ERR_LIMIT, "more than %d selectors", MAX_SELECTORS);
	if (ret->n_selectors > 1)
		qsort(ret->selectors, ret->n_selectors, sizeof(*ret->selectors), compare);
	ret->server_sec =
		SEC_PER_QUERY + ret->n_series * SEC_PER_SERIES + ret->n_samples * SEC_PER_SAMPLE;
	return ERR_OK;
}

void query_cost_print(struct buf *out, const struct query_cost *c,
	const struct query_cost_options *options, const char *indent)
{
	buf_printf(out,
		"about %.2g ms of the server's CPU: 0.12 ms, 5.6 us for each of %.0f series, 0.10 "
		"us for each of %.0f samples\n%s",
		c->server_sec * 1e3, c->n_series, c->n_samples, indent);
	buf_printf(out, "assumed: %lld series for each selector (--series), a sample every ",
		(long long)options->n_series);
	duration_print(out, options->scrape_interval_ns);
	buf_put_str(out, " (--scrape-interval)\n");
}
