/* Pipelines, commands and operands of actions. */
#include "common/f64.h"
#include "promql/template_parser.h"
#include "promql/unquote.h"

static bool set_name(struct template_parser *p, struct template_node *n, struct sv name)
{
	struct sv *names = ARENA_NEW(p->arena, struct sv);

	if (!names)
		return template_parser_fail_kind(p, ERR_NOMEM, "out of memory");
	*names = name;
	n->names = names;
	n->n_names = 1;
	return true;
}

static bool declare(
	struct template_parser *p, struct template_node *pipe, struct template_item variable)
{
	struct template_node *n = template_parser_node(p, TEMPLATE_NODE_VARIABLE, variable.pos);

	if (!n || !set_name(p, n, variable.text))
		return false;
	if (p->n_variables == TEMPLATE_MAX_VARIABLES)
		return template_parser_fail_kind(p, ERR_LIMIT, "too many variables");
	p->variables[p->n_variables++] = variable.text;
	struct template_node **end = &pipe->other;

	while (*end)
		end = &(*end)->next;
	*end = n;
	return true;
}

/* "$i, $v :=" in front of a pipeline. */
static bool declarations(struct template_parser *p, struct template_node *pipe, const char *context)
{
	for (;;) {
		struct template_item variable = template_parser_peek_word(p), after, next;

		if (variable.kind != TEMPLATE_TOKEN_VARIABLE)
			return true;
		template_parser_next(p);
		after = template_parser_peek(p);
		next = template_parser_peek_word(p);
		if (next.kind == TEMPLATE_TOKEN_ASSIGN || next.kind == TEMPLATE_TOKEN_DECLARE) {
			pipe->truth = next.kind == TEMPLATE_TOKEN_ASSIGN;
			template_parser_next_word(p);
			return declare(p, pipe, variable);
		}
		if (next.kind != TEMPLATE_TOKEN_CHAR || !sv_is(next.text, ",")) {
			/* An operand: back it goes, with the blank behind it. */
			if (after.kind == TEMPLATE_TOKEN_SPACE) {
				p->item[1] = after;
				p->item[2] = variable;
				p->n_peeked = 3;
			} else {
				p->item[1] = variable;
				p->n_peeked = 2;
			}
			return true;
		}
		template_parser_next_word(p);
		if (!declare(p, pipe, variable))
			return false;
		if (strcmp(context, "range") || pipe->other->next)
			return template_parser_fail(p, "too many declarations in %s", context);
		enum template_token kind = template_parser_peek_word(p).kind;

		if (kind != TEMPLATE_TOKEN_VARIABLE && kind != TEMPLATE_TOKEN_RIGHT_DELIM &&
			kind != TEMPLATE_TOKEN_RIGHT_PAREN)
			return template_parser_fail(p, "range can only initialize variables");
	}
}

static bool is_operand_start(enum template_token kind)
{
	static const enum template_token kinds[] = { TEMPLATE_TOKEN_BOOL,
		TEMPLATE_TOKEN_CHAR_CONSTANT, TEMPLATE_TOKEN_COMPLEX, TEMPLATE_TOKEN_DOT,
		TEMPLATE_TOKEN_FIELD, TEMPLATE_TOKEN_IDENTIFIER, TEMPLATE_TOKEN_NUMBER,
		TEMPLATE_TOKEN_NIL, TEMPLATE_TOKEN_RAW_STRING, TEMPLATE_TOKEN_STRING,
		TEMPLATE_TOKEN_VARIABLE, TEMPLATE_TOKEN_LEFT_PAREN };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i] == kind)
			return true;
	return false;
}

/* Literals: nothing can be called on them, and no field follows. */
static bool is_literal(const struct template_node *n)
{
	return n->kind == TEMPLATE_NODE_BOOL || n->kind == TEMPLATE_NODE_DOT ||
	       n->kind == TEMPLATE_NODE_NIL || n->kind == TEMPLATE_NODE_NUMBER ||
	       n->kind == TEMPLATE_NODE_STRING;
}

