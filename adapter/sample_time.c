/* Query text -> tree -> its one selector -> min by (label) (timestamp(selector)). The oldest sample counts: a sum is as old as the oldest number in it. */
#include "adapter/sample_time.h"

#include "adapter/probe.h"
#include "promql/parser.h"
#include "promql/printer.h"

#define SAMPLE_TIME_TEXT_MAX (4u * 1024 * 1024)

static const struct ast *without_parens(const struct ast *n)
{
	while (n->kind == AST_PAREN)
		n = n->paren.expr;
	return n;
}

/* NULL: not plain. */
static const struct ast *find_selector(const struct ast *tree)
{
	const struct ast *n = without_parens(tree);
	if (n->kind == AST_AGGREGATE && !n->aggregate.param)
		n = without_parens(n->aggregate.expr);
	if (n->kind != AST_VECTOR || n->vector.anchored || n->vector.smoothed)
		return NULL;
	const struct ast_shift *shift = &n->vector.shift;
	bool shifted = shift->at != AST_AT_NONE || shift->offset_ns != 0 || shift->offset_expr;
	return shifted ? NULL : n;
}

static enum error_kind not_plain(struct error *err)
{
	return error_set(err, ERR_INVALID,
		"sampleTimestamp: the query must be one selector without range and offset, alone "
		"or inside of sum, avg, min, max or count, as in sum(x{...}) by (pod)");
}

enum error_kind sample_time_check(
	struct arena *a, const struct mapper *m, const struct naming *n, struct error *err)
{
	struct probe p;
	if (n->rule->external)
		return error_set(err, ERR_INVALID,
			"sampleTimestamp is for rules only: external metrics have no object whose "
			"time could be asked for");
	if (probe_rule(a, m, n, &p, err))
		return error_wrap(err, "sampleTimestamp");
	return find_selector(p.tree) ? ERR_OK : not_plain(err);
}

enum error_kind sample_time_query(
	struct arena *a, struct sv query, struct sv label, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct ast *tree = NULL;
	if (parser_parse(a, query, PARSER_ALL, &tree, NULL, err))
		return error_wrap(err, "sampleTimestamp");
	const struct ast *selector = find_selector(tree);
	if (!selector)
		return not_plain(err);
	buf_init(&out, SAMPLE_TIME_TEXT_MAX);
	buf_put_str(&out, "min by (");
	buf_put_sv(&out, label);
	buf_put_str(&out, ") (timestamp(");
	printer_print(&out, selector);
	buf_put_str(&out, "))");
	if (buf_check(&out, "sampleTimestamp: the query", err))
		return err->kind;
	struct sv text = arena_sv(a, buf_sv(&out));
	if (!text.ptr)
		return arena_error(a, err);
	*ret = text;
	return ERR_OK;
}
