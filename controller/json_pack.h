#pragma once
/* Autoscaler objects are nearly the same text ten thousand times. Kept between passes they are packed: what they have in common is written as one or two bytes
 * that JSON text cannot hold. A quarter of the room or less, at about the cost of copying. Pure. */
#include "common/buf.h"
#include "common/error.h"
#include "common/sv.h"

/* Compact JSON -> packed. errors: INVALID (bytes that JSON text cannot hold), NOMEM, LIMIT. */
MUST_USE enum error_kind json_pack_put(struct buf *out, struct sv json, struct error *err);
/* Packed -> the very same JSON. errors: INVALID (never for what was packed), NOMEM, LIMIT. */
MUST_USE enum error_kind json_pack_take(struct buf *out, struct sv packed, struct error *err);
