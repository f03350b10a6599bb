#pragma once
/* A query taken apart for a person: tree with types, selectors with their windows, cost, and whether one query answers for all objects. Pure. */
#include "cli/query_cost.h"
#include "common/arena.h"

struct query_explain_options {
	struct query_cost_options cost;
	const struct sv *object_labels; /* equalities on these name the object */
	size_t n_object_labels;		/* 0: separability is left out */
};

/* root is consumed. errors: INVALID (too many object labels), LIMIT, NOMEM. */
MUST_USE enum error_kind query_explain(struct arena *a, struct sv query, struct ast *root,
	const struct query_explain_options *options, struct buf *out, struct error *err);

/* "one grouped query: ..." or "one query per object: scalar() at 1:14", with the grouped form on a line of its own. Equalities on an object label count
 * as the object's own value. root is consumed. errors: as above. */
MUST_USE enum error_kind query_explain_asking(struct arena *a, struct sv query, struct ast *root,
	const struct sv *labels, size_t n_labels, const char *indent, struct buf *out,
	struct error *err);
