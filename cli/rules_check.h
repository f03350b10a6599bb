#pragma once
/* The linter of the adapter's rules: text in, findings and the way each rule will be asked out. Pure; no cluster and no Prometheus. rules_check_file.c
 * goes from rule to rule, rules_check_query.c looks at the expanded query, rules_report.c prints. */
#include "cli/query_version.h"
#include "cli/rules_question.h"

enum rules_severity { RULES_ERROR, RULES_WARNING };

/* X(ID, "name", severity, what it means, cure). docs/rules.md shows the same table. */
/* clang-format off */
#define RULES_FINDINGS(X) \
	X(FILE, "file", ERROR, "the adapter does not load the file", \
	  "correct the file at this place") \
	X(RULE, "rule", ERROR, "the rule does not compile", \
	  "correct the rule; the adapter would not start with it, or go on without it") \
	X(SERIES_EMPTY, "series-empty", ERROR, "seriesQuery is empty: Prometheus refuses it, and with --compatibility=strict no rule is listed", \
	  "name the series, such as my_requests_total{namespace!=\"\"}") \
	X(SERIES_SYNTAX, "series-syntax", ERROR, "seriesQuery is no series selector that Prometheus takes", \
	  "write a selector: a name and matchers, no functions and no range") \
	X(SERIES_BROAD, "series-broad", WARNING, "seriesQuery names no series: Prometheus lists nearly all it has, at every relist", \
	  "name the series, or match __name__ with a pattern") \
	X(NAME_REJECTS, "name-rejects", ERROR, "seriesFilters or name.matches refuse the only series that seriesQuery allows", \
	  "make the patterns match the name of the series") \
	X(NO_RESOURCE, "no-resource", ERROR, "no label stands for a Kubernetes resource: the rule serves nothing", \
	  "add resources.overrides, such as {namespace: {resource: namespace}, pod: {resource: pod}}") \
	X(NO_LABEL, "no-label", ERROR, "no query can be made for a resource", \
	  "add the missing label to resources.overrides, or namespaced: false to an external rule of the whole cluster") \
	X(TEMPLATE, "template", ERROR, "a query template names a field that does not exist: every request fails", \
	  "use .Series, .LabelMatchers, .LabelValuesByName, .GroupBy or .GroupBySlice") \
	X(SYNTAX, "query-syntax", ERROR, "the query does not parse: every request fails", \
	  "correct the template at this place of the query") \
	X(VERSION, "query-version", ERROR, "this version of Prometheus refuses the query", \
	  "avoid it, or switch the feature on in Prometheus and name it with --enable-feature") \
	X(TYPE, "query-type", ERROR, "the query gives no instant vector: every request fails", \
	  "wrap a range in rate() or avg_over_time(), a scalar in vector()") \
	X(NO_ROW_LABEL, "no-row-label", ERROR, "the rows of the answer do not carry the object's label: no object has the metric", \
	  "aggregate by (<<.GroupBy>>)") \
	X(PATTERN, "object-in-pattern", WARNING, "the object's name is part of a pattern: objects with similar names answer too", \
	  "use <<.LabelMatchers>>, or compare the label with =") \
	X(OTHER_NAMESPACES, "other-namespaces", WARNING, "a selector without the request's namespace reads the rows of every namespace", \
	  "add <<.LabelMatchers>> to the selector, or enforceNamespace: true to the rule") \
	X(IGNORES_NAMESPACE, "ignores-namespace", WARNING, "namespaced: false: an autoscaler of any namespace reads all rows", \
	  "leave namespaced out where the series carry a namespace") \
	X(SAME_METRIC, "same-metric", WARNING, "an earlier rule makes the same metric of the same resource: the last rule wins", \
	  "give one of the two another name, or remove it")
/* clang-format on */

enum rules_finding_id {
#define RULES_FINDING_ID(id, name, severity, what, cure) RULES_##id,
	RULES_FINDINGS(RULES_FINDING_ID)
#undef RULES_FINDING_ID
		RULES_N_FINDINGS
};

struct rules_finding_kind {
	const char *name;
	enum rules_severity severity;
	const char *what, *cure;
};
extern const struct rules_finding_kind rules_findings[RULES_N_FINDINGS];

struct rules_finding {
	enum rules_finding_id id;
	const char *file;
	uint32_t line;
	const char *rule;  /* title; "": of the file */
	const char *cause; /* in this case */
	size_t of;	   /* index into rules_check.rules; SIZE_MAX: of none */
};

/* How one rule is asked. */
struct rules_verdict {
	const struct rules_file *file;
	const struct rules_file_rule *rule;
	const char *query;  /* with sentinels; NULL: none can be made */
	const char *asking; /* one line, or two; NULL: it cannot be asked */
	bool unparsed;	    /* what is wrong for one resource is so for all */
};

struct rules_check {
	struct arena *a;
	struct query_version version; /* set: what this one refuses is an error */
	const char *const *features;  /* NULL-terminated; may be NULL */
	struct rules_finding *findings;
	size_t n_findings, findings_size;
	struct rules_verdict *rules;
	size_t n_rules, rules_size;
	size_t n_files;
	bool failed; /* memory ran out */
};

/* Takes a loaded file, or a text that does not load. The file must live as long. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind rules_check_file(
	struct rules_check *c, const struct rules_file *f, struct error *err);
/* The loader's message as findings. */
void rules_check_unloaded(struct rules_check *c, const char *file, struct sv message);

size_t rules_check_count(const struct rules_check *c, enum rules_severity severity);
/* The worst finding of a rule: 0 none, 1 warning, 2 error. */
int rules_check_worst(const struct rules_check *c, size_t rule);

/* Among the files of the linter. */

/* The next rule to be looked at; the file must live as long. NULL without memory. */
MUST_USE struct rules_verdict *rules_check_add(
	struct rules_check *c, const struct rules_file *f, const struct rules_file_rule *r);
/* A finding about the rule. */
void rules_check_find(struct rules_check *c, enum rules_finding_id id,
	const struct rules_verdict *of, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Looks at the query of one resource; `main` sets how the rule is asked. */
MUST_USE enum error_kind rules_check_query(struct rules_check *c, struct rules_verdict *v,
	struct mapper_name resource, bool main, struct error *err);
