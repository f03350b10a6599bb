#pragma once
/* gzip (RFC 1952) of a whole text. Nothing of zlib shows outside gzip.c. */
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

/* Appends the compressed text to out. The same text always gives the same bytes (of one zlib version): no name, no time.
 * errors: NOMEM, LIMIT (out is full); then out holds no usable text */
MUST_USE enum error_kind gzip_put(struct buf *out, struct sv text, struct error *err);
