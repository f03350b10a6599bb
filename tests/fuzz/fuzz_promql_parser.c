/* PromQL queries under every set of switches, the first byte: a tree, or errors that lie inside of the text. A tree is separable or it is
 * said why not, and takes a namespace or refuses it. */
#include "promql/ast_walk.h"
#include "promql/inject.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "promql/separable.h"
#include "tests/fuzz/fuzz.h"

/* Separate trees of a quarter of a megabyte of text each. */
#define MAX_BYTES (256u << 20)

static const struct sv LABELS[] = { SV("namespace"), SV("pod") };

static bool count_selectors(struct ast *n, void *ctx)
{
	*(size_t *)ctx += n->kind == AST_VECTOR;
	return true;
}

static void check_errors(const struct parser_errors *errors, enum error_kind kind, struct sv query,
	const struct error *err)
{
	REQUIRE(kind == ERR_INVALID || kind == ERR_LIMIT);
	REQUIRE(err->text[0]);
	REQUIRE((errors->n > 0) == (kind == ERR_INVALID));
	for (size_t i = 0; i < errors->n; i++) {
		/* Behind a parenthesis too many, an error starts where it ends. */
		REQUIRE(errors->at[i].start <= query.len + 1 && errors->at[i].end <= query.len + 1);
		REQUIRE(errors->at[i].message.len > 0);
	}
}

/* Every selector has the matcher in the end, or the tree is refused. */
static void check_injection(struct arena *a, struct ast *root, struct sv query)
{
	static const struct matcher SHOP = { .label = SV("namespace"), .value = SV("shop") };
	AUTO(buf_done) struct buf out = { 0 };
	struct inject_refusal refusal;
	size_t selectors = 0, found = 0;
	struct error err;

	REQUIRE(ast_walk(root, count_selectors, &selectors, &err) == ERR_OK);
	enum error_kind kind = inject_matchers(a, root, query, &SHOP, 1, &refusal, &err);
	REQUIRE(kind == ERR_OK || (kind == ERR_INVALID && err.text[0]));
	if (kind)
		return;
	buf_init(&out, MAX_BYTES);
	printer_print(&out, root);
	REQUIRE(out.failed == ERR_OK);
	for (struct sv rest = buf_sv(&out);;) {
		size_t at = sv_find_sv(rest, SV("namespace=\"shop\""));
		if (at == rest.len)
			break;
		found++;
		rest = sv_skip(rest, at + 1);
	}
	REQUIRE(found >= selectors);
}

static void check_separable(struct arena *a, struct ast *root, struct sv query)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct separable s;
	struct error err;

	REQUIRE(separable_analyze(a, root, LABELS, ARRAY_LEN(LABELS), &s, &err) == ERR_OK);
	buf_init(&out, MAX_BYTES);
	separable_explain(&out, &s, query, LABELS, ARRAY_LEN(LABELS));
	REQUIRE(out.len > 0 && out.failed == ERR_OK);
	if (s.reason != SEPARABLE_YES)
		return;
	buf_clear(&out);
	printer_print(&out, s.coalesced);
	REQUIRE(sv_find_sv(buf_sv(&out), SV("<pod>")) == out.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct parser_errors errors;
	struct error err = { 0 };
	struct ast *root, *again;

	if (size == 0)
		return 0;
	unsigned options = data[0] & PARSER_ALL;
	struct sv query = sv_from((const char *)data + 1, size - 1);

	arena_init(&a, MAX_BYTES);
	enum error_kind kind = parser_parse(&a, query, options, &root, &errors, &err);

	if (kind) {
		check_errors(&errors, kind, query, &err);
		return 0;
	}
	REQUIRE(errors.n == 0);
	REQUIRE(parser_parse(&a, query, options, &again, NULL, &err) == ERR_OK);
	check_injection(&a, root, query);
	check_separable(&a, again, query);
	return 0;
}
