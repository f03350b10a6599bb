/* Suite `inject`: matchers added to every selector, and what is refused. */
#include "promql/inject.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/conformance/promql_text.h"

static enum matcher_op op_of(struct sv text)
{
	for (enum matcher_op op = MATCHER_EQ; op < MATCHER_NRE; op++)
		if (sv_is(text, matcher_op_text(op)))
			return op;
	return MATCHER_NRE;
}

static void compare_refusal(
	struct conformance *c, const struct jtree *row, const struct inject_refusal *refusal)
{
	int64_t start = 0, end = 0;

	(void)(jtree_i64(jtree_get(row, "start"), &start) &&
		jtree_i64(jtree_get(row, "end"), &end));
	(void)(conformance_eq_text(c, "class", conformance_text(row, "class"),
		       refusal->class == INJECT_CONFLICT ? SV("conflict") : SV("info")) &&
		conformance_eq_i64(
			c, "start", start, refusal->has_position ? (int64_t)refusal->start : -1) &&
		conformance_eq_i64(
			c, "end", end, refusal->has_position ? (int64_t)refusal->end : -1) &&
		(!jtree_get(row, "label") ||
			conformance_eq_text(
				c, "label", promql_text_get(c, row, "label"), refusal->label)));
}

static void compare_result(struct conformance *c, const struct jtree *row, const struct ast *tree)
{
	struct sv string = promql_text_get(c, row, "string");
	AUTO(buf_done) struct buf out = { 0 };
	struct error err;
	struct ast *again;

	buf_init(&out, 16u * 1024 * 1024);
	printer_print(&out, tree);
	if (!conformance_eq_text(c, "string", string, buf_sv(&out)))
		return;
	bool parses = !parser_parse(c->a, string, PARSER_ALL, &again, NULL, &err);

	conformance_eq_bool(
		c, "parses again", !sv_is(conformance_text(row, "reparse"), "error"), parses);
}

static void run(struct conformance *c, const struct jtree *row)
{
	const struct jtree *add = jtree_get(row, "add");
	struct matcher *matchers = ARENA_ARRAY(c->a, add->n + 1, struct matcher);
	struct sv in = promql_text_get(c, row, "in");
	struct inject_refusal refusal;
	struct error err;
	struct ast *tree;
	size_t n = 0;

	JTREE_FOREACH (m, add) {
		matchers[n++] = (struct matcher){ .label = promql_text_get(c, m, "l"),
			.op = op_of(promql_text_get(c, m, "op")),
			.value = promql_text_get(c, m, "v") };
	}
	if (parser_parse(c->a, in, PARSER_ALL, &tree, NULL, &err)) {
		conformance_fail(c, "does not parse: %s", err.text);
		return;
	}
	bool ok = !inject_matchers(c->a, tree, in, matchers, n, &refusal, &err);

	if (!conformance_eq_bool(c, "ok", conformance_flag(row, "ok"), ok))
		return;
	if (ok)
		compare_result(c, row, tree);
	else
		compare_refusal(c, row, &refusal);
}

extern const struct suite suite_inject[];
const struct suite suite_inject[] = { { "inject", run }, { 0 } };
