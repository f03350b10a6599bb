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

struct ast *ast_child(const struct ast *n, size_t i)
{
	switch ((int)n->kind) {
	case AST_BINARY:
		return i == 0 ? n->binary.left : i == 1 ? n->binary.right : NULL;
	case AST_AGGREGATE:
		return i == 0 ? n->aggregate.expr : i == 1 ? n->aggregate.param : NULL;
	case AST_CALL:
		return i < n->call.n_args ? n->call.args[i] : NULL;
	case AST_SUBQUERY:
		return i == 0 ? n->subquery.expr : NULL;
	case AST_MATRIX:
		return i == 0 ? n->matrix.vector : NULL;
	case AST_PAREN:
		return i == 0 ? n->paren.expr : NULL;
	case AST_UNARY:
		return i == 0 ? n->unary.expr : NULL;
	default:
		return NULL;
	}
}
