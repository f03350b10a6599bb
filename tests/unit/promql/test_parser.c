/* parser.c and its neighbours: our own limits, positions, profiles, printing, suggestions. What the language is, the conformance
 * vectors say. */
#include "promql/ast_walk.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/unit/common/run.h"

#define MAX_BYTES (64u << 20)

static const struct {
	const char *what, *query;
	unsigned options;
	const char *printed; /* NULL: refused */
	const char *error;
} ROWS[] = {
	{ "the canonical form", "sum by (a,b)(rate(x{c!='d' , b=~\"e\"}[5m] offset 1h))",
		PARSER_STOCK, "sum by (a, b) (rate(x{b=~\"e\",c!=\"d\"}[5m] offset 1h))", NULL },
	{ "comments and line breaks", "# c\n1 +\n# d\n2", PARSER_STOCK, "1 + 2", NULL },
	{ "a position on the second line", "1 +\n  )", PARSER_STOCK, NULL,
		"2:4: parse error: unexpected right parenthesis ')'" },
	{ "an empty query", "", PARSER_STOCK, NULL,
		"unknown position: parse error: no expression found in input" },
	{ "a comment only", "# c", PARSER_STOCK, NULL,
		"1:1: parse error: no expression found in input" },
	{ "an unknown function", "ratee(x[5m])", PARSER_STOCK, NULL,
		"1:1: parse error: unknown function with name \"ratee\"" },
	{ "an experimental function, not enabled", "mad_over_time(x[5m])", PARSER_STOCK, NULL,
		"1:1: parse error: function \"mad_over_time\" is not enabled" },
	{ "an experimental function, enabled", "mad_over_time(x[5m])", PARSER_ALL,
		"mad_over_time(x[5m])", NULL },
	{ "an experimental aggregator, not enabled", "limitk(1, x)", PARSER_STOCK, NULL,
		"1:1: parse error: limitk() is experimental and must be enabled with "
		"--enable-feature=promql-experimental-functions" },
	{ "arithmetic in durations", "x[5m*2]", PARSER_STOCK, "x[5m * 2]", NULL },
	{ "arithmetic in durations, not enabled", "x[5m*2]", 0, NULL,
		"1:3: parse error: experimental duration expression is not enabled" },
	{ "fill, not enabled", "a + fill(0) b", PARSER_STOCK, NULL,
		"1:1: parse error: binop fill modifiers are experimental and not enabled" },
	{ "anchored, not enabled", "x[5m] anchored", PARSER_STOCK, NULL,
		"1:1: parse error: anchored modifier is experimental and not enabled" },
	{ "a selector that matches everything", "{a=~\".*\"}", PARSER_STOCK, NULL,
		"1:1: parse error: vector selector must contain at least one non-empty matcher" },
	{ "a bad regular expression", "{a=~\"(\"}", PARSER_STOCK, NULL,
		"1:2: parse error: error parsing regexp: missing closing ): `(`" },
	{ "a name twice", "x{__name__=\"y\"}", PARSER_STOCK, NULL,
		"1:1: parse error: metric name must not be set twice: \"x\" or \"y\"" },
	{ "a label in both clauses", "a + on(b) group_left(b) c", PARSER_STOCK, NULL,
		"1:3: parse error: label \"b\" must not occur in ON and GROUP clause at once" },
	{ "a label that is no text", "sum by (\"\\xff\") (x)", PARSER_STOCK, NULL,
		"1:9: parse error: invalid label name for grouping: \"\\xff\"" },
	{ "a character out of place", "x ; y", PARSER_STOCK, NULL,
		"1:3: parse error: unexpected character: ';'" },
	{ "a text that does not end", "x{a=\"b", PARSER_STOCK, NULL,
		"1:5: parse error: unterminated quoted string" },
	{ "a number that is none", "1x", PARSER_STOCK, NULL,
		"1:1: parse error: bad number or duration syntax: \"1\"" },
};

START_TEST(queries_are_read_and_printed)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct parser_errors errors;
	struct ast *root;
	struct error err = { 0 };

	arena_init(&a, MAX_BYTES);
	buf_init(&out, 100000);
	enum error_kind kind =
		parser_parse(&a, sv_of(ROWS[_i].query), ROWS[_i].options, &root, &errors, &err);

	ck_assert_str_eq(err.text, ROWS[_i].error ? ROWS[_i].error : "");
	ck_assert_int_eq(kind, ROWS[_i].error ? ERR_INVALID : ERR_OK);
	ck_assert_int_eq(errors.n > 0, kind != ERR_OK);
	if (kind)
		return;
	printer_print(&out, root);
	ck_assert_str_eq(buf_text(&out), ROWS[_i].printed);
}
END_TEST

static struct sv repeat(
	struct arena *a, const char *head, const char *text, size_t n, const char *tail)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, MAX_BYTES);
	buf_put_str(&out, head);
	for (size_t i = 0; i < n; i++)
		buf_put_str(&out, text);
	buf_put_str(&out, tail);
	return arena_sv(a, buf_sv(&out));
}

static const struct {
	const char *what, *head, *text;
	size_t n;
	const char *tail, *error;
} LIMITS[] = {
	{ "parentheses", "", "(", 513, "1", "the query is nested deeper than 512 levels" },
	{ "calls", "", "abs(", 513, "x", "the query is nested deeper than 512 levels" },
	{ "signs", "", "- ", 513, "x", "the query is nested deeper than 512 levels" },
	{ "powers, which grow to the right", "", "1 ^ ", 600, "1",
		"the query is nested deeper than 512 levels" },
	{ "durations", "x[", "(", 513, "5m", "the query is nested deeper than 512 levels" },
	{ "subqueries inside of calls", "", "rate(rate(", 300, "x",
		"the query is nested deeper than 512 levels" },
	{ "length", "x", " ", 256 * 1024, "", "the query is longer than 262144 bytes" },
};

