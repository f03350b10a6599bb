/* Runs a template: walks the tree over the data and writes text. Values come from template_value.c, functions from
 * template_call.c. Go's rules for arguments (a nil, a missing map key, the value that a pipe hands on) decide the messages; every
 * failure names the node that ran last. Steps, nesting and output are bounded. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "promql/quote.h"
#include "promql/template_tree.h"

/* A rule takes some dozens; `range 1000000000` is a mistake. */
#define MAX_STEPS 1000000u
/* Variables alive at once: those of the text, once for each nested loop or template. */
#define MAX_VARIABLES 1024u
#define FIRST_VARIABLES 8u
#define MAX_ARENA_BYTES (16u * 1024 * 1024)
#define MAX_ARGS 64u

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_FAILED };

struct variable {
	struct sv name;
	struct template_value value;
};

struct exec {
	const struct template *t;
	const struct template_data *data;
	struct arena arena;
	struct buf *out;
	struct error *err;
	const struct template_node *at; /* for messages */
	struct sv tree_name;
	struct variable *variables;
	size_t n_variables, max_variables, first_variable;
	unsigned steps, depth;
};

static const struct template_value MISSING = { .kind = TEMPLATE_MISSING };
static const struct template_value INVALID = { .kind = TEMPLATE_INVALID };

static void put_place(struct buf *out, const struct exec *x)
{
	size_t pos = x->at->pos, line = 1, begin = 0;

	for (size_t i = 0; i < pos; i++) {
		if (x->t->text.ptr[i] == '\n') {
			line++;
			begin = i + 1;
		}
	}
	buf_printf(out, "template: " TEMPLATE_NAME ":%zu:%zu: executing ", line, pos - begin);
	quote_print(out, x->tree_name);
	buf_put_str(out, " at <");
	template_node_print(out, x->at);
	buf_put_str(out, ">: ");
}

/* Always false. */
static bool PRINTF_LIKE(3, 4) fail_kind(struct exec *x, enum error_kind kind, const char *fmt, ...)
{
	AUTO(buf_done) struct buf place = { 0 };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_init(&place, ERROR_TEXT_MAX);
	put_place(&place, x);
	error_set(x->err, kind, "%s%s", buf_text(&place), text);
	return false;
}

#define fail(x, ...) fail_kind((x), ERR_INVALID, __VA_ARGS__)

static bool step(struct exec *x)
{
	if (x->steps++ < MAX_STEPS)
		return true;
	return fail_kind(x, ERR_LIMIT, "the template takes more than %u steps", MAX_STEPS);
}

static bool grow_variables(struct exec *x)
{
	size_t max = x->max_variables ? 2 * x->max_variables : FIRST_VARIABLES;
	struct variable *more = ARENA_ARRAY_RAW(&x->arena, max, struct variable);

	if (!more)
		return false;
	if (x->n_variables > 0)
		memcpy(more, x->variables, x->n_variables * sizeof(*more));
	x->variables = more;
	x->max_variables = max;
	return true;
}

static bool push(struct exec *x, struct sv name, const struct template_value *value)
{
	if (x->n_variables == MAX_VARIABLES)
		return fail_kind(x, ERR_LIMIT, "more than %u variables", MAX_VARIABLES);
	if (x->n_variables == x->max_variables && !grow_variables(x))
		return fail_kind(x, ERR_NOMEM, "out of memory");
	x->variables[x->n_variables++] = (struct variable){ name, *value };
	return true;
}

static struct variable *find_variable(struct exec *x, struct sv name)
{
	for (size_t i = x->n_variables; i-- > x->first_variable;)
		if (sv_eq(x->variables[i].name, name))
			return &x->variables[i];
	return NULL;
}

static bool set_variable(struct exec *x, struct sv name, const struct template_value *value)
{
	struct variable *v = find_variable(x, name);

	if (!v)
		return fail(x, "undefined variable: %.*s", SV_ARG(name));
	v->value = *value;
	return true;
}

static bool eval_pipeline(struct exec *x, const struct template_value *dot,
	const struct template_node *pipe, struct template_value *ret);

