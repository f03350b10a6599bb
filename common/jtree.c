/* JSON text -> tree in an arena, and the questions asked of a tree, whoever built it. Values keep
 * their place in the text. What the values mean is not its business: numbers stay text. Pure. */
#include "common/jtree.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/buf.h"
#include "common/jscan.h"
#include "common/jw.h"
#include "common/limits.h"

/* Objects up to this size are searched for duplicate keys pair by pair; larger ones by sorting. */
#define FEW_MEMBERS 16

struct open_node {
	struct jtree *node;
	struct jtree *last;	       /* its newest child */
	const struct jtree_want *want; /* of its members; NULL: all */
};

struct builder {
	struct arena *arena;
	struct jscan scan;
	const char *seen; /* newlines before this are counted */
	const char *line_start;
	uint32_t line;
	struct open_node open[LIMIT_NESTING];
	unsigned depth;
	const struct jtree_want *want; /* of the value to come */
	struct sv key;		       /* of the value to come; ptr NULL outside of objects */
	uint32_t key_line, key_column;
	struct jtree *root;
};

/* Line and column of a place at or behind the last one asked for. */
static void locate(struct builder *b, const char *place, uint32_t *ret_line, uint32_t *ret_column)
{
	while (b->seen < place) {
		const char *newline = memchr(b->seen, '\n', (size_t)(place - b->seen));
		if (!newline)
			break;
		b->line++;
		b->seen = b->line_start = newline + 1;
	}
	b->seen = place;
	*ret_line = b->line;
	*ret_column = (uint32_t)(place - b->line_start) + 1;
}

static const char *start_of(const struct jscan *s, enum jscan_token token)
{
	switch (token) {
	case JSCAN_KEY:
	case JSCAN_STRING:
		return s->text.ptr - 1;
	case JSCAN_NUMBER:
		return s->text.ptr;
	case JSCAN_TRUE:
	case JSCAN_NULL:
		return s->at - 4;
	case JSCAN_FALSE:
		return s->at - 5;
	case JSCAN_OBJECT:
	case JSCAN_ARRAY:
	case JSCAN_CLOSE:
		return s->at - 1;
	case JSCAN_END:
	case JSCAN_ERROR:
		break;
	}
	return s->at;
}

/* A node for the value that begins with the token, not yet linked; NULL without memory. */
static struct jtree *new_node(struct builder *b, enum jscan_token token)
{
	struct jtree *node = ARENA_NEW(b->arena, struct jtree);

	if (!node)
		return NULL;
	locate(b, start_of(&b->scan, token), &node->line, &node->column);
	switch (token) {
	case JSCAN_OBJECT:
		node->kind = JTREE_OBJECT;
		break;
	case JSCAN_ARRAY:
		node->kind = JTREE_ARRAY;
		break;
	case JSCAN_STRING:
		node->kind = JTREE_STRING;
		node->text = node->raw = jscan_string(&b->scan, b->arena);
		node->quoted = true;
		if (!node->text.ptr)
			return NULL;
		break;
	case JSCAN_NUMBER:
		node->kind = JTREE_NUMBER;
		node->text = node->raw = b->scan.text;
		break;
	case JSCAN_TRUE:
	case JSCAN_FALSE:
		node->kind = JTREE_BOOL;
		node->truth = token == JSCAN_TRUE;
		node->raw = node->truth ? SV("true") : SV("false");
		break;
	case JSCAN_NULL:
	case JSCAN_KEY:
	case JSCAN_CLOSE:
	case JSCAN_END:
	case JSCAN_ERROR:
		node->kind = JTREE_NULL;
		node->raw = SV("null");
		break;
	}
	return node;
}

static void link_node(struct builder *b, struct jtree *node)
{
	if (b->depth == 0) {
		b->root = node;
	} else {
		struct open_node *parent = &b->open[b->depth - 1];
		if (parent->last)
			parent->last->next = node;
		else
			parent->node->first = node;
		parent->last = node;
		parent->node->n++;
		node->key = node->raw_key = b->key;
		node->key_line = b->key_line;
		node->key_column = b->key_column;
	}
	b->key = SV_NULL;
	b->key_line = b->key_column = 0;
}

