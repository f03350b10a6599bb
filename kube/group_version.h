#pragma once
/* "group/version" texts, as apiVersion members hold them. Pure. */
#include "common/error.h"
#include "common/sv.h"

struct group_version {
	struct sv group, version; /* the core group is empty */
};

/* "" and "/" are empty; without a slash all of it is the version. Views point into text.
 * errors: INVALID with the reference's text (more than one slash). */
MUST_USE enum error_kind group_version_parse(
	struct sv text, struct group_version *ret, struct error *err);
