/* What loading can find out beyond Go's own parser: fields that the data does not have, and templates that nobody defines. Only
 * places where "." or "$" is certainly the data are looked at. */
#include "promql/template_tree.h"

struct check {
	const struct template *t;
	enum template_kind kind;
	struct error *err;
	bool failed;
};

static void check_node(
	struct check *c, const struct template_node *n, bool dot_is_data, bool dollar_is_data);

static void refuse(struct check *c, const struct template_node *n, const char *what, struct sv name,
	const char *hint)
{
	size_t line = 1, begin = 0;

	for (size_t i = 0; i < n->pos; i++) {
		if (c->t->text.ptr[i] == '\n') {
			line++;
			begin = i + 1;
		}
	}
	error_set(c->err, ERR_INVALID, "template: " TEMPLATE_NAME ":%zu:%zu: %s%.*s%s", line,
		n->pos - begin, what, SV_ARG(name), hint);
	c->failed = true;
}

static void check_field(struct check *c, const struct template_node *n, struct sv name)
{
	if (template_value_has_field(c->kind, name))
		return;
	refuse(c, n, "there is no field .", name,
		c->kind == TEMPLATE_QUERY ? ", use .Series, .LabelMatchers, .LabelValuesByName, "
					    ".GroupBy or .GroupBySlice"
					  : ", use .Group or .Resource");
}

static void check_siblings(
	struct check *c, const struct template_node *first, bool dot_is_data, bool dollar_is_data)
{
	for (const struct template_node *n = first; n && !c->failed; n = n->next)
		check_node(c, n, dot_is_data, dollar_is_data);
}

static void check_node(
	struct check *c, const struct template_node *n, bool dot_is_data, bool dollar_is_data)
{
	bool inner = dot_is_data && n->kind != TEMPLATE_NODE_RANGE && n->kind != TEMPLATE_NODE_WITH;

	if (n->kind == TEMPLATE_NODE_FIELD && dot_is_data)
		check_field(c, n, n->names[0]);
	if (n->kind == TEMPLATE_NODE_VARIABLE && n->n_names > 1 && dollar_is_data &&
		sv_is(n->names[0], "$"))
		check_field(c, n, n->names[1]);
	if (n->kind == TEMPLATE_NODE_TEMPLATE && !template_tree_find(c->t, n->value))
		refuse(c, n, "template ", n->value, " is not defined");
	if (n->pipe && !c->failed)
		check_node(c, n->pipe, dot_is_data, dollar_is_data);
	if (n->first)
		check_siblings(c, n->first, inner, dollar_is_data);
	if (n->other)
		check_siblings(c, n->other, dot_is_data, dollar_is_data);
}

enum error_kind template_check(const struct template *t, enum template_kind kind, struct error *err)
{
	struct check c = { .t = t, .kind = kind, .err = err };

	for (const struct template_tree *tree = t->trees; tree && !c.failed; tree = tree->next) {
		bool main_tree = sv_is(tree->name, TEMPLATE_NAME);

		check_node(&c, tree->root, main_tree, main_tree);
	}
	return c.failed ? ERR_INVALID : ERR_OK;
}
