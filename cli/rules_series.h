#pragma once
/* Which series a rule finds now, and what becomes of them: the adapter's discovery for one rule, with the reasons for what is left out. */
#include "cli/prom_source.h"
#include "cli/rules_file.h"

/* A series name with the label names that it carries. */
struct rules_series_metric {
	struct sv name;	  /* in the API */
	struct sv series; /* in Prometheus */
	const struct mapper_name *resources;
	size_t n_resources; /* 0 for external rules */
	/* The adapter serves it for Jobs, because a template takes the label that Prometheus gives every series for the name of one. */
	bool only_job;
};

struct rules_series {
	uint64_t n_series;	   /* that match seriesQuery */
	size_t n_shapes;	   /* distinct names with distinct sets of labels */
	size_t n_refused;	   /* shapes that the filters or name.matches leave out */
	size_t n_nameless;	   /* shapes whose metric name is empty */
	size_t n_without_resource; /* shapes of a custom rule without a label that names a resource */
	struct rules_series_metric *metrics; /* by name */
	size_t n_metrics;
	/* Of the first shape without resource, or with only_job, for advice. */
	const struct sv *labels;
	size_t n_labels;
	struct sv refused; /* the first series that was refused */
};

/* errors: as prom_source_series, LIMIT, NOMEM. */
MUST_USE enum error_kind rules_series_find(struct prom_source *s, struct arena *a,
	const struct rules_file *f, const struct rules_file_rule *r, struct rules_series *ret,
	struct error *err);
/* The pure part: from the listing. */
MUST_USE enum error_kind rules_series_sort(struct arena *a, const struct series *listing,
	const struct rules_file *f, const struct rules_file_rule *r, struct rules_series *ret,
	struct error *err);
/* A label that looks as if it named this kind of object ("kubernetes_pod_name" for "pod"); empty: none does. */
struct sv rules_series_like(const struct sv *labels, size_t n, const char *singular);
