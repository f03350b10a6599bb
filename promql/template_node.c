/* Trees as text, the way Go names the place of a failure: with its own delimiters. */
#include "promql/quote.h"
#include "promql/template_tree.h"

static void print_siblings(
	struct buf *out, const struct template_node *first, const char *separator)
{
	for (const struct template_node *n = first; n; n = n->next) {
		if (n != first)
			buf_put_str(out, separator);
		if (n->kind == TEMPLATE_NODE_PIPE) {
			buf_put_char(out, '(');
			template_node_print(out, n);
			buf_put_char(out, ')');
		} else {
			template_node_print(out, n);
		}
	}
}

static void print_names(struct buf *out, const struct template_node *n, bool dot_first)
{
	for (size_t i = 0; i < n->n_names; i++) {
		if (i || dot_first)
			buf_put_char(out, '.');
		buf_put_sv(out, n->names[i]);
	}
}

static void print_pipe(struct buf *out, const struct template_node *n)
{
	if (n->other) {
		print_siblings(out, n->other, ", ");
		buf_put_str(out, n->truth ? " = " : " := ");
	}
	print_siblings(out, n->first, " | ");
}

static void print_branch(struct buf *out, const struct template_node *n, const char *keyword)
{
	buf_put_str(out, keyword);
	print_pipe(out, n->pipe);
	buf_put_str(out, "}}");
	print_siblings(out, n->first->first, "");
	if (n->other) {
		buf_put_str(out, "{{else}}");
		print_siblings(out, n->other->first, "");
	}
	buf_put_str(out, "{{end}}");
}

static void print_action(struct buf *out, const struct template_node *n)
{
	buf_put_str(out, "{{");
	if (n->kind == TEMPLATE_NODE_TEMPLATE) {
		buf_put_str(out, "template ");
		quote_print(out, n->value);
		if (n->pipe)
			buf_put_char(out, ' ');
	}
	if (n->pipe)
		print_pipe(out, n->pipe);
	buf_put_str(out, "}}");
}

static void print_operand(struct buf *out, const struct template_node *n)
{
	switch ((int)n->kind) {
	case TEMPLATE_NODE_DOT:
		buf_put_char(out, '.');
		break;
	case TEMPLATE_NODE_NIL:
		buf_put_str(out, "nil");
		break;
	case TEMPLATE_NODE_BOOL:
		buf_put_str(out, n->truth ? "true" : "false");
		break;
	case TEMPLATE_NODE_FIELD:
	case TEMPLATE_NODE_VARIABLE:
		print_names(out, n, n->kind == TEMPLATE_NODE_FIELD);
		break;
	case TEMPLATE_NODE_CHAIN:
		print_siblings(out, n->first, "");
		print_names(out, n, true);
		break;
	default: /* text, identifiers, numbers, strings */
		buf_put_sv(out, n->text);
		break;
	}
}

void template_node_print(struct buf *out, const struct template_node *n)
{
	switch ((int)n->kind) {
	case TEMPLATE_NODE_LIST:
		print_siblings(out, n->first, "");
		break;
	case TEMPLATE_NODE_IF:
		print_branch(out, n, "{{if ");
		break;
	case TEMPLATE_NODE_RANGE:
		print_branch(out, n, "{{range ");
		break;
	case TEMPLATE_NODE_WITH:
		print_branch(out, n, "{{with ");
		break;
	case TEMPLATE_NODE_ACTION:
	case TEMPLATE_NODE_TEMPLATE:
		print_action(out, n);
		break;
	case TEMPLATE_NODE_BREAK:
		buf_put_str(out, "{{break}}");
		break;
	case TEMPLATE_NODE_CONTINUE:
		buf_put_str(out, "{{continue}}");
		break;
	case TEMPLATE_NODE_PIPE:
		print_pipe(out, n);
		break;
	case TEMPLATE_NODE_COMMAND:
		print_siblings(out, n->first, " ");
		break;
	default:
		print_operand(out, n);
		break;
	}
}
