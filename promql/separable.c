/* The walk over the tree: children first, the first refusal counts. A tree that passes is the coalesced form at the end. The rules for
 * each kind of node are in separable_facts.c, separable_call.c and separable_binary.c. */
#include "promql/separable.h"

#include "promql/ast_walk.h"
#include "promql/parser.h"
#include "promql/separable_facts.h"

static bool analyze(struct analysis *a, struct ast *n, struct facts *ret);

/* A call: its arguments in order; the facts are those of the argument that is a vector. */
static bool analyze_call(struct analysis *a, struct ast *n, struct facts *ret)
{
	struct facts operand = { .object = false }, arg;
	bool has_operand = false;

	for (size_t i = 0; i < n->call.n_args; i++) {
		struct ast *at = n->call.args[i];

		if (!analyze(a, at, &arg))
			return false;
		if (at->type != VALUE_VECTOR && at->type != VALUE_MATRIX)
			continue;
		/* Only info has two; either makes it depend on the object. */
		if (!has_operand)
			operand = arg;
		operand.object = operand.object || arg.object;
		has_operand = true;
	}
	return separable_call(a, n, has_operand ? &operand : NULL, ret);
}

static bool analyze_aggregate(struct analysis *a, struct ast *n, struct facts *ret)
{
	struct facts operand, param;

	if (!analyze(a, n->aggregate.expr, &operand))
		return false;
	if (n->aggregate.param && !analyze(a, n->aggregate.param, &param))
		return false;
	return separable_aggregate(a, n, &operand, ret);
}

static const struct ast *inside_parens(const struct ast *n)
{
	while (n->kind == AST_PAREN)
		n = n->paren.expr;
	return n;
}

/* `... or vector(0)` at the root, when the constant row cannot stand beside rows of the left side: the default of objects without a
 * row. */
static bool lift_default(struct analysis *a, struct ast *n, const struct facts *left)
{
	const struct ast *right = inside_parens(n->binary.right);
	const struct ast_matching *m = n->binary.matching;
	bool constant = right->kind == AST_CALL && right->call.function->id == FUNCTION_VECTOR &&
			right->call.args[0]->kind == AST_NUMBER;
	bool alone = (m->on && m->labels.n == 0) || (!left->names.unbounded && left->names.n == 0);

	if (n != a->root || n->binary.op != TOKEN_LOR || !left->object || !constant || !alone)
		return false;
	a->result->coalesced = n->binary.left;
	a->result->has_default = true;
	a->result->default_value = right->call.args[0]->number.value;
	return true;
}

static bool analyze_binary(
	struct analysis *a, struct ast *n, const struct facts *left, struct facts *ret)
{
	struct facts right;

	if (!analyze(a, n->binary.right, &right))
		return false;
	if (n->binary.matching && lift_default(a, n, left)) {
		*ret = *left;
		return true;
	}
	return separable_binary(a, n, left, &right, ret);
}

static bool analyze_subquery(
	struct analysis *a, struct ast *n, const struct facts *operand, struct facts *ret)
{
	for (size_t l = 0; operand->object && l < a->n_labels; l++)
		if (operand->has[l] == PRESENCE_MAYBE)
			return separable_refuse(a, n, SEPARABLE_LABEL_PRESENCE, a->labels[l]);
	*ret = *operand;
	return true;
}

/* A node whose left child, if it is on the spine, has the facts `left`. */
static bool analyze_one(
	struct analysis *a, struct ast *n, const struct facts *left, struct facts *ret)
{
	switch (n->kind) {
	case AST_NUMBER:
	case AST_STRING:
	case AST_DURATION:
		*ret = (struct facts){ .object = false };
		return true;
	case AST_VECTOR:
		return separable_selector(a, n, ret);
	case AST_MATRIX:
		*ret = *left;
		return true;
	case AST_SUBQUERY:
		return analyze_subquery(a, n, left, ret);
	case AST_BINARY:
		return analyze_binary(a, n, left, ret);
	case AST_AGGREGATE:
		return analyze_aggregate(a, n, ret);
	case AST_CALL:
		return analyze_call(a, n, ret);
	case AST_PAREN:
		return analyze(a, n->paren.expr, ret);
	case AST_UNARY:
		return analyze(a, n->unary.expr, ret);
	}
	return false;
}

#define SHORT_SPINE 16

