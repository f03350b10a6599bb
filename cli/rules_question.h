#pragma once
/* A rule and whom it is asked about -> the query text, made by the adapter's own code. Pure. */
#include "cli/rules_file.h"
#include "kube/selector.h"

struct rules_question {
	struct sv series;
	struct mapper_name resource; /* of a custom or resource rule */
	struct sv ns;		     /* empty: the object has none */
	const struct sv *names;	     /* of the objects */
	size_t n_names;
	const struct selector *selector; /* of metric labels; may be NULL */
};

struct rules_text {
	struct sv query;
	struct sv label;	   /* whose values name the objects; empty for external rules */
	struct sv namespace_label; /* empty: the query has no namespace matcher */
};

/* errors: INVALID (no label for a resource, a template that fails: the adapter's words), LIMIT, NOMEM. */
MUST_USE enum error_kind rules_question_text(struct arena *a, const struct rules_file *f,
	const struct rules_file_rule *r, const struct rules_question *q, struct rules_text *ret,
	struct error *err);
/* The same with "<label>" for every value, so that the place of each is known in the tree. `series` empty: a made-up name. */
MUST_USE enum error_kind rules_question_sentinel(struct arena *a, const struct rules_file *f,
	const struct rules_file_rule *r, struct mapper_name resource, struct rules_text *ret,
	struct error *err);
/* Whether objects of the resource live in namespaces. */
bool rules_question_is_namespaced(const struct rules_file *f, struct mapper_name resource);
