/* Facts about single nodes. */
#include "promql/ast.h"

const char *ast_type_name(enum value_type type)
{
	static const char *const names[] = { "none", "instant vector", "range vector", "scalar",
		"string" };

	return names[type];
}

struct ast *ast_left(const struct ast *n)
{
	switch ((int)n->kind) {
	case AST_BINARY:
		return n->binary.left;
	case AST_SUBQUERY:
		return n->subquery.expr;
	case AST_MATRIX:
		return n->matrix.vector;
	default:
		return NULL;
	}
}

static struct ast *only_child(const struct ast *n)
{
	switch ((int)n->kind) {
	case AST_SUBQUERY:
		return n->subquery.expr;
	case AST_MATRIX:
		return n->matrix.vector;
	case AST_PAREN:
		return n->paren.expr;
	case AST_UNARY:
		return n->unary.expr;
	default:
		return NULL;
	}
}

struct ast *ast_child(const struct ast *n, size_t i)
{
	if (n->kind == AST_CALL)
		return i < n->call.n_args ? n->call.args[i] : NULL;
	if (i > 1)
		return NULL;
	if (n->kind == AST_BINARY)
		return i ? n->binary.right : n->binary.left;
	if (n->kind == AST_AGGREGATE)
		return i ? n->aggregate.param : n->aggregate.expr;
	return i ? NULL : only_child(n);
}
