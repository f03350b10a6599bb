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

enum error_kind rules_manifest_unwrap(
	struct arena *a, const char *name, struct sv text, struct sv *ret, struct error *err)
{
	struct manifest m = { 0 };

	*ret = text;
	enum error_kind kind = manifest_parse(a, name, text, &m, err);
	if (kind == ERR_NOMEM)
		return kind;
	for (size_t i = 0; kind == ERR_OK && i < m.n; i++) {
		const struct jtree *t = m.at[i].tree;
		if (!sv_is(jtree_text(jtree_get(t, "kind")), "ConfigMap"))
			continue;
		const struct jtree *data = jtree_get(t, "data");
		const struct jtree *entry = jtree_get(data, ENTRY);
		if (!entry && data && data->kind == JTREE_OBJECT)
			entry = data->first;
		if (!entry || entry->kind != JTREE_STRING)
			return error_set(err, ERR_INVALID,
				"%s: the ConfigMap holds no text; expected data." ENTRY, name);
		return pad(a, entry, ret, err);
	}
	return ERR_OK;
}