static bool analyze(struct analysis *a, struct ast *n, struct facts *ret)
{
	struct ast *few[SHORT_SPINE], **spine = few;
	struct facts left = { .object = false };
	size_t len = 0;

	for (struct ast *at = n; at; at = ast_left(at))
		len++;
	if (len > SHORT_SPINE && !(spine = arena_calloc(a->arena, len, sizeof(struct ast *)))) {
		a->failed = ERR_NOMEM;
		return false;
	}
	len = 0;
	for (struct ast *at = n; at; at = ast_left(at))
		spine[len++] = at;
	while (len > 0) {
		if (!analyze_one(a, spine[--len], &left, ret))
			return false;
		left = *ret;
	}
	return true;
}

static bool check_placeholders(struct ast *n, void *ctx)
{
	return separable_check_placeholders(ctx, n);
}

static enum error_kind prepare(struct analysis *a, struct error *err)
{
	if (a->n_labels == 0 || a->n_labels > SEPARABLE_MAX_LABELS)
		return error_set(err, ERR_INVALID, "expected 1 to %u object labels, got %zu",
			SEPARABLE_MAX_LABELS, a->n_labels);
	for (size_t l = 0; l < a->n_labels; l++) {
		char *text = arena_printf(a->arena, "<%.*s>", SV_ARG(a->labels[l]));

		if (!text)
			return arena_error(a->arena, err);
		a->placeholders[l] = sv_of(text);
	}
	return ERR_OK;
}

enum error_kind separable_analyze(struct arena *arena, struct ast *root, const struct sv *labels,
	size_t n_labels, struct separable *ret, struct error *err)
{
	struct analysis a = {
		.arena = arena, .labels = labels, .n_labels = n_labels, .result = ret
	};
	struct ast *inner = root;
	struct facts facts;

	while (inner->kind == AST_PAREN)
		inner = inner->paren.expr;
	*ret = (struct separable){ .reason = SEPARABLE_YES, .coalesced = inner };
	a.root = inner;
	if (prepare(&a, err) || ast_walk(root, check_placeholders, &a, err))
		return err->kind;
	if (ret->reason == SEPARABLE_YES && analyze(&a, inner, &facts)) {
		if (!facts.object)
			separable_refuse(&a, root, SEPARABLE_NO_PLACEHOLDER, SV(""));
		else if (root->type != VALUE_VECTOR)
			separable_refuse(&a, root, SEPARABLE_TYPE, SV("matrix"));
	}
	return a.failed ? arena_error(arena, err) : ERR_OK;
}

const char *separable_reason_name(enum separable_reason reason)
{
	static const char *const names[] = { "separable", "placeholder-misuse",
		"partial-placeholder", "no-placeholder", "type", "scalar", "absent", "info", "sort",
		"limit", "fill", "writes-label", "reads-label", "le-label", "label-presence",
		"global-operand", "or-global" };

	return names[reason];
}

/* The clause behind "per object because". */
static void explain_reason(struct buf *out, const struct separable *s)
{
	static const char *const texts[] = { "", "a placeholder stands inside of another text",
		"only some object labels are bound", "nothing depends on the object",
		"the result is no instant vector", NULL, NULL, NULL, NULL, NULL,
		"fill counts objects without rows", "an object label is written",
		"an object label is read that rows may lack",
		"the histogram's label le is an object label",
		"rows may lack an object label that they are matched or grouped by",
		"an operand is the same for all objects",
		"\"or\" has an operand that is the same for all objects" };

	if (texts[s->reason])
		buf_put_str(out, texts[s->reason]);
	else
		buf_printf(out, "%.*s()", SV_ARG(s->what));
	if (texts[s->reason] && s->what.len)
		buf_printf(out, " (%.*s)", SV_ARG(s->what));
}

void separable_explain(struct buf *out, const struct separable *s, struct sv query,
	const struct sv *labels, size_t n_labels)
{
	if (s->reason == SEPARABLE_NO_PLACEHOLDER) {
		buf_put_str(out, "one query for all objects: nothing in it depends on the object");
		return;
	}
	if (s->reason == SEPARABLE_YES) {
		buf_put_str(out, "coalesced over ");
		for (size_t l = 0; l < n_labels; l++) {
			buf_put_str(out, l ? "," : "");
			buf_put_sv(out, labels[l]);
		}
		return;
	}
	buf_put_str(out, "per object because ");
	explain_reason(out, s);
	buf_put_str(out, " at ");
	parser_print_position(out, query, s->start);
}
