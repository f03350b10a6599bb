#pragma once
/* Flags from a file: the members of a YAML mapping, named as the flags are. */
#include "common/arena.h"
#include "common/jtree.h"
#include "common/options.h"

struct options_file {
	const struct option *table;
	size_t n;
	const char *const *others; /* members that are no flags, NULL-terminated */
	const char *const *never;  /* flags that only a command line may have, NULL-terminated */
};

/* Scalars as the command line takes them, lists item by item; null counts as absent. Copies live in the arena. `name` is the file's, for messages.
 * errors: INVALID "FILE:LINE: ...", LIMIT, NOMEM */
MUST_USE enum error_kind options_file_apply(struct arena *a, const struct options_file *o,
	const struct jtree *root, const char *name, struct error *err);
