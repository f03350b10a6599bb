#pragma once
/* A question about metrics and the rule that answers it -> PromQL text. Pure. */
#include "adapter/naming.h"
#include "kube/selector.h"

/* One question in the terms of a rule. */
struct query_question {
	struct sv series; /* empty for resource metrics */
	const struct naming_mapping *mapping;
	const struct template *template;
	const struct selector *metric_selector; /* over series labels; may be NULL */
	struct sv namespace;			/* empty: no namespace matcher */
	struct mapper_name resource;		/* plural "": none (external metrics) */
	const struct sv *names; /* of objects, at least one when there is a resource */
	size_t n_names;
	bool has_container; /* resource metrics of pods: grouped by container too */
	struct sv container_label;
	bool exact_text; /* object names unescaped in patterns, as the reference writes them */
};

/* The text in the arena, and the label whose values name the objects (empty without a resource).
 * errors: INVALID (a resource without label, an operator PromQL lacks, a template that fails: the reference's words), LIMIT, NOMEM */
MUST_USE enum error_kind query_build(struct arena *a, const struct mapper *m,
	const struct query_question *q, struct sv *ret_text, struct sv *ret_label,
	struct error *err);
