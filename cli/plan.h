#pragma once
/* One pass over one autoscaler, told: what it would do and why. Pure: from what a source hands out to text or JSON. */
#include "cli/source.h"
#include "common/buf.h"
#include "common/jw.h"

enum plan_verdict { PLAN_UP, PLAN_DOWN, PLAN_SAME, PLAN_UNDECIDED };
#define PLAN_N_VERDICTS 4

/* "UP", "DOWN", "SAME", "NONE". */
const char *plan_verdict_name(enum plan_verdict v);
enum plan_verdict plan_verdict_of(const struct source_view *view);

/* Some lines for a person. */
void plan_print(struct buf *out, const struct source_view *view);
/* "1 up, 0 down, 0 unchanged, 0 undecided. Nothing was written."; everywhere: all namespaces were looked at. */
void plan_print_summary(struct buf *out, const size_t counts[PLAN_N_VERDICTS], bool everywhere);
/* "UP  default/web  Deployment/web  1 -> 4   wants 5, limited by ScaleUpLimit" without a line end. */
void plan_print_headline(struct buf *out, const struct source_view *view);
