/* Sets of label names, label lists, and the selectors where everything begins. */
#include "promql/separable_facts.h"

bool separable_refuse(
	struct analysis *a, const struct ast *at, enum separable_reason reason, struct sv what)
{
	a->result->reason = reason;
	a->result->start = at->start;
	a->result->end = at->end;
	a->result->what = what;
	return false;
}

static bool out_of_memory(struct analysis *a)
{
	a->failed = ERR_NOMEM;
	return false;
}

size_t separable_find_label(const struct analysis *a, struct sv name)
{
	size_t i = 0;

	while (i < a->n_labels && !sv_eq(a->labels[i], name))
		i++;
	return i;
}

bool separable_has_name(const struct sv *list, size_t n, struct sv name)
{
	for (size_t i = 0; i < n; i++)
		if (sv_eq(list[i], name))
			return true;
	return false;
}

static struct sv *new_list(struct analysis *a, size_t n)
{
	struct sv *list = ARENA_ARRAY(a->arena, n + 1, struct sv);

	if (!list)
		out_of_memory(a);
	return list;
}

struct name_set separable_names_add(struct analysis *a, struct name_set set, struct sv name)
{
	return separable_names_union(a, set, (struct name_set){ false, &name, 1 });
}

struct name_set separable_names_union(
	struct analysis *a, struct name_set one, struct name_set other)
{
	struct name_set result = { .unbounded = one.unbounded || other.unbounded };
	struct sv *list;

	if (result.unbounded)
		return result;
	list = new_list(a, one.n + other.n);
	if (!list)
		return result;
	result.at = list;
	for (size_t i = 0; i < one.n; i++)
		list[result.n++] = one.at[i];
	for (size_t i = 0; i < other.n; i++)
		if (!separable_has_name(one.at, one.n, other.at[i]))
			list[result.n++] = other.at[i];
	return result;
}

static struct name_set filter(
	struct analysis *a, struct name_set set, const struct sv *by, size_t n, bool keep)
{
	struct name_set result = { .unbounded = false };
	struct sv *list = new_list(a, set.n);

	result.at = list;
	for (size_t i = 0; list && i < set.n; i++)
		if (separable_has_name(by, n, set.at[i]) == keep)
			list[result.n++] = set.at[i];
	return result;
}

struct name_set separable_names_remove(
	struct analysis *a, struct name_set set, const struct sv *list, size_t n)
{
	return set.unbounded ? set : filter(a, set, list, n, false);
}

struct name_set separable_names_keep(
	struct analysis *a, struct name_set set, const struct sv *list, size_t n)
{
	return set.unbounded ? (struct name_set){ false, list, n } : filter(a, set, list, n, true);
}

bool separable_labels_complete(struct analysis *a, struct ast_labels *labels)
{
	struct sv *list = new_list(a, labels->n + a->n_labels);
	size_t n = labels->n;

	if (!list)
		return false;
	if (n)
		memcpy(list, labels->at, n * sizeof(*list));
	for (size_t i = 0; i < a->n_labels; i++)
		if (!separable_has_name(labels->at, labels->n, a->labels[i]))
			list[n++] = a->labels[i];
	*labels = (struct ast_labels){ list, n };
	return true;
}

bool separable_labels_strip(struct analysis *a, struct ast_labels *labels)
{
	struct sv *list = new_list(a, labels->n);
	size_t n = 0;

	for (size_t i = 0; list && i < labels->n; i++)
		if (separable_find_label(a, labels->at[i]) == a->n_labels)
			list[n++] = labels->at[i];
	*labels = (struct ast_labels){ list, n };
	return list != NULL;
}

/* Whether the matcher is the placeholder of its own label. */
static bool is_placeholder(const struct analysis *a, const struct matcher *m)
{
	size_t l = separable_find_label(a, m->label);

	return l < a->n_labels && m->op == MATCHER_EQ && sv_eq(m->value, a->placeholders[l]);
}

static bool holds_placeholder(const struct analysis *a, struct sv text)
{
	for (size_t l = 0; l < a->n_labels; l++)
		if (sv_find_sv(text, a->placeholders[l]) < text.len)
			return true;
	return false;
}

bool separable_check_placeholders(struct analysis *a, struct ast *n)
{
	if (n->kind == AST_STRING && holds_placeholder(a, n->string.value))
		return separable_refuse(a, n, SEPARABLE_PLACEHOLDER_MISUSE, SV(""));
	for (size_t i = 0; n->kind == AST_VECTOR && i < n->vector.n_matchers; i++) {
		const struct matcher *m = &n->vector.matchers[i];

		if (holds_placeholder(a, m->value) && !is_placeholder(a, m))
			return separable_refuse(a, n, SEPARABLE_PLACEHOLDER_MISUSE, m->label);
	}
	return true;
}

/* Without the placeholders; what could then select everything asks for the object labels. */
static bool unbind(struct analysis *a, struct ast *n)
{
	size_t had = n->vector.n_matchers, kept = 0;
	struct matcher *list = ARENA_ARRAY(a->arena, had + a->n_labels + 1, struct matcher);
	bool restricted = false;

	if (!list)
		return out_of_memory(a);
	for (size_t i = 0; i < had; i++) {
		const struct matcher *m = &n->vector.matchers[i];

		if (is_placeholder(a, m))
			continue;
		restricted = restricted || !matcher_matches(m, SV(""));
		list[kept++] = *m;
	}
	for (size_t l = 0; !restricted && l < a->n_labels; l++)
		list[kept++] = (struct matcher){
			.label = a->labels[l], .op = MATCHER_NEQ, .value = SV("")
		};
	n->vector.matchers = list;
	n->vector.n_matchers = kept;
	return true;
}

bool separable_selector(struct analysis *a, struct ast *n, struct facts *ret)
{
	bool bound[SEPARABLE_MAX_LABELS] = { false };
	size_t n_bound = 0;

	*ret = (struct facts){ .names = { .unbounded = true } };
	memset(ret->has, PRESENCE_MAYBE, sizeof(ret->has));
	for (size_t i = 0; i < n->vector.n_matchers; i++) {
		const struct matcher *m = &n->vector.matchers[i];
		size_t l = separable_find_label(a, m->label);

		if (l == a->n_labels || m->op != MATCHER_EQ)
			continue;
		ret->has[l] = m->value.len ? PRESENCE_YES : PRESENCE_NO;
		if (is_placeholder(a, m)) {
			n_bound += !bound[l];
			bound[l] = true;
		}
	}
	if (n_bound == 0)
		return true;
	if (n_bound < a->n_labels)
		return separable_refuse(a, n, SEPARABLE_PARTIAL_PLACEHOLDER, SV(""));
	ret->object = true;
	memset(ret->has, PRESENCE_YES, sizeof(ret->has));
	return unbind(a, n);
}
