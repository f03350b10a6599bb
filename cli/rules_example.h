#pragma once
/* Objects that a rule could be asked about now: found by the newest samples of its series. */
#include "cli/prom_source.h"
#include "cli/rules_question.h"

#define RULES_EXAMPLE_MAX_NAMES 3u

struct rules_example {
	struct sv selector; /* of the series, as text */
	uint64_t n_series;  /* that have a fresh sample */
	double newest_sec;  /* when its newest sample was taken, since 1970; 0: not known */
	struct sv ns;	    /* of the objects; empty: the rows carry none */
	struct sv names[RULES_EXAMPLE_MAX_NAMES];
	size_t n_names;
};

/* resource, labels: of the question. series: of a custom or external rule. errors: as prom_source_query. */
MUST_USE enum error_kind rules_example_find(struct prom_source *s, struct arena *a,
	const struct rules_file *f, const struct rules_file_rule *r, struct mapper_name resource,
	struct sv series, struct rules_example *ret, struct error *err);
/* The selector of a metric's series: seriesQuery with the name added. Pure. errors: INVALID, NOMEM. */
MUST_USE enum error_kind rules_example_selector(struct arena *a, struct sv series_query,
	struct sv series, struct sv *ret, struct error *err);
