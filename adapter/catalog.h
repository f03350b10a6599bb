#pragma once
/* Which metrics exist now: an immutable snapshot made from the newest series listings, swapped whole and counted by references. */
#include "adapter/generation.h"
#include "promql/series.h"

/* A custom metric on a resource, or an external metric (resource.plural empty). */
struct catalog_metric {
	struct mapper_name resource;
	bool namespaced;
	struct sv name;
	struct sv series;	     /* the Prometheus series that stands for it */
	const struct naming *naming; /* the rule, of the generation */
};

struct catalog {
	struct catalog_metric *custom; /* sorted by resource and name */
	size_t n_custom;
	struct catalog_metric *external; /* sorted by name */
	size_t n_external;
	/* private */
	struct generation *generation;
	struct arena arena;
	unsigned n_references;
};

/* What one rule found, for metrics and `rules`. */
struct catalog_count {
	size_t n_series;  /* shapes that passed the filters */
	size_t n_metrics; /* metrics that they became */
};

/* The listing of one rule's selector; NULL: none yet (the rule contributes nothing). */
typedef const struct series *(*catalog_series_fn)(const struct rules_rule *rule, void *ctx);

/* Rules in file order over series in the answers' order; who writes last wins, as in the reference.
 * counts: one per rule, custom then external; may be NULL. errors: LIMIT, NOMEM */
MUST_USE enum error_kind catalog_new(struct generation *g, catalog_series_fn listing, void *ctx,
	struct catalog_count *counts, struct catalog **ret, struct error *err);
struct catalog *catalog_ref(struct catalog *c);
void catalog_unref(struct catalog *c);
DEFINE_AUTO(struct catalog *, catalog_unref)

/* NULL: there is none. Cluster-scoped resources are found under both spellings unless `exact`. */
const struct catalog_metric *catalog_find_custom(const struct catalog *c,
	struct mapper_name resource, bool namespaced, struct sv name, bool exact);
const struct catalog_metric *catalog_find_external(const struct catalog *c, struct sv name);
