#pragma once
/* One question to a server, and its rows for a person. */
#include "cli/prom_source.h"

/* Asks and prints rows, warnings and the time it took. errors: as prom_source_query. */
MUST_USE enum error_kind query_run(
	struct prom_source *s, struct sv query, struct buf *out, struct error *err);
/* {pod="a"}  9 */
void query_run_print_row(struct buf *out, const struct prom_source_row *row);
