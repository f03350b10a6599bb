/* Type checking of a syntactically correct tree: all errors, in the reference's order (operands before their operator). The left
 * spine is walked with a list, the rest by recursion, which PARSER_MAX_DEPTH bounds. */
#include "promql/parser_state.h"
#include "promql/quote.h"

static void check(struct parser *p, struct ast *n);

static void add(struct parser *p, const struct ast *n, const char *text)
{
	parser_add(p, n->start, n->end, "%s", text);
}

/* A message that is put together; without memory there is none. */
static const char *finish(struct parser *p, const struct buf *text)
{
	if (text->failed)
		p->failed = text->failed;
	return buf_text(text);
}

static void expect(struct parser *p, struct ast *n, enum value_type wanted, const char *context)
{
	check(p, n);
	if (n->type != wanted)
		parser_add(p, n->start, n->end, "expected type %s in %s, got %s",
			ast_type_name(wanted), context, ast_type_name(n->type));
}

static void check_aggregate(struct parser *p, struct ast *n)
{
	expect(p, n->aggregate.expr, VALUE_VECTOR, "aggregation expression");
	if (n->aggregate.param)
		expect(p, n->aggregate.param,
			n->aggregate.op == TOKEN_COUNT_VALUES ? VALUE_STRING : VALUE_SCALAR,
			"aggregation parameter");
}

static void check_arity(struct parser *p, const struct ast *n)
{
	const struct function *f = n->call.function;
	size_t wanted = strlen(f->args), got = n->call.n_args;
	const char *how = "";

	if (f->variadic == 0) {
		if (wanted == got)
			return;
	} else {
		size_t most = wanted - 1 + (f->variadic > 0 ? (size_t)f->variadic : got);

		wanted--;
		if (got >= wanted && got <= most)
			return;
		how = got < wanted ? "at least " : "at most ";
		wanted = got < wanted ? wanted : most;
	}
	parser_add(p, n->start, n->end, "expected %s%zu argument(s) in call to \"%s\", got %zu",
		how, wanted, f->name, got);
}

/* The second argument of info is a selector of labels alone, which may match everything. */
static void check_info(struct parser *p, struct ast *n)
{
	struct ast *second = n->call.args[1];

	if (second->type != VALUE_VECTOR)
		parser_add(p, n->start, n->end,
			"expected type instant vector in call to function \"info\", got %s",
			ast_type_name(second->type));
	if (second->kind != AST_VECTOR)
		add(p, second, "expected label selectors only");
	else if (second->vector.name.len)
		add(p, second, "expected label selectors only, got vector selector instead");
	else
		second->vector.bare = true;
}

static void check_call(struct parser *p, struct ast *n)
{
	const struct function *f = n->call.function;
	size_t n_formal = strlen(f->args);

	check_arity(p, n);
	if (f->id == FUNCTION_INFO && n->call.n_args > 1)
		check_info(p, n);
	for (size_t i = 0; i < n->call.n_args; i++) {
		struct ast *arg = n->call.args[i];
		enum value_type wanted = functions_arg(f, i);

		if (i >= n_formal && f->variadic == 0)
			break;
		check(p, arg);
		if (arg->type != wanted)
			parser_add(p, arg->start, arg->end,
				"expected type %s in call to function \"%s\", got %s",
				ast_type_name(wanted), f->name, ast_type_name(arg->type));
	}
}

