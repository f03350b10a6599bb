/* Suite `numbers`: literals, values as PromQL and the HTTP API print them, and sample values of answers. */
#include "common/f64.h"
#include "promql/number.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/conformance/promql_text.h"

static void run_literal(struct conformance *c, const struct jtree *row)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct error err = { 0 };
	struct ast *n;
	bool ok =
		!parser_parse(c->a, promql_text_get(c, row, "literal"), PARSER_ALL, &n, NULL, &err);

	buf_init(&out, 4096);
	if (!conformance_eq_bool(c, "ok", conformance_flag(row, "ok"), ok))
		return;
	if (!ok) {
		conformance_eq_text(c, "text", promql_text_get(c, row, "text"), sv_of(err.text));
		return;
	}
	printer_print(&out, n);
	if (n->kind != AST_NUMBER)
		conformance_fail(c, "it is no number");
	else
		(void)(promql_text_eq_bits(
			       c, "bits", conformance_text(row, "bits"), n->number.value) &&
			conformance_eq_bool(
				c, "dur", conformance_flag(row, "dur"), n->number.is_duration) &&
			conformance_eq_text(
				c, "string", conformance_text(row, "string"), buf_sv(&out)));
}

static void run_bits(struct conformance *c, const struct jtree *row)
{
	AUTO(buf_done) struct buf promql = { 0 }, json = { 0 };
	double value = promql_text_bits(conformance_text(row, "bits"));

	buf_init(&promql, 4096);
	buf_init(&json, 4096);
	number_print(&promql, value);
	number_print_sample(&json, value);
	(void)(conformance_eq_text(c, "promql", conformance_text(row, "promql"), buf_sv(&promql)) &&
		conformance_eq_text(c, "json", conformance_text(row, "json"), buf_sv(&json)));
}

static void run_sample(struct conformance *c, const struct jtree *row)
{
	double value = 0;
	bool ok = f64_parse(promql_text_get(c, row, "sample"), &value) == F64_OK;

	if (conformance_eq_bool(c, "ok", conformance_flag(row, "ok"), ok) && ok)
		promql_text_eq_bits(c, "bits", conformance_text(row, "bits"), value);
}

static void run(struct conformance *c, const struct jtree *row)
{
	if (jtree_get(row, "literal"))
		run_literal(c, row);
	else if (jtree_get(row, "sample"))
		run_sample(c, row);
	else
		run_bits(c, row);
}

extern const struct suite suite_numbers[];
const struct suite suite_numbers[] = { { "numbers", run }, { 0 } };
