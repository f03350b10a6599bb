#pragma once
/* Findings -> text or JSON. Pure. */
#include "cli/check.h"

/* "hpa.yaml:7:5: error: spec.maxReplicas: what [rule]", the cure under it, and one line of sums. */
void check_report_text(struct buf *out, const struct check *c);
/* One object: findings, and the sums. */
void check_report_json(struct buf *out, const struct check *c);
