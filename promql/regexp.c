/* A matcher's pattern: a list of texts where it is one, else an automaton. Whole patterns of the commonest forms (".*", ".+") are
 * answered without either. */
#include "promql/regexp.h"

#include <stdlib.h>

#include "promql/regexp_tree.h"

/* Up to this many are compared one by one. */
#define FEW_LITERALS 8u

struct regexp {
	enum { KIND_LITERALS, KIND_ANYTHING, KIND_NOT_EMPTY, KIND_PROGRAM } kind;
	struct sv *literals; /* sorted when there are more than a few */
	size_t n_literals;
	struct regexp_program *program;
	struct sv prefix; /* every match begins with it */
};

/* Patterns without operators other than "|" are split as they stand: their bytes need not even be UTF-8. */
static bool is_plain(struct sv pattern)
{
	for (size_t i = 0; i < pattern.len; i++)
		if (pattern.ptr[i] && strchr("\\.+*?()[]{}^$", pattern.ptr[i]))
			return false;
	return true;
}

static enum error_kind split_plain(
	struct arena *a, struct sv pattern, struct regexp *re, struct error *err)
{
	size_t n = 1;
	bool more = true;
	struct sv *list;

	for (size_t i = 0; i < pattern.len; i++)
		n += pattern.ptr[i] == '|';
	list = ARENA_ARRAY(a, n, struct sv);
	if (!list)
		return arena_error(a, err);
	for (n = 0; more; n++)
		list[n] = sv_cut(pattern, '|', &pattern, &more);
	re->kind = KIND_LITERALS;
	re->literals = list;
	re->n_literals = n;
	return ERR_OK;
}

static bool is_any_repeat(const struct regexp_node *n, uint32_t min)
{
	return n->op == REGEXP_REPEAT && n->min == min && n->max == REGEXP_NO_MAX &&
	       n->first->op == REGEXP_ANY;
}

/* The text that a concatenation begins with. */
static bool find_prefix(struct arena *a, const struct regexp_node *root, struct sv *ret)
{
	const struct regexp_node *n = root->op == REGEXP_CONCAT ? root->first : root;
	struct sv *text;
	size_t count;

	*ret = SV("");
	if (n->op != REGEXP_LITERAL)
		return true;
	if (!regexp_literal_list(a, n, &text, &count))
		return false;
	if (count)
		*ret = text[0];
	return true;
}

static int compare_texts(const void *a, const void *b)
{
	const struct sv *left = a, *right = b;

	return sv_cmp(*left, *right);
}

static enum error_kind compile_tree(
	struct arena *a, struct regexp_node *root, struct regexp *re, struct error *err)
{
	if (is_any_repeat(root, 0)) {
		re->kind = KIND_ANYTHING;
		return ERR_OK;
	}
	if (is_any_repeat(root, 1)) {
		re->kind = KIND_NOT_EMPTY;
		return ERR_OK;
	}
	if (!regexp_literal_list(a, root, &re->literals, &re->n_literals))
		return arena_error(a, err);
	if (re->n_literals) {
		re->kind = KIND_LITERALS;
		return ERR_OK;
	}
	re->kind = KIND_PROGRAM;
	if (!find_prefix(a, root, &re->prefix))
		return arena_error(a, err);
	return regexp_program_compile(a, root, &re->program, err);
}

enum error_kind regexp_compile(
	struct arena *a, struct sv pattern, const struct regexp **ret, struct error *err)
{
	struct regexp *re = ARENA_NEW(a, struct regexp);
	struct regexp_node *root;

	if (!re)
		return arena_error(a, err);
	if (is_plain(pattern)) {
		if (split_plain(a, pattern, re, err))
			return err->kind;
	} else if (regexp_syntax_parse(a, pattern, &root, err) || compile_tree(a, root, re, err)) {
		return err->kind;
	}
	if (re->n_literals > FEW_LITERALS)
		qsort(re->literals, re->n_literals, sizeof(*re->literals), compare_texts);
	*ret = re;
	return ERR_OK;
}

static bool is_literal(const struct regexp *re, struct sv subject)
{
	if (re->n_literals > FEW_LITERALS)
		return bsearch(&subject, re->literals, re->n_literals, sizeof(subject),
			       compare_texts) != NULL;
	for (size_t i = 0; i < re->n_literals; i++)
		if (sv_eq(re->literals[i], subject))
			return true;
	return false;
}

bool regexp_matches(const struct regexp *re, struct sv subject)
{
	switch (re->kind) {
	case KIND_ANYTHING:
		return true;
	case KIND_NOT_EMPTY:
		return subject.len > 0;
	case KIND_LITERALS:
		return is_literal(re, subject);
	case KIND_PROGRAM:
		break;
	}
	return sv_has_prefix(subject, re->prefix) && regexp_program_run(re->program, subject);
}
