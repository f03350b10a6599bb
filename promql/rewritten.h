#pragma once
/* A tree that was changed -> the text that is asked. There are trees whose canonical form is another query (printer.h), so what was printed is read once
 * more, and goes out only where it is the tree again. Everybody who prints a query in order to ask it prints it here. */
#include "common/arena.h"
#include "common/error.h"
#include "promql/ast.h"

/* The canonical form, in the arena, which holds the second tree too. errors: INVALID (it would mean something else), LIMIT (longer than
 * `max` bytes, or than the parser takes), NOMEM */
MUST_USE enum error_kind rewritten_print(
	struct arena *a, const struct ast *root, size_t max, struct sv *ret, struct error *err);
/* Whether the text is this tree. errors: INVALID, LIMIT, NOMEM as above */
MUST_USE enum error_kind rewritten_check(
	struct arena *a, const struct ast *root, struct sv text, struct error *err);
