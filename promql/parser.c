/* The frame of the parser: tokens, errors, recovery, and the query as a whole. Grammar: parser_expr.c, parser_selector.c,
 * parser_duration.c; types: parser_check.c. */
#include <stdarg.h>
#include <stdio.h>

#include "promql/duration.h"
#include "promql/number.h"
#include "promql/parser_state.h"
#include "promql/quote.h"
#include "promql/unicode.h"
#include "promql/unquote.h"

static void read_token(struct parser *p)
{
	do
		p->token = lexer_next(&p->lexer);
	while (p->token.kind == TOKEN_COMMENT);
	switch ((int)p->token.kind) {
	case TOKEN_ERROR:
		parser_add(p, p->token.pos, (uint32_t)p->query.len, "%.*s", SV_ARG(p->token.text));
		break;
	case TOKEN_RIGHT_BRACE:
	case TOKEN_RIGHT_PAREN:
	case TOKEN_RIGHT_BRACKET:
	case TOKEN_DURATION:
	case TOKEN_NUMBER:
		p->last_closing = p->token.pos + (uint32_t)p->token.text.len;
		break;
	default:
		break;
	}
	p->pending = true;
}

struct token *parser_peek(struct parser *p)
{
	if (!p->pending)
		read_token(p);
	return &p->token;
}

struct token parser_shift(struct parser *p)
{
	if (!p->pending)
		read_token(p);
	p->pending = false;
	if (p->recovering)
		p->recovering--;
	return p->token;
}

bool parser_drop(struct parser *p)
{
	if (p->failed || p->aborted)
		return false;
	if (p->recovering != PARSER_RECOVERING) {
		p->recovering = PARSER_RECOVERING;
		return false;
	}
	if (p->token.kind == TOKEN_EOF || p->token.kind == TOKEN_ERROR) {
		p->aborted = true;
		return false;
	}
	p->pending = false;
	return true;
}

bool parser_expect(struct parser *p, enum token_kind kind, struct token *ret)
{
	while (parser_peek_kind(p) != kind)
		if (!parser_drop(p))
			return false;
	*ret = parser_shift(p);
	return true;
}

bool parser_catch(struct parser *p)
{
	return !p->aborted && !p->failed;
}

static void add_error(struct parser *p, uint32_t start, uint32_t end, struct sv message)
{
	struct parser_error_list *e = parser_alloc(p, 1, sizeof(*e));

	if (!message.ptr)
		p->failed = ERR_NOMEM;
	if (!e)
		return;
	e->error = (struct parser_error){ start, end, message };
	*p->errors_end = e;
	p->errors_end = &e->next;
	p->n_errors++;
}

void parser_add(struct parser *p, uint32_t start, uint32_t end, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n;

	if (len < sizeof(text)) {
		add_error(p, start, end, arena_sv(p->arena, sv_from(text, len)));
		return;
	}
	char *longer = parser_alloc(p, 1, len + 1);

	if (!longer)
		return;
	va_start(ap, fmt);
	vsnprintf(longer, len + 1, fmt, ap);
	va_end(ap);
	add_error(p, start, end, sv_from(longer, len));
}

void parser_add_token(struct parser *p, const struct token *t, struct sv message)
{
	add_error(p, t->pos, t->pos + (uint32_t)t->text.len, arena_sv(p->arena, message));
}

void parser_add_buf(struct parser *p, const struct token *t, const struct buf *message)
{
	if (message->failed)
		p->failed = message->failed;
	parser_add_token(p, t, buf_sv(message));
}

void parser_unexpected(struct parser *p, const char *context, const char *expected)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 8 * (size_t)p->token.text.len + 256);
	if (p->token.kind == TOKEN_ERROR)
		return;
	buf_put_str(&text, "unexpected ");
	token_describe(&text, &p->token);
	if (context) {
		buf_put_str(&text, " in ");
		buf_put_str(&text, context);
	}
	if (expected) {
		buf_put_str(&text, ", expected ");
		buf_put_str(&text, expected);
	}
	parser_add_buf(p, &p->token, &text);
}

void *parser_alloc(struct parser *p, size_t n, size_t size)
{
	void *memory = arena_calloc(p->arena, n, size);
	struct error why;

	if (!memory && !p->failed)
		p->failed = arena_error(p->arena, &why);
	return memory;
}

struct ast *parser_node(
	struct parser *p, enum ast_kind kind, enum value_type type, uint32_t start, uint32_t end)
{
	struct ast *n = parser_alloc(p, 1, sizeof(*n));

	if (n) {
		n->kind = kind;
		n->type = type;
		n->start = start;
		n->end = end;
	}
	return n;
}

