/* Arithmetic with durations: the inside of brackets, and what follows offset. Behind offset a bare number, step() and the like end
 * the offset, so that `x offset 5m * 2` doubles x; parentheses do not, so that `x offset (5m) * 2` doubles the offset. That, and
 * the positions, are the reference's. */
#include "promql/parser_state.h"

#define LEVEL_SUM 1
#define LEVEL_PRODUCT 2
#define LEVEL_POW 3

static unsigned level_of(enum token_kind kind)
{
	switch ((int)kind) {
	case TOKEN_ADD:
	case TOKEN_SUB:
		return LEVEL_SUM;
	case TOKEN_MUL:
	case TOKEN_DIV:
	case TOKEN_MOD:
		return LEVEL_PRODUCT;
	case TOKEN_POW:
		return LEVEL_POW;
	default:
		return 0;
	}
}

bool parser_duration_can_start(enum token_kind kind)
{
	switch ((int)kind) {
	case TOKEN_NUMBER:
	case TOKEN_DURATION:
	case TOKEN_ADD:
	case TOKEN_SUB:
	case TOKEN_LEFT_PAREN:
	case TOKEN_STEP:
	case TOKEN_RANGE:
	case TOKEN_MAX_OF:
	case TOKEN_MIN_OF:
		return true;
	default:
		return false;
	}
}

static bool is_out_of_range(double seconds)
{
	return seconds > 0x1p63 / 1e9 || seconds < -0x1p63 / 1e9;
}

static struct ast *zero(struct parser *p)
{
	return parser_node(p, AST_NUMBER, VALUE_SCALAR, 0, 0);
}

static struct ast *node(struct parser *p, enum token_kind op, struct ast *left, struct ast *right,
	uint32_t start, uint32_t end)
{
	struct ast *n = parser_node(p, AST_DURATION, VALUE_SCALAR,
		left && right ? left->start : start, right ? right->end : end);

	if (n) {
		n->duration.op = op;
		n->duration.left = left;
		n->duration.right = right;
	}
	return n;
}

static void check_enabled(struct parser *p, const struct ast *n)
{
	if (!(p->options & PARSER_DURATION_EXPR))
		parser_add(p, n->start, n->end, "experimental duration expression is not enabled");
}

/* Parentheses; a number has no mark for them, so it becomes the operand of a plus that is not printed. */
static struct ast *wrap(struct parser *p, struct ast *n, uint32_t start)
{
	if (n->kind != AST_DURATION) {
		n = node(p, TOKEN_ADD, NULL, n, start, 0);
		if (!n)
			return NULL;
	}
	n->duration.wrapped = true;
	return n;
}

static struct ast *apply_sign(struct parser *p, const struct token *op, struct ast *n)
{
	if (n->kind == AST_DURATION)
		return op->kind == TOKEN_SUB ? node(p, TOKEN_SUB, NULL, n, op->pos, 0) : n;
	if (op->kind == TOKEN_SUB)
		n->number.value *= -1;
	if (is_out_of_range(n->number.value)) {
		parser_add(p, op->pos, op->pos + 1, "duration out of range");
		return zero(p);
	}
	n->start = op->pos;
	return n;
}

static struct ast *parse_number(struct parser *p)
{
	struct token t = parser_shift(p);
	struct ast *n = parser_literal(p, &t);

	if (!n || !is_out_of_range(n->number.value))
		return n;
	parser_add(p, n->start, n->end, "duration out of range");
	return zero(p);
}

/* step(), range(), max_of(a, b), min_of(a, b), without the check of the option. */
static struct ast *parse_word(struct parser *p)
{
	struct token word = parser_shift(p), t;
	struct ast *left, *right, *n;

	if (!parser_expect(p, TOKEN_LEFT_PAREN, &t))
		return NULL;
	if (word.kind == TOKEN_STEP || word.kind == TOKEN_RANGE) {
		if (!parser_expect(p, TOKEN_RIGHT_PAREN, &t))
			return NULL;
		return node(p, word.kind, NULL, NULL, word.pos, t.pos + 1);
	}
	if (!parser_enter(p) || !(left = parser_duration(p, LEVEL_SUM)) ||
		!parser_expect(p, TOKEN_COMMA, &t) || !(right = parser_duration(p, LEVEL_SUM)) ||
		!parser_expect(p, TOKEN_RIGHT_PAREN, &t))
		return NULL;
	p->depth--;
	n = node(p, word.kind, left, right, 0, 0);
	return n;
}

/* ( duration ), at the parenthesis; the inside. */
static struct ast *parse_inside(struct parser *p, uint32_t *ret_open)
{
	struct token open = parser_shift(p), close;
	struct ast *n;

	*ret_open = open.pos;
	if (!parser_enter(p) || !(n = parser_duration(p, LEVEL_SUM)) ||
		!parser_expect(p, TOKEN_RIGHT_PAREN, &close))
		return NULL;
	p->depth--;
	return n;
}

