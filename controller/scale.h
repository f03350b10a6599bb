#pragma once
/* The scale subresource of a target: decoded, and written back with another count. Pure. Rules:
 * spec 5.3 and 5.4. */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/jtree.h"
#include "common/sv.h"

struct scale {
	struct sv name, ns, uid, resource_version;
	int32_t replicas;	 /* spec.replicas: what every comparison uses */
	int32_t status_replicas; /* status.replicas: only AverageValue of Object and External reads
				    it */
	struct sv selector;	 /* text; empty: none */
	const struct jtree *metadata; /* as received, for the write; NULL: none */
};

/* A body of GET or PUT. `normalise` treats the selector as the reference's scale client does (text
 * -> object -> text). Everything in *ret lives in the arena. errors: INVALID, with the client's
 * whole text in *ret_why; NOMEM, LIMIT. */
MUST_USE enum error_kind scale_decode(struct arena *a, struct sv body, bool normalise,
	struct scale *ret, struct sv *ret_why, struct error *err);

/* The body of the PUT: the Scale as it was read, spec.replicas replaced (left out when 0). */
void scale_encode(struct buf *out, const struct scale *s, int32_t replicas);
