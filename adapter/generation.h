#pragma once
/* One configuration generation: a rules file, compiled against what the cluster knows at that moment. Immutable, counted by references: a request keeps
 * the generation it started with while a reload swaps in the next one. */
#include "adapter/mapper.h"
#include "adapter/naming.h"
#include "adapter/rules.h"

/* A resource rule (cpu or memory), compiled. */
struct generation_resource {
	struct naming_mapping mapping;
	struct template *container_query, *node_query;
	struct sv container_label;
};

/* A rule that could not be used; the others live. */
struct generation_skipped {
	const struct rules_rule *rule;
	const char *why;
};

struct generation {
	struct rules_config config;
	struct mapper *mapper;
	struct naming *custom, *external; /* active rules in file order */
	size_t n_custom, n_external;
	struct generation_resource cpu, memory; /* when config.has_resource_rules */
	struct generation_skipped *skipped;
	size_t n_skipped;
	/* private */
	struct arena arena;
	unsigned n_references;
};

/* Decodes and compiles. In strict mode every mistake refuses the file, as in the reference; else a rule whose overrides name a resource that the
 * cluster does not know (yet) is only skipped, while mistakes that no cluster can cure still refuse it.
 * name  : of the file, for messages
 * errors: INVALID, NOTFOUND (strict: unknown resource), LIMIT, NOMEM */
MUST_USE enum error_kind generation_new(struct sv text, const char *name, struct mapper *m,
	bool strict, struct generation **ret, struct error *err);
struct generation *generation_ref(struct generation *g);
void generation_unref(struct generation *g);
DEFINE_AUTO(struct generation *, generation_unref)
