#pragma once
/* Base64 with the standard alphabet and padding, as Go decodes []byte members: line breaks are passed over, all else is strict. Pure. */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"

/* errors: INVALID ("illegal base64 data at input byte 3"), NOMEM, LIMIT. The result is NUL-terminated behind its end. */
MUST_USE enum error_kind base64_decode(
	struct arena *a, struct sv text, struct sv *ret, struct error *err);
