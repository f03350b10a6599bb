#pragma once
/* What a rules file makes, one line a rule; and which metrics there are now, once a Prometheus said which series it has. */
#include "cli/prom_source.h"
#include "cli/rules_file.h"

/* Rule, line, metric, resources. Pure. */
void rules_list_print(struct buf *out, const struct rules_file *f);
/* Every metric that exists now, with the series behind it; rules without any are told. *ret_silent counts those. errors: as prom_source_series for the
 * first selector that fails (the others are still listed), LIMIT, NOMEM. */
MUST_USE enum error_kind rules_list_now(struct prom_source *s, const struct rules_file *f,
	struct buf *out, size_t *ret_silent, struct error *err);