/* Text of a value inside a message. */
static const char *value_text(struct exec *x, const struct template_value *v)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, ERROR_TEXT_MAX);
	template_format_value(&text, v);
	char *copy = arena_strdup(&x->arena, buf_sv(&text));

	return copy ? copy : "";
}

/* One step of a field chain. has_args: something would have to be called. */
static bool eval_field(struct exec *x, struct sv name, bool has_args,
	const struct template_value *receiver, struct template_value *ret)
{
	struct template_value found = INVALID;

	if (receiver->kind == TEMPLATE_INVALID) {
		*ret = INVALID;
		return true;
	}
	if (receiver->kind == TEMPLATE_DATA && template_value_field(receiver->data, name, &found)) {
		if (has_args)
			return fail(x, "%.*s has arguments but cannot be invoked as function",
				SV_ARG(name));
		*ret = found;
		return true;
	}
	if (receiver->kind != TEMPLATE_MAP)
		return fail(x, "can't evaluate field %.*s in type %s", SV_ARG(name),
			template_value_type(receiver));
	if (has_args)
		return fail(x, "%.*s is not a method but has arguments", SV_ARG(name));
	for (size_t i = 0; i < receiver->n; i++)
		if (sv_eq(receiver->map[i].name, name))
			found = template_value_text(receiver->map[i].value);
	*ret = found;
	return true;
}

static bool eval_fields(struct exec *x, const struct sv *names, size_t n, bool has_args,
	const struct template_value *receiver, struct template_value *ret)
{
	struct template_value value = *receiver;

	for (size_t i = 0; i < n; i++)
		if (!eval_field(x, names[i], has_args && i == n - 1, &value, &value))
			return false;
	*ret = value;
	return true;
}

static bool eval_function(struct exec *x, const struct template_value *dot,
	const struct template_node *command, const struct template_node *first,
	const struct template_node *args, const struct template_value *final,
	struct template_value *ret);

static bool eval_number(struct exec *x, const struct template_node *n, struct template_value *ret)
{
	x->at = n;
	if (n->number.is_complex) {
		*ret = (struct template_value){
			.kind = TEMPLATE_COMPLEX, .f = n->number.f, .imag = n->number.imag
		};
	} else if (n->number.is_float) {
		*ret = (struct template_value){ .kind = TEMPLATE_FLOAT, .f = n->number.f };
	} else if (n->number.is_int) {
		*ret = template_value_int(n->number.i);
	} else {
		return fail(x, "%.*s overflows int", SV_ARG(n->text));
	}
	return true;
}

/* Operands that need no call. */
static bool eval_plain(struct exec *x, const struct template_value *dot,
	const struct template_node *n, bool has_args, struct template_value *ret)
{
	struct variable *v;
	struct template_value inner;

	switch ((int)n->kind) {
	case TEMPLATE_NODE_FIELD:
		x->at = n;
		return eval_fields(x, n->names, n->n_names, has_args, dot, ret);
	case TEMPLATE_NODE_CHAIN:
		x->at = n;
		if (n->first->kind == TEMPLATE_NODE_IDENTIFIER) {
			if (!eval_function(x, dot, n->first, n->first, NULL, &MISSING, &inner))
				return false;
		} else if (!eval_pipeline(x, dot, n->first, &inner)) {
			return false;
		}
		return eval_fields(x, n->names, n->n_names, has_args, &inner, ret);
	case TEMPLATE_NODE_VARIABLE:
		x->at = n;
		v = find_variable(x, n->names[0]);
		if (!v)
			return fail(x, "undefined variable: %.*s", SV_ARG(n->names[0]));
		inner = v->value;
		return eval_fields(x, n->names + 1, n->n_names - 1, has_args, &inner, ret);
	case TEMPLATE_NODE_PIPE:
		return eval_pipeline(x, dot, n, ret);
	case TEMPLATE_NODE_BOOL:
		*ret = template_value_bool(n->truth);
		return true;
	case TEMPLATE_NODE_DOT:
		*ret = *dot;
		return true;
	case TEMPLATE_NODE_NUMBER:
		return eval_number(x, n, ret);
	case TEMPLATE_NODE_STRING:
		*ret = template_value_text(n->value);
		return true;
	default:
		return fail(x, "can't evaluate command");
	}
}

