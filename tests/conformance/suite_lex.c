/* Suite `lex`: the lexer alone, without a parser behind it. */
#include "promql/lexer.h"
#include "tests/conformance/promql_text.h"

static bool same_token(struct conformance *c, const struct jtree *expected, const struct token *got)
{
	int64_t pos = -1;

	if (!expected)
		return conformance_fail(
			c, "more tokens than expected: %s at %u", token_name(got->kind), got->pos);
	return jtree_i64(expected->first->next, &pos) &&
	       conformance_eq_text(
		       c, "kind", jtree_text(expected->first), sv_of(token_name(got->kind))) &&
	       conformance_eq_i64(c, "position", pos, got->pos) &&
	       conformance_eq_text(
		       c, "text", promql_text_of(c, expected->first->next->next), got->text);
}

static void run(struct conformance *c, const struct jtree *row)
{
	const struct jtree *expected = jtree_get(row, "tokens")->first;
	struct lexer l;

	lexer_init(&l, c->a, promql_text_get(c, row, "in"));
	for (;;) {
		struct token t = lexer_next(&l);

		if (t.kind == TOKEN_EOF)
			break;
		if (!same_token(c, expected, &t))
			return;
		expected = expected->next;
		if (t.kind == TOKEN_ERROR)
			break;
	}
	if (expected)
		conformance_fail(c, "fewer tokens than expected");
}

extern const struct suite suite_lex[];
const struct suite suite_lex[] = { { "lex", run }, { 0 } };
