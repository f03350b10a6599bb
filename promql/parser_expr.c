/* Operands and operators: precedence climbing for binary operators, with the operand's modifiers in parser_selector.c. */
#include "promql/parser_state.h"

/* How tightly a binary operator binds; 0: none. */
static unsigned binary_level(enum token_kind kind)
{
	static const unsigned char levels[TOKEN_N_KINDS] = { [TOKEN_LOR] = 1,
		[TOKEN_LAND] = 2,
		[TOKEN_LUNLESS] = 2,
		[TOKEN_EQLC] = 3,
		[TOKEN_GTE] = 3,
		[TOKEN_GTR] = 3,
		[TOKEN_LSS] = 3,
		[TOKEN_LTE] = 3,
		[TOKEN_NEQ] = 3,
		[TOKEN_TRIM_UPPER] = 3,
		[TOKEN_TRIM_LOWER] = 3,
		[TOKEN_ADD] = 4,
		[TOKEN_SUB] = 4,
		[TOKEN_MUL] = 5,
		[TOKEN_DIV] = 5,
		[TOKEN_MOD] = 5,
		[TOKEN_ATAN2] = 5,
		[TOKEN_POW] = 6 };

	return levels[kind];
}

#define LEVEL_POW 6

/* Where an expression can begin. */
static bool can_start(enum token_kind kind)
{
	switch ((int)kind) {
	case TOKEN_NUMBER:
	case TOKEN_DURATION:
	case TOKEN_STRING:
	case TOKEN_LEFT_PAREN:
	case TOKEN_LEFT_BRACE:
	case TOKEN_ADD:
	case TOKEN_SUB:
		return true;
	default:
		return parser_is_metric_name(kind);
	}
}

/* ( args ), the parenthesis not accepted yet. False: raised. */
static bool parse_args(struct parser *p, struct parser_node_list **ret, size_t *ret_n)
{
	struct parser_node_list **end = ret;
	struct token t;

	*ret = NULL;
	*ret_n = 0;
	parser_shift(p);
	if (parser_peek_kind(p) == TOKEN_RIGHT_PAREN) {
		parser_shift(p);
		return true;
	}
	for (;;) {
		struct ast *arg = parser_expr(p, 1);
		struct parser_node_list *item = arg ? parser_alloc(p, 1, sizeof(*item)) : NULL;

		if (!item)
			return false;
		item->node = arg;
		*end = item;
		end = &item->next;
		++*ret_n;
		do {
			while (parser_peek_kind(p) != TOKEN_COMMA &&
				p->token.kind != TOKEN_RIGHT_PAREN)
				if (!parser_drop(p))
					return false;
			t = parser_shift(p);
			if (t.kind == TOKEN_RIGHT_PAREN)
				return true;
			if (!can_start(parser_peek_kind(p)))
				parser_add_token(p, &t,
					SV("trailing commas not allowed in function call args"));
		} while (!can_start(p->token.kind));
	}
}

/* Any word that was accepted, in front of "(". */
static struct ast *parse_call(struct parser *p, const struct token *name)
{
	struct parser_node_list *args;
	size_t n, i = 0;

	if (!parser_enter(p) || !parse_args(p, &args, &n))
		return NULL;
	p->depth--;
	const struct function *f = functions_find(name->text);
	uint32_t name_end = name->pos + (uint32_t)name->text.len;

	if (!f)
		parser_add(p, name->pos, name_end, "unknown function with name \"%.*s\"",
			SV_ARG(name->text));
	else if (f->experimental && !(p->options & PARSER_FUNCTIONS))
		parser_add(p, name->pos, name_end, "function \"%.*s\" is not enabled",
			SV_ARG(name->text));
	struct ast *call =
		parser_node(p, AST_CALL, f ? f->result : VALUE_NONE, name->pos, p->last_closing);
	struct ast **list = parser_alloc(p, n + 1, sizeof(*list));

