#pragma once
/* What an explanation says about others: who set the count, and what the cluster's own controller wants. Only of live objects. */
#include "cli/explain.h"
#include "common/jw.h"

/* Before the write. */
void explain_beside_print(
	struct buf *out, const struct source_view *view, const struct explain_style *s);
/* The same as members of an object. */
void explain_beside_encode(struct jw *w, const struct source_view *view);
