#pragma once
/* gzip (RFC 1952) of a whole text, and texts that are kept in memory packed. Nothing of zlib shows outside gzip.c. */
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

/* Appends the compressed text to out. The same text always gives the same bytes (of one zlib version): no name, no time.
 * errors: NOMEM, LIMIT (out is full); then out holds no usable text */
MUST_USE enum error_kind gzip_put(struct buf *out, struct sv text, struct error *err);

/* What of `like` is looked at: its end. */
#define GZIP_LIKE_BYTES (16u * 1024)

/* Appends the text in a form for this process alone, which takes less memory to make. `like`: a text of the same sort, may be empty: what stands
 * there is not spelled out again, and unpacking needs it, too. errors: NOMEM, LIMIT. cost: about 8 ns a byte */
MUST_USE enum error_kind gzip_pack(
	struct buf *out, struct sv text, struct sv like, struct error *err);
/* Appends the text of `len` bytes that gzip_pack made this of, with the same `like`. errors: NOMEM, LIMIT, BUG (it did not). */
MUST_USE enum error_kind gzip_unpack(
	struct buf *out, struct sv packed, size_t len, struct sv like, struct error *err);
