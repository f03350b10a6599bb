#pragma once
/* Objects as a tape recorded them, each with the last pass of its tape played again, on request with another spec. */
#include "cli/source.h"
#include "cli/source_file.h"

/* Reads and checks the whole file before the first object is handed out. `files`: only these objects, with their specs; empty: all of the file that the name and
 * namespace of the options leave. As source_each. */
MUST_USE int source_snapshot_each(const struct source_options *o,
	const struct source_file_list *files, source_fn fn, void *ctx, struct buf *problems);
/* The same with a text instead of the options' file, whose `snapshot` is only what its origin is called, and of its tapes only the last one. */
MUST_USE int source_snapshot_newest(const struct source_options *o, struct sv text, source_fn fn,
	void *ctx, struct buf *problems);
