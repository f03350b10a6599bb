/* Text -> text. */
#include "cli/rules_manifest.h"

#include "cli/manifest.h"
#include "common/buf.h"
#include "common/limits.h"

#define ENTRY "config.yaml"

/* A block begins on the line behind its "|"; anything else on its own. */
static enum error_kind pad(
	struct arena *a, const struct jtree *entry, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };
	bool block = sv_find(entry->text, '\n') < entry->text.len;
	uint32_t line = entry->line + (block ? 1 : 0);

	buf_init(&out, 2 * LIMIT_CONFIG_FILE_BYTES);
	for (uint32_t i = 1; i < line && !out.failed; i++)
		buf_put_char(&out, '\n');
	buf_put_sv(&out, entry->text);
	if (buf_check(&out, "the rules", err) != ERR_OK)
		return err->kind;
	*ret = arena_sv(a, buf_sv(&out));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

enum error_kind rules_manifest_entry(struct arena *a, const char *name,
	const struct jtree *document, struct sv *ret, struct error *err)
{
	*ret = SV_NULL;
	if (!sv_is(jtree_text(jtree_get(document, "kind")), "ConfigMap"))
		return ERR_OK;
	const struct jtree *data = jtree_get(document, "data");
	const struct jtree *entry = jtree_get(data, ENTRY);
	if (!entry && data && data->kind == JTREE_OBJECT)
		entry = data->first;
	if (!entry || entry->kind != JTREE_STRING)
		return error_set(err, ERR_INVALID,
			"%s: the ConfigMap holds no text; expected data." ENTRY, name);
	return pad(a, entry, ret, err);
}

enum error_kind rules_manifest_unwrap(
	struct arena *a, const char *name, struct sv text, struct sv *ret, struct error *err)
{
	struct manifest m = { 0 };
	struct sv entry = SV_NULL;

	*ret = text;
	enum error_kind kind = manifest_parse(a, name, text, &m, err);
	if (kind != ERR_OK)
		return kind == ERR_NOMEM ? kind : ERR_OK;
	for (size_t i = 0; i < m.n && !entry.ptr; i++) {
		if (rules_manifest_entry(a, name, m.at[i].tree, &entry, err) != ERR_OK)
			return err->kind;
	}
	if (entry.ptr)
		*ret = entry;
	return ERR_OK;
}
