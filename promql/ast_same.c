/* Node by node, down both left spines with a loop and into the rest by recursion. */
#include "promql/ast_same.h"

#include <math.h>
#include <stdlib.h>

struct comparison {
	struct arena *arena;
	bool no_memory;
};

static bool same_numbers(double x, double y)
{
	if (isnan(x) || isnan(y))
		return isnan(x) && isnan(y);
	return x <= y && x >= y && signbit(x) == signbit(y);
}

static bool same_labels(const struct ast_labels *x, const struct ast_labels *y)
{
	for (size_t i = 0; x->n == y->n && i < x->n; i++)
		if (!sv_eq(x->at[i], y->at[i]))
			return false;
	return x->n == y->n;
}

static int compare_matchers(const struct matcher *x, const struct matcher *y)
{
	int order = sv_cmp(x->label, y->label);

	if (order == 0)
		order = (int)x->op - (int)y->op;
	return order ? order : sv_cmp(x->value, y->value);
}

static int compare_places(const void *x, const void *y)
{
	return compare_matchers(
		*(const struct matcher *const *)x, *(const struct matcher *const *)y);
}

static const struct matcher **sorted(struct comparison *c, const struct matcher *matchers, size_t n)
{
	const struct matcher **places = ARENA_ARRAY(c->arena, n, const struct matcher *);

	c->no_memory = c->no_memory || !places;
	for (size_t i = 0; places && i < n; i++)
		places[i] = &matchers[i];
	if (places)
		qsort(places, n, sizeof(*places), compare_places);
	return places;
}

static bool same_matchers(struct comparison *c, const struct ast *x, const struct ast *y)
{
	const struct matcher *of_x = x->vector.matchers, *of_y = y->vector.matchers;
	size_t n = x->vector.n_matchers, i = 0;

	if (n != y->vector.n_matchers)
		return false;
	while (i < n && compare_matchers(&of_x[i], &of_y[i]) == 0)
		i++;
	if (i == n)
		return true;
	const struct matcher **left = sorted(c, of_x, n), **right = sorted(c, of_y, n);
	if (!left || !right)
		return false;
	for (i = 0; i < n; i++)
		if (compare_matchers(left[i], right[i]))
			return false;
	return true;
}

static bool same(struct comparison *c, const struct ast *x, const struct ast *y);

/* Both may be missing. */
static bool same_or_none(struct comparison *c, const struct ast *x, const struct ast *y)
{
	return x && y ? same(c, x, y) : x == y;
}

static bool same_shifts(struct comparison *c, const struct ast_shift *x, const struct ast_shift *y)
{
	return x->at == y->at && (x->at != AST_AT_TIME || x->at_ms == y->at_ms) &&
	       x->offset_ns == y->offset_ns && same_or_none(c, x->offset_expr, y->offset_expr);
}

static bool same_vectors(struct comparison *c, const struct ast *x, const struct ast *y)
{
	return same_matchers(c, x, y) && same_shifts(c, &x->vector.shift, &y->vector.shift) &&
	       x->vector.anchored == y->vector.anchored &&
	       x->vector.smoothed == y->vector.smoothed && x->vector.bare == y->vector.bare;
}

static bool same_matchings(const struct ast_matching *x, const struct ast_matching *y)
{
	if (!x || !y)
		return x == y;
	return x->card == y->card && x->on == y->on && same_labels(&x->labels, &y->labels) &&
	       same_labels(&x->include, &y->include) && x->has_fill_left == y->has_fill_left &&
	       x->has_fill_right == y->has_fill_right &&
	       (!x->has_fill_left || same_numbers(x->fill_left, y->fill_left)) &&
	       (!x->has_fill_right || same_numbers(x->fill_right, y->fill_right));
}

static bool same_calls(struct comparison *c, const struct ast *x, const struct ast *y)
{
	if (x->call.function->id != y->call.function->id || x->call.n_args != y->call.n_args)
		return false;
	for (size_t i = 0; i < x->call.n_args; i++)
		if (!same(c, x->call.args[i], y->call.args[i]))
			return false;
	return true;
}

