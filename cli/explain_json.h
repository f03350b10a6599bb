#pragma once
/* An explanation for programs: all of the plan's members, then the stages. Pure. */
#include "cli/explain.h"

void explain_json_encode(
	struct jw *w, const struct source_view *view, const struct explain_change *change);
