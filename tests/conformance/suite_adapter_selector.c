/* Suite `adapter-selector`: selectors as the metrics APIs read them, and the LabelSelector object that their answers show. Where the reference cannot
 * show `!=` we write NotIn, so rows with that error only check that we do. */
#include "adapter/metric_list.h"
#include "tests/conformance/adapter_cluster.h"
#include "tests/conformance/conformance.h"

static const char *const OPERATORS[] = { "=", "==", "!=", "in", "notin", "exists", "!", "gt",
	"lt" };

static bool check_requirements(
	struct conformance *c, const struct jtree *row, const struct selector *s)
{
	const struct jtree *list = jtree_get(row, "requirements");
	if (!conformance_eq_i64(c, "requirements", list ? (int64_t)list->n : 0, (int64_t)s->n))
		return false;
	size_t i = 0;
	JTREE_FOREACH (want, list) {
		const struct selector_requirement *have = &s->at[i++];
		const struct jtree *values = jtree_get(want, "values");
		if (!conformance_eq_text(c, "key", conformance_text(want, "key"), have->key) ||
			!conformance_eq_text(c, "operator", conformance_text(want, "operator"),
				sv_of(OPERATORS[have->op])) ||
			!conformance_eq_i64(c, "values", values ? (int64_t)values->n : 0,
				(int64_t)have->n_values))
			return false;
		size_t v = 0;
		JTREE_FOREACH (value, values)
			if (!conformance_eq_text(c, "value", jtree_text(value), have->values[v++]))
				return false;
	}
	return true;
}

static void check_object(
	struct conformance *c, const struct jtree *row, const struct selector *s, struct buf *out)
{
	const struct jtree *want = jtree_get(row, "labelSelector");
	bool not_equals = false;
	for (size_t i = 0; i < s->n; i++)
		not_equals = not_equals || s->at[i].op == SELECTOR_NOT_EQUALS;
	struct jw w;
	buf_clear(out);
	jw_init(&w, out);
	struct error err = { 0 };
	enum error_kind kind = metric_list_selector(&w, s, &err);
	if (!want) {
		bool greater = sv_find_sv(conformance_text(row, "canonical"), SV(">")) <
				       conformance_text(row, "canonical").len ||
			       sv_find_sv(conformance_text(row, "canonical"), SV("<")) <
				       conformance_text(row, "canonical").len;
		if (!conformance_text(row, "labelSelectorError").len)
			return;
		conformance_eq_bool(
			c, "label selector refused", greater || !not_equals, kind != ERR_OK);
		return;
	}
	struct jtree *have = NULL;
	if (kind || jtree_parse(c->a, buf_sv(out), &have, &err)) {
		conformance_fail(c, "label selector: %s", err.text);
		return;
	}
	conformance_eq_tree(c, "labelSelector", want, have);
}

static void run(struct conformance *c, const struct jtree *row)
{
	struct selector s = { 0 };
	struct error err = { 0 };
	struct sv why = SV_NULL;
	enum error_kind kind = selector_parse(c->a, conformance_text(row, "text"), &s, &why, &err);
	if (!adapter_cluster_outcome(c, row, kind == ERR_OK, why.len ? why : sv_of(err.text)))
		return;
	struct buf out;
	buf_init(&out, 1u << 20);
	selector_print(&out, &s);
	if (conformance_eq_text(c, "canonical", conformance_text(row, "canonical"), buf_sv(&out)) &&
		check_requirements(c, row, &s) &&
		conformance_eq_bool(c, "empty", conformance_flag(row, "empty"), s.n == 0))
		check_object(c, row, &s, &out);
	buf_done(&out);
}

extern const struct suite suite_adapter_selector[];
const struct suite suite_adapter_selector[] = { { "adapter-selector", run }, { 0 } };