	if (!call || !list)
		return NULL;
	for (; args; args = args->next)
		list[i++] = args->node;
	call->call.function = f;
	call->call.args = list;
	call->call.n_args = n;
	return call;
}

/* The reference reads one token too many to see whether by or without follows; it then looks for the parenthesis before a closing
 * one in the text. */
static uint32_t previous_right_paren(const struct parser *p, uint32_t fallback)
{
	uint32_t last = p->lexer.last_pos;

	if (fallback == 0 || last == 0 || last >= p->query.len || p->query.ptr[last] != ')')
		return fallback;
	for (uint32_t i = last - 1; i > 0; i--) {
		char c = p->query.ptr[i];

		if (c == ')')
			return i + 1;
		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return fallback;
	}
	return fallback;
}

/* Fills in the arguments of an aggregation. */
static void set_arguments(
	struct parser *p, struct ast *agg, struct parser_node_list *args, size_t n)
{
	enum token_kind op = agg->aggregate.op;
	size_t wanted = token_has_parameter(op) ? 2 : 1;

	if (n == 0) {
		parser_add(
			p, agg->start, agg->end, "no arguments for aggregate expression provided");
		return;
	}
	if ((op == TOKEN_LIMITK || op == TOKEN_LIMIT_RATIO) && !(p->options & PARSER_FUNCTIONS)) {
		parser_add(p, agg->start, agg->end,
			"%s() is experimental and must be enabled with "
			"--enable-feature=promql-experimental-functions",
			token_text(op));
		return;
	}
	if (n != wanted) {
		parser_add(p, agg->start, agg->end,
			"wrong number of arguments for aggregate expression provided, expected "
			"%zu, got %zu",
			wanted, n);
		return;
	}
	if (wanted == 2) {
		agg->aggregate.param = args->node;
		args = args->next;
	}
	agg->aggregate.expr = args->node;
}

/* "by (...)" or "without (...)", at the keyword. */
static bool parse_modifier(struct parser *p, struct ast *agg)
{
	agg->aggregate.without = parser_shift(p).kind == TOKEN_WITHOUT;
	return parser_grouping(p, &agg->aggregate.grouping);
}

static bool is_modifier(enum token_kind kind)
{
	return kind == TOKEN_BY || kind == TOKEN_WITHOUT;
}

/* What follows the operator. False: raised. */
static bool parse_aggregate_rest(struct parser *p, struct ast *agg)
{
	struct parser_node_list *args;
	struct token *t;
	size_t n;

	if (is_modifier(parser_peek_kind(p))) {
		if (!parse_modifier(p, agg))
			return false;
		while ((t = parser_peek(p))->kind != TOKEN_LEFT_PAREN)
			if (!parser_drop(p))
				return false;
		if (!parse_args(p, &args, &n))
			return false;
		agg->end = p->last_closing;
	} else {
		if (!parse_args(p, &args, &n))
			return false;
		if (is_modifier(parser_peek_kind(p))) {
			if (!parse_modifier(p, agg))
				return false;
			agg->end = p->last_closing;
		} else {
			agg->end = previous_right_paren(p, p->last_closing);
		}
	}
	set_arguments(p, agg, args, n);
	return true;
}

static struct ast *parse_aggregate(struct parser *p, const struct token *op)
{
	struct ast *agg = parser_node(p, AST_AGGREGATE, VALUE_VECTOR, op->pos, op->pos);
	unsigned depth = p->depth;

	if (!agg || !parser_enter(p))
		return NULL;
	agg->aggregate.op = op->kind;
	if (!parse_aggregate_rest(p, agg)) {
		if (!parser_catch(p))
			return NULL;
		parser_unexpected(p, "aggregation", NULL);
		agg->end = p->last_closing;
		set_arguments(p, agg, NULL, 0);
	}
	p->depth = depth;
	return agg;
}

static struct ast *parse_paren(struct parser *p)
{
	struct token open = parser_shift(p);
	struct ast *n, *expr;

