#pragma once
/* What the engine behind the front needs of a request's head. Pure. */
#include "common/buf.h"
#include "common/sv.h"

/* `head`: a head in canonical form (http_gate.h), with its empty line. Appends one of the same method, version, framing and persistence to `out`
 * that has at most HTTP_FRAMING_MAX bytes, whatever the request's target and other headers are: the engine then needs little memory for a
 * connection, and everything else is read from the canonical head. */
#define HTTP_FRAMING_MAX 256u
void http_framing_put(struct buf *out, struct sv head);
