/* Tree -> text -> tree, and a comparison. */
#include "promql/rewritten.h"

#include "promql/ast_same.h"
#include "promql/parser.h"
#include "promql/printer.h"

/* Of the text, in a message. */
#define MOST_TOLD 200u

enum error_kind rewritten_check(
	struct arena *a, const struct ast *root, struct sv text, struct error *err)
{
	struct ast *again;
	struct error why;
	bool same = false;
	enum error_kind kind = parser_parse(a, text, PARSER_ALL, &again, NULL, &why);

	if (kind && kind != ERR_INVALID) {
		*err = why;
		return kind;
	}
	if (!kind && ast_same(a, root, again, &same, err))
		return err->kind;
	if (same)
		return ERR_OK;
	return error_set(err, ERR_INVALID,
		"the query's canonical form, %.*s%s, means something else; write durations in "
		"whole "
		"milliseconds, and parentheses behind offset",
		(int)(text.len < MOST_TOLD ? text.len : MOST_TOLD), text.ptr,
		text.len > MOST_TOLD ? "..." : "");
}

enum error_kind rewritten_print(
	struct arena *a, const struct ast *root, size_t max, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, max);
	printer_print(&out, root);
	if (buf_check(&out, "the query", err))
		return err->kind;
	struct sv text = arena_sv(a, buf_sv(&out));
	if (!text.ptr)
		return arena_error(a, err);
	if (rewritten_check(a, root, text, err))
		return err->kind;
	*ret = text;
	return ERR_OK;
}
