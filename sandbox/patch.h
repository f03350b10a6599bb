#pragma once
/* The three patch forms of the Kubernetes API, on whole documents. Pure. */
#include "common/error.h"
#include "common/jx.h"

enum patch_kind { PATCH_MERGE, PATCH_STRATEGIC, PATCH_JSON };

/* "application/merge-patch+json" and so on; false: not one of the three. Parameters behind ';' are ignored. */
bool patch_kind_of(struct sv content_type, enum patch_kind *ret);
/* target and patch are only read; *ret is a new document owned by the caller.
 * STRATEGIC: lists whose elements Kubernetes merges by key (conditions by type, containers, env and metrics' neighbours by name, ports by
 * port) are merged, others replaced; directives $patch, $retainKeys, $deleteFromPrimitiveList and $setElementOrder are obeyed.
 * Errors: INVALID naming the operation or path, NOMEM. */
MUST_USE enum error_kind patch_apply(enum patch_kind kind, const json_t *target,
	const json_t *patch, json_t **ret, struct error *err);