bool parser_enter(struct parser *p)
{
	if (++p->depth <= PARSER_MAX_DEPTH)
		return true;
	p->too_deep = true;
	p->failed = ERR_LIMIT;
	return false;
}

struct sv parser_unquote(struct parser *p, const struct token *t)
{
	struct sv value = SV("");
	struct error why;

	if (unquote_promql(p->arena, t->text, &value, &why)) {
		if (why.kind == ERR_INVALID)
			parser_add(p, t->pos, t->pos + (uint32_t)t->text.len,
				"error unquoting string: %s", why.text);
		else
			p->failed = why.kind;
	}
	return value;
}

struct ast *parser_literal(struct parser *p, const struct token *t)
{
	uint32_t end = t->pos + (uint32_t)t->text.len;
	struct ast *n = parser_node(p, AST_NUMBER, VALUE_SCALAR, t->pos, end);
	enum error_kind bad;
	struct error why;
	int64_t ns = 0;

	if (!n)
		return NULL;
	if (t->kind == TOKEN_DURATION) {
		n->number.is_duration = true;
		bad = duration_parse(t->text, &ns, &why);
		n->number.value = number_ns_to_seconds(ns);
	} else {
		bad = number_parse_literal(t->text, &n->number.value, &why);
	}
	if (bad == ERR_NOMEM)
		p->failed = bad;
	else if (bad)
		parser_add(p, t->pos, end, "%s%s",
			t->kind == TOKEN_DURATION ? "" : "error parsing number: ", why.text);
	return n;
}

/* The whole query. Once an expression is complete nothing but the end may follow. */
static struct ast *parse_query(struct parser *p)
{
	struct ast *expr;

	if (parser_peek_kind(p) == TOKEN_EOF) {
		parser_add(p, 0, 0, "no expression found in input");
		return NULL;
	}
	expr = parser_expr(p, 1);
	if (!expr) {
		if (!parser_catch(p))
			return NULL;
		parser_unexpected(p, NULL, NULL);
	}
	while (parser_peek_kind(p) != TOKEN_EOF && p->token.kind != TOKEN_ERROR) {
		if (p->recovering != PARSER_RECOVERING) {
			p->recovering = PARSER_RECOVERING;
			parser_unexpected(p, NULL, NULL);
		}
		p->pending = false;
		if (p->failed)
			return NULL;
	}
	return expr;
}

void parser_print_position(struct buf *out, struct sv query, uint32_t pos)
{
	size_t line = 1, begin = 0;

	if (!query.len) {
		buf_put_str(out, "unknown position");
		return;
	}
	for (size_t i = 0; i < pos && i < query.len; i++) {
		if (query.ptr[i] == '\n') {
			line++;
			begin = i + 1;
		}
	}
	buf_printf(out, "%zu:%zu", line, pos - begin + 1);
}

static enum error_kind report(struct parser *p, struct parser_errors *ret_errors, struct error *err)
{
	struct parser_error *all;
	struct buf text;
	size_t i = 0;

	all = parser_alloc(p, p->n_errors + 1, sizeof(*all));
	if (p->too_deep)
		return error_set(err, ERR_LIMIT, "the query is nested deeper than %u levels",
			PARSER_MAX_DEPTH);
	if (!all || p->failed || p->lexer.no_memory)
		return arena_error(p->arena, err);
	for (struct parser_error_list *e = p->errors; e; e = e->next)
		all[i++] = e->error;
	if (ret_errors)
		*ret_errors = (struct parser_errors){ all, p->n_errors };
	buf_init(&text, 64);
	parser_print_position(&text, p->query, all[0].start);
	if (text.failed)
		error_nomem(err);
	else
		error_set(err, ERR_INVALID, "%s: parse error: %.*s", buf_text(&text),
			SV_ARG(all[0].message));
	buf_done(&text);
	return err->kind;
}

enum error_kind parser_parse(struct arena *a, struct sv query, unsigned options, struct ast **ret,
	struct parser_errors *ret_errors, struct error *err)
{
	struct parser p = { .arena = a, .query = query, .options = options };
	struct ast *expr;

	if (ret_errors)
		*ret_errors = (struct parser_errors){ NULL, 0 };
	if (query.len > PARSER_MAX_BYTES)
		return error_set(
			err, ERR_LIMIT, "the query is longer than %u bytes", PARSER_MAX_BYTES);
	p.errors_end = &p.errors;
	lexer_init(&p.lexer, a, query);
	expr = parse_query(&p);
	if (expr && !p.n_errors && !p.failed) {
		p.depth = 0;
		parser_check(&p, expr);
	}
	if (p.failed || p.n_errors)
		return report(&p, ret_errors, err);
	*ret = expr;
	return ERR_OK;
}
