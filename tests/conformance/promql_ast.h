#pragma once
/* Trees of the PromQL vectors. */
#include "promql/ast.h"
#include "tests/conformance/promql_text.h"

/* Compares a recorded tree with ours, positions included (those of duration expressions aside). */
bool promql_ast_eq(struct conformance *c, const struct jtree *expected, const struct ast *got);
