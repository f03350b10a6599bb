/* Trees of the PromQL vectors against ours, node by node. */
#include "tests/conformance/promql_ast.h"

static bool eq(struct conformance *c, const struct jtree *expected, const struct ast *got);

static bool eq_i64(
	struct conformance *c, const char *what, const struct jtree *expected, int64_t got)
{
	int64_t value = 0;

	if (!jtree_is_absent(expected) && !jtree_i64(expected, &value))
		return conformance_fail(c, "%s: no integer in the vector", what);
	return conformance_eq_i64(c, what, value, got);
}

static bool eq_labels(struct conformance *c, const char *what, const struct jtree *expected,
	const struct ast_labels *got)
{
	size_t i = 0;

	if (!conformance_eq_i64(c, what, expected ? (int64_t)expected->n : 0, (int64_t)got->n))
		return false;
	JTREE_FOREACH (label, expected) {
		if (!conformance_eq_text(c, what, promql_text_of(c, label), got->at[i++]))
			return false;
	}
	return true;
}

static bool eq_matchers(struct conformance *c, const struct jtree *expected, const struct ast *got)
{
	size_t i = 0;

	if (!conformance_eq_i64(c, "matchers", expected ? (int64_t)expected->n : 0,
		    (int64_t)got->vector.n_matchers))
		return false;
	JTREE_FOREACH (m, expected) {
		const struct matcher *mine = &got->vector.matchers[i++];

		if (!conformance_eq_text(
			    c, "matcher label", promql_text_get(c, m, "l"), mine->label) ||
			!conformance_eq_text(c, "matcher op", promql_text_get(c, m, "op"),
				sv_of(matcher_op_text(mine->op))) ||
			!conformance_eq_text(
				c, "matcher value", promql_text_get(c, m, "v"), mine->value))
			return false;
	}
	return true;
}

/* A number of nanoseconds, or an expression under the member with an x. */
static bool eq_duration(struct conformance *c, const struct jtree *node, const char *plain,
	const char *with_x, int64_t ns, const struct ast *expr)
{
	const struct jtree *x = jtree_get(node, with_x);

	if (!conformance_eq_bool(c, with_x, x != NULL, expr != NULL))
		return false;
	return expr ? eq(c, x, expr) : eq_i64(c, plain, jtree_get(node, plain), ns);
}

static bool eq_shift(struct conformance *c, const struct jtree *node, const struct ast_shift *shift)
{
	const struct jtree *at = jtree_get(node, "at");

	if (!eq_duration(c, node, "off", "offx", shift->offset_ns, shift->offset_expr))
		return false;
	if (!at)
		return conformance_eq_bool(c, "at", false, shift->at != AST_AT_NONE);
	if (at->kind == JTREE_STRING)
		return conformance_eq_text(c, "at", at->text,
			shift->at == AST_AT_START ? SV("start")
			: shift->at == AST_AT_END ? SV("end")
						  : SV("no word"));
	return conformance_eq_bool(c, "at", true, shift->at == AST_AT_TIME) &&
	       eq_i64(c, "at", at, shift->at_ms);
}

static bool eq_vector(struct conformance *c, const struct jtree *e, const struct ast *n)
{
	return conformance_eq_text(c, "name", promql_text_get(c, e, "name"), n->vector.name) &&
	       eq_matchers(c, jtree_get(e, "m"), n) && eq_shift(c, e, &n->vector.shift) &&
	       conformance_eq_bool(
		       c, "anchored", conformance_flag(e, "anchored"), n->vector.anchored) &&
	       conformance_eq_bool(
		       c, "smoothed", conformance_flag(e, "smoothed"), n->vector.smoothed) &&
	       conformance_eq_bool(c, "bare", conformance_flag(e, "bare"), n->vector.bare);
}

static bool eq_aggregate(struct conformance *c, const struct jtree *e, const struct ast *n)
{
	const struct jtree *labels = jtree_get(e, n->aggregate.without ? "without" : "by");

	if (!conformance_eq_text(
		    c, "op", conformance_text(e, "op"), sv_of(token_text(n->aggregate.op))) ||
		!conformance_eq_bool(
			c, "without", jtree_get(e, "without") != NULL, n->aggregate.without) ||
		!eq_labels(c, "grouping", labels, &n->aggregate.grouping) ||
		!conformance_eq_bool(
			c, "param", jtree_get(e, "param") != NULL, n->aggregate.param != NULL))
		return false;
	return (!n->aggregate.param || eq(c, jtree_get(e, "param"), n->aggregate.param)) &&
	       eq(c, jtree_get(e, "e"), n->aggregate.expr);
}

static bool eq_fill(struct conformance *c, const struct jtree *match, const char *member, bool has,
	double value)
{
	const struct jtree *bits = jtree_get(match, member);

	if (!conformance_eq_bool(c, member, bits != NULL, has))
		return false;
	return !has || promql_text_eq_bits(c, member, bits->text, value);
}