/* An argument of a function; text: the parameter is a string. */
static bool eval_arg(struct exec *x, const struct template_value *dot,
	const struct template_node *n, bool text, struct template_value *ret)
{
	struct template_value value;
	AUTO(buf_done) struct buf printed = { 0 };

	buf_init(&printed, ERROR_TEXT_MAX);
	x->at = n;
	if (n->kind == TEMPLATE_NODE_NIL) {
		*ret = INVALID;
		return !text || fail(x, "cannot assign nil to string");
	}
	if (n->kind == TEMPLATE_NODE_IDENTIFIER) {
		if (!eval_function(x, dot, n, n, NULL, &MISSING, &value))
			return false;
	} else {
		if (text && (n->kind == TEMPLATE_NODE_BOOL || n->kind == TEMPLATE_NODE_NUMBER)) {
			template_node_print(&printed, n);
			return fail(x, "expected string; found %s", buf_text(&printed));
		}
		if (!eval_plain(x, dot, n, false, &value))
			return false;
	}
	*ret = value;
	return true;
}

/* A value that arrives in a string parameter. */
static bool check_text(struct exec *x, const struct template_value *v)
{
	if (v->kind == TEMPLATE_INVALID)
		return fail(x, "invalid value; expected string");
	if (v->kind != TEMPLATE_STRING)
		return fail(
			x, "wrong type for value; expected string; got %s", template_value_type(v));
	return true;
}

/* "and" and "or" stop at the first argument that decides. */
static bool eval_and_or(struct exec *x, const struct template_value *dot, bool or,
	const struct template_node *args, const struct template_value *final,
	struct template_value *ret)
{
	struct template_value value = INVALID;

	for (const struct template_node *n = args; n; n = n->next) {
		if (!eval_arg(x, dot, n, false, &value))
			return false;
		if (template_value_is_true(&value) == or) {
			*ret = value;
			return true;
		}
	}
	*ret = final->kind == TEMPLATE_MISSING ? value : *final;
	return true;
}

static bool check_arity(struct exec *x, const struct template_function *f, size_t n_nodes, size_t n)
{
	if (f->max_args == TEMPLATE_ANY_ARGS && n < f->min_args)
		return fail(x, "wrong number of args for %s: want at least %zu got %zu", f->name,
			f->min_args, n_nodes);
	if (f->max_args != TEMPLATE_ANY_ARGS && n != f->max_args)
		return fail(x, "wrong number of args for %s: want %zu got %zu", f->name,
			f->max_args, n);
	if (n > MAX_ARGS)
		return fail_kind(x, ERR_LIMIT, "more than %u arguments", MAX_ARGS);
	return true;
}

/* What "call" names as the function: the text of its first argument. */
static struct sv callee_text(
	struct exec *x, const struct template_node *args, const struct template_value *final)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, ERROR_TEXT_MAX);
	if (args)
		template_node_print(&text, args);
	else if (final->kind == TEMPLATE_STRING)
		buf_put_sv(&text, final->text);
	else
		buf_printf(&text, "<%s Value>",
			final->kind == TEMPLATE_INVALID ? "invalid" : template_value_type(final));
	return arena_sv(&x->arena, buf_sv(&text));
}

/* Evaluates the arguments into argv, the piped one (MISSING: none) last. */
static bool eval_args(struct exec *x, const struct template_value *dot,
	const struct template_function *f, const struct template_node *args,
	const struct template_value *final, struct template_value *argv)
{
	size_t n = 0;

	for (const struct template_node *arg = args; arg; arg = arg->next, n++) {
		bool text = f->text_first && n == 0;

		if (!eval_arg(x, dot, arg, text, &argv[n]) || (text && !check_text(x, &argv[n])))
			return false;
	}
	if (final->kind == TEMPLATE_MISSING)
		return true;
	argv[n] = *final;
	return !f->text_first || n > 0 || check_text(x, final);
}

