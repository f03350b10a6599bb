/* A tree walk over promql/ast.h. Recursion is as deep as the tree (PARSER_MAX_DEPTH) plus the left spine, which evaluation bounds by the size of a
 * query that the sandbox takes. */
#include "sandbox/promql_eval.h"

#include <math.h>
#include <stdlib.h>

#include "common/instant.h"
#include "common/rex.h"
#include "promql/parser.h"
#include "sandbox/range_function.h"

/* Longest query: keeps the left spine, and with it the recursion, short. */
#define MAX_QUERY_BYTES 8192
/* Prometheus' --query.lookback-delta. */
#define LOOKBACK_MS 300000

struct evaluation {
	struct arena *arena;
	const struct time_series_store *series;
	int64_t now_ms;
	struct error *err;
};

/* 422: the query is right but more than the sandbox can do. */
static enum error_kind unsupported(struct evaluation *e, const char *what, struct sv name)
{
	(void)error_set(e->err, ERR_INVALID, "the sandbox's Prometheus does not support %s%s%.*s",
		what, name.len > 0 ? " " : "", SV_ARG(name));
	e->err->code = 422;
	return e->err->kind;
}

static enum error_kind no_memory(struct evaluation *e)
{
	return arena_error(e->arena, e->err);
}

/* PromQL anchors patterns at both ends, and lets a dot match newlines. */
static enum error_kind matches_pattern(
	struct evaluation *e, struct sv pattern, struct sv subject, bool *ret)
{
	AUTO(rex_free) struct rex *r = NULL;
	char *anchored = arena_printf(e->arena, "^(?s:%.*s)$", SV_ARG(pattern));

	if (!anchored)
		return no_memory(e);
	if (rex_new(sv_of(anchored), &r, e->err) != ERR_OK)
		return e->err->kind;
	return rex_match(r, subject, ret, NULL, 0, e->err);
}

static enum error_kind selects(
	struct evaluation *e, const struct ast *vector, const struct time_series *s, bool *ret)
{
	*ret = true;
	for (size_t i = 0; i < vector->vector.n_matchers && *ret; i++) {
		const struct matcher *m = &vector->vector.matchers[i];
		char *label = arena_strdup(e->arena, m->label);
		if (!label)
			return no_memory(e);
		struct sv value = sv_of(time_series_label(s, label));
		bool equal = sv_eq(value, m->value);
		if (m->op == MATCHER_EQ || m->op == MATCHER_NEQ) {
			*ret = equal == (m->op == MATCHER_EQ);
			continue;
		}
		bool matched = false;
		if (matches_pattern(e, m->value, value, &matched) != ERR_OK)
			return e->err->kind;
		*ret = matched == (m->op == MATCHER_RE);
	}
	return ERR_OK;
}

static enum error_kind check_selector(struct evaluation *e, const struct ast *vector)
{
	const struct ast_shift *shift = &vector->vector.shift;

	if (shift->at != AST_AT_NONE)
		return unsupported(e, "the @ modifier", SV_NULL);
	if (shift->offset_ns != 0 || shift->offset_expr)
		return unsupported(e, "offset", SV_NULL);
	return ERR_OK;
}

/* Labels of a series as a row has them; __name__ stays only for plain selectors. */
static bool row_labels(
	struct evaluation *e, const struct time_series *s, bool keep_name, struct eval_row *row)
{
	row->labels = ARENA_ARRAY(e->arena, s->n_labels, struct eval_label);
	if (!row->labels)
		return false;
	for (size_t i = 0; i < s->n_labels; i++) {
		if (keep_name || strcmp(s->labels[i].name, "__name__") != 0)
			row->labels[row->n_labels++] =
				(struct eval_label){ sv_of(s->labels[i].name),
					sv_of(s->labels[i].value) };
	}
	return true;
}

static enum error_kind make_rows(struct evaluation *e, struct eval_result *ret)
{
	*ret = (struct eval_result){ .rows = ARENA_ARRAY(
					     e->arena, time_series_n(e->series), struct eval_row) };
	return ret->rows ? ERR_OK : no_memory(e);
}

