/* What parses is printed so that it parses again to what prints the same, on one line and on several. The law does not hold, in the
 * reference neither, for info(x, {}), for infinities as literals, for an offset of two signs, for a zero with one, and for durations finer than a
 * millisecond. */
#include <math.h>

#include "common/instant.h"
#include "promql/ast_walk.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "promql/rewritten.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES (256u << 20)
/* Lines of deep trees are indented deeply. */
#define TEXT_BYTES (16u << 20)

static bool holds(struct sv text, struct sv part)
{
	return sv_find_sv(text, part) < text.len;
}

/* x[1.0001] is printed as x[1s]. */
static bool is_fine(int64_t ns)
{
	return ns % NS_PER_MS != 0;
}

static bool has_fine_duration(const struct ast *n)
{
	switch ((int)n->kind) {
	case AST_VECTOR:
		return is_fine(n->vector.shift.offset_ns);
	case AST_MATRIX:
		return is_fine(n->matrix.range_ns);
	case AST_SUBQUERY:
		return is_fine(n->subquery.range_ns) || is_fine(n->subquery.step_ns) ||
		       is_fine(n->subquery.shift.offset_ns);
	default:
		return false;
	}
}

/* x offset --18 - 5 is printed as x offset 18 - 5, and -0s as 0s. */
static bool is_lawful(struct ast *n, void *ctx)
{
	const struct ast_shift *shift = n->kind == AST_VECTOR	  ? &n->vector.shift
					: n->kind == AST_SUBQUERY ? &n->subquery.shift
								  : NULL;
	const struct ast *offset = shift ? shift->offset_expr : NULL;
	bool *lawful = ctx;

	if (has_fine_duration(n))
		*lawful = false;
	if (n->kind == AST_NUMBER && n->number.is_duration && signbit(n->number.value) &&
		!(n->number.value < 0))
		*lawful = false;
	if (offset && offset->duration.left && offset->duration.right &&
		!offset->duration.wrapped && offset->duration.op != TOKEN_MIN_OF &&
		offset->duration.op != TOKEN_MAX_OF)
		*lawful = false;
	return *lawful;
}

static struct sv print(struct arena *a, const struct ast *root,
	void (*printer)(struct buf *out, const struct ast *n))
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, TEXT_BYTES);
	printer(&out, root);
	if (out.failed == ERR_LIMIT)
		return SV_NULL;
	REQUIRE(out.failed == ERR_OK && out.len > 0);
	return arena_sv(a, buf_sv(&out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct ast *root, *again;
	struct error err;
	bool lawful = true;

	arena_init(&a, MAX_BYTES);
	if (parser_parse(&a, sv_from((const char *)data, size), PARSER_ALL, &root, NULL, &err))
		return 0;
	struct sv line = print(&a, root, printer_print), pretty = print(&a, root, printer_pretty);

	REQUIRE(line.ptr && sv_find(line, '\n') == line.len);
	REQUIRE(ast_walk(root, is_lawful, &lawful, &err) == ERR_OK);
	if (!lawful || holds(line, SV("info(")) || holds(line, SV("Inf")) ||
		line.len > PARSER_MAX_BYTES)
		return 0;
	REQUIRE(parser_parse(&a, line, PARSER_ALL, &again, NULL, &err) == ERR_OK);
	REQUIRE(sv_eq(print(&a, again, printer_print), line));
	REQUIRE(rewritten_check(&a, root, line, &err) == ERR_OK);
	if (!pretty.ptr || pretty.len > PARSER_MAX_BYTES)
		return 0;
	REQUIRE(parser_parse(&a, pretty, PARSER_ALL, &again, NULL, &err) == ERR_OK);
	REQUIRE(sv_eq(print(&a, again, printer_print), line));
	return 0;
}
