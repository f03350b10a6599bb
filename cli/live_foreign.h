#pragma once
/* Other autoscalers on the targets of a live cluster's objects of our kind. */
#include "cli/live.h"

/* What controller/foreign.h tells about the object, from the native objects and the ScaledObjects of its namespace as they are now; empty: nobody else acts on its
 * target, or it writes nothing anyway. Who may not list one of these kinds is not told of them. The text is in `a`. errors: as the client's, NOMEM, LIMIT. */
MUST_USE enum error_kind live_foreign_tell(
	struct live *l, struct arena *a, const struct hpa *hpa, struct sv *ret, struct error *err);