static bool eq_matching(struct conformance *c, const struct jtree *e, const struct ast_matching *m)
{
	static const char *const cards[] = { "one-to-one", "many-to-one", "one-to-many",
		"many-to-many" };

	if (!conformance_eq_bool(c, "match", e != NULL, m != NULL))
		return false;
	return !m || (conformance_eq_text(
			      c, "card", conformance_text(e, "card"), sv_of(cards[m->card])) &&
			     conformance_eq_bool(c, "on", conformance_flag(e, "on"), m->on) &&
			     eq_labels(c, "labels", jtree_get(e, "labels"), &m->labels) &&
			     eq_labels(c, "include", jtree_get(e, "include"), &m->include) &&
			     eq_fill(c, e, "fill_left", m->has_fill_left, m->fill_left) &&
			     eq_fill(c, e, "fill_right", m->has_fill_right, m->fill_right));
}

static bool eq_binary(struct conformance *c, const struct jtree *e, const struct ast *n)
{
	return conformance_eq_text(
		       c, "op", conformance_text(e, "op"), sv_of(token_text(n->binary.op))) &&
	       conformance_eq_bool(c, "bool", conformance_flag(e, "bool"), n->binary.return_bool) &&
	       eq_matching(c, jtree_get(e, "match"), n->binary.matching) &&
	       eq(c, jtree_get(e, "l"), n->binary.left) &&
	       eq(c, jtree_get(e, "r"), n->binary.right);
}

static bool eq_call(struct conformance *c, const struct jtree *e, const struct ast *n)
{
	const struct jtree *args = jtree_get(e, "args");
	size_t i = 0;

	if (!conformance_eq_text(
		    c, "fn", conformance_text(e, "fn"), sv_of(n->call.function->name)) ||
		!conformance_eq_i64(
			c, "args", args ? (int64_t)args->n : 0, (int64_t)n->call.n_args))
		return false;
	JTREE_FOREACH (arg, args) {
		if (!eq(c, arg, n->call.args[i++]))
			return false;
	}
	return true;
}

static bool eq_duration_node(struct conformance *c, const struct jtree *e, const struct ast *n)
{
	const struct jtree *left = jtree_get(e, "l"), *right = jtree_get(e, "r");

	if (!conformance_eq_text(
		    c, "op", conformance_text(e, "op"), sv_of(token_text(n->duration.op))) ||
		!conformance_eq_bool(
			c, "wrapped", conformance_flag(e, "wrapped"), n->duration.wrapped) ||
		!conformance_eq_bool(c, "l", left != NULL, n->duration.left != NULL) ||
		!conformance_eq_bool(c, "r", right != NULL, n->duration.right != NULL))
		return false;
	return (!left || eq(c, left, n->duration.left)) &&
	       (!right || eq(c, right, n->duration.right));
}

static bool eq_rest(struct conformance *c, const struct jtree *e, const struct ast *n)
{
	switch (n->kind) {
	case AST_NUMBER:
		return promql_text_eq_bits(
			       c, "bits", conformance_text(e, "bits"), n->number.value) &&
		       conformance_eq_bool(
			       c, "dur", conformance_flag(e, "dur"), n->number.is_duration);
	case AST_STRING:
		return conformance_eq_text(c, "v", promql_text_get(c, e, "v"), n->string.value);
	case AST_VECTOR:
		return eq_vector(c, e, n);
	case AST_MATRIX:
		return eq_duration(
			       c, e, "range", "rangex", n->matrix.range_ns, n->matrix.range_expr) &&
		       eq(c, jtree_get(e, "e"), n->matrix.vector);
	case AST_SUBQUERY:
		return eq_duration(c, e, "range", "rangex", n->subquery.range_ns,
			       n->subquery.range_expr) &&
		       eq_duration(
			       c, e, "step", "stepx", n->subquery.step_ns, n->subquery.step_expr) &&
		       eq_shift(c, e, &n->subquery.shift) &&
		       eq(c, jtree_get(e, "e"), n->subquery.expr);
	case AST_AGGREGATE:
		return eq_aggregate(c, e, n);
	case AST_BINARY:
		return eq_binary(c, e, n);
	case AST_CALL:
		return eq_call(c, e, n);
	case AST_PAREN:
		return eq(c, jtree_get(e, "e"), n->paren.expr);
	case AST_UNARY:
		return conformance_eq_text(c, "op", conformance_text(e, "op"),
			       sv_of(token_text(n->unary.op))) &&
		       eq(c, jtree_get(e, "e"), n->unary.expr);
	case AST_DURATION:
		return eq_duration_node(c, e, n);
	}
	return false;
}

static bool eq(struct conformance *c, const struct jtree *e, const struct ast *n)
{
	static const char *const kinds[] = { "num", "str", "vec", "mat", "sub", "agg", "bin",
		"call", "par", "un", "dur" };
	const struct jtree *p = jtree_get(e, "p");

	if (!e || !p)
		return conformance_fail(c, "%s: no such node in the vector", kinds[n->kind]);
	if (!conformance_eq_text(c, "kind", conformance_text(e, "k"), sv_of(kinds[n->kind])))
		return false;
	if (n->kind != AST_DURATION && (!eq_i64(c, "start", p->first, n->start) ||
					       !eq_i64(c, "end", p->first->next, n->end)))
		return false;
	return eq_rest(c, e, n);
}

bool promql_ast_eq(struct conformance *c, const struct jtree *expected, const struct ast *got)
{
	return eq(c, expected, got);
}
