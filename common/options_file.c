/* Each value goes the way of the command line's, so that both take the same and say the same about what is wrong. */
#include "common/options_file.h"

static bool is_among(const char *const *words, struct sv word)
{
	for (size_t i = 0; words[i]; i++)
		if (sv_is(word, words[i]))
			return true;
	return false;
}

static enum error_kind set_one(struct arena *a, const struct options_file *o, struct sv name,
	const struct jtree *value, struct error *err)
{
	if (value->kind == JTREE_OBJECT || value->kind == JTREE_ARRAY)
		return error_set(err, ERR_INVALID, "%.*s: expected a value, got %s", SV_ARG(name),
			jtree_kind_name(value->kind));
	if (sv_find(value->raw, '\0') < value->raw.len)
		return error_set(err, ERR_INVALID, "%.*s: holds a NUL byte", SV_ARG(name));
	char *text = arena_strdup(a, value->raw);
	return text ? options_set(o->table, o->n, name, text, err) : arena_error(a, err);
}

static enum error_kind set_member(struct arena *a, const struct options_file *o,
	const struct jtree *member, struct error *err)
{
	struct sv name = member->raw_key;

	if (is_among(o->never, name))
		return error_set(
			err, ERR_INVALID, "%.*s: only the command line may have it", SV_ARG(name));
	if (member->kind != JTREE_ARRAY)
		return set_one(a, o, name, member, err);
	JTREE_FOREACH (item, member)
		if (set_one(a, o, name, item, err) != ERR_OK)
			return err->kind;
	return ERR_OK;
}

enum error_kind options_file_apply(struct arena *a, const struct options_file *o,
	const struct jtree *root, const char *name, struct error *err)
{
	if (!jtree_is_absent(root) && root->kind != JTREE_OBJECT)
		return error_set(err, ERR_INVALID, "%s:%u: expected a mapping, got %s", name,
			root->line, jtree_kind_name(root->kind));
	JTREE_FOREACH (member, root) {
		if (jtree_is_absent(member) || is_among(o->others, member->raw_key))
			continue;
		if (set_member(a, o, member, err) != ERR_OK)
			return error_wrap(err, "%s:%u", name, member->key_line);
	}
	return ERR_OK;
}