	if (!parser_enter(p) || !(expr = parser_expr(p, 1)))
		return NULL;
	while (parser_peek_kind(p) != TOKEN_RIGHT_PAREN) {
		if (!parser_drop(p))
			return NULL;
		/* What was dropped may stand in front of an operator. */
		expr = parser_expr_rest(p, expr, 1);
		if (!expr)
			return NULL;
	}
	parser_shift(p);
	p->depth--;
	n = parser_node(p, AST_PAREN, expr->type, open.pos, p->token.pos + 1);
	if (n)
		n->paren.expr = expr;
	return n;
}

static struct ast *parse_unary(struct parser *p)
{
	struct token op = parser_shift(p);
	struct ast *n, *expr;

	if (!parser_enter(p) || !(expr = parser_expr(p, LEVEL_POW)))
		return NULL;
	p->depth--;
	if (expr->kind == AST_NUMBER) {
		if (op.kind == TOKEN_SUB)
			expr->number.value *= -1;
		expr->start = op.pos;
		return expr;
	}
	n = parser_node(p, AST_UNARY, expr->type, op.pos, expr->end);
	if (n) {
		n->unary.op = op.kind;
		n->unary.expr = expr;
	}
	return n;
}

/* A word: call, aggregation or metric. */
static struct ast *parse_word(struct parser *p)
{
	struct token word = parser_shift(p);
	enum token_kind next = parser_peek_kind(p);

	if (token_is_aggregator(word.kind)) {
		if (next == TOKEN_LEFT_PAREN || is_modifier(next))
			return parse_aggregate(p, &word);
	} else if (next == TOKEN_LEFT_PAREN &&
		   (word.kind == TOKEN_IDENTIFIER || word.kind >= TOKEN_START)) {
		return parse_call(p, &word);
	}
	return parser_selector(p, &word);
}

static struct ast *parse_string(struct parser *p)
{
	struct token t = parser_shift(p);
	struct ast *n =
		parser_node(p, AST_STRING, VALUE_STRING, t.pos, t.pos + (uint32_t)t.text.len);

	if (n)
		n->string.value = parser_unquote(p, &t);
	return n;
}

static struct ast *parse_operand(struct parser *p)
{
	for (;;) {
		struct token t;

		switch ((int)parser_peek_kind(p)) {
		case TOKEN_NUMBER:
		case TOKEN_DURATION:
			t = parser_shift(p);
			return parser_literal(p, &t);
		case TOKEN_STRING:
			return parse_string(p);
		case TOKEN_LEFT_PAREN:
			return parse_paren(p);
		case TOKEN_LEFT_BRACE:
			return parser_selector(p, NULL);
		case TOKEN_ADD:
		case TOKEN_SUB:
			return parse_unary(p);
		default:
			if (parser_is_metric_name(p->token.kind))
				return parse_word(p);
			if (!parser_drop(p))
				return NULL;
		}
	}
}

/* ( number ) behind fill. */
static bool parse_fill(struct parser *p, double *ret)
{
	struct token t;
	bool negative = false;

	parser_shift(p);
	if (!parser_expect(p, TOKEN_LEFT_PAREN, &t))
		return false;
	for (;;) {
		enum token_kind kind = parser_peek_kind(p);

		if (kind == TOKEN_NUMBER || kind == TOKEN_DURATION)
			break;
		if (kind == TOKEN_ADD || kind == TOKEN_SUB) {
			negative = parser_shift(p).kind == TOKEN_SUB;
			while (parser_peek_kind(p) != TOKEN_NUMBER &&
				p->token.kind != TOKEN_DURATION)
				if (!parser_drop(p))
					return false;
			break;
		}
		if (!parser_drop(p))
			return false;
	}
	t = parser_shift(p);
	struct ast *n = parser_literal(p, &t);

	if (!n || !parser_expect(p, TOKEN_RIGHT_PAREN, &t))
		return false;
	*ret = negative ? n->number.value * -1 : n->number.value;
	return true;
}

