#pragma once
/* The lines of an explanation about what Kubernetes does not have: guards, fallbacks, overrides, mode. Nothing is printed where they play no part. */
#include "cli/explain.h"

/* After the metrics: what holds a proposal. */
void explain_own_print_guards(
	struct buf *out, const struct source_view *view, const struct explain_style *s);
/* After the pick. */
void explain_own_print_fallback(
	struct buf *out, const struct source_view *view, const struct explain_style *s);
/* After the windows. */
void explain_own_print_override(
	struct buf *out, const struct source_view *view, const struct explain_style *s);
/* Before the write. */
void explain_own_print_mode(
	struct buf *out, const struct source_view *view, const struct explain_style *s);
