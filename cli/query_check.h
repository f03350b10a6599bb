#pragma once
/* What is wrong with a query: errors of the parser with their places, and what a version of Prometheus would refuse. Pure. */
#include "cli/query_version.h"
#include "common/buf.h"
#include "common/vec.h"

struct query_problem {
	uint32_t start;
	const char *text; /* without the place */
	const char *hint; /* what to write instead; NULL: nothing comes to mind */
};

struct query_check {
	struct ast *root; /* NULL when it does not parse */
	struct query_problem *problems;
	size_t n_problems;
};

struct query_check_options {
	struct query_version version;
	const char *const *features; /* flags that the server has; NULL-terminated, may be NULL */
};

/* Everything is in the arena, query lives as long. "It is wrong" is no error. errors: LIMIT (longer or deeper than we take), NOMEM. */
MUST_USE enum error_kind query_check(struct arena *a, struct sv query,
	const struct query_check_options *options, struct query_check *ret, struct error *err);
/* "1:5: unknown function with name "rat"; did you mean rate?" for each problem, one a line, `name` in front unless it is NULL. */
void query_check_print(
	struct buf *out, const char *name, struct sv query, const struct query_check *c);