static enum error_kind eval_vector(
	struct evaluation *e, const struct ast *n, struct eval_result *ret)
{
	if (check_selector(e, n) != ERR_OK || make_rows(e, ret) != ERR_OK)
		return e->err->kind;
	for (size_t i = 0; i < time_series_n(e->series); i++) {
		const struct time_series *s = time_series_at(e->series, i);
		bool chosen;
		if (selects(e, n, s, &chosen) != ERR_OK)
			return e->err->kind;
		struct time_series_sample sample;
		if (!chosen || !range_function_latest(s, e->now_ms, LOOKBACK_MS, &sample))
			continue;
		struct eval_row *row = &ret->rows[ret->n++];
		row->value = sample.value;
		if (!row_labels(e, s, true, row))
			return no_memory(e);
	}
	return ERR_OK;
}

static enum error_kind eval_call(struct evaluation *e, const struct ast *n, struct eval_result *ret)
{
	const struct function *f = n->call.function;
	range_function_fn compute = range_function_find(f->id);

	if (!compute)
		return unsupported(e, "the function", sv_of(f->name));
	const struct ast *range = n->call.args[0];
	while (range->kind == AST_PAREN)
		range = range->paren.expr;
	if (range->kind != AST_MATRIX)
		return unsupported(e, "a subquery in", sv_of(f->name));
	if (range->matrix.range_expr)
		return unsupported(e, "arithmetic in a range", SV_NULL);
	const struct ast *vector = range->matrix.vector;
	if (check_selector(e, vector) != ERR_OK || make_rows(e, ret) != ERR_OK)
		return e->err->kind;
	for (size_t i = 0; i < time_series_n(e->series); i++) {
		const struct time_series *s = time_series_at(e->series, i);
		bool chosen;
		if (selects(e, vector, s, &chosen) != ERR_OK)
			return e->err->kind;
		const struct range_window window =
			range_function_window(s, e->now_ms, range->matrix.range_ns / NS_PER_MS);
		double value;
		if (!chosen || window.n == 0 || !compute(&window, &value))
			continue;
		struct eval_row *row = &ret->rows[ret->n++];
		row->value = value;
		if (!row_labels(e, s,
			    f->id == FUNCTION_LAST_OVER_TIME || f->id == FUNCTION_FIRST_OVER_TIME,
			    row))
			return no_memory(e);
	}
	return ERR_OK;
}

static bool listed(const struct ast_labels *labels, struct sv name)
{
	for (size_t i = 0; i < labels->n; i++) {
		if (sv_eq(labels->at[i], name))
			return true;
	}
	return false;
}

/* The labels of a row that its group keeps. */
static bool group_labels(
	struct evaluation *e, const struct ast *n, const struct eval_row *row, struct eval_row *ret)
{
	*ret = (struct eval_row){ .labels =
					  ARENA_ARRAY(e->arena, row->n_labels, struct eval_label) };
	if (!ret->labels)
		return false;
	for (size_t i = 0; i < row->n_labels; i++) {
		bool in_list = listed(&n->aggregate.grouping, row->labels[i].name);
		bool kept = n->aggregate.without
				    ? !in_list && !sv_is(row->labels[i].name, "__name__")
				    : in_list;
		if (kept)
			ret->labels[ret->n_labels++] = row->labels[i];
	}
	return true;
}

static bool same_labels(const struct eval_row *a, const struct eval_row *b)
{
	if (a->n_labels != b->n_labels)
		return false;
	for (size_t i = 0; i < a->n_labels; i++) {
		if (!sv_eq(a->labels[i].name, b->labels[i].name) ||
			!sv_eq(a->labels[i].value, b->labels[i].value))
			return false;
	}
	return true;
}