static bool parse_fills(struct parser *p, struct ast_matching *m)
{
	enum token_kind kind = parser_peek_kind(p);
	double value;

	if (kind == TOKEN_FILL) {
		if (!parse_fill(p, &value))
			return false;
		m->fill_left = m->fill_right = value;
		m->has_fill_left = m->has_fill_right = true;
		return true;
	}
	for (unsigned i = 0; i < 2; i++) {
		kind = parser_peek_kind(p);
		if (kind == TOKEN_FILL_LEFT && !m->has_fill_left) {
			if (!parse_fill(p, &m->fill_left))
				return false;
			m->has_fill_left = true;
		} else if (kind == TOKEN_FILL_RIGHT && !m->has_fill_right) {
			if (!parse_fill(p, &m->fill_right))
				return false;
			m->has_fill_right = true;
		}
	}
	return true;
}

/* bool, on/ignoring, group_left/right, fill: behind the operator. False: raised. */
static bool parse_binary_modifiers(struct parser *p, struct ast *n)
{
	struct ast_matching *m = n->binary.matching;
	enum token_kind kind = parser_peek_kind(p);

	if (kind == TOKEN_BOOL) {
		parser_shift(p);
		n->binary.return_bool = true;
		kind = parser_peek_kind(p);
	}
	if (kind == TOKEN_ON || kind == TOKEN_IGNORING) {
		parser_shift(p);
		m->on = kind == TOKEN_ON;
		if (!parser_grouping(p, &m->labels))
			return false;
		kind = parser_peek_kind(p);
		if (kind == TOKEN_GROUP_LEFT || kind == TOKEN_GROUP_RIGHT) {
			parser_shift(p);
			m->card = kind == TOKEN_GROUP_LEFT ? AST_MANY_TO_ONE : AST_ONE_TO_MANY;
			/* The labels may be left out in front of an operand only. */
			if ((parser_peek_kind(p) == TOKEN_LEFT_PAREN ||
				    !can_start(p->token.kind)) &&
				!parser_grouping(p, &m->include))
				return false;
		}
	}
	return parse_fills(p, m);
}

/* operator modifiers right, at the operator. */
static struct ast *parse_binary(struct parser *p, struct ast *left, unsigned level)
{
	struct token op = parser_shift(p);
	struct ast *n = parser_node(p, AST_BINARY, VALUE_VECTOR, left->start, 0);
	struct ast_matching *m = parser_alloc(p, 1, sizeof(*m));

	if (!n || !m)
		return NULL;
	n->binary.op = op.kind;
	n->binary.left = left;
	n->binary.matching = m;
	if (!parse_binary_modifiers(p, n))
		return NULL;
	/* "^" groups to the right: its depth counts. */
	bool right = op.kind == TOKEN_POW;

	if (right && !parser_enter(p))
		return NULL;
	n->binary.right = parser_expr(p, right ? level : level + 1);
	if (!n->binary.right)
		return NULL;
	p->depth -= right;
	n->end = n->binary.right->end;
	if (left->type == VALUE_SCALAR && n->binary.right->type == VALUE_SCALAR)
		n->type = VALUE_SCALAR;
	if (!(p->options & PARSER_FILL) && (m->has_fill_left || m->has_fill_right))
		parser_add(p, n->start, n->end,
			"binop fill modifiers are experimental and not enabled");
	return n;
}

struct ast *parser_expr_rest(struct parser *p, struct ast *left, unsigned level)
{
	for (;;) {
		bool none;

		left = parser_postfix(p, left, &none);
		if (!left)
			return NULL;
		if (!none)
			continue;
		unsigned op_level = binary_level(parser_peek_kind(p));

		if (op_level == 0 || op_level < level)
			return left;
		left = parse_binary(p, left, op_level);
		if (!left)
			return NULL;
	}
}

struct ast *parser_expr(struct parser *p, unsigned level)
{
	struct ast *operand = parse_operand(p);

	return operand ? parser_expr_rest(p, operand, level) : NULL;
}