static bool eval_function(struct exec *x, const struct template_value *dot,
	const struct template_node *command, const struct template_node *first,
	const struct template_node *args, const struct template_value *final,
	struct template_value *ret)
{
	const struct template_function *f = template_call_find(first->text);
	struct template_value *argv;
	struct sv callee = SV("");
	struct error why;
	size_t n_nodes = 0;

	x->at = first;
	for (const struct template_node *arg = args; arg; arg = arg->next)
		n_nodes++;
	if (!f)
		return fail(x, "\"%.*s\" is not a defined function", SV_ARG(first->text));
	size_t n = n_nodes + (final->kind != TEMPLATE_MISSING);

	if (!step(x) || !check_arity(x, f, n_nodes, n))
		return false;
	if (!strcmp(f->name, "and") || !strcmp(f->name, "or"))
		return eval_and_or(x, dot, f->name[0] == 'o', args, final, ret);
	argv = ARENA_ARRAY(&x->arena, n_nodes + 1, struct template_value);
	if (!argv)
		return fail_kind(x, ERR_LIMIT, "the template needs too much memory");
	if (!eval_args(x, dot, f, args, final, argv))
		return false;
	if (!strcmp(f->name, "call"))
		callee = callee_text(x, args, final);
	if (template_call(f, &x->arena, argv, n, callee, ret, &why)) {
		x->at = command;
		return fail_kind(x, why.kind, "error calling %s: %s", f->name, why.text);
	}
	return true;
}

static bool eval_command(struct exec *x, const struct template_value *dot,
	const struct template_node *command, const struct template_value *final,
	struct template_value *ret)
{
	const struct template_node *first = command->first;
	bool has_args = first->next || final->kind != TEMPLATE_MISSING;
	/* What looks further than this function for its own errors. */
	bool field = first->kind == TEMPLATE_NODE_FIELD || first->kind == TEMPLATE_NODE_CHAIN ||
		     (first->kind == TEMPLATE_NODE_VARIABLE &&
			     (first->n_names > 1 || !find_variable(x, first->names[0])));
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, ERROR_TEXT_MAX);
	if (first->kind == TEMPLATE_NODE_IDENTIFIER)
		return eval_function(x, dot, command, first, first->next, final, ret);
	if (first->kind != TEMPLATE_NODE_PIPE)
		x->at = first;
	if (first->kind == TEMPLATE_NODE_CHAIN && first->first->kind == TEMPLATE_NODE_NIL) {
		template_node_print(&text, first);
		return fail(x, "indirection through explicit nil in %s", buf_text(&text));
	}
	if (has_args && !field) {
		template_node_print(&text, first);
		return fail(x, "can't give argument to non-function %s", buf_text(&text));
	}
	if (first->kind == TEMPLATE_NODE_NIL)
		return fail(x, "nil is not a command");
	return eval_plain(x, dot, first, has_args, ret);
}

static bool eval_pipeline(struct exec *x, const struct template_value *dot,
	const struct template_node *pipe, struct template_value *ret)
{
	struct template_value value = MISSING;

	if (!step(x))
		return false;
	x->at = pipe;
	for (const struct template_node *c = pipe->first; c; c = c->next)
		if (!eval_command(x, dot, c, &value, &value))
			return false;
	for (const struct template_node *v = pipe->other; v; v = v->next)
		if (pipe->truth ? !set_variable(x, v->names[0], &value)
				: !push(x, v->names[0], &value))
			return false;
	*ret = value;
	return true;
}

static enum flow walk(
	struct exec *x, const struct template_value *dot, const struct template_node *n);

static enum flow walk_list(
	struct exec *x, const struct template_value *dot, const struct template_node *list)
{
	x->at = list;
	for (const struct template_node *n = list->first; n; n = n->next) {
		enum flow flow = walk(x, dot, n);

		if (flow != FLOW_ON)
			return flow;
	}
	return FLOW_ON;
}

