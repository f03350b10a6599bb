#pragma once
/* A rule, compiled: which series it takes, what their metric is called, which label stands for which resource, and its query template. */
#include "adapter/mapper.h"
#include "adapter/rules.h"
#include "common/rex.h"
#include "promql/template.h"

struct naming_override {
	struct sv label;
	struct mapper_name resource; /* normalised */
};

/* Labels and resources, both ways. */
struct naming_mapping {
	struct naming_override *overrides; /* file order */
	size_t n_overrides;
	struct template *template; /* NULL: none */
	struct rex *label;	   /* the same template as a pattern over labels */
};

struct naming_filter {
	struct rex *pattern;
	bool must_match;
};

struct naming {
	const struct rules_rule *rule;
	struct naming_mapping mapping;
	struct template *query;
	struct naming_filter *filters;
	size_t n_filters;
	struct rex *name;
	struct sv as;
};

/* Compiles in the order in which the reference does, so that of several mistakes the same one is named. Texts of the rule are borrowed: rule and
 * arena must live as long. errors: INVALID, NOTFOUND (an override that the cluster does not know), LIMIT, NOMEM; nothing is left then. */
MUST_USE enum error_kind naming_compile(struct arena *a, const struct mapper *m,
	const struct rules_rule *rule, struct naming *ret, struct error *err);
/* Frees the patterns; NULL and zeroed objects are fine. */
void naming_done(struct naming *n);
MUST_USE enum error_kind naming_mapping_compile(struct arena *a, const struct mapper *m,
	const struct rules_mapping *mapping, struct naming_mapping *ret, struct error *err);
void naming_mapping_done(struct naming_mapping *n);

/* Whether the rule takes series of that name. errors: LIMIT (a pattern's step limit) */
MUST_USE enum error_kind naming_passes(
	const struct naming *n, struct sv series, bool *ret, struct error *err);
/* The metric's name in the API, in the arena; may be empty. */
MUST_USE enum error_kind naming_metric(const struct naming *n, struct arena *a, struct sv series,
	struct sv *ret, struct error *err);
/* The resource a label stands for; *ret NULL when for none. The texts are the mapping's or the mapper's. */
MUST_USE enum error_kind naming_resource(const struct naming_mapping *n, const struct mapper *m,
	struct sv label, bool *ret_found, struct mapper_name *ret, struct error *err);
/* The label that names a (normalised) resource in queries, in the arena or borrowed. errors: INVALID (nothing maps it), NOMEM */
MUST_USE enum error_kind naming_label(const struct naming_mapping *n, const struct mapper *m,
	struct arena *a, struct mapper_name resource, struct sv *ret, struct error *err);
