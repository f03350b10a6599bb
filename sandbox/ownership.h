#pragma once
/* Who owns which field: metadata.managedFields as the API server keeps it, and server-side apply on top of it. Lists are owned as wholes, which
 * is what a custom kind without list types does; built-in kinds know better. Pure. */
#include "common/error.h"
#include "common/instant.h"
#include "common/jx.h"

struct ownership_writer {
	const char *manager;	 /* field manager */
	const char *subresource; /* "" for the object itself, "status", "scale" */
	const char *api_version; /* of the object */
	struct wall now;
};

/* `doc` is about to replace `before` (NULL: to be created): what changed belongs to the writer from now on. Replaces doc's managedFields.
 * errors: NOMEM. */
MUST_USE enum error_kind ownership_update(json_t *doc, const json_t *before,
	const struct ownership_writer *writer, struct error *err);
/* Server-side apply of `applied` to `stored` (NULL: does not exist): *ret is the new object, the caller's. What this manager applied before and no longer names is
 * removed unless another one owns it. errors: CONFLICT with the API server's text, when another manager owns a field with another value and not `force`; NOMEM. */
MUST_USE enum error_kind ownership_apply(const json_t *stored, const json_t *applied,
	const struct ownership_writer *writer, bool force, json_t **ret, struct error *err);
