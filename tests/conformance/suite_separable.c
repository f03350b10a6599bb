/* Suite `separable`: whether one evaluation serves all objects, its form, or why not and where. */
#include "promql/number.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "promql/separable.h"
#include "tests/conformance/promql_text.h"

static void compare_yes(struct conformance *c, const struct jtree *row, const struct separable *s)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 1024 * 1024);
	printer_print(&out, s->coalesced);
	if (!conformance_eq_text(
		    c, "coalesced", promql_text_get(c, row, "coalesced"), buf_sv(&out)) ||
		!conformance_eq_bool(
			c, "default", jtree_get(row, "default") != NULL, s->has_default) ||
		!s->has_default)
		return;
	buf_clear(&out);
	number_print(&out, s->default_value);
	conformance_eq_text(c, "default", conformance_text(row, "default"), buf_sv(&out));
}

static void compare_no(struct conformance *c, const struct jtree *row, const struct separable *s)
{
	int64_t start = 0, end = 0;

	(void)(jtree_i64(jtree_get(row, "start"), &start) &&
		jtree_i64(jtree_get(row, "end"), &end));
	(void)(conformance_eq_text(c, "reason", conformance_text(row, "reason"),
		       sv_of(separable_reason_name(s->reason))) &&
		conformance_eq_i64(c, "start", start, s->start) &&
		conformance_eq_i64(c, "end", end, s->end) &&
		(!jtree_get(row, "what") ||
			conformance_eq_text(c, "what", promql_text_get(c, row, "what"), s->what)));
}

static void run(struct conformance *c, const struct jtree *row)
{
	const struct jtree *labels = jtree_get(row, "labels");
	struct sv *list = ARENA_ARRAY(c->a, labels->n + 1, struct sv);
	struct separable s;
	struct error err;
	struct ast *tree;
	size_t n = 0;

	JTREE_FOREACH (label, labels) {
		list[n++] = promql_text_of(c, label);
	}
	if (parser_parse(c->a, promql_text_get(c, row, "in"), PARSER_ALL, &tree, NULL, &err) ||
		separable_analyze(c->a, tree, list, n, &s, &err)) {
		conformance_fail(c, "%s", err.text);
		return;
	}
	if (!conformance_eq_bool(c, "ok", conformance_flag(row, "ok"), s.reason == SEPARABLE_YES))
		return;
	if (s.reason == SEPARABLE_YES)
		compare_yes(c, row, &s);
	else
		compare_no(c, row, &s);
}

extern const struct suite suite_separable[];
const struct suite suite_separable[] = { { "separable", run }, { 0 } };