static double accumulate(enum token_kind op, double so_far, double value)
{
	if (op == TOKEN_MIN)
		return value < so_far || isnan(so_far) ? value : so_far;
	if (op == TOKEN_MAX)
		return value > so_far || isnan(so_far) ? value : so_far;
	return so_far + value;
}

static enum error_kind eval(struct evaluation *e, const struct ast *n, struct eval_result *ret);

/* Adds one row to its group, which is made when it is the first. */
static enum error_kind add_to_group(struct evaluation *e, const struct ast *n,
	const struct eval_row *row, size_t *counts, struct eval_result *groups)
{
	double value = n->aggregate.op == TOKEN_COUNT ? 1 : row->value;
	struct eval_row group;
	size_t at = 0;

	if (!group_labels(e, n, row, &group))
		return no_memory(e);
	while (at < groups->n && !same_labels(&groups->rows[at], &group))
		at++;
	if (at == groups->n) {
		group.value = value;
		groups->rows[groups->n++] = group;
	} else {
		groups->rows[at].value = accumulate(n->aggregate.op, groups->rows[at].value, value);
	}
	counts[at]++;
	return ERR_OK;
}

static bool is_supported_aggregator(enum token_kind op)
{
	return op == TOKEN_SUM || op == TOKEN_AVG || op == TOKEN_MIN || op == TOKEN_MAX ||
	       op == TOKEN_COUNT;
}

static enum error_kind eval_aggregate(
	struct evaluation *e, const struct ast *n, struct eval_result *ret)
{
	struct eval_result in;

	if (!is_supported_aggregator(n->aggregate.op))
		return unsupported(
			e, "an aggregation other than sum, avg, min, max and count", SV_NULL);
	if (eval(e, n->aggregate.expr, &in) != ERR_OK)
		return e->err->kind;
	size_t *counts = ARENA_ARRAY(e->arena, in.n, size_t);
	*ret = (struct eval_result){ .rows = ARENA_ARRAY(e->arena, in.n, struct eval_row) };
	if (!counts || !ret->rows)
		return no_memory(e);
	for (size_t i = 0; i < in.n; i++) {
		if (add_to_group(e, n, &in.rows[i], counts, ret) != ERR_OK)
			return e->err->kind;
	}
	for (size_t i = 0; n->aggregate.op == TOKEN_AVG && i < ret->n; i++)
		ret->rows[i].value /= (double)counts[i];
	return ERR_OK;
}

/* False: not arithmetic. */
static bool calculate(enum token_kind op, double a, double b, double *ret)
{
	if (op == TOKEN_ADD)
		*ret = a + b;
	else if (op == TOKEN_SUB)
		*ret = a - b;
	else if (op == TOKEN_MUL)
		*ret = a * b;
	else if (op == TOKEN_DIV)
		*ret = a / b;
	else if (op == TOKEN_MOD)
		*ret = fmod(a, b);
	else if (op == TOKEN_POW)
		*ret = pow(a, b);
	else
		return false;
	return true;
}

static void drop_name(struct eval_row *row)
{
	size_t kept = 0;

	for (size_t i = 0; i < row->n_labels; i++) {
		if (!sv_is(row->labels[i].name, "__name__"))
			row->labels[kept++] = row->labels[i];
	}
	row->n_labels = kept;
}

static enum error_kind eval_binary(
	struct evaluation *e, const struct ast *n, struct eval_result *ret)
{
	struct eval_result left, right;

	if (eval(e, n->binary.left, &left) != ERR_OK || eval(e, n->binary.right, &right) != ERR_OK)
		return e->err->kind;
	if (!left.is_scalar && !right.is_scalar)
		return unsupported(e, "an operator between two vectors", SV_NULL);
	*ret = left.is_scalar ? right : left;
	for (size_t i = 0; i < ret->n; i++) {
		double a = left.is_scalar ? left.rows[0].value : left.rows[i].value;
		double b = right.is_scalar ? right.rows[0].value : right.rows[i].value;
		if (!calculate(n->binary.op, a, b, &ret->rows[i].value))
			return unsupported(e, "an operator other than + - * / % ^", SV_NULL);
		drop_name(&ret->rows[i]);
	}
	return ERR_OK;
}