static bool same_aggregates(struct comparison *c, const struct ast *x, const struct ast *y)
{
	return x->aggregate.op == y->aggregate.op && x->aggregate.without == y->aggregate.without &&
	       same_labels(&x->aggregate.grouping, &y->aggregate.grouping) &&
	       same_or_none(c, x->aggregate.param, y->aggregate.param) &&
	       same(c, x->aggregate.expr, y->aggregate.expr);
}

static bool same_subqueries(struct comparison *c, const struct ast *x, const struct ast *y)
{
	return x->subquery.range_ns == y->subquery.range_ns &&
	       x->subquery.step_ns == y->subquery.step_ns &&
	       same_or_none(c, x->subquery.range_expr, y->subquery.range_expr) &&
	       same_or_none(c, x->subquery.step_expr, y->subquery.step_expr) &&
	       same_shifts(c, &x->subquery.shift, &y->subquery.shift);
}

static bool same_matrices(struct comparison *c, const struct ast *x, const struct ast *y)
{
	return x->matrix.range_ns == y->matrix.range_ns &&
	       same_or_none(c, x->matrix.range_expr, y->matrix.range_expr);
}

static bool same_operators(struct comparison *c, const struct ast *x, const struct ast *y)
{
	return x->binary.op == y->binary.op && x->binary.return_bool == y->binary.return_bool &&
	       same_matchings(x->binary.matching, y->binary.matching) &&
	       same(c, x->binary.right, y->binary.right);
}

/* In a duration the sign of a zero tells nothing: the result is a whole number, and dividing by zero fails. */
static bool same_operands(struct comparison *c, const struct ast *x, const struct ast *y)
{
	if (x && y && x->kind == AST_NUMBER && y->kind == AST_NUMBER)
		return x->number.value <= y->number.value && x->number.value >= y->number.value;
	return same_or_none(c, x, y);
}

static bool same_durations(struct comparison *c, const struct ast *x, const struct ast *y)
{
	return x->duration.op == y->duration.op &&
	       same_operands(c, x->duration.left, y->duration.left) &&
	       same_operands(c, x->duration.right, y->duration.right);
}

/* Of nodes on the spine: all but what is on their left. */
static bool same_node(struct comparison *c, const struct ast *x, const struct ast *y)
{
	switch (x->kind) {
	case AST_NUMBER:
		return same_numbers(x->number.value, y->number.value);
	case AST_STRING:
		return sv_eq(x->string.value, y->string.value);
	case AST_VECTOR:
		return same_vectors(c, x, y);
	case AST_MATRIX:
		return same_matrices(c, x, y);
	case AST_SUBQUERY:
		return same_subqueries(c, x, y);
	case AST_AGGREGATE:
		return same_aggregates(c, x, y);
	case AST_BINARY:
		return same_operators(c, x, y);
	case AST_CALL:
		return same_calls(c, x, y);
	case AST_PAREN:
		return same(c, x->paren.expr, y->paren.expr);
	case AST_UNARY:
		return x->unary.op == y->unary.op && same(c, x->unary.expr, y->unary.expr);
	case AST_DURATION:
		return same_durations(c, x, y);
	}
	return false;
}

/* A plus in front changes nothing, and an infinity as a literal is printed with one. */
static const struct ast *without_plus(const struct ast *n)
{
	while (n->kind == AST_UNARY && n->unary.op == TOKEN_ADD)
		n = n->unary.expr;
	while (n->kind == AST_DURATION && n->duration.op == TOKEN_ADD && !n->duration.left)
		n = n->duration.right;
	return n;
}

static bool same(struct comparison *c, const struct ast *x, const struct ast *y)
{
	while (x && y) {
		x = without_plus(x);
		y = without_plus(y);
		if (c->no_memory || x->kind != y->kind || !same_node(c, x, y))
			return false;
		x = ast_left(x);
		y = ast_left(y);
	}
	return x == y;
}

enum error_kind ast_same(
	struct arena *a, const struct ast *x, const struct ast *y, bool *ret, struct error *err)
{
	struct comparison c = { .arena = a };
	bool found = same(&c, x, y);

	if (c.no_memory)
		return arena_error(a, err);
	*ret = found;
	return ERR_OK;
}
