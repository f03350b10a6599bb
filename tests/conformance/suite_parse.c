/* Suite `parse`: expressions: their trees with positions, the canonical and the pretty form, or all errors. What is printed must parse
 * again to the same text, where the reference keeps that law. */
#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/conformance/promql_ast.h"

static unsigned options_of(const struct jtree *row)
{
	static const char *const names[] = { "func", "durexpr", "ext", "fill" };
	unsigned options = 0;

	JTREE_FOREACH (option, jtree_get(row, "opts")) {
		for (unsigned i = 0; i < ARRAY_LEN(names); i++)
			if (sv_is(option->text, names[i]))
				options |= 1u << i;
	}
	return options;
}

static bool same_errors(
	struct conformance *c, const struct jtree *row, const struct parser_errors *errors)
{
	const struct jtree *expected = jtree_get(row, "errors");
	size_t i = 0;

	JTREE_FOREACH (e, expected) {
		int64_t start = 0, end = 0;

		if (i == errors->n)
			return conformance_fail(c, "error %zu is missing: %.*s", i,
				SV_ARG(promql_text_get(c, e, "message")));
		(void)(jtree_i64(jtree_get(e, "start"), &start) &&
			jtree_i64(jtree_get(e, "end"), &end));
		if (!conformance_eq_text(c, "message", promql_text_get(c, e, "message"),
			    errors->at[i].message) ||
			!conformance_eq_i64(c, "start", start, errors->at[i].start) ||
			!conformance_eq_i64(c, "end", end, errors->at[i].end))
			return false;
		i++;
	}
	return i == errors->n ||
	       conformance_fail(c, "an error too many: %.*s", SV_ARG(errors->at[i].message));
}

/* Parses what was printed: it must be accepted and print the same. */
static bool reparses(struct conformance *c, struct sv printed, unsigned options)
{
	AUTO(buf_done) struct buf again = { 0 };
	struct error err;
	struct ast *tree;

	buf_init(&again, 64u * 1024 * 1024);
	if (parser_parse(c->a, printed, options, &tree, NULL, &err))
		return conformance_fail(c, "what was printed does not parse: %s", err.text);
	printer_print(&again, tree);
	return conformance_eq_text(c, "printed again", printed, buf_sv(&again));
}

static void compare_tree(
	struct conformance *c, const struct jtree *row, const struct ast *tree, unsigned options)
{
	static const char *const types[] = { "none", "vector", "matrix", "scalar", "string" };
	struct sv string = promql_text_get(c, row, "string");
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, 64u * 1024 * 1024);
	if (!conformance_eq_text(
		    c, "type", conformance_text(row, "type"), sv_of(types[tree->type])) ||
		!promql_ast_eq(c, jtree_get(row, "ast"), tree))
		return;
	printer_print(&out, tree);
	if (!conformance_eq_text(c, "string", string, buf_sv(&out)))
		return;
	if (!jtree_get(row, "reparse") && !reparses(c, buf_sv(&out), options))
		return;
	buf_clear(&out);
	printer_pretty(&out, tree);
	conformance_eq_text(c, "pretty",
		jtree_get(row, "pretty") ? promql_text_get(c, row, "pretty") : string,
		buf_sv(&out));
}

static void run(struct conformance *c, const struct jtree *row)
{
	struct sv in = promql_text_get(c, row, "in");
	unsigned options = options_of(row);
	struct parser_errors errors;
	struct error err = { 0 };
	struct ast *tree = NULL;
	enum error_kind failed = parser_parse(c->a, in, options, &tree, &errors, &err);
	bool ok = conformance_flag(row, "ok");

	if (failed && ok) {
		conformance_fail(c, "refused: %s", err.text);
		return;
	}
	if (!conformance_eq_bool(c, "ok", ok, !failed))
		return;
	if (failed)
		(void)(conformance_eq_text(c, "text",
			       sv_take(promql_text_get(c, row, "text"), ERROR_TEXT_MAX - 1),
			       sv_of(err.text)) &&
			same_errors(c, row, &errors));
	else
		compare_tree(c, row, tree, options);
}

extern const struct suite suite_parse[];
const struct suite suite_parse[] = { { "parse", run }, { 0 } };
