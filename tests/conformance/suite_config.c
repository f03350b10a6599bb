/* Suite `config`: configuration files that load or are refused, without starting a process: decode, then compile every rule against the cluster of the
 * vectors. What loads must also ask Prometheus for the listed series selectors. */
#include "adapter/generation.h"
#include "adapter/naming.h"
#include "tests/conformance/adapter_cluster.h"
#include "tests/conformance/conformance.h"

static bool listed(const struct jtree *series, struct sv selector)
{
	JTREE_FOREACH (entry, series) {
		const struct jtree *match = jtree_get(entry, "match[]");
		if (match && match->first && sv_eq(jtree_text(match->first), selector))
			return true;
	}
	return false;
}

/* Each loop asks once for each distinct selector. */
static int64_t check_selectors(
	struct conformance *c, const struct jtree *series, const struct naming *rules, size_t n)
{
	int64_t distinct = 0;
	for (size_t i = 0; i < n; i++) {
		struct sv selector = rules[i].rule->series_query;
		bool seen = false;
		for (size_t j = 0; j < i; j++)
			seen = seen || sv_eq(rules[j].rule->series_query, selector);
		distinct += !seen;
		if (!listed(series, selector))
			conformance_fail(c, "asks for the series \"%.*s\", the reference does not",
				SV_ARG(selector));
	}
	return distinct;
}

/* A null as a label name can only be a mistake, and the reader of YAML says so; the reference takes it for the empty label. */
static bool is_deviation(const struct jtree *row)
{
	return sv_is(conformance_text(row, "name"), "rule-res-override-nullkey");
}

static void run(struct conformance *c, const struct jtree *row)
{
	const struct jtree *startup = jtree_get(row, "startup");
	AUTO(mapper_unref) struct mapper *m = adapter_cluster_new(c, ADAPTER_CLUSTER_CONFIG);
	AUTO(generation_unref) struct generation *g = NULL;
	struct error err = { 0 };
	if (!m)
		return;
	enum error_kind kind =
		generation_new(conformance_text(row, "config"), "config.yaml", m, true, &g, &err);
	const struct jtree *ok = jtree_get(startup, "ok");
	bool expected = ok && ok->truth && !is_deviation(row);
	if (expected && kind)
		conformance_fail(c, "expected to load, got: %s", err.text);
	else if (!expected && !kind)
		conformance_fail(c, "expected to be refused: %.*s",
			SV_ARG(conformance_text(startup, "stderr")));
	else if (expected) {
		const struct jtree *series = jtree_get(startup, "series");
		int64_t n = check_selectors(c, series, g->custom, g->n_custom) +
			    check_selectors(c, series, g->external, g->n_external);
		conformance_eq_i64(c, "listings", series ? (int64_t)series->n : 0, n);
	}
}

extern const struct suite suite_config[];
const struct suite suite_config[] = { { "config", run }, { 0 } };
