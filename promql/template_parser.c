/* Tokens -> tree, with the look-ahead and the order of checks of Go's text/template/parse, because its messages depend on them.
 * template_operand.c reads pipelines and operands, this file the actions around them. A failure fills err and makes every function
 * return NULL. */
#include "promql/template_parser.h"

#include "promql/quote.h"
#include "promql/unquote.h"

struct template_item template_parser_next(struct template_parser *p)
{
	if (p->n_peeked > 0)
		p->n_peeked--;
	else
		p->item[0] = template_lex_next(&p->lexer);
	return p->item[p->n_peeked];
}

struct template_item template_parser_peek(struct template_parser *p)
{
	if (p->n_peeked > 0)
		return p->item[p->n_peeked - 1];
	p->n_peeked = 1;
	p->item[0] = template_lex_next(&p->lexer);
	return p->item[0];
}

struct template_item template_parser_next_word(struct template_parser *p)
{
	struct template_item item;

	do
		item = template_parser_next(p);
	while (item.kind == TEMPLATE_TOKEN_SPACE);
	return item;
}

struct template_item template_parser_peek_word(struct template_parser *p)
{
	struct template_item item = template_parser_next_word(p);

	p->n_peeked++;
	return item;
}

static unsigned line_of(const struct template_parser *p, size_t pos)
{
	unsigned line = 1;

	for (size_t i = 0; i < pos && i < p->t->text.len; i++)
		line += p->t->text.ptr[i] == '\n';
	return line;
}

void *template_parser_fail(struct template_parser *p, const char *fmt, ...)
{
	va_list ap;
	char text[512];

	if (p->failed)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	error_set(p->err, ERR_INVALID, "template: " TEMPLATE_NAME ":%u: %s",
		line_of(p, p->item[0].pos), text);
	p->failed = true;
	return NULL;
}

void *template_parser_fail_kind(struct template_parser *p, enum error_kind kind, const char *text)
{
	if (!p->failed)
		error_set(p->err, kind, "template: " TEMPLATE_NAME ":%u: %s",
			line_of(p, p->item[0].pos), text);
	p->failed = true;
	return NULL;
}

/* How Go names a token in a message. */
static void item_print(struct buf *out, struct template_item item)
{
	if (item.kind == TEMPLATE_TOKEN_EOF) {
		buf_put_str(out, "EOF");
	} else if (item.kind == TEMPLATE_TOKEN_ERROR) {
		buf_put_sv(out, item.text);
	} else if (item.kind >= TEMPLATE_TOKEN_BLOCK) {
		buf_put_char(out, '<');
		buf_put_sv(out, item.text);
		buf_put_char(out, '>');
	} else {
		template_format_printf(out, item.text.len > 10 ? SV("%.10q...") : SV("%q"),
			&(struct template_value){ .kind = TEMPLATE_STRING, .text = item.text }, 1);
	}
}

void *template_parser_unexpected(
	struct template_parser *p, struct template_item item, const char *context)
{
	AUTO(buf_done) struct buf text = { 0 };
	unsigned line = line_of(p, item.pos);

	buf_init(&text, 4096);
	if (item.kind != TEMPLATE_TOKEN_ERROR) {
		buf_put_str(&text, "unexpected ");
		item_print(&text, item);
		buf_printf(&text, " in %s", context);
	} else {
		item_print(&text, item);
		if (p->action_line && p->action_line != line)
			buf_printf(&text, "%s started at " TEMPLATE_NAME ":%u",
				sv_has_suffix(item.text, SV(" action")) ? "" : " in action",
				p->action_line);
	}
	return template_parser_fail(p, "%s", buf_text(&text));
}

struct template_node *template_parser_node(
	struct template_parser *p, enum template_node_kind kind, size_t pos)
{
	struct template_node *n = ARENA_NEW(p->arena, struct template_node);

	if (!n) {
		struct error why;

		return template_parser_fail_kind(p, arena_error(p->arena, &why), "out of memory");
	}
	n->kind = kind;
	n->pos = pos;
	return n;
}

