/* The canonical form. The left spine is printed with a list, the rest by recursion; a full or capped buffer ends the work. */
#include "promql/printer.h"

#include <math.h>
#include <stdlib.h>

#include "common/f64.h"
#include "promql/duration.h"
#include "promql/number.h"
#include "promql/quote.h"

static bool is_plain_label(struct sv name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!(c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
			    (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return name.len > 0;
}

static void print_label(struct buf *out, struct sv name)
{
	if (is_plain_label(name))
		buf_put_sv(out, name);
	else
		quote_print(out, name);
}

static void print_labels(struct buf *out, const struct ast_labels *labels)
{
	buf_put_char(out, '(');
	for (size_t i = 0; i < labels->n; i++) {
		if (i)
			buf_put_str(out, ", ");
		print_label(out, labels->at[i]);
	}
	buf_put_char(out, ')');
}

static void print_duration_text(struct buf *out, double seconds)
{
	double ns = fabs(seconds * 1e9);

	if (seconds < 0)
		buf_put_char(out, '-');
	duration_print(out, ns < 0x1p63 ? (int64_t)ns : INT64_MIN);
}

static void print_number(struct buf *out, const struct ast *n)
{
	if (n->number.is_duration)
		print_duration_text(out, n->number.value);
	else
		number_print(out, n->number.value);
}

/* Arithmetic in a range, step or offset; as deep as the parser let it be. */
static void print_duration(struct buf *out, const struct ast *n)
{
	if (n->kind == AST_NUMBER) {
		print_number(out, n);
		return;
	}
	enum token_kind op = n->duration.op;
	const struct ast *left = n->duration.left, *right = n->duration.right;
	bool function = op == TOKEN_MIN_OF || op == TOKEN_MAX_OF;

	if (out->failed)
		return;
	if (n->duration.wrapped)
		buf_put_char(out, '(');
	if (op == TOKEN_STEP || op == TOKEN_RANGE) {
		buf_put_str(out, op == TOKEN_STEP ? "step()" : "range()");
	} else if (function) {
		buf_put_str(out, op == TOKEN_MIN_OF ? "min_of(" : "max_of(");
		print_duration(out, left);
		buf_put_str(out, ", ");
		print_duration(out, right);
		buf_put_char(out, ')');
	} else {
		if (left) {
			print_duration(out, left);
			buf_printf(out, " %s ", token_text(op));
		} else if (op == TOKEN_SUB) {
			buf_put_char(out, '-');
		}
		print_duration(out, right);
	}
	if (n->duration.wrapped)
		buf_put_char(out, ')');
}

static void print_at(struct buf *out, const struct ast_shift *shift)
{
	if (shift->at == AST_AT_TIME)
		buf_printf(out, " @ %.3f", (double)shift->at_ms / 1000.0);
	else if (shift->at != AST_AT_NONE)
		buf_put_str(out, shift->at == AST_AT_START ? " @ start()" : " @ end()");
}

static void print_offset(struct buf *out, const struct ast_shift *shift)
{
	if (!shift->offset_expr && !shift->offset_ns)
		return;
	buf_put_str(out, " offset ");
	if (shift->offset_expr) {
		print_duration(out, shift->offset_expr);
	} else if (shift->offset_ns > 0 || shift->offset_ns == INT64_MIN) {
		duration_print(out, shift->offset_ns);
	} else {
		buf_put_char(out, '-');
		duration_print(out, -shift->offset_ns);
	}
}

static int compare_texts(const void *a, const void *b)
{
	return sv_cmp(*(const struct sv *)a, *(const struct sv *)b);
}

static bool is_name(const struct ast *n, const struct matcher *m)
{
	return m->op == MATCHER_EQ && m->value.len && sv_is(m->label, "__name__") &&
	       sv_eq(m->value, n->vector.name);
}

/* Matchers sorted by their text; that of the name in front is left out. */
static void print_matchers(struct buf *out, const struct ast *n)
{
	struct sv *texts = mem_calloc(n->vector.n_matchers + 1, sizeof(*texts));
	AUTO(buf_done) struct buf all = { 0 };
	size_t count = 0, at = 0;

	buf_init(&all, out->max);
	if (!texts)
		all.failed = ERR_NOMEM;
	for (size_t i = 0; texts && i < n->vector.n_matchers; i++) {
		const struct matcher *m = &n->vector.matchers[i];
		size_t begin = all.len;

		if (is_name(n, m))
			continue;
		print_label(&all, m->label);
		buf_put_str(&all, matcher_op_text(m->op));
		quote_print(&all, m->value);
		texts[count++].len = all.len - begin;
	}
	if (all.failed)
		out->failed = all.failed;
	for (size_t i = 0; !all.failed && i < count; i++) {
		texts[i].ptr = all.data + at;
		at += texts[i].len;
	}
	if (!all.failed && count) {
		qsort(texts, count, sizeof(*texts), compare_texts);
		for (size_t i = 0; i < count; i++) {
			buf_put_char(out, i ? ',' : '{');
			buf_put_sv(out, texts[i]);
		}
		buf_put_char(out, '}');
	}
	mem_free(texts);
}

static const char *extension(const struct ast *vector)
{
	return vector->vector.anchored ? " anchored" : vector->vector.smoothed ? " smoothed" : "";
}

static void print_vector(struct buf *out, const struct ast *n)
{
	buf_put_sv(out, n->vector.name);
	print_matchers(out, n);
	print_at(out, &n->vector.shift);
	buf_put_str(out, extension(n));
	print_offset(out, &n->vector.shift);
}

static void print_range(struct buf *out, int64_t ns, const struct ast *expr)
{
	if (expr)
		print_duration(out, expr);
	else
		duration_print(out, ns);
}

static void print_matrix(struct buf *out, const struct ast *n)
{
	const struct ast *vector = n->matrix.vector;

	buf_put_sv(out, vector->vector.name);
	print_matchers(out, vector);
	buf_put_char(out, '[');
	print_range(out, n->matrix.range_ns, n->matrix.range_expr);
	buf_put_char(out, ']');
	buf_put_str(out, extension(vector));
	print_at(out, &vector->vector.shift);
	print_offset(out, &vector->vector.shift);
}

void printer_subquery_suffix(struct buf *out, const struct ast *n)
{
	buf_put_char(out, '[');
	print_range(out, n->subquery.range_ns, n->subquery.range_expr);
	buf_put_char(out, ':');
	if (n->subquery.step_ns || n->subquery.step_expr)
		print_range(out, n->subquery.step_ns,
			n->subquery.step_ns ? NULL : n->subquery.step_expr);
	buf_put_char(out, ']');
	print_at(out, &n->subquery.shift);
	print_offset(out, &n->subquery.shift);
}

void printer_aggregate_head(struct buf *out, const struct ast *n)
{
	buf_put_str(out, token_text(n->aggregate.op));
	if (!n->aggregate.without && !n->aggregate.grouping.n)
		return;
	buf_put_str(out, n->aggregate.without ? " without " : " by ");
	print_labels(out, &n->aggregate.grouping);
	buf_put_char(out, ' ');
}

static void print_fill(struct buf *out, const char *name, double value)
{
	buf_put_str(out, name);
	buf_put_str(out, " (");
	f64_print_go_g(out, value);
	buf_put_char(out, ')');
}

static void print_fills(struct buf *out, const struct ast_matching *m)
{
	bool same = m->has_fill_left && m->has_fill_right && m->fill_left <= m->fill_right &&
		    m->fill_left >= m->fill_right;

	if (same) {
		print_fill(out, " fill", m->fill_left);
		return;
	}
	if (m->has_fill_left)
		print_fill(out, " fill_left", m->fill_left);
	if (m->has_fill_right)
		print_fill(out, " fill_right", m->fill_right);
}

void printer_operator(struct buf *out, const struct ast *n)
{
	const struct ast_matching *m = n->binary.matching;
	bool group = m && (m->card == AST_MANY_TO_ONE || m->card == AST_ONE_TO_MANY);

	buf_put_str(out, token_text(n->binary.op));
	if (n->binary.return_bool)
		buf_put_str(out, " bool");
	if (!m)
		return;
	if (m->labels.n || m->on || group) {
		buf_put_str(out, m->on ? " on " : " ignoring ");
		print_labels(out, &m->labels);
	}
	if (group) {
		buf_put_str(out, m->card == AST_MANY_TO_ONE ? " group_left " : " group_right ");
		print_labels(out, &m->include);
	}
	print_fills(out, m);
}

static void print_call(struct buf *out, const struct ast *n)
{
	buf_put_str(out, n->call.function->name);
	buf_put_char(out, '(');
	for (size_t i = 0; i < n->call.n_args; i++) {
		if (i)
			buf_put_str(out, ", ");
		printer_print(out, n->call.args[i]);
	}
	buf_put_char(out, ')');
}

static void print_aggregate(struct buf *out, const struct ast *n)
{
	printer_aggregate_head(out, n);
	buf_put_char(out, '(');
	if (n->aggregate.param) {
		printer_print(out, n->aggregate.param);
		buf_put_str(out, ", ");
	}
	printer_print(out, n->aggregate.expr);
	buf_put_char(out, ')');
}

/* A node whose left operand, if it is on the spine, stands in out already. */
static void print_one(struct buf *out, const struct ast *n)
{
	switch (n->kind) {
	case AST_NUMBER:
		print_number(out, n);
		break;
	case AST_STRING:
		quote_print(out, n->string.value);
		break;
	case AST_VECTOR:
		print_vector(out, n);
		break;
	case AST_MATRIX:
		print_matrix(out, n);
		break;
	case AST_SUBQUERY:
		printer_subquery_suffix(out, n);
		break;
	case AST_AGGREGATE:
		print_aggregate(out, n);
		break;
	case AST_BINARY:
		buf_put_char(out, ' ');
		printer_operator(out, n);
		buf_put_char(out, ' ');
		printer_print(out, n->binary.right);
		break;
	case AST_CALL:
		print_call(out, n);
		break;
	case AST_PAREN:
		buf_put_char(out, '(');
		printer_print(out, n->paren.expr);
		buf_put_char(out, ')');
		break;
	case AST_UNARY:
		buf_put_str(out, token_text(n->unary.op));
		printer_print(out, n->unary.expr);
		break;
	case AST_DURATION:
		print_duration(out, n);
		break;
	}
}

static const struct ast *left_of(const struct ast *n)
{
	return n->kind == AST_BINARY	 ? n->binary.left
	       : n->kind == AST_SUBQUERY ? n->subquery.expr
					 : NULL;
}

#define SHORT_SPINE 16

void printer_print(struct buf *out, const struct ast *n)
{
	const struct ast *few[SHORT_SPINE], **spine = few;
	size_t len = 0;

	for (const struct ast *at = n; at; at = left_of(at))
		len++;
	if (len > SHORT_SPINE && !(spine = mem_calloc(len, sizeof(struct ast *)))) {
		out->failed = ERR_NOMEM;
		return;
	}
	len = 0;
	for (const struct ast *at = n; at; at = left_of(at))
		spine[len++] = at;
	while (len > 0 && !out->failed)
		print_one(out, spine[--len]);
	if (spine != few)
		mem_free(spine);
}

bool printer_is_longer(struct buf *out, const struct ast *n, size_t most)
{
	struct buf text;
	size_t operands = 0;

	/* Every operand on the spine is at least a byte. */
	for (const struct ast *at = n; at; at = left_of(at))
		if (++operands > most)
			return true;
	buf_init(&text, most);
	printer_print(&text, n);
	bool longer = text.failed == ERR_LIMIT;

	if (text.failed == ERR_NOMEM)
		out->failed = ERR_NOMEM;

	buf_done(&text);
	return longer;
}
