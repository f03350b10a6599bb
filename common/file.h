#pragma once
/* Small files, read whole. */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"

/* A whole file in the arena. Blocks: for configuration and credentials, which are small and near.
 * errors: INVALID ("open FILE: No such file or directory"), LIMIT (longer than max_bytes), NOMEM */
MUST_USE enum error_kind file_read(
	struct arena *a, const char *path, size_t max_bytes, struct sv *ret, struct error *err);
