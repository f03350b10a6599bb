#pragma once
/* The content of a coordination.k8s.io/v1 Lease as leader election uses it. Pure. */
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/jtree.h"

struct lease_record {
	struct sv holder; /* empty: nobody */
	int32_t duration_seconds;
	struct wall acquired, renewed; /* WALL_ZERO: absent */
	int32_t transitions;
};

/* A Lease object. Views point into the tree. errors: INVALID naming the path. */
MUST_USE enum error_kind lease_record_decode(
	const struct jtree *object, struct lease_record *ret, struct error *err);
/* The object with its spec replaced and all else, metadata and resourceVersion included, as it was; object NULL: a new one. Members of the spec that
 * are not ours are dropped, as client-go does. */
void lease_record_encode(struct buf *out, const struct jtree *object, struct sv namespace,
	struct sv name, const struct lease_record *record);
/* Whether anything changed that a candidate must take for a sign of life. */
bool lease_record_eq(const struct lease_record *a, const struct lease_record *b);