static bool is_space(const struct parser *p, uint32_t pos)
{
	char c = pos < p->query.len ? p->query.ptr[pos] : 0;

	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* An error about the operator and its modifiers: the text between the operands. */
static void add_operator(struct parser *p, const struct ast *n, const char *text)
{
	uint32_t start = n->binary.left->end, end = n->binary.right->start - 1;

	while (is_space(p, start))
		start++;
	while (end > 0 && is_space(p, end))
		end--;
	parser_add(p, start, end, "%s", text);
}

static void check_on_and_group(struct parser *p, const struct ast *n)
{
	const struct ast_matching *m = n->binary.matching;

	for (size_t i = 0; i < m->labels.n; i++) {
		for (size_t j = 0; m->on && j < m->include.n; j++) {
			if (!sv_eq(m->labels.at[i], m->include.at[j]))
				continue;
			AUTO(buf_done) struct buf text = { 0 };

			buf_init(&text, 8 * m->labels.at[i].len + 128);
			buf_put_str(&text, "label ");
			quote_print(&text, m->labels.at[i]);
			buf_put_str(&text, " must not occur in ON and GROUP clause at once");
			add_operator(p, n, finish(p, &text));
		}
	}
}

static bool is_scalar_or_vector(const struct ast *n)
{
	return n->type == VALUE_SCALAR || n->type == VALUE_VECTOR;
}

static void check_matching(struct parser *p, struct ast *n)
{
	struct ast_matching *m = n->binary.matching;
	bool set = token_is_set_operator(n->binary.op),
	     fill = m->has_fill_left || m->has_fill_right;

	if (n->binary.left->type != VALUE_VECTOR || n->binary.right->type != VALUE_VECTOR) {
		if (m->labels.n)
			add(p, n, "vector matching only allowed between instant vectors");
		if (fill)
			add(p, n, "filling in missing series only allowed between instant vectors");
		n->binary.matching = NULL;
	} else if (set) {
		if (m->card == AST_ONE_TO_MANY || m->card == AST_MANY_TO_ONE) {
			parser_add(p, n->start, n->end, "no grouping allowed for \"%s\" operation",
				token_text(n->binary.op));
			add(p, n, "set operations must always be many-to-many");
		}
		if (fill)
			add(p, n, "filling in missing series not allowed for set operators");
	}
}

/* Both operands are checked. */
static void check_binary(struct parser *p, struct ast *n)
{
	const struct ast *left = n->binary.left, *right = n->binary.right;
	bool scalars = left->type == VALUE_SCALAR && right->type == VALUE_SCALAR;
	bool comparison = token_is_comparison(n->binary.op),
	     set = token_is_set_operator(n->binary.op);

	if (n->binary.return_bool && !comparison)
		add_operator(p, n, "bool modifier can only be used on comparison operators");
	if (comparison && !n->binary.return_bool && scalars)
		add_operator(p, n, "comparisons between scalars must use BOOL modifier");
	if (set && n->binary.matching->card == AST_ONE_TO_ONE)
		n->binary.matching->card = AST_MANY_TO_MANY;
	check_on_and_group(p, n);
	if (!is_scalar_or_vector(left))
		add(p, left, "binary expression must contain only scalar and instant vector types");
	if (!is_scalar_or_vector(right))
		add(p, right,
			"binary expression must contain only scalar and instant vector types");
	check_matching(p, n);
	if (set && (left->type == VALUE_SCALAR || right->type == VALUE_SCALAR))
		parser_add(p, n->start, n->end,
			"set operator \"%s\" not allowed in binary scalar expression",
			token_text(n->binary.op));
}

static void check_unary(struct parser *p, struct ast *n)
{
	check(p, n->unary.expr);
	if (!is_scalar_or_vector(n->unary.expr))
		parser_add(p, n->start, n->end,
			"unary expression only allowed on expressions of type scalar or instant "
			"vector, got \"%s\"",
			ast_type_name(n->unary.expr->type));
}

static void check_subquery(struct parser *p, const struct ast *n)
{
	static const char *const words[] = { "none", "vector", "matrix", "scalar", "string" };

	if (n->subquery.expr->type != VALUE_VECTOR)
		parser_add(p, n->start, n->end,
			"subquery is only allowed on instant vector, got %s instead",
			words[n->subquery.expr->type]);
}

static void check_second_name(struct parser *p, const struct ast *n, const struct matcher *m)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 8 * (n->vector.name.len + m->value.len) + 128);
	if (!sv_is(m->label, "__name__"))
		return;
	buf_put_str(&text, "metric name must not be set twice: ");
	quote_print(&text, n->vector.name);
	buf_put_str(&text, " or ");
	quote_print(&text, m->value);
	add(p, n, finish(p, &text));
}

static void check_vector(struct parser *p, const struct ast *n)
{
	bool restricted = n->vector.bare;

	if (n->vector.name.len) {
		for (size_t i = 0; i + 1 < n->vector.n_matchers; i++)
			check_second_name(p, n, &n->vector.matchers[i]);
		return;
	}
	for (size_t i = 0; i < n->vector.n_matchers && !restricted; i++)
		restricted = !matcher_matches(&n->vector.matchers[i], SV(""));
	if (!restricted)
		add(p, n, "vector selector must contain at least one non-empty matcher");
}

/* A node whose left child, if it has one, is checked. */
static void check_one(struct parser *p, struct ast *n)
{
	switch (n->kind) {
	case AST_AGGREGATE:
		check_aggregate(p, n);
		break;
	case AST_BINARY:
		check(p, n->binary.right);
		check_binary(p, n);
		break;
	case AST_CALL:
		check_call(p, n);
		break;
	case AST_PAREN:
		check(p, n->paren.expr);
		break;
	case AST_UNARY:
		check_unary(p, n);
		break;
	case AST_SUBQUERY:
		check_subquery(p, n);
		break;
	case AST_VECTOR:
		check_vector(p, n);
		break;
	case AST_MATRIX:
	case AST_NUMBER:
	case AST_STRING:
	case AST_DURATION:
		break;
	}
}

/* Spines of up to this many nodes need no memory. */
#define SHORT_SPINE 16

static void check(struct parser *p, struct ast *n)
{
	struct ast *few[SHORT_SPINE], **spine = few;
	size_t len = 0;

	for (struct ast *at = n; at; at = ast_left(at))
		len++;
	if (len > SHORT_SPINE && !(spine = parser_alloc(p, len, sizeof(struct ast *))))
		return;
	len = 0;
	for (struct ast *at = n; at; at = ast_left(at))
		spine[len++] = at;
	while (len > 0 && !p->failed)
		check_one(p, spine[--len]);
}

void parser_check(struct parser *p, struct ast *root)
{
	check(p, root);
}
