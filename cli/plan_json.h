#pragma once
/* A plan for programs. Pure. */
#include "cli/plan.h"

/* One object as one JSON object. */
void plan_json_encode(struct jw *w, const struct source_view *view);
/* The same without the braces, for those who add members. */
void plan_json_members(struct jw *w, const struct source_view *view);