static struct template_node *use_variable(struct template_parser *p, struct template_item item)
{
	struct template_node *n = template_parser_node(p, TEMPLATE_NODE_VARIABLE, item.pos);
	bool known = sv_is(item.text, "$");

	if (!n || !set_name(p, n, item.text))
		return NULL;
	for (size_t i = p->first_variable; i < p->n_variables; i++)
		known |= sv_eq(p->variables[i], item.text);
	if (!known)
		return template_parser_fail(p, "undefined variable \"%.*s\"", SV_ARG(item.text));
	return n;
}

static struct template_node *literal(struct template_parser *p, struct template_item item)
{
	bool string = item.kind == TEMPLATE_TOKEN_STRING || item.kind == TEMPLATE_TOKEN_RAW_STRING;
	struct template_node *n = template_parser_node(p,
		string				   ? TEMPLATE_NODE_STRING
		: item.kind == TEMPLATE_TOKEN_BOOL ? TEMPLATE_NODE_BOOL
						   : TEMPLATE_NODE_NUMBER,
		item.pos);
	struct error why;

	if (!n)
		return NULL;
	n->text = item.text;
	if (item.kind == TEMPLATE_TOKEN_BOOL) {
		n->truth = sv_is(item.text, "true");
		return n;
	}
	if (string ? unquote_go(p->arena, item.text, &n->value, &why)
		   : template_number_parse(item, &n->number, &why))
		return template_parser_fail_kind(p, why.kind, why.text);
	return n;
}

/* Adds the names of ".a.b" tokens that follow to what `n` has. */
static bool take_fields(struct template_parser *p, struct template_node *n)
{
	while (template_parser_peek(p).kind == TEMPLATE_TOKEN_FIELD) {
		struct template_item item = template_parser_next(p);
		struct sv *names = ARENA_ARRAY(p->arena, n->n_names + 1, struct sv);

		if (!names)
			return template_parser_fail_kind(p, ERR_NOMEM, "out of memory");
		if (n->n_names)
			memcpy(names, n->names, n->n_names * sizeof(*names));
		names[n->n_names++] = sv_skip(item.text, 1);
		n->names = names;
	}
	return true;
}

static struct template_node *function_name(struct template_parser *p, struct template_item item)
{
	if (!template_call_find(item.text))
		return template_parser_fail(p, "function \"%.*s\" not defined", SV_ARG(item.text));
	struct template_node *n = template_parser_node(p, TEMPLATE_NODE_IDENTIFIER, item.pos);

	if (n)
		n->text = item.text;
	return n;
}

static struct template_node *parenthesized(struct template_parser *p)
{
	if (++p->depth > TEMPLATE_MAX_DEPTH)
		return template_parser_fail_kind(p, ERR_LIMIT, "parentheses are nested too deeply");
	struct template_node *n =
		template_operand_pipeline(p, "parenthesized pipeline", TEMPLATE_TOKEN_RIGHT_PAREN);

	p->depth--;
	return n;
}

/* NULL without a failure: the next token is no operand. */
static struct template_node *term(struct template_parser *p)
{
	struct template_item item = template_parser_next_word(p);
	struct template_node *n;

	switch ((int)item.kind) {
	case TEMPLATE_TOKEN_IDENTIFIER:
		return function_name(p, item);
	case TEMPLATE_TOKEN_DOT:
		return template_parser_node(p, TEMPLATE_NODE_DOT, item.pos);
	case TEMPLATE_TOKEN_NIL:
		return template_parser_node(p, TEMPLATE_NODE_NIL, item.pos);
	case TEMPLATE_TOKEN_VARIABLE:
		return use_variable(p, item);
	case TEMPLATE_TOKEN_FIELD:
		n = template_parser_node(p, TEMPLATE_NODE_FIELD, item.pos);
		return n && set_name(p, n, sv_skip(item.text, 1)) ? n : NULL;
	case TEMPLATE_TOKEN_BOOL:
	case TEMPLATE_TOKEN_CHAR_CONSTANT:
	case TEMPLATE_TOKEN_COMPLEX:
	case TEMPLATE_TOKEN_NUMBER:
	case TEMPLATE_TOKEN_STRING:
	case TEMPLATE_TOKEN_RAW_STRING:
		return literal(p, item);
	case TEMPLATE_TOKEN_LEFT_PAREN:
		return parenthesized(p);
	default:
		p->n_peeked++;
		return NULL;
	}
}

