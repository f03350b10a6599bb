/* The difference of two trees, as a conversion sees it: a version that cannot say something has lost it. Pure. */
#include "cli/convert_lost.h"

static const struct jtree *find(const struct jtree *object, struct sv key)
{
	JTREE_FOREACH (member, object) {
		if (sv_eq(member->key, key))
			return member;
	}
	return NULL;
}

static bool is_among(const struct jtree *list, const struct jtree *item)
{
	JTREE_FOREACH (other, list) {
		if (jtree_eq(other, item))
			return true;
	}
	return false;
}

/* What became of an item that is not there any more: a new one of the same type, or NULL. */
static const struct jtree *find_heir(
	const struct jtree *before, const struct jtree *after, const struct jtree *item)
{
	struct sv type = jtree_text(jtree_get(item, "type"));

	JTREE_FOREACH (other, after) {
		if (type.len > 0 && sv_eq(jtree_text(jtree_get(other, "type")), type) &&
			!is_among(before, other))
			return other;
	}
	return NULL;
}

static void compare_lists(const struct jtree *before, const struct jtree *after,
	const struct codec_path *path, convert_lost_fn fn, void *ctx)
{
	size_t i = 0;

	JTREE_FOREACH (item, before) {
		struct codec_path at = { .up = path, .index = i++ };
		if (is_among(after, item))
			continue;
		const struct jtree *heir = find_heir(before, after, item);
		if (heir)
			convert_lost_each(item, heir, &at, fn, ctx);
		else
			fn(ctx, &at);
	}
}

void convert_lost_each(const struct jtree *before, const struct jtree *after,
	const struct codec_path *path, convert_lost_fn fn, void *ctx)
{
	if (jtree_eq(before, after))
		return;
	if (before->kind != after->kind ||
		(before->kind != JTREE_OBJECT && before->kind != JTREE_ARRAY)) {
		fn(ctx, path);
		return;
	}
	if (before->kind == JTREE_ARRAY) {
		compare_lists(before, after, path, fn, ctx);
		return;
	}
	JTREE_FOREACH (member, before) {
		struct codec_path at = { .up = path, .member = member->key };
		const struct jtree *twin = find(after, member->key);
		if (twin)
			convert_lost_each(member, twin, &at, fn, ctx);
		else
			fn(ctx, &at);
	}
}
