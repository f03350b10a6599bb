#pragma once
/* What a given version of Prometheus takes of the language: each construct with the version that brought it, and the feature flag it wants. Pure.
 * The versions are those of Prometheus' own changelog. */
#include "promql/ast.h"
#include "promql/parser.h"

struct query_version {
	unsigned major, minor;
};

/* The newest that the table knows; what it takes is what the parser takes. */
#define QUERY_VERSION_NEWEST ((struct query_version){ 3, 15 })

/* "2.42", "v2.42.1", "3.15". errors: INVALID. */
MUST_USE enum error_kind query_version_parse(
	struct sv text, struct query_version *ret, struct error *err);

/* A construct that the version lacks, or takes only with a flag. */
struct query_version_finding {
	uint32_t start;	  /* byte of the query */
	const char *text; /* "absent_over_time() needs Prometheus 2.16" */
	const char *flag; /* the feature flag with which a server takes it; NULL: it is too old */
};

/* Findings in the order of the query, in the arena. root: what the parser made of `query`, with PARSER_ALL. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind query_version_check(struct arena *a, struct sv query, struct ast *root,
	struct query_version version, struct query_version_finding **ret, size_t *ret_n,
	struct error *err);
