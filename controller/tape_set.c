/* An assignment on the tree of a tape. Whether the member exists and what it may hold is found out
 * by the decoder behind it. */
#include "controller/tape_set.h"

#include <inttypes.h>

/* "a.b[0].c" has few parts; more are a mistake. */
#define MAX_PARTS 32

struct assignment {
	struct arena *a;
	const char *text;
	struct sv path; /* what is left of it */
	const struct jtree *value;
	struct error *err;
};

static enum error_kind refuse(const struct assignment *s, const char *why)
{
	return error_set(s->err, ERR_INVALID, "--set=%s: %s", s->text, why);
}

static struct jtree *child_of(struct jtree *t, struct sv key)
{
	for (struct jtree *child = t->first; child; child = child->next)
		if (sv_eq(child->key, key))
			return child;
	return NULL;
}

static struct jtree *append(struct assignment *s, struct jtree *object, struct sv key)
{
	struct jtree **end = &object->first;
	struct jtree *child = ARENA_NEW(s->a, struct jtree);

	if (!child)
		return NULL;
	while (*end)
		end = &(*end)->next;
	child->kind = JTREE_NULL;
	child->key = child->raw_key = key;
	child->line = child->key_line = object->line;
	child->column = child->key_column = object->column;
	object->n++;
	*end = child;
	return child;
}

/* "[3]": the element; NULL: no such one, or no index. */
static struct jtree *element(struct assignment *s, struct jtree *list)
{
	size_t end = sv_find(s->path, ']');
	uint64_t index;

	if (list->kind != JTREE_ARRAY || end == s->path.len ||
		!sv_to_u64(sv_from(s->path.ptr + 1, end - 1), &index))
		return NULL;
	s->path = sv_skip(s->path, end + 1);
	struct jtree *child = list->first;
	while (child && index-- > 0)
		child = child->next;
	return child;
}

/* "name" or ".name": the member, made if it is not there. */
static enum error_kind member(struct assignment *s, struct jtree *t, struct jtree **ret)
{
	size_t n = 0;

	if (s->path.ptr[0] == '.')
		s->path = sv_skip(s->path, 1);
	while (n < s->path.len && s->path.ptr[n] != '.' && s->path.ptr[n] != '[')
		n++;
	if (n == 0)
		return refuse(s, "expected PATH=VALUE such as spec.maxReplicas=20");
	if (t->kind == JTREE_NULL)
		t->kind = JTREE_OBJECT;
	if (t->kind != JTREE_OBJECT)
		return refuse(s, "the path leads into something that has no members");
	*ret = child_of(t, sv_take(s->path, n));
	if (!*ret)
		*ret = append(s, t, sv_take(s->path, n));
	s->path = sv_skip(s->path, n);
	return *ret ? ERR_OK : arena_error(s->a, s->err);
}

/* Takes the value over; key and place stay. */
static void assign(struct jtree *t, const struct jtree *value)
{
	struct jtree old = *t;

	*t = *value;
	t->key = old.key;
	t->raw_key = old.raw_key;
	t->next = old.next;
	t->line = old.line;
	t->column = old.column;
	t->key_line = old.key_line;
	t->key_column = old.key_column;
}

static enum error_kind set_in(struct assignment s, struct jtree *t)
{
	for (unsigned i = 0; s.path.len > 0; i++) {
		if (i == MAX_PARTS)
			return refuse(&s, "the path is too long");
		if (s.path.ptr[0] == '[') {
			t = element(&s, t);
			if (!t)
				return refuse(&s, "the list has no such element");
		} else if (member(&s, t, &t) != ERR_OK) {
			return s.err->kind;
		}
	}
	assign(t, s.value);
	return ERR_OK;
}

/* The value as JSON, or else as the text it is. */
static enum error_kind read_value(struct assignment *s, struct sv text)
{
	struct jtree *value;

	if (jtree_parse(s->a, text, &value, s->err) == ERR_OK) {
		s->value = value;
		return ERR_OK;
	}
	if (s->err->kind != ERR_INVALID)
		return s->err->kind;
	value = ARENA_NEW(s->a, struct jtree);
	if (!value)
		return arena_error(s->a, s->err);
	*value = (struct jtree){ .kind = JTREE_STRING, .text = text, .raw = text, .quoted = true };
	s->value = value;
	return ERR_OK;
}

static enum error_kind set_spec(const struct assignment *s, struct jtree *root)
{
	struct jtree *hpa = child_of(root, SV("hpa")), *steps = child_of(root, SV("steps"));

	if (hpa && set_in(*s, hpa) != ERR_OK)
		return s->err->kind;
	for (struct jtree *step = steps ? steps->first : NULL; step; step = step->next) {
		if (child_of(step, SV("spec")) && set_in(*s, step) != ERR_OK)
			return s->err->kind;
	}
	return ERR_OK;
}

bool tape_set_is_spec(const char *text)
{
	return sv_has_prefix(sv_of(text), SV("spec."));
}

enum error_kind tape_set_apply(
	struct arena *a, struct jtree *root, const char *text, struct error *err)
{
	struct assignment s = { .a = a, .text = text, .err = err };
	struct sv value;
	bool found;

	s.path = sv_cut(sv_of(text), '=', &value, &found);
	if (!found || value.len == 0)
		return refuse(&s, "expected PATH=VALUE such as spec.maxReplicas=20");
	if (read_value(&s, value) != ERR_OK)
		return err->kind;
	if (tape_set_is_spec(text))
		return set_spec(&s, root);
	if (sv_has_prefix(s.path, SV("config.")))
		return set_in(s, root);
	return refuse(&s, "the path begins with spec. or config.");
}
