/* Whether a pattern is nothing but a list of texts, and which. */
#include "promql/regexp_tree.h"

/* The texts so far; expanding a node puts its texts behind those from some index on. */
struct literals {
	struct arena *arena;
	bool no_memory;
	size_t n;
	struct sv at[REGEXP_MAX_LITERALS];
};

/* Trees of lists are shallow; deeper ones are left to the program. */
#define MAX_DEPTH 50u

/* outermost: nothing stands in front of the node or behind it. False: no list, or no memory. */
static bool expand(struct literals *list, size_t from, const struct regexp_node *n, unsigned depth,
	bool outermost);

static bool add(struct literals *list, struct sv text)
{
	if (list->n == REGEXP_MAX_LITERALS)
		return false;
	list->at[list->n++] = text;
	return true;
}

static void *allocate(struct literals *list, size_t size)
{
	void *memory = arena_alloc(list->arena, size);

	list->no_memory |= !memory;
	return memory;
}

/* *text becomes longer by the code points. */
static bool append(struct literals *list, struct sv *text, const uint32_t *runes, size_t n)
{
	char *longer = allocate(list, text->len + 4 * n + 1);
	size_t len = text->len;

	if (!longer)
		return false;
	if (len)
		memcpy(longer, text->ptr, len);
	for (size_t i = 0; i < n; i++)
		len += unicode_encode(longer + len, runes[i]);
	*text = sv_from(longer, len);
	return true;
}

/* The texts from `from` on, which are then taken from the list. */
static struct sv *take_bases(struct literals *list, size_t from, size_t *ret_n)
{
	struct sv *bases = allocate(list, (list->n - from) * sizeof(*bases));

	if (!bases)
		return NULL;
	*ret_n = list->n - from;
	memcpy(bases, list->at + from, *ret_n * sizeof(*bases));
	list->n = from;
	return bases;
}

static bool expand_class(struct literals *list, size_t from, const struct regexp_class *class)
{
	uint32_t total = 0;
	size_t n_bases;

	for (size_t i = 0; i < class->n; i++) {
		total += class->ranges[i].last - class->ranges[i].first + 1;
		if (total > REGEXP_MAX_LITERALS)
			return false;
	}
	struct sv *bases = total ? take_bases(list, from, &n_bases) : NULL;

	if (!bases)
		return false;
	for (size_t b = 0; b < n_bases; b++)
		for (size_t i = 0; i < class->n; i++)
			for (uint32_t rune = class->ranges[i].first; rune <= class->ranges[i].last;
				rune++)
				if (!add(list, bases[b]) ||
					!append(list, &list->at[list->n - 1], &rune, 1))
					return false;
	return true;
}

static bool expand_concat(struct literals *list, size_t from, const struct regexp_node *n,
	unsigned depth, bool outermost)
{
	const struct regexp_node *sub = n->first;

	/* The anchors of the whole pattern say nothing new. */
	if (outermost && sub && sub->op == REGEXP_BEGIN_TEXT)
		sub = sub->next;
	for (; sub; sub = sub->next) {
		if (outermost && !sub->next && sub->op == REGEXP_END_TEXT)
			break;
		if (!expand(list, from, sub, depth, false))
			return false;
	}
	return true;
}

static bool expand_alternate(struct literals *list, size_t from, const struct regexp_node *n,
	unsigned depth, bool outermost)
{
	size_t n_bases;
	struct sv *bases = take_bases(list, from, &n_bases);

	if (!bases)
		return false;
	for (const struct regexp_node *sub = n->first; sub; sub = sub->next) {
		size_t begin = list->n;

		for (size_t b = 0; b < n_bases; b++)
			if (!add(list, bases[b]))
				return false;
		if (!expand(list, begin, sub, depth, outermost))
			return false;
	}
	return true;
}

static bool expand(struct literals *list, size_t from, const struct regexp_node *n, unsigned depth,
	bool outermost)
{
	if (depth > MAX_DEPTH)
		return false;
	switch ((int)n->op) {
	case REGEXP_EMPTY:
		return true;
	case REGEXP_LITERAL:
		for (size_t i = from; !n->fold && i < list->n; i++)
			if (!append(list, &list->at[i], n->runes, n->n_runes))
				return false;
		return !n->fold;
	case REGEXP_CLASS:
		return expand_class(list, from, n->class);
	case REGEXP_GROUP:
		return expand(list, from, n->first, depth + 1, outermost);
	case REGEXP_CONCAT:
		return expand_concat(list, from, n, depth + 1, outermost);
	case REGEXP_ALTERNATE:
		return expand_alternate(list, from, n, depth + 1, outermost);
	default:
		return false;
	}
}

bool regexp_literal_list(
	struct arena *a, const struct regexp_node *root, struct sv **ret, size_t *ret_n)
{
	struct literals list;

	list.arena = a;
	list.no_memory = false;
	list.n = 0;
	*ret_n = 0;
	if (add(&list, SV("")) && expand(&list, 0, root, 0, true))
		*ret = take_bases(&list, 0, ret_n);
	return !list.no_memory;
}