/* A term and the fields behind it. */
static struct template_node *operand(struct template_parser *p)
{
	struct template_node *n = term(p);

	if (!n || template_parser_peek(p).kind != TEMPLATE_TOKEN_FIELD)
		return n;
	size_t pos = template_parser_peek(p).pos;

	if (n->kind == TEMPLATE_NODE_FIELD || n->kind == TEMPLATE_NODE_VARIABLE) {
		n->pos = pos;
		return take_fields(p, n) ? n : NULL;
	}
	struct template_node *chain = template_parser_node(p, TEMPLATE_NODE_CHAIN, pos);

	if (!chain || !take_fields(p, chain))
		return NULL;
	if (is_literal(n)) {
		AUTO(buf_done) struct buf text = { 0 }, quoted = { 0 };

		buf_init(&text, 4096);
		buf_init(&quoted, 8192);
		template_node_print(&text, n);
		template_format_printf(&quoted, SV("%q"),
			&(struct template_value){ .kind = TEMPLATE_STRING, .text = buf_sv(&text) },
			1);
		return template_parser_fail(p, "unexpected . after term %s", buf_text(&quoted));
	}
	chain->first = n;
	return chain;
}

/* Operands up to a pipe, which is consumed, or the end of the pipeline, which is not. */
static struct template_node *command(struct template_parser *p)
{
	struct template_node *n =
		template_parser_node(p, TEMPLATE_NODE_COMMAND, template_parser_peek_word(p).pos);

	if (!n)
		return NULL;
	for (;;) {
		struct template_item item;

		(void)template_parser_peek_word(p);
		struct template_node *arg = operand(p);

		if (p->failed)
			return NULL;
		if (arg)
			template_parser_append(n, arg);
		item = template_parser_next(p);
		if (item.kind == TEMPLATE_TOKEN_SPACE)
			continue;
		if (item.kind == TEMPLATE_TOKEN_RIGHT_DELIM ||
			item.kind == TEMPLATE_TOKEN_RIGHT_PAREN)
			p->n_peeked++;
		else if (item.kind != TEMPLATE_TOKEN_PIPE)
			return template_parser_unexpected(p, item, "operand");
		break;
	}
	return n->first ? n : template_parser_fail(p, "empty command");
}

static struct template_node *check_pipeline(
	struct template_parser *p, struct template_node *pipe, const char *context)
{
	unsigned stage = 2;

	if (!pipe->first)
		return template_parser_fail(p, "missing value for %s", context);
	for (const struct template_node *c = pipe->first->next; c; c = c->next, stage++)
		if (is_literal(c->first))
			return template_parser_fail(
				p, "non executable command in pipeline stage %u", stage);
	return pipe;
}

struct template_node *template_operand_pipeline(
	struct template_parser *p, const char *context, enum template_token end)
{
	struct template_node *pipe =
		template_parser_node(p, TEMPLATE_NODE_PIPE, template_parser_peek_word(p).pos);

	if (!pipe || !declarations(p, pipe, context))
		return NULL;
	for (;;) {
		struct template_item item = template_parser_next_word(p);

		if (item.kind == end)
			return check_pipeline(p, pipe, context);
		if (!is_operand_start(item.kind))
			return template_parser_unexpected(p, item, context);
		p->n_peeked++;
		struct template_node *c = command(p);

		if (!c)
			return NULL;
		template_parser_append(pipe, c);
	}
}
