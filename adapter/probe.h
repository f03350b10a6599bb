#pragma once
/* A rule's query for a made-up object: what can be said about the rule before anybody asks. Pure. */
#include "adapter/query.h"
#include "promql/ast.h"

struct probe {
	struct sv text;
	struct ast *tree;
	struct sv namespace_label; /* what the rule's mapping calls the namespace */
};

/* Of a custom rule for a namespace as the object, of an external rule for a namespace.
 * errors: INVALID (the namespace has no label, the template fails, the text is no PromQL), LIMIT, NOMEM */
MUST_USE enum error_kind probe_rule(struct arena *a, const struct mapper *m, const struct naming *n,
	struct probe *ret, struct error *err);
/* The namespace that the made-up question is about. */
struct sv probe_namespace(void);