struct member {
	struct jtree *node;
	size_t position;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *left = a;
	const struct member *right = b;
	int order = sv_cmp(left->node->key, right->node->key);

	return order ? order
		     : (left->position > right->position) - (left->position < right->position);
}

static bool few_without_duplicates(const struct jtree *object)
{
	if (object->n > FEW_MEMBERS)
		return false;
	for (const struct jtree *a = object->first; a; a = a->next) {
		for (const struct jtree *b = a->next; b; b = b->next) {
			if (sv_eq(a->key, b->key))
				return false;
		}
	}
	return true;
}

/* The members by key, equal keys in their order in the text; NULL without memory. */
static struct member *sort_members(struct arena *arena, const struct jtree *object)
{
	struct member *sorted = ARENA_ARRAY(arena, object->n, struct member);
	size_t n = 0;

	if (!sorted)
		return NULL;
	for (struct jtree *node = object->first; node; node = node->next, n++)
		sorted[n] = (struct member){ node, n };
	qsort(sorted, n, sizeof(*sorted), compare_members);
	return sorted;
}

bool jtree_find_duplicate(struct arena *arena, const struct jtree *object, const struct jtree **ret)
{
	const struct member *found = NULL;

	*ret = NULL;
	if (few_without_duplicates(object))
		return true;
	const struct member *sorted = sort_members(arena, object);
	if (!sorted)
		return false;
	for (size_t i = 1; i < object->n; i++) {
		if (sv_eq(sorted[i - 1].node->key, sorted[i].node->key) &&
			(!found || sorted[i].position < found->position))
			found = &sorted[i];
	}
	*ret = found ? found->node : NULL;
	return true;
}

bool jtree_drop_duplicates(struct arena *arena, struct jtree *object, bool keep_last)
{
	size_t n = object->n;

	if (few_without_duplicates(object))
		return true;
	const struct member *sorted = sort_members(arena, object);
	struct jtree **kept = ARENA_ARRAY(arena, n, struct jtree *);
	if (!sorted || !kept)
		return false;
	for (size_t i = 0; i < n;) {
		size_t end = i + 1;
		while (end < n && sv_eq(sorted[i].node->key, sorted[end].node->key))
			end++;
		kept[sorted[i].position] = sorted[keep_last ? end - 1 : i].node;
		i = end;
	}
	struct jtree **link = &object->first;
	object->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (!kept[i])
			continue;
		*link = kept[i];
		link = &kept[i]->next;
		object->n++;
	}
	*link = NULL;
	return true;
}

/* Takes one token. False without memory. */
static bool build(struct builder *b, enum jscan_token token)
{
	if (token == JSCAN_KEY) {
		locate(b, start_of(&b->scan, token), &b->key_line, &b->key_column);
		b->key = jscan_string(&b->scan, b->arena);
		return b->key.ptr;
	}
	if (token == JSCAN_CLOSE) {
		struct jtree *node = b->open[--b->depth].node;
		return node->kind == JTREE_ARRAY || jtree_drop_duplicates(b->arena, node, true);
	}
	struct jtree *node = new_node(b, token);
	if (!node)
		return false;
	link_node(b, node);
	if (node->kind == JTREE_OBJECT || node->kind == JTREE_ARRAY)
		b->open[b->depth++] = (struct open_node){ .node = node, .want = b->want };
	return true;
}

/* A key was read. False: its value is not wanted. */
static bool is_wanted(struct builder *b)
{
	const struct jtree_want *want = b->open[b->depth - 1].want;

	b->want = NULL;
	if (!want)
		return true;
	while (want->key && !jscan_is(&b->scan, sv_of(want->key)))
		want++;
	b->want = want->members;
	return want->key;
}

enum error_kind jtree_parse_only(struct arena *a, struct sv text, const struct jtree_want *want,
	struct jtree **ret, struct error *err)
{
	struct builder b = { .arena = a, .line = 1, .want = want };