static enum flow walk_if_with(
	struct exec *x, const struct template_value *dot, const struct template_node *n)
{
	size_t mark = x->n_variables;
	struct template_value value;
	enum flow flow = FLOW_ON;

	if (!eval_pipeline(x, dot, n->pipe, &value))
		return FLOW_FAILED;
	if (template_value_is_true(&value))
		flow = walk_list(x, n->kind == TEMPLATE_NODE_WITH ? &value : dot, n->first);
	else if (n->other)
		flow = walk_list(x, dot, n->other);
	x->n_variables = mark;
	return flow;
}

/* One turn of a loop: sets its variables and walks the body. */
static enum flow iterate(struct exec *x, const struct template_node *n,
	const struct template_value *index, const struct template_value *element)
{
	const struct template_node *first = n->pipe->other, *second = first ? first->next : NULL;
	size_t mark = x->n_variables;
	enum flow flow;

	if (first && n->pipe->truth) {
		if (!set_variable(x, first->names[0], second ? index : element) ||
			(second && !set_variable(x, second->names[0], element)))
			return FLOW_FAILED;
	} else if (first) {
		x->variables[x->n_variables - 1].value = *element;
		if (second)
			x->variables[x->n_variables - 2].value = *index;
	}
	if (!step(x))
		return FLOW_FAILED;
	flow = walk_list(x, element, n->first);
	x->n_variables = mark;
	return flow == FLOW_CONTINUE ? FLOW_ON : flow;
}

/* The i-th index and element of what is ranged over; false behind the last. */
static bool element_at(const struct template_value *v, size_t i, struct template_value *index,
	struct template_value *element)
{
	switch ((int)v->kind) {
	case TEMPLATE_INT:
	case TEMPLATE_BYTE:
		*index = INVALID;
		*element = *v;
		element->i = (int64_t)i;
		return (int64_t)i < v->i;
	case TEMPLATE_LIST:
		if (i >= v->n)
			return false;
		*index = template_value_int((int64_t)i);
		*element = template_value_text(v->list[i]);
		return true;
	case TEMPLATE_MAP:
		if (i >= v->n)
			return false;
		*index = template_value_text(v->map[i].name);
		*element = template_value_text(v->map[i].value);
		return true;
	default:
		return false;
	}
}

static enum flow walk_range(
	struct exec *x, const struct template_value *dot, const struct template_node *n)
{
	size_t mark = x->n_variables, i = 0;
	struct template_value value, index, element;
	enum flow flow = FLOW_ON;

	if (!eval_pipeline(x, dot, n->pipe, &value))
		return FLOW_FAILED;
	bool number = value.kind == TEMPLATE_INT || value.kind == TEMPLATE_BYTE;

	if (number && n->pipe->other && n->pipe->other->next) {
		fail(x, "can't use %s to iterate over more than one variable",
			value_text(x, &value));
		return FLOW_FAILED;
	}
	if (!number && value.kind != TEMPLATE_LIST && value.kind != TEMPLATE_MAP &&
		value.kind != TEMPLATE_INVALID) {
		fail(x, "range can't iterate over %s", value_text(x, &value));
		return FLOW_FAILED;
	}
	for (; flow == FLOW_ON && element_at(&value, i, &index, &element); i++)
		flow = iterate(x, n, &index, &element);
	if (flow == FLOW_BREAK)
		flow = FLOW_ON;
	if (i == 0 && n->other)
		flow = walk_list(x, dot, n->other);
	x->n_variables = mark;
	return flow;
}

static enum flow walk_template(
	struct exec *x, const struct template_value *dot, const struct template_node *n)
{
	const struct template_tree *tree = template_tree_find(x->t, n->value);
	struct template_value data = INVALID;
	struct sv name = x->tree_name;
	enum flow flow = FLOW_FAILED;

	if (!tree) {
		fail(x, "template \"%.*s\" not defined", SV_ARG(n->value));
		return FLOW_FAILED;
	}
	if (n->pipe && !eval_pipeline(x, dot, n->pipe, &data))
		return FLOW_FAILED;
	size_t mark = x->n_variables, first = x->first_variable;

