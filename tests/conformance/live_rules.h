#pragma once
/* Where a live controller cannot, or on purpose does not, do what was recorded. Each rule looks at the inputs or at what was done; none knows a case. */
#include "common/arena.h"
#include "common/error.h"
#include "common/jtree.h"

/* A step that no API server could have. The case ends before it. */
enum live_rules_left_out {
	LIVE_RULES_SAME_POD, /* two pods of one name in a namespace: a watch has one */
	LIVE_RULES_N_LEFT_OUT,
};
bool live_rules_leaves_out(const struct jtree *step, enum live_rules_left_out *ret);
const char *live_rules_left_out_text(enum live_rules_left_out why);

/* A copy whose texts may be changed. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind live_rules_copy(
	struct arena *a, const struct jtree *t, struct jtree **ret, struct error *err);
/* Where the step has a broken connection: each text of the tree ends behind the address that could not be reached. Why is libcurl's to say. */
void live_rules_cut_transport(const struct jtree *step, struct jtree *t);
