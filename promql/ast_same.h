#pragma once
/* Whether two trees are the same question. Positions do not count, nor does the order of a selector's matchers, nor a plus sign in front. */
#include "common/arena.h"
#include "common/error.h"
#include "promql/ast.h"

/* The arena is scratch. Trees are at most PARSER_MAX_DEPTH deep off their left spines. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind ast_same(
	struct arena *a, const struct ast *x, const struct ast *y, bool *ret, struct error *err);