	x->first_variable = mark;
	x->tree_name = tree->name;
	if (push(x, SV("$"), &data))
		flow = walk_list(x, &data, tree->root);
	x->n_variables = mark;
	x->first_variable = first;
	x->tree_name = name;
	return flow;
}

static enum flow walk_node(
	struct exec *x, const struct template_value *dot, const struct template_node *n)
{
	struct template_value value;

	x->at = n;
	switch ((int)n->kind) {
	case TEMPLATE_NODE_TEXT:
		buf_put_sv(x->out, n->text);
		return FLOW_ON;
	case TEMPLATE_NODE_ACTION:
		if (!eval_pipeline(x, dot, n->pipe, &value))
			return FLOW_FAILED;
		if (!n->pipe->other && value.kind == TEMPLATE_INVALID)
			buf_put_str(x->out, "<no value>");
		else if (!n->pipe->other)
			template_format_value(x->out, &value);
		return FLOW_ON;
	case TEMPLATE_NODE_IF:
	case TEMPLATE_NODE_WITH:
		return walk_if_with(x, dot, n);
	case TEMPLATE_NODE_RANGE:
		return walk_range(x, dot, n);
	case TEMPLATE_NODE_TEMPLATE:
		return walk_template(x, dot, n);
	case TEMPLATE_NODE_BREAK:
		return FLOW_BREAK;
	case TEMPLATE_NODE_CONTINUE:
		return FLOW_CONTINUE;
	default:
		return FLOW_ON;
	}
}

static enum flow walk(
	struct exec *x, const struct template_value *dot, const struct template_node *n)
{
	enum flow flow;

	if (buf_check(x->out, "the text of the template", x->err))
		return FLOW_FAILED;
	if (!step(x))
		return FLOW_FAILED;
	if (++x->depth > 2 * TEMPLATE_MAX_DEPTH) {
		fail_kind(x, ERR_LIMIT, "templates are nested too deeply");
		return FLOW_FAILED;
	}
	flow = walk_node(x, dot, n);
	x->depth--;
	return flow;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct template_pair *pa = a, *pb = b;

	return sv_cmp(pa->name, pb->name);
}

/* Maps are walked in the order of their keys; of equal names the last counts. */
static bool sort_values(struct exec *x, const struct template_data *data, struct template_data *ret)
{
	struct template_pair *sorted =
		ARENA_ARRAY(&x->arena, data->n_values + 1, struct template_pair);
	size_t n = 0;

	if (!sorted)
		return false;
	for (size_t i = 0; i < data->n_values; i++) {
		size_t at = 0;

		while (at < n && !sv_eq(sorted[at].name, data->values[i].name))
			at++;
		sorted[at] = data->values[i];
		n += at == n;
	}
	qsort(sorted, n, sizeof(*sorted), compare_pairs);
	*ret = *data;
	ret->values = sorted;
	ret->n_values = n;
	return true;
}

enum error_kind template_execute(const struct template *t, const struct template_data *data,
	struct buf *out, struct error *err)
{
	const struct template_tree *main_tree = template_tree_find(t, SV(TEMPLATE_NAME));
	struct template_data sorted;
	struct exec x = {
		.t = t, .data = &sorted, .out = out, .err = err, .tree_name = SV(TEMPLATE_NAME)
	};
	struct template_value root = { .kind = TEMPLATE_DATA, .data = &sorted };
	size_t len = out->len;
	enum error_kind failed = ERR_OK;

	arena_init(&x.arena, MAX_ARENA_BYTES);
	if (!sort_values(&x, data, &sorted)) {
		failed = arena_error(&x.arena, err);
	} else {
		x.at = main_tree->root;
		if (!push(&x, SV("$"), &root) ||
			walk_list(&x, &root, main_tree->root) == FLOW_FAILED)
			failed = err->kind;
		else
			failed = buf_check(out, "the text of the template", err);
	}
	arena_done(&x.arena);
	if (failed && out->len > len) {
		out->len = len;
		out->data[len] = 0;
	}
	return failed;
}
