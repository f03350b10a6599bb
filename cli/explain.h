#pragma once
/* One decision from its inputs to its events, on one screen, and what would make it another one. Pure: from what a source hands out to text or JSON. */
#include "cli/explain_change.h"
#include "common/buf.h"
#include "common/jw.h"

/* What a terminal understands; empty texts where there is none. */
struct explain_style {
	const char *bold, *dim, *good, *bad, *off;
};
extern const struct explain_style explain_plain, explain_colours;

/* `change` may say that nothing was computed. */
void explain_print(struct buf *out, const struct source_view *view,
	const struct explain_change *change, const struct explain_style *style);