void template_parser_append(struct template_node *parent, struct template_node *child)
{
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static bool is_empty(const struct template_node *list)
{
	for (const struct template_node *n = list->first; n; n = n->next)
		if (n->kind != TEMPLATE_NODE_TEXT || sv_trim(n->text).len)
			return false;
	return true;
}

/* Registers a finished tree; of two with one name the one that is not empty counts. */
static bool add_tree(struct template_parser *p, struct sv name, struct template_node *root)
{
	struct template_tree *tree = p->t->trees;

	while (tree && !sv_eq(tree->name, name))
		tree = tree->next;
	if (!tree) {
		tree = ARENA_NEW(p->arena, struct template_tree);
		if (!tree)
			return template_parser_fail_kind(p, ERR_NOMEM, "out of memory");
		tree->name = name;
		tree->next = p->t->trees;
		p->t->trees = tree;
	} else if (!is_empty(tree->root)) {
		if (is_empty(root))
			return true;
		AUTO(buf_done) struct buf quoted = { 0 };

		buf_init(&quoted, 4096);
		quote_print(&quoted, name);
		return template_parser_fail(
			p, "template: multiple definition of template %s", buf_text(&quoted));
	}
	tree->root = root;
	return true;
}

static struct template_node *text_or_action(struct template_parser *p);

/* Up to {{end}} or {{else}}, which *ret_end gets. */
static struct template_node *item_list(struct template_parser *p, struct template_node **ret_end)
{
	struct template_node *list =
		template_parser_node(p, TEMPLATE_NODE_LIST, template_parser_peek_word(p).pos);

	if (!list)
		return NULL;
	if (++p->depth > TEMPLATE_MAX_DEPTH)
		return template_parser_fail_kind(p, ERR_LIMIT, "actions are nested too deeply");
	while (template_parser_peek_word(p).kind != TEMPLATE_TOKEN_EOF) {
		struct template_node *n = text_or_action(p);

		if (!n)
			return NULL;
		if (n->kind == TEMPLATE_NODE_END || n->kind == TEMPLATE_NODE_ELSE) {
			*ret_end = n;
			p->depth--;
			return list;
		}
		template_parser_append(list, n);
	}
	return template_parser_fail(p, "unexpected EOF");
}

/* A body of its own: variables and loops outside do not count inside. */
static struct template_node *separate_body(struct template_parser *p, const char *context)
{
	struct template_node *end, *list;
	size_t n_variables = p->n_variables, first = p->first_variable;
	unsigned range_depth = p->range_depth, action_line = p->action_line;

	p->first_variable = p->n_variables;
	p->range_depth = 0;
	p->action_line = 0;
	list = item_list(p, &end);
	if (!list)
		return NULL;
	if (end->kind != TEMPLATE_NODE_END)
		return template_parser_fail(p, "unexpected {{else}} in %s", context);
	p->n_variables = n_variables;
	p->first_variable = first;
	p->range_depth = range_depth;
	p->action_line = action_line;
	return list;
}

/* {{define "name"}} ... {{end}}, behind the keyword. */
static bool definition(struct template_parser *p)
{
	static const char context[] = "define clause";
	struct template_item item = template_parser_next_word(p);
	struct template_node *body;
	struct sv name;
	struct error why;

	if (item.kind != TEMPLATE_TOKEN_STRING && item.kind != TEMPLATE_TOKEN_RAW_STRING)
		return template_parser_unexpected(p, item, context);
	if (unquote_go(p->arena, item.text, &name, &why))
		return template_parser_fail_kind(p, why.kind, why.text);
	item = template_parser_next_word(p);
	if (item.kind != TEMPLATE_TOKEN_RIGHT_DELIM)
		return template_parser_unexpected(p, item, context);
	body = separate_body(p, context);
	return body && add_tree(p, name, body);
}

static struct template_node *control(struct template_parser *p, enum template_node_kind kind,
	const char *context, enum template_token again)
{
	struct template_node *n, *end, *pipe;
	size_t n_variables = p->n_variables;
	bool range = kind == TEMPLATE_NODE_RANGE;

	if (++p->depth > TEMPLATE_MAX_DEPTH)
		return template_parser_fail_kind(p, ERR_LIMIT, "actions are nested too deeply");
	pipe = template_operand_pipeline(p, context, TEMPLATE_TOKEN_RIGHT_DELIM);
	if (!pipe || !(n = template_parser_node(p, kind, pipe->pos)))
		return NULL;
	n->pipe = pipe;
	p->range_depth += range;
	n->first = item_list(p, &end);
	p->range_depth -= range;
	if (!n->first)
		return NULL;
	if (end->kind == TEMPLATE_NODE_ELSE) {
		if (again != TEMPLATE_TOKEN_EOF && template_parser_peek(p).kind == again) {
			template_parser_next(p);
			n->other = template_parser_node(p, TEMPLATE_NODE_LIST, end->pos);
			struct template_node *nested =
				n->other ? control(p, kind, context, again) : NULL;

			if (!nested)
				return NULL;
			template_parser_append(n->other, nested);
		} else {
			n->other = item_list(p, &end);
			if (!n->other)
				return NULL;
			if (end->kind != TEMPLATE_NODE_END)
				return template_parser_fail(p, "expected end; found {{else}}");
		}
	}
	p->n_variables = n_variables;
	p->depth--;
	return n;
}

static struct template_node *jump(
	struct template_parser *p, enum template_node_kind kind, const char *action, size_t pos)
{
	struct template_item item = template_parser_next_word(p);

	if (item.kind != TEMPLATE_TOKEN_RIGHT_DELIM)
		return template_parser_unexpected(p, item, action);
	if (p->range_depth == 0)
		return template_parser_fail(p, "%s outside {{range}}", action);
	return template_parser_node(p, kind, pos);
}

static struct template_node *end_or_else(struct template_parser *p, enum template_node_kind kind)
{
	struct template_item item = template_parser_peek_word(p);

	/* "else if" and "else with": the keyword stays for control(). */
	if (kind == TEMPLATE_NODE_ELSE &&
		(item.kind == TEMPLATE_TOKEN_IF || item.kind == TEMPLATE_TOKEN_WITH))
		return template_parser_node(p, kind, item.pos);
	item = template_parser_next_word(p);
	if (item.kind != TEMPLATE_TOKEN_RIGHT_DELIM)
		return template_parser_unexpected(
			p, item, kind == TEMPLATE_NODE_ELSE ? "else" : "end");
	return template_parser_node(p, kind, item.pos);
}

/* {{template "name" pipeline}} and {{block "name" pipeline}} ... {{end}}. */
static struct template_node *invocation(struct template_parser *p, bool block)
{
	const char *context = block ? "block clause" : "template clause";
	struct template_item item = template_parser_next_word(p);
	struct template_node *n = template_parser_node(p, TEMPLATE_NODE_TEMPLATE, item.pos);
	struct error why;

	if (!n)
		return NULL;
	if (item.kind != TEMPLATE_TOKEN_STRING && item.kind != TEMPLATE_TOKEN_RAW_STRING)
		return template_parser_unexpected(p, item, context);
	if (unquote_go(p->arena, item.text, &n->value, &why))
		return template_parser_fail_kind(p, why.kind, why.text);
	if (!block && template_parser_next_word(p).kind == TEMPLATE_TOKEN_RIGHT_DELIM)
		return n;
	p->n_peeked += !block;
	n->pipe = template_operand_pipeline(p, context, TEMPLATE_TOKEN_RIGHT_DELIM);
	if (!n->pipe)
		return NULL;
	if (block) {
		struct template_node *body = separate_body(p, context);

		if (!body || !add_tree(p, n->value, body))
			return NULL;
	}
	return n;
}

static struct template_node *action(struct template_parser *p)
{
	struct template_item item = template_parser_next_word(p);
	struct template_node *n;

	switch ((int)item.kind) {
	case TEMPLATE_TOKEN_BLOCK:
		return invocation(p, true);
	case TEMPLATE_TOKEN_TEMPLATE:
		return invocation(p, false);
	case TEMPLATE_TOKEN_BREAK:
		return jump(p, TEMPLATE_NODE_BREAK, "{{break}}", item.pos);
	case TEMPLATE_TOKEN_CONTINUE:
		return jump(p, TEMPLATE_NODE_CONTINUE, "{{continue}}", item.pos);
	case TEMPLATE_TOKEN_ELSE:
		return end_or_else(p, TEMPLATE_NODE_ELSE);
	case TEMPLATE_TOKEN_END:
		return end_or_else(p, TEMPLATE_NODE_END);
	case TEMPLATE_TOKEN_IF:
		return control(p, TEMPLATE_NODE_IF, "if", TEMPLATE_TOKEN_IF);
	case TEMPLATE_TOKEN_RANGE:
		return control(p, TEMPLATE_NODE_RANGE, "range", TEMPLATE_TOKEN_EOF);
	case TEMPLATE_TOKEN_WITH:
		return control(p, TEMPLATE_NODE_WITH, "with", TEMPLATE_TOKEN_WITH);
	default:
		break;
	}
	p->n_peeked++;
	n = template_parser_node(p, TEMPLATE_NODE_ACTION, template_parser_peek(p).pos);
	if (!n)
		return NULL;
	n->pipe = template_operand_pipeline(p, "command", TEMPLATE_TOKEN_RIGHT_DELIM);
	return n->pipe ? n : NULL;
}

static struct template_node *text_or_action(struct template_parser *p)
{
	struct template_item item = template_parser_next_word(p);
	struct template_node *n;

	if (item.kind == TEMPLATE_TOKEN_TEXT) {
		n = template_parser_node(p, TEMPLATE_NODE_TEXT, item.pos);
		if (n)
			n->text = item.text;
		return n;
	}
	if (item.kind != TEMPLATE_TOKEN_LEFT_DELIM)
		return template_parser_unexpected(p, item, "input");
	p->action_line = line_of(p, item.pos);
	n = action(p);
	p->action_line = 0;
	return n;
}

static bool parse_text(struct template_parser *p)
{
	struct template_node *root =
		template_parser_node(p, TEMPLATE_NODE_LIST, template_parser_peek(p).pos);

	if (!root)
		return false;
	while (template_parser_peek(p).kind != TEMPLATE_TOKEN_EOF) {
		if (template_parser_peek(p).kind == TEMPLATE_TOKEN_LEFT_DELIM) {
			struct template_item delim = template_parser_next(p);

			if (template_parser_next_word(p).kind == TEMPLATE_TOKEN_DEFINE) {
				if (!definition(p))
					return false;
				continue;
			}
			p->item[1] = delim;
			p->n_peeked = 2;
		}
		struct template_node *n = text_or_action(p);

		if (!n)
			return false;
		if (n->kind == TEMPLATE_NODE_END || n->kind == TEMPLATE_NODE_ELSE)
			return template_parser_fail(p, "unexpected {{%s}}",
				n->kind == TEMPLATE_NODE_END ? "end" : "else");
		template_parser_append(root, n);
	}
	return add_tree(p, SV(TEMPLATE_NAME), root);
}

enum error_kind template_parse(
	struct arena *a, struct sv text, struct template **ret, struct error *err)
{
	struct template *t;
	struct template_parser p = { .arena = a, .err = err };

	if (text.len > TEMPLATE_MAX_BYTES)
		return error_set(err, ERR_LIMIT,
			"template: " TEMPLATE_NAME ": longer than %u bytes", TEMPLATE_MAX_BYTES);
	t = ARENA_NEW(a, struct template);
	if (!t)
		return arena_error(a, err);
	t->text = arena_sv(a, text);
	if (!t->text.ptr)
		return arena_error(a, err);
	p.t = t;
	p.variables[0] = SV("$");
	p.n_variables = 1;
	template_lex_init(&p.lexer, a, t->text);
	if (!parse_text(&p))
		return err->kind;
	*ret = t;
	return ERR_OK;
}

const struct template_tree *template_tree_find(const struct template *t, struct sv name)
{
	for (const struct template_tree *tree = t->trees; tree; tree = tree->next)
		if (sv_eq(tree->name, name))
			return tree;
	return NULL;
}
