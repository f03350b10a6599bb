#pragma once
/* What the linter of rules found, for people and for programs. */
#include "cli/rules_check.h"

void rules_report_text(struct buf *out, const struct rules_check *c);
void rules_report_json(struct buf *out, const struct rules_check *c);
