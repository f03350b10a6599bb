/* rewritten.c and ast_same.c: what is printed is the tree, or it is not printed. */
#include "promql/ast_same.h"
#include "promql/parser.h"
#include "promql/rewritten.h"
#include "tests/unit/common/run.h"

#define ARENA_BYTES (64u << 20)
#define TEXT_BYTES (1u << 20)

static struct ast *parse(struct arena *a, const char *text)
{
	struct error err;
	struct ast *root;

	ck_assert_msg(parser_parse(a, sv_of(text), PARSER_ALL, &root, NULL, &err) == ERR_OK,
		"%s: %s", text, err.text);
	return root;
}

static const struct {
	const char *query, *text; /* text NULL: refused */
} ROWS[] = {
	{ "sum by (a) (rate(x{b=\"c\",a!~\"d\"}[5m] offset -1m)) > bool 3",
		"sum by (a) (rate(x{a!~\"d\",b=\"c\"}[5m] offset -1m)) > bool 3" },
	{ "topk(3, x)[1h:5m] @ end()", "topk(3, x)[1h:5m] @ end()" },
	{ "a * on (x) group_left (y) b - Inf", "a * on (x) group_left (y) b - +Inf" },
	{ "-(a ^ 2) or {b=\"c\",__name__=\"a\"}", "-(a ^ 2) or {__name__=\"a\",b=\"c\"}" },
	{ "x offset (-step())", "x offset (-step())" },
	{ "x offset 5m + 1m", "x offset 5m + 1m" },
	{ "x offset --18 - 5", NULL },
	{ "x offset (-0h * 2)", "x offset (0s * 2)" },
	{ "x[min_of(-0h, step()) + 5m]", "x[min_of(0s, step()) + 5m]" },
	{ "1 / -0", "1 / -0" },
	{ "x[5m + step():1m]", "x[5m + step():1m]" },
	{ "label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\") and ignoring (d) c",
		"label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\") and ignoring (d) c" },
	{ "a + fill(2) b", "a + fill (2) b" },
	{ "NaN * -0", "NaN * -0" },
	{ "rate(x[5m] anchored) + +(y smoothed)", "rate(x[5m] anchored) + +(y smoothed)" },
};

START_TEST(what_is_printed_is_the_tree)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct error err;
	struct sv text;

	arena_init(&a, ARENA_BYTES);
	enum error_kind kind =
		rewritten_print(&a, parse(&a, ROWS[_i].query), TEXT_BYTES, &text, &err);
	if (!ROWS[_i].text) {
		ck_assert_msg(kind == ERR_INVALID, "%s: taken as %.*s", ROWS[_i].query,
			kind ? 0 : SV_ARG(text));
		ck_assert_msg(strstr(err.text, "means something else"), "%s", err.text);
		return;
	}
	ck_assert_msg(kind == ERR_OK, "%s: %s", ROWS[_i].query, err.text);
	ck_assert_msg(sv_is(text, ROWS[_i].text), "%s: %.*s", ROWS[_i].query, SV_ARG(text));
}
END_TEST

static const struct {
	const char *x, *y;
	bool same;
} PAIRS[] = {
	{ "x{a=\"b\",c=\"d\"}", "x{c=\"d\",a=\"b\"}", true },
	{ "x{a=\"b\",c=\"d\"}", "x{c=\"d\",a=\"e\"}", false },
	{ "x{a=\"b\"}", "x{a=~\"b\"}", false },
	{ "x{a=\"b\"}", "x", false },
	{ "x offset 5m", "x offset 300s", true },
	{ "x offset 5m", "x offset -5m", false },
	{ "x @ 1", "x @ start()", false },
	{ "x @ 1", "x @ 2", false },
	{ "rate(x[5m])", "rate(x[6m])", false },
	{ "rate(x[5m])", "irate(x[5m])", false },
	{ "rate(x[5m] smoothed)", "rate(x[5m])", false },
	{ "x[5m:1m]", "x[5m:2m]", false },
	{ "x[5m:1m]", "x[5m:]", false },
	{ "x[5m + step():]", "x[5m + range():]", false },
	{ "x[5m:step()]", "x[5m:2 * step()]", false },
	{ "round(x)", "round(x, 2)", false },
	{ "round(x, 3)", "round(x, 2)", false },
	{ "sum(x)", "sum by (a) (x)", false },
	{ "sum by (b) (x)", "sum by (a) (x)", false },
	{ "sum without (a) (x)", "sum by (a) (x)", false },
	{ "topk(1, x)", "topk(2, x)", false },
	{ "a + b", "a - b", false },
	{ "a + b", "a + on () b", false },
	{ "a + on (c) b", "a + on (c) group_left () b", false },
	{ "a + on (c) group_left (d) b", "a + on (c) group_left (e) b", false },
	{ "a > b", "a > bool b", false },
	{ "a + fill (1) b", "a + fill (2) b", false },
	{ "a + fill_left (1) b", "a + fill_right (1) b", false },
	{ "a + b * c", "(a + b) * c", false },
	{ "a + 1", "b + 1", false },
	{ "x + +y", "x + y", true },
	{ "x + -y", "x + y", false },
	{ "0", "1", false },
	{ "NaN", "1", false },
	{ "NaN", "NaN", true },
	{ "\"a\"", "\"b\"", false },
	{ "\"a\"", "'a'", true },
};

START_TEST(two_trees_are_one_question_or_two)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct error err;
	bool same;

	arena_init(&a, ARENA_BYTES);
	const struct ast *x = parse(&a, PAIRS[_i].x), *y = parse(&a, PAIRS[_i].y);
	ck_assert_int_eq(ast_same(&a, x, y, &same, &err), ERR_OK);
	ck_assert_msg(same == PAIRS[_i].same, "%s | %s", PAIRS[_i].x, PAIRS[_i].y);
	ck_assert_int_eq(ast_same(&a, y, x, &same, &err), ERR_OK);
	ck_assert_msg(same == PAIRS[_i].same, "%s | %s", PAIRS[_i].y, PAIRS[_i].x);
}
END_TEST

START_TEST(long_texts_are_refused)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct error err;
	struct sv text;

	arena_init(&a, ARENA_BYTES);
	struct ast *root = parse(&a, "sum(x)");
	ck_assert_int_eq(rewritten_print(&a, root, 5, &text, &err), ERR_LIMIT);
	char *deep = arena_alloc(&a, PARSER_MAX_BYTES + 1);
	memset(deep, ' ', PARSER_MAX_BYTES + 1);
	ck_assert_int_eq(
		rewritten_check(&a, root, sv_from(deep, PARSER_MAX_BYTES + 1), &err), ERR_LIMIT);
	ck_assert_int_eq(rewritten_check(&a, root, SV("sum("), &err), ERR_INVALID);
}
END_TEST

static enum error_kind work(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct ast *root;
	struct sv text;

	arena_init(&a, ARENA_BYTES);
	if (parser_parse(&a, SV("x{c=\"d\",a=\"b\"}"), PARSER_ALL, &root, NULL, err))
		return err->kind;
	return rewritten_print(&a, root, TEXT_BYTES, &text, err);
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(work);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, what_is_printed_is_the_tree, 0, ARRAY_LEN(ROWS));
	tcase_add_loop_test(tcase, two_trees_are_one_question_or_two, 0, ARRAY_LEN(PAIRS));
	tcase_add_test(tcase, long_texts_are_refused);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("rewritten", add);
}
