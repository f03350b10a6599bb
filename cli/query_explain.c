/* Checked tree -> text. */
#include "cli/query_explain.h"

#include "promql/ast_walk.h"
#include "promql/duration.h"
#include "promql/number.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "promql/separable.h"

/* Deeper nodes are one line in canonical form. */
#define MAX_TREE_DEPTH 40
#define TYPE_COLUMN 64
#define INDENT "           "

static void put_head(struct buf *out, const struct ast *n)
{
	switch (n->kind) {
	case AST_AGGREGATE:
		printer_aggregate_head(out, n);
		break;
	case AST_BINARY:
		printer_operator(out, n);
		break;
	case AST_CALL:
		buf_printf(out, "%s()", n->call.function->name);
		break;
	case AST_PAREN:
		buf_put_str(out, "()");
		break;
	case AST_UNARY:
		buf_put_str(out, token_text(n->unary.op));
		break;
	case AST_SUBQUERY:
		buf_put_str(out, "subquery ");
		printer_subquery_suffix(out, n);
		break;
	case AST_NUMBER:
	case AST_STRING:
	case AST_VECTOR:
	case AST_MATRIX:
	case AST_DURATION:
		printer_print(out, n);
		break;
	}
}

static void put_tree(struct buf *out, const struct ast *n, size_t depth)
{
	size_t before;

	buf_put_str(out, "  ");
	before = out->len;
	for (size_t i = 0; i < depth; i++)
		buf_put_str(out, "  ");
	if (depth == MAX_TREE_DEPTH)
		printer_print(out, n);
	else
		put_head(out, n);
	size_t width = out->len - before;
	buf_printf(out, "%*s  %s\n", width < TYPE_COLUMN ? (int)(TYPE_COLUMN - width) : 0, "",
		ast_type_name(n->type));
	if (depth == MAX_TREE_DEPTH || n->kind == AST_MATRIX)
		return;
	for (size_t i = 0; ast_child(n, i); i++)
		put_tree(out, ast_child(n, i), depth + 1);
}

static void put_window(struct buf *out, const struct query_cost_selector *s)
{
	const struct ast_shift *shift = &s->vector->vector.shift;

	if (s->unknown_window)
		buf_put_str(out, "window by arithmetic");
	else if (s->range_ns > 0) {
		buf_put_str(out, "window ");
		duration_print(out, s->range_ns);
	} else {
		buf_put_str(out, "newest sample");
	}
	if (s->subquery_ns > 0) {
		buf_printf(out, ", %.0f times within ", s->n_evaluations);
		duration_print(out, s->subquery_ns);
	}
	if (shift->offset_ns > 0) {
		buf_put_str(out, ", ");
		duration_print(out, shift->offset_ns);
		buf_put_str(out, " earlier");
	} else if (shift->offset_ns < 0) {
		buf_put_str(out, ", ");
		duration_print(out, -shift->offset_ns);
		buf_put_str(out, " later");
	}
	if (shift->at != AST_AT_NONE)
		buf_put_str(out, ", at a fixed time");
}

static void put_selectors(struct buf *out, struct sv query, const struct query_cost *cost)
{
	for (size_t i = 0; i < cost->n_selectors; i++) {
		const struct query_cost_selector *s = &cost->selectors[i];
		buf_put_str(out, "  ");
		parser_print_position(out, query, s->vector->start);
		buf_put_str(out, "  ");
		printer_print(out, s->vector);
		buf_put_str(out, "  ");
		put_window(out, s);
		buf_put_char(out, '\n');
	}
	if (cost->n_selectors == 0)
		buf_put_str(out, "  none: it reads no series\n");
}

struct placeholders {
	struct arena *a;
	const struct sv *labels;
	size_t n_labels;
	bool no_memory;
};

/* Equalities on object labels become what the analysis takes for "this object's value". */
static bool set_placeholders(struct ast *n, void *ctx)
{
	struct placeholders *p = ctx;

	for (size_t i = 0; n->kind == AST_VECTOR && i < n->vector.n_matchers; i++) {
		struct matcher *m = &n->vector.matchers[i];
		for (size_t l = 0; l < p->n_labels; l++) {
			if (m->op != MATCHER_EQ || m->value.len == 0 ||
				!sv_eq(m->label, p->labels[l]))
				continue;
			m->value = sv_of(arena_printf(p->a, "<%.*s>", SV_ARG(m->label)));
			p->no_memory = p->no_memory || !m->value.ptr;
		}
	}
	return true;
}

static void put_asking(struct buf *out, const struct separable *s, struct sv query,
	const struct sv *labels, size_t n_labels, const char *indent)
{
	if (s->reason == SEPARABLE_YES)
		buf_put_str(out, "one grouped query, ");
	separable_explain(out, s, query, labels, n_labels);
	buf_put_char(out, '\n');
	if (s->reason != SEPARABLE_YES)
		return;
	buf_put_str(out, indent);
	printer_print(out, s->coalesced);
	if (s->has_default) {
		buf_put_str(out, ", and ");
		number_print(out, s->default_value);
		buf_put_str(out, " for an object without a row");
	}
	buf_put_char(out, '\n');
}

enum error_kind query_explain_asking(struct arena *a, struct sv query, struct ast *root,
	const struct sv *labels, size_t n_labels, const char *indent, struct buf *out,
	struct error *err)
{
	struct placeholders p = { a, labels, n_labels, false };
	struct separable s;

	if (ast_walk(root, set_placeholders, &p, err) != ERR_OK)
		return err->kind;
	if (p.no_memory)
		return arena_error(a, err);
	if (separable_analyze(a, root, labels, n_labels, &s, err) != ERR_OK)
		return err->kind;
	put_asking(out, &s, query, labels, n_labels, indent);
	return buf_check(out, "the explanation", err);
}

enum error_kind query_explain(struct arena *a, struct sv query, struct ast *root,
	const struct query_explain_options *options, struct buf *out, struct error *err)
{
	struct query_cost cost;

	if (query_cost_estimate(a, root, &options->cost, &cost, err) != ERR_OK)
		return err->kind;
	buf_printf(out, "type       %s\ntree\n", ast_type_name(root->type));
	put_tree(out, root, 0);
	buf_put_str(out, "selectors\n");
	put_selectors(out, query, &cost);
	buf_put_str(out, "cost       ");
	query_cost_print(out, &cost, &options->cost, INDENT);
	if (options->n_object_labels == 0)
		return buf_check(out, "the explanation", err);
	buf_put_str(out, "asked as   ");
	return query_explain_asking(
		a, query, root, options->object_labels, options->n_object_labels, INDENT, out, err);
}
