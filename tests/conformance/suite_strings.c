/* Suite `strings`: quoted strings, read and printed. */
#include "promql/parser.h"
#include "promql/printer.h"
#include "promql/quote.h"
#include "tests/conformance/promql_text.h"

static void run_literal(struct conformance *c, const struct jtree *row)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct error err = { 0 };
	struct ast *n;
	bool ok =
		!parser_parse(c->a, promql_text_get(c, row, "literal"), PARSER_ALL, &n, NULL, &err);

	buf_init(&out, 65536);
	if (!jtree_get(row, "text") && !ok) {
		conformance_fail(c, "refused: %s", err.text);
	} else if (!ok) {
		conformance_eq_text(c, "text", promql_text_get(c, row, "text"), sv_of(err.text));
	} else if (conformance_eq_bool(c, "ok", jtree_get(row, "text") == NULL, true)) {
		printer_print(&out, n);
		(void)(conformance_eq_text(
			       c, "value", promql_text_get(c, row, "value"), n->string.value) &&
			conformance_eq_text(
				c, "string", promql_text_get(c, row, "string"), buf_sv(&out)));
	}
}

static void run(struct conformance *c, const struct jtree *row)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 65536);
	if (jtree_get(row, "literal")) {
		run_literal(c, row);
		return;
	}
	quote_print(&out, promql_text_get(c, row, "value"));
	conformance_eq_text(c, "quoted", promql_text_get(c, row, "quoted"), buf_sv(&out));
}

extern const struct suite suite_strings[];
const struct suite suite_strings[] = { { "strings", run }, { 0 } };
