#pragma once
/* Texts in a pass's arena: messages are put together from views, without printf where every pass
 * does it. Pure. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"
#include "kube/label_selector.h"

/* What these functions return when memory or the arena's limit ran out (arena_error says which):
 * ptr NULL, but told from an absent text, so that a text made of a failed one fails too. */
#define WORDS_FAILED ((struct sv){ NULL, 1 })

/* One after the other, NUL-terminated; absent parts are empty. */
MUST_USE struct sv words_join(struct arena *a, const struct sv *parts, size_t n);
#define WORDS(a, ...)                                                                              \
	words_join((a), (const struct sv[]){ __VA_ARGS__ },                                        \
		sizeof((struct sv[]){ __VA_ARGS__ }) / sizeof(struct sv))

/* Copies what b holds into the arena and frees b, also on failure. errors: b's own failure naming
 * `what`, NOMEM, LIMIT. */
MUST_USE enum error_kind words_keep(
	struct arena *a, struct buf *b, const char *what, struct sv *ret, struct error *err);

/* A LabelSelector as messages print it: "nil" or "&LabelSelector{...}". ptr NULL: no memory. */
MUST_USE struct sv words_selector(struct arena *a, const struct label_selector *selector);
/* Decimal. ptr NULL: no memory. */
MUST_USE struct sv words_i64(struct arena *a, int64_t value);
