/* Operators between two vectors. "Takes part" means that the operator compares the label: it is in on(...), or not in ignoring(...). */
#include "promql/separable_facts.h"

static bool takes_part(const struct ast_matching *m, struct sv label)
{
	return separable_has_name(m->labels.at, m->labels.n, label) == m->on;
}

static bool is_grouped(const struct ast_matching *m)
{
	return m->card == AST_MANY_TO_ONE || m->card == AST_ONE_TO_MANY;
}

/* Presence of a label in the result, of an arithmetic operator or comparison. */
static enum presence combine(const struct analysis *a, const struct ast_matching *m, size_t l,
	const struct facts *main_side, const struct facts *other)
{
	bool part = takes_part(m, a->labels[l]);
	enum presence own = (enum presence)main_side->has[l];

	if (m->card == AST_ONE_TO_ONE && !part)
		return PRESENCE_NO;
	if (is_grouped(m) && separable_has_name(m->include.at, m->include.n, a->labels[l]))
		return (enum presence)other->has[l];
	return part && own == PRESENCE_MAYBE ? (enum presence)other->has[l] : own;
}

static void arithmetic_facts(struct analysis *a, const struct ast_matching *m,
	const struct facts *left, const struct facts *right, struct facts *ret)
{
	const struct facts *main_side = m->card == AST_ONE_TO_MANY ? right : left;
	const struct facts *other = main_side == left ? right : left;

	for (size_t l = 0; l < a->n_labels; l++)
		ret->has[l] = (unsigned char)combine(a, m, l, main_side, other);
	if (is_grouped(m))
		ret->names = separable_names_union(a, main_side->names,
			(struct name_set){ false, m->include.at, m->include.n });
	else if (m->on)
		ret->names = (struct name_set){ false, m->labels.at, m->labels.n };
	else
		ret->names = separable_names_remove(a, left->names, m->labels.at, m->labels.n);
}

static void or_facts(
	struct analysis *a, const struct facts *left, const struct facts *right, struct facts *ret)
{
	for (size_t l = 0; l < a->n_labels; l++)
		ret->has[l] = left->has[l] == right->has[l] ? left->has[l] : PRESENCE_MAYBE;
	ret->names = separable_names_union(a, left->names, right->names);
}

static struct sv operator_of(const struct ast *n)
{
	return sv_of(token_text(n->binary.op));
}

/* Every object label is compared, and every row of the object's side has it. */
static bool fully_matched(
	const struct analysis *a, const struct ast_matching *m, const struct facts *object)
{
	for (size_t l = 0; l < a->n_labels; l++)
		if (!takes_part(m, a->labels[l]) || object->has[l] != PRESENCE_YES)
			return false;
	return true;
}

/* Both sides depend on the object: a label that is compared must be on both or on neither. */
static bool check_objects(
	struct analysis *a, struct ast *n, const struct facts *left, const struct facts *right)
{
	const struct ast_matching *m = n->binary.matching;

	for (size_t l = 0; l < a->n_labels; l++) {
		bool differ = left->has[l] != right->has[l] || left->has[l] == PRESENCE_MAYBE;

		if (takes_part(m, a->labels[l]) && differ)
			return separable_refuse(a, n, SEPARABLE_LABEL_PRESENCE, a->labels[l]);
	}
	return true;
}

/* Whether one global side can serve all objects at once. */
static bool global_is_safe(
	const struct analysis *a, const struct ast *n, bool object_left, const struct facts *object)
{
	const struct ast_matching *m = n->binary.matching;
	bool object_is_one = m->card == (object_left ? AST_ONE_TO_MANY : AST_MANY_TO_ONE);
	bool right_of_and = n->binary.op == TOKEN_LAND && !object_left;

	if (n->binary.op == TOKEN_LUNLESS && !object_left)
		return false;
	if (m->card == AST_ONE_TO_ONE || object_is_one || right_of_and)
		return fully_matched(a, m, object);
	for (size_t l = 0; is_grouped(m) && l < a->n_labels; l++)
		if (separable_has_name(m->include.at, m->include.n, a->labels[l]))
			return false;
	return true;
}

/* One side is global. Labels that neither side has go to the end of ignoring(...): the object's side has them in the coalesced form. */
static bool check_global(struct analysis *a, struct ast *n, bool object_left,
	const struct facts *object, const struct facts *global)
{
	struct ast_matching *m = n->binary.matching;
	struct ast_labels ignored = m->labels;
	struct sv *list;

	if (n->binary.op == TOKEN_LOR)
		return separable_refuse(a, n, SEPARABLE_OR_GLOBAL, SV(""));
	if (!global_is_safe(a, n, object_left, object))
		return separable_refuse(a, n, SEPARABLE_GLOBAL_OPERAND, operator_of(n));
	list = ARENA_ARRAY(a->arena, m->labels.n + a->n_labels + 1, struct sv);
	if (!list) {
		a->failed = ERR_NOMEM;
		return false;
	}
	if (m->labels.n)
		memcpy(list, m->labels.at, m->labels.n * sizeof(*list));
	for (size_t l = 0; l < a->n_labels; l++) {
		bool neither = object->has[l] == PRESENCE_NO && global->has[l] == PRESENCE_NO;

		if (!takes_part(m, a->labels[l]) || object->has[l] == PRESENCE_YES)
			continue;
		if (m->on || !neither)
			return separable_refuse(a, n, SEPARABLE_LABEL_PRESENCE, a->labels[l]);
		list[ignored.n++] = a->labels[l];
	}
	ignored.at = list;
	m->labels = ignored;
	return true;
}

static bool rewrite_objects(struct analysis *a, struct ast_matching *m)
{
	return (m->on ? separable_labels_complete(a, &m->labels)
		      : separable_labels_strip(a, &m->labels)) &&
	       separable_labels_strip(a, &m->include);
}

static void set_facts(struct analysis *a, const struct ast *n, const struct facts *left,
	const struct facts *right, struct facts *ret)
{
	*ret = *left;
	ret->object = left->object || right->object;
	if (n->binary.op == TOKEN_LOR)
		or_facts(a, left, right, ret);
	else if (!token_is_set_operator(n->binary.op))
		arithmetic_facts(a, n->binary.matching, left, right, ret);
}

bool separable_binary(struct analysis *a, struct ast *n, const struct facts *left,
	const struct facts *right, struct facts *ret)
{
	struct ast_matching *m = n->binary.matching;

	if (!m) { /* at least one side is a scalar */
		*ret = n->binary.left->type == VALUE_VECTOR ? *left : *right;
		return true;
	}
	/* Before the lists are rewritten: facts are those of one object. */
	set_facts(a, n, left, right, ret);
	if (a->failed || !ret->object)
		return !a->failed;
	if (m->has_fill_left || m->has_fill_right)
		return separable_refuse(a, n, SEPARABLE_FILL, SV(""));
	if (left->object && right->object)
		return check_objects(a, n, left, right) && rewrite_objects(a, m);
	return left->object ? check_global(a, n, true, left, right)
			    : check_global(a, n, false, right, left);
}