static enum error_kind eval_unary(
	struct evaluation *e, const struct ast *n, struct eval_result *ret)
{
	if (eval(e, n->unary.expr, ret) != ERR_OK)
		return e->err->kind;
	for (size_t i = 0; n->unary.op == TOKEN_SUB && i < ret->n; i++) {
		ret->rows[i].value = -ret->rows[i].value;
		drop_name(&ret->rows[i]);
	}
	return ERR_OK;
}

static enum error_kind eval(struct evaluation *e, const struct ast *n, struct eval_result *ret)
{
	switch (n->kind) {
	case AST_NUMBER:
		*ret = (struct eval_result){
			.is_scalar = true, .rows = ARENA_NEW(e->arena, struct eval_row), .n = 1
		};
		if (!ret->rows)
			return no_memory(e);
		ret->rows[0].value = n->number.value;
		return ERR_OK;
	case AST_VECTOR:
		return eval_vector(e, n, ret);
	case AST_AGGREGATE:
		return eval_aggregate(e, n, ret);
	case AST_BINARY:
		return eval_binary(e, n, ret);
	case AST_CALL:
		return eval_call(e, n, ret);
	case AST_PAREN:
		return eval(e, n->paren.expr, ret);
	case AST_UNARY:
		return eval_unary(e, n, ret);
	case AST_STRING:
		return unsupported(e, "a string as a result", SV_NULL);
	case AST_MATRIX:
		return unsupported(e, "a range vector as a result", SV_NULL);
	case AST_SUBQUERY:
		return unsupported(e, "subqueries", SV_NULL);
	case AST_DURATION:
		return unsupported(e, "arithmetic in durations", SV_NULL);
	}
	return error_set(e->err, ERR_BUG, "unknown kind of node");
}

static enum error_kind parse(struct arena *a, struct sv query, struct ast **ret, struct error *err)
{
	if (query.len > MAX_QUERY_BYTES)
		return error_set(err, ERR_INVALID,
			"the sandbox's Prometheus takes queries of at most %d bytes",
			MAX_QUERY_BYTES);
	return parser_parse(a, query, PARSER_STOCK, ret, NULL, err);
}

enum error_kind promql_eval(struct arena *a, const struct time_series_store *series,
	struct sv query, int64_t time_ms, struct eval_result *ret, struct error *err)
{
	struct evaluation e = { .arena = a, .series = series, .now_ms = time_ms, .err = err };
	struct ast *tree;

	if (parse(a, query, &tree, err) != ERR_OK)
		return err->kind;
	return eval(&e, tree, ret);
}

enum error_kind promql_eval_series(struct arena *a, const struct time_series_store *series,
	struct sv selector, int64_t start_ms, int64_t end_ms, const struct time_series ***ret,
	size_t *ret_n, struct error *err)
{
	struct evaluation e = { .arena = a, .series = series, .err = err };
	const struct time_series **found =
		ARENA_ARRAY(a, time_series_n(series), const struct time_series *);
	struct ast *tree;
	size_t n = 0;

	if (!found)
		return arena_error(a, err);
	if (parse(a, selector, &tree, err) != ERR_OK)
		return err->kind;
	if (tree->kind != AST_VECTOR)
		return error_set(err, ERR_INVALID, "match[] must be a series selector");
	for (size_t i = 0; i < time_series_n(series); i++) {
		const struct time_series *s = time_series_at(series, i);
		bool chosen;
		if (selects(&e, tree, s, &chosen) != ERR_OK)
			return err->kind;
		if (chosen && s->n > 0 && time_series_sample_at(s, 0).time_ms <= end_ms &&
			time_series_sample_at(s, s->n - 1).time_ms >= start_ms)
			found[n++] = s;
	}
	*ret = found;
	*ret_n = n;
	return ERR_OK;
}
