/* Whether a pattern is nothing but a list of texts, and which. */
#include "promql/regexp_tree.h"

/* Texts built so far; each is a view into the arena. */
struct literals {
	struct sv at[REGEXP_MAX_LITERALS];
	size_t n;
};

/* Trees of lists are shallow; deeper ones are left to the program. */
#define MAX_DEPTH 50u

/* outermost: nothing stands in front of the node or behind it. */
static bool expand(struct arena *a, const struct regexp_node *n, unsigned depth, bool outermost,
	struct literals *list);

static bool add(struct literals *list, struct sv text)
{
	if (!text.ptr || list->n == REGEXP_MAX_LITERALS)
		return false;
	list->at[list->n++] = text;
	return true;
}

static bool add_runes(struct arena *a, const uint32_t *runes, size_t n, struct literals *list)
{
	char *text = arena_alloc(a, 4 * n + 1);
	size_t len = 0;

	for (size_t i = 0; text && i < n; i++)
		len += unicode_encode(text + len, runes[i]);
	return add(list, sv_from(text, len));
}

static bool expand_class(struct arena *a, const struct regexp_class *class, struct literals *list)
{
	uint32_t total = 0;

	for (size_t i = 0; i < class->n; i++) {
		total += class->ranges[i].last - class->ranges[i].first + 1;
		if (total > REGEXP_MAX_LITERALS)
			return false;
	}
	for (size_t i = 0; i < class->n; i++)
		for (uint32_t rune = class->ranges[i].first; rune <= class->ranges[i].last; rune++)
			if (!add_runes(a, &rune, 1, list))
				return false;
	return class->n > 0;
}

/* Every text of `list` with every text of `more` behind it. */
static bool multiply(struct arena *a, struct literals *list, const struct literals *more)
{
	struct literals *product = ARENA_NEW(a, struct literals);

	if (!product || list->n * more->n > REGEXP_MAX_LITERALS)
		return false;
	for (size_t i = 0; i < list->n; i++) {
		for (size_t j = 0; j < more->n; j++) {
			struct sv head = list->at[i], tail = more->at[j];
			char *text = arena_alloc(a, head.len + tail.len + 1);

			if (!text)
				return false;
			memcpy(text, head.ptr, head.len);
			memcpy(text + head.len, tail.ptr, tail.len);
			product->at[product->n++] = sv_from(text, head.len + tail.len);
		}
	}
	*list = *product;
	return true;
}

static bool expand_concat(struct arena *a, const struct regexp_node *n, unsigned depth,
	bool outermost, struct literals *list)
{
	struct literals *all = ARENA_NEW(a, struct literals), *part = ARENA_NEW(a, struct literals);
	const struct regexp_node *sub = n->first;

	if (!all || !part)
		return false;
	/* The anchors of the whole pattern say nothing new. */
	if (outermost && sub && sub->op == REGEXP_BEGIN_TEXT)
		sub = sub->next;
	add(all, SV(""));
	for (; sub; sub = sub->next) {
		if (outermost && !sub->next && sub->op == REGEXP_END_TEXT)
			break;
		part->n = 0;
		if (!expand(a, sub, depth, false, part) || !multiply(a, all, part))
			return false;
	}
	for (size_t i = 0; i < all->n; i++)
		if (!add(list, all->at[i]))
			return false;
	return true;
}

static bool expand(struct arena *a, const struct regexp_node *n, unsigned depth, bool outermost,
	struct literals *list)
{
	if (depth > MAX_DEPTH)
		return false;
	switch ((int)n->op) {
	case REGEXP_EMPTY:
		return add(list, SV(""));
	case REGEXP_LITERAL:
		return !n->fold && add_runes(a, n->runes, n->n_runes, list);
	case REGEXP_CLASS:
		return expand_class(a, n->class, list);
	case REGEXP_GROUP:
		return expand(a, n->first, depth + 1, outermost, list);
	case REGEXP_CONCAT:
		return expand_concat(a, n, depth + 1, outermost, list);
	case REGEXP_ALTERNATE:
		for (const struct regexp_node *sub = n->first; sub; sub = sub->next)
			if (!expand(a, sub, depth + 1, outermost, list))
				return false;
		return true;
	default:
		return false;
	}
}

bool regexp_literal_list(
	struct arena *a, const struct regexp_node *root, struct sv **ret, size_t *ret_n)
{
	struct literals *list = ARENA_NEW(a, struct literals);

	if (!list || !expand(a, root, 0, true, list))
		return false;
	*ret = list->at;
	*ret_n = list->n;
	return true;
}
