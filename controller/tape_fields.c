/* The readers that the codec's tables lack: booleans, lists that are walked by hand, ranges. Tree
 * in, values and findings out. */
#include "controller/tape_fields.h"

#include <inttypes.h>

#include "common/limits.h"

static const struct codec_field NOW[] = {
	CODEC_FIELD("wall", CODEC_TIME, struct decide_now, wall, 0),
	CODEC_FIELD("monoNs", CODEC_I64, struct decide_now, mono.ns, 0),
};
const struct codec_object tape_fields_now = CODEC_OBJECT(struct decide_now, NOW);

static const struct jtree *member_of_kind(struct codec *c, const struct codec_path *path,
	const struct jtree *t, const char *key, enum jtree_kind kind)
{
	struct codec_path at = { .up = path, .member = sv_of(key) };
	const struct jtree *member = jtree_get(t, key);

	if (jtree_is_absent(member) || member->kind == kind)
		return jtree_is_absent(member) ? NULL : member;
	codec_find(c, &at, member, "expected %s, got %s", jtree_kind_name(kind),
		jtree_kind_name(member->kind));
	return NULL;
}

const struct jtree *tape_fields_list(
	struct codec *c, const struct codec_path *path, const struct jtree *t, const char *key)
{
	return member_of_kind(c, path, t, key, JTREE_ARRAY);
}

const struct jtree *tape_fields_object(struct codec *c, const struct codec_path *path,
	const struct jtree *t, const char *key, const struct codec_object *known)
{
	struct codec_path at = { .up = path, .member = sv_of(key) };
	const struct jtree *member = member_of_kind(c, path, t, key, JTREE_OBJECT);
	char nothing[1];

	if (member && known)
		codec_decode(c, &at, member, known, nothing);
	return member;
}

void tape_fields_bool(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const char *key, bool *ret)
{
	const struct jtree *member = member_of_kind(c, path, t, key, JTREE_BOOL);
	if (member)
		*ret = member->truth;
}

void tape_fields_range(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const char *key, int64_t value, int64_t min, int64_t max)
{
	struct codec_path at = { .up = path, .member = sv_of(key) };

	if (value < min || value > max)
		codec_find(c, &at, jtree_get(t, key),
			"expected %" PRId64 " to %" PRId64 ", got %" PRId64, min, max, value);
}

bool tape_fields_need(
	struct codec *c, const struct codec_path *path, const struct jtree *t, const char *key)
{
	struct codec_path at = { .up = path, .member = sv_of(key) };

	if (!jtree_is_absent(jtree_get(t, key)))
		return true;
	codec_find(c, &at, t, "is missing");
	return false;
}

void *tape_fields_array(struct codec *c, size_t n, size_t size)
{
	void *array = arena_calloc(c->a, n, size);
	c->failed = c->failed || !array;
	return array;
}

struct sv tape_fields_json(struct codec *c, const struct jtree *t)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct sv copy = SV_NULL;

	buf_init(&text, TAPE_MAX_BYTES);
	jtree_print(&text, t);
	if (text.failed == ERR_OK)
		copy = arena_sv(c->a, buf_sv(&text));
	c->failed = c->failed || !copy.ptr;
	return copy;
}