START_TEST(depth_and_length_are_bounded)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct parser_errors errors;
	struct ast *root;
	struct error err;

	arena_init(&a, MAX_BYTES);
	struct sv query =
		repeat(&a, LIMITS[_i].head, LIMITS[_i].text, LIMITS[_i].n, LIMITS[_i].tail);

	ck_assert_int_eq(parser_parse(&a, query, PARSER_ALL, &root, &errors, &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, LIMITS[_i].error);
	ck_assert_uint_eq(errors.n, 0);
}
END_TEST

static bool count_node(struct ast *n, void *ctx)
{
	(void)n;
	++*(size_t *)ctx;
	return true;
}

static bool stop_at_three(struct ast *n, void *ctx)
{
	(void)n;
	return ++*(size_t *)ctx < 3;
}

START_TEST(chains_to_the_left_are_as_long_as_the_query)
{
	static const struct {
		const char *head, *text;
		size_t n, nodes;
	} rows[] = { { "x", "+x", 100000, 200001 }, { "x", "[1s:]", 50000, 0 },
		{ "x", " offset 1s[1s:]", 10000, 0 } };
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct ast *root;
	struct error err;
	size_t n = 0;

	arena_init(&a, MAX_BYTES * 2);
	buf_init(&out, 10000000);
	struct sv query = repeat(&a, rows[_i].head, rows[_i].text, rows[_i].n, "");
	enum error_kind kind = parser_parse(&a, query, PARSER_ALL, &root, NULL, &err);

	if (rows[_i].nodes == 0) { /* a subquery of a range vector has no meaning, but is read */
		ck_assert_int_eq(kind, ERR_INVALID);
		return;
	}
	ck_assert_int_eq(kind, ERR_OK);
	ck_assert_int_eq(ast_walk(root, count_node, &n, &err), ERR_OK);
	ck_assert_uint_eq(n, rows[_i].nodes);
	n = 0;
	ck_assert_int_eq(ast_walk(root, stop_at_three, &n, &err), ERR_OK);
	ck_assert_uint_eq(n, 3);
	printer_print(&out, root);
	ck_assert_int_eq(out.failed, ERR_OK);
	buf_clear(&out);
	printer_pretty(&out, root); /* each operand is indented deeper */
	ck_assert_int_eq(out.failed, ERR_LIMIT);
}
END_TEST

START_TEST(misspelt_functions_have_suggestions)
{
	static const struct {
		const char *name, *suggestion;
	} rows[] = { { "ratee", "rate" }, { "RATE", "rate" }, { "avg_overtime", "avg_over_time" },
		{ "histogram_quantil", "histogram_quantile" }, { "zzzzzzzzz", NULL },
		{ "this_name_is_longer_than_any_function_has_ever_been", NULL } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = functions_suggest(sv_of(rows[i].name));

		ck_assert_int_eq(got == NULL, rows[i].suggestion == NULL);
		if (got)
			ck_assert_str_eq(got, rows[i].suggestion);
	}
}
END_TEST

START_TEST(functions_tell_the_types_of_their_arguments)
{
	const struct function *f = functions_find(SV("label_join"));

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_eq(f, functions_get(FUNCTION_LABEL_JOIN));
	ck_assert_int_eq(functions_arg(f, 0), VALUE_VECTOR);
	ck_assert_int_eq(functions_arg(f, 9), VALUE_STRING);
	ck_assert_int_eq(functions_arg(functions_find(SV("rate")), 0), VALUE_MATRIX);
	ck_assert_int_eq(functions_arg(functions_find(SV("vector")), 0), VALUE_SCALAR);
	ck_assert_int_eq(functions_arg(functions_find(SV("time")), 0), VALUE_NONE);
	ck_assert_ptr_null(functions_find(SV("Rate")));
	ck_assert_ptr_null(functions_find(SV("")));
}
END_TEST

static enum error_kind parse_and_print(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct ast *root;

	arena_init(&a, MAX_BYTES);
	buf_init(&out, 100000);
	if (parser_parse(&a,
		    SV("sum by (a) (rate({\"x\", b=~\"[a-f]+(c|d)\", c!=\"\\u00e9\"}[5m + step()] "
		       "@ start() offset 1h)) "
		       "/ on (a) group_left (b) count_values(\"v\", y > bool 1)"),
		    PARSER_ALL, &root, NULL, err))
		return err->kind;
	printer_pretty(&out, root);
	return buf_check(&out, "query", err);
}

static enum error_kind refuse(struct error *err)
{
	static const char *const queries[] = { "sum by (\"\\xff\") (x)", "x{__name__=\"y\"}", "1x",
		"x ; y", "a + on(b) group_left(b) c", "(", "x{a=~\"(\"}", "ratee(x)" };

	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct parser_errors errors;
		struct ast *root;

		arena_init(&a, MAX_BYTES);
		enum error_kind kind =
			parser_parse(&a, sv_of(queries[i]), PARSER_ALL, &root, &errors, err);

		if (kind != ERR_INVALID)
			return kind;
		ck_assert_uint_gt(errors.n, 0);
	}
	return ERR_OK;
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(parse_and_print);
	fail_each_allocation(refuse);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, queries_are_read_and_printed, 0, ARRAY_LEN(ROWS));
	tcase_add_loop_test(tcase, depth_and_length_are_bounded, 0, ARRAY_LEN(LIMITS));
	tcase_add_loop_test(tcase, chains_to_the_left_are_as_long_as_the_query, 0, 3);
	tcase_add_test(tcase, misspelt_functions_have_suggestions);
	tcase_add_test(tcase, functions_tell_the_types_of_their_arguments);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("parser", add);
}
