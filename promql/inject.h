#pragma once
/* Adding label matchers to every selector of a tree: the way a namespace is enforced. Text is never pasted. */
#include "common/arena.h"
#include "common/error.h"
#include "promql/ast.h"

enum inject_class {
	INJECT_CONFLICT, /* a selector, or two of the matchers to add, contradict */
	INJECT_INFO,	 /* info() reads series by itself and cannot be restricted */
};

struct inject_refusal {
	enum inject_class class;
	bool has_position; /* false: two of the matchers to add contradict */
	uint32_t start, end;
	struct sv label; /* CONFLICT */
};

/* Adds the matchers to every selector below root (in place), inside of subqueries and on both sides of operators too. A matcher that is
 * there already is not added twice. Two matchers on one label contradict when one is an equality and the other does not match its value.
 * RE and NRE matchers without a compiled regexp are compiled into the arena. Texts of `add` must live as long as the tree.
 * errors: INVALID with a sentence that names the position in `query` (the text root was parsed from), and *ret_refusal (may be NULL);
 *         LIMIT, NOMEM. After an error the tree is as it was. */
MUST_USE enum error_kind inject_matchers(struct arena *a, struct ast *root, struct sv query,
	const struct matcher *add, size_t n, struct inject_refusal *ret_refusal, struct error *err);
