#pragma once
/* enforceNamespace: every selector of a query gets a matcher for the namespace that is asked for, added to the parsed tree. No template, no selector of
 * a request and no operator leads around it. */
#include "adapter/naming.h"

/* Whether the rule's queries can be enforced at all: the namespace has a label, the query is PromQL that we can read, and nothing in it contradicts
 * or escapes the matcher. errors: INVALID with the reason, LIMIT, NOMEM */
MUST_USE enum error_kind enforce_check(
	struct arena *a, const struct mapper *m, const struct naming *n, struct error *err);
/* Whether objects of that kind have a namespace, or are one. An unknown kind has none. */
bool enforce_is_possible(const struct mapper *m, struct mapper_name resource);
/* `query` with label="NAMESPACE" (of several: label=~"A|B") in every selector, in canonical form, in the arena. n is at least 1.
 * errors: INVALID (no PromQL, a contradiction), LIMIT, NOMEM */
MUST_USE enum error_kind enforce_query(struct arena *a, struct sv query, struct sv label,
	const struct sv *namespaces, size_t n, struct sv *ret, struct error *err);
/* The label that the rule's mapping has for namespaces. errors: INVALID (none), NOMEM */
MUST_USE enum error_kind enforce_label(struct arena *a, const struct mapper *m,
	const struct naming *n, struct sv *ret, struct error *err);
