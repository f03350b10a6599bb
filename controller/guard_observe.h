#pragma once
/* What the passes tell the mass guard, and what both guards tell Prometheus:
 *	flyball_controller_guard_held_total{guard}      proposals that a guard held
 *	flyball_controller_source_freezes_total{source} how often a source froze
 *	flyball_controller_source_frozen{source}        1 while it is
 * Stage after a pass; no I/O but the registry. */
#include "common/selfmetrics.h"
#include "controller/decide.h"
#include "controller/guard_mass.h"

MUST_USE enum error_kind guard_observe_declare(struct selfmetrics *m, struct error *err);
/* One pass was decided. Fails silently without memory: the next pass tells again. */
void guard_observe(struct guard_mass *g, struct selfmetrics *m, const struct hpa *hpa,
	const struct proposal *p);
