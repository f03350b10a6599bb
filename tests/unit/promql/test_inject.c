/* inject.c: every selector gets the matchers, or the tree is refused with the reason. */
#include "promql/inject.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/unit/common/run.h"

#define MAX_BYTES (64u << 20)

static const struct matcher SHOP = {
	.label = SV("namespace"), .op = MATCHER_EQ, .value = SV("shop")
};

static const struct {
	const char *what, *query, *printed, *error;
} ROWS[] = {
	{ "a name alone", "x", "x{namespace=\"shop\"}", NULL },
	{ "both sides of an operator", "x / y", "x{namespace=\"shop\"} / y{namespace=\"shop\"}",
		NULL },
	{ "inside of a subquery", "max_over_time(rate(x[1m])[5m:1m])",
		"max_over_time(rate(x{namespace=\"shop\"}[1m])[5m:1m])", NULL },
	{ "the parameter of an aggregation", "topk(scalar(x), y)",
		"topk(scalar(x{namespace=\"shop\"}), y{namespace=\"shop\"})", NULL },
	{ "a selector without a name", "{a=\"b\"}", "{a=\"b\",namespace=\"shop\"}", NULL },
	{ "what is there already is not added", "x{namespace=\"shop\"}", "x{namespace=\"shop\"}",
		NULL },
	{ "a pattern that allows it stays beside it", "x{namespace=~\"s.*\"}",
		"x{namespace=\"shop\",namespace=~\"s.*\"}", NULL },
	{ "a negation that allows it stays beside it", "x{namespace!=\"other\"}",
		"x{namespace!=\"other\",namespace=\"shop\"}", NULL },
	{ "no selector, nothing to restrict", "1 + vector(2)", "1 + vector(2)", NULL },
	{ "another namespace", "x + y{namespace=\"other\"}", NULL,
		"1:5: the selector has namespace=\"other\", which contradicts namespace=\"shop\"" },
	{ "the empty namespace", "x{namespace=\"\"}", NULL,
		"1:1: the selector has namespace=\"\", which contradicts namespace=\"shop\"" },
	{ "a pattern that excludes it", "x{namespace!~\"sh.*\"}", NULL,
		"1:1: the selector has namespace!~\"sh.*\", which contradicts namespace=\"shop\"" },
	{ "info reads series by itself", "sum(info(x))", NULL,
		"1:5: info() reads series by itself and cannot be restricted" },
};

static enum error_kind inject(struct arena *a, struct sv query, const struct matcher *add, size_t n,
	struct inject_refusal *refusal, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct ast *root;

	buf_init(&out, 10000);
	if (parser_parse(a, query, PARSER_ALL, &root, NULL, err) ||
		inject_matchers(a, root, query, add, n, refusal, err))
		return err->kind;
	printer_print(&out, root);
	if (buf_check(&out, "query", err))
		return err->kind;
	*ret = arena_sv(a, buf_sv(&out));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

START_TEST(every_selector_is_restricted_or_nothing_is)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct inject_refusal refusal = { .label = SV("unset") };
	struct error err = { 0 };
	struct sv printed = SV("");

	arena_init(&a, MAX_BYTES);
	enum error_kind kind =
		inject(&a, sv_of(ROWS[_i].query), &SHOP, 1, &refusal, &printed, &err);

	ck_assert_int_eq(kind, ROWS[_i].error ? ERR_INVALID : ERR_OK);
	ck_assert_str_eq(err.text, ROWS[_i].error ? ROWS[_i].error : "");
	ck_assert_msg(sv_eq(printed, sv_of(ROWS[_i].printed ? ROWS[_i].printed : "")), "%s: %.*s",
		ROWS[_i].what, SV_ARG(printed));
	ck_assert_int_eq(kind != ERR_OK, !sv_is(refusal.label, "unset"));
}
END_TEST

START_TEST(matchers_that_contradict_each_other_are_refused)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct matcher add[] = { SHOP,
		{ .label = SV("namespace"), .op = MATCHER_RE, .value = SV("a|b") } };
	struct inject_refusal refusal;
	struct error err;
	struct sv printed;

	arena_init(&a, MAX_BYTES);
	ck_assert_int_eq(inject(&a, SV("x"), add, 2, &refusal, &printed, &err), ERR_INVALID);
	ck_assert_str_eq(
		err.text, "the matchers to add contradict each other on label \"namespace\"");
	ck_assert(!refusal.has_position && sv_is(refusal.label, "namespace"));
	/* Who does not ask gets the text alone. */
	ck_assert_int_eq(inject(&a, SV("x"), add, 2, NULL, &printed, &err), ERR_INVALID);
}
END_TEST

START_TEST(matchers_to_add_are_checked)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct matcher bad = { .label = SV("pod"), .op = MATCHER_NRE, .value = SV("(") };
	struct matcher many[65];
	struct error err;
	struct sv printed;

	arena_init(&a, MAX_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = SHOP;
	ck_assert_int_eq(inject(&a, SV("x"), &bad, 1, NULL, &printed, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, "label pod: error parsing regexp: missing closing ): `(`");
	ck_assert_int_eq(
		inject(&a, SV("x"), many, ARRAY_LEN(many), NULL, &printed, &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "more than 64 matchers to add");
	ck_assert_int_eq(inject(&a, SV("x"), many, 64, NULL, &printed, &err), ERR_OK);
	ck_assert(sv_is(printed, "x{namespace=\"shop\"}"));
}
END_TEST

static enum error_kind work(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct matcher add[] = { SHOP,
		{ .label = SV("pod"), .op = MATCHER_RE, .value = SV("a.*|b") } };
	struct sv printed;

	arena_init(&a, MAX_BYTES);
	return inject(&a, SV("sum(x{a=\"b\"}) / y"), add, 2, NULL, &printed, err);
}

static enum error_kind refuse(struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct sv printed;

		arena_init(&a, MAX_BYTES);
		enum error_kind kind =
			inject(&a, sv_of(ROWS[i].query), &SHOP, 1, NULL, &printed, err);

		if (kind && kind != ERR_INVALID)
			return kind;
	}
	return ERR_OK;
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(work);
	fail_each_allocation(refuse);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, every_selector_is_restricted_or_nothing_is, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, matchers_that_contradict_each_other_are_refused);
	tcase_add_test(tcase, matchers_to_add_are_checked);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("inject", add);
}
