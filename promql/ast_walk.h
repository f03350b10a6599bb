#pragma once
/* Walking whole trees without recursion. */
#include "common/arena.h"
#include "common/error.h"
#include "promql/ast.h"

/* Calls fn for every node, a node before its children, those in the reference's order (ast_child), until it returns false.
 * errors: NOMEM. */
typedef bool (*ast_walk_fn)(struct ast *n, void *ctx);
MUST_USE enum error_kind ast_walk(struct ast *root, ast_walk_fn fn, void *ctx, struct error *err);
