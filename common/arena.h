#pragma once
/* Bump memory for one pass or one request: allocate often, free once. Crossing `max_bytes` is an ordinary failure (NULL). */
#include <stddef.h>

#include "common/error.h"
#include "common/sv.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *head;
	char *next, *end; /* free part of the newest chunk */
	size_t n_bytes;	  /* allocated from the system */
	size_t max_bytes;
};

void arena_init(struct arena *a, size_t max_bytes);
/* Frees everything; the arena can be used again. */
void arena_done(struct arena *a);
/* Forgets everything but keeps one chunk, for the next pass. */
void arena_clear(struct arena *a);
static inline __attribute__((unused)) void arena_done_auto(struct arena *a)
{
	arena_done(a);
}

/* Aligned for any type. NULL when memory or the limit ran out; arena_error says which. Zeroed. */
MUST_USE void *arena_alloc(struct arena *a, size_t size);
MUST_USE void *arena_calloc(struct arena *a, size_t n, size_t size);
/* Not zeroed: for room that is larger than what mostly gets written, and is written before it is read. */
MUST_USE void *arena_alloc_raw(struct arena *a, size_t size);
MUST_USE void *arena_array_raw(struct arena *a, size_t n, size_t size);
/* NUL-terminated copies. */
MUST_USE char *arena_strdup(struct arena *a, struct sv text);
MUST_USE char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Copy as a view; ptr is NULL on failure. */
MUST_USE struct sv arena_sv(struct arena *a, struct sv text);
/* The error for a NULL from above: ERR_LIMIT when max_bytes is the reason, else ERR_NOMEM. */
enum error_kind arena_error(const struct arena *a, struct error *err);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_calloc((a), (n), sizeof(type)))
#define ARENA_ARRAY_RAW(a, n, type) ((type *)arena_array_raw((a), (n), sizeof(type)))
