#pragma once
/* Rules as they lie in a repository: the file itself, or the ConfigMap that the adapter mounts. Pure. */
#include "common/arena.h"
#include "common/error.h"
#include "common/jtree.h"
#include "common/sv.h"

/* The rules of a text: of a ConfigMap the entry config.yaml, else its first one, else the text itself. Lines keep their numbers: what stands in front of the
 * entry becomes blank lines. The text must live as long as the arena. errors: INVALID (a ConfigMap without data), LIMIT, NOMEM. A text that does not
 * parse is handed on, because the loader of rules says best what is wrong. */
MUST_USE enum error_kind rules_manifest_unwrap(
	struct arena *a, const char *name, struct sv text, struct sv *ret, struct error *err);
/* The same of one document that was parsed already; *ret is SV_NULL when it is no ConfigMap. errors: INVALID (without data), LIMIT, NOMEM. */
MUST_USE enum error_kind rules_manifest_entry(struct arena *a, const char *name,
	const struct jtree *document, struct sv *ret, struct error *err);
