#pragma once
/* Files of any number of YAML or JSON documents, opened down to single objects. */
#include "common/arena.h"
#include "common/error.h"
#include "common/jtree.h"

struct manifest_document {
	const char *file; /* "-": standard input */
	struct jtree *tree;
};

struct manifest {
	struct manifest_document *at;
	size_t n, size;
};

/* Adds the documents of a text to the list; those of kind ...List are replaced by their items. The text must live as long. errors: INVALID
 * ("FILE:LINE:COLUMN: ..."), LIMIT, NOMEM; what was added before stays. */
MUST_USE enum error_kind manifest_parse(
	struct arena *a, const char *file, struct sv text, struct manifest *m, struct error *err);

/* The value at "spec.metrics[2].pods", or the nearest one around it. */
const struct jtree *manifest_locate(const struct jtree *t, struct sv path);
/* Removes a member of an object, if it is there. */
void manifest_drop(struct jtree *object, const char *key);
