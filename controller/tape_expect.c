/* A walk over two trees at once. It knows nothing of what the members mean. */
#include "controller/tape_expect.h"

#include <stdio.h>

#define OPAQUE_MARK "metrics API: "
/* Paths are short; a longer one is cut, which only shows in a message. */
#define PATH_BYTES 256

struct comparison {
	const struct tape_expect_options *options;
	tape_expect_fn fn;
	void *ctx;
	size_t n;
};

/* Nothing, or what counts as nothing. */
static bool is_empty(const struct jtree *t)
{
	if (jtree_is_absent(t))
		return true;
	switch (t->kind) {
	case JTREE_ARRAY:
	case JTREE_OBJECT:
		return t->n == 0;
	case JTREE_STRING:
		return t->text.len == 0;
	case JTREE_NUMBER:
		return sv_is(t->text, "0");
	case JTREE_BOOL:
		return !t->truth;
	case JTREE_NULL:
		break;
	}
	return true;
}

/* An opaque text counts up to the end of its first mark. */
static struct sv visible(const struct comparison *c, struct sv text)
{
	size_t at = sv_find_sv(text, SV(OPAQUE_MARK));

	if (!c->options->opaque_text || at == text.len)
		return text;
	return sv_take(text, at + sizeof(OPAQUE_MARK) - 1);
}

static void differ(struct comparison *c, const char *path, const struct jtree *recorded,
	const struct jtree *now)
{
	c->n++;
	c->fn(c->ctx, path, recorded, now);
}

static const struct jtree *member_of(const struct jtree *t, struct sv key)
{
	JTREE_FOREACH (member, t) {
		if (sv_eq(member->key, key))
			return member;
	}
	return NULL;
}

static void compare(struct comparison *c, const char *path, const struct jtree *recorded,
	const struct jtree *now);

static void join(char out[PATH_BYTES], const char *path, struct sv key)
{
	(void)snprintf(
		out, PATH_BYTES, "%.180s%s%.*s", path, *path ? "." : "", SV_ARG(sv_take(key, 60)));
}

static void compare_objects(struct comparison *c, const char *path, const struct jtree *recorded,
	const struct jtree *now)
{
	char inner[PATH_BYTES];

	JTREE_FOREACH (member, recorded) {
		join(inner, path, member->key);
		compare(c, inner, member, member_of(now, member->key));
	}
	JTREE_FOREACH (member, now) {
		if (member_of(recorded, member->key))
			continue;
		join(inner, path, member->key);
		compare(c, inner, NULL, member);
	}
}

static void compare_arrays(struct comparison *c, const char *path, const struct jtree *recorded,
	const struct jtree *now)
{
	const struct jtree *left = recorded->first, *right = now->first;
	char inner[PATH_BYTES];

	for (size_t i = 0; left || right; i++) {
		(void)snprintf(inner, sizeof(inner), "%.200s[%zu]", path, i);
		if (left && right)
			compare(c, inner, left, right);
		else
			differ(c, inner, left, right);
		left = left ? left->next : NULL;
		right = right ? right->next : NULL;
	}
}

static bool same_scalar(
	const struct comparison *c, const struct jtree *recorded, const struct jtree *now)
{
	if (recorded->kind == JTREE_STRING)
		return sv_eq(visible(c, recorded->text), visible(c, now->text));
	if (recorded->kind == JTREE_NUMBER)
		return sv_eq(recorded->text, now->text);
	return recorded->kind != JTREE_BOOL || recorded->truth == now->truth;
}

static void compare(struct comparison *c, const char *path, const struct jtree *recorded,
	const struct jtree *now)
{
	if (is_empty(recorded) && is_empty(now))
		return;
	if (!recorded || !now || recorded->kind != now->kind)
		differ(c, path, recorded, now);
	else if (recorded->kind == JTREE_OBJECT)
		compare_objects(c, path, recorded, now);
	else if (recorded->kind == JTREE_ARRAY)
		compare_arrays(c, path, recorded, now);
	else if (!same_scalar(c, recorded, now))
		differ(c, path, recorded, now);
}

size_t tape_expect_compare(const struct jtree *recorded, const struct jtree *now,
	const struct tape_expect_options *options, tape_expect_fn fn, void *ctx)
{
	struct comparison c = { .options = options, .fn = fn, .ctx = ctx };

	compare(&c, "", recorded, now);
	return c.n;
}
