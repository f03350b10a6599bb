#pragma once
/* The lines of an explanation about others: who set the count, and what the cluster's own controller wants. Only of live objects. */
#include "cli/explain.h"

/* Before the write. */
void explain_beside_print(
	struct buf *out, const struct source_view *view, const struct explain_style *s);
