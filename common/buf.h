#pragma once
/* A growing, capped output buffer with a sticky error: write many times, check once at the end.
 * data is always NUL-terminated once anything was written; buf_text() never returns NULL. */
#include <stdint.h>

#include "common/error.h"
#include "common/sv.h"

struct buf {
	char *data;
	size_t len;
	size_t size; /* allocated */
	size_t max;  /* largest len that is allowed */
	enum error_kind
		failed; /* ERR_LIMIT or ERR_NOMEM once a write did not fit; later writes do nothing */
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);
/* Empties it, keeps the memory, forgets a failure. */
void buf_clear(struct buf *b);
static inline __attribute__((unused)) void buf_done_auto(struct buf *b)
{
	buf_done(b);
}

void buf_put(struct buf *b, const void *bytes, size_t len);
void buf_put_sv(struct buf *b, struct sv text);
void buf_put_str(struct buf *b, const char *text);
void buf_put_char(struct buf *b, char c);
void buf_put_i64(struct buf *b, int64_t value);
void buf_put_u64(struct buf *b, uint64_t value);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Removes the first n bytes (a consumer's progress). */
void buf_consume(struct buf *b, size_t n);

struct sv buf_sv(const struct buf *b);
const char *buf_text(const struct buf *b);
/* ERR_OK, or the sticky failure with a text that names `what`. */
MUST_USE enum error_kind buf_check(const struct buf *b, const char *what, struct error *err);
/* Hands the memory to the caller (mem_free) and leaves b empty; NULL after a failure or when memory runs out. */
MUST_USE char *buf_take(struct buf *b, size_t *ret_len);
