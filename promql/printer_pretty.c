/* The form over several lines: a node of more than 100 bytes puts its operands on lines of their own, two blanks deeper. Selectors are
 * never split. */
#include "promql/printer.h"

#define MOST_BYTES 100

static void indent(struct buf *out, size_t level)
{
	for (size_t i = 0; i < level && !out->failed; i++)
		buf_put_str(out, "  ");
}

static void pretty(struct buf *out, const struct ast *n, size_t level);

static bool is_blank(char c)
{
	return c == ' ' || c == '\n';
}

/* The operator stands in front of its operand, whose own indentation is taken away. */
static void pretty_unary(struct buf *out, const struct ast *n, size_t level)
{
	size_t begin, skip = 0;

	indent(out, level);
	buf_put_str(out, token_text(n->unary.op));
	begin = out->len;
	pretty(out, n->unary.expr, level);
	if (out->failed)
		return;
	while (begin + skip < out->len && is_blank(out->data[begin + skip]))
		skip++;
	memmove(out->data + begin, out->data + begin + skip, out->len - begin - skip);
	out->len -= skip;
	while (out->len > begin && is_blank(out->data[out->len - 1]))
		out->len--;
	out->data[out->len] = 0;
}

static void pretty_aggregate(struct buf *out, const struct ast *n, size_t level)
{
	printer_aggregate_head(out, n);
	buf_put_str(out, "(\n");
	if (n->aggregate.param) {
		pretty(out, n->aggregate.param, level + 1);
		buf_put_str(out, ",\n");
	}
	pretty(out, n->aggregate.expr, level + 1);
}

static void pretty_call(struct buf *out, const struct ast *n, size_t level)
{
	buf_put_str(out, n->call.function->name);
	buf_put_str(out, "(\n");
	for (size_t i = 0; i < n->call.n_args; i++) {
		if (i)
			buf_put_str(out, ",\n");
		pretty(out, n->call.args[i], level + 1);
	}
}

/* A node that is not split, or whose operands stand in parentheses. */
static void pretty_one(struct buf *out, const struct ast *n, size_t level, bool split)
{
	if (n->kind == AST_UNARY) {
		pretty_unary(out, n, level);
		return;
	}
	/* The reference forgets to indent a subquery. */
	if (n->kind != AST_SUBQUERY)
		indent(out, level);
	if (!split || (n->kind != AST_AGGREGATE && n->kind != AST_CALL && n->kind != AST_PAREN)) {
		printer_print(out, n);
		return;
	}
	if (n->kind == AST_AGGREGATE) {
		pretty_aggregate(out, n, level);
	} else if (n->kind == AST_CALL) {
		pretty_call(out, n, level);
	} else {
		buf_put_str(out, "(\n");
		pretty(out, n->paren.expr, level + 1);
	}
	buf_put_char(out, '\n');
	indent(out, level);
	buf_put_char(out, ')');
}

struct spine {
	const struct ast *node;
	size_t level;
};

#define SHORT_SPINE 16

static void pretty(struct buf *out, const struct ast *n, size_t level)
{
	struct spine few[SHORT_SPINE], *spine = few;
	size_t len = 0, size = SHORT_SPINE;
	bool split;

	if (out->failed)
		return;
	while ((split = printer_is_longer(out, n, MOST_BYTES)) &&
		(n->kind == AST_BINARY || n->kind == AST_SUBQUERY)) {
		if (len == size) {
			struct spine *grown = mem_calloc(2 * size, sizeof(*grown));

			if (!grown) {
				out->failed = ERR_NOMEM;
				break;
			}
			memcpy(grown, spine, len * sizeof(*grown));
			if (spine != few)
				mem_free(spine);
			spine = grown;
			size *= 2;
		}
		spine[len++] = (struct spine){ n, level };
		level += n->kind == AST_BINARY;
		n = ast_left(n);
	}
	pretty_one(out, n, level, split);
	while (len > 0 && !out->failed) {
		const struct ast *at = spine[--len].node;

		if (at->kind == AST_SUBQUERY) {
			printer_subquery_suffix(out, at);
			continue;
		}
		buf_put_char(out, '\n');
		indent(out, spine[len].level);
		printer_operator(out, at);
		buf_put_char(out, '\n');
		pretty(out, at->binary.right, spine[len].level + 1);
	}
	if (spine != few)
		mem_free(spine);
}

void printer_pretty(struct buf *out, const struct ast *n)
{
	pretty(out, n, 0);
}
