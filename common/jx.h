#pragma once
/* jansson, the only place that includes it: mutable JSON documents (the sandbox's store, patches,
 * small answers we build). Out of memory is told apart from bad input by asking our allocator.
 * Documents to be decoded with positions are jtree.h's. */
#include <jansson.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/jtree.h"
#include "common/sv.h"

/* Once at program start: jansson allocates through mem.h, and its hash is seeded. */
void jx_init(void);

static inline void jx_free(json_t *j)
{
	json_decref(j);
}
DEFINE_AUTO(json_t *, jx_free)

/* Text -> document; the caller owns a reference. Errors: INVALID with line and column, NOMEM,
 * LIMIT. */
MUST_USE enum error_kind jx_parse(struct sv text, json_t **ret, struct error *err);
/* Compact text, members in insertion order. */
void jx_print(struct buf *out, const json_t *j);
/* A tree as a document: integers within int64 stay integers, other numbers become reals. */
MUST_USE enum error_kind jx_from_tree(const struct jtree *t, json_t **ret, struct error *err);
/* Member path "metadata.name" (no dots in names); borrowed, NULL when absent. */
json_t *jx_at(const json_t *j, const char *path);
const char *jx_text_at(const json_t *j, const char *path); /* NULL when absent or no string */
/* RFC 7386 merge of patch into target (an owned reference of the result). */
MUST_USE json_t *jx_merge(const json_t *target, const json_t *patch);
