#pragma once
/* What a YAML 1.1 scalar means, as go-yaml v2 and sigs.k8s.io/yaml read it. Pure. */
#include "common/arena.h"
#include "common/error.h"
#include "common/jtree.h"

/* An explicit tag, `!!int 7`. */
enum yx_scalar_tag {
	YX_SCALAR_UNTAGGED,
	YX_SCALAR_STR,
	YX_SCALAR_INT,
	YX_SCALAR_FLOAT,
	YX_SCALAR_BOOL,
	YX_SCALAR_NULL,
};

/* Fills kind, truth, text and raw of the node from the text of a plain or tagged scalar, which must
 * live as long as the node. Numbers are written as JSON. Errors: INVALID without position, NOMEM,
 * LIMIT. */
MUST_USE enum error_kind yx_scalar_resolve(struct arena *a, struct sv text, enum yx_scalar_tag tag,
	struct jtree *node, struct error *err);
/* The member name that a value makes as a key: 1, 1.5 and true are names too; null, lists and
 * objects are none. */
MUST_USE enum error_kind yx_scalar_key(
	const struct jtree *value, struct sv *ret, struct error *err);