	jscan_init(&b.scan, text);
	b.seen = b.line_start = b.scan.start;
	for (;;) {
		enum jscan_token token = jscan_next(&b.scan);
		if (token == JSCAN_KEY && !is_wanted(&b)) {
			if (!jscan_leap(&b.scan, token))
				return jscan_error(&b.scan, err);
			continue;
		}
		if (token == JSCAN_ERROR)
			return jscan_error(&b.scan, err);
		if (token == JSCAN_END)
			break;
		/* The elements of a list are wanted as the list is. */
		if (b.depth > 0 && b.open[b.depth - 1].node->kind == JTREE_ARRAY)
			b.want = b.open[b.depth - 1].want;
		if (!build(&b, token))
			return arena_error(a, err);
	}
	*ret = b.root;
	return ERR_OK;
}

enum error_kind jtree_parse(struct arena *a, struct sv text, struct jtree **ret, struct error *err)
{
	return jtree_parse_only(a, text, NULL, ret, err);
}

static const struct jtree *member(const struct jtree *t, struct sv key)
{
	if (!t || t->kind != JTREE_OBJECT)
		return NULL;
	JTREE_FOREACH (child, t) {
		if (sv_eq(child->key, key))
			return child;
	}
	return NULL;
}

const struct jtree *jtree_get(const struct jtree *t, const char *key)
{
	return member(t, sv_of(key));
}

const struct jtree *jtree_at(const struct jtree *t, ...)
{
	va_list keys;
	const char *key;

	va_start(keys, t);
	while ((key = va_arg(keys, const char *)))
		t = jtree_get(t, key);
	va_end(keys);
	return t;
}

struct sv jtree_text(const struct jtree *t)
{
	return t && t->kind == JTREE_STRING ? t->text : SV_NULL;
}

bool jtree_i64(const struct jtree *t, int64_t *ret)
{
	return t && t->kind == JTREE_NUMBER && sv_to_i64(t->text, ret);
}

bool jtree_is_absent(const struct jtree *t)
{
	return !t || t->kind == JTREE_NULL;
}

const char *jtree_kind_name(enum jtree_kind kind)
{
	switch (kind) {
	case JTREE_NULL:
		return "null";
	case JTREE_BOOL:
		return "a boolean";
	case JTREE_NUMBER:
		return "a number";
	case JTREE_STRING:
		return "a string";
	case JTREE_ARRAY:
		return "a list";
	case JTREE_OBJECT:
		return "an object";
	}
	return "unknown";
}

static bool children_eq(const struct jtree *a, const struct jtree *b)
{
	const struct jtree *guess = b->first; /* members are mostly in the same order */

	if (a->n != b->n)
		return false;
	JTREE_FOREACH (child, a) {
		const struct jtree *other = guess;
		if (a->kind == JTREE_OBJECT && !sv_eq(child->key, guess->key))
			other = member(b, child->key);
		if (!other || !jtree_eq(child, other))
			return false;
		guess = guess->next;
	}
	return true;
}

/* Recursion is bounded by LIMIT_NESTING, which both parsers enforce. */
bool jtree_eq(const struct jtree *a, const struct jtree *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case JTREE_NULL:
		return true;
	case JTREE_BOOL:
		return a->truth == b->truth;
	case JTREE_NUMBER:
	case JTREE_STRING:
		return sv_eq(a->text, b->text);
	case JTREE_ARRAY:
	case JTREE_OBJECT:
		return children_eq(a, b);
	}
	return false;
}

static void print_value(struct jw *w, const struct jtree *t)
{
	switch (t ? t->kind : JTREE_NULL) {
	case JTREE_NULL:
		jw_null(w);
		break;
	case JTREE_BOOL:
		jw_bool(w, t->truth);
		break;
	case JTREE_NUMBER:
		jw_raw(w, t->text);
		break;
	case JTREE_STRING:
		jw_sv(w, t->text);
		break;
	case JTREE_ARRAY:
		jw_array(w);
		JTREE_FOREACH (child, t) {
			print_value(w, child);
		}
		jw_array_end(w);
		break;
	case JTREE_OBJECT:
		jw_object(w);
		JTREE_FOREACH (child, t) {
			jw_key_sv(w, child->key);
			print_value(w, child);
		}
		jw_object_end(w);
		break;
	}
}

void jtree_print(struct buf *out, const struct jtree *t)
{
	struct jw w;

	jw_init(&w, out);
	print_value(&w, t);
}
