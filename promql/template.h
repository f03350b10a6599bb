#pragma once
/* Query templates of prometheus-adapter: Go's text/template with the delimiters << and >>, the template name "metrics-query"
 * and the built-in functions; messages are Go's, so that rule files fail with the words that people know.
 *
 *   template_parse   once, when the rules are loaded      "template: metrics-query:1: unexpected EOF"
 *   template_check   in our mode, also then: fields that do not exist, which Go finds only when a request comes
 *   template_execute per request */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

struct template;

enum template_kind {
	TEMPLATE_QUERY, /* metricsQuery: .Series .LabelMatchers .LabelValuesByName .GroupBy .GroupBySlice */
	TEMPLATE_RESOURCE, /* resources.template: .Group .Resource */
};

struct template_pair {
	struct sv name, value;
};

struct template_data {
	enum template_kind kind;
	/* QUERY */
	struct sv series, label_matchers, group_by;
	const struct template_pair
		*values; /* LabelValuesByName, any order; of equal names the last counts */
	size_t n_values;
	const struct sv *group_by_slice;
	size_t n_group_by_slice;
	/* RESOURCE */
	struct sv group, resource;
};

/* The template lives in the arena and keeps its own copy of the text.
 * errors: INVALID (Go's text), LIMIT (longer or deeper than we take), NOMEM. */
MUST_USE enum error_kind template_parse(
	struct arena *a, struct sv text, struct template **ret, struct error *err);
/* Refuses what no data can make work: a field of the data that does not exist, a template that is not defined. */
MUST_USE enum error_kind template_check(
	const struct template *t, enum template_kind kind, struct error *err);
/* Appends the result to out; after a failure out is as it was.
 * errors: INVALID (Go's text), LIMIT (steps, nesting, or the output's own maximum), NOMEM. */
MUST_USE enum error_kind template_execute(const struct template *t,
	const struct template_data *data, struct buf *out, struct error *err);