static struct ast *parse_paren(struct parser *p)
{
	uint32_t open;
	struct ast *n = parse_inside(p, &open);

	if (!n)
		return NULL;
	check_enabled(p, n);
	return wrap(p, n, open);
}

static struct ast *parse_operand(struct parser *p)
{
	struct token op;
	struct ast *n;

	while (!parser_duration_can_start(parser_peek_kind(p)))
		if (!parser_drop(p))
			return NULL;
	switch ((int)p->token.kind) {
	case TOKEN_NUMBER:
	case TOKEN_DURATION:
		return parse_number(p);
	case TOKEN_LEFT_PAREN:
		return parse_paren(p);
	case TOKEN_ADD:
	case TOKEN_SUB:
		op = parser_shift(p);
		if (!parser_enter(p) || !(n = parser_duration(p, LEVEL_POW)))
			return NULL;
		p->depth--;
		return apply_sign(p, &op, n);
	default:
		n = parse_word(p);
		if (n)
			check_enabled(p, n);
		return n;
	}
}

static struct ast *parse_rest(struct parser *p, struct ast *left, unsigned level)
{
	for (;;) {
		unsigned op_level = level_of(parser_peek_kind(p));
		bool right_group = op_level == LEVEL_POW;
		struct token op;
		struct ast *right;

		if (op_level == 0 || op_level < level)
			return left;
		op = parser_shift(p);
		if (right_group && !parser_enter(p))
			return NULL;
		right = parser_duration(p, right_group ? op_level : op_level + 1);
		if (!right)
			return NULL;
		p->depth -= right_group;
		check_enabled(p, left);
		bool by_zero = right->kind == AST_NUMBER && right->number.value <= 0 &&
			       right->number.value >= 0;

		if (by_zero && (op.kind == TOKEN_DIV || op.kind == TOKEN_MOD)) {
			parser_add(p, op.pos, op.pos + 1, "%s by zero",
				op.kind == TOKEN_DIV ? "division" : "modulo");
			left = zero(p);
		} else {
			left = node(p, op.kind, left, right, 0, 0);
		}
		if (!left)
			return NULL;
	}
}

struct ast *parser_duration(struct parser *p, unsigned level)
{
	struct ast *operand = parse_operand(p);

	return operand ? parse_rest(p, operand, level) : NULL;
}

/* Behind a sign that follows offset. Two signs make an expression, which goes on behind its operand. */
static struct ast *parse_double_sign(struct parser *p, const struct token *op)
{
	struct ast *n;

	if (!parser_enter(p) || !(n = parser_duration(p, LEVEL_POW)) || !(n = apply_sign(p, op, n)))
		return NULL;
	p->depth--;
	return parse_rest(p, n, LEVEL_SUM);
}

static struct ast *parse_signed_number(struct parser *p, const struct token *op)
{
	struct token t = parser_shift(p);
	struct ast *n = parser_literal(p, &t);

	return n ? apply_sign(p, op, n) : NULL;
}

static struct ast *parse_signed_paren(struct parser *p, const struct token *op)
{
	uint32_t open;
	struct ast *n = parse_inside(p, &open);

	n = n ? wrap(p, n, n->start) : NULL;
	return n ? apply_sign(p, op, n) : NULL;
}

/* A sign behind offset. */
static struct ast *parse_signed_offset(struct parser *p)
{
	struct token op = parser_shift(p);
	struct ast *n;

	while (!parser_duration_can_start(parser_peek_kind(p)))
		if (!parser_drop(p))
			return NULL;
	switch ((int)p->token.kind) {
	case TOKEN_NUMBER:
	case TOKEN_DURATION:
		return parse_signed_number(p, &op);
	case TOKEN_LEFT_PAREN:
		return parse_signed_paren(p, &op);
	case TOKEN_ADD:
	case TOKEN_SUB:
		return parse_double_sign(p, &op);
	default:
		n = parse_word(p);
		n = n ? node(p, op.kind, NULL, n, op.pos, 0) : NULL;
		if (n)
			check_enabled(p, n);
		return n;
	}
}

struct ast *parser_duration_offset(struct parser *p)
{
	struct ast *n;

	while (!parser_duration_can_start(parser_peek_kind(p)))
		if (!parser_drop(p))
			return NULL;
	switch ((int)p->token.kind) {
	case TOKEN_NUMBER:
	case TOKEN_DURATION:
		return parse_number(p);
	case TOKEN_ADD:
	case TOKEN_SUB:
		return parse_signed_offset(p);
	case TOKEN_LEFT_PAREN:
		return parser_duration(p, LEVEL_SUM);
	default:
		n = parse_word(p);
		if (n)
			check_enabled(p, n);
		return n;
	}
}
