#pragma once
/* Who set the replica count of a pass's target last, as the target's managedFields tell. */
#include "cli/live.h"

/* Text in the arena, such as `kubectl (Update of scale) at ...`; empty when the pass found no scale, the target cannot be read, or nobody is recorded. */
struct sv live_author(struct live *l, struct arena *a, const struct pass *pass);
