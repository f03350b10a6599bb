#pragma once
/* A rules file of the adapter as `flyball rules` sees it: decoded and compiled by the adapter's own code, rule by rule, so that one bad rule does not hide the
 * others. Pure. Without a cluster the resources that overrides name are taken on trust. */
#include "adapter/naming.h"
#include "common/buf.h"

enum rules_file_part {
	RULES_FILE_CUSTOM,
	RULES_FILE_EXTERNAL,
	RULES_FILE_CONTAINER, /* resourceRules: containerQuery */
	RULES_FILE_NODE,      /* nodeQuery */
};

struct rules_file_rule {
	enum rules_file_part part;
	const char *title; /* "rule 1", "external rule 2", "cpu of containers" */
	uint32_t line;
	const struct rules_rule *rule; /* NULL for parts of resourceRules */
	struct naming naming;	       /* for those only mapping and query */
	struct sv container_label;
	const char *problem; /* does not compile: why; `naming` is empty then */
	struct sv
		series; /* the one name that seriesQuery allows; empty: several, or it does not parse */
	struct sv metric; /* its name in the API; empty: not known */
	bool rejected;	  /* the filters or name.matches refuse that series */
	const struct mapper_name *
		resources; /* whose objects have the metric, namespaces last; of external rules none */
	size_t n_resources;
};

struct rules_file {
	const char *name; /* for messages */
	struct rules_config config;
	struct mapper *mapper;
	struct rules_file_rule *rules;
	size_t n;
};

/* The text must live as long as the arena. errors: INVALID (the file is not loaded: every finding, joined by "; "), LIMIT, NOMEM. */
MUST_USE enum error_kind rules_file_load(struct arena *a, const char *name, struct sv text,
	struct rules_file *ret, struct error *err);
void rules_file_done(struct rules_file *f);
static inline __attribute__((unused)) void rules_file_done_auto(struct rules_file *f)
{
	rules_file_done(f);
}

bool rules_file_is_namespaces(struct mapper_name resource);
/* "pods", "deployments.apps", for a terminal: overrides may name anything. */
void rules_file_print_resource(struct buf *out, struct mapper_name resource);
/* Those of a rule, joined by ", ". */
void rules_file_print_resources(struct buf *out, const struct rules_file_rule *r);
