#pragma once
/* Trees -> text: one line, as the reference prints it, or split over lines of about 100 bytes, as its formatter does. */
#include "common/buf.h"
#include "promql/ast.h"

/* The canonical form. Parsing it gives the same tree again, but for the few cases in which the reference breaks that law too:
 * info(x, {}), infinities as literals, a zero duration with a sign, arithmetic behind an offset of two signs, and durations finer than a
 * millisecond, whose rest is left out. */
void printer_print(struct buf *out, const struct ast *n);
/* The same where it is at most 100 bytes long, else one operand a line. */
void printer_pretty(struct buf *out, const struct ast *n);

/* Pieces of the canonical form, for printer_pretty.c. */
void printer_aggregate_head(struct buf *out, const struct ast *n); /* sum by (a) */
void printer_operator(struct buf *out, const struct ast *n); /* and bool on (a) group_left () */
void printer_subquery_suffix(struct buf *out, const struct ast *n); /* [5m:1m] @ 1.000 offset 1m */
/* Whether the canonical form is longer than `most` bytes; costs no more than that. Only a failure goes to out. */
bool printer_is_longer(struct buf *out, const struct ast *n, size_t most);
