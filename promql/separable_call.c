/* Functions and aggregations: which may run over rows of all objects at once, and what they do to the labels. */
#include "promql/separable_facts.h"

static bool is_histogram(enum function_id id)
{
	return id == FUNCTION_HISTOGRAM_QUANTILE || id == FUNCTION_HISTOGRAM_FRACTION ||
	       id == FUNCTION_HISTOGRAM_QUANTILES;
}

/* The reason why the function cannot run over an object operand, or YES. */
static enum separable_reason refusal_of(enum function_id id)
{
	switch ((int)id) {
	case FUNCTION_SCALAR:
		return SEPARABLE_SCALAR;
	case FUNCTION_ABSENT:
	case FUNCTION_ABSENT_OVER_TIME:
		return SEPARABLE_ABSENT;
	case FUNCTION_INFO:
		return SEPARABLE_INFO;
	case FUNCTION_SORT:
	case FUNCTION_SORT_DESC:
	case FUNCTION_SORT_BY_LABEL:
	case FUNCTION_SORT_BY_LABEL_DESC:
		return SEPARABLE_SORT;
	default:
		return SEPARABLE_YES;
	}
}

/* A string argument; empty when it is no literal (parentheses aside). */
static struct sv text_arg(const struct ast *n, size_t i)
{
	const struct ast *arg = i < n->call.n_args ? n->call.args[i] : NULL;

	while (arg && arg->kind == AST_PAREN)
		arg = arg->paren.expr;
	return arg && arg->kind == AST_STRING ? arg->string.value : SV("");
}

/* The label that the function writes. */
static bool written_label(const struct ast *n, struct sv *ret)
{
	enum function_id id = n->call.function->id;

	if (id != FUNCTION_LABEL_REPLACE && id != FUNCTION_LABEL_JOIN &&
		id != FUNCTION_HISTOGRAM_QUANTILES)
		return false;
	*ret = text_arg(n, 1);
	return true;
}

/* Whether label l is one that label_replace or label_join reads. */
static bool reads(const struct ast *n, struct sv l)
{
	enum function_id id = n->call.function->id;

	if (id == FUNCTION_LABEL_REPLACE)
		return sv_eq(text_arg(n, 3), l);
	for (size_t i = 3; id == FUNCTION_LABEL_JOIN && i < n->call.n_args; i++)
		if (sv_eq(text_arg(n, i), l))
			return true;
	return false;
}

static bool check_object_call(struct analysis *a, struct ast *n, const struct facts *operand)
{
	enum function_id id = n->call.function->id;
	enum separable_reason reason = refusal_of(id);
	struct sv written;

	if (reason != SEPARABLE_YES)
		return separable_refuse(a, n, reason, sv_of(n->call.function->name));
	if (written_label(n, &written) && separable_find_label(a, written) < a->n_labels)
		return separable_refuse(a, n, SEPARABLE_WRITES_LABEL, written);
	for (size_t l = 0; l < a->n_labels; l++)
		if (operand->has[l] != PRESENCE_YES && reads(n, a->labels[l]))
			return separable_refuse(a, n, SEPARABLE_READS_LABEL, a->labels[l]);
	if (is_histogram(id) && separable_find_label(a, SV("le")) < a->n_labels)
		return separable_refuse(a, n, SEPARABLE_LE_LABEL, SV("le"));
	return true;
}

bool separable_call(
	struct analysis *a, struct ast *n, const struct facts *operand, struct facts *ret)
{
	enum function_id id = n->call.function->id;
	struct sv written, le = SV("le");
	size_t l;

	if (!operand) {
		*ret = (struct facts){ .object = false };
		return true;
	}
	if (operand->object && !check_object_call(a, n, operand))
		return false;
	*ret = *operand;
	if (id == FUNCTION_ABSENT || id == FUNCTION_ABSENT_OVER_TIME || id == FUNCTION_INFO) {
		memset(ret->has, PRESENCE_MAYBE, sizeof(ret->has));
		ret->names = (struct name_set){ .unbounded = true };
		return true;
	}
	if (is_histogram(id)) {
		ret->names = separable_names_remove(a, ret->names, &le, 1);
		l = separable_find_label(a, le);
		if (l < a->n_labels)
			ret->has[l] = PRESENCE_NO;
	}
	if (written_label(n, &written)) {
		ret->names = separable_names_add(a, ret->names, written);
		l = separable_find_label(a, written);
		if (l < a->n_labels)
			ret->has[l] = PRESENCE_MAYBE;
	}
	return !a->failed;
}

/* The label that count_values writes. */
static struct sv counted_label(const struct ast *n)
{
	const struct ast *param = n->aggregate.param;

	while (param && param->kind == AST_PAREN)
		param = param->paren.expr;
	return n->aggregate.op == TOKEN_COUNT_VALUES && param && param->kind == AST_STRING
		       ? param->string.value
		       : SV("");
}

/* Which labels the groups keep. */
static void group_facts(
	struct analysis *a, const struct ast *n, const struct facts *operand, struct facts *ret)
{
	const struct ast_labels *grouping = &n->aggregate.grouping;

	*ret = *operand;
	if (n->aggregate.op == TOKEN_TOPK || n->aggregate.op == TOKEN_BOTTOMK ||
		n->aggregate.op == TOKEN_LIMITK || n->aggregate.op == TOKEN_LIMIT_RATIO)
		return;
	for (size_t l = 0; l < a->n_labels; l++)
		if (separable_has_name(grouping->at, grouping->n, a->labels[l]) ==
			n->aggregate.without)
			ret->has[l] = PRESENCE_NO;
	ret->names = n->aggregate.without
			     ? separable_names_remove(a, operand->names, grouping->at, grouping->n)
			     : separable_names_keep(a, operand->names, grouping->at, grouping->n);
}

/* Rows of one object that have the label and rows that lack it are two groups when asked alone, and one when all rows have it. */
static bool check_grouping(struct analysis *a, struct ast *n, const struct facts *operand)
{
	const struct ast_labels *grouping = &n->aggregate.grouping;

	for (size_t l = 0; l < a->n_labels; l++)
		if (operand->has[l] == PRESENCE_MAYBE &&
			separable_has_name(grouping->at, grouping->n, a->labels[l]) !=
				n->aggregate.without)
			return separable_refuse(a, n, SEPARABLE_LABEL_PRESENCE, a->labels[l]);
	return true;
}

bool separable_aggregate(
	struct analysis *a, struct ast *n, const struct facts *operand, struct facts *ret)
{
	enum token_kind op = n->aggregate.op;
	struct sv written = counted_label(n);
	size_t l = separable_find_label(a, written);

	if (operand->object) {
		if (op == TOKEN_LIMITK || op == TOKEN_LIMIT_RATIO)
			return separable_refuse(a, n, SEPARABLE_LIMIT, sv_of(token_text(op)));
		if (op == TOKEN_COUNT_VALUES && l < a->n_labels)
			return separable_refuse(a, n, SEPARABLE_WRITES_LABEL, written);
		if (!check_grouping(a, n, operand))
			return false;
	}
	group_facts(a, n, operand, ret);
	if (op == TOKEN_COUNT_VALUES) {
		ret->names = separable_names_add(a, ret->names, written);
		if (l < a->n_labels)
			ret->has[l] = PRESENCE_YES;
	}
	if (a->failed || !operand->object)
		return !a->failed;
	return n->aggregate.without ? separable_labels_strip(a, &n->aggregate.grouping)
				    : separable_labels_complete(a, &n->aggregate.grouping);
}
