#pragma once
/* Recorded passes once more: what was decided then against what is decided now. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/options.h"
#include "common/sv.h"

struct replay_totals {
	size_t n_passes, n_same, n_different,
		n_unknown; /* unknown: nothing was recorded to compare with */
};

/* Decodes all tapes of a text with the changes of --set, replays nothing. errors: INVALID, one line;
 * LIMIT, NOMEM. */
MUST_USE enum error_kind replay_check(
	const char *file, struct sv text, const struct option_list *sets, struct error *err);
/* Replays them all; writes one line a pass to `out`, and one more a difference. errors as above. */
MUST_USE enum error_kind replay_all(const char *file, struct sv text,
	const struct option_list *sets, struct buf *out, struct replay_totals *totals,
	struct error *err);
