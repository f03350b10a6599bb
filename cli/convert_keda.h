#pragma once
/* KEDA's ScaledObject as our own kind: prometheus, cpu, memory and cron triggers. Pure. */
#include "cli/convert.h"

/* By kind and group. */
bool convert_keda_is(const struct jtree *t);
/* The ScaledObject as HorizontalAutoscaler, in the arena. What it cannot express or means otherwise is told in notes->lost; *ret is NULL where
 * leaving something out would decide something else (told in notes->problems). errors: LIMIT, NOMEM. */
MUST_USE enum error_kind convert_keda(struct arena *a, const struct manifest_document *document,
	struct convert_notes *notes, struct jtree **ret, struct error *err);
